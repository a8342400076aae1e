// Goes through the guided page as a person does who has a keyboard alone: chromium.cjs PROGRAM PORT. Each step
// is tried wrong and right. Then axe-core judges each part of the page. Prints what happened as JSON.

const fs = require('fs');
const { chromium } = require('playwright-core');

const [executablePath, port] = process.argv.slice(2);
const base = `http://127.0.0.1:${port}`;
const PARTS = ['start', ...Array.from({ length: 10 }, (_, at) => `step-${at + 1}`), 'summary'];
const told = { wrong: {}, elsewhere: [], errors: [] };

async function open(browser, options) {
  const context = await browser.newContext(options);
  context.on('request', request => {
    if (!request.url().startsWith(`${base}/`)) told.elsewhere.push(request.url());
  });
  await context.addInitScript(stopAtGoal);
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  page.on('pageerror', error => told.errors.push(String(error)));
  page.on('console', message => {
    if (/Content Security|Trusted/.test(message.text())) told.errors.push(message.text());
  });
  return page;
}

// ==== by keyboard ====

let page;
/** Where the sequences of a step are for this visitor, as the page says. */
let me;
const press = key => page.keyboard.press(key);

/** Runs in the page: the key Tab, which is held down, moves the focus no further than to what is looked for. */
function stopAtGoal() {
  addEventListener('keydown', event => {
    if (event.key === 'Tab' && window.isGoal?.(document.activeElement)) event.preventDefault();
  });
}

/** Holds Tab down until this element has the focus: a selector, and a text of the element or its label. */
async function tabTo(selector, text = '') {
  const isThere = ([selector, text]) => {
    window.isGoal = it => it.matches(selector) && (it.closest('label') ?? it).textContent.includes(text);
    return window.isGoal(document.activeElement);
  };
  for (let count = 0; count < 20; count += 1) {
    if (await page.evaluate(isThere, [selector, text])) return;
    await Promise.all(Array.from({ length: 16 }, () => page.keyboard.down('Tab')));
    await page.keyboard.up('Tab');
  }
  throw new Error(`Tab does not lead to ${selector} ${text}`);
}

async function goTo(part) {
  await tabTo(`nav a[href="#${part}"]`);
  await press('Enter');
  await page.waitForSelector(`#${part}.current`);
}

/** Runs in the page: the response is there. */
function isSent() {
  const button = document.querySelector('.current .send');
  return new Promise(resolve => {
    const look = () => button.getAttribute('aria-disabled') || resolve();
    new MutationObserver(look).observe(button, { attributes: true });
    look();
  });
}

async function send(...lines) {
  if (lines.length > 0) {
    await tabTo('.current textarea');
    await press('Control+A');
    await page.keyboard.insertText(lines.join('\n'));
  }
  await tabTo('.current .send');
  await press('Enter');
  await page.evaluate(isSent);
}

async function use(label) {
  await tabTo('.current button', label);
  await press('Enter');
}

async function tick(text) {
  await tabTo('.current .wire input', text);
  await press('Space');
}

/** Chooses the nth of the answers to the newest exchange. */
async function answer(nth) {
  await tabTo('.current .timeline > li:first-child input[type=radio]');
  // Each key chooses: none of them may pass over another answer.
  await press(['Space', 'ArrowDown', 'ArrowUp'][nth]);
}

/** Whether so many tasks are done, and the page says this. */
async function expect(count, says = '') {
  const found = await page.evaluate(() => {
    const section = document.querySelector('.step.current');
    const done = section.querySelectorAll('.goals > li.met').length;
    return { part: section.id, done, says: section.querySelector('.feedback').textContent };
  });
  if (found.done !== count || !found.says.includes(says)) {
    (told.wrong[found.part] ??= []).push({ count, says, found });
  }
}

// ==== the steps ====

const REPORTS = 'GET /app/reports';
const basic = (login, name = 'Authorization') => `${name}: Basic ${Buffer.from(login).toString('base64')}`;
const bearer = token => `Authorization: Bearer ${token}`;
const ALICE = basic('alice:wonderland');
const BOB = basic('bob:builder');

