//! What an answer repeats of the path tells nothing, as long as both answers repeat it alike.
//!
//! The texts of both are walked through side by side: where the one goes on with something made of
//! the concealed path and the other with the same thing made of the missing one, both have the same
//! placeholder from there on. What only one of them repeats stays as it is, and differs.

use std::collections::{BTreeSet, HashSet};

use super::aspect::{Aspect, Aspects};

/// A text as short as this may be there for other reasons than the path.
const SHORT: usize = 3;

/// What answers may repeat of the two paths.
pub(super) struct Echoes {
    /// By the first byte of what is made of the concealed path; the longest ones first.
    forms: Vec<Vec<Form>>,
    /// The target and the path of both, to shorten what is told of a difference.
    whole: [[String; 2]; 2],
}

/// What is made of the two paths in one way.
#[derive(Clone)]
struct Form {
    texts: [Vec<u8>; 2],
    placeholder: &'static str,
}

impl Form {
    fn is_short(&self) -> bool {
        self.texts.iter().any(|text| text.len() < SHORT)
    }
}

impl Echoes {
    /// For the targets that were asked for, and the paths that they are made of.
    pub(super) fn of(targets: [String; 2], paths: [&str; 2]) -> Self {
        let whole = [0, 1].map(|side| [targets[side].clone(), paths[side].to_owned()]);
        let mut forms = vec![Vec::new(); 256];
        let mut known = HashSet::new();
        for base in bases(&targets, paths) {
            for (placeholder, make) in ENCODINGS {
                let texts = base.each_ref().map(|text| make(text).into_bytes());
                let says = texts[0] != texts[1] && !texts.iter().any(Vec::is_empty);
                if says && known.insert(texts.clone()) {
                    forms[usize::from(texts[0][0])].push(Form { texts, placeholder });
                }
            }
        }
        for forms in &mut forms {
            forms.sort_by_key(|form: &Form| std::cmp::Reverse(form.texts[0].len()));
        }
        Self { forms, whole }
    }

    /// Whether something is made of the paths that is too short to be taken for an echo at sight.
    pub(super) fn has_short(&self) -> bool {
        self.forms.iter().flatten().any(Form::is_short)
    }

    /// Puts placeholders where both answers repeat their paths. Short texts count only where the
    /// aspect is known to repeat them.
    pub(super) fn replace(&self, both: &mut [Aspects; 2], trusted: &BTreeSet<Aspect>) {
        let [concealed, missing] = both;
        let bodies_differ = concealed.get(&Aspect::Body) != missing.get(&Aspect::Body);
        for (aspect, one) in concealed.iter_mut() {
            let Some(other) = missing.get_mut(aspect) else { continue };
            if one != other && may_echo(aspect) {
                let allow_short = trusted.contains(aspect);
                [*one, *other] = self.replaced(one, other, allow_short);
            }
        }
        if bodies_differ {
            length_of_echoes(concealed, missing);
        }
        self.shorten(both);
    }

