//! nginx with `auth_basic`, as its manual shows it.

use super::case::{Ask, Case, basic, found};
use super::confirm;
use super::known::*;
use crate::support::{Scratch, Started};

#[test]
fn nginx_as_it_comes() {
    let files = Scratch::new();
    files.write("index.html", "<!doctype html><title>Reports</title>First quarter");
    // `wonderland` and `builder`, as `htpasswd -m` keeps them.
    files.write("users", super::apache::USERS);
    files.write("alice", super::apache::USERS.lines().next().unwrap_or_default());
    let server = r#"
        root HERE;
        auth_basic "reports";
        auth_basic_user_file HERE/users;
        location /for-alice/ { alias HERE/; auth_basic_user_file HERE/alice; }
    "#;
    let Some(server) = Started::nginx(files, server) else { return };
    let with_password = |how, target| {
        Case::new(how, target).alice(basic("alice", "wonderland")).wrong(basic("alice", "wrong"))
    };
    let cases = [
        with_password("auth_basic", "/index.html").finds([
            found("error allow-missing", Ask::OptionsOfAlice, 405)
                .lacks("\nallow:")
                .because("true, because RFC 9110 §15.5.6 requires `Allow` in a 405"),
            nothing_for_alice(),
            preflight("advice preflight-refused", 401),
            no_charset("\nwww-authenticate: basic realm=\"reports\"\n"),
            personal(),
        ]),
        with_password("another auth_basic_user_file", "/for-alice/index.html")
            .bob(basic("bob", "builder"))
            .finds([
                found("error allow-missing", Ask::OptionsOfAlice, 405)
                    .lacks("\nallow:")
                    .because("true, because RFC 9110 §15.5.6 requires `Allow` in a 405"),
                nothing_for_alice(),
                preflight("advice preflight-refused", 401),
                no_charset("\nwww-authenticate: basic realm=\"reports\"\n"),
                personal(),
                known_401(),
                found("advice cause-hidden", Ask::Bob, 401).because(
                    "true, because bob gets the bytes that a caller without credentials gets",
                ),
            ]),
    ];
    confirm::all("nginx", server.address, &cases);
}
