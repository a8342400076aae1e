// The official SDK of MCP for JavaScript: authorization code flow, tools, sessions.
//
//   node sdk.cjs '{"url": …, "steps": [["tools"], ["call", "add_note", {"text": "a"}], …], …}'
//
// Prints what each step gave, and every authorization that the user was asked for, as JSON.
const { Client } = require('@modelcontextprotocol/sdk/client/index.js');
const { UnauthorizedError } = require('@modelcontextprotocol/sdk/client/auth.js');
const { StreamableHTTPClientTransport } = require('@modelcontextprotocol/sdk/client/streamableHttp.js');

const plan = JSON.parse(process.argv[2]);

// What a program keeps for its user. The browser is a request that follows no redirect.
class Provider {
  redirectUrl = 'http://127.0.0.1:1/callback';
  authorizations = [];
  refreshes = 0;
  kept = plan.tokens;
  get clientMetadata() {
    return { client_name: 'test', redirect_uris: [this.redirectUrl], token_endpoint_auth_method: 'none' };
  }
  clientInformation() { return this.client; }
  saveClientInformation(client) { this.client = client; }
  tokens() { return this.kept; }
  saveTokens(tokens) {
    if (this.code === undefined) this.refreshes += 1;
    this.kept = tokens;
  }
  codeVerifier() { return this.verifier; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  invalidateCredentials(which) { if (which !== 'verifier') this.kept = undefined; }
  async redirectToAuthorization(url) {
    const asked = url.searchParams;
    this.authorizations.push({ scope: asked.get('scope'), resource: asked.get('resource') });
    if (this.authorizations.length > 5) throw new Error('asked the user for ever');
    if (plan.offline) asked.set('scope', `${asked.get('scope')} offline_access`);
    const response = await fetch(url, { redirect: 'manual' });
    this.code = new URL(response.headers.get('location')).searchParams.get('code');
  }
}

const provider = new Provider();
let transport;
let client;

// What a program does after the user has come back: it exchanges the code, and asks again.
async function authorized(what) {
  for (;;) {
    try {
      return await what();
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      await transport.finishAuth(provider.code);
      provider.code = undefined;
    }
  }
}

async function connect() {
  await authorized(async () => {
    transport = new StreamableHTTPClientTransport(new URL(plan.url), { authProvider: provider });
    client = new Client({ name: 'test', version: '1' });
    await client.connect(transport);
  });
}

const steps = {
  connect,
  tools: async () => (await client.listTools()).tools.map(tool => tool.name),
  call: async (name, args) => {
    const result = await authorized(() => client.callTool({ name, arguments: args }));
    return result.content.map(part => part.text).join('');
  },
  // Another token, such as one that has expired.
  token: async tokens => { provider.kept = { ...provider.kept, ...tokens }; },
  scope: async () => provider.kept.scope,
  session: async () => typeof transport.sessionId,
  end: async () => { await transport.terminateSession(); return typeof transport.sessionId; },
};

(async () => {
  const answers = [];
  for (const [step, ...args] of plan.steps) {
    try {
      answers.push(await steps[step](...args) ?? null);
    } catch (error) {
      answers.push({ error: `${error.code ?? error.name}` });
    }
  }
  const { authorizations, refreshes } = provider;
  process.stdout.write(JSON.stringify({ answers, authorizations, refreshes }));
  process.exit(0);
})();
