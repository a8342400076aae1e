// Opens pages in Chromium: chromium.cjs PROGRAM BASE QUESTIONS [PROXY]. `basic` or `digest` is what
// the login dialog would be answered with. A window for each question, or one for all that have a
// `session` and the same login; `paths` are opened one after the other. PROXY is for the windows;
// what the program asks for by itself finds no host.

const { chromium } = require('playwright-core');

const [executablePath, base, questions, proxy] = process.argv.slice(2);

// A login that is refused leaves nothing to show: the dialog would stand there.
async function open(page, url) {
  try {
    return (await page.goto(url)).status();
  } catch (error) {
    if (/ERR_INVALID_AUTH_CREDENTIALS|ERR_UNEXPECTED_PROXY_AUTH/.test(error)) return 401;
    throw error;
  }
}

// What a script of the page shown sends, with its window's login.
function send(page, url, method, body) {
  return page.evaluate(
    async ([url, options]) => {
      const answer = await fetch(url, options);
      return { status: answer.status, body: await answer.text() };
    },
    [url, { method, body }],
  );
}

async function main() {
  const browser = await chromium.launch({
    executablePath,
    timeout: 60000,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
  const told = [];
  const windows = {};
  try {
    for (const question of JSON.parse(questions)) {
      const { path, paths, basic, digest, method, body } = question;
      const session = question.session === undefined ? undefined : String(basic ?? digest);
      const [username, password] = basic ?? digest ?? [];
      const httpCredentials = username && { username, password };
      const options = { httpCredentials, proxy: proxy && JSON.parse(proxy) };
      const page = windows[session] ?? (await (await browser.newContext(options)).newPage());
      if (session !== undefined) windows[session] = page;
      const at = question.base ?? base;
      if (method === 'POST') {
        // A script belongs to a page, and asks where that came from.
        if (new URL(page.url()).origin !== at) await open(page, at + path);
        told.push(await send(page, at + path, method, body));
      } else {
        const statuses = [];
        for (const each of paths ?? [path]) statuses.push(await open(page, at + each));
        told.push({ status: statuses[0], statuses, body: await page.textContent('body') });
      }
      if (session === undefined) await page.context().close();
    }
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(told));
}

main();
