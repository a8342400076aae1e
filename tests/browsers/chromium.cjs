// Uses a site as a person in Chromium would: chromium.cjs PROGRAM PART LINKING REDIRECTING ASKING.
// The last three are ports: of a site whose forms get a page with a link, of one whose forms are
// redirected, and of one without a login page. Prints what happened as JSON. `dialogs` counts the
// requests for which Chromium would have opened a dialog for user and password. The part `libraries` has
// two sites: one that leads htmx and Turbo to the login, and one that does not.

const { chromium } = require('playwright-core');

const [executablePath, part, linking, redirecting, asking] = process.argv.slice(2);

// `intranet.example` has plain HTTP, to which browsers send no Fetch Metadata.
const HOSTS = ['localhost', 'intranet.example'];

async function open(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(30000);
  const session = await context.newCDPSession(page);
  const counted = { dialogs: 0 };
  session.on('Fetch.requestPaused', ({ requestId }) =>
    session.send('Fetch.continueRequest', { requestId }).catch(() => {}),
  );
  session.on('Fetch.authRequired', ({ requestId }) => {
    counted.dialogs += 1;
    const authChallengeResponse = { response: 'CancelAuth' };
    session.send('Fetch.continueWithAuth', { requestId, authChallengeResponse }).catch(() => {});
  });
  await session.send('Fetch.enable', { handleAuthRequests: true });
  const where = async () => {
    const { pathname, search } = new URL(page.url());
    return `${pathname}${search} ${await page.title()}`;
  };
  return { context, page, counted, where };
}

// What the page does, each until the browser has an answer.
const REQUESTS = {
  fetch: async () => (await fetch('/mine')).status,
  fetchOfHtml: async () => (await fetch('/mine', { headers: { accept: 'text/html' } })).status,
  fetchOfJson: async () => (await fetch('/mine', { headers: { accept: 'application/json' } })).status,
  post: async () => (await fetch('/mine', { method: 'POST', body: new URLSearchParams('a=b') })).status,
  xhr: () =>
    new Promise(done => {
      const request = new XMLHttpRequest();
      request.onloadend = () => done(request.status);
      request.open('GET', '/mine');
      request.send();
    }),
  events: () =>
    new Promise(done => {
      const source = new EventSource('/mine');
      source.onerror = () => (source.close(), done('error'));
    }),
  image: () =>
    new Promise(done => {
      const image = new Image();
      image.onload = () => done('shown');
      image.onerror = () => done('error');
      image.src = '/mine';
    }),
  video: () =>
    new Promise(done => {
      const video = document.createElement('video');
      video.onerror = () => done('error');
      video.src = '/mine';
    }),
  style: () =>
    new Promise(done => {
      const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '/mine' });
      link.onload = () => done('loaded');
      link.onerror = () => done('error');
      document.head.append(link);
    }),
  script: () =>
    new Promise(done => {
      const script = document.createElement('script');
      script.onload = () => done('loaded');
      script.onerror = () => done('error');
      script.src = '/mine';
      document.head.append(script);
    }),
  frame: () =>
    new Promise(done => {
      const frame = document.createElement('iframe');
      frame.onload = () => done(frame.contentDocument.title);
      frame.src = '/mine';
      document.body.append(frame);
    }),
};

async function requests(browser) {
  const told = {};
  for (const host of HOSTS) {
    const { context, page, counted, where } = await open(browser);
    told[host] = {};
    await page.goto(`http://${host}:${linking}/start`);
    for (const [name, request] of Object.entries(REQUESTS)) {
      told[host][name] = await page.evaluate(request);
    }
    const downloads = page.waitForEvent('download');
    await page.click('a[download]');
    told[host].download = (await (await downloads).failure()) === null ? 'saved' : 'failed';
    await page.goto(`http://${host}:${linking}/mine?a=b`);
    told[host].page = await where();

    // A form, where it is answered with a link, and where it is redirected.
    await page.goto(`http://${host}:${linking}/start?page=2`);
    const answered = page.waitForResponse('**/mine');
    await page.click('button');
    told[host].form = (await answered).status();
    await page.waitForURL('**/mine');
    await Promise.all([page.waitForURL(/\/login/), page.click('a')]);
    told[host].linked = await where();
    await page.goto(`http://${host}:${redirecting}/start?page=2`);
    await Promise.all([page.waitForURL(/\/login/), page.click('button')]);
    told[host].redirected = await where();
    told[host].dialogs = counted.dialogs;

    // Where there is no login page, a dialog is the only way to log in.
    await page.goto(`http://${host}:${asking}/start`);
    await page.evaluate(REQUESTS.fetch);
    told[host].asked = counted.dialogs;
    await context.close();
  }
  return told;
}

