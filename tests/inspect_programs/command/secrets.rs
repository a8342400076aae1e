//! Secrets: from lines or variables, never from an argument, and never printed.

use std::fs;
use std::io::Write;
use std::sync::Mutex;

use super::ran::{command, finish, run};
use super::server::{honest, response, start, url};

#[test]
fn lines_are_read_in_the_order_of_the_arguments() {
    let server = start(honest);
    let url = url(&server);
    let ran = run(
        &["inspect", &url, "--but-not", "bob:-", "--as", "alice:-"],
        &[],
        b"builder\r\nwonderland\n",
    );
    assert_eq!(ran.status, 0, "{ran:?}");
    let variable = [("PORTCULLIS_PASSWORD_BOB", "builder")];
    let ran =
        run(&["inspect", &url, "--but-not", "bob:-", "--as", "alice:-"], &variable, b"wonderland");
    assert_eq!(ran.status, 0, "{ran:?}");
    let ran = run(&["inspect", &url, "--but-not", "bob:-", "--as", "alice:-"], &variable, b"");
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("set PORTCULLIS_PASSWORD_ALICE"), "{ran:?}");
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    for arguments in [
        &["inspect", "http://127.0.0.1:1/", "--as", "alice:s3cret"][..],
        &["inspect", "http://127.0.0.1:1/", "--as", "alice", "s3cret"],
        &["inspect", "http://127.0.0.1:1/", "--as-header", "alice:x-api-key:s3cret"],
        &["inspect", "http://127.0.0.1:1/", "--expired-token", "s3cret"],
        &["inspect", "http://127.0.0.1:1/", "--header", "authorization: s3cret"],
        &["inspect", "http://127.0.0.1:1/", "--header", "x-jwt: s3cret"],
        &["inspect", "http://127.0.0.1:1/", "--header", "dpop: s3cret"],
        &["inspect", "http://alice:s3cret@127.0.0.1:1/"],
    ] {
        let ran = run(arguments, &[], b"");
        assert_eq!(ran.status, 2, "{ran:?}");
        assert!(!format!("{ran:?}").contains("s3cret"), "{ran:?}");
    }
}

#[test]
fn no_secret_is_printed_though_the_server_repeats_it() {
    let server = start(|head| response("401 No", "", &format!("you sent {head}")));
    let url = format!("{}?token=s3cret-query", url(&server));
    let secrets = [
        ("PORTCULLIS_TOKEN_BOB", "s3cret-bob"),
        ("PORTCULLIS_EXPIRED_TOKEN", "s3cret-old"),
        ("PORTCULLIS_HEADER_DAVE", "s3cret-dave"),
    ];
    for more in [&[][..], &["--json"]] {
        let mut arguments = vec!["inspect", &url, "--but-not-token", "bob:-"];
        arguments.extend(["--expired-token", "-", "--but-not-header", "dave:x-ticket:-"]);
        let ran = run(&[&arguments, more].concat(), &secrets, b"");
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.out.contains("credential-echoed"), "{ran:?}");
        assert!(!format!("{ran:?}").contains("s3cret"), "{ran:?}");
    }
}

#[test]
fn a_header_that_is_declared_is_a_secret_and_the_host_is_none() {
    // Each check that looks at bytes would show them.
    let server = start(|head| {
        let ticket =
            head.lines().find_map(|line| line.strip_prefix("x-ticket: ")).unwrap_or("none");
        let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
        let challenge = format!("WWW-Authenticate: Bearer realm={ticket}-{host}\r\n");
        response("401 No", &challenge, &format!("the ticket is {ticket}"))
    });
    let url = url(&server);
    let secrets = [("PORTCULLIS_HEADER_DAVE", "0f8d4eC39HqL")];
    let ran = run(&["inspect", &url, "--but-not-header", "dave:x-ticket:-"], &secrets, b"");
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.out.contains("credential-echoed"), "{ran:?}");
    assert!(ran.out.contains("realm=none-127.0.0.1"), "{ran:?}");
    assert!(!format!("{ran:?}").contains("0f8d4eC3"), "{ran:?}");
}

#[test]
fn what_another_caller_has_sent_is_not_printed() {
    static LAST: Mutex<Option<&str>> = Mutex::new(None);
    static SECRETS: [(&str, &str); 3] = [
        ("PORTCULLIS_TOKEN_BOB", "0f8d4eC39HqL"),
        ("PORTCULLIS_TOKEN_CAROL", "x7Yp2mNvQ4tz"),
        ("PORTCULLIS_EXPIRED_TOKEN", "k3Wd8sRuJ6ba"),
    ];
    let secrets = SECRETS;
    // The realm has no quotes once it has a secret: the report shows the first of these.
    let server = start(|head| {
        let mut last = LAST.lock().unwrap();
        let challenge = match *last {
            Some(secret) => format!("WWW-Authenticate: Bearer realm=seen-{secret}\r\n"),
            None => "WWW-Authenticate: Bearer realm=\"seen\"\r\n".to_owned(),
        };
        let sent = SECRETS.iter().find(|(_, secret)| head.contains(secret));
        *last = sent.map(|(_, secret)| *secret).or(*last);
        response("401 No", &challenge, "no")
    });
    let url = url(&server);
    let arguments =
        ["--but-not-token", "bob:-", "--but-not-token", "carol:-", "--expired-token", "-"];
    let ran = run(&[&["inspect", &url], &arguments[..]].concat(), &secrets, b"");
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.out.contains("realm=seen-[credential]"), "{ran:?}");
    for (_, secret) in secrets {
        assert!(!format!("{ran:?}").contains(&secret[..8]), "{ran:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn no_secret_is_in_the_list_of_processes() {
    let server = start(honest);
    let url = url(&server);
    let mut child = command(&["inspect", &url, "--as", "alice:-"], &[]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"wonderland").unwrap();
    // It waits for the end of the line, so it is still there.
    let line = loop {
        // Empty until the program has been loaded.
        let line = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap();
        if !line.is_empty() {
            break line;
        }
    };
    let line = String::from_utf8_lossy(&line);
    assert!(line.contains("alice:-") && !line.contains("wonderland"), "{line}");
    input.write_all(b"\n").unwrap();
    drop(input);
    assert_eq!(finish(child).status, 0);
}
