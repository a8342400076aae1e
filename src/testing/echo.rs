//! Replaces echoes: what both responses repeat of their own path in the same way reveals nothing.
//!
//! The two texts are scanned in parallel. Where the one continues with an encoding of the concealed path
//! and the other with the same encoding of the missing one, both get the same placeholder. An echo in
//! only one of them stays, and is a difference.

use std::collections::{BTreeSet, HashSet};

use super::aspect::{Aspect, Aspects};

/// A shorter text may occur for other reasons than the path.
const SHORT: usize = 3;

/// The texts that responses may repeat of the two paths.
pub(super) struct Echoes {
    /// By the first byte of the text for the concealed path; the longest ones first.
    echoes: Vec<Vec<Echo>>,
    /// The target and the path on each side, to shorten the values of a difference.
    whole: [[String; 2]; 2],
}

/// Parts of the two paths in one encoding.
#[derive(Clone)]
struct Echo {
    texts: [Vec<u8>; 2],
    placeholder: &'static str,
}

impl Echo {
    fn is_short(&self) -> bool {
        self.texts.iter().any(|text| text.len() < SHORT)
    }
}

impl Echoes {
    /// For the targets of the requests, and the paths from which they are made.
    pub(super) fn of(targets: [String; 2], paths: [&str; 2]) -> Self {
        let whole = [0, 1].map(|side| [targets[side].clone(), paths[side].to_owned()]);
        let mut echoes = vec![Vec::new(); 256];
        let mut known = HashSet::new();
        for base in bases(&targets, paths) {
            for (placeholder, make) in ENCODINGS {
                let texts = base.each_ref().map(|text| make(text).into_bytes());
                let differs = texts[0] != texts[1] && !texts.iter().any(Vec::is_empty);
                if differs && known.insert(texts.clone()) {
                    echoes[usize::from(texts[0][0])].push(Echo { texts, placeholder });
                }
            }
        }
        for echoes in &mut echoes {
            echoes.sort_by_key(|echo: &Echo| std::cmp::Reverse(echo.texts[0].len()));
        }
        Self { echoes, whole }
    }

    /// Whether some text is too short to be recognized as an echo without other evidence.
    pub(super) fn has_short(&self) -> bool {
        self.echoes.iter().flatten().any(Echo::is_short)
    }

    /// Puts placeholders where both responses repeat their paths. Short texts count only in aspects that
    /// are known to repeat them.
    pub(super) fn replace(&self, responses: &mut [Aspects; 2], trusted: &BTreeSet<Aspect>) {
        let [concealed, missing] = responses;
        let bodies_differ = concealed.get(&Aspect::Body) != missing.get(&Aspect::Body);
        for (aspect, concealed_value) in concealed.iter_mut() {
            let Some(missing_value) = missing.get_mut(aspect) else { continue };
            if concealed_value != missing_value && may_echo(aspect) {
                let allow_short = trusted.contains(aspect);
                [*concealed_value, *missing_value] =
                    self.replaced(concealed_value, missing_value, allow_short);
            }
        }
        if bodies_differ {
            length_of_echoes(concealed, missing);
        }
        self.shorten(responses);
    }

    /// Both texts with placeholders.
    fn replaced(&self, concealed: &[u8], missing: &[u8], allow_short: bool) -> [Vec<u8>; 2] {
        let (mut i, mut j) = (0, 0);
        let mut normalized =
            [Vec::with_capacity(concealed.len()), Vec::with_capacity(missing.len())];
        while i < concealed.len() && j < missing.len() {
            let rests = [&concealed[i..], &missing[j..]];
            if let Some(echo) = self.echo_at(rests, allow_short) {
                normalized.iter_mut().for_each(|text| text.extend(echo.placeholder.bytes()));
                i += echo.texts[0].len();
                j += echo.texts[1].len();
            } else if concealed[i] == missing[j] {
                normalized.iter_mut().for_each(|text| text.push(concealed[i]));
                i += 1;
                j += 1;
            } else {
                // A word that differs: an id, perhaps. The rest may be equal again.
                let lengths = rests.map(word_length);
                if lengths == [0, 0] {
                    break;
                }
                normalized[0].extend(&rests[0][..lengths[0]]);
                normalized[1].extend(&rests[1][..lengths[1]]);
                i += lengths[0];
                j += lengths[1];
            }
        }
        normalized[0].extend(&concealed[i..]);
        normalized[1].extend(&missing[j..]);
        normalized
    }

    fn echo_at(&self, [concealed, missing]: [&[u8]; 2], allow_short: bool) -> Option<&Echo> {
        self.echoes[usize::from(*concealed.first()?)].iter().find(|echo| {
            let starts =
                concealed.starts_with(&echo.texts[0]) && missing.starts_with(&echo.texts[1]);
            starts && (allow_short || !echo.is_short())
        })
    }