    /// Both texts with placeholders.
    fn replaced(&self, one: &[u8], other: &[u8], allow_short: bool) -> [Vec<u8>; 2] {
        let (mut i, mut j) = (0, 0);
        let mut normalized = [Vec::with_capacity(one.len()), Vec::with_capacity(other.len())];
        while i < one.len() && j < other.len() {
            let rests = [&one[i..], &other[j..]];
            if let Some(form) = self.form_at(rests, allow_short) {
                normalized.iter_mut().for_each(|text| text.extend(form.placeholder.bytes()));
                i += form.texts[0].len();
                j += form.texts[1].len();
            } else if one[i] == other[j] {
                normalized.iter_mut().for_each(|text| text.push(one[i]));
                i += 1;
                j += 1;
            } else {
                // A word that differs: an id, perhaps. What follows may be alike again.
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
        normalized[0].extend(&one[i..]);
        normalized[1].extend(&other[j..]);
        normalized
    }

    fn form_at(&self, [one, other]: [&[u8]; 2], allow_short: bool) -> Option<&Form> {
        self.forms[usize::from(*one.first()?)].iter().find(|form| {
            let starts = one.starts_with(&form.texts[0]) && other.starts_with(&form.texts[1]);
            starts && (allow_short || !form.is_short())
        })
    }

    /// Puts placeholders for whole paths into what differs, so that the same difference is told in
    /// the same words for every way to write a path.
    fn shorten(&self, [concealed, missing]: &mut [Aspects; 2]) {
        let aspects: BTreeSet<_> = concealed.keys().chain(missing.keys()).cloned().collect();
        for aspect in aspects.iter().filter(|aspect| may_echo(aspect)) {
            let (one, other) = (concealed.get(aspect), missing.get(aspect));
            if one == other {
                continue;
            }
            let short = |side: usize, text: Option<&Vec<u8>>| {
                text.and_then(|text| str::from_utf8(text).ok()).map(|text| {
                    let long = self.whole[side].iter().filter(|whole| whole.len() > 1);
                    long.fold(text.to_owned(), |text, whole| text.replace(whole, PATH)).into_bytes()
                })
            };
            let shortened = [short(0, one), short(1, other)];
            if shortened[0] == shortened[1] {
                continue;
            }
            let [one, other] = shortened;
            one.into_iter().for_each(|text| drop(concealed.insert(aspect.clone(), text)));
            other.into_iter().for_each(|text| drop(missing.insert(aspect.clone(), text)));
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
        aspects.get(&Aspect::Chunks).map(|chunks| chunks.iter().filter(|it| **it == b',').count())
    };
    let follows = match framing(concealed).as_deref() {
        Some(b"content-length") if framing(missing) == framing(concealed) => Aspect::Length,
        Some(b"chunked") if chunks(missing) == chunks(concealed) => Aspect::Chunks,
        _ => return,
    };
    for aspects in [concealed, missing] {
        aspects.entry(follows.clone()).and_modify(|it| *it = b"(that of the body)".to_vec());
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

/// What services make of a text before they repeat it.
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
    // The entities that are in already have neither.
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

/// Without one layer of percent-encoding; what is no UTF-8 is replaced, as servers do.
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

/// The texts that may be repeated, of both paths: whole, and in segments; as sent, and decoded.
fn bases(targets: &[String; 2], paths: [&str; 2]) -> Vec<[String; 2]> {
    let without_query = targets
        .each_ref()
        .map(|target| target.split_once('?').map_or(&target[..], |(path, _)| path).to_owned());
    let mut bases = vec![targets.clone()];
    for whole in [without_query, paths.map(str::to_owned)] {
        let once = whole.each_ref().map(|text| decoded(text));
        let twice = once.each_ref().map(|text| decoded(text));
        for texts in [whole, once, twice] {
            let [one, other] = texts.each_ref().map(|text| text.split('/').collect::<Vec<_>>());
            if one.len() == other.len() {
                let differing = one.iter().zip(&other).filter(|(one, other)| one != other);
                bases
                    .extend(differing.map(|(one, other)| [(*one).to_owned(), (*other).to_owned()]));
            } else if let (Some(one), Some(other)) = (one.last(), other.last()) {
                bases.push([(*one).to_owned(), (*other).to_owned()]);
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

    /// Whether two bodies are taken for the same.
    fn alike(echoes: &Echoes, one: &str, other: &str) -> bool {
        let body = |text: &str| Aspects::from([(Aspect::Body, text.into())]);
        let mut both = [body(one), body(other)];
        echoes.replace(&mut both, &BTreeSet::new());
        both[0] == both[1]
    }

    #[test]
    fn the_same_echo_on_both_sides_is_no_difference() {
        let echoes = echoes("/vault/no%20tes<", "/vault/ot%20her<");
        for (one, other) in [
            ("at /vault/no%20tes<", "at /vault/ot%20her<"),
            ("Cannot parse `no tes<` to a `u32`", "Cannot parse `ot her<` to a `u32`"),
            ("no%20tes< and no tes<", "ot%20her< and ot her<"),
            ("<p>/vault/no tes&lt;</p>", "<p>/vault/ot her&lt;</p>"),
            ("{\"at\":\"\\/vault\\/no tes<\"}", "{\"at\":\"\\/vault\\/ot her<\"}"),
            ("/VAULT/NO%20TES<", "/VAULT/OT%20HER<"),
            ("to=%2Fvault%2Fno%20tes%3C", "to=%2Fvault%2Fot%20her%3C"),
            ("id 1f2e at no tes<", "id 1f2e at ot her<"),
        ] {
            assert!(alike(&echoes, one, other), "{one}");
        }
    }

    #[test]
    fn another_echo_on_either_side_is_a_difference() {
        let echoes = echoes("/vault/no%20tes", "/vault/ot%20her");
        for (one, other) in [
            ("at /vault/no%20tes", "at"),
            ("at", "at /vault/ot%20her"),
            ("at no tes", "at ot%20her"),
            ("at no tes", "at somewhere"),
            ("no tes no tes", "ot her"),
            ("NO TES", "ot her"),
            ("no tes.", "ot her"),
        ] {
            assert!(!alike(&echoes, one, other), "{one}");
        }
    }

    #[test]
    fn a_short_echo_counts_only_where_it_is_known() {
        let echoes = echoes("/items/7", "/items/9");
        assert!(!alike(&echoes, "item 7", "item 9"));
        let body = |text: &str| Aspects::from([(Aspect::Body, text.into())]);
        let mut both = [body("item 7 of 10"), body("item 9 of 10")];
        echoes.replace(&mut both, &BTreeSet::from([Aspect::Body]));
        assert_eq!(both[0], both[1]);
        let mut both = [body("item 7 of 17"), body("item 9 of 18")];
        echoes.replace(&mut both, &BTreeSet::from([Aspect::Body]));
        assert_ne!(both[0], both[1]);
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
        let mut both = [response("no notes", "8"), response("no something", "12")];
        echoes.replace(&mut both, &BTreeSet::new());
        assert_eq!(both[0], both[1]);
        let mut both = [response("no notes!", "9"), response("no something", "12")];
        echoes.replace(&mut both, &BTreeSet::new());
        assert_ne!(both[0].get(&Aspect::Length), both[1].get(&Aspect::Length));
    }

    #[test]
    fn what_follows_a_word_that_differs_is_compared() {
        let echoes = echoes("/vault/notes", "/vault/other");
        let body = |text: &str| Aspects::from([(Aspect::Body, text.into())]);
        let mut both = [body("id=8f3a; at /vault/notes"), body("id=11; at /vault/other")];
        echoes.replace(&mut both, &BTreeSet::new());
        let text = both.map(|aspects| String::from_utf8(aspects[&Aspect::Body].clone()).unwrap());
        assert_eq!(text, ["id=8f3a; at {path}", "id=11; at {path}"]);
    }
}
