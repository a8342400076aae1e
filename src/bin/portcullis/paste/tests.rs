use super::{Paste, PasteError, Pasted, read};

fn paste(text: &str) -> Paste {
    match read(text.as_bytes()) {
        Ok(paste) => paste,
        Err(error) => panic!("{error:?}: {text}"),
    }
}

fn statuses(paste: &Paste) -> Vec<u16> {
    paste.exchanges.iter().map(|pasted| pasted.response.status().as_u16()).collect()
}

/// The only exchange.
fn one(text: &str) -> Pasted {
    let mut paste = paste(text);
    assert_eq!(paste.exchanges.len(), 1, "{text}");
    paste.exchanges.remove(0)
}

fn error(text: &[u8]) -> PasteError {
    read(text).err().expect("an error")
}

fn header<'a>(pasted: &'a Pasted, name: &str) -> &'a str {
    pasted.response.headers()[name].to_str().unwrap()
}

const PLAIN: &str =
    "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm=\"a\"\nContent-Length: 3\n\nno\n";

#[test]
fn a_response_with_either_line_end() {
    for text in [PLAIN.to_owned(), PLAIN.replace('\n', "\r\n").replace("no\r\n", "no\n")] {
        let pasted = one(&text);
        assert_eq!(pasted.response.status(), 401);
        assert_eq!(header(&pasted, "www-authenticate"), "Basic realm=\"a\"");
        assert_eq!(pasted.body, b"no\n");
        assert!(pasted.is_body_known && pasted.request.is_none() && pasted.is_encrypted.is_none());
    }
}

#[test]
fn a_status_line_of_any_version() {
    for line in ["HTTP/2 401", "HTTP/2 401 ", "HTTP/3 401", "HTTP/1.0 401 No", "HTTP/1.1 401"] {
        assert_eq!(one(&format!("{line}\nserver: a\n\n")).response.status(), 401, "{line}");
        assert_eq!(one(line).response.status(), 401, "{line}");
    }
}

#[test]
fn a_head_without_its_body_and_a_body_that_is_cut_off() {
    for text in [
        "HTTP/1.1 403 Forbidden\ncontent-length: 10\n\n",
        "HTTP/1.1 403 Forbidden\ncontent-length: 10",
        "HTTP/1.1 403 Forbidden\ncontent-type: application/problem+json\n\n",
        "HTTP/1.1 403 Forbidden\ncontent-length: 10\n\n{\"a\":",
        "HTTP/1.1 403 Forbidden\ncontent-encoding: gzip\n\n",
    ] {
        assert!(!one(text).is_body_known, "{text}");
    }
    // `curl --compressed` keeps the headers of what was sent.
    let text = "HTTP/1.1 403 Forbidden\ncontent-encoding: gzip\ncontent-length: 999\n\n{\"a\": 1}";
    assert!(one(text).is_body_known);
    let coded = b"HTTP/1.1 403 Forbidden\ncontent-encoding: gzip\n\n\x1f\x8b\x08\xff";
    assert!(!read(coded).unwrap().exchanges[0].is_body_known);
}

#[test]
fn several_responses() {
    let continued = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nserver: a\r\n\r\nno";
    assert_eq!(statuses(&paste(continued)), [401]);
    // `-L`: the bodies of redirects are not printed.
    let redirected = format!("HTTP/2 302\nlocation: /a\ncontent-length: 99\n\n{PLAIN}");
    let redirected = paste(&redirected);
    assert_eq!(statuses(&redirected), [302, 401]);
    assert!(!redirected.exchanges[0].is_body_known);
    assert_eq!(redirected.exchanges[1].body, b"no\n");
    // Two calls of curl: the first body has no line end.
    let two = format!("HTTP/1.1 404 No\ncontent-length: 2\n\nno{PLAIN}");
    assert_eq!(statuses(&paste(&two)), [404, 401]);
    assert_eq!(paste(&two).exchanges[0].body, b"no");
    let chunked = format!("HTTP/1.1 404 No\ntransfer-encoding: chunked\n\nno\n{PLAIN}");
    assert_eq!(statuses(&paste(&chunked)), [404, 401]);
    assert_eq!(paste(&chunked).exchanges[0].body, b"no\n");
}

#[test]
fn a_body_that_shows_a_response_is_no_response() {
    let shown = "see:\nHTTP/1.1 401 Unauthorized\nwww-authenticate: Basic\n";
    let text = format!("HTTP/1.1 403 No\ncontent-length: {}\n\n{shown}", shown.len());
    assert_eq!(one(&text).body, shown.as_bytes());
    // Without a length it is none either, unless headers follow.
    let text = "HTTP/1.1 403 No\nserver: a\n\nHe said\nHTTP/1.1 401 Unauthorized\nand went.\n";
    assert_eq!(one(text).response.status(), 403);
}

