// Uses the example `webapp` as a person does: webapp.cjs PROGRAM PORT STORY HOST.... Prints, for each host,
// what the story tells, and what would have opened a password dialog.

process.env.PW_EXPERIMENTAL_SERVICE_WORKER_NETWORK_EVENTS = '1';
const { chromium } = require('playwright-core');

const [executablePath, port, story, ...hosts] = process.argv.slice(2);
const PATIENCE = 60000;

const PASSWORDS = { alice: 'wonderland', bob: 'builder' };

/** A browser with cookies of its own, at one base address. */
class Person {
  static async enter(browser, base, dialogs) {
    const person = new Person();
    person.base = base;
    person.dialogs = dialogs;
    person.context = await browser.newContext();
    person.context.setDefaultTimeout(PATIENCE);
    // Of a service worker as well. A browser opens a dialog for these schemes, and for no other.
    person.context.on('response', async response => {
      if (response.status() !== 401) return;
      const challenges = (await response.headerValue('www-authenticate').catch(() => '')) ?? '';
      if (/\b(basic|digest|negotiate|ntlm)\b/i.test(challenges)) dialogs.push(response.url());
    });
    person.page = await person.tab();
    return person;
  }

  /** A new tab, in which a dialog is counted and cancelled. */
  async tab() {
    const page = await this.context.newPage();
    const client = await this.context.newCDPSession(page);
    client.on('Fetch.authRequired', ({ requestId, request }) => {
      this.dialogs.push(request.url);
      const authChallengeResponse = { response: 'CancelAuth' };
      client.send('Fetch.continueWithAuth', { requestId, authChallengeResponse }).catch(() => {});
    });
    client.on('Fetch.requestPaused', ({ requestId }) => {
      client.send('Fetch.continueRequest', { requestId }).catch(() => {});
    });
    await client.send('Fetch.enable', { handleAuthRequests: true, patterns: [{ urlPattern: '*' }] });
    return page;
  }

  /** Opens a path, and returns the status of what is shown. */
  async open(path, page = this.page) {
    return (await page.goto(this.base + path)).status();
  }

  where(page = this.page) {
    const { pathname, search } = new URL(page.url());
    return pathname + search;
  }

  text(selector, page = this.page) {
    return page.locator(selector).innerText();
  }

  /** Whether the login form is shown, or a page with a link to it. */
  async isAskedToLogIn() {
    return (await this.page.locator('.login, .refusal a[href^="/login"]').count()) === 1;
  }

  /** Submits the form that is shown. */
  async logIn(user, password = PASSWORDS[user]) {
    await this.page.fill('#user', user);
    await this.page.fill('#password', password);
    return this.submit(() => this.page.click('.login button'));
  }

  /** Returns the status of the response to the form. */
  async submit(action) {
    const { page } = this;
    const isLogin = it => it.request().method() === 'POST' && it.url() === `${this.base}/login`;
    const [answer] = await Promise.all([page.waitForResponse(isLogin), page.waitForNavigation(), action()]);
    return answer.status();
  }

  /** The requests of scripts from here on, with their statuses. */
  record(page = this.page) {
    const seen = [];
    page.on('response', response => {
      const { pathname } = new URL(response.url());
      if (!pathname.startsWith('/api/')) return;
      seen.push(`${response.request().method()} ${pathname} ${response.status()}`);
    });
    return () => seen.splice(0).sort();
  }

  /** The WebSocket of the page does nothing: what the page does is what its buttons do. */
  async withoutNews() {
    await this.page.routeWebSocket('**/live', () => {});
  }

  async choose(name) {
    await this.page.setInputFiles('#file', { name, mimeType: 'text/plain', buffer: Buffer.from('some text') });
  }

  async upload(name) {
    await this.choose(name);
    await this.page.click('#upload button');
  }

  says(text) {
    return this.page.locator('#message', { hasText: text }).waitFor();
  }
}

