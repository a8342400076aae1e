//! Rarer ways to write a path. They are tried with a few methods.

use super::path_form::{PathForm, before_last, split};

/// See [`PathForm::all`].
pub(super) const RARE: &[PathForm] = &[
    // Dots and slashes, encoded once and twice, and characters that some servers take for them.
    PathForm::new("encoded dot segment", |path| before_last(path, "%2e/")),
    PathForm::new("encoded parent segment", |path| before_last(path, "leak-probe/%2e%2e/")),
    PathForm::new("half encoded parent segment", |path| before_last(path, "leak-probe/.%2E/")),
    PathForm::new("parent segment encoded twice", |path| {
        before_last(path, "leak-probe/%252e%252e/")
    }),
    PathForm::new("parent segment with encoded slash", |path| {
        before_last(path, "leak-probe/..%2F")
    }),
    PathForm::new("parent segment with backslash", |path| before_last(path, "leak-probe/..\\")),
    PathForm::new("parent segment with parameter", |path| before_last(path, "leak-probe/..;/")),
    PathForm::new("dot segment with parameter", |path| before_last(path, ".;x=1/")),
    PathForm::new("three dots", |path| before_last(path, "...//")),
    PathForm::new("leading dot segment", |path| format!("/.{path}")),
    PathForm::new("leading parent segment", |path| format!("/..{path}")),
    PathForm::new("leading child and parent", |path| format!("/leak-probe/..{path}")),
    PathForm::new("leading encoded parent", |path| format!("/leak-probe/%2e%2e{path}")),
    PathForm::new("leading encoded slash", |path| format!("/%2f{path}")),
    PathForm::new("parent segment behind", |path| format!("{path}/leak-probe/..")),
    PathForm::new("encoded parent segment behind", |path| format!("{path}/leak-probe/%2e%2e")),
    PathForm::new("encoded dot behind", |path| format!("{path}/%2e")),
    PathForm::new("lower-case encoded slash", |path| instead_of_last_slash(path, "%2f")),
    PathForm::new("slash encoded twice", |path| instead_of_last_slash(path, "%252F")),
    PathForm::new("slash of two bytes", |path| instead_of_last_slash(path, "%c0%af")),
    PathForm::new("fullwidth slash", |path| instead_of_last_slash(path, "%EF%BC%8F")),
    PathForm::new("backslash", |path| instead_of_last_slash(path, "\\")),
    PathForm::new("encoded backslash", |path| instead_of_last_slash(path, "%5C")),
    PathForm::new("backslash behind", |path| format!("{path}\\")),
    PathForm::new("encoded backslash behind", |path| format!("{path}%5c")),
    PathForm::new("dot behind", |path| format!("{path}.")),
    PathForm::new("encoded full stop behind", |path| format!("{path}%2E")),
    PathForm::new("two dots behind", |path| format!("{path}..")),
    PathForm::new("three leading slashes", |path| format!("//{path}")),
    // Letters: case, encodings, other scripts.
    PathForm::new("letter encoded in lower case", |path| {
        on_first(path, |octet| format!("%{octet:02x}"))
    }),
    PathForm::new("letter encoded twice", |path| on_first(path, |octet| format!("%25{octet:02X}"))),
    PathForm::new("letter encoded as %u", |path| on_first(path, |octet| format!("%u{octet:04x}"))),
    PathForm::new("letter of two bytes", |path| {
        on_first(path, |octet| {
            format!("%{:02X}%{:02X}", 0xc0 | (octet >> 6), 0x80 | (octet & 0x3f))
        })
    }),
    PathForm::new("every letter encoded", |path| {
        let encode = |octet: u8| match octet.is_ascii_alphanumeric() {
            true => format!("%{octet:02X}"),
            false => char::from(octet).to_string(),
        };
        path.bytes().map(encode).collect()
    }),
    PathForm::new("title case", |path| {
        on_first(path, |octet| char::from(octet.to_ascii_uppercase()).to_string())
    }),
    PathForm::new("upper case throughout", str::to_ascii_uppercase),
    PathForm::new("parents in upper case", |path| {
        let (parents, last) = split(path);
        format!("{}/{last}", parents.to_ascii_uppercase())
    }),
    PathForm::new("fullwidth letter", |path| {
        // U+FF01 is the fullwidth form of U+0021, and so on.
        let fullwidth = |octet: u8| match char::from_u32(0xfee0 + u32::from(octet)) {
            Some(letter) => letter.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect(),
            None => "%".to_owned(),
        };
        on_first(path, fullwidth)
    }),
    PathForm::new("zero-width space behind", |path| format!("{path}%E2%80%8B")),
    PathForm::new("soft hyphen behind", |path| format!("{path}%C2%AD")),
    PathForm::new("combining accent behind", |path| format!("{path}%CC%81")),
    PathForm::new("byte order mark in front", |path| before_last(path, "%EF%BB%BF")),
    PathForm::new("not UTF-8 behind", |path| format!("{path}%FF")),
    PathForm::new("letter beyond ASCII behind", |path| format!("{path}\u{e4}")),
    // Encoded characters that end a path for some parsers.
    PathForm::new("encoded nul and extension", |path| format!("{path}%00.html")),
    PathForm::new("encoded tab behind", |path| format!("{path}%09")),
    PathForm::new("encoded line feed behind", |path| format!("{path}%0A")),
    PathForm::new("encoded line end behind", |path| format!("{path}%0D%0AX-Probe:%201")),
    PathForm::new("encoded space in front", |path| before_last(path, "%20")),
    PathForm::new("plus sign behind", |path| format!("{path}+")),
    PathForm::new("encoded number sign", |path| format!("{path}%23leak")),
    PathForm::new("fragment", |path| format!("{path}#leak")),
    PathForm::new("encoded question mark", |path| format!("{path}%3Fid=1")),
    PathForm::new("encoded quote behind", |path| format!("{path}%22")),
    PathForm::new("encoded apostrophe behind", |path| format!("{path}%27")),
    PathForm::new("encoded angle bracket behind", |path| format!("{path}%3Cleak%3E")),
    PathForm::new("encoded percent sign behind", |path| format!("{path}%25")),
    PathForm::new("broken percent-encoding", |path| format!("{path}%zz")),
    PathForm::new("encoded star behind", |path| format!("{path}%2A")),
    PathForm::new("star behind", |path| format!("{path}*")),
    // Parameters of a segment.
    PathForm::new("semicolon behind", |path| format!("{path};")),
    PathForm::new("encoded semicolon behind", |path| format!("{path}%3Bv=1")),
    PathForm::new("session id in the path", |path| format!("{path};jsessionid=00112233")),
    PathForm::new("cookieless session", |path| format!("/(S(leakprobe)){path}")),
    PathForm::new("parameter and extension", |path| format!("{path};leak.css")),
    PathForm::new("parameter of a parent", |path| {
        let (parents, last) = split(path);
        format!("{parents};x=1/{last}")
    }),
    PathForm::new("comma behind", |path| format!("{path},leak")),
    PathForm::new("colon behind", |path| format!("{path}:leak")),
    PathForm::new("custom verb", |path| format!("{path}:undelete")),
    PathForm::new("exclamation mark", |path| format!("{path}!")),
    PathForm::new("equals sign", |path| format!("{path}=1")),
    PathForm::new("at sign", |path| format!("{path}@1")),
    PathForm::new("parentheses", |path| format!("{path}(1)")),
    PathForm::new("data stream", |path| format!("{path}::$DATA")),
    // Similar names.
    PathForm::new("tilde behind", |path| format!("{path}~")),
    PathForm::new("short name", |path| format!("{path}~1")),
    PathForm::new("leading dot", |path| before_last(path, ".")),
    PathForm::new("leading underscore", |path| before_last(path, "_")),
    PathForm::new("copy", |path| format!("{path}%20(1)")),
    PathForm::new("longer name", |path| format!("{path}-leak")),
    PathForm::new("shorter name", |path| {
        // A name of one letter becomes another name: without letters, it would be another route.
        let (parents, last) = split(path);
        match last.char_indices().next_back() {
            None => "/leak".to_owned(),
            Some((0, _)) => format!("{parents}/{last}{last}"),
            Some((at, _)) => format!("{parents}/{}", &last[..at]),
        }
    }),
    // A child of a child.
    PathForm::new("info/refs", |path| format!("{path}/info/refs?service=git-upload-pack")),
    PathForm::new("two children", |path| format!("{path}/leak/probe")),
    // Prefixes that proxies strip.
    PathForm::new("below /api", |path| format!("/api{path}")),
    PathForm::new("below /v1", |path| format!("/v1{path}")),
    PathForm::new("below a language", |path| format!("/en{path}")),
    PathForm::new("below index.php", |path| format!("/index.php{path}")),
    PathForm::new("below static", |path| format!("/static/..{path}")),
    // Queries of odd forms.
    PathForm::new("two question marks", |path| format!("{path}??")),
    PathForm::new("trailing slash and query", |path| format!("{path}/?id=1")),
    PathForm::new("extension and query", |path| format!("{path}.json?callback=leak")),
    PathForm::new("the path as query", |path| format!("{path}?{path}")),
    // Forms of a target.
    PathForm::new("absolute form of another host", |path| format!("http://other.example{path}")),
    PathForm::new("absolute form of https", |path| format!("https://localhost{path}")),
    PathForm::new("absolute form in upper case", |path| format!("HTTP://LOCALHOST{path}")),
    PathForm::new("absolute form with a port", |path| format!("http://localhost:8080{path}")),
    PathForm::new("absolute form with a user", |path| format!("http://leak@localhost{path}")),
    PathForm::new("absolute form of another scheme", |path| format!("ws://localhost{path}")),
    // Sizes.
    PathForm::new("query of 2 KiB", |path| format!("{path}?q={}", "x".repeat(2 << 10))),
    PathForm::new("query of 9 KiB", |path| format!("{path}?q={}", "x".repeat(9 << 10))),
    PathForm::new("query of 40 KiB", |path| format!("{path}?q={}", "x".repeat(40 << 10))),
    PathForm::new("target of 70 KiB", |path| format!("{path}?q={}", "x".repeat(70 << 10))),
    PathForm::new("2,000 parameters", |path| {
        format!("{path}?{}", (0..2_000).map(|n| format!("a{n}=&")).collect::<String>())
    }),
    PathForm::new("long child", |path| format!("{path}/{}", "x".repeat(300))),
    PathForm::new("child of 5 KiB", |path| format!("{path}/{}", "x".repeat(5 << 10))),
    PathForm::new("300 children", |path| format!("{path}{}", "/x".repeat(300))),
    PathForm::new("300 slashes", |path| before_last(path, &"/".repeat(300))),
    PathForm::new("1,000 dot segments", |path| before_last(path, &"./".repeat(1_000))),
];

