// Asks with digest-fetch: node_digest_fetch.cjs BASE QUESTIONS. One client per login, as it has it.

const [base, questions] = process.argv.slice(2);

async function main() {
  // A module that older releases of Node cannot `require`, and `import` knows no NODE_PATH.
  const { default: DigestClient } = await import(require.resolve('digest-fetch'));
  const told = [];
  for (const { path, basic, bearer } of JSON.parse(questions)) {
    const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
    const ask = basic
      ? (url, options) => new DigestClient(...basic, { basic: true }).fetch(url, options)
      : fetch;
    const answer = await ask(base + path, { headers, signal: AbortSignal.timeout(20000) });
    told.push({ status: answer.status, body: await answer.text() });
  }
  console.log(JSON.stringify(told));
}

main();
