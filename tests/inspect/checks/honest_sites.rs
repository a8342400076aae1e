//! Exchanges of honest sites for people: no error, no warning, but for those that are deserved.

use super::wire::{assert_grave, assert_honest};

const NAVIGATE: &str = "user-agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\n\
    accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\naccept-language: en\n\
    sec-fetch-mode: navigate\nsec-fetch-dest: document\nsec-fetch-site: same-origin";
const SCRIPT: &str = "user-agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\naccept: */*\naccept-language: en\n\
    sec-fetch-mode: cors\nsec-fetch-dest: empty\nsec-fetch-site: same-origin";

#[test]
fn the_administration_of_django() {
    let session = "cookie: csrftoken=hTQ0eHkb7sWzUxCBsWmVq2wYpNfXcAdR; sessionid=x3v7q1z9p5k2m8n4b6c0l1j3h5g7f9d2";
    let get = |path: &str| format!("GET https://site.example{path}\n{NAVIGATE}");
    let alice = |path: &str| format!("{}\n{session}", get(path));
    let post = |path: &str| {
        alice(path).replace("GET ", "POST ")
            + "\ncontent-type: application/x-www-form-urlencoded\norigin: https://site.example"
    };
    let private = "cache-control: max-age=0, no-cache, no-store, must-revalidate, private\nexpires: Thu, 01 Jan 2026 00:00:00 GMT\n";
    let page = |status: &str, headers: &str, body: &str| {
        format!(
            "{status}\ncontent-type: text/html; charset=utf-8\nx-frame-options: DENY\nvary: Cookie\n{headers}\n{body}"
        )
    };
    let redirect = |to: &str| {
        format!(
            "302\nlocation: {to}\ncontent-type: text/html; charset=utf-8\nvary: Cookie\n{private}"
        )
    };
    let redirect = |to: &str| redirect(to).trim_end().to_owned();
    assert_honest(&get("/admin/"), &redirect("/admin/login/?next=/admin/"));
    let login = "<!DOCTYPE html><html><head><title>Log in | Django site admin</title></head><body><form method=post>\
        <input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"hTQ0eHkb7sWzUxCBsWmVq2wYpNfXcAdR\">\
        <input type=\"password\" name=\"password\"></form></body></html>";
    assert_honest(&get("/admin/login/?next=/admin/"), &page("200", private, login));
    assert_honest(&alice("/admin/login/?next=/admin/"), &page("200", private, login));
    let wrong = login.replace("<form", "<p class=errornote>Please enter the correct username and password for a staff account.</p><form");
    assert_honest(&post("/admin/login/?next=/admin/"), &page("200", private, &wrong));
    let right = redirect("/admin/")
        + "\nset-cookie: sessionid=x3v7q1z9p5k2m8n4b6c0l1j3h5g7f9d2; HttpOnly; Path=/; SameSite=Lax";
    assert_honest(&post("/admin/login/?next=/admin/"), &right);
    assert_honest(
        &alice("/admin/"),
        &page("200", private, "<title>Site administration | Django site admin</title>"),
    );
    let forbidden = "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>403 Forbidden</title>\n</head>\n<body>\n  \
        <h1>403 Forbidden</h1><p></p>\n</body>\n</html>\n";
    assert_honest(&alice("/admin/auth/user/"), &page("403", "", forbidden));
    let forged = "<title>403 Forbidden</title><h1>Forbidden <span>(403)</span></h1><p>CSRF verification failed. Request aborted.</p>";
    assert_honest(&post("/admin/auth/user/add/"), &page("403", "", forged));
    assert_honest(&alice("/admin/nothing/"), &page("404", "", "<h1>Not Found</h1>"));
    assert_honest(&post("/admin/logout/"), &redirect("/admin/login/"));
    let css =
        "200\ncontent-type: text/css\ncache-control: public, max-age=31536000, immutable\n\nbody{}";
    assert_honest(&format!("GET https://site.example/static/admin/base.css\n{session}"), css);
    // The same session, and a cache that has no way to tell.
    let unmarked = page("404", "", "<h1>Not Found</h1>").replace("vary: Cookie\n", "");
    assert_grave(&alice("/nothing/"), &unmarked, &["absence-storable"]);
}

