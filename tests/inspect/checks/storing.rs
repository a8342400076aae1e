//! I31 to I33: what caches may store.

use super::wire::seen;

const ID31: &str = "refusal-storable";
const ID32: &str = "absence-storable";
const ID33: &str = "personal-storable";
const BEARER: &str = "GET /a\nauthorization: Bearer abc";
const SESSION: &str = "GET /a\ncookie: session=abcdef";

#[test]
fn i31_a_refusal_with_freshness_is_found() {
    for status in ["401", "403", "407", "429", "503"] {
        for (headers, place) in [
            ("cache-control: max-age=60", "cache-control[0] `max-age=60`"),
            ("cache-control: no-transform, MAX-AGE=\"60\"", "cache-control[0] `MAX-AGE=\"60\"`"),
            (
                "cache-control: x\ncache-control: private, max-age=60",
                "cache-control[1] `max-age=60`",
            ),
            ("cache-control: max-age=0, s-maxage=60", "cache-control[0] `s-maxage=60`"),
            ("cache-control: public", "cache-control[0] `public`"),
            (
                "cache-control: max-age=99999999999999999999",
                "cache-control[0] `max-age=99999999999999999999`",
            ),
            (
                "cache-control: no-store, must-understand, max-age=60",
                "cache-control[0] `max-age=60`",
            ),
            (
                "cache-control: no-store\ncdn-cache-control: max-age=600",
                "cdn-cache-control[0] `max-age=600`",
            ),
            ("cache-control: no-cache=\"set-cookie\", max-age=60", "cache-control[0] `max-age=60`"),
            (
                "date: Fri, 31 Dec 1999 23:59:58 GMT\nexpires: Fri, 31 Dec 1999 23:59:59 GMT",
                "expires[0] `Fri, 31 Dec 1999 23:59:59 GMT`",
            ),
            (
                "expires: Fri, 31 Dec 9999 23:59:59 GMT",
                "expires[0] `Fri, 31 Dec 9999 23:59:59 GMT`",
            ),
        ] {
            let response = format!("{status}\n{headers}");
            assert_eq!(seen(ID31, "GET /a", &response), format!("warning {place}"), "{response}");
        }
    }
    assert_eq!(seen(ID31, "", "401\ncache-control: public"), "warning cache-control[0] `public`");
}

#[test]
fn i31_a_refusal_that_is_not_reused_is_right() {
    for headers in [
        "",
        "cache-control: no-store",
        "cache-control: max-age=60, No-Store",
        "cache-control: max-age=60\ncache-control: no-store",
        "cache-control: no-cache",
        "cache-control: no-cache, max-age=60",
        "cache-control: max-age=0, must-revalidate",
        "cache-control: private",
        "cache-control: max-age=x",
        "cache-control: max-age",
        "cache-control: x-max-age=60, community=\"max-age=60, public\"",
        "cache-control: public, max-age=0",
        "expires: 0",
        "expires: -1",
        "expires: Thu, 19 Nov 1981 08:52:00 GMT",
        "date: Fri, 31 Dec 1999 23:59:59 GMT\nexpires: Fri, 31 Dec 1999 23:59:59 GMT",
        "cache-control: max-age=0\nexpires: Fri, 31 Dec 9999 23:59:59 GMT",
        "cache-control: max-age=60\nvary: *",
        "cache-control: max-age=60\nvary: accept, Authorization",
        "cache-control: no-store\ncdn-cache-control: no-store, max-age=600",
    ] {
        let response = format!("401\n{headers}").trim_end().to_owned();
        assert_eq!(seen(ID31, "GET /a", &response), "", "{headers}");
    }
    let fresh = "cache-control: max-age=60";
    assert_eq!(seen(ID31, "POST /a", &format!("401\n{fresh}")), "", "not stored");
    for status in ["200", "301", "400", "404", "500"] {
        assert_eq!(seen(ID31, "GET /a", &format!("{status}\n{fresh}")), "", "{status}");
    }
    // `Vary` keeps no caller apart who waits for the same server.
    assert_eq!(
        seen(ID31, "GET /a", &format!("503\nvary: authorization\n{fresh}")),
        "warning cache-control[0] `max-age=60`"
    );
}

