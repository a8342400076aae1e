// Logs in on a form, as a person would: chromium_form.cjs PROGRAM BASE. Prints where each step led.

const { chromium } = require('playwright-core');

const [executablePath, base] = process.argv.slice(2);

async function main() {
  const browser = await chromium.launch({
    executablePath,
    timeout: 60000,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  try {
    const context = await browser.newContext();
    const page = await context.newPage();
    page.setDefaultTimeout(60000);
    const where = async () => {
      const { pathname, search } = new URL(page.url());
      return { path: pathname + search, title: await page.title() };
    };
    // A dialog would keep this waiting: nobody is there to answer it.
    const script = () =>
      page.evaluate(async () => {
        const answer = await fetch('/api/me');
        return { status: answer.status, challenge: answer.headers.get('www-authenticate') };
      });
    const told = {};

    await page.goto(base + '/notes?page=2');
    told.asked = await where();
    told.script = await script();

    await page.fill('input[name=user]', 'alice');
    await page.fill('input[name=password]', 'wonderland');
    await Promise.all([page.waitForURL('**/notes?page=2'), page.click('button')]);
    told.submitted = await where();
    told.scriptThen = await script();
    await page.reload();
    told.reloaded = await where();
    const cookies = await context.cookies();
    told.cookies = cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }));

    await Promise.all([page.waitForURL(base + '/'), page.click('button')]);
    told.loggedOut = await where();
    await page.goto(base + '/notes?page=2');
    told.askedAgain = await where();

    // A page of another site posts its own login here: `localhost` is not the site `127.0.0.1`.
    await page.goto(base.replace('127.0.0.1', 'localhost') + '/');
    const answered = page.waitForResponse(base + '/login');
    await page.evaluate(action => {
      const form = document.createElement('form');
      form.method = 'post';
      form.action = action;
      for (const [name, value] of [['user', 'bob'], ['password', 'builder']]) {
        form.append(Object.assign(document.createElement('input'), { name, value }));
      }
      document.body.append(form);
      form.submit();
    }, base + '/login');
    const answer = await answered;
    await page.waitForURL(base + '/login');
    // That of the log-out is there for a second.
    const sessions = (await context.cookies()).filter(({ name }) => name === 'sid');
    told.fromElsewhere = { status: answer.status(), cookies: sessions.length };
    console.log(JSON.stringify(told));
  } finally {
    await browser.close();
  }
}

main();