/// Suffixes that frameworks, servers and careless authors add to a name: extensions and children.
pub(super) const SUFFIXES: &str = r#"
.html .xml .csv .txt .pdf .rss .atom .md .js .css .map .png .gz .br .zip .git .php .aspx .jsp .do
.bak .old .swp .diff /index.html /index.php /edit /new /1 /history /raw /$count /$value /$metadata
/health /events /websocket /leak.css /favicon.ico /.git/HEAD .json5 .jsonld .jsonp .yaml .yml
.toml .ics .vcf .geojson .kml .svg .jpg .webp .woff2 .mjs .ts .wasm .xlsx .docx .epub .tar .tgz
.7z .zst .sig .asc .md5 .sha256 .patch .phtml .phps .php5 .inc .cgi .pl .py .rb .asp .ashx .asmx
.svc .axd .jspx .action .htm .shtml .xhtml .html.twig .tmp .orig .save .backup .bak~ .1 .swo .log
.conf .env .lock .torrent .m3u8 .mp4 .class .war .sql .db .sqlite .dist .sample .min.js .gz.html
/_history /_search /_count /_doc /_mapping /_meta /_source /_update /$everything /$ref /$links
/$batch /@@view /@@edit /+view /-/raw /.well-known /.json /.env /.htaccess /.svn/entries
/WEB-INF/web.xml /META-INF/MANIFEST.MF /acl /activate /activity /actuator /admin /amp /api
/archive /attachments /audit /blob /branches /cancel /children /clone /close /comments /commits
/config /content /copy /create /data /debug /default.aspx /delete /destroy /details /diff /disable
/download /draft /embed /enable /error /export /feed /files /filter /fork /graphql /import /index
/index.htm /index.jsp /info /items /json /labels /latest /like /links /list /live /lock /login
/logout /manifest.json /members /merge /meta /metrics /move /negotiate /oembed /openapi.json
/options /page/2 /password /permalink /permissions /ping /pin /preview /print /publish /query
/ready /releases /remove /rename /render /report /reset /restore /revisions /robots.txt /rss /save
/schema /search /self /settings /share /show /signalr /sitemap.xml /socket.io/ /sse /star /start
/stats /status /stop /stream /subscribe /summary /swagger.json /sync /tags /test /thumbnail /token
/trace /trash /tree /undo /unlock /update /upload /users /validate /verify /version /versions
/view /watch /webhook /ws /wp-json /xmlrpc.php /null /undefined
/__data.json /_payload.json /page-data.json /q-data.json /index.pageContext.json /__manifest .data
.rsc .prefetch.rsc .segment.rsc /_rsc /index.md /index.json /index.txt /opengraph-image
.git/info/refs?service=git-upload-pack .git/info/lfs/locks .git/objects/info/packs
/info/lfs/objects/batch /tags/list /manifests/latest /blobs/uploads/ /maven-metadata.xml /@v/list
/-/ /!svn/me /0 /-1 /NaN /true
/00000000-0000-0000-0000-000000000000 /me /all /* /% /' /" /<x> /{id} /:id /~
"#;

/// Replaces the last slash by a text, or appends the text if there is one slash only.
fn instead_of_last_slash(path: &str, what: &str) -> String {
    match split(path) {
        ("", last) => format!("/{last}{what}"),
        (parents, last) => format!("{parents}{what}{last}"),
    }
}

/// Writes the first letter of the last segment in another way.
fn on_first(path: &str, write: impl Fn(u8) -> String) -> String {
    let (parents, last) = split(path);
    match last.as_bytes() {
        [first, ..] if first.is_ascii_alphanumeric() => {
            format!("{parents}/{}{}", write(*first), &last[1..])
        }
        _ => format!("{path}%2D"),
    }
}
