//! A renderer that negotiates: F05.

use axum::Router;
use axum::extract::Path;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request};
use axum::routing::get as on_get;
use bytes::Bytes;
use http_body_util::BodyExt;
use portcullis::respond::{Format, Html, Negotiate, Translation};
use portcullis::{AuthenticateLayer, Cause, ConcealLayer, Problem, Respond, respond_fn};
use tower::{Layer, ServiceExt};

use crate::members::SUPPORT;
use crate::support::{Answer, Server, get, send};
use crate::{DENIALS, TOKEN, denial, denials, every_denial, identity};

const PROBLEM: &str = "application/problem+json";
const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// What clients send, and what they get. `None` is no `Accept`.
const CLIENTS: [(&str, Option<&str>, &str); 30] = [
    (
        "Chromium, navigation",
        Some(
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,\
             */*;q=0.8,application/signed-exchange;v=b3;q=0.7",
        ),
        HTML,
    ),
    (
        "Firefox, navigation",
        Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        HTML,
    ),
    (
        "Firefox before 132, navigation",
        Some(
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,\
             image/png,image/svg+xml,*/*;q=0.8",
        ),
        HTML,
    ),
    (
        "Safari, navigation",
        Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        HTML,
    ),
    (
        "Chromium, image",
        Some("image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"),
        PROBLEM,
    ),
    (
        "Firefox, image",
        Some("image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"),
        PROBLEM,
    ),
    (
        "Safari, image",
        Some("image/webp,image/avif,image/jxl,image/heic,image/*;q=0.8,video/*;q=0.8"),
        PROBLEM,
    ),
    ("style sheet", Some("text/css,*/*;q=0.1"), PROBLEM),
    ("fetch, XMLHttpRequest, curl, requests, httpx, Node", Some("*/*"), PROBLEM),
    ("EventSource", Some("text/event-stream"), PROBLEM),
    ("htmx", Some("text/html, */*"), HTML),
    ("Turbo", Some("text/vnd.turbo-stream.html, text/html, application/xhtml+xml"), HTML),
    ("Inertia", Some("text/html, application/xhtml+xml"), HTML),
    ("axios, Angular", Some("application/json, text/plain, */*"), JSON),
    ("jQuery", Some("application/json, text/javascript, */*; q=0.01"), JSON),
    ("HTTPie, with JSON", Some("application/json, */*;q=0.5"), JSON),
    ("a client of problem details", Some("application/json, application/problem+json"), PROBLEM),
    ("an OData client", Some("application/json;odata=verbose"), JSON),
    ("a JSON:API client", Some("application/vnd.api+json"), PROBLEM),
    ("a GraphQL client", Some("application/graphql-response+json, application/json;q=0.9"), JSON),
    ("wget", Some("*/*"), PROBLEM),
    ("git", Some("application/x-git-upload-pack-result"), PROBLEM),
    ("Java's HttpURLConnection", Some("text/html, image/gif, image/jpeg, */*; q=0.2"), HTML),
    ("Go, Java's HttpClient", None, PROBLEM),
    (
        "lynx",
        Some("text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01"),
        HTML,
    ),
    ("an old phone", Some("text/vnd.wap.wml;q=0.9, text/plain;q=0.8"), TEXT),
    ("the RFC's example", Some("text/*;q=0.3, text/html;q=0.7, text/html;level=1"), HTML),
    ("the RFC's other example", Some("text/*, text/plain, text/plain;format=flowed, */*"), TEXT),
    ("a terminal", Some("text/plain"), TEXT),
    ("audio", Some("audio/*; q=0.2, audio/basic"), PROBLEM),
];

pub(crate) fn negotiating(negotiate: Negotiate) -> Server {
    Server::start(denials().layer(AuthenticateLayer::new(identity()).respond_with(negotiate)))
}

pub(crate) fn accept(range: &str) -> String {
    format!("accept: {range}")
}

#[test]
fn f05_each_client_gets_the_format_that_it_prefers() {
    let server = negotiating(Negotiate::new());
    for (client, sent, content_type) in CLIENTS {
        let sent = sent.map(accept);
        let fields: Vec<&str> = [TOKEN].into_iter().chain(sent.as_deref()).collect();
        for (path, status) in [("/denials/forbidden", 403), ("/denials/not-found", 404)] {
            let answer = get(server.address, path, &fields);
            assert_eq!(answer.status, status, "{client}");
            assert_eq!(answer.field("content-type"), Some(content_type), "{client}");
            assert_eq!(answer.lines("vary"), ["accept"], "{client}");
        }
    }
}

