// A client by `oauth4webapi`. It knows its identifier, its secret and the URL of the resource; it
// learns everything else from what it is refused.
//
// oauth4webapi.cjs RESOURCE CLIENT GRANT METHOD…: sends requests to the resource in turn, each again
// with a new token while it is refused, and prints every response as a line of JSON. GRANT is `client`
// (client credentials) or `user` (authorization code).
// oauth4webapi.cjs RESOURCE CLIENT tokens ISSUER: prints the tokens that a user's login gives for that
// resource.

const oauth = require("oauth4webapi");

const [resource, client_id, grant, ...methods] = process.argv.slice(2);
const redirectUri = "http://127.0.0.1/callback";
const client = { client_id, id_token_signed_response_alg: client_id == "opaque" ? "ES256" : client_id };
const secret = oauth.ClientSecretBasic("secret");
const loopback = { [oauth.allowInsecureRequests]: true };

async function discover(issuer) {
  const url = new URL(issuer);
  const response = await oauth.discoveryRequest(url, loopback);
  return oauth.processDiscoveryResponse(url, response);
}

// From the challenge to the authorization server (RFC 9728 §5).
async function authorizationServer(challenge) {
  const url = new URL(resource);
  const response = await oauth.resourceDiscoveryRequest(url, loopback);
  if (response.url != challenge.resource_metadata)
    throw Error(`the metadata is at ${response.url}, not at ${challenge.resource_metadata}`);
  const metadata = await oauth.processResourceDiscoveryResponse(url, response);
  return discover(metadata.authorization_servers[0]);
}

async function byClientCredentials(as, { scope }) {
  const response = await oauth.clientCredentialsGrantRequest(as, client, secret, { scope, resource }, loopback);
  return oauth.processClientCredentialsResponse(as, client, response);
}

async function byUser(as, { scope, acr_values, max_age }) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(as.authorization_endpoint);
  const parameters = {
    client_id, scope: `openid ${scope}`, resource, state, acr_values, max_age,
    response_type: "code", redirect_uri: redirectUri, prompt: "consent",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
  const back = await browse(url);
  const code = oauth.validateAuthResponse(as, client, back, state);
  const response = await oauth.authorizationCodeGrantRequest(as, client, secret, code, redirectUri, verifier, {
    ...loopback, additionalParameters: { resource },
  });
  return oauth.processAuthorizationCodeResponse(as, client, response);
}

// A browser without a memory of earlier logins.
async function browse(url) {
  const cookies = new Map();
  for (let steps = 0; !url.href.startsWith(redirectUri); steps++) {
    if (steps == 20) throw Error(`${url}: too many redirects`);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set);
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (!location) throw Error(`${url}: ${response.status} ${await response.text()}`);
    url = new URL(location, url);
  }
  return url;
}

const withoutToken = {
  [oauth.customFetch]: (url, options) => {
    delete options.headers.authorization;
    return fetch(url, options);
  },
};

// What a client keeps for its next request. A challenge without `scope` leaves it as it is.
let token, scope;

async function send(method) {
  const url = new URL(resource);
  const options = { ...loopback, ...(token ? {} : withoutToken) };
  try {
    const response = await oauth.protectedResourceRequest(token ?? "none", method, url, undefined, undefined, options);
    console.log(JSON.stringify({ status: response.status }));
  } catch (error) {
    if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
    const challenge = error.cause.find(({ scheme }) => scheme == "bearer").parameters;
    const { resource_metadata, realm, error_description, ...told } = challenge;
    console.log(JSON.stringify({ status: error.status, ...told }));
    return challenge;
  }
}

async function main() {
  if (grant == "tokens") {
    const tokens = await byUser(await discover(methods[0]), { scope: "offline_access notes:read notes:write" });
    console.log(JSON.stringify(tokens));
    return;
  }
  for (const method of methods) {
    let challenge;
    for (let tries = 0; tries < 3 && (challenge = await send(method)); tries++) {
      const as = await authorizationServer(challenge);
      scope = challenge.scope ?? scope;
      const ask = grant == "user" ? byUser : byClientCredentials;
      token = (await ask(as, { ...challenge, scope })).access_token;
    }
  }
}

main();
