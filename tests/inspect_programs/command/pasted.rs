//! Text that was pasted, as curl prints it.

use std::process::Command;

use super::ran::paste;
use super::server::{response, start, url};
use crate::support::Tool;

#[test]
fn what_curl_prints() {
    let Some(curl) = Tool::find("curl") else { return };
    let server = start(|_| response("401 Unauthorized", "", "no"));
    for option in ["-si", "-sv", "-v", "-sI", "-siv", "-siL"] {
        let url = url(&server);
        // `-v` prints to the standard error, and the body to the standard output.
        let script = "exec \"$0\" -q --noproxy '*' -u alice:s3cret \"$1\" \"$2\" 2>&1";
        let mut shell = Command::new("sh");
        let output = shell.arg("-c").arg(script).arg(curl.path()).args([option, &url]).output();
        let ran = paste(&output.unwrap().stdout, &["--json"]);
        assert_eq!(ran.status, 1, "{option}: {ran:?}");
        assert!(ran.ids().contains(&"challenge-missing".to_owned()), "{option}: {ran:?}");
        assert_eq!(ran.json()["requests"], 1, "{option}: {ran:?}");
        assert!(!format!("{ran:?}").contains("s3cret"), "{option}: {ran:?}");
    }
}

#[test]
fn several_responses_and_http_2() {
    let text = b"HTTP/2 302 \nlocation: /a\n\nHTTP/1.1 100 Continue\r\n\r\nHTTP/2 401 \r\nserver: a\r\n\r\nno";
    let ran = paste(text, &[]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.out.contains("challenge-missing"), "{ran:?}");
    assert!(ran.out.contains("response 2 → 401") && ran.out.contains("in 2 responses"), "{ran:?}");
}

#[test]
fn the_gravest_is_first_and_named_last() {
    let text =
        b"HTTP/1.1 401 No\r\nwww-authenticate: Basic realm=\"a\"\r\ncontent-length: 0\r\n\r\n\
        HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(paste(text, &["--json"]).ids(), ["challenge-missing", "basic-charset"]);
    let ran = paste(text, &[]);
    assert!(ran.out.contains("`portcullis explain challenge-missing` says more"), "{ran:?}");
}

#[test]
fn no_text_of_a_server_controls_the_terminal() {
    let text = "> GET /a\u{9b}b\u{202e} HTTP/1.1\n>\n< HTTP/1.1 401 No\n< content-type: text/html\n<\n\
        at c\u{2028}\u{61c}\u{9b} (/home/alice/app.js:1:1)\n    at d (/home/alice/b.js:2:2)\n";
    for arguments in [&[][..], &["--json"]] {
        let ran = paste(text.as_bytes(), arguments);
        assert_eq!(ran.status, 1, "{ran:?}");
        assert!(ran.out.contains("GET /a\u{fffd}b\u{fffd}"), "{ran:?}");
        let controls = ['\u{9b}', '\u{202e}', '\u{2028}', '\u{61c}'];
        assert!(!ran.out.contains(controls), "{ran:?}");
    }
}

#[test]
fn text_that_is_no_http_and_text_that_is_right() {
    for text in [&b""[..], b"curl: (7) Failed to connect", b"{\"status\": 401}", b"\xff\0"] {
        let ran = paste(text, &[]);
        assert_eq!((ran.status, &ran.out[..]), (2, ""), "{ran:?}");
    }
    let ran = paste(b"HTTP/1.1 204 No Content\r\n\r\n", &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn i30_a_pasted_credential_is_hidden_though_its_line_cannot_be_read() {
    let basic = "YWxpY2U6aHVudGVyendlaTk5";
    for line in [
        "Authorization : Bearer hunterzwei99",
        "Authorization: Bearer hunter\u{1}zwei99",
        "Authori\u{e4}zation: Bearer hunterzwei99",
        "Authorization Bearer hunterzwei99",
        " hunterzwei99",
        &format!("Authorization : Basic {basic}"),
        &format!("Proxy-Authorization : Basic {basic}"),
        "Cookie : session=hunterzwei99; a=b",
        "X-Api-Key : hunterzwei99",
    ] {
        let text = format!(
            "> GET /hunterzwei99 HTTP/1.1\n> {line}\n>\n< HTTP/1.1 401 No\n\
             < WWW-Authenticate: Bearer error=\"invalid_token\", \
             error_description=\"no hunterzwei99 f\u{fc}r\"\n<\n"
        );
        for arguments in [&[][..], &["--json"]] {
            let ran = paste(text.as_bytes(), arguments);
            assert!(ran.out.contains("[credential]"), "{line}: {ran:?}");
            assert!(!ran.out.contains("hunterzwei99"), "{line}: {ran:?}");
            // No check says what was sent.
            assert!(!ran.out.contains("no token was sent"), "{line}: {ran:?}");
        }
    }
}

#[test]
fn i30_the_name_of_a_request_shows_no_credential() {
    let response = "< HTTP/1.1 401 No\n<\n";
    for head in [
        "> GET /a;jsessionid=0A1B2C3D4E HTTP/1.1\n> Cookie: JSESSIONID=0A1B2C3D4E\n",
        "> GET /reset/0A1B2C3D4E HTTP/1.1\n> Authorization: Bearer 0A1B2C3D4E\n",
        "> GET /%30A1B2C3D4E HTTP/1.1\n> Authorization: Bearer 0A1B2C3D4E\n",
    ] {
        for arguments in [&[][..], &["--json"]] {
            let ran = paste(format!("{head}>\n{response}").as_bytes(), arguments);
            assert!(ran.out.contains("GET /"), "{ran:?}");
            assert!(!ran.out.contains("B2C3D4E"), "{ran:?}");
        }
    }
    let login = "> GET /users/alice HTTP/1.1\n> Authorization: Basic YWxpY2U6aHVudGVyendlaTk5\n";
    let ran = paste(format!("{login}>\n{response}").as_bytes(), &[]);
    assert!(ran.out.contains("GET /users/alice → 401"), "{ran:?}");
}

#[test]
fn a_paste_has_at_most_1000_responses_and_equal_findings_are_one() {
    let ran = paste("HTTP/1.1 401 Unauthorized\r\n\r\n".repeat(5_000).as_bytes(), &["--json"]);
    let json = ran.json();
    assert_eq!(json["requests"], 1000, "{}", json["notes"]);
    let notes = json["notes"].to_string();
    assert!(notes.contains("only the first 1000 responses were judged"), "{notes}");
    let ids = ran.ids();
    let missing = ids.iter().filter(|id| *id == "challenge-missing").count();
    assert_eq!(missing, 1, "{ids:?}");
    assert_eq!(json["findings"][0]["requests"].as_array().map(Vec::len), Some(1000));
}
