// A page calls methods of another origin with the library grpc-web:
// chromium_grpc_web.cjs PROGRAM PAGE BASE FORMAT QUESTIONS. Prints as JSON what the library told the page,
// and how often it reported an error.

const fs = require('fs');
const { chromium } = require('playwright-core');

const [executablePath, url, base, format, questions] = process.argv.slice(2);

// In the page.
async function calls([base, format, questions]) {
  const { GrpcWebClientBase, MethodDescriptor, MethodType } = window.grpcWeb;
  const encode = (name) => {
    const text = new TextEncoder().encode(name);
    return new Uint8Array([0x0a, text.length, ...text]);
  };
  const decode = (message) => new TextDecoder().decode(message.subarray(2));
  const client = new GrpcWebClientBase({ format });
  const call = ({ path, name, streams, metadata }) =>
    new Promise((resolve) => {
      const kind = streams ? MethodType.SERVER_STREAMING : MethodType.UNARY;
      const method = new MethodDescriptor(path, kind, Object, Object, encode, decode);
      const lines = [];
      const errors = [];
      const end = () => {
        const [error] = errors;
        resolve({
          code: error ? error.code : 0,
          message: error ? error.message : '',
          metadata: error ? Object.entries(error.metadata ?? {}) : [],
          lines,
          errors: errors.length,
        });
      };
      const sent = Object.fromEntries(metadata);
      if (streams) {
        const stream = client.serverStreaming(base + path, name, sent, method);
        stream.on('data', (line) => lines.push(line));
        stream.on('error', (error) => {
          errors.push(error);
          setTimeout(end, 100);
        });
        stream.on('end', end);
      } else {
        client.rpcCall(base + path, name, sent, method, (error, line) => {
          if (error) errors.push(error);
          else lines.push(line);
          setTimeout(end, 100);
        });
      }
    });
  const told = [];
  for (const question of questions) told.push(await call(question));
  return told;
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
  try {
    const page = await browser.newPage();
    await page.goto(url);
    const library = fs.readFileSync(require.resolve('grpc-web'), 'utf8');
    await page.addScriptTag({
      content: `(() => { const exports = {}, module = { exports }; ${library}; window.grpcWeb = module.exports; })()`,
    });
    console.log(JSON.stringify(await page.evaluate(calls, [base, format, JSON.parse(questions)])));
  } finally {
    await browser.close();
  }
}

main();
