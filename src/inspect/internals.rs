//! What of a text shows the inside of the server: frames of a stack trace, errors of a database, paths of
//! the machine.

use std::ops::Range;

use super::any_of::Words;

/// What a text shows.
pub(super) struct Shown {
    pub(super) place: Range<usize>,
    pub(super) what: &'static str,
}

/// The first thing that the text shows. `target` is the decoded target of the request, which a text may repeat.
/// If it `may_repeat` the content of the request as well, the path of a file is not enough.
pub(super) fn shown(text: &str, target: &str, may_repeat: bool) -> Option<Shown> {
    let target = head(target, LONGEST_TARGET);
    let trace = trace(text, target).map(|place| Shown { place, what: "a stack trace" });
    let sql =
        || database(text, target).map(|place| Shown { place, what: "an error of the database" });
    let path = || {
        path(text, target, may_repeat)
            .map(|place| Shown { place, what: "a path of the server's machine" })
    };
    trace.or_else(sql).or_else(path)
}

/// How many places of a text are tried, so that no text takes long.
const MAX_TRIED: usize = 10_000;

/// How much of the request's target is searched for what a text shows, in bytes.
const LONGEST_TARGET: usize = 8 * 1024;

/// How often a word of a text is searched for in the target.
const MAX_SEARCHED: usize = 1_000;

/// How much of a path is read, in bytes.
const LONGEST_PATH: usize = 300;

/// How a frame ends, after the name of its file: `Bar.java:12)`.
struct Frame {
    file: &'static str,
    is: fn(before: &str, after: &str) -> bool,
}

const FRAMES: &[Frame] = &[
    // Python; the quote may be escaped for JSON or HTML.
    Frame { file: ".py", is: |_, after| python_line(after) },
    // Java, Kotlin, Scala.
    Frame { file: ".java:", is: in_parentheses },
    Frame { file: ".kt:", is: in_parentheses },
    Frame { file: ".scala:", is: in_parentheses },
    // Node.
    Frame { file: ".js:", is: line_and_column },
    Frame { file: ".cjs:", is: line_and_column },
    Frame { file: ".mjs:", is: line_and_column },
    Frame { file: ".ts:", is: line_and_column },
    // .NET.
    Frame { file: ".cs:line ", is: |_, after| digits(after) > 0 },
    // Go.
    Frame {
        file: ".go:",
        is: |_, after| after_digits(after).is_some_and(|it| it.starts_with(" +0x")),
    },
    // Ruby.
    Frame {
        file: ".rb:",
        is: |_, after| after_digits(after).is_some_and(|it| it.starts_with(":in ")),
    },
    // Elixir.
    Frame {
        file: ".ex:",
        is: |_, after| after_digits(after).is_some_and(|it| it.starts_with(": ")),
    },
    // Rust.
    Frame {
        file: ".rs:",
        is: |before, after| {
            let line = tail(before, 200);
            after_digits(after).is_some_and(|it| it.starts_with(':'))
                && (line.contains("panicked at ") || line.contains(" at "))
        },
    },
    // PHP.
    Frame {
        file: ".php(",
        is: |_, after| after_digits(after).is_some_and(|it| it.starts_with("):")),
    },
    Frame { file: ".php</b> on line <b>", is: |_, after| digits(after) > 0 },
    Frame { file: ".php on line ", is: |_, after| digits(after) > 0 },
];

/// Texts that only a stack trace has.
const TRACES: Words = Words::new(&[
    "Traceback (most recent call last)",
    "goroutine 1 [running]",
    "panic: runtime error",
]);

fn trace(text: &str, target: &str) -> Option<Range<usize>> {
    word(&TRACES, text, target).or_else(|| frame(text, target)).or_else(|| dotted_frame(text))
}

/// The first of the words that is no part of a longer one, and that the request has not named.
fn word(words: &'static Words, text: &str, target: &str) -> Option<Range<usize>> {
    let mut found = words.all(text).filter(|it| begins_word(&text[..it.start]));
    found.by_ref().take(MAX_SEARCHED).find(|it| !target.contains(&text[it.clone()]))
}

/// Whether a word can begin behind this text: `ER_DUP_ENTRY` does not in `USER_DUP_ENTRY`.
fn begins_word(before: &str) -> bool {
    // An escape of a line's end, as in JSON.
    let ends_line = ["\\n", "\\r", "\\t"].iter().any(|escape| before.ends_with(escape));
    ends_line || !before.ends_with(|c: char| c.is_alphanumeric() || c == '_')
}