    /// Puts placeholders for whole paths into values that differ, so that the same difference has the
    /// same description for every way to write a path.
    fn shorten(&self, [concealed, missing]: &mut [Aspects; 2]) {
        let aspects: BTreeSet<_> = concealed.keys().chain(missing.keys()).cloned().collect();
        for aspect in aspects.iter().filter(|aspect| may_echo(aspect)) {
            let values = [concealed.get(aspect), missing.get(aspect)];
            if values[0] == values[1] {
                continue;
            }
            let short = |side: usize, text: Option<&Vec<u8>>| {
                text.and_then(|text| str::from_utf8(text).ok()).map(|text| {
                    let long = self.whole[side].iter().filter(|whole| whole.len() > 1);
                    long.fold(text.to_owned(), |text, whole| text.replace(whole, PATH)).into_bytes()
                })
            };
            let shortened = [short(0, values[0]), short(1, values[1])];
            if shortened[0] == shortened[1] {
                continue;
            }
            let [for_concealed, for_missing] = shortened;
            for_concealed.into_iter().for_each(|text| drop(concealed.insert(aspect.clone(), text)));
            for_missing.into_iter().for_each(|text| drop(missing.insert(aspect.clone(), text)));
        }
    }
}

/// A body that repeats a longer path is longer, and so are its chunks.
fn length_of_echoes(concealed: &mut Aspects, missing: &mut Aspects) {
    if concealed.get(&Aspect::Body) != missing.get(&Aspect::Body) {
        return;
    }
    let framing = |aspects: &Aspects| aspects.get(&Aspect::Framing).cloned();
    let chunks = |aspects: &Aspects| {
        aspects
            .get(&Aspect::Chunks)
            .map(|chunks| chunks.iter().filter(|byte| **byte == b',').count())
    };
    let follows = match framing(concealed).as_deref() {
        Some(b"content-length") if framing(missing) == framing(concealed) => Aspect::Length,
        Some(b"chunked") if chunks(missing) == chunks(concealed) => Aspect::Chunks,
        _ => return,
    };
    for aspects in [concealed, missing] {
        aspects.entry(follows.clone()).and_modify(|value| *value = b"(that of the body)".to_vec());
    }
}

fn may_echo(aspect: &Aspect) -> bool {
    matches!(aspect, Aspect::Header(_) | Aspect::Body | Aspect::Trailers | Aspect::Interim)
}

fn word_length(text: &[u8]) -> usize {
    let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte);
    text.iter().take_while(is_word).count()
}

const PATH: &str = "{path}";

type Make = fn(&str) -> String;

/// The encodings in which services repeat a text.
const ENCODINGS: [(&str, Make); 14] = [
    (PATH, str::to_owned),
    ("{path in lower case}", str::to_lowercase),
    ("{path in upper case}", str::to_uppercase),
    ("{path in HTML}", |text| in_html(text, "&quot;", "&#39;", "/")),
    ("{path in HTML}", |text| in_html(text, "&#34;", "&#39;", "/")),
    ("{path in HTML}", |text| in_html(text, "&quot;", "&#x27;", "&#x2F;")),
    ("{path in HTML}", |text| in_html(text, "&quot;", "&#x27;", "/")),
    ("{path in JSON}", |text| in_json(text, "/", "<")),
    ("{path in JSON}", |text| in_json(text, "\\/", "<")),
    ("{path in JSON}", |text| in_json(text, "/", "\\u003c")),
    ("{path with escapes}", |text| text.escape_debug().to_string()),
    ("{path with escapes}", |text| text.escape_default().to_string()),
    ("{path encoded}", |text| percent_encoded(text, b"-_.~", false)),
    ("{path encoded}", |text| percent_encoded(text, b"-_.~/!$&'()*+,;=:@", true)),
];

fn in_html(text: &str, quote: &str, apostrophe: &str, slash: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let text = text.replace('"', quote);
    // The entities inserted before contain neither.
    text.replace('\'', apostrophe).replace('/', slash)
}

