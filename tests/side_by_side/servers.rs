//! The servers: ours, and three that everybody runs, each configured as its manual shows and no
//! further.

use std::fs;
use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{any, get};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use portcullis::identity::DigestAlgorithm;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Denial, Digest, DigestUsers, HasRoles, Login,
    Principal, Unauthenticated, Users, async_verify_fn, role,
};

use crate::situations::DIGEST;
use crate::support::{Scratch, Server, Started, Tool, run};

pub const REALM: &str = "test";

/// Who may log in: name, password, and the password as `htpasswd -m` keeps it.
const USERS: [(&str, &str, &str); 6] = [
    ("user", "passwd", "$apr1$sidebysi$rykrIzwshKmzyaoMV2Lt41"),
    ("admin", "secret", "$apr1$sidebysi$k4zsMvYP/XF4n36dZpw.70"),
    ("colon", "pass:wd", "$apr1$sidebysi$mtg9rXjE9tdCFM/4siN41."),
    ("umlaut", "pässwörd", "$apr1$sidebysi$Ws6A9hQYbkHAleGDrcD1G1"),
    ("bell", "bell\u{7}", "$apr1$sidebysi$yI4FSh9LFb.BVOTdmci/r0"),
    ("symbols", ">>>???", "$apr1$sidebysi$ECjzPVnoUn/Sw5nGHNmZW."),
];

/// A server that is running. It stops when this is dropped.
pub struct Running {
    pub name: &'static str,
    pub address: SocketAddr,
    /// As its maker counts.
    pub version: String,
    /// A proxy is asked for the addresses of this.
    pub origin: Option<Server>,
    _started: Option<Started>,
    _server: Option<Server>,
}

// ==== ours ====

#[derive(Clone)]
struct User(&'static str);

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.0 == role
    }
}

async fn hello(Principal(_): Principal<User>) -> &'static str {
    "hello\n"
}

fn service() -> Router {
    let nobody_knows =
        async_verify_fn(|_: &Login| async { Err::<User, _>(Unauthenticated::unavailable()) });
    let outage = Basic::new(REALM, nobody_knows).expect("a realm");
    let admins = AuthorizeLayer::<User>::new(role("admin"));
    let routes = Router::new()
        .route("/hello", get(hello))
        .route("/admin/hello", get(hello).layer(admins))
        .fallback(|| async { Denial::not_found() });
    let identity = Basic::new(REALM, users()).expect("a realm");
    let gated = Router::new().fallback_service(routes).layer(AuthenticateLayer::new(identity));
    // MD5, because Apache has nothing else.
    let digest = Digest::from_users(DigestUsers::new(REALM).with("user", "passwd", User("user")))
        .and_then(|digest| digest.algorithms([DigestAlgorithm::Md5])?.domain(["/digest/"]));
    let digest = AuthenticateLayer::new(digest.expect("what can be offered"));
    Router::new()
        .route("/outage/hello", get(hello).layer(AuthenticateLayer::new(outage)))
        .route(DIGEST, get(hello).layer(digest))
        .fallback_service(gated)
}

fn users() -> Users<User> {
    USERS.iter().fold(Users::new(), |users, &(name, password, _)| {
        users.with(name, password, User(name)) //
    })
}

/// What a proxy is asked for.
fn origin() -> Server {
    let hello = || get(|| async { "hello\n" });
    Server::start(Router::new().route("/hello", hello()).route("/admin/hello", hello()))
}

/// A proxy that passes on whatever its stages let through.
pub fn portcullis_proxy() -> Running {
    let origins: Client<HttpConnector, Body> = Client::builder(TokioExecutor::new()).build_http();
    let pass_on = move |request: Request| {
        let origins = origins.clone();
        async move { origins.request(request).await.map_err(|_| StatusCode::BAD_GATEWAY) }
    };
    let admins = AuthorizeLayer::<User>::new(role("admin"));
    let routes =
        Router::new().route("/admin/{*path}", any(pass_on.clone()).layer(admins)).fallback(pass_on);
    let identity = Basic::new(REALM, users()).expect("a realm");
    let stage = AuthenticateLayer::new(identity).at_proxy().expect("Basic is for proxies too");
    ours("portcullis, proxy", Server::start(routes.layer(stage)), Some(origin()))
}

pub fn portcullis() -> Running {
    ours("portcullis", Server::start(service()), None)
}

pub fn ours(name: &'static str, server: Server, origin: Option<Server>) -> Running {
    Running {
        name,
        address: server.address,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        origin,
        _started: None,
        _server: Some(server),
    }
}

// ==== theirs ====

