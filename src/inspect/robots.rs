//! Whether a page may be in the index of a search engine, by `X-Robots-Tag` and `<meta name="robots">`.

/// Directives whose value is no directive of its own: `max-image-preview:none` permits to index.
const WITH_VALUE: [&str; 4] =
    ["max-image-preview", "max-snippet", "max-video-preview", "unavailable_after"];

/// Whether a value of `X-Robots-Tag` forbids to index, for all crawlers or for one (`googlebot: noindex`).
pub(super) fn forbids_index(value: &str) -> bool {
    let forbids = |text: &str| {
        let mut words = text.split_ascii_whitespace();
        words.any(|word| ["noindex", "none"].iter().any(|it| word.eq_ignore_ascii_case(it)))
    };
    value.split(',').any(|directive| {
        let (name, value) = directive.split_once(':').unwrap_or((directive, ""));
        let has_value = WITH_VALUE.iter().any(|it| name.trim().eq_ignore_ascii_case(it));
        forbids(name) || (!has_value && forbids(value))
    })
}

/// Whether a `meta` element of the page does. Its name is `robots`, or that of a crawler.
pub(super) fn page_forbids_index(page: &str) -> bool {
    let is_meta = |tag: &&str| {
        let name = tag.as_bytes().get(.."meta".len());
        let next = tag.as_bytes().get("meta".len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"meta"))
            && next.is_some_and(u8::is_ascii_whitespace)
    };
    let tags = page.split('<').filter(is_meta).filter_map(|tag| tag.split('>').next());
    tags.into_iter().any(|tag| {
        let is_for_crawlers = attribute(tag, "name").is_some_and(|name| {
            let name = name.trim().to_ascii_lowercase();
            name == "robots" || name.ends_with("bot")
        });
        is_for_crawlers && attribute(tag, "content").is_some_and(forbids_index)
    })
}

/// The value of an attribute of a tag, in quotes or without.
fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = tag;
    loop {
        let equals = rest.find('=')?;
        let (before, after) = (rest[..equals].trim_end(), rest[equals + 1..].trim_start());
        let (value, behind) = match after.as_bytes().first()? {
            b'"' => after[1..].split_once('"')?,
            b'\'' => after[1..].split_once('\'')?,
            _ => {
                after.split_at(after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len()))
            }
        };
        let start = before.rfind(|c: char| c.is_ascii_whitespace()).map_or(0, |at| at + 1);
        if before[start..].trim_matches('/').eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = behind;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i42_directives_that_forbid_to_index_are_known() {
        for value in [
            "noindex",
            "NoIndex, nofollow",
            "none",
            "nofollow,noindex",
            "googlebot: noindex",
            "unavailable_after: 25 Jun 2026 15:00:00 PST, noindex",
            "max-snippet:20, none",
        ] {
            assert!(forbids_index(value), "{value}");
        }
        for value in [
            "",
            "index",
            "max-image-preview:none",
            "Max-Image-Preview: none",
            "nofollow",
            "noimageindex",
            "unavailable_after: none",
        ] {
            assert!(!forbids_index(value), "{value}");
        }
    }

    #[test]
    fn i42_meta_elements_that_forbid_to_index_are_known() {
        for page in [
            "<meta name=\"robots\" content=\"noindex\">",
            "<META CONTENT='none' NAME='ROBOTS'/>",
            "<p><meta name=googlebot content=noindex>",
            "<meta charset=utf-8><meta\nname = \"robots\"\ncontent = \"nofollow, noindex\">",
        ] {
            assert!(page_forbids_index(page), "{page}");
        }
        for page in [
            "<meta name=\"robots\" content=\"max-image-preview:none\">",
            "<meta name=\"description\" content=\"none of the robots\">",
            "<meta name=\"robots\"><meta content=\"noindex\">",
            "<metal name=robots content=noindex",
            "<meta name=\"robots content=noindex",
            "<meta",
            "",
        ] {
            assert!(!page_forbids_index(page), "{page}");
        }
    }
}