fn frame(text: &str, target: &str) -> Option<Range<usize>> {
    let mut frames = text.match_indices('.').take(MAX_TRIED).filter_map(|(at, _)| {
        let frame = FRAMES.iter().find(|frame| {
            text[at..].strip_prefix(frame.file).is_some_and(|after| (frame.is)(&text[..at], after))
        })?;
        let name = tail(&text[..at], 120).rsplit(is_delimiter).next();
        let end = at + frame.file.len();
        Some(at - name.map_or(0, str::len)..end + position(&text[end..]))
    });
    frames.by_ref().take(MAX_SEARCHED).find(|it| !target.contains(&text[it.clone()]))
}

/// A frame of .NET or Java without a file: white space, `at`, and a method with its class.
fn dotted_frame(text: &str) -> Option<Range<usize>> {
    text.match_indices('(').take(MAX_TRIED).find_map(|(end, _)| {
        let is_of_method = |c: char| c.is_alphanumeric() || "._$<>`+[]/".contains(c);
        let line = tail(&text[..end], 200);
        let before = line.trim_end_matches(is_of_method);
        let method = &line[before.len()..];
        let indent = before.strip_suffix("at ")?;
        let is_indented = ["   ", "\t", "\\t"].iter().any(|it| indent.ends_with(it));
        let names = method.split('.').filter(|name| !name.is_empty()).count();
        (is_indented && names >= 3).then(|| end - method.len() - 3..end)
    })
}

fn python_line(after: &str) -> bool {
    let quotes = ["\", line ", "\\\", line ", "&quot;, line ", "&#34;, line ", "', line "];
    quotes.iter().any(|quote| after.strip_prefix(quote).is_some_and(|rest| digits(rest) > 0))
}

fn in_parentheses(before: &str, after: &str) -> bool {
    let opens = tail(before, 120).rsplit(|c: char| !c.is_alphanumeric() && c != '_').next();
    let opens = before.len() - opens.map_or(0, str::len);
    before[..opens].ends_with('(') && after_digits(after).is_some_and(|it| it.starts_with(')'))
}

fn line_and_column(before: &str, after: &str) -> bool {
    let column = after_digits(after).and_then(|rest| after_digits(rest.strip_prefix(':')?));
    let line = tail(before, 300);
    let line = line.rsplit(['\n', '>']).next().unwrap_or_default();
    column.is_some() && (line.contains("at ") || line.contains("file://"))
}

