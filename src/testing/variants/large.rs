//! Requests that exceed limits: a server may answer them with 431, or a parser of lists with 400.

use super::{HeaderLine, RequestVariant, Text};

/// Long or many header lines, one set for each variant.
pub(super) fn sets() -> Vec<Vec<HeaderLine>> {
    let long = |name: &'static str, value: String| vec![(name.into(), value.into())];
    let many = |count: usize| (0..count).map(|n| (format!("x-probe-{n}").into(), "1".into()));
    let mut sets: Vec<Vec<HeaderLine>> = [1, 5, 9, 17, 33, 70]
        .into_iter()
        .map(|size| long("x-leak-probe", "x".repeat(size << 10)))
        .collect();
    sets.extend([
        long("cookie", format!("a={}", "x".repeat(5 << 10))),
        long("cookie", (0..400).map(|n| format!("a{n}=1; ")).collect::<String>() + "z=1"),
        long("user-agent", "x".repeat(2 << 10)),
        long("referer", format!("http://probe.example/{}", "x".repeat(9 << 10))),
        long("authorization", format!("Bearer {}", "x".repeat(9 << 10))),
        long("accept", "text/x-leak;q=0.1, ".repeat(300) + "*/*"),
        long("accept-language", "de;q=0.1, ".repeat(300) + "en"),
        long("accept-encoding", "x-leak;q=0.1, ".repeat(300) + "gzip"),
        long("if-none-match", "\"leak\", ".repeat(500) + "*"),
        long("range", format!("bytes={}0-0", "0-0,".repeat(500))),
        long("x-forwarded-for", "192.0.2.1, ".repeat(300) + "127.0.0.1"),
        long("forwarded", "for=192.0.2.1, ".repeat(300) + "for=127.0.0.1"),
        long("via", "1.1 leak, ".repeat(100) + "1.1 probe"),
        long("tracestate", (0..64).map(|n| format!("a{n}=1,")).collect::<String>() + "z=1"),
        long("baggage", format!("a={}", "x".repeat(9 << 10))),
        vec![(Text::from("x-".to_owned() + &"leak".repeat(100)), "1".into())],
        many(60).collect(),
        many(95).collect(),
        many(130).collect(),
        many(300).collect(),
        std::iter::repeat_n(("accept".into(), "text/html".into()), 50).collect(),
        std::iter::repeat_n(("cookie".into(), "a=b".into()), 50).collect(),
        std::iter::repeat_n(("x-forwarded-for".into(), "127.0.0.1".into()), 50).collect(),
    ]);
    sets
}

pub(super) fn variants(method: &'static str) -> impl Iterator<Item = RequestVariant> {
    sets().into_iter().map(move |lines| RequestVariant::plain(method).with_lines(lines))
}
