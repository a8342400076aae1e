// glewlwyd, set up over its REST API as an administrator would: an issuer that has nothing in common
// with the other one, neither code nor language.
//
// glewlwyd.cjs PROGRAM FOLDER: prints a line of JSON when it is set up. Each line of its input is the
// URL of a resource for which the client `ES256` may get tokens from then on; for each it prints the
// tokens that a user's login gives. It ends with its input.

const { execFileSync, spawn } = require("node:child_process");
const { readFileSync, writeFileSync } = require("node:fs");
const { createServer } = require("node:net");
const { generateKeyPairSync } = require("node:crypto");
const { createInterface } = require("node:readline");

const [program, folder] = process.argv.slice(2);
const lib = "/usr/lib/glewlwyd";
const schema = "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3";

const freePort = () => new Promise((found) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => found(port));
  });
});

function jwks() {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return JSON.stringify({ keys: [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", kid: "1" }] });
}

async function main() {
  const port = await freePort();
  const base = `http://localhost:${port}`;
  const issuer = `${base}/api/notes`;
  execFileSync("sqlite3", [`${folder}/db`], { input: readFileSync(schema) });
  writeFileSync(`${folder}/config`, `
    port = ${port}
    bind_address = "127.0.0.1"
    external_url = "${base}/"
    login_url = "login.html"
    api_prefix = "api"
    log_mode = "console"
    log_level = "ERROR"
    cookie_secure = 0
    session_key = "SESSION"
    admin_scope = "g_admin"
    profile_scope = "g_profile"
    user_module_path = "${lib}/user"
    client_module_path = "${lib}/client"
    user_auth_scheme_module_path = "${lib}/scheme"
    plugin_module_path = "${lib}/plugin"
    hash_algorithm = "SHA512"
    database = { type = "sqlite3" path = "${folder}/db" }
  `);
  const server = spawn(program, ["-c", `${folder}/config`], { stdio: ["ignore", 2, 2] });
  server.on("exit", (code) => process.exit(code ?? 1));
  process.on("exit", () => server.kill());

  let cookie = "";
  async function call(method, path, body) {
    const headers = { "content-type": "application/json", cookie };
    const response = await fetch(base + path, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    cookie = response.headers.get("set-cookie")?.split(";")[0] ?? cookie;
  }
  for (let tries = 0; ; tries++) {
    try {
      await fetch(`${base}/config`);
      break;
    } catch (error) {
      if (tries == 500) throw error;
      await new Promise((later) => setTimeout(later, 20));
    }
  }
  await call("POST", "/api/auth/", { username: "admin", password: "password" });
  const plugin = {
    iss: issuer,
    "jwks-private": jwks(),
    "jwks-show": true,
    "access-token-duration": 600,
    "refresh-token-duration": 1200,
    "code-duration": 60,
    "refresh-token-rolling": true,
    "allow-non-oidc": true,
    "auth-type-client-enabled": true,
    "auth-type-code-enabled": true,
    "auth-type-token-enabled": false,
    "auth-type-password-enabled": true,
    "auth-type-implicit-enabled": false,
    "auth-type-none-enabled": false,
    "auth-type-refresh-enabled": true,
    "resource-allowed": true,
    "resource-client-property": "resource",
    "introspection-revocation-allowed": true,
    "introspection-revocation-allow-target-client": true,
    "subject-type": "public",
  };
  await call("POST", "/api/mod/plugin/", {
    module: "oidc", name: "notes", display_name: "notes", parameters: plugin,
  });
  const scope = ["notes:read", "notes:write"];
  for (const name of scope) {
    const kind = { name, display_name: name, password_required: false, scheme: {} };
    await call("POST", "/api/scope/", kind);
  }
  const user = { username: "alice", password: "wonderland", enabled: true, scope: ["openid", ...scope] };
  await call("POST", "/api/user/", user);
  const client = {
    client_id: "ES256",
    name: "ES256",
    confidential: true,
    password: "secret",
    token_endpoint_auth_method: ["client_secret_basic"],
    enabled: true,
    scope: ["openid", ...scope],
    authorization_type: ["client_credentials", "password", "refresh_token"],
    resource: [],
  };
  await call("POST", "/api/client/", client);
  console.log(JSON.stringify({ issuer }));

  for await (const resource of createInterface({ input: process.stdin })) {
    client.resource.push(resource);
    await call("PUT", "/api/client/ES256", client);
    const login = { grant_type: "password", username: "alice", password: "wonderland" };
    const response = await fetch(`${issuer}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("ES256:secret")}` },
      body: new URLSearchParams({ ...login, scope: "openid notes:read" }),
    });
    console.log(JSON.stringify(await response.json()));
  }
  process.exit();
}

main();