const STEPS = {
  async 1() {
    await send();
    await expect(1);
    await tick('content-type');
    await expect(1, 'is no challenge: “content-type');
    await tick('www-authenticate: Bearer');
    await expect(1, 'is no challenge');
    await tick('content-type');
    await expect(1, 'not all: 1 of 2 lines');
    await tick('www-authenticate: Basic');
    await expect(2);
    await send('GET /status/401?wrong=challenge-missing');
    await expect(3, 'You have passed this step.');
    const missing = await page.isVisible('.current .absent .finding.error');
    await send('GET /status/401?wrong=realm-unquoted');
    const marked = (await page.textContent('.current .wire mark.error')).includes('lab');
    told.findings = { missing, marked };
    await send('GET /status/404', 'User-Agent: <img src=x onerror=alert(1)><script>alert(2)</script>');
    const elements = await page.locator('.timeline :is(img, script)').count();
    const body = await page.textContent('.current .timeline > li:first-child .body');
    told.hostile = { elements, isShown: body.includes('<img src=x onerror=alert(1)>') };
  },
  async 2() {
    await send();
    await expect(1);
    await send(REPORTS, 'Authorization: alice:wonderland');
    await expect(1, 'begin with Basic');
    await send(REPORTS, basic('alice:guess'));
    await expect(2, 'says “alice:guess”');
    await send(REPORTS, BOB);
    await expect(2, 'bob may not read');
    await send(REPORTS, 'Accept: */*', 'X-More: 1', ALICE);
    await expect(2, 'The least is 1');
    await send(REPORTS, 'no header');
    if (!(await page.textContent('.current .problem')).startsWith('Line 2 ')) told.wrong.problem = 'not told';
    // With the helper, which is closed.
    await send(REPORTS);
    await tabTo('.current .helper summary');
    await press('Enter');
    for (const text of ['alice', 'wonderland']) {
      await tabTo('.current .helper input', text === 'alice' ? 'Name' : 'Password');
      await page.keyboard.type(text);
    }
    await use('Put it into the request');
    await send();
    await expect(3, 'You have passed this step.');
  },
  async 3() {
    await send();
    await expect(1);
    await send(REPORTS, 'Authorization: alice-yesterday');
    await expect(1, 'begin with Bearer');
    await send(REPORTS, bearer('alices-token'));
    await expect(1, 'does not know this token');
    await send(REPORTS, bearer('!!!'));
    await expect(2);
    await send(REPORTS, bearer('alice-yesterday'));
    await expect(3);
    await send(REPORTS, bearer('alice-token'), 'Accept: */*');
    await expect(3, 'The least is 1');
    await send(REPORTS, ALICE);
    await expect(3, 'Basic is for passwords');
    await send(REPORTS, bearer('alice-token'));
    await expect(4, 'You have passed this step.');
  },
  async 4() {
    await send(`GET ${me(4)}/401-once`);
    await expect(0, 'asks for a token');
    await send(...tokenRequest(4, 'grant_type=password'));
    await expect(0, 'unsupported_grant_type');
    await send(...tokenRequest(4, 'grant_type=client_credentials'));
    await expect(1);
    await use('Use this token');
    await send();
    await expect(2);
    await send();
    await expect(2, 'refused before');
    await use('Refresh this token');
    await send();
    await expect(3);
    await use('Use this token');
    await send();
    await expect(4, 'You have passed this step.');
  },
  async 5() {
    await send(REPORTS, basic('bob:guess'));
    await expect(0, 'A 401');
    await send(REPORTS, BOB);
    await expect(1);
    await send(REPORTS, bearer('bob-token'));
    await expect(2);
    await send(REPORTS, ALICE);
    await expect(3, 'You have passed this step.');
  },
  async 6() {
    await send();
    await expect(0);
    await use('Use this token');
    await send();
    await expect(1);
    await send(`GET ${me(6)}/scope`, bearer('alice-token'));
    await expect(1, 'tokens of its own');
    await send(...tokenRequest(6, 'grant_type=client_credentials&scope=everything'));
    await expect(1, 'does not give this scope');
    await send(...tokenRequest(6, 'grant_type=client_credentials&scope=reports:write'));
    await expect(2);
    await use('Use this token');
    await send();
    await expect(3, 'You have passed this step.');
  },
  async 7() {
    await send(`GET ${me(7)}/hidden-leaking/merger`, ALICE);
    await expect(0, 'That is alice');
    await send(`GET ${me(7)}/hidden-leaking/merger`, BOB);
    await send(`GET ${me(7)}/hidden-leaking/nothing`, BOB);
    await expect(2);
    for (const line of ['allow:', 'cache-control:', 'connection:']) await tick(line);
    await expect(2, 'tells bob nothing: “connection');
    await tick('connection:');
    await tick('content-length:');
    await expect(3);
    told.missing = await page.locator('.current .timeline', { hasText: 'Treat the resource as missing.' }).count();
    await send(`GET ${me(7)}/hidden/merger`, BOB);
    await send(`GET ${me(7)}/hidden/nothing`, BOB);
    await expect(4, 'You have passed this step.');
  },
  async 8() {
    const proxy = `GET ${me(8)}/proxy`;
    await send(proxy, ALICE);
    await expect(1, 'for the server behind the proxy');
    await send(proxy, basic('gate:keeper', 'Proxy-Authorization'), ALICE);
    await expect(1);
    await send(proxy);
    await send(proxy, basic('gate:keeper', 'Proxy-Authorization'));
    await expect(2);
    await send(proxy, basic('gate:keeper', 'Proxy-Authorization'), ALICE);
    await expect(3, 'You have passed this step.');
  },
  async 9() {
    await send();
    await expect(1);
    await use('Use this token');
    await send();
    await expect(2);
    await send(`GET ${me(9)}/outage`, bearer('another'));
    await expect(2, 'You changed the credentials');
    // The outage is over. This token has not met it.
    await send(...tokenRequest(9, 'grant_type=client_credentials'));
    await send(`GET ${me(9)}/outage`, 'Accept: */*');
    await expect(2);
    await use('Use this token');
    await send();
    await expect(2, 'They were not refused: keep them');
    await use('Start this step again');
    await page.waitForFunction(() => document.querySelector('.current .feedback').textContent.includes('again'));
    await send();
    await use('Use this token');
    for (const count of [2, 2, 3]) {
      await send();
      await expect(count);
    }
  },
  async 10() {
    const alice = [REPORTS, ALICE];
    for (const [request, wrong, right] of [
      [[REPORTS], 2, 0],
      [alice, 2, 1],
      [['GET /status/403?wrong=refusal-storable'], 0, 2],
      [['GET /status/404?wrong=absence-storable'], 0, 2],
    ]) {
      await send(...request);
      const before = await page.locator('.current .goals > li.met').count();
      await answer(wrong);
      await expect(before);
      await send(...request);
      await answer(right);
      await expect(before + 1);
    }
  },
};

