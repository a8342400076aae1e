//! The ABNF of RFC 9110, literally: every way to read an input, found by trying them all.

use std::collections::BTreeSet;

use crate::Plain;

/// The positions where a rule can end, and what it read up to there.
type Matches<T> = BTreeSet<(usize, T)>;
type Param = (String, Vec<u8>);

pub fn read(input: &[u8]) -> BTreeSet<Vec<Plain>> {
    list(input, 0, challenge)
        .into_iter()
        .filter(|(end, _)| *end == input.len())
        .map(|(_, read)| read)
        .collect()
}

/// `#element = [ element ] *( OWS "," OWS [ element ] )`
fn list<T: Clone + Ord>(
    input: &[u8],
    at: usize,
    element: fn(&[u8], usize) -> Matches<T>,
) -> Matches<Vec<T>> {
    let one_more = |at, before: &[T]| {
        let more = element(input, at).into_iter();
        let more = more.map(|(end, read)| (end, [before, &[read]].concat()));
        more.chain([(at, before.to_vec())]).collect::<Vec<_>>()
    };
    let mut all = Matches::new();
    let mut fresh = one_more(at, &[]);
    while let Some((at, before)) = fresh.pop() {
        if all.insert((at, before.clone())) {
            let commas = run(input, at, 0, is_ows);
            let commas = commas.filter(|at| input.get(*at) == Some(&b','));
            for next in commas.flat_map(|comma| run(input, comma + 1, 0, is_ows)) {
                fresh.extend(one_more(next, &before));
            }
        }
    }
    all
}

/// `auth-scheme [ 1*SP ( token68 / #auth-param ) ]`
fn challenge(input: &[u8], at: usize) -> Matches<Plain> {
    let mut all = Matches::new();
    for scheme in run(input, at, 1, is_tchar) {
        let name = text(input, at, scheme);
        all.insert((scheme, (name.clone(), None, Vec::new())));
        for next in run(input, scheme, 1, |byte| byte == b' ') {
            for letters in run(input, next, 1, is_token68) {
                for end in run(input, letters, 0, |byte| byte == b'=') {
                    let token68 = Some(text(input, next, end));
                    all.insert((end, (name.clone(), token68, Vec::new())));
                }
            }
            for (end, params) in list(input, next, auth_param) {
                all.insert((end, (name.clone(), None, params)));
            }
        }
    }
    all
}

/// `token BWS "=" BWS ( token / quoted-string )`
fn auth_param(input: &[u8], at: usize) -> Matches<Param> {
    let mut all = Matches::new();
    for end in run(input, at, 1, is_tchar) {
        let name = text(input, at, end);
        let equals = run(input, end, 0, is_ows).filter(|at| input.get(*at) == Some(&b'='));
        for value in equals.flat_map(|equals| run(input, equals + 1, 0, is_ows)) {
            for end in run(input, value, 1, is_tchar) {
                all.insert((end, (name.clone(), input[value..end].to_vec())));
            }
            if let Some((end, value)) = quoted_string(input, value) {
                all.insert((end, (name.clone(), value)));
            }
        }
    }
    all
}

/// `DQUOTE *( qdtext / quoted-pair ) DQUOTE`
fn quoted_string(input: &[u8], at: usize) -> Option<(usize, Vec<u8>)> {
    let mut bytes = input.get(at..)?.iter().enumerate();
    let mut value = Vec::new();
    bytes.next().filter(|(_, byte)| **byte == b'"')?;
    loop {
        match bytes.next()? {
            (index, b'"') => return Some((at + index + 1, value)),
            (_, b'\\') => value.push(*bytes.next()?.1),
            (_, byte) => value.push(*byte),
        }
    }
}

/// All positions where a run of at least `least` bytes can end.
fn run(
    input: &[u8],
    at: usize,
    least: usize,
    class: fn(u8) -> bool,
) -> impl Iterator<Item = usize> {
    let longest = input[at..].iter().take_while(|byte| class(**byte)).count();
    (least..=longest).map(move |length| at + length)
}

fn text(input: &[u8], from: usize, to: usize) -> String {
    String::from_utf8(input[from..to].to_vec()).unwrap()
}

fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte)
}

fn is_ows(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}