#[test]
fn what_is_in_front_of_the_first_response_is_skipped() {
    let text = format!("\u{feff}$ curl -si https://api.example/\n\n{PLAIN}");
    assert_eq!(one(&text).response.status(), 401);
}

#[test]
fn a_request_in_front_of_its_response() {
    let text = format!(
        "POST /a?b=c HTTP/1.1\nHost: api.example\nAuthorization: Basic eA==\n\na=b\n\n{PLAIN}"
    );
    let request = one(&text).request.unwrap();
    assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/a"));
    assert_eq!(request.headers()["authorization"], "Basic eA==");
    let head = "HEAD / HTTP/1.1\nHost: a\n\nHTTP/1.1 401 No\ncontent-length: 3\n\n";
    assert!(!one(head).is_body_known);
}

#[test]
fn headers_of_several_lines_and_in_colours() {
    let folded = one("HTTP/1.1 401 No\nwww-authenticate: Basic\n realm=\"a\"\n\tb\nserver: c\n\n");
    assert_eq!(header(&folded, "www-authenticate"), "Basic realm=\"a\" b");
    assert_eq!(header(&folded, "server"), "c");
    let coloured = "HTTP/1.1 401 No\n\x1b[1mserver\x1b[0m: a\n\x1b[1mAllow\x1b[0m: GET\n\n";
    assert_eq!(header(&one(coloured), "allow"), "GET");
    let twice = one("HTTP/1.1 401 No\nwww-authenticate: A\nwww-authenticate: B\n c\n\n");
    let lines: Vec<_> = twice.response.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(lines, ["A", "B c"]);
}

#[test]
fn a_line_that_is_no_header_is_noted_and_not_repeated() {
    for line in ["s3cret", "a b: s3cret", ": s3cret", " s3cret", "a: s3cret\x01"] {
        let paste = paste(&format!("HTTP/1.1 401 No\n{line}\nserver: a\n\n"));
        assert_eq!(paste.notes.len(), 1, "{line:?}");
        assert!(paste.notes[0].contains("401 response"), "{}", paste.notes[0]);
        assert!(!paste.notes[0].contains("s3cret"), "{}", paste.notes[0]);
        assert_eq!(header(&paste.exchanges[0], "server"), "a");
    }
}

#[test]
fn a_line_with_a_space_continues_the_line_above_it_and_no_other() {
    let paste = paste("HTTP/1.1 401 No\nserver: a\nno header\n b\n\n");
    assert_eq!(header(&paste.exchanges[0], "server"), "a");
    assert_eq!(paste.notes.len(), 2, "{:?}", paste.notes);
}

#[test]
fn a_text_with_many_lines_has_few_notes() {
    let malformed: String = (0..1000).map(|line| format!("h{line}: \x01\n")).collect();
    let one = paste(&format!("HTTP/1.1 401 No\n{malformed}\n"));
    assert_eq!(one.notes.len(), 9, "{:?}", one.notes);
    assert_eq!(one.notes[8], "and 992 more such lines were not judged");
    let statuses = (400..500).map(|status| format!("HTTP/1.1 {status} No\na: b\nno header\n\n"));
    let many = paste(&statuses.collect::<String>());
    assert_eq!((many.exchanges.len(), many.notes.len()), (100, 9), "{:?}", many.notes);
}

/// Each line is read once: 60,000 lines that continue one header, and as many headers with one name, would
/// otherwise be copied 60,000 times.
#[test]
fn a_text_of_a_few_hundred_kilobytes_is_read_in_one_pass() {
    let folded = one(&format!("HTTP/1.1 401 No\na: b\n{}\n", " 0123456789\n".repeat(60_000)));
    assert_eq!(header(&folded, "a").len(), 1 + 60_000 * 11);
    let of_one_name = "a: b\n c\n".repeat(20_000);
    let many = one(&format!("HTTP/1.1 401 No\n{of_one_name}\n"));
    assert_eq!(many.response.headers().get_all("a").iter().count(), 20_000);
}

