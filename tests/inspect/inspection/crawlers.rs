//! Rows I41 to I43: what a crawler meets.

use http::header::{CONTENT_TYPE, HeaderName, LOCATION};

use super::server::{Head, Reply, compared, honest, inspection_of, ok, refusal, with};

async fn found(reply: fn(&Head) -> Reply) -> Vec<String> {
    compared(&inspection_of(reply).crawler().run().await.unwrap())
}

fn page(text: &str) -> Reply {
    let mut page = ok(text);
    page.headers_mut().insert(CONTENT_TYPE, "text/html; charset=utf-8".parse().unwrap());
    page
}

/// A site whose paths are known, but for `/reports`, which redirects to `/enter`.
fn site(head: &Head, login: &str) -> Reply {
    match head.uri.path() {
        "/reports" => with(refusal(303, "", None), LOCATION, "/enter?return=%2Freports"),
        "/enter" => page(login),
        "/robots.txt" => ok("User-agent: *"),
        _ => refusal(404, "There is nothing here.", None),
    }
}

const FORM: &str = r#"<form><input name="p" type="password"></form>"#;

#[tokio::test]
async fn i41_a_path_at_which_there_is_nothing_gets_404() {
    fn application(head: &Head) -> Reply {
        match head.uri.path() {
            "/reports" | "/robots.txt" => honest(head),
            _ => page("<div id=app></div>"),
        }
    }
    let found_here = found(application).await;
    let soft = "advice crawler-soft-404: a path at which there is nothing gets a page with 200";
    assert!(found_here.contains(&soft.to_owned()), "{found_here:?}");
    // Not asked for unless the user wants it.
    let report = inspection_of(application).run().await.unwrap();
    assert!(!compared(&report).contains(&soft.to_owned()));
    let found_here = found(|head| site(head, FORM)).await;
    assert!(!found_here.contains(&soft.to_owned()), "{found_here:?}");
}

#[tokio::test]
async fn i42_a_login_page_is_not_indexed() {
    let indexed = "advice crawler-indexes-refusal: a crawler gets the login page, and nothing forbids to index it";
    let indexed = indexed.to_owned();
    assert!(found(|head| site(head, FORM)).await.contains(&indexed));
    let meta =
        found(|head| site(head, &format!(r#"<META name="robots" content="noindex">{FORM}"#)));
    assert!(!meta.await.contains(&indexed));
    fn tagged(head: &Head) -> Reply {
        with(site(head, FORM), HeaderName::from_static("x-robots-tag"), "noindex")
    }
    assert!(!found(tagged).await.contains(&indexed));
    // Directives that permit to index, and a description.
    fn permits(head: &Head) -> Reply {
        let robots = HeaderName::from_static("x-robots-tag");
        let meta = r#"<meta name="description" content="robots, noindex and none">"#;
        with(site(head, &format!("{meta}{FORM}")), robots, "max-image-preview:none, nofollow")
    }
    assert!(found(permits).await.contains(&indexed));
    // A redirect to a page that is no login.
    assert!(
        !found(|head| site(head, "<p>The reports have moved here.</p>")).await.contains(&indexed)
    );
    // In place of the target.
    let in_place = |head: &Head| match head.uri.path() {
        "/reports" => page(FORM),
        _ => site(head, FORM),
    };
    assert!(found(in_place).await.contains(&indexed));
}

#[tokio::test]
async fn i43_robots_txt_is_served_to_all() {
    for (status, expected) in [
        (401, Some("401: a crawler then takes all rules as lifted")),
        (403, Some("403: a crawler then takes all rules as lifted")),
        (503, Some("503: a crawler then takes the whole site as closed")),
        (404, None),
        (410, None),
        (429, None),
        (200, None),
    ] {
        let reply: fn(&Head) -> Reply = match status {
            401 => |head| robots(head, 401),
            403 => |head| robots(head, 403),
            503 => |head| robots(head, 503),
            404 => |head| robots(head, 404),
            410 => |head| robots(head, 410),
            429 => |head| robots(head, 429),
            _ => |head| robots(head, 200),
        };
        let found = found(reply).await;
        let mut found = found.iter().filter(|found| found.contains("crawler-robots-refused"));
        assert_eq!(
            found.next().cloned(),
            expected.map(|text| format!("advice crawler-robots-refused: /robots.txt gets {text}"))
        );
    }
    fn redirected(head: &Head) -> Reply {
        match head.uri.path() {
            "/robots.txt" => with(refusal(302, "", None), LOCATION, "/login"),
            _ => site(head, FORM),
        }
    }
    assert!(found(redirected).await.iter().any(|found| found.contains("gets 302 to a login page")));
}

/// Names that have such a word in them, and no login.
#[tokio::test]
async fn i42_i43_other_pages_are_no_logins() {
    fn authors(head: &Head) -> Reply {
        match head.uri.path() {
            "/robots.txt" => with(refusal(301, "", None), LOCATION, "/authors/robots.txt"),
            "/reports" => with(refusal(303, "", None), LOCATION, "/authors/signing-in-books"),
            "/authors/signing-in-books" => page("<p>The authors sign their books.</p>"),
            _ => site(head, FORM),
        }
    }
    let found = found(authors).await;
    let is_of_crawlers = |found: &&String| found.contains("advice crawler-");
    assert_eq!(found.iter().find(is_of_crawlers), None, "{found:?}");
}

fn robots(head: &Head, status: u16) -> Reply {
    match head.uri.path() {
        "/robots.txt" => refusal(status, "", None),
        _ => site(head, FORM),
    }
}

#[tokio::test]
async fn a_loop_of_redirects_is_followed_once() {
    fn circle(_: &Head) -> Reply {
        with(refusal(303, "", None), LOCATION, "/reports")
    }
    let report = inspection_of(circle).crawler().run().await.unwrap();
    assert!(report.requests() < 20, "{report}");
    // Nor is another host asked.
    fn elsewhere(_: &Head) -> Reply {
        with(refusal(303, "", None), LOCATION, "http://login.example/reports")
    }
    let other = inspection_of(elsewhere).crawler().run().await.unwrap();
    assert_eq!(other.requests() + 1, report.requests());
}