const STORIES = {
  /** From the login to the logout, through pages that are refused. */
  async pages(enter) {
    const bob = await enter();
    const { page } = bob;
    const told = {};
    told.asked = [await bob.open('/reports'), bob.where()];
    told.wrong = [await bob.logIn('bob', 'wrong'), await bob.text('[role=alert]')];
    told.focused = await page.evaluate(() => document.activeElement.id);
    // By the keyboard alone: the focus is in the right place.
    told.login = [await bob.submit(async () => {
      await page.keyboard.type(PASSWORDS.bob);
      await page.keyboard.press('Enter');
    }), bob.where()];
    await page.keyboard.press('Tab');
    told.skip = await page.evaluate(() => document.activeElement.hash);
    told.forbidden = [await bob.text('h1'), await bob.text('.refusal p:nth-of-type(2)')];
    told.forbiddenAsksForLogin = await page.locator('a[href*=login]').count();
    told.hidden = [await bob.open('/projects/aurora'), await page.content()];
    told.missing = [await bob.open('/projects/nothing'), await page.content()];

    await bob.open('/projects/harbour');
    await page.fill('#text', '<b>bold</b> & "brave"');
    await Promise.all([page.waitForNavigation(), page.click('main button')]);
    told.note = await page.locator('.notes p').first().textContent();

    // On a narrow screen nothing is beside it.
    await page.setViewportSize({ width: 360, height: 740 });
    told.widths = [];
    for (const path of ['/', '/reports', '/projects/harbour']) {
      await bob.open(path);
      told.widths.push(await page.evaluate(() => document.documentElement.scrollWidth));
    }

    const [asked] = await Promise.all([page.waitForNavigation(), page.click('.user button')]);
    told.loggedOut = [asked.status(), bob.where()];
    await page.goBack();
    told.back = [await bob.isAskedToLogIn(), await page.locator('.notes').count()];
    await bob.open('/');
    told.askedAgain = await bob.isAskedToLogIn();
    return told;
  },

  /** What scripts of a page do with 401, 403 and 503. */
  async scripts(enter) {
    const bob = await enter();
    const { page } = bob;
    const told = {};
    await bob.withoutNews();
    await bob.open('/');
    await bob.logIn('bob');
    await page.locator('.files button').first().waitFor();
    const requests = bob.record();

    await bob.upload('one.txt');
    await bob.says('one.txt is uploaded');
    await page.locator('[aria-label="Delete one.txt"]').waitFor();
    told.upload = requests();

    await page.click('[aria-label="Delete tides.txt"]');
    await bob.says('No permission');
    told.forbidden = [await bob.text('#message'), requests()];

    await page.click('[data-post$=expire]');
    await bob.says('has expired');
    await bob.upload('two.txt');
    await bob.says('two.txt is uploaded');
    await page.locator('[aria-label="Delete two.txt"]').waitFor();
    told.expired = requests();

    // Two requests are refused before the session is refreshed: they share the refresh.
    let bothRefused;
    const refused = new Promise(resolve => (bothRefused = resolve));
    let count = 0;
    page.on('response', response => response.status() === 401 && ++count === 2 && bothRefused());
    await page.route('**/api/session/refresh', async route => {
      await refused;
      await route.continue();
    });
    await page.click('[data-post$=expire]');
    await bob.says('has expired');
    requests();
    await page.evaluate(() => {
      for (const name of ['one.txt', 'two.txt']) document.querySelector(`[aria-label="Delete ${name}"]`).click();
    });
    await page.locator('[aria-label="Delete one.txt"]').waitFor({ state: 'detached' });
    await page.locator('[aria-label="Delete two.txt"]').waitFor({ state: 'detached' });
    told.together = requests().filter(it => !it.startsWith('GET'));
    await page.unroute('**/api/session/refresh');

    // An outage says nothing about the session.
    await page.click('[data-post$=expire]');
    await bob.says('has expired');
    await page.route('**/api/session/refresh', route =>
      route.fulfill({ status: 503, headers: { 'retry-after': '7' }, body: '' }),
    );
    await bob.upload('three.txt');
    await bob.says('not been logged out');
    told.outage = [await bob.text('#message'), await bob.text('#login-needed')];
    await page.unroute('**/api/session/refresh');

    await page.click('[data-post$=revoke]');
    await bob.says('has ended');
    requests();
    await page.click('#upload button');
    await page.locator('#login-needed a').waitFor();
    told.ended = [await bob.text('#login-needed'), requests()];
    told.kept = await page.evaluate(() => document.getElementById('file').files[0].name);
    await page.click('#login-needed a');
    await page.locator('.login').waitFor();
    told.loginIsAt = bob.where();
    told.login = [await bob.logIn('bob'), bob.where()];
    return told;
  },

  /** The WebSocket lasts as long as the session. */
  async live(enter) {
    const told = {};
    const alice = await enter();
    await alice.open('/login');
    // Resolves to "open", or to the code with which it was closed.
    const socket = () => {
      const socket = new WebSocket(`ws://${location.host}/live`);
      return new Promise(resolve => {
        socket.onopen = () => resolve('open');
        socket.onclose = event => resolve(event.code);
      });
    };
    told.withoutSession = await alice.page.evaluate(socket);

    await alice.logIn('alice');
    await alice.page.locator('.badge.on').waitFor();
    const name = `${new URL(alice.base).hostname}.txt`;
    told.program = await alice.page.evaluate(async path => {
      const headers = { authorization: `Basic ${btoa('bob:builder')}` };
      return (await fetch(path, { method: 'PUT', headers, body: 'by a program' })).status;
    }, `/api/files/${name}`);
    await alice.page.locator('#feed li', { hasText: `bob uploaded ${name}` }).waitFor();
    // The page lists the files anew. That request is not one of those below.
    await alice.page.locator('#file-list li', { hasText: name }).waitFor();

    // It expires: closed, refreshed once, opened again.
    await alice.page.evaluate(() => {
      const socket = new WebSocket(`ws://${location.host}/live`);
      window.opened = new Promise(resolve => (socket.onopen = resolve));
      window.ended = new Promise(resolve => (socket.onclose = event => resolve([event.code, event.reason])));
      return window.opened;
    });
    const requests = alice.record();
    const reopened = alice.page.waitForEvent('websocket');
    await alice.page.click('[data-post$=expire]');
    told.closed = await alice.page.evaluate(() => window.ended);
    await reopened;
    await alice.page.locator('.badge.on').waitFor();
    await alice.says('has expired');
    told.refreshed = requests();

    // It ends in another tab.
    const other = await alice.tab();
    await alice.open('/', other);
    await Promise.all([other.waitForURL('**/login'), other.click('.user button')]);
    await alice.page.locator('#login-needed a').waitFor();
    told.ended = [await alice.text('#login-needed'), await alice.text('#live')];
    return told;
  },

  /** A form and a page after the session ended, where a service worker hands navigations on. */
  async worker(enter) {
    const told = {};
    const bob = await enter();
    const { page } = bob;
    await bob.open('/projects/harbour');
    await bob.logIn('bob');
    const isThere = await page.evaluate(async () => {
      if (!navigator.serviceWorker) return false;
      await navigator.serviceWorker.ready;
      return true;
    });
    if (isThere) await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    told.worker = isThere;

    // The page is open, the login ends elsewhere.
    await page.evaluate(() => fetch('/api/session/revoke', { method: 'POST' }));
    await page.fill('#text', 'too late');
    const [posted] = await Promise.all([page.waitForNavigation(), page.click('main button')]);
    told.form = [posted.status(), await page.locator('a[href^="/login"]').count()];

    // It is redirected to the form, with no page between.
    told.opened = [await bob.open('/projects/harbour?from=mail'), bob.where()];
    await page.locator('.login').waitFor();
    told.login = [await bob.logIn('bob'), bob.where()];
    if (isThere) {
      await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
      await bob.context.setOffline(true);
      await page.goto(bob.base + '/');
      told.offline = await bob.text('h1');
      await bob.context.setOffline(false);
      await Promise.all([page.waitForNavigation(), page.click('.refusal a')]);
      told.online = await bob.text('h1');
    }
    return told;
  },
};

async function main() {
  const browser = await chromium.launch({
    executablePath,
    timeout: PATIENCE,
    // With the back-forward cache, as people have it.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--host-resolver-rules=MAP intranet.example 127.0.0.1, MAP localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
  const told = {};
  try {
    for (const host of hosts) {
      const dialogs = [];
      const enter = () => Person.enter(browser, `http://${host}:${port}`, dialogs);
      told[host] = { told: await STORIES[story](enter), dialogs };
    }
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(told));
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