fn in_json(text: &str, slash: &str, angle: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            '/' => escaped.push_str(slash),
            '<' => escaped.push_str(angle),
            letter if letter < ' ' => escaped.push_str(&format!("\\u{:04x}", u32::from(letter))),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn percent_encoded(text: &str, kept: &[u8], lower: bool) -> String {
    let encode = |octet: u8| match octet.is_ascii_alphanumeric() || kept.contains(&octet) {
        true => char::from(octet).to_string(),
        false if lower => format!("%{octet:02x}"),
        false => format!("%{octet:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Removes one layer of percent-encoding; invalid UTF-8 is replaced, as servers do.
fn decoded(text: &str) -> String {
    let (bytes, mut at) = (text.as_bytes(), 0);
    let mut decoded = Vec::with_capacity(bytes.len());
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(octet) => {
                decoded.push(octet);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The texts of both paths that may be repeated: whole and in segments, as sent and decoded.
fn bases(targets: &[String; 2], paths: [&str; 2]) -> Vec<[String; 2]> {
    let without_query = targets
        .each_ref()
        .map(|target| target.split_once('?').map_or(&target[..], |(path, _)| path).to_owned());
    let mut bases = vec![targets.clone()];
    for whole in [without_query, paths.map(str::to_owned)] {
        let once = whole.each_ref().map(|text| decoded(text));
        let twice = once.each_ref().map(|text| decoded(text));
        for texts in [whole, once, twice] {
            let [concealed, missing] =
                texts.each_ref().map(|text| text.split('/').collect::<Vec<_>>());
            if concealed.len() == missing.len() {
                let differing = concealed
                    .iter()
                    .zip(&missing)
                    .filter(|(concealed, missing)| concealed != missing);
                bases.extend(
                    differing.map(|(concealed, missing)| {
                        [(*concealed).to_owned(), (*missing).to_owned()]
                    }),
                );
            } else if let (Some(concealed), Some(missing)) = (concealed.last(), missing.last()) {
                bases.push([(*concealed).to_owned(), (*missing).to_owned()]);
            }
            bases.push(texts.each_ref().map(|text| text.trim_start_matches('/').to_owned()));
            bases.push(texts);
        }
    }
    bases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echoes(concealed: &str, missing: &str) -> Echoes {
        Echoes::of([concealed, missing].map(str::to_owned), [concealed, missing])
    }

    /// Whether two bodies are equal after echoes are replaced.
    fn alike(echoes: &Echoes, concealed: &str, missing: &str) -> bool {
        let body = |text: &str| Aspects::from([(Aspect::Body, text.into())]);
        let mut responses = [body(concealed), body(missing)];
        echoes.replace(&mut responses, &BTreeSet::new());
        responses[0] == responses[1]
    }

    #[test]
    fn the_same_echo_on_both_sides_is_no_difference() {
        let echoes = echoes("/vault/no%20tes<", "/vault/ot%20her<");
        for (concealed, missing) in [
            ("at /vault/no%20tes<", "at /vault/ot%20her<"),
            ("Cannot parse `no tes<` to a `u32`", "Cannot parse `ot her<` to a `u32`"),
            ("no%20tes< and no tes<", "ot%20her< and ot her<"),
            ("<p>/vault/no tes&lt;</p>", "<p>/vault/ot her&lt;</p>"),
            ("{\"at\":\"\\/vault\\/no tes<\"}", "{\"at\":\"\\/vault\\/ot her<\"}"),
            ("/VAULT/NO%20TES<", "/VAULT/OT%20HER<"),
            ("to=%2Fvault%2Fno%20tes%3C", "to=%2Fvault%2Fot%20her%3C"),
            ("id 1f2e at no tes<", "id 1f2e at ot her<"),
        ] {
            assert!(alike(&echoes, concealed, missing), "{concealed}");
        }
    }

    #[test]
    fn another_echo_on_either_side_is_a_difference() {
        let echoes = echoes("/vault/no%20tes", "/vault/ot%20her");
        for (concealed, missing) in [
            ("at /vault/no%20tes", "at"),
            ("at", "at /vault/ot%20her"),
            ("at no tes", "at ot%20her"),
            ("at no tes", "at somewhere"),
            ("no tes no tes", "ot her"),
            ("NO TES", "ot her"),
            ("no tes.", "ot her"),
        ] {
            assert!(!alike(&echoes, concealed, missing), "{concealed}");
        }
    }

    #[test]
    fn a_short_echo_counts_only_where_it_is_known() {
        let echoes = echoes("/items/7", "/items/9");
        assert!(!alike(&echoes, "item 7", "item 9"));
        let body = |text: &str| Aspects::from([(Aspect::Body, text.into())]);
        let mut responses = [body("item 7 of 10"), body("item 9 of 10")];
        echoes.replace(&mut responses, &BTreeSet::from([Aspect::Body]));
        assert_eq!(responses[0], responses[1]);
        let mut responses = [body("item 7 of 17"), body("item 9 of 18")];
        echoes.replace(&mut responses, &BTreeSet::from([Aspect::Body]));
        assert_ne!(responses[0], responses[1]);
    }

    #[test]
    fn the_length_follows_from_the_echo() {
        let response = |body: &str, length: &str| {
            Aspects::from([
                (Aspect::Body, body.into()),
                (Aspect::Length, length.into()),
                (Aspect::Framing, b"content-length".to_vec()),
            ])
        };
        let echoes = echoes("/items/notes", "/items/something");
        let mut responses = [response("no notes", "8"), response("no something", "12")];
        echoes.replace(&mut responses, &BTreeSet::new());
        assert_eq!(responses[0], responses[1]);
        let mut responses = [response("no notes!", "9"), response("no something", "12")];
        echoes.replace(&mut responses, &BTreeSet::new());
        assert_ne!(responses[0].get(&Aspect::Length), responses[1].get(&Aspect::Length));
    }

    #[test]
    fn the_text_after_a_word_that_differs_is_compared() {
        let echoes = echoes("/vault/notes", "/vault/other");
        let body = |text: &str| Aspects::from([(Aspect::Body, text.into())]);
        let mut responses = [body("id=8f3a; at /vault/notes"), body("id=11; at /vault/other")];
        echoes.replace(&mut responses, &BTreeSet::new());
        let text =
            responses.map(|aspects| String::from_utf8(aspects[&Aspect::Body].clone()).unwrap());
        assert_eq!(text, ["id=8f3a; at {path}", "id=11; at {path}"]);
    }
}