#[test]
fn text_that_is_no_http() {
    assert_eq!(error(b""), PasteError::Empty);
    assert_eq!(error(b" \r\n\n"), PasteError::Empty);
    for text in [
        &b"<html>401</html>"[..],
        b"{\"status\": 401}",
        b"HTTP/1.1",
        b"HTTP/1.1 4010 No",
        b"HTTP/x 401",
        b"http/1.1 401 No",
        b"say HTTP/1.1 401 No",
        b"www-authenticate: Basic",
        b"curl: (7) Failed to connect",
        b"\xff\xfe\x00",
        b"HTTP/1.1 099 No",
    ] {
        assert_eq!(error(text), PasteError::NoResponse, "{}", String::from_utf8_lossy(text));
    }
    assert_eq!(error(b"GET / HTTP/1.1\nhost: a\n\n"), PasteError::OnlyRequests);
    assert_eq!(error(b"HTTP/1.1 100 Continue\n\n"), PasteError::OnlyInterim);
}

const VERBOSE: &str = "\
*   Trying 127.0.0.1:443...
* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384
> GET /a?b HTTP/2
> Host: api.example
> authorization: Bearer s3cret
>\u{20}
* Mark bundle as not supporting multiuse
< HTTP/2 401\u{20}
< content-type: text/plain
* Added cookie sid for a
< www-authenticate: Bearer
<\u{20}
{ [2 bytes data]
* Connection #0 to host api.example left intact
no";

#[test]
fn a_verbose_exchange() {
    for text in [VERBOSE.to_owned(), VERBOSE.replace('\n', "\r\n")] {
        let pasted = one(&text);
        let request = pasted.request.as_ref().unwrap();
        assert_eq!((request.method().as_str(), request.uri().path()), ("GET", "/a"));
        assert_eq!(request.headers()["authorization"], "Bearer s3cret");
        assert_eq!(header(&pasted, "www-authenticate"), "Bearer");
        assert_eq!(pasted.response.headers().len(), 2);
        assert_eq!(pasted.body, b"no");
        assert_eq!(pasted.is_encrypted, Some(true));
    }
}

#[test]
fn a_verbose_exchange_on_a_terminal() {
    let text = VERBOSE.replace("{ [2 bytes data]\n* Connection", "no* Connection");
    let text = text.strip_suffix("no").unwrap();
    assert_eq!(one(text).body, b"no");
    // A body may have lines like those of curl.
    let list = text.replace("\nno* ", "\n- a\n* b\n> c\n< d\n* ");
    assert_eq!(one(&list).body, b"- a\n* b\n> c\n< d\n");
}

#[test]
fn several_verbose_exchanges() {
    let second = VERBOSE.replace("* SSL", "* No SSL").replace("401", "403");
    let both = paste(&format!("{VERBOSE}\n{second}"));
    assert_eq!(statuses(&both), [401, 403]);
    let encrypted: Vec<_> = both.exchanges.iter().map(|pasted| pasted.is_encrypted).collect();
    assert_eq!(encrypted, [Some(true), None]);
    assert!(both.exchanges.iter().all(|pasted| pasted.request.is_some()));
    // The lines of curl are not there, as in a bug report.
    let bare = paste("> GET /a HTTP/1.1\n>\n< HTTP/1.1 401 No\n<\n");
    assert_eq!(bare.exchanges[0].is_encrypted, None);
}

#[test]
fn the_progress_meter_is_no_body() {
    const TITLE: &str = "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n\
        \x20                                Dload  Upload   Total   Spent    Left  Speed\n";
    let numbers = |count: u32| {
        format!(
            "\r{count:3}    14  {count:3}    14    0     0   4066      0 --:--:-- --:--:-- --:--:--  4666"
        )
    };
    let (zero, all) = (numbers(0), numbers(100));
    let text = VERBOSE.replace("*   Trying", &format!("{TITLE}{zero}*   Trying"));
    let text = text.replace("\n* Connection", &format!("\n{all}\n* Connection"));
    assert_eq!(one(&text).body, b"no");
    assert_eq!(one(&text).is_encrypted, Some(true));
}

#[test]
fn nothing_that_is_pasted_panics() {
    let texts = [
        PLAIN.as_bytes(),
        VERBOSE.as_bytes(),
        b"GET / HTTP/1.1\r\n\r\nHTTP/1.1 401 \r\na:b\r\n c\r\n\r\n",
    ];
    let hostile: [&[u8]; 12] = [
        b"",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"\0",
        b"\xff",
        b":",
        b"\x1b[1",
        b"< ",
        b"{ [9",
        b"\nHTTP/1.1 100 \n",
        b"content-length: 18446744073709551615\n",
    ];
    for text in texts {
        for at in 0..=text.len() {
            let _ = read(&text[..at]);
            let _ = read(&text[at..]);
            for part in hostile {
                let _ = read(&[&text[..at], part, &text[at..]].concat());
            }
        }
    }
}