#[test]
fn i32_an_absence_without_a_word_about_caches_is_found() {
    for status in ["404", "405", "410"] {
        assert_eq!(seen(ID32, "GET /a", status), "advice no cache-control", "{status}");
        assert_eq!(seen(ID32, "", status), "advice no cache-control", "{status}");
        for request in [SESSION, "GET /a\nx-api-key: 1"] {
            assert_eq!(seen(ID32, request, status), "warning no cache-control", "{status}");
        }
        // Shared caches keep no response to `Authorization` that does not permit it.
        for request in [BEARER, &format!("{BEARER}\ncookie: session=abcdef")] {
            assert_eq!(seen(ID32, request, status), "advice no cache-control", "{status}");
            for aged in ["max-age=60", "max-age=60, proxy-revalidate"] {
                let own = format!("{status}\ncache-control: {aged}");
                let expected = "advice cache-control[0] `max-age=60`";
                assert_eq!(seen(ID32, request, &own), expected, "{status}");
            }
        }
        for shared in ["s-maxage=60", "max-age=60, must-revalidate", "max-age=60, public"] {
            let response = format!("{status}\ncache-control: {shared}");
            let found = seen(ID32, BEARER, &response);
            assert!(found.starts_with("warning cache-control[0] `"), "{shared}: {found}");
        }
        // What is for a proxy changes no response of the server behind it.
        let proxied = "GET /a\nproxy-authorization: Basic YTpi";
        assert_eq!(seen(ID32, proxied, status), "advice no cache-control", "{status}");
        let fresh = format!("{status}\ncache-control: public, max-age=60");
        assert_eq!(seen(ID32, "HEAD /a", &fresh), "advice cache-control[0] `max-age=60`");
        assert_eq!(seen(ID32, BEARER, &fresh), "warning cache-control[0] `max-age=60`");
    }
    assert_eq!(
        seen(ID32, "GET /a", "404\ncache-control: no-transform"),
        "advice cache-control[0] `no-transform`"
    );
    // Kept apart for each credential, or by the browser alone.
    assert_eq!(seen(ID32, BEARER, "404\nvary: Authorization"), "advice no cache-control");
    assert_eq!(
        seen(ID32, BEARER, "404\ncache-control: private, max-age=9"),
        "advice cache-control[0] `max-age=9`"
    );
    // Both are credentials, and one of them is not named.
    let both = format!("{BEARER}\ncookie: session=abcdef");
    assert_eq!(
        seen(ID32, &both, "404\nvary: authorization\ncache-control: public"),
        "warning cache-control[0] `public`"
    );
    assert_eq!(seen(ID32, "GET /a\ncookie: lang=en", "404"), "advice no cache-control");
}

#[test]
fn i32_an_absence_that_is_not_reused_is_right() {
    for headers in [
        "cache-control: no-store",
        "cache-control: no-cache",
        "cache-control: max-age=0",
        "cache-control: private",
        "expires: 0",
        "vary: *",
    ] {
        for request in [BEARER, "GET /a"] {
            assert_eq!(seen(ID32, request, &format!("404\n{headers}")), "", "{headers}");
        }
    }
    assert_eq!(seen(ID32, "PUT /a\nauthorization: Bearer abc", "405"), "");
    for status in ["200", "204", "304", "401", "403", "500", "501"] {
        assert_eq!(seen(ID32, "GET /a", status), "", "{status}");
    }
}