function tokenRequest(step, form) {
  const kind = 'Content-Type: application/x-www-form-urlencoded';
  return [`POST ${me(step)}/token`, basic('lab:secret'), kind, '', form];
}

/** The names of hints and answers without a text. */
const withoutText = () => page.evaluate(() => {
  const names = Object.values(STEPS).flatMap(step => Object.keys(step.hints ?? {}));
  const texts = document.getElementById('hints').content;
  const quiz = [...document.querySelectorAll('#quiz fieldset')];
  return [
    ...names.filter(name => !texts.querySelector(`.${name}`)),
    ...quiz.filter(({ dataset }) => !['401', '403', '404'].every(status => dataset[status])).map(it => it.textContent),
  ];
});

async function quiz() {
  await goTo('summary');
  await tabTo('[name=quiz-0]');
  await press('Space');
  told.wrongAnswer = await page.textContent('#quiz [role=status]');
  for (const [at, nth] of [1, 0, 2, 0].entries()) {
    await tabTo(`[name=quiz-${at}]`);
    await press('Space');
    for (let count = 0; count < nth; count += 1) await press('ArrowDown');
  }
  const words = await page.locator('#quiz [role=status]').allTextContents();
  return words.map(text => text.split(':')[0]).join(' ');
}

// ==== what others see ====

/** The id of a visitor, from what a step tells to request. */
async function visitor(page) {
  const [, id] = (await page.textContent('#step-4 .goals')).match(/\/visitors\/([\w-]+)-4\/401-once/);
  return id;
}