// A page is requested through a service worker, or in advance.
async function workers(browser) {
  const told = {};
  for (const worker of ['unchanged', 'changed', 'preload']) {
    const { context, page, counted, where } = await open(browser);
    const base = `http://localhost:${redirecting}`;
    await page.goto(`${base}/start?page=2`);
    await page.evaluate(async worker => {
      const controlled = new Promise(done =>
        navigator.serviceWorker.addEventListener('controllerchange', done),
      );
      await navigator.serviceWorker.register(`/worker/${worker}.js`, { scope: '/' });
      await controlled;
    }, worker);
    await page.goto(`${base}/mine?a=b`);
    const opened = await where();
    await page.goto(`${base}/start?page=2`);
    await Promise.all([page.waitForURL(/\/login/), page.click('button')]);
    const sent = await where();
    const fetched = await page.evaluate(REQUESTS.fetch);
    told[worker] = { opened, sent, fetched, dialogs: counted.dialogs };
    await context.close();
  }
  for (const rule of ['prefetch', 'prerender']) {
    const { context, page, where } = await open(browser);
    const base = `http://localhost:${linking}`;
    await page.goto(`${base}/start`);
    const loaded = page.waitForResponse(`${base}/seen`);
    await page.evaluate(async rule => {
      const script = Object.assign(document.createElement('script'), { type: 'speculationrules' });
      const urls = ['/mine'];
      script.textContent = JSON.stringify({ [rule]: [{ source: 'list', urls, eagerness: 'immediate' }] });
      document.head.append(script);
      // Until the site has been asked in advance, the person waits; and then logs in elsewhere.
      while ((await (await fetch('/speculated')).text()) === '0') {
        await new Promise(done => setTimeout(done, 20));
      }
      await fetch('/login', { method: 'POST', body: new URLSearchParams() });
      await fetch('/seen');
    }, rule);
    await loaded;
    await Promise.all([page.waitForURL('**/mine'), page.click('a[href="/mine"]:not([download])')]);
    told[rule] = await where();
    await context.close();
  }
  return told;
}

// The person logs out, and goes back. The site notes what is shown, since a page that comes from the
// back-forward cache loads nothing.
async function back(browser) {
  const base = `http://localhost:${linking}`;
  const shown = async count => {
    for (;;) {
      const pages = await (await fetch(`${base}/shown`)).json();
      if (pages.length >= count) return pages[count - 1];
      await new Promise(done => setTimeout(done, 20));
    }
  };
  const { page } = await open(browser);
  await page.goto(`${base}/start`);
  await page.evaluate(() => fetch('/login', { method: 'POST', body: new URLSearchParams() }));
  await page.goto(`${base}/private`);
  const first = await shown(1);
  await Promise.all([page.waitForURL('**/start'), page.click('button')]);
  await page.evaluate(() => void history.back());
  return { first, then: await shown(2) };
}

// Libraries that put responses into the page. Each step begins on a page of its own.
async function libraries(browser) {
  const told = {};
  for (const host of HOSTS) {
    const { context, page, counted, where } = await open(browser);
    /** What is shown after a click, when it is at rest. */
    const click = async (port, library, element, shown) => {
      await page.goto(`http://${host}:${port}/page/${library}?a=b`);
      await page.waitForFunction(() => window.isReady);
      const answered = page.waitForResponse(response => new URL(response.url()).pathname === '/mine');
      await page.click(element);
      const status = (await answered).status();
      await shown();
      return `${status} ${await where()}`;
    };
    const atLogin = () => page.waitForURL(/\/login/);
    const settled = () => page.waitForFunction(() => window.isSettled);
    const steps = (told[host] = {});
    for (const library of ['htmx', 'htmx2']) {
      const step = (steps[library] = {});
      for (const element of ['#get', '#post', '#boosted']) {
        step[element] = await click(linking, library, element, atLogin);
      }
      step.unled = await click(redirecting, library, '#get', settled);
      step.swapped = (await page.textContent('#shown')) !== 'before';
    }
    // A page with a link, in the window; and where it leads.
    const followed = async () => {
      await Promise.all([atLogin(), page.click('a[href^="/login"]')]);
    };
    for (const [way, port] of [['turbo', linking], ['turboUnled', redirecting]]) {
      const step = (steps[way] = { '#visit': await click(port, 'turbo', '#visit', atLogin) });
      for (const element of ['#form button', '#frame a', '#frame button']) {
        step[element] = await click(port, 'turbo', element, port === linking ? followed : settled);
      }
    }
    steps.dialogs = counted.dialogs;
    await context.close();
  }
  return told;
}

async function main() {
  const browser = await chromium.launch({
    executablePath,
    timeout: 60000,
    // Playwright switches the back-forward cache off.
    ignoreDefaultArgs: part === 'back' ? ['--disable-back-forward-cache'] : [],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--host-resolver-rules=MAP intranet.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost',
    ],
  });
  try {
    console.log(JSON.stringify(await { requests, workers, back, libraries }[part](browser)));
  } finally {
    await browser.close();
  }
}

main();