#[test]
fn i33_what_somebody_was_shown_is_found_where_caches_may_share_it() {
    for (headers, place) in [
        ("cache-control: public", "cache-control[0] `public`"),
        ("cache-control: Public, max-age=60", "cache-control[0] `Public`"),
        ("cache-control: max-age=60, s-maxage=60", "cache-control[0] `s-maxage=60`"),
        ("cache-control: max-age=60, must-revalidate", "cache-control[0] `must-revalidate`"),
        ("cache-control: private=\"x\", public", "cache-control[0] `public`"),
        (
            "cache-control: private\ncdn-cache-control: max-age=9",
            "cdn-cache-control[0] `max-age=9`",
        ),
    ] {
        for request in [BEARER, SESSION, "HEAD /a\nauthorization: Basic abc"] {
            let response = format!("200\ncontent-type: application/json\n{headers}");
            assert_eq!(seen(ID33, request, &response), format!("warning {place}"), "{headers}");
        }
    }
    for request in [BEARER, SESSION] {
        assert_eq!(seen(ID33, request, "200"), "advice no cache-control");
        assert_eq!(
            seen(ID33, request, "206\ncache-control: max-age=60"),
            "advice cache-control[0] `max-age=60`"
        );
    }
    // A page may be the same for visitors with and without a session, unless it sets a cookie.
    let page = "200\ncontent-type: text/html\ncache-control: public, max-age=60";
    assert_eq!(seen(ID33, SESSION, page), "advice cache-control[0] `public`");
    assert_eq!(seen(ID33, BEARER, page), "warning cache-control[0] `public`");
    let sets = format!("{page}\nset-cookie: session=x");
    assert_eq!(seen(ID33, SESSION, &sets), "warning cache-control[0] `public`");
}

#[test]
fn i33_what_is_private_or_the_same_for_everybody_is_right() {
    for headers in [
        "cache-control: private",
        "cache-control: private, max-age=60",
        "cache-control: no-store",
        "cache-control: no-cache",
        "cache-control: max-age=0, must-revalidate",
        "cache-control: public, max-age=0, must-revalidate",
        "vary: *",
        "vary: authorization, cookie\ncache-control: public",
    ] {
        for request in [BEARER, SESSION] {
            assert_eq!(seen(ID33, request, &format!("200\n{headers}")), "", "{headers}");
        }
    }
    let public = "cache-control: public, max-age=31536000, immutable";
    for (request, status) in [
        ("GET /a", "200"),
        ("GET /a\ncookie: lang=en; _ga=GA1.2.3", "200"),
        ("POST /a\nauthorization: Bearer abc", "200"),
        ("GET /a\nproxy-authorization: Basic YTpi", "200"),
        ("", "200"),
        (BEARER, "204"),
        (BEARER, "304"),
        (BEARER, "404"),
    ] {
        assert_eq!(seen(ID33, request, &format!("{status}\n{public}")), "", "{request} {status}");
    }
    for asset in ["text/css", "application/javascript; charset=utf-8", "image/png", "font/woff2"] {
        assert_eq!(seen(ID33, SESSION, &format!("200\ncontent-type: {asset}\n{public}")), "");
        assert_eq!(seen(ID33, BEARER, &format!("200\ncontent-type: {asset}")), "");
    }
}

#[test]
fn i31_vary_counts_on_the_header_that_the_refusal_asks_for() {
    let fresh = "cache-control: public, max-age=600";
    let challenged = "401\nwww-authenticate: Bearer realm=\"a\"\nvary: cookie";
    let found = "warning cache-control[0] `max-age=600`";
    // The next caller sends a token, and the same cookies.
    for (request, response) in [
        (BEARER, challenged),
        ("GET /a", challenged),
        (SESSION, challenged),
        ("", challenged),
        (BEARER, "401\nvary: cookie"),
        (BEARER, "403\nvary: cookie"),
        ("GET /a\nproxy-authorization: Basic YTpi", "407\nvary: authorization"),
    ] {
        assert_eq!(seen(ID31, request, &format!("{response}\n{fresh}")), found, "{request}");
    }
    for (request, response) in [
        (BEARER, "401\nwww-authenticate: Bearer realm=\"a\"\nvary: cookie, authorization"),
        (SESSION, "401\nwww-authenticate: Cookie realm=\"a\"\nvary: cookie"),
        (SESSION, "403\nvary: cookie"),
        ("GET /a", "401\nvary: cookie"),
        ("GET /a\nx-api-key: abc", "403\nvary: x-api-key"),
        ("GET /a\nproxy-authorization: Basic YTpi", "407\nvary: proxy-authorization"),
    ] {
        assert_eq!(seen(ID31, request, &format!("{response}\n{fresh}")), "", "{request}");
    }
}
