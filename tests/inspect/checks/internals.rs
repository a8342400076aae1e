//! I29: what a body shows of the server.

use super::wire::{bytes_seen, seen};

const ID: &str = "internals-shown";

fn shown(request: &str, body: &str) -> String {
    seen(ID, request, &format!("500\ncontent-type: text/plain\n\n{body}"))
}

#[test]
fn i29_frames_of_a_stack_trace_are_found() {
    for (body, place) in [
        (
            "Traceback (most recent call last):\n  File \"/app/x.py\", line 12, in f",
            "Traceback (most recent call last)",
        ),
        ("File &quot;app/views.py&quot;, line 12, in f", "app/views.py"),
        (r#"{"trace":"File \"app/views.py\", line 12"}"#, "app/views.py"),
        ("\tat com.example.Reports.show(Reports.java:42)", "Reports.java:42"),
        (r#"{"trace":"x\r\n\tat org.example.A.b(A.kt:7)"}"#, "A.kt:7"),
        ("\tat java.base/java.lang.Thread.run(Unknown Source)", ""),
        ("   at Example.Reports.Controller.Show(String id)", "at Example.Reports.Controller.Show"),
        ("   at A.B() in C:\\src\\Reports.cs:line 42", "C:\\src\\Reports.cs:line 42"),
        (
            "<pre>Error: x<br> &nbsp; &nbsp;at show (/srv/app/index.js:10:5)",
            "/srv/app/index.js:10:5",
        ),
        ("    at file:///srv/app/index.mjs:10:5", "file:///srv/app/index.mjs:10:5"),
        ("    at Layer.handle (node:internal/x.js:1:2)", "node:internal/x.js:1:2"),
        ("goroutine 1 [running]:\nmain.main()", "goroutine 1 [running]"),
        ("\t/src/main.go:12 +0x1d", "/src/main.go:12"),
        ("app/controllers/a_controller.rb:12:in 'show'", "app/controllers/a_controller.rb:12"),
        ("thread 'main' panicked at src/main.rs:10:5:\nx", "src/main.rs:10:5"),
        ("#0 /var/www/index.php(12): f()", "/var/www/index.php(12"),
        ("<b>Warning</b>: x in <b>/var/www/index.php</b> on line <b>12</b>", ""),
        ("(app 1.0) lib/app/x.ex:12: App.x/1", "lib/app/x.ex:12"),
        // PHP escapes slashes.
        (r#"{"file":"\/var\/www\/html\/index.php"}"#, r"\/var\/www\/html\/index.php"),
    ] {
        let found = shown("GET /", body);
        match place {
            "" => assert!(found.starts_with("warning body `"), "{body}: {found}"),
            place => assert_eq!(found, format!("warning body `{place}`"), "{body}"),
        }
    }
}

#[test]
fn i29_errors_of_databases_and_paths_are_found() {
    for (body, place) in [
        ("SQLSTATE[42S02]: Base table not found", "SQLSTATE[42S02"),
        ("ERROR: relation \"a\" does not exist (SQLSTATE 42P01)", "SQLSTATE 42P01"),
        ("ORA-01017: invalid username/password", "ORA-01017"),
        ("You have an error in your SQL syntax; check", "You have an error in your SQL syntax"),
        ("cannot read /home/alice/app/config.yml", "/home/alice/app/config.yml"),
        (
            "ENOENT: no such file or directory, open '/srv/app/views/index.html'",
            "/srv/app/views/index.html",
        ),
        ("open /etc/app/server.key: denied", "/etc/app/server.key"),
        ("in C:\\inetpub\\wwwroot\\app", "C:\\inetpub\\wwwroot\\app"),
        (r#"{"file":"D:\\sites\\reports\\a.config"}"#, r"D:\\sites\\reports\\a.config"),
        (r#"{"detail":"failed\nORA-01017: invalid"}"#, "ORA-01017"),
        (r#"{"code":"ER_DUP_ENTRY"}"#, "ER_DUP_ENTRY"),
        ("Cannot find module '/app/dist/reports.js'", "/app/dist/reports.js"),
        ("failed to open stream: x in /home/site/index.php", "/home/site/index.php"),
        ("cannot read /app/src/reports.py", "/app/src/reports.py"),
        ("in /app/src/server.ts:12", "/app/src/server.ts"),
    ] {
        assert_eq!(shown("GET /", body), format!("warning body `{place}`"), "{body}");
        let response = format!("404\ncontent-type: application/json\n\n{body}");
        assert_eq!(seen(ID, "", &response), format!("warning body `{place}`"), "{body}");
    }
}

#[test]
fn i29_addresses_and_prose_are_right() {
    for (request, body) in [
        ("GET /home/alice/a.js", r#"{"path":"/home/alice/a.js","status":404}"#),
        ("GET /home/alice%20b/a.js?x", "Cannot GET /home/alice b/a.js"),
        ("GET /a?file=C:%5CWindows%5Cwin.ini", "no file C:\\Windows\\win.ini"),
        ("GET /", r#"<a href="/home/alice/notes.php">home</a>"#),
        ("GET /", r#"<script src='/var/x/app.js'></script>"#),
        ("GET /", "see https://example.com/home/docs/auth.yml or //cdn.example/app/main.js"),
        ("GET /", r#"<a href="/home">Home</a> <a href="/usr/alice">Alice</a>"#),
        ("GET /", r#"{"path":"/home/alice/reports"}"#),
        ("GET /", "The file is at line 12 of index.py, look at it (see main.rs:12)."),
        ("GET /", "Meet at 10:30 at example.com (the cafe). Open 9:15."),
        ("GET /", r#"{"pattern":"^[A-Z]:\\d\\w+$"}"#),
        ("GET /", "SQLSTATE is a word, and ORA-cle another; SQLSTATE CODES"),
        ("GET /", "Not found. Look at our docs at docs.example.org."),
        ("GET /", "10 rs: 12:13"),
        // Codes of an application, which have such a word in them.
        ("GET /", r#"{"code":"USER_DUP_ENTRY"}"#),
        ("GET /", r#"{"code":"MYSQLITE_ERROR"}"#),
        ("GET /", "The product AURORA-10023 is sold out."),
        // Files of a site below a path of its own.
        ("GET /", r#"{"script":"/app/_next/static/chunks/main-0f.js"}"#),
        ("GET /", r#"import("/app/src/main.ts"), {"entry":"/workspace/main.mjs"}"#),
        ("GET /", r#"{"next":"/home/index.php"}"#),
        // What the request has named.
        ("GET /parts/ORA-10023", "There is no ORA-10023."),
        ("GET /search?q=ER_DUP_ENTRY", "Nothing was found for ER_DUP_ENTRY."),
        ("GET /search?q=SQLSTATE%5B42S02", "Nothing was found for SQLSTATE[42S02."),
        (
            "GET /errors/Traceback%20(most%20recent%20call%20last)",
            "no Traceback (most recent call last) here",
        ),
        ("GET /search?q=/src/main.rs:10:5", "panicked at /src/main.rs:10:5 is not in this list"),
        ("GET /", "no such file or directory"),
        ("GET /", ""),
    ] {
        assert_eq!(shown(request, body), "", "{request} {body}");
    }
    let trace = "Traceback (most recent call last)";
    // A page about traces, and a file that is no text.
    assert_eq!(seen(ID, "GET /", &format!("200\ncontent-type: text/html\n\n{trace}")), "");
    assert_eq!(seen(ID, "HEAD /", &format!("500\ncontent-type: text/html\n\n{trace}")), "");
    let bytes = [trace.as_bytes(), b"\xff\0"].concat();
    assert_eq!(bytes_seen(ID, "GET /", "500\ncontent-type: text/plain", &bytes), "");
}

#[test]
fn i29_a_body_of_any_charset_is_searched() {
    let head = "500\ncontent-type: text/html; charset=iso-8859-1";
    for (body, place) in [
        (&b"d\xe9sol\xe9: /home/alice/app/config.yml"[..], "/home/alice/app/config.yml"),
        (b"\xe9\xff &quot;app/views.py&quot;, line 12", "app/views.py"),
        // An escape of a byte that is no text by itself.
        (b"%ff \\/home\\/alice\\/app\\/config.yml", "\\/home\\/alice\\/app\\/config.yml"),
    ] {
        assert_eq!(bytes_seen(ID, "GET /", head, body), format!("warning body `{place}`"));
    }
    let long = [&b"/home/alice/app/config.yml "[..], &[b' '; 600 * 1024]].concat();
    assert_eq!(bytes_seen(ID, "GET /", head, &long), "warning body `/home/alice/app/config.yml`");
}
