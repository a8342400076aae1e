// An issuer by `oidc-provider`. A client's name says how its tokens are signed: `ES256`, `RS256`,
// `Ed25519`, or `opaque`. Consent is given without a user, who logged in an hour ago unless the client
// asks for more (RFC 9470).
//
// Prints a line of JSON when it listens, and ends with its input. A line of its input, such as
// `second first`, replaces the instance by one with these generations of keys; the first one signs.

// It notes there what has its default. The output is for the test.
console.info = console.error;

const { createServer } = require("node:http");
const { generateKeyPairSync } = require("node:crypto");
const { createInterface } = require("node:readline");
const { Provider } = require("oidc-provider");

const kinds = {
  ES256: ["ec", { namedCurve: "P-256" }],
  RS256: ["rsa", { modulusLength: 2048 }],
  Ed25519: ["ed25519", {}],
};
const made = {};
const keys = (generation) => made[generation] ??= Object.entries(kinds).map(([alg, kind]) => {
  const key = generateKeyPairSync(...kind).privateKey.export({ format: "jwk" });
  return { ...key, alg, use: "sig", kid: `${alg}-${generation}` };
});

const scope = "notes:read notes:write";
const client = (client_id) => ({
  client_id,
  client_secret: "secret",
  grant_types: ["client_credentials", "authorization_code", "refresh_token"],
  redirect_uris: ["http://127.0.0.1/callback"],
  id_token_signed_response_alg: kinds[client_id] ? client_id : "ES256",
});

function provider(issuer, generations) {
  const provider = new Provider(issuer, {
    jwks: { keys: generations.flatMap(keys) },
    scopes: ["openid", "offline_access"],
    clients: [...Object.keys(kinds), "opaque", "resource-server"].map(client),
    acrValues: ["mfa"],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource, { clientId }) => ({
          scope,
          audience: resource,
          accessTokenFormat: clientId == "opaque" ? "opaque" : "jwt",
          jwt: { sign: { alg: clientId } },
        }),
      },
    },
    extraTokenClaims: ({ oidc: { entities } }) => {
      const { acr, authTime } = entities.AuthorizationCode ?? {};
      return { acr, auth_time: authTime };
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
  });
  provider.on("server_error", (_, error) => console.error(error));
  return provider;
}

// What a user's clicks would lead to.
async function interact(provider, request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: "alice", clientId: params.client_id });
  grant.addOIDCScope("openid offline_access");
  grant.addResourceScope(params.resource, scope);
  const now = Math.floor(Date.now() / 1000);
  const stronger = params.acr_values || params.max_age;
  await provider.interactionFinished(request, response, {
    login: { accountId: "alice", acr: params.acr_values, ts: stronger ? now : now - 3600 },
    consent: { grantId: await grant.save() },
  });
}

const server = createServer(async (request, response) => {
  const consents = request.url.startsWith("/interaction/");
  consents ? await interact(current, request, response) : current.callback()(request, response);
});
let issuer, current;
// Longer than any test, so that no client finds its connection closed.
server.keepAliveTimeout = 120_000;
server.listen(0, "127.0.0.1", async () => {
  issuer = `http://localhost:${server.address().port}`;
  current = provider(issuer, ["first"]);
  console.log(JSON.stringify({ issuer }));
  for await (const generations of createInterface({ input: process.stdin })) {
    current = provider(issuer, generations.split(" "));
    console.log(JSON.stringify({ issuer }));
  }
  process.exit();
});
