//! Credentials, and the responses to them: H03, H06, A03, A04, A05, A06.

use portcullis::identity::DigestAlgorithm;
use portcullis::{AuthenticateLayer, Cause};

use crate::client::{Client, ResponseInput};
use crate::support::{Answer, Connection, Decisions, Server, get, request};
use crate::{ALL, ask, changed, digest, mufasa, serve, site};

#[track_caller]
fn assert_refused(answer: &Answer, status: u16, detail: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {answer:#?}");
    assert_eq!(answer.json()["detail"], detail, "{what}");
    assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
    assert_eq!(answer.schemes(), ["Digest"], "{what}");
    assert_eq!(answer.param("Digest", "stale"), None, "{what}");
    assert_eq!(answer.field("authentication-info"), None, "{what}");
}

const MALFORMED: &str = "The credentials are malformed.";
const INVALID_REQUEST: &str = "The credentials are incomplete, or not for this request.";
const INVALID: &str = "The credentials are not valid.";

#[test]
fn a03_a_bare_scheme_is_nothing_sent() {
    let optional = Server::start(site().layer(AuthenticateLayer::new(digest()).optional()));
    let required = serve(digest());
    for field in ["authorization: Digest", "authorization: digest  ", "authorization: Bearer x"] {
        assert_eq!(ask(&optional, field).text(), "nobody", "{field}");
        let answer = ask(&required, field);
        assert_eq!(answer.json()["detail"], "This resource requires authentication.", "{field}");
    }
}

#[test]
fn a04_malformed_credentials_are_401_on_required_and_optional_stages() {
    let optional = Server::start(site().layer(AuthenticateLayer::new(digest()).optional()));
    let server = serve(digest().userhash(true));
    let line = mufasa(&server).line("GET", "/");
    let malformed = [
        "authorization: Digest abc".to_owned(),
        "authorization: Digest abc==".to_owned(),
        "authorization: Digest,".to_owned() + &line["authorization: Digest".len()..],
        format!("{line}, junk"),
        format!("{line} junk=\"x\""),
        line.replace("username=\"Mufasa\"", "username=\"Mufasa"),
        changed(&line, "username", "username=\"Mu\tfasa\""),
        changed(&line, "username", "username*=UTF-8''%E4"),
        changed(&line, "username", "username*=ISO-8859-1''Mufasa"),
        changed(&line, "username", "username*=Mufasa"),
        changed(&line, "username", "username*=UTF-8''Mu%00fasa"),
        changed(&line, "nc", "nc=1"),
        changed(&line, "nc", "nc=0000000g"),
        changed(&line, "nc", "nc=000000001"),
        changed(&line, "response", "response=\"\""),
        changed(&line, "response", "response=\"00\""),
        changed(&line, "response", &format!("response=\"{}\"", "g".repeat(64))),
        changed(&line, "cnonce", "cnonce=\"\u{e4}\""),
        format!("{line}, userhash=perhaps"),
        format!("{line}, userhash=true"),
    ];
    for line in &malformed {
        assert_refused(&ask(&server, line), 401, MALFORMED, line);
        assert_refused(&ask(&optional, line), 401, MALFORMED, line);
    }
    // A right hashed name with an unclear `userhash`.
    let hashed = Client { hashed: true, ..mufasa(&server) }.line_of_count(1, "GET", "/");
    for flag in ["perhaps", "1", "truee", ""] {
        let unclear = hashed.replace("userhash=true", &format!("userhash=\"{flag}\""));
        assert_refused(&ask(&server, &unclear), 401, MALFORMED, &unclear);
    }
    assert_eq!(ask(&server, &hashed).text(), "Mufasa");
    // Latin-1, raw.
    let field = changed(&line, "username", "username=\"J@s@n\"").replace('@', "\u{e4}");
    let field: Vec<u8> = field.chars().map(|char| u8::try_from(char).unwrap()).collect();
    let answer = Connection::open(server.address).send(&request("GET", "/", &[&field]));
    assert_refused(&answer, 401, MALFORMED, "latin-1");
    assert_eq!(ask(&server, &line).text(), "Mufasa");
}

#[test]
fn a05_two_lines_are_400_and_so_is_a_parameter_twice() {
    let server = serve(digest());
    let line = mufasa(&server).line("GET", "/");
    let answer = get(server.address, "/", &[&line, &line]);
    assert_refused(&answer, 400, "Credentials were sent more than once.", "two lines");
    for param in ["username=\"Mufasa\"", "realm=\"x\"", "qop=auth", "NC=00000001", "x=1, X=1"] {
        let twice = format!("{line}, {param}");
        assert_refused(&ask(&server, &twice), 400, INVALID_REQUEST, &twice);
    }
}

#[test]
fn h03_a_missing_parameter_is_400() {
    let server = serve(digest());
    let line = mufasa(&server).line("GET", "/");
    for name in ["username", "realm", "uri", "nonce", "nc", "cnonce", "qop", "response"] {
        // This includes credentials of RFC 2069, which have no `qop`: no downgrade is possible.
        let without = changed(&line, name, "");
        assert_refused(&ask(&server, &without), 400, INVALID_REQUEST, &without);
    }
    assert_eq!(ask(&server, &line).text(), "Mufasa");
}

#[test]
fn h03_credentials_without_qop_are_400_even_with_a_right_response() {
    let server = serve(digest().algorithms([DigestAlgorithm::Md5]).unwrap());
    let client = mufasa(&server);
    let response = ResponseInput { qop: None, ..client.input("") }.response("GET", "/");
    let line = format!(
        "authorization: Digest username=\"Mufasa\", realm=\"{}\", nonce=\"{}\", uri=\"/\", \
         response=\"{response}\"",
        client.realm, client.nonce
    );
    assert_refused(&ask(&server, &line), 400, INVALID_REQUEST, &line);
}

#[test]
fn h03_a_target_outside_ascii_is_400() {
    let server = serve(digest());
    let mut client = mufasa(&server);
    for target in ["/\u{e4}", "/caf\u{e9}?a=b", "/?q=\u{65e5}\u{672c}"] {
        // As the client sends the target, encoded, and another one: a target that is not ASCII is none.
        for uri in [target, "/%C3%A4", "/"] {
            let line = client.line("GET", uri);
            let answer = get(server.address, target, &[&line]);
            assert_eq!(answer.status, 400, "{target} for {uri}: {answer:?}");
        }
        let answer = ask(&server, &client.line("GET", target));
        assert_refused(&answer, 400, INVALID_REQUEST, target);
    }
    // Latin-1, raw: the target is no UTF-8 either.
    let latin1 = |text: &str| text.chars().map(|it| it as u8).collect::<Vec<u8>>();
    let line = latin1(&client.line("GET", "/\u{e4}"));
    let answer = Connection::open(server.address).send(&request("GET", "/", &[&line]));
    assert_refused(&answer, 400, INVALID_REQUEST, "latin-1");
    let bytes = latin1("GET /\u{e4} HTTP/1.1\r\nhost: a\r\n\r\n");
    assert_eq!(Connection::open(server.address).send(&bytes).status, 400);
    assert_eq!(ask(&server, &client.line("GET", "/")).text(), "Mufasa");
}

#[test]
fn h03_contradictory_names_are_400() {
    let server = serve(digest().userhash(true));
    let client = mufasa(&server);
    let line = client.line_of_count(1, "GET", "/");
    let both = format!("{line}, username*=UTF-8''Mufasa");
    assert_refused(&ask(&server, &both), 400, INVALID_REQUEST, &both);
    let extended = Client { extended: true, ..client.clone() }.line_of_count(1, "GET", "/");
    let hashed = format!("{extended}, userhash=true");
    assert_refused(&ask(&server, &hashed), 400, INVALID_REQUEST, &hashed);
    // `userhash=false` is accepted.
    assert_eq!(ask(&server, &format!("{line}, userhash=false")).text(), "Mufasa");
}

#[test]
fn h03_a_wrong_response_is_401_and_reveals_nothing() {
    let decisions = Decisions::default();
    let layer = AuthenticateLayer::new(digest()).on_decision(decisions.hook());
    let server = Server::start(site().layer(layer));
    let client = mufasa(&server);
    decisions.take();
    let comparable = |mut answer: Answer| {
        answer.fields.retain(|(name, _)| name != "www-authenticate");
        answer.undated()
    };
    let wrong = Client { password: "wrong".to_owned(), ..client.clone() };
    let wrong = ask(&server, &wrong.line_of_count(1, "GET", "/"));
    assert_refused(&wrong, 401, INVALID, "wrong password");
    let wrong = comparable(wrong);
    for (user, password) in [("nobody", "x"), ("", "x"), ("mufasa", "Circle of Life")] {
        let (user, password) = (user.to_owned(), password.to_owned());
        let nobody = Client { user, password, ..client.clone() };
        assert_eq!(comparable(ask(&server, &nobody.line_of_count(1, "GET", "/"))), wrong);
    }
    // Another method, target, count or cnonce than the client has hashed.
    let line = client.line_of_count(1, "POST", "/");
    assert_eq!(comparable(ask(&server, &line)), wrong);
    let line = changed(&client.line_of_count(1, "GET", "/other"), "uri", "uri=\"/\"");
    assert_eq!(comparable(ask(&server, &line)), wrong);
    let line = changed(&client.line_of_count(1, "GET", "/"), "nc", "nc=00000002");
    assert_eq!(comparable(ask(&server, &line)), wrong);
    let line = changed(&client.line_of_count(1, "GET", "/"), "cnonce", "cnonce=\"x\"");
    assert_eq!(comparable(ask(&server, &line)), wrong);
    for decided in decisions.take() {
        assert_eq!(decided.cause, Some(Cause::Invalid));
        assert_eq!(decided.scheme.as_deref(), Some("Digest"));
    }
    assert_eq!(ask(&server, &client.line_of_count(1, "GET", "/")).text(), "Mufasa");
}

#[test]
fn h06_a_qop_or_an_algorithm_that_was_not_offered_is_refused() {
    let server = serve(digest());
    let client = mufasa(&server);
    for algorithm in ["MD5", "MD5-sess", "SHA-256-sess", "SHA-512-256", "SHA-1", "x"] {
        // With the right response of that algorithm, if it is known.
        let known = ALL.into_iter().any(|it| it.as_str() == algorithm);
        let hashed_by = if known { algorithm } else { "SHA-256" };
        let down = Client { algorithm: hashed_by.to_owned(), ..client.clone() };
        let line = down.line_of_count(1, "GET", "/");
        let line = changed(&line, "algorithm", &format!("algorithm={algorithm}"));
        assert_refused(&ask(&server, &line), 401, INVALID, &line);
    }
    // Without a parameter the algorithm is MD5 (RFC 7616 §3.3), which is not offered.
    let md5 = Client { algorithm: "MD5".to_owned(), ..client.clone() };
    let silent = changed(&md5.line_of_count(1, "GET", "/"), "algorithm", "");
    assert_refused(&ask(&server, &silent), 401, INVALID, &silent);

    for qop in ["auth-int", "AUTH", "auth,auth-int", "none"] {
        let nc = "00000001";
        let response = ResponseInput { qop: Some(qop), ..client.input(nc) }.response("GET", "/");
        let line = changed(
            &client.line_of_count(1, "GET", "/"),
            "qop",
            &format!("qop=\"{qop}\"").replace(", ", ","),
        );
        let line = changed(&line, "response", &format!("response=\"{response}\""));
        assert_refused(&ask(&server, &line), 401, INVALID, &line);
    }
    let hashed = Client { hashed: true, ..client.clone() }.line_of_count(1, "GET", "/");
    assert_refused(&ask(&server, &hashed), 401, INVALID, &hashed);
    assert_eq!(ask(&server, &client.line_of_count(1, "GET", "/")).text(), "Mufasa");

    let server = serve(digest().allow_md5());
    let md5 = Client { algorithm: "MD5".to_owned(), ..mufasa(&server) };
    let silent = changed(&md5.line_of_count(1, "GET", "/"), "algorithm", "");
    assert_eq!(ask(&server, &silent).text(), "Mufasa");
}

#[test]
fn h06_quoted_tokens_of_widely_used_clients_and_any_case_are_accepted() {
    let server = serve(digest());
    let mut client = mufasa(&server);
    let line = client.line("GET", "/");
    let quoted = line
        .replace("qop=auth", "qop=\"auth\"")
        .replace("algorithm=SHA-256", "algorithm=\"SHA-256\"")
        .replace("nc=00000001", "nc=\"00000001\"");
    assert_eq!(ask(&server, &quoted).text(), "Mufasa");
    let line = client.line("GET", "/").replace("algorithm=SHA-256", "ALGORITHM = sha-256");
    assert_eq!(ask(&server, &line.replace("Digest", "DIGEST")).text(), "Mufasa");
}

#[test]
fn h06_every_offered_algorithm_is_accepted() {
    let server = serve(digest().algorithms(ALL).unwrap().userhash(true));
    for (index, algorithm) in ALL.iter().enumerate() {
        for (user, password, name) in [
            ("Mufasa", "Circle of Life", "Mufasa"),
            ("J\u{e4}s\u{f8}n Doe", "Secret, or not?", "Jason"),
            ("quo\"te\\d", "pass", "quoted"),
            ("", "", "nobody at all"),
        ] {
            let client = Client::of(&get(server.address, "/", &[]), user, password);
            let plain = Client { algorithm: algorithm.as_str().to_owned(), ..client };
            let hashed = Client { hashed: true, ..plain.clone() };
            let extended = Client { extended: true, ..plain.clone() };
            for (count, client) in [plain, hashed, extended].into_iter().enumerate() {
                let count = u32::try_from(count).unwrap() + 1;
                let answer = ask(&server, &client.line_of_count(count, "GET", "/"));
                assert_eq!((answer.status, answer.text()), (200, name), "{index} {count}");
            }
        }
    }
    assert_eq!(DigestAlgorithm::Sha512_256.to_string(), "SHA-512-256");
}

/// A right response for a nonce, and the same with one digit changed.
fn right_and_wrong(client: &Client, nonce: &str) -> [String; 2] {
    let forged = Client { nonce: nonce.to_owned(), ..client.clone() };
    let right = forged.line_of_count(1, "GET", "/");
    let wrong = Client { password: "wrong".to_owned(), ..forged }.line_of_count(1, "GET", "/");
    [right, wrong]
}

#[track_caller]
fn assert_stale_if_right(server: &Server, client: &Client, nonce: &str) {
    let [right, wrong] = right_and_wrong(client, nonce);
    let answer = ask(server, &right);
    assert_eq!(answer.status, 401, "{nonce}: {answer:#?}");
    assert_eq!(answer.param("Digest", "stale").as_deref(), Some("true"), "{nonce}");
    assert_eq!(answer.field("authentication-info"), None, "{nonce}");
    assert_refused(&ask(server, &wrong), 401, INVALID, nonce);
}

#[test]
fn h02_a_right_response_for_a_nonce_of_another_server_is_stale_and_a_wrong_one_is_not() {
    let server = serve(digest());
    let client = mufasa(&server);
    let other_process = mufasa(&serve(digest()));
    let other_realm = {
        let key = [7; 32];
        let users = portcullis::DigestUsers::new("another").with("Mufasa", "x", "Mufasa");
        let another = serve(portcullis::Digest::new("another", users).unwrap().key(key));
        get(another.address, "/", &[]).param("Digest", "nonce").unwrap()
    };
    let same_key = serve(digest().key([7; 32]));
    let mut tampered = vec![other_process.nonce, "x".repeat(64), String::new(), "0".repeat(64)];
    for index in 0..client.nonce.len() {
        let mut digits = client.nonce.clone().into_bytes();
        digits[index] = if digits[index] == b'0' { b'1' } else { b'0' };
        tampered.push(String::from_utf8(digits).unwrap());
    }
    for nonce in tampered {
        assert_stale_if_right(&server, &client, &nonce);
    }
    let long = "\u{e4}".repeat(3_000);
    assert_stale_if_right(&server, &client, &long);
    // No user has a right response, however often it is asked.
    let nobody = Client { user: "nobody".to_owned(), ..client.clone() };
    for nonce in [&*client.nonce, "x"] {
        for line in right_and_wrong(&nobody, nonce) {
            assert_refused(&ask(&server, &line), 401, INVALID, nonce);
        }
    }
    assert_stale_if_right(&same_key, &mufasa(&same_key), &other_realm);
    let line = changed(&client.line_of_count(1, "GET", "/"), "realm", "realm=\"another\"");
    assert_refused(&ask(&server, &line), 401, INVALID, &line);
    // Machines with the same key accept each other's nonces.
    let twin = serve(digest().key([7; 32]));
    assert_eq!(ask(&twin, &mufasa(&same_key).line("GET", "/")).text(), "Mufasa");
    assert_eq!(ask(&server, &client.line_of_count(1, "GET", "/")).text(), "Mufasa");
}

#[test]
fn h01_another_opaque_is_refused_and_none_is_not() {
    let server = serve(digest().opaque("abc").unwrap());
    let mut client = mufasa(&server);
    assert_eq!(ask(&server, &client.line("GET", "/")).text(), "Mufasa");
    let right = client.line("GET", "/") + ", opaque=\"abc\"";
    assert_eq!(ask(&server, &right).text(), "Mufasa");
    let other = client.line("GET", "/") + ", opaque=\"abd\"";
    assert_refused(&ask(&server, &other), 401, INVALID, &other);
}
