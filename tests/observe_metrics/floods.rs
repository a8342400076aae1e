//! A client sends invented text in every place: none of it appears in a scrape, and nothing grows.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use counting::held;
use http::Method;
use portcullis::AuthenticateLayer;
use portcullis::observe::Metrics;
use tower::Layer;

use crate::scrape::{Scrape, scrape};
use crate::world::{DECISIONS, Request, identity, prometheus, request, send, service, with};

/// Occurs in all that is invented.
const MARK: &str = "zqx";

const REQUESTS: u64 = 100_000;

/// A request with an invented path, method, scheme, realm, token and tenant.
pub fn invented(number: u64) -> Request {
    let authorization = match number % 8 {
        0 => format!("{MARK}{number} realm=\"{MARK}{number}\""),
        1 => format!("Bearer {MARK}{number}"),
        2 => format!("Basic {MARK}{number}"),
        3 => format!("Digest username=\"{MARK}{number}\", realm=\"{MARK}{number}\""),
        4 => format!("{MARK}{number}"),
        5 => format!("bearer {MARK}{number}, Basic {MARK}"),
        6 => format!("BEARER \"}} 1 {MARK}{number}"),
        _ => "Bearer alice".to_owned(),
    };
    let tenant = format!("{MARK}{number}");
    let mut request = request(&[("authorization", &authorization), ("x-tenant", &tenant)]);
    *request.method_mut() = Method::from_bytes(format!("{MARK}{number}").as_bytes()).unwrap();
    *request.uri_mut() =
        format!("http://{MARK}{number}.example/{MARK}{number}?{MARK}={number}").parse().unwrap();
    request
}

#[test]
fn k39_100_000_invented_requests_make_no_series_and_leave_no_trace() {
    let (recorder, handle) = prometheus();
    with(&recorder, || {
        let layer = AuthenticateLayer::new(identity()).optional().observe(Metrics::new("api"));
        let series_before = scrape(&handle).len();
        let mut service = layer.layer(service());
        let mut flood = |numbers: std::ops::Range<u64>| {
            numbers.for_each(|number| drop(send(&mut service, invented(number))));
            (scrape(&handle).len(), held())
        };
        // All that is made once is made by the first.
        let (series, _) = flood(0..1_000);
        let (_, held_before) = flood(1_000..2_000);
        let (series_after, held_after) = flood(2_000..REQUESTS);
        assert_eq!([series, series_after], [series_before; 2], "a new layer has all of them");
        assert!((held_after - held_before).abs() < 4096, "{held_before}, then {held_after} bytes");
    });
    let text = handle.render();
    assert!(!text.to_ascii_lowercase().contains(MARK), "{text}");
    assert_eq!(Scrape::parse(&text).sum(DECISIONS, &[]), REQUESTS as f64);
}

#[test]
fn k40_a_scrape_in_the_middle_of_a_flood_is_whole_and_never_goes_back() {
    const EACH: u64 = 5_000;
    let (recorder, handle) = prometheus();
    let layer = with(&recorder, || {
        AuthenticateLayer::new(identity()).optional().observe(Metrics::new("api"))
    });
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let senders: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    with(&recorder, || {
                        let mut service = layer.layer(service());
                        (0..EACH).for_each(|number| drop(send(&mut service, invented(number))));
                    });
                })
            })
            .collect();
        let scraper = scope.spawn(|| {
            let (mut before, mut scrapes) = (Scrape::default(), 0);
            while !done.load(Ordering::Acquire) || scrapes == 0 {
                let now = scrape(&handle);
                for (labels, value) in before.series(DECISIONS, &[]) {
                    let labels: Vec<_> =
                        labels.iter().map(|(name, value)| (&**name, &**value)).collect();
                    assert!(now.only(DECISIONS, &labels) >= value, "{labels:?}");
                }
                assert!(now.sum(DECISIONS, &[]) <= (2 * EACH) as f64);
                (before, scrapes) = (now, scrapes + 1);
            }
        });
        let finished: Vec<_> = senders.into_iter().map(|sender| sender.join()).collect();
        done.store(true, Ordering::Release);
        scraper.join().unwrap();
        finished.into_iter().for_each(|sent| sent.unwrap());
    });
    assert_eq!(scrape(&handle).sum(DECISIONS, &[]), (2 * EACH) as f64);
}
