//! I24 and I25: how long to wait. I23: what an outage must not ask for.

use super::wire::seen;

const ID24: &str = "wait-missing";
const ID25: &str = "wait-syntax";
const ID23: &str = "outage-challenged";

#[test]
fn i24_a_429_or_503_without_a_time_is_found() {
    for status in ["429", "503"] {
        assert_eq!(seen(ID24, "", status), "advice no retry-after", "{status}");
        assert_eq!(seen(ID24, "HEAD /", status), "advice no retry-after", "{status}");
        for policy in [
            "ratelimit: \"default\";r=0",
            "ratelimit: limit=100, remaining=0",
            "ratelimit: \"t=30\";r=0",
            "ratelimit: \"default\";r=0;t=",
            "x-ratelimit-limit: 100",
            "x-password-reset: 1",
        ] {
            let response = format!("{status}\n{policy}");
            assert_eq!(seen(ID24, "", &response), "advice no retry-after", "{policy}");
        }
    }
}

#[test]
fn i24_a_time_of_any_kind_is_enough() {
    for header in [
        "retry-after: 5",
        "retry-after: soon",
        "x-ratelimit-reset: 1372700873",
        "ratelimit-reset: 50",
        "ratelimit: \"default\";r=0;t=30",
        "ratelimit: \"a\";r=5\nratelimit: \"b\"; r=0; t=30",
        "ratelimit: limit=100, remaining=0, reset=30",
        "x-rate-limit-reset: 5",
        "x-ratelimit-reset-requests: 1s",
        "x-ms-retry-after-ms: 120",
    ] {
        assert_eq!(seen(ID24, "", &format!("429\n{header}")), "", "{header}");
    }
    for status in ["200", "401", "403", "404", "500", "502", "504"] {
        assert_eq!(seen(ID24, "", status), "", "{status}");
    }
}

#[test]
fn i25_what_is_neither_seconds_nor_a_date_is_found() {
    for value in [
        "soon",
        "-1",
        "+5",
        "1.5",
        "30s",
        "30 s",
        "1 minute",
        "0x10",
        "1, 2",
        "2099-12-31T23:59:59Z",
        "Fri, 31 Dec 1999 23:59:59 UTC",
        "Fri, 31 Dec 1999 23:59:59 +0000",
        // That day was a Friday.
        "Mon, 31 Dec 1999 23:59:59 GMT",
        "Fri, 32 Dec 1999 23:59:59 GMT",
        "\"30\"",
        "٣",
    ] {
        let expected = format!("error retry-after[0] `{value}`");
        for status in ["429", "503", "301", "200"] {
            let response = format!("{status}\nretry-after: {value}");
            assert_eq!(seen(ID25, "", &response), expected, "{status}");
        }
    }
    assert_eq!(seen(ID25, "", "503\nretry-after:"), "error retry-after[0] ``");
    assert_eq!(
        seen(ID25, "", "503\nretry-after: 30\nretry-after: 60"),
        "error retry-after[1] `60`"
    );
}

#[test]
fn i25_seconds_and_dates_are_right() {
    for value in ["0", "30", "0030", "99999999999999999999999", "Fri, 31 Dec 1999 23:59:59 GMT"] {
        assert_eq!(seen(ID25, "", &format!("503\nretry-after: {value}")), "", "{value}");
    }
    assert_eq!(seen(ID25, "", "503"), "");
}

#[test]
fn i25_dates_of_obsolete_forms_are_a_warning() {
    for value in ["Friday, 31-Dec-99 23:59:59 GMT", "Fri Dec 31 23:59:59 1999"] {
        let expected = format!("warning retry-after[0] `{value}`");
        assert_eq!(seen(ID25, "", &format!("503\nretry-after: {value}")), expected);
    }
}

#[test]
fn i23_a_challenge_of_a_server_that_is_down_is_found() {
    for status in ["500", "502", "503", "504"] {
        let response = format!("{status}\nwww-authenticate: Bearer realm=\"a\"");
        let expected = "warning www-authenticate[0] `Bearer realm=\"a\"`";
        assert_eq!(seen(ID23, "", &response), expected, "{status}");
    }
    assert_eq!(
        seen(ID23, "", "503\nproxy-authenticate:\nproxy-authenticate: Basic realm=\"a\""),
        "warning proxy-authenticate[1] `Basic realm=\"a\"`"
    );
    // It asks for a login, in words that do not parse.
    assert_eq!(
        seen(ID23, "", "503\nwww-authenticate: Basic realm=\"a"),
        "warning www-authenticate[0] `Basic realm=\"a`"
    );
    assert_eq!(
        seen(ID23, "", "503\nwww-authenticate: Negotiate"),
        "warning www-authenticate[0] `Negotiate`"
    );
}

#[test]
fn i23_other_statuses_and_the_end_of_a_handshake_are_right() {
    for status in ["200", "401", "403", "404", "407", "501", "505"] {
        let response = format!("{status}\nwww-authenticate: Bearer realm=\"a\"");
        assert_eq!(seen(ID23, "", &response), "", "{status}");
    }
    for response in [
        "503",
        "503\nwww-authenticate:",
        "503\nwww-authenticate: ,",
        // The server proves who it is (RFC 4559 §5).
        "503\nwww-authenticate: Negotiate oYG2MIGzoAMKAQChCwYJKoZIgvcSAQICooGe",
    ] {
        assert_eq!(seen(ID23, "", response), "", "{response}");
    }
}
