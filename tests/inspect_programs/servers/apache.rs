//! Apache httpd with Basic and with Digest, as its manual shows them.

use std::fs;

use super::case::{Ask, Case, basic, found};
use super::confirm;
use super::known::*;
use crate::support::{Scratch, Started, Tool};

/// Who may log in, as `htpasswd -m` keeps it: `wonderland` and `builder`.
pub const USERS: &str =
    "alice:$apr1$reports1$jYLEUmnynfUv5ZACow9CE/\nbob:$apr1$reports2$ymsPmuwCo.N3.D/qxrgf31\n";

#[test]
fn apache_as_it_comes() {
    let Some(tool) = Tool::find("apache2") else { return };
    let files = Scratch::new();
    for folder in ["files", "files/basic", "files/digest"] {
        fs::create_dir_all(files.path().join(folder)).expect("a folder");
        files.write(&format!("{folder}/reports"), "First quarter\n");
    }
    files.write("users", USERS);
    // The MD5 of alice:reports:wonderland.
    files.write("digest", "alice:reports:7181726c38dcda87c5005a748efeeb04\n");
    let server = Started::start(&tool, &["-X", "-f"], files, CONFIG);
    let with_password = |how, target| {
        Case::new(how, target).alice(basic("alice", "wonderland")).wrong(basic("alice", "wrong"))
    };
    let cases = [
        with_password("AuthType Basic", "/basic/reports").bob(basic("bob", "builder")).finds([
            two_lines(),
            nothing_for_alice(),
            preflight("advice preflight-refused", 401),
            known_401(),
            no_charset("\nwww-authenticate: basic realm=\"reports\"\n"),
            personal(),
            found("advice cause-hidden", Ask::Bob, 401)
                .because("true, because bob gets the bytes that a caller without credentials gets"),
        ]),
        Case::new("AuthType Digest", "/digest/reports").finds([
            found("warning digest-md5-only", Ask::Anonymous, 401)
                .has("algorithm=md5,")
                .because("true, because the only challenge has the algorithm MD5"),
            preflight("advice preflight-refused", 401),
        ]),
    ];
    confirm::all("Apache httpd", server.address, &cases);
}

const CONFIG: &str = r#"
    ServerRoot "HERE"
    DefaultRuntimeDir "HERE"
    PidFile "HERE/pid"
    ServerName localhost
    Listen 127.0.0.1:PORT
    ErrorLog "HERE/log"
    User nobody
    Group nogroup
    LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
    LoadModule authn_core_module /usr/lib/apache2/modules/mod_authn_core.so
    LoadModule authn_file_module /usr/lib/apache2/modules/mod_authn_file.so
    LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
    LoadModule authz_user_module /usr/lib/apache2/modules/mod_authz_user.so
    LoadModule auth_basic_module /usr/lib/apache2/modules/mod_auth_basic.so
    LoadModule auth_digest_module /usr/lib/apache2/modules/mod_auth_digest.so
    DocumentRoot "HERE/files"
    <Directory "HERE/files/basic">
        AuthType Basic
        AuthName "reports"
        AuthUserFile "HERE/users"
        Require user alice
    </Directory>
    <Directory "HERE/files/digest">
        AuthType Digest
        AuthName "reports"
        AuthDigestDomain /digest/
        AuthUserFile "HERE/digest"
        Require valid-user
    </Directory>
"#;