#[test]
fn f05_every_refusal_is_in_each_format_with_all_that_it_needs() {
    let server = negotiating(Negotiate::new());
    let plain = every_denial(&server, "GET");
    for content_type in [PROBLEM, JSON, HTML, TEXT] {
        for (word, status, challenges) in DENIALS {
            let range = content_type.split(';').next().unwrap();
            let answer = get(server.address, &format!("/denials/{word}"), &[TOKEN, &accept(range)]);
            let what = format!("{word} as {content_type}");
            assert_eq!(answer.status, status, "{what}");
            assert_eq!(answer.field("content-type"), Some(content_type), "{what}");
            assert_eq!(answer.challenges().len(), challenges, "{what}");
            assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
            assert_eq!(
                answer.field("content-length"),
                Some(&*answer.body.len().to_string()),
                "{what}"
            );
            let (_, _, _, as_problem) =
                plain.iter().find(|it| it.0 == format!("/denials/{word}")).unwrap();
            let problem = as_problem.json();
            match content_type {
                PROBLEM | JSON => assert_eq!(answer.json(), problem, "{what}"),
                _ => {
                    assert!(answer.text().contains(problem["title"].as_str().unwrap()), "{what}");
                    assert!(answer.text().contains(problem["detail"].as_str().unwrap()), "{what}");
                }
            }
        }
    }
    let text = get(server.address, "/denials/forbidden", &[TOKEN, "accept: text/plain"]);
    assert_eq!(text.text(), "403 Forbidden\n\nYou are not permitted to do this.\n");
    let head = send(server.address, "HEAD", "/denials/forbidden", &[TOKEN, "accept: text/plain"]);
    assert_eq!((head.body.len(), head.undated().fields), (0, text.undated().fields));
}

#[test]
fn f05_several_lines_are_one_list() {
    let server = negotiating(Negotiate::new());
    let lines = ["accept: text/html;q=0.5", "accept: text/plain;q=0.9", "accept: */*;q=0.1"];
    let fields: Vec<&str> = [TOKEN].into_iter().chain(lines).collect();
    let answer = get(server.address, "/denials/forbidden", &fields);
    assert_eq!(answer.field("content-type"), Some(TEXT));
}