pub fn apache() -> Option<Running> {
    apache_with(
        r#"
        LoadModule auth_basic_module MODULES/mod_auth_basic.so
        LoadModule auth_digest_module MODULES/mod_auth_digest.so
        DocumentRoot "HERE/files"
        <Directory "HERE/files">
            AuthType Basic
            AuthName "REALM"
            AuthUserFile "HERE/users"
            Require valid-user
        </Directory>
        <Directory "HERE/files/admin">
            Require user admin
        </Directory>
        <Directory "HERE/files/outage">
            AuthUserFile "HERE/no-such-file"
        </Directory>
        <Directory "HERE/files/digest">
            AuthType Digest
            AuthDigestDomain /digest/
            AuthUserFile "HERE/digest"
        </Directory>
        "#,
    )
}

/// Apache with these lines behind those that every configuration has.
pub fn apache_with(config: &str) -> Option<Running> {
    let always = r#"
        ServerRoot "HERE"
        DefaultRuntimeDir "HERE"
        PidFile "HERE/pid"
        ServerName localhost
        Listen 127.0.0.1:PORT
        ErrorLog "HERE/log"
        User nobody
        Group nogroup
        LoadModule mpm_event_module MODULES/mod_mpm_event.so
        LoadModule authn_core_module MODULES/mod_authn_core.so
        LoadModule authn_file_module MODULES/mod_authn_file.so
        LoadModule authz_core_module MODULES/mod_authz_core.so
        LoadModule authz_user_module MODULES/mod_authz_user.so
    "#;
    let tool = Tool::find("apache2")?;
    let config = [always, config].concat();
    let config = config.replace("MODULES", "/usr/lib/apache2/modules").replace("REALM", REALM);
    // One process, in the foreground; so with the others.
    let started = Started::start(&tool, &["-X", "-f"], files(), &config);
    Some(theirs("Apache httpd", &tool, "Apache/", started, None))
}

pub fn nginx() -> Option<Running> {
    let server = r#"
        root HERE/files;
        auth_basic "REALM";
        auth_basic_user_file HERE/users;
        location /admin/ { auth_basic_user_file HERE/admins; }
        location /outage/ { auth_basic_user_file HERE/no-such-file; }
    "#;
    let tool = Tool::find("nginx")?;
    let started = Started::nginx(files(), &server.replace("REALM", REALM))?;
    Some(theirs("nginx", &tool, "nginx/", started, None))
}

pub fn squid() -> Option<Running> {
    let config = r#"
        http_port 127.0.0.1:PORT
        visible_hostname localhost
        dns_nameservers 127.0.0.1
        pid_filename none
        access_log none
        cache_log /dev/null
        cache deny all
        cache_mem 8 MB
        max_filedescriptors 512
        pinger_enable off
        shutdown_lifetime 0 seconds
        auth_param basic program /usr/lib/squid/basic_ncsa_auth HERE/users
        auth_param basic children 2 startup=1
        auth_param basic realm REALM
        acl known proxy_auth REQUIRED
        acl admins proxy_auth admin
        acl area urlpath_regex ^/admin/
        http_access deny area !admins
        http_access allow known
        http_access deny all
    "#;
    let tool = Tool::find("squid")?;
    let started = Started::start(&tool, &["-N", "-f"], files(), &config.replace("REALM", REALM));
    Some(theirs("squid", &tool, "Version ", started, Some(origin())))
}

/// `version` is what stands before the version in what a program says of itself.
fn theirs(
    name: &'static str,
    tool: &Tool,
    version: &str,
    started: Started,
    origin: Option<Server>,
) -> Running {
    let ran = run(tool.command(&started.files).arg("-v"));
    let said = ran.out + &ran.err;
    let version = said.split(version).nth(1).and_then(|it| it.split_whitespace().next());
    Running {
        name,
        address: started.address,
        version: version.unwrap_or("unknown").to_owned(),
        origin,
        _started: Some(started),
        _server: None,
    }
}

/// What they serve, and who may log in.
fn files() -> Scratch {
    let files = Scratch::new();
    for folder in
        ["files", "files/admin", "files/outage", "files/digest", "files/write", "files/down"]
    {
        fs::create_dir_all(files.path().join(folder)).expect("a folder");
        files.write(&format!("{folder}/hello"), "hello\n");
    }
    let lines = |of: fn(&str) -> bool| -> String {
        let users = USERS.iter().filter(|(name, ..)| of(name));
        users.map(|(name, _, kept)| format!("{name}:{kept}\n")).collect()
    };
    files.write("users", lines(|_| true));
    files.write("admins", lines(|name| name == "admin"));
    // The MD5 of user:test:passwd.
    files.write("digest", format!("user:{REALM}:5ccec2c6e004b3991f078c426ebb42a9\n"));
    files
}
