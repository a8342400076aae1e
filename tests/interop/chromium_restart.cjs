// Logs in by the dialog, and goes on while the server restarts: chromium_restart.cjs PROGRAM BASE
// REQUESTS. Answers every dialog, and prints the status and the number of dialogs of each request:
// [path, how], where `how` is `page`, `script` or `post`.

const { chromium } = require('playwright-core');

const [executablePath, base, requests] = process.argv.slice(2);

async function main() {
  const browser = await chromium.launch({
    executablePath,
    timeout: 60000,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  try {
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(60000);
    const devtools = await page.context().newCDPSession(page);
    let dialogs = 0;
    // A request of the browser itself, such as that for the icon, may be there when the page is closed.
    const gone = () => {};
    devtools.on('Fetch.authRequired', ({ requestId }) => {
      dialogs += 1;
      const login = { username: 'alice', password: 'wonderland' };
      const authChallengeResponse = { response: 'ProvideCredentials', ...login };
      devtools.send('Fetch.continueWithAuth', { requestId, authChallengeResponse }).catch(gone);
    });
    devtools.on('Fetch.requestPaused', ({ requestId }) => {
      devtools.send('Fetch.continueRequest', { requestId }).catch(gone);
    });
    await devtools.send('Fetch.enable', { handleAuthRequests: true });
    const script = async (path, method) =>
      page.evaluate(async ([url, method]) => (await fetch(url, { method })).status, [base + path, method]);
    const told = [];
    for (const [path, how] of JSON.parse(requests)) {
      const before = dialogs;
      let status;
      if (how === 'page') status = (await page.goto(base + path)).status();
      else status = await script(path, how === 'post' ? 'POST' : 'GET');
      told.push([path, status, dialogs - before]);
    }
    console.log(JSON.stringify(told));
  } finally {
    await browser.close();
  }
}

main();
