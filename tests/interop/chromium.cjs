// Opens pages in Chromium: chromium.cjs PROGRAM BASE QUESTIONS. `basic` is what the login dialog
// would be answered with. A window for each question; `paths` are opened one after the other.

const { chromium } = require('playwright-core');

const [executablePath, base, questions] = process.argv.slice(2);

// A login that is refused leaves nothing to show: the dialog would stand there.
async function open(page, path) {
  try {
    return (await page.goto(base + path)).status();
  } catch (error) {
    if (String(error).includes('ERR_INVALID_AUTH_CREDENTIALS')) return 401;
    throw error;
  }
}

async function main() {
  const browser = await chromium.launch({
    executablePath,
    timeout: 20000,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  const told = [];
  try {
    for (const { path, paths, basic } of JSON.parse(questions)) {
      const [username, password] = basic ?? [];
      const httpCredentials = basic && { username, password };
      const context = await browser.newContext({ httpCredentials });
      const page = await context.newPage();
      const statuses = [];
      for (const each of paths ?? [path]) statuses.push(await open(page, each));
      told.push({ status: statuses[0], statuses, body: await page.textContent('body') });
      await context.close();
    }
  } finally {
    await browser.close();
  }
  console.log(JSON.stringify(told));
}

main();
