//! Reads as much of an HTML page as the checks need: its title, how much text it has, a password input.

use std::ops::Range;

/// How far into a page its title and its heading are looked for, in bytes.
const HEAD: usize = 16 * 1024;

/// What authors put between the parts of a title.
const SEPARATORS: [&str; 8] = [" | ", " - ", " – ", " — ", " · ", " • ", " » ", " :: "];

/// The text of `<title>`, and where it is.
pub(super) fn title(page: &str) -> Option<(&str, Range<usize>)> {
    inside(page, "title")
}

/// The text of the first element of this name, and where it is.
fn inside<'p>(page: &'p str, name: &str) -> Option<(&'p str, Range<usize>)> {
    let start = tag(page, name, HEAD)?;
    let start = start + page[start..].find('>')? + 1;
    let end = start + page[start..].find("</")?;
    let text = &page[start..end];
    let from = start + text.len() - text.trim_start().len();
    let text = text.trim();
    (!text.is_empty()).then(|| (text, from..from + text.len()))
}

/// The parts of a title, such as `Log in` and `Example` of `Log in | Example`.
pub(super) fn parts(title: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(title);
    std::iter::from_fn(move || {
        let text = rest.take()?;
        let next = SEPARATORS.iter().filter_map(|it| Some((text.find(it)?, it.len()))).min();
        let (part, after) = match next {
            Some((at, length)) => (&text[..at], Some(&text[at + length..])),
            None => (text, None),
        };
        rest = after;
        Some(part.trim())
    })
}

/// The text of a page outside of tags, scripts, styles and its title; `None` if it is longer than this, in bytes.
pub(super) fn short_text(page: &str, limit: usize) -> Option<String> {
    let mut text = String::new();
    let mut rest = page;
    while text.len() <= limit {
        let Some(open) = rest.find('<') else {
            text.push_str(rest);
            rest = "";
            break;
        };
        text.push_str(&rest[..open]);
        let inner = &rest[open..];
        let skipped = ["script", "style", "title", "svg"].into_iter().find(|name| {
            let tag = inner.as_bytes().get(1..=name.len());
            tag.is_some_and(|tag| tag.eq_ignore_ascii_case(name.as_bytes()))
        });
        let end = match skipped {
            Some(name) => find_caseless(inner.as_bytes(), &format!("</{name}")),
            None => Some(0),
        };
        // A tag that does not end hides the rest, as in a browser.
        let end = end.and_then(|end| Some(end + inner[end..].find('>')? + 1));
        rest = end.map_or("", |end| &inner[end..]);
        if !text.ends_with(char::is_whitespace) {
            text.push(' ');
        }
    }
    let text = text.trim();
    (text.len() <= limit && rest.is_empty()).then(|| text.to_owned())
}

/// The text of the first heading, and where it is.
pub(super) fn heading(page: &str) -> Option<(&str, Range<usize>)> {
    inside(page, "h1")
}

/// Whether the page has an input for a password.
pub(super) fn asks_for_password(page: &str) -> bool {
    ["type=\"password\"", "type='password'", "type=password"]
        .iter()
        .any(|input| find_caseless(page.as_bytes(), input).is_some())
}

/// Where the first tag of this name begins, within a limit.
fn tag(page: &str, name: &str, limit: usize) -> Option<usize> {
    let page = page.as_bytes();
    let head = &page[..limit.min(page.len())];
    let mut from = 0;
    loop {
        let at = from + find_caseless(&head[from..], &format!("<{name}"))?;
        let next = page.get(at + 1 + name.len())?;
        if next.is_ascii_whitespace() || *next == b'>' {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Where an ASCII text is in a page, in any case.
fn find_caseless(page: &[u8], wanted: &str) -> Option<usize> {
    page.windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i20_a_title_is_found_and_split() {
        let page = "<!doctype html><HTML><head><titles>no</titles>\n<Title lang=en>\n Log in | Example – Home </title>";
        let (text, place) = title(page).unwrap();
        assert_eq!(text, "Log in | Example – Home");
        assert_eq!(&page[place], text);
        assert_eq!(parts(text).collect::<Vec<_>>(), ["Log in", "Example", "Home"]);
        assert_eq!(parts("").collect::<Vec<_>>(), [""]);
        for page in ["", "<title", "<title>", "<title>x", "<title></title>", "é<titleé>"] {
            assert_eq!(title(page), None, "{page}");
        }
    }

    #[test]
    fn i20_text_is_read_outside_of_tags_and_scripts() {
        let page = "<title>12345</title><script>if (a < b) { 1 }</SCRIPT ><p class=x>abc</p>é f";
        assert_eq!(short_text(page, 10).as_deref(), Some("abc é f"));
        assert_eq!(short_text(page, 5), None);
        for page in
            ["", "<", "<s", "<script", "<script>a", "<script></script", "</", "<style></style"]
        {
            assert_eq!(short_text(page, 3).as_deref(), Some(""), "{page}");
        }
        assert_eq!(short_text("é<é", 3).as_deref(), Some("é"));
    }
}