/** Whether a browser without a state has an id of its own, on the whole page, and has it once it is loaded again. */
async function another(browser) {
  const page = await open(browser);
  await page.goto(`${base}/#step-4`);
  const id = await visitor(page);
  const lines = (await page.locator('.terminal pre').allTextContents()).join('\n');
  const paths = lines.match(/\/visitors\/\S+/g);
  await page.reload();
  return {
    isOwn: id !== 'step' && `/visitors/${id}-4` !== me(4),
    isShown: paths.length > 8 && paths.every(path => path.startsWith(`/visitors/${id}-`)),
    isKept: (await visitor(page)) === id,
  };
}

/** The width of each part on a narrow screen, and what axe-core says of all parts. */
async function judge(browser, storageState) {
  page = await open(browser, { storageState, bypassCSP: true, viewport: { width: 360, height: 800 } });
  await page.goto(base);
  const wide = [];
  for (const part of PARTS) {
    const width = await page.evaluate(async part => {
      const isMoved = new Promise(resolve => addEventListener('hashchange', resolve, { once: true }));
      location.hash = part;
      await isMoved;
      if (!document.getElementById(part).matches('.current')) throw new Error(part);
      document.querySelectorAll('details').forEach(it => (it.open = true));
      return document.documentElement.scrollWidth;
    }, part);
    if (width > 360) wide.push(`${part} ${width}`);
  }
  // All parts in one document: axe-core is as slow for one of them. Only their landmarks have equal names then,
  // and are judged in one part.
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.evaluate(fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8'));
  const found = [];
  const run = async (name, options) => {
    // What is right is not collected.
    const all = { ...options, resultTypes: ['violations'], selectors: false };
    const { violations, passes } = await page.evaluate(options => window.axe.run(document, options), all);
    found.push(...violations.map(({ id, nodes }) => `${name} ${id}: ${nodes[0].html} ${nodes[0].failureSummary}`));
    if (passes.length === 0) found.push(`${name}: nothing was judged`);
  };
  await page.evaluate(() => (location.hash = 'step-7'));
  await page.waitForSelector('#step-7.current');
  await run('one part', { runOnly: ['landmark-unique'] });
  await page.evaluate(() => {
    document.querySelectorAll('.step').forEach(it => it.classList.add('current'));
    document.querySelectorAll('details').forEach(it => (it.open = true));
    document.querySelector('.people').hidden = false;
  });
  const rules = { 'landmark-unique': { enabled: false } };
  await run('light', { rules });
  // Of exchanges that look the same, one is enough for the colours.
  await page.evaluate(() => document.querySelectorAll('.timeline > li:nth-child(n + 3)').forEach(it => {
    if (!it.querySelector('.finding')) it.remove();
  }));
  await page.emulateMedia({ colorScheme: 'dark' });
  await run('dark', { runOnly: ['color-contrast'] });
  return { axe: found, wide };
}

async function plain(browser) {
  page = await open(browser, { javaScriptEnabled: false });
  await page.goto(base);
  const seen = async selector => {
    let count = 0;
    for (const it of await page.locator(selector).all()) count += await it.isVisible();
    return count;
  };
  return { steps: await seen('section[id^=step-] .goals'), curl: await seen('.terminal pre') };
}

async function main() {
  const args = ['--no-sandbox', '--disable-gpu', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'];
  const browser = await chromium.launch({ executablePath, timeout: 60000, args });
  try {
    page = await open(browser, { viewport: { width: 1280, height: 900 } });
    await page.goto(base);
    const id = await visitor(page);
    me = step => `/visitors/${id}-${step}`;
    for (const [number, step] of Object.entries(STEPS)) {
      await goTo(`step-${number}`);
      await step();
    }
    told.passed = await page.$$eval('nav a.passed', links => links.map(link => link.hash.slice(1)));
    told.quiz = await quiz();
    told.withoutText = await withoutText();
    await page.reload();
    told.afterReload = await page.textContent('#progress');
    const state = await page.context().storageState();
    Object.assign(told, await judge(browser, state));
    told.another = await another(browser);
    told.plain = await plain(browser);
    console.log(JSON.stringify(told));
  } finally {
    await browser.close();
  }
}

main();