/// The first bytes of a text, whole characters only.
fn head(text: &str, length: usize) -> &str {
    let mut end = text.len().min(length);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The last bytes of a text, whole characters only.
fn tail(text: &str, length: usize) -> &str {
    let mut start = text.len().saturating_sub(length);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || "\"'()<>;,[]".contains(c)
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The length of a line's number, and of a column's after it.
fn position(text: &str) -> usize {
    let line = digits(text);
    let column = text[line..].strip_prefix(':').map_or(0, digits);
    if line > 0 && column > 0 { line + 1 + column } else { line }
}

fn after_digits(text: &str) -> Option<&str> {
    let count = digits(text);
    (count > 0).then(|| &text[count..])
}

/// Texts that only the error of a database has.
const DATABASES: Words = Words::new(&[
    "You have an error in your SQL syntax",
    "duplicate key value violates unique constraint",
    "syntax error at or near \"",
    "ER_ACCESS_DENIED_ERROR",
    "ER_BAD_FIELD_ERROR",
    "ER_DUP_ENTRY",
    "ER_NO_SUCH_TABLE",
    "ER_PARSE_ERROR",
    "Microsoft.Data.SqlClient.",
    "SQLITE_CONSTRAINT",
    "SQLITE_ERROR",
    "System.Data.SqlClient.",
    "django.db.utils.",
    "java.sql.SQL",
    "org.hibernate.exception.",
    "psycopg2.errors.",
    "sqlalchemy.exc.",
    "sqlite3.OperationalError",
]);

/// What stands before the code of an error.
const CODES: Words = Words::new(&["SQLSTATE", "ORA-"]);

fn database(text: &str, target: &str) -> Option<Range<usize>> {
    let code = || {
        let codes = CODES.all(text).filter(|it| begins_word(&text[..it.start]));
        codes.take(MAX_TRIED).find_map(|found| {
            let (after, is_oracle) = (&text[found.end..], text[found.clone()].starts_with('O'));
            if is_oracle {
                let place = found.start..found.end + 5;
                let is_code = digits(after) == 5 && !target.contains(&text[place.clone()]);
                return is_code.then_some(place);
            }
            let code = after.trim_start_matches([' ', '[', ':', '=', '(', '"', '\'']);
            let is_of_code = |byte: &u8| byte.is_ascii_digit() || byte.is_ascii_uppercase();
            let length = code.bytes().take(6).take_while(is_of_code).count();
            let has_digit = code[..length].bytes().any(|byte| byte.is_ascii_digit());
            let skipped = after.len() - code.len();
            let is_code = length == 5 && has_digit && (1..=4).contains(&skipped);
            let place = found.start..found.end + skipped + length;
            (is_code && !target.contains(&text[place.clone()])).then_some(place)
        })
    };
    word(&DATABASES, text, target).or_else(code)
}

/// Directories that machines have, and addresses of the web seldom.
const ROOTS: &[&str] = &[
    "/home/",
    "/Users/",
    "/root/",
    "/var/",
    "/usr/",
    "/etc/",
    "/opt/",
    "/srv/",
    "/private/",
    "/proc/",
    "/app/",
    "/workspace/",
];

/// Extensions of files that a server runs or reads, and does not send.
const FILES: &[&str] = &[
    "cfg", "class", "conf", "cs", "db", "dll", "ejs", "env", "erb", "exe", "ex", "go", "hbs",
    "ini", "jar", "java", "js", "jsp", "key", "kt", "log", "mjs", "pem", "php", "pl", "pug", "py",
    "rb", "rs", "so", "sock", "sql", "sqlite", "sqlite3", "toml", "tpl", "ts", "twig", "war",
    "yaml", "yml",
];

/// Directories whose names the addresses of sites begin with as well, such as those of Next.js with a `basePath`.
const OF_SITES: &[&str] = &["/app/", "/home/", "/private/", "/workspace/"];

/// Extensions of files that browsers load, or that addresses end with.
const OF_WEB: &[&str] = &["js", "jsp", "mjs", "php", "pl", "ts"];

/// Words of an operating system before a path.
const OF_SYSTEM: &str = "no such file or directory";

/// Words of a runtime before the path of a file that it cannot read.
const OF_RUNTIME: [&str; 5] =
    ["cannot find module", "eacces", "enoent", "failed opening required", "failed to open stream"];

/// A path that names a file of the server. Addresses of the web look alike: links do not count, nor does what
/// the request asked for.
fn path(text: &str, target: &str, may_repeat: bool) -> Option<Range<usize>> {
    let mut slashes = text.match_indices('/').map(|(at, _)| at);
    let unix = slashes.by_ref().take(MAX_TRIED).find_map(|at| {
        let path = head(&text[at..], LONGEST_PATH);
        let root = ROOTS.iter().find(|root| path.starts_with(**root))?;
        let length = path.find(|c: char| is_delimiter(c) || "&?#\\:|`".contains(c));
        let path = path[..length.unwrap_or(path.len())].trim_end_matches(['.', '/']);
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let before = &text[..at];
        let words = tail(before, 80).to_ascii_lowercase();
        let is_known = words.contains(OF_SYSTEM) || OF_RUNTIME.iter().any(|it| words.contains(it));
        let after = &text[at + path.len()..];
        let has_line = after.starts_with([':', '(']) && digits(&after[1..]) > 0;
        let may_be_address = || OF_SITES.contains(root) && OF_WEB.contains(&extension);
        let is_file = FILES.contains(&extension) && (is_known || has_line || !may_be_address());
        let is_file = is_file || words.contains(OF_SYSTEM);
        let is_shown =
            is_file && (is_known || !may_repeat) && !is_address(before) && !target.contains(path);
        is_shown.then(|| at..at + path.len())
    });
    unix.or_else(|| if may_repeat { None } else { windows_path(text, target) })
}

/// Whether what follows is the rest of an address: of a link, or after a host.
fn is_address(before: &str) -> bool {
    let last = before.chars().next_back();
    let follows_name = last.is_some_and(|c| c.is_alphanumeric() || "/.-_~])=".contains(c));
    let is_attribute = before.ends_with("=\"") || before.ends_with("='");
    (follows_name || is_attribute) && !before.ends_with("file://")
}

/// A drive, and at least two names after it: `C:\inetpub\wwwroot`. Backslashes may be escaped for JSON.
fn windows_path(text: &str, target: &str) -> Option<Range<usize>> {
    text.match_indices(":\\").take(MAX_TRIED).find_map(|(colon, _)| {
        let start = colon.checked_sub(1)?;
        let mut before = text[..colon].bytes().rev();
        let is_drive = before.next()?.is_ascii_alphabetic()
            && !before.next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let is_of_name = |c: char| c.is_alphanumeric() || " ._-~()$".contains(c);
        let path = &text[colon + 1..];
        let length = path.find(|c: char| c != '\\' && !is_of_name(c)).unwrap_or(path.len());
        let mut names = path[..length].split('\\').filter(|name| !name.is_empty());
        // A regular expression has short ones: `\d\w`.
        let is_path = names.next().is_some_and(|name| name.len() >= 3)
            && names.next().is_some_and(|name| name.len() >= 3);
        let place = start..colon + 1 + path[..length].trim_end().len();
        (is_drive && is_path && !target.contains(&text[place.clone()])).then_some(place)
    })
}
