//! Every combination of answers to the questions of D15, tried one after another on whole paths.

use super::others::decode;

type Path = Vec<u8>;

/// Whether any reading of the target leads to the prefix, or passes it on its way.
pub fn reaches(target: &str, prefix: &str) -> bool {
    let prefix: Vec<&[u8]> = prefix[1..].split('/').map(str::as_bytes).collect();
    let sent = target.as_bytes().to_vec();
    // Does `\` separate segments? What do two slashes begin? What does `;` begin?
    either(sent, with_slashes).any(|sent| {
        either(sent, behind_host).any(|path| {
            either(path, without_parameters).any(|path| {
                // Is an empty segment dropped? There is one if there is one in any reading.
                let is_doubled = with_slashes(&decode(&path)).windows(2).any(|it| it == b"//");
                reaches_with(&path, &prefix, false)
                    || is_doubled && reaches_with(&path, &prefix, true)
            })
        })
    })
}

fn reaches_with(path: &[u8], prefix: &[&[u8]], merges: bool) -> bool {
    let merged = |path: Path| if merges { merge_slashes(&path) } else { path };
    let path = merged(path.to_vec());
    // When are dot-segments removed, and what is a dot?
    let mut is_reached = false;
    let mut remove = |dots| remove_dots(&path, dots, prefix, decode_but_slashes, &mut is_reached);
    let mut paths = vec![remove(AS_THEY_ARE), remove(ENCODED)];
    paths.push(path);
    paths.dedup();
    is_reached
        || paths.into_iter().any(|path| {
            // What separates segments once they are decoded?
            either(decode_but_slashes(&path), |_| decode(&path)).any(|path| {
                either(path, with_slashes).any(|path| {
                    let mut is_reached = false;
                    let path = merged(path);
                    remove_dots(&path, AS_THEY_ARE, prefix, <[u8]>::to_vec, &mut is_reached);
                    is_reached
                })
            })
        })
}

/// The path as it is, and with a change if there is any.
fn either(path: Path, change: impl Fn(&[u8]) -> Path) -> impl Iterator<Item = Path> {
    let changed = change(&path);
    let other = (changed != path).then_some(changed);
    [path].into_iter().chain(other)
}

fn with_slashes(path: &[u8]) -> Path {
    path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect()
}

fn behind_host(path: &[u8]) -> Path {
    let text = std::str::from_utf8(path).unwrap();
    let Some(rest) = text.strip_prefix("//") else { return path.to_vec() };
    let host = rest.trim_start_matches('/');
    host.find('/').map_or(Path::new(), |end| host[end..].into())
}

fn without_parameters(path: &[u8]) -> Path {
    let segments = path.split(|byte| *byte == b'/');
    let bare: Vec<_> = segments.map(|it| it.split(|byte| *byte == b';').next().unwrap()).collect();
    bare.join(&b'/')
}

fn merge_slashes(path: &[u8]) -> Path {
    let mut merged = path.to_vec();
    merged.dedup_by(|byte, before| *byte == b'/' && *before == b'/');
    merged
}

/// Decodes all but `%2f`, by encoding its `%` first.
fn decode_but_slashes(path: &[u8]) -> Path {
    if !path.contains(&b'%') {
        return path.into();
    }
    let mut kept = Path::new();
    for (at, byte) in path.iter().enumerate() {
        kept.push(*byte);
        if path[at..].starts_with(b"%2f") || path[at..].starts_with(b"%2F") {
            kept.extend(b"25");
        }
    }
    decode(&kept)
}

/// How `.` and `..` are written, in small letters.
type Dots = (&'static [&'static str], &'static [&'static str]);

const AS_THEY_ARE: Dots = (&["."], &[".."]);
const ENCODED: Dots = (&[".", "%2e"], &["..", ".%2e", "%2e.", "%2e%2e"]);

/// Removes dot-segments, and checks on the way whether the prefix is reached.
fn remove_dots(
    path: &[u8],
    dots: Dots,
    prefix: &[&[u8]],
    name: fn(&[u8]) -> Path,
    is_reached: &mut bool,
) -> Path {
    let mut left: Vec<&[u8]> = Vec::new();
    for segment in path.strip_prefix(b"/").unwrap_or(path).split(|byte| *byte == b'/') {
        let is_any =
            |written: &[&str]| written.iter().any(|it| segment.eq_ignore_ascii_case(it.as_bytes()));
        if is_any(dots.1) {
            left.pop();
        } else if !is_any(dots.0) {
            left.push(segment);
            let names = left.iter().filter(|it| !it.is_empty()).take(prefix.len());
            *is_reached |= names.map(|it| name(it)).eq(prefix.iter().copied());
        }
    }
    left.iter().flat_map(|segment| [b"/", *segment].concat()).collect()
}
