//! Access tokens: ours beside Apache's `mod_oauth2`. The tokens are those that the example
//! `resource_server` prints, and its issuer is the issuer of both.

use axum::Router;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis::oauth::{AccessTokens, HttpClient, Jwt, Keys, Resource, Token};
use portcullis::{AuthenticateLayer, AuthorizeLayer, scope};

use crate::servers::{REALM, Running, apache_with, ours};
use crate::situations::Situation;
use crate::support::{Example, Server, Tool};

/// Loopback, and nothing listens there.
const DOWN: &str = "http://127.0.0.1:1/jwks";

/// What the example prints: its issuer, the identifier of its resource, its tokens.
struct Issued {
    issuer: String,
    resource: String,
    tokens: Vec<(String, String)>,
    _example: Example,
}

impl Issued {
    fn start() -> Self {
        let example = Example::start("resource_server");
        let assignments = example.lines.iter().filter(|line| !line.starts_with("curl "));
        let tokens = assignments.filter_map(|line| line.split_once('='));
        let tokens: Vec<_> = tokens.map(|(name, token)| (name.into(), token.into())).collect();
        let words = example.lines.iter().flat_map(|line| line.split(' '));
        let issuer = words.filter_map(|word| word.strip_suffix("/token")).next();
        Self {
            issuer: issuer.expect("a token endpoint").to_owned(),
            resource: format!("http://localhost:{}/notes", example.address.port()),
            tokens,
            _example: example,
        }
    }

    fn origin(&self) -> String {
        self.resource.replace("/notes", "")
    }

    fn token(&self, name: &str) -> &str {
        let mut tokens = self.tokens.iter();
        &tokens.find(|(found, _)| found == name).expect("a token of this name").1
    }

    fn situations(&self) -> Vec<Situation> {
        let bearer = |token: &str| vec![format!("Bearer {token}").into_bytes()];
        let read = self.token("READ");
        let claims = read.split('.').nth(1).expect("the claims of a JWT");
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
        let none = format!("{none}.{claims}.");
        let row = |row: &str, what: &str, path, sent, expect| Situation {
            row: row.to_owned(),
            what: what.to_owned(),
            method: "GET",
            path,
            sent,
            before: None,
            expect,
        };
        let (all, write, down) = ("/hello", "/write/hello", "/down/hello");
        let (both, only_write) = (self.token("WRITE"), self.token("STRONG"));
        vec![
            row("A01", "no token", all, vec![], 401),
            row("A10", "a right token", all, bearer(read), 200),
            row("A10", "`bearer`", all, vec![format!("bearer {read}").into_bytes()], 200),
            row("A06", "something else", all, bearer("abc"), 401),
            row("A06", "a right token, and `~`", all, bearer(&format!("{read}~")), 401),
            row("A06", "`alg` `none`", all, bearer(&none), 401),
            row("A06", "signed by another key", all, bearer(self.token("FORGED")), 401),
            row("A06", "expired", all, bearer(self.token("EXPIRED")), 401),
            row("A06", "for another resource", all, bearer(self.token("OTHER")), 401),
            row("A06", "an ID token", all, bearer(self.token("ID_TOKEN")), 401),
            row("A05", "two lines, both right", all, [bearer(read), bearer(read)].concat(), 400),
            row("A07", "a right token, no key loaded, issuer down", down, bearer(only_write), 503),
            row("A07", "the same, a token that is right at another path", down, bearer(read), 503),
            row("C03", "a scope is missing", write, bearer(read), 403),
            row("C03", "a token with that scope", write, bearer(only_write), 200),
            row("C03", "a token with that scope and another", write, bearer(both), 200),
        ]
    }

    fn portcullis(&self) -> Running {
        let resource =
            Resource::new(&self.resource).and_then(|it| it.authorization_server(&self.issuer));
        let resource = resource.expect("a resource");
        let stage = |jwks: &str| {
            let client = HttpClient::new().expect("a client");
            let keys = Keys::at(&self.issuer, jwks, client).expect("a URL");
            let tokens = Jwt::rfc9068(keys, &resource).cached(100);
            let identity = AccessTokens::new(REALM, tokens).and_then(|it| it.ask_for("notes:read"));
            AuthenticateLayer::new(identity.expect("a realm and a scope").metadata(&resource))
        };
        let needs = |name| AuthorizeLayer::<Token>::new(scope(name).expect("a scope"));
        let hello = || get(|| async { "hello\n" });
        let keys = format!("{}/jwks", self.issuer);
        let routes = Router::new()
            .route("/hello", hello().layer(needs("notes:read")))
            .route("/write/hello", hello().layer(needs("notes:write")))
            .layer(stage(&keys))
            .merge(Router::new().route("/down/hello", hello()).layer(stage(DOWN)));
        ours("portcullis", Server::start(routes), None)
    }

    fn apache(&self) -> Option<Running> {
        Tool::find("/usr/lib/apache2/modules/mod_oauth2.so")?;
        let config = r#"
            LoadModule oauth2_module MODULES/mod_oauth2.so
            DocumentRoot "HERE/files"
            <Directory "HERE/files">
                AuthType oauth2
                AuthName "REALM"
                OAuth2TokenVerify jwks_uri ISSUER/jwks verify.exp=required
                <RequireAll>
                    Require oauth2_claim iss:ISSUER
                    Require oauth2_claim aud:RESOURCE
                    Require oauth2_claim scope:notes:read
                </RequireAll>
            </Directory>
            <Directory "HERE/files/write">
                Require oauth2_claim scope:notes:write
            </Directory>
            <Directory "HERE/files/down">
                OAuth2TokenVerify jwks_uri DOWN
                Require valid-user
            </Directory>
        "#;
        let config = config.replace("ISSUER", &self.issuer).replace("RESOURCE", &self.resource);
        apache_with(&config.replace("DOWN", DOWN))
    }
}

/// The table of the page; `None` if Apache or its module is not installed.
pub fn table() -> Option<String> {
    let issued = Issued::start();
    let mut apache = issued.apache()?;
    apache.name = "Apache, mod_oauth2";
    let servers = [issued.portcullis(), apache];
    let mut text = crate::table(&servers, |_| issued.situations());
    text += "\n| server | challenge for no token | challenge for an expired one |\n|---|---|---|\n";
    for server in &servers {
        let challenge = |what| {
            let situation = issued.situations().into_iter().find(|it| it.what == what);
            let answer = crate::ask(server, &situation.expect("a situation")).expect("an answer");
            let challenges = answer.lines("www-authenticate").join("`, `");
            challenges.replace(&issued.resource, "RESOURCE").replace(&issued.origin(), "ORIGIN")
        };
        let cells = ["no token", "expired"].map(challenge).join("` | `");
        text += &format!("| {} | `{cells}` |\n", server.name);
    }
    Some(text)
}
