// Fetches from a page of another origin: chromium_cross_origin.cjs PROGRAM PAGE QUESTIONS, which are pairs
// of an address and a token. Prints what the script could read of each response, or its error.

const { chromium } = require('playwright-core');

const [executablePath, address, questions] = process.argv.slice(2);

async function main() {
  const browser = await chromium.launch({
    executablePath,
    timeout: 60000,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(60000);
    await page.goto(address);
    const told = await page.evaluate(async questions => {
      const told = [];
      for (const [url, token] of questions) {
        try {
          const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
          const [challenge, wait] = ['www-authenticate', 'retry-after'].map(name => answer.headers.get(name));
          told.push(`${answer.status} ${challenge} ${wait}`);
        } catch (error) {
          told.push(error.name);
        }
      }
      return told;
    }, JSON.parse(questions));
    console.log(JSON.stringify(told));
  } finally {
    await browser.close();
  }
}

main();
