// Asks with digest-fetch: node_digest_fetch.cjs BASE QUESTIONS. One client per login, as it has it.

const [base, questions] = process.argv.slice(2);

async function main() {
  // A module that older releases of Node cannot `require`, and `import` knows no NODE_PATH.
  const { default: DigestClient } = await import(require.resolve('digest-fetch'));
  const told = [];
  const clients = {};
  for (const question of JSON.parse(questions)) {
    const { path, basic, bearer, digest, algorithm, session, method, body } = question;
    const headers = bearer ? { authorization: `Bearer ${bearer}` } : {};
    let client;
    if (basic) client = new DigestClient(...basic, { basic: true });
    if (digest) client = clients[session] ??= new DigestClient(...digest, { algorithm });
    const ask = client ? (...what) => client.fetch(...what) : fetch;
    const options = { method, body, headers, signal: AbortSignal.timeout(20000) };
    const answer = await ask((question.base ?? base) + path, options);
    told.push({ status: answer.status, body: await answer.text() });
  }
  console.log(JSON.stringify(told));
}

main();