#[test]
fn a_site_of_next_js_with_a_login() {
    let csrf = "0f8d4ec39hqlyjwdarjtt1zd0f8d4ec39hqlyjwdarjtt1zd";
    let cookie = format!(
        "cookie: next-auth.csrf-token={csrf}%7Cab12cd34; next-auth.session-token=eyJhbGciOiJkaXIifQ..x.y.z"
    );
    let get = |path: &str| format!("GET https://app.example{path}\n{NAVIGATE}");
    let login = "307\nlocation: https://app.example/api/auth/signin?callbackUrl=%2Fdashboard";
    assert_honest(&get("/dashboard"), login);
    // Its router and its prefetches read the redirect, and open the login as a page.
    let flight =
        format!("GET https://app.example/dashboard?_rsc=1wtp7\n{SCRIPT}\nrsc: 1\nnext-url: /");
    assert_honest(&flight, login);
    assert_honest(&format!("{flight}\nnext-router-prefetch: 1"), login);
    let data = format!(
        "GET https://app.example/_next/data/abc/dashboard.json\n{SCRIPT}\nx-nextjs-data: 1"
    );
    assert_honest(&data, login);
    let json = |status: &str, body: &str| {
        format!(
            "{status}\ncontent-type: application/json\ncache-control: private, no-cache, no-store\n\n{body}"
        )
    };
    let script = |path: &str| format!("GET https://app.example{path}\n{SCRIPT}\n{cookie}");
    assert_honest(&script("/api/auth/session"), &json("200", "{}"));
    assert_honest(
        &script("/api/auth/csrf"),
        &json("200", &format!("{{\"csrfToken\":\"{csrf}\"}}")),
    );
    let page = "200\ncontent-type: text/html; charset=utf-8\ncache-control: private, no-store\n\n\
        <title>Sign In</title><form><input type=\"password\" name=\"password\"></form>";
    assert_honest(&get("/auth/signin"), page);
    let missing = "404\ncontent-type: text/html; charset=utf-8\ncache-control: private, no-cache, no-store\n\n\
        <title>404: This page could not be found</title><script src=\"/app/_next/static/chunks/main.js\"></script>\
        <script>self.__next_f.push([1,\"1:HL[\\\"/app/_next/static/css/a.css\\\"]\"],{\"page\":\"/app/pages/_error.js\"})</script>";
    assert_honest(&get("/nothing"), missing);
    // A script of the application, to which the redirect is a fault.
    let own = format!("GET https://app.example/api/reports\n{SCRIPT}");
    assert_grave(&own, login, &["login-redirect-for-programs"]);
}

