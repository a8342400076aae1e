// Asks with Node's fetch: node_fetch.cjs BASE QUESTIONS. It takes no login but in a field.

const [base, questions] = process.argv.slice(2);

async function main() {
  const told = [];
  for (const { method, path, headers = {}, upload, basic, bearer } of JSON.parse(questions)) {
    if (basic) headers.authorization = `Basic ${Buffer.from(basic.join(':')).toString('base64')}`;
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    const body = upload && Buffer.alloc(upload, 'x');
    const answer = await fetch(base + path, { method, headers, body, signal: AbortSignal.timeout(20000) });
    const received = Object.fromEntries(answer.headers);
    told.push({ status: answer.status, headers: received, body: await answer.text() });
  }
  console.log(JSON.stringify(told));
}

main();
