//! The progress meter, which curl mixes with its other output unless it is called with `-s`.

use std::borrow::Cow;

/// The first line of the meter.
const TITLE: &[u8] = b"  % Total    % Received % Xferd";
/// The shortest line of numbers.
const SHORTEST: usize = 60;

/// A text without the meter.
pub(super) fn without(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.windows(TITLE.len()).any(|part| part == TITLE) {
        return Cow::Borrowed(text);
    }
    let mut kept: Vec<u8> = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let length = if *first == b'\r' { numbers(behind) } else { 0 };
        if length < SHORTEST {
            kept.push(*first);
            rest = behind;
            continue;
        }
        rest = &behind[length..];
        // A line of its own goes with its end.
        if matches!(kept.last(), None | Some(b'\n')) {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
    }
    Cow::Owned(kept)
}

/// How many bytes a line of numbers has, such as `100    14  100    14    0     0   4066      0 --:--:--`.
fn numbers(text: &[u8]) -> usize {
    let is_of_meter =
        |byte: &&u8| matches!(byte, b'0'..=b'9' | b' ' | b':' | b'-' | b'.' | b'k' | b'M' | b'G');
    text.iter().take_while(is_of_meter).count()
}