/// The response to a request with these lines of `Accept`, without a server that limits headers.
async fn ask_directly(negotiate: &Negotiate, lines: &[Vec<u8>]) -> (u16, String, String) {
    let stage = AuthenticateLayer::new(identity()).respond_with(negotiate.clone()).layer(denials());
    let mut request = Request::get("/").body(axum::body::Body::empty()).unwrap();
    for line in lines {
        let line = HeaderValue::from_bytes(line).unwrap();
        request.headers_mut().append("accept", line);
    }
    let response = stage.oneshot(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let text = |name: &str| headers[name].to_str().unwrap().to_owned();
    (status, text("content-type"), String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn f05_an_odd_accept_gets_the_default_and_never_a_406() {
    let html = |count: usize| vec!["text/html"; count].join(",").into_bytes();
    let odd: [(&str, Vec<Vec<u8>>); 16] = [
        ("200 ranges", vec![html(200)]),
        (
            "200 ranges of 200 types",
            vec![(0..200).map(|n| format!("a/b{n},")).collect::<String>().into_bytes()],
        ),
        ("q=0 everywhere", vec![b"text/html;q=0, */*;q=0.0, text/plain;q=0.000".to_vec()]),
        ("all of it bad weights", vec![b"text/html;q=2, text/plain;q=-1, */*;q=x".to_vec()]),
        ("no range", vec![b"html".to_vec()]),
        ("bytes", vec![(0x80..=0xff).collect()]),
        ("quotes that do not end", vec![b"a/b;x=\"text/html,text/html".to_vec()]),
        ("commas", vec![vec![b','; 2000]]),
        ("semicolons", vec![vec![b';'; 2000]]),
        ("slashes", vec![vec![b'/'; 2000]]),
        ("empty", vec![Vec::new()]),
        ("a megabyte in one line", vec![[&b"text/html,"[..], &vec![b'x'; 1 << 20]].concat()]),
        ("a megabyte of ranges", vec![html(100_000)]),
        ("10,000 lines", vec![html(1); 10_000]),
        ("10,000 empty lines", vec![Vec::new(); 10_000]),
        ("65 lines", vec![html(1); 65]),
    ];
    let negotiate = Negotiate::new();
    let (_, _, default) = ask_directly(&negotiate, &[]).await;
    for (what, lines) in odd {
        let (status, content_type, body) = ask_directly(&negotiate, &lines).await;
        assert_eq!((status, &*content_type), (401, PROBLEM), "{what}");
        assert_eq!(body, default, "{what}");
    }
    // Within the bounds it is read.
    for (what, lines) in [
        ("64 ranges", vec![html(64)]),
        ("64 lines", vec![html(1); 64]),
        ("bytes beside it", vec![b"\xff/\xff, text/html".to_vec()]),
    ] {
        assert_eq!(ask_directly(&negotiate, &lines).await.1, HTML, "{what}");
    }
}

#[test]
fn f05_the_program_chooses_which_formats_there_are_and_the_default() {
    let offers = |server: &Server, range: Option<&str>| {
        let accept = range.map(accept);
        let fields: Vec<&str> = [TOKEN].into_iter().chain(accept.as_deref()).collect();
        let answer = get(server.address, "/denials/forbidden", &fields);
        let vary = answer.lines("vary").len();
        (answer.field("content-type").unwrap().to_owned(), vary)
    };
    let site =
        negotiating(Negotiate::new().offer(Format::Html, [Format::Html, Format::ProblemJson]));
    assert_eq!(offers(&site, None), (HTML.to_owned(), 1));
    assert_eq!(offers(&site, Some("text/plain")), (HTML.to_owned(), 1));
    assert_eq!(offers(&site, Some("application/*")), (PROBLEM.to_owned(), 1));
    // Nothing depends on `Accept` where there is one format only.
    let pages = Negotiate::new().offer(Format::Html, []);
    assert!(pages.is_fixed());
    assert_eq!(offers(&negotiating(pages), Some("application/json")), (HTML.to_owned(), 0));
    assert!(!Negotiate::new().is_fixed());
}

const INJECTION: &str =
    "</p></title><script>alert(1)</script> \" onload='x' & \u{1b}[31m \0 \u{9b} ☃";

#[test]
fn f05_text_in_html_is_escaped_wherever_it_comes_from() {
    let deny = |Path(word): Path<String>| async move { denial(&word).with_detail(INJECTION) };
    let routes = || Router::new().route("/{word}", on_get(deny));
    let own = Negotiate::new().page(|problem| {
        let detail = problem.detail().unwrap_or_default();
        Html::new().markup("<h1 title='").text(detail).markup("'>").text(detail)
    });
    for negotiate in [Negotiate::new(), own] {
        let layer = AuthenticateLayer::new(identity()).respond_with(negotiate);
        let server = Server::start(routes().layer(layer));
        let answer = get(server.address, "/forbidden", &[TOKEN, "accept: text/html"]);
        let page = answer.text();
        assert!(
            page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &quot; onload=&#39;x&#39; &amp; "),
            "{page}"
        );
        assert!(page.contains("☃"), "{page}");
        for control in ["<script", "onload='", "\u{1b}", "\0", "\u{9b}"] {
            assert!(!page.contains(control), "{control:?} in {page}");
        }
        // Nor does a terminal get a control character.
        let answer = get(server.address, "/forbidden", &[TOKEN, "accept: text/plain"]);
        assert!(answer.text().contains("<script>alert(1)</script>"), "{}", answer.text());
        assert!(!answer.text().contains(['\u{1b}', '\0', '\u{9b}']), "{}", answer.text());
        let answer = get(server.address, "/forbidden", &[TOKEN, "accept: application/json"]);
        assert_eq!(answer.json()["detail"], INJECTION);
    }
}

#[test]
fn f05_the_built_in_page_is_accessible_and_loads_nothing() {
    let server = negotiating(Negotiate::new());
    let answer = get(server.address, "/denials/forbidden", &[TOKEN, "accept: text/html"]);
    let page = answer.text();
    for once in [
        "<!doctype html>\n<html lang=\"en\"",
        "<meta charset=\"utf-8\">",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        "<meta name=\"robots\" content=\"noindex\">",
        "<title>403 Forbidden</title>",
        "@media (prefers-color-scheme: dark)",
        "<main>",
        "<h1>Forbidden</h1>",
        "<p>You are not permitted to do this.</p>",
    ] {
        assert_eq!(page.matches(once).count(), 1, "{once} in {page}");
    }
    assert_eq!(page.matches("<h1").count(), 1);
    for absent in
        ["<script", "<link", "src=", "href=", "url(", "@import", "http:", "https:", "javascript:"]
    {
        assert!(!page.contains(absent), "{absent} in {page}");
    }
    assert!(page.len() < 2500, "{} bytes", page.len());
}

#[test]
fn f05_a_page_that_panics_is_replaced_by_the_default() {
    let server = negotiating(Negotiate::new().page(|_| panic!("no page")));
    let answer = get(server.address, "/denials/forbidden", &[TOKEN, "accept: text/html"]);
    assert_eq!((answer.status, answer.field("content-type")), (403, Some(PROBLEM)));
}

#[test]
fn f05_d01_the_format_of_a_404_does_not_depend_on_whether_the_instance_panics() {
    let negotiate = Negotiate::new().instance(|request| {
        let id: u32 = request.uri.path().rsplit('/').next()?.parse().expect("a number");
        Some(format!("urn:note:{id}"))
    });
    let stage = AuthenticateLayer::new(identity()).respond_with(negotiate.clone());
    let area = ConcealLayer::everywhere().respond_with(negotiate);
    let server = Server::start(denials().layer(stage).layer(area));
    let fields = [TOKEN, "accept: text/html"];
    let number = get(server.address, "/nothing/1", &fields).undated();
    assert_eq!((number.status, number.field("content-type")), (404, Some(HTML)));
    for path in ["/denials/concealed", "/nothing/word"] {
        assert_eq!(get(server.address, path, &fields).undated(), number, "{path}");
    }
    let forbidden = get(server.address, "/denials/forbidden", &fields);
    assert_eq!((forbidden.status, forbidden.field("content-type")), (403, Some(HTML)));
}

// ==== languages ====

pub(crate) fn in_german() -> Negotiate {
    let translate = Negotiate::new().translate(["de", "pt-BR"], |problem, language| {
        let detail = problem.detail()?;
        Some(match (problem.cause()?, language) {
            (Cause::Forbidden, "de") => Translation::new("Verboten", format!("»{detail}«")),
            (Cause::NotFound, "de") => Translation::new("Nicht gefunden", "Hier ist nichts."),
            (Cause::Forbidden, "pt-BR") => Translation::new("Proibido", "Não é permitido."),
            _ => return None,
        })
    });
    translate.unwrap()
}

#[test]
fn f05_texts_are_in_the_language_that_the_client_prefers() {
    let server = negotiating(in_german());
    let ask = |path: &str, language: &str| {
        let language = format!("accept-language: {language}");
        get(server.address, path, &[TOKEN, &language])
    };
    let answer = ask("/denials/forbidden", "de-AT, de;q=0.9, en;q=0.8");
    assert_eq!(answer.field("content-language"), Some("de"));
    assert_eq!(answer.json()["title"], "Verboten");
    assert_eq!(answer.json()["detail"], "»You are not permitted to do this.«");
    assert_eq!(ask("/denials/forbidden", "pt").json()["title"], "Proibido");
    // The built-in texts are English, and stay where there is no other.
    for (path, language) in [
        ("/denials/forbidden", "en, de;q=0.9"),
        ("/denials/forbidden", "ja"),
        ("/denials/gone", "de"),
        ("/denials/forbidden", &vec!["de"; 65].join(",")),
    ] {
        let answer = ask(path, language);
        assert_eq!(answer.field("content-language"), None, "{language}");
        assert!(answer.json()["detail"].as_str().unwrap().is_ascii(), "{language}");
        assert_eq!(answer.members("vary"), ["accept", "accept-language"], "{language}");
    }
    let html = get(
        server.address,
        "/denials/forbidden",
        &[TOKEN, "accept: text/html", "accept-language: de"],
    );
    assert!(html.text().contains("<html lang=\"de\""), "{}", html.text());
    assert!(html.text().contains("<h1>Verboten</h1>"), "{}", html.text());
}

#[test]
fn f05_a_language_that_is_no_tag_fails_when_the_renderer_is_built() {
    let translated = Negotiate::new().translate(["de", "de_AT"], |_, _| None);
    let error = translated.unwrap_err().to_string();
    assert!(error.contains("`de_AT` is not a language tag"), "{error}");
}

// ==== concealment ====

/// Everything that a response may depend on, switched on.
fn everything() -> Negotiate {
    in_german()
        .problem(Problem::new().type_base("urn:x:").member(SUPPORT, 1))
        .instance(|request| Some(request.uri.path().to_owned()))
}

fn same_for_concealed_and_missing(server: &Server) {
    for range in ["*/*", "text/html", "text/plain", JSON, "image/png", "", "*/*;q=0"] {
        for language in ["de", "en", "*"] {
            for method in ["GET", "HEAD", "POST"] {
                let language = format!("accept-language: {language}");
                let ask = |path: &str| -> Answer {
                    send(server.address, method, path, &[TOKEN, &accept(range), &language])
                        .undated()
                };
                let concealed = ask("/denials/concealed");
                assert_eq!(concealed.status, 404);
                assert_eq!(concealed, ask("/denials/not-found"), "{method} {range} {language}");
            }
        }
    }
}

#[test]
fn d01_concealed_and_missing_are_the_same_bytes_with_all_of_it_switched_on() {
    same_for_concealed_and_missing(&negotiating(everything()));
    // In front of an area the area's renderer decides, by the request alone.
    let stage = || AuthenticateLayer::new(identity()).respond_with(everything());
    let area = ConcealLayer::everywhere().respond_with(everything());
    let server = Server::start(denials().layer(stage()).layer(area));
    same_for_concealed_and_missing(&server);
    let fields = [TOKEN, "accept: text/html", "accept-language: de"];
    let concealed = get(server.address, "/denials/concealed", &fields).undated();
    assert_eq!(concealed.field("content-language"), Some("de"));
    assert!(concealed.text().contains("<h1>Nicht gefunden</h1>"), "{}", concealed.text());
    for missing in ["/nothing", "/denials", "/denials/a/b"] {
        assert_eq!(concealed, get(server.address, missing, &fields).undated(), "{missing}");
    }
    // With the default renderer in the area, the 404 is fixed.
    let server = Server::start(denials().layer(stage()).layer(ConcealLayer::everywhere()));
    let concealed = get(server.address, "/denials/concealed", &fields).undated();
    assert_eq!(concealed.field("content-type"), Some(PROBLEM));
    assert_eq!(concealed.field("vary"), None);
    assert_eq!(concealed, get(server.address, "/nothing", &[TOKEN]).undated());
}

#[test]
fn f11_a_renderer_that_is_not_fixed_sees_the_head_before_anything_inside() {
    struct Echo;
    impl Respond for Echo {
        type Context = HeaderMap;

        fn context(&self, request: &Parts) -> HeaderMap {
            request.headers.clone()
        }

        fn respond(&self, _: &portcullis::Refusal<'_>, seen: HeaderMap) -> http::Response<Bytes> {
            http::Response::new(Bytes::from(format!("{}", seen.contains_key("x-inside"))))
        }
    }
    let add = async |mut request: axum::extract::Request, next: axum::middleware::Next| {
        let name = HeaderName::from_static("x-inside");
        request.headers_mut().insert(name, HeaderValue::from_static("1"));
        next.run(request).await
    };
    let inside = || denials().layer(axum::middleware::from_fn(add));
    let fixed = respond_fn(|_| http::Response::new(Bytes::from("stage")));
    let stage = AuthenticateLayer::new(identity()).respond_with(fixed);
    let area = ConcealLayer::everywhere().respond_with(Echo);
    let server = Server::start(inside().layer(stage).layer(area));
    assert_eq!(get(server.address, "/denials/concealed", &[TOKEN]).text(), "false");
    let server =
        Server::start(inside().layer(AuthenticateLayer::new(identity()).respond_with(Echo)));
    assert_eq!(get(server.address, "/denials/forbidden", &[TOKEN]).text(), "false");
}