#[test]
fn a_page_of_scripts_with_tokens_against_forged_requests() {
    let xsrf = "eyJpdiI6IkJhc2U2NCIsInZhbHVlIjoiT3BhcXVlIn0";
    let cookie =
        format!("cookie: XSRF-TOKEN={xsrf}; laravel_session=eyJpdiI6Im1hYyIsInZhbHVlIjoiYSJ9");
    let script = |method: &str, path: &str| {
        format!(
            "{method} https://app.example{path}\n{SCRIPT}\nx-requested-with: XMLHttpRequest\nx-xsrf-token: {xsrf}\n{cookie}"
        )
    };
    let json = |status: &str, headers: &str, body: &str| {
        format!(
            "{status}\ncontent-type: application/json\ncache-control: no-cache, private\n{headers}\n{body}"
        )
    };
    let set = format!(
        "204\ncache-control: no-cache, private\nset-cookie: XSRF-TOKEN={xsrf}; path=/; samesite=lax"
    );
    assert_honest(&script("GET", "/sanctum/csrf-cookie"), &set);
    let mismatch = r#"{"message":"CSRF token mismatch."}"#;
    for status in ["419", "403"] {
        assert_honest(&script("POST", "/api/reports"), &json(status, "", mismatch));
    }
    let form = "www-authenticate: Form realm=\"app\"\n";
    let refused = r#"{"message":"Unauthenticated."}"#;
    assert_honest(&script("GET", "/api/user"), &json("401", form, refused));
    assert_grave(&script("GET", "/api/user"), &json("401", "", refused), &["challenge-missing"]);
    assert_honest(
        &script("DELETE", "/api/reports/7"),
        &json("403", "", r#"{"message":"This action is unauthorized."}"#),
    );
    let invalid = r#"{"message":"The email field is required.","errors":{"email":["The email field is required."]}}"#;
    assert_honest(&script("POST", "/login"), &json("422", "", invalid));
    assert_honest(&script("GET", "/api/me"), &json("200", "", r#"{"user":null}"#));
    assert_honest(&script("GET", "/api/me"), &json("200", "", r#"{"authenticated":false}"#));
    // The page is the same for every path, and has the token.
    let page = format!(
        "200\ncontent-type: text/html; charset=UTF-8\ncache-control: no-cache, private\n\n<!doctype html><html><head>\
         <title>App</title><meta name=\"csrf-token\" content=\"{xsrf}\"><script type=\"module\" src=\"/build/assets/app.js\">\
         </script></head><body><div id=\"app\"></div></body></html>"
    );
    for path in ["/", "/login", "/reports/7", "/nothing"] {
        assert_honest(&format!("GET https://app.example{path}\n{NAVIGATE}\n{cookie}"), &page);
    }
    let expired = "419\ncontent-type: text/html; charset=UTF-8\ncache-control: no-cache, private\n\n<title>Page Expired</title>";
    let form = format!(
        "POST https://app.example/login\n{NAVIGATE}\n{cookie}\ncontent-type: application/x-www-form-urlencoded"
    );
    assert_honest(&form, expired);
    // Inertia follows the redirect with its own header, and shows the page that it gets.
    let inertia =
        format!("{}\nx-inertia: true\nx-inertia-version: 6b16b94d", script("GET", "/dashboard"));
    assert_honest(
        &inertia,
        "302\nlocation: https://app.example/login\ncache-control: no-cache, private",
    );
    // At another host it cannot read the page.
    let elsewhere = "302\nlocation: https://id.example/login\ncache-control: no-cache, private";
    assert_grave(&inertia, elsewhere, &["login-redirect-for-programs"]);
    assert_grave(&inertia, &elsewhere.replace("https:", ""), &["login-redirect-for-programs"]);
    assert_honest(
        &inertia,
        "409\nx-inertia-location: https://app.example/login\ncache-control: no-cache, private",
    );
    let unpoly = format!(
        "GET https://app.example/dashboard\n{SCRIPT}\nx-up-version: 3.10.2\nx-up-target: main"
    );
    assert_honest(&unpoly, "303\nlocation: /login");
}

#[test]
fn pages_that_speak_of_refusals() {
    let page = |title: &str, text: &str| {
        format!(
            "200\ncontent-type: text/html\ncache-control: private\n\n<title>{title}</title><h1>{title}</h1>{text}"
        )
    };
    let get = |path: &str| format!("GET https://www.example{path}\n{NAVIGATE}");
    let article =
        "<p>The server knows who asks, and refuses. It is not about a password that is wrong.</p>"
            .repeat(12);
    for (path, title, text) in [
        ("/wiki/HTTP_403", "HTTP 403 - Encyclopedia", &article[..]),
        ("/docs/status/401", "401 Unauthorized", &article),
        ("/films/forbidden", "Forbidden", "<p>A film of 1932.</p>"),
        ("/help/login", "How to log in", "<p>Press the button.</p>"),
        ("/books/7", "Access Denied: a novel | Books", "<p>Out of print.</p>"),
        ("/account/password", "Change your password", "<input type=password>"),
        ("/checkout", "Checkout", "<input type=password name=voucher>"),
    ] {
        assert_honest(&get(path), &page(title, text));
    }
    let audit = "200\ncontent-type: application/json\ncache-control: private\n\n\
        [{\"time\":\"2026-01-01T00:00:00Z\",\"status\":403,\"message\":\"Access denied\",\"user\":\"bob\"}]";
    assert_honest("GET https://www.example/api/audit\ncookie: session=4eC39HqLyjWDarjt", audit);
    assert_honest(
        "GET https://www.example/api/audit?limit=1\ncookie: session=4eC39HqLyjWDarjt",
        audit,
    );
}
