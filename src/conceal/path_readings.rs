//! Reads a path in every way in which a service may read it.
//!
//! Services read a path differently: axum matches it as it was sent, the `url` crate removes
//! dot-segments, a file service decodes it first. So a path is under a prefix if *any* reading of it
//! is. A reading is one answer to each of these questions, and every combination of answers is
//! tried (D15):
//!
//! | question | answers |
//! |---|---|
//! | Is the path percent-decoded (RFC 3986 §2.1)? | no; once |
//! | When are dot-segments removed (§5.2.4)? | never; before it is decoded; afterwards; both |
//! | Is `%2e` a dot before the path is decoded? | no; yes, as for the `url` crate |
//! | Does `\` separate segments before the path is decoded? | no; yes, as for the `url` crate |
//! | Do `\` and `%5c` separate segments once it is decoded? | no; yes, as for files on Windows |
//! | Does `%2f` separate segments once it is decoded? | no; yes |
//! | What is an empty segment (`//`)? | a segment, which `..` removes; nothing |
//! | What are the parameters of a segment, from `;` on (§3.3)? | part of it; nothing, and dropped before all else, as by servlet containers |
//! | What follows two slashes at the beginning of the path as it was sent? | the path; a host, and the path after it (§4.2) |
//!
//! A path is also under a prefix that it passes on its way, as `/vault/../public` passes `/vault`:
//! some services remove no dot-segments, and an operating system visits every directory.
//!
//! # Cost
//!
//! The client chooses the path, so the work is bounded. A path of more than
//! [`MAX_AMBIGUOUS_BYTES`] that is not plain is not read, and counts as in the strictest place. A
//! shorter one is cut into parts at everything that separates segments in any reading.
//!
//! - Without `..`, only empty segments and `.` are removed, which no prefix contains. So the parts
//!   are walked once for each [`View`], of which there are at most eight.
//! - With `..`, a view has at most 22 [`Reading`]s, and each walks the parts at most twice. A path
//!   of more than [`MAX_PARTS`] is not read, and counts as in the strictest place: no honest client
//!   sends so many together with `..`.

use super::path_parts::{
    Delimiter, Dots, Kind, SegmentPart, View, count_step, possible_answers,
    separates_before_decoding,
};
use super::prefixes::{Node, Place};

/// The longest path in bytes that is read in more than one way. HPACK repeats a long path in a few
/// bytes, so reading a longer one would cost the service far more than its client.
const MAX_AMBIGUOUS_BYTES: usize = 2_048;

/// The most parts that a path with `..` may have.
const MAX_PARTS: usize = 32;

/// The strictest place that any reading of the path leads to or passes.
///
/// `limit` is the strictest place of the area. A path with too many bytes or parts is there.
pub(super) fn strictest(sent: &[u8], root: &Node, limit: Place) -> Place {
    let mut place = root.along(sent.split(|byte| *byte == b'/').skip(1));
    if place == limit || is_plain(sent) {
        return place;
    }
    if sent.len() > MAX_AMBIGUOUS_BYTES {
        return limit;
    }
    let whole = View { path: sent, backslash: false, drops_parameters: false };
    let has_parent = whole.parts().any(|part| part.may_be_parent());
    if has_parent && whole.parts().nth(MAX_PARTS).is_some() {
        return limit;
    }
    let read = if has_parent { read_with_parents } else { read_without_parents };
    for view in View::all(sent) {
        place = place.max(read(view, root));
        if place == limit {
            break;
        }
    }
    place
}

/// Whether every reading of the path is the same.
fn is_plain(path: &[u8]) -> bool {
    let is_special = |byte: u8| (byte == b'%') | (byte == b'\\') | (byte == b';');
    let is_special_after_slash = |byte: u8| (byte == b'/') | (byte == b'.');
    // Without branches, so that the compiler compares many bytes at once.
    let has_special = path.iter().fold(false, |found, byte| found | is_special(*byte));
    let pairs = path.iter().zip(path.get(1..).unwrap_or_default());
    !pairs.fold(has_special, |found, (byte, next)| {
        found | (*byte == b'/') & is_special_after_slash(*next)
    })
}

/// Answers to the questions that a [`View`] leaves open.
#[derive(Clone, Copy)]
struct Reading {
    /// Whether `\` separates segments before the path is decoded.
    backslash: bool,
    /// Whether `%2f` separates segments once it is decoded.
    encoded_slash: bool,
    /// Whether `\` and `%5c` separate segments once they are decoded.
    decoded_backslash: bool,
    /// Whether an empty segment is dropped, so that `..` removes the segment before it.
    drops_empty: bool,
    /// Which dot-segments are removed before the path is decoded.
    removed_first: Option<Dots>,
}

impl Reading {
    fn separates_decoded(&self, delimiter: Delimiter) -> bool {
        match delimiter {
            Delimiter::Slash => true,
            Delimiter::Backslash => self.backslash || self.decoded_backslash,
            Delimiter::EncodedSlash => self.encoded_slash,
            Delimiter::EncodedBackslash => self.decoded_backslash,
        }
    }
}

/// Reads a path without `..`. Every delimiter may separate segments here: the result is the
/// strictest place of all readings.
fn read_without_parents(view: View<'_>, root: &Node) -> Place {
    root.along(view.parts().filter(|part| part.kind == Kind::Name).map(|part| part.text))
}

/// Reads a path with `..` in every way.
fn read_with_parents(view: View<'_>, root: &Node) -> Place {
    let View { backslash, .. } = view;
    let parts: Vec<_> = view.parts().collect();
    if !parts.iter().any(|part| root.child(part.text).is_some()) {
        return root.place();
    }
    let has = |delimiter| parts.iter().any(|part| part.delimiter == delimiter);
    let has_backslash = has(Delimiter::EncodedBackslash) || has(Delimiter::Backslash) && !backslash;
    let has_empty = parts.iter().any(|part| part.kind == Kind::Empty);
    let has_dots = parts.iter().any(SegmentPart::has_encoded_dots);
    let mut reader = Reader::new(root);
    for &encoded_slash in possible_answers(has(Delimiter::EncodedSlash)) {
        for &decoded_backslash in possible_answers(has_backslash) {
            let separates_more = encoded_slash || decoded_backslash;
            // What to remove before the path is decoded, and whether it can make a difference.
            let removals = [
                (None, true),
                (Some(Dots::Plain), has_dots || separates_more),
                (Some(Dots::Encoded), has_dots && separates_more),
            ];
            for (removed_first, _) in removals.into_iter().filter(|(_, matters)| *matters) {
                for &drops_empty in possible_answers(has_empty) {
                    reader.read(
                        &parts,
                        Reading {
                            backslash,
                            encoded_slash,
                            decoded_backslash,
                            drops_empty,
                            removed_first,
                        },
                    );
                }
            }
        }
    }
    reader.place
}

/// Reads one path in one way after another.
struct Reader<'p, 'n> {
    root: &'n Node,
    /// The strictest place so far.
    place: Place,
    /// The parts of the path that are left.
    parts: Vec<SegmentPart<'p>>,
    /// For each segment that is left: the index of its first part, and the node of the path up to it,
    /// if the tree has one.
    segments: Vec<(usize, Option<&'n Node>)>,
}

impl<'p, 'n> Reader<'p, 'n> {
    fn new(root: &'n Node) -> Self {
        Self { root, place: root.place(), parts: Vec::new(), segments: Vec::new() }
    }

    fn read(&mut self, parts: &[SegmentPart<'p>], reading: Reading) {
        let Reading { backslash, drops_empty, removed_first, .. } = reading;
        self.parts.clear();
        self.parts.extend_from_slice(parts);
        if let Some(dots) = removed_first {
            self.remove_dots(dots, drops_empty, |it| separates_before_decoding(it, backslash));
        }
        self.remove_dots(Dots::Encoded, drops_empty, |it| reading.separates_decoded(it));
    }

    /// Removes dot-segments (RFC 3986 §5.2.4), and keeps the strictest place that the path passes.
    fn remove_dots(
        &mut self,
        dots: Dots,
        drops_empty: bool,
        separates: impl Fn(Delimiter) -> bool,
    ) {
        self.segments.clear();
        let (mut at, mut left) = (0, 0);
        while let Some(first) = self.parts.get(at).copied() {
            count_step();
            let others = self.parts[at + 1..].iter();
            let length = 1 + others.take_while(|part| !separates(part.delimiter)).count();
            let kind = if length == 1 { first.kind } else { Kind::Name };
            match kind {
                Kind::Empty if drops_empty => {}
                Kind::Current(written) if written <= dots => {}
                Kind::Parent(written) if written <= dots => {
                    left = self.segments.pop().map_or(left, |(start, _)| start);
                }
                _ => {
                    let parent = self.segments.last().map_or(Some(self.root), |(_, node)| *node);
                    let node = match kind {
                        Kind::Empty => parent,
                        // A segment of a prefix contains no delimiter.
                        _ if length > 1 => None,
                        _ => parent.and_then(|parent| parent.child(first.text)),
                    };
                    self.place = node.map_or(self.place, |node| self.place.max(node.place()));
                    self.segments.push((left, node));
                    // Faster than `copy_within` for so few.
                    for index in at..at + length {
                        self.parts[left] = self.parts[index];
                        left += 1;
                    }
                }
            }
            at += length;
        }
        self.parts.truncate(left);
    }
}

#[cfg(test)]
mod tests {
    use super::super::path_parts::STEPS;
    use super::*;

    /// How many bytes and parts are inspected, and where the path lies.
    fn steps(path: &str) -> (usize, Place) {
        let mut root = Node::new("", Place::Outside);
        root.add(["vault", "notes"].into_iter(), Place::Hidden);
        STEPS.set(0);
        let place = strictest(path.as_bytes(), &root, Place::Hidden);
        (STEPS.get(), place)
    }

    #[test]
    fn d15_a_path_without_dot_dot_is_read_once_for_each_view() {
        for part in ["/", "/.", "/a", "\\", "%2f", "%5c", ";", "/;", "%2e", "%", "//;\\"] {
            for length in [1_000, 2_000] {
                for beginning in ["/", "//a;\\", "/vault/%2f"] {
                    let path = beginning.to_owned() + &part.repeat(length / part.len());
                    let (steps, place) = steps(&path);
                    let is_plain = is_plain(path.as_bytes());
                    assert!(path.len() <= MAX_AMBIGUOUS_BYTES && (beginning == "/" || !is_plain));
                    assert_eq!(place, Place::Outside, "{beginning}{part}");
                    // To find `..`, and for each view to cut it and to find the end of parameters.
                    assert!(steps <= (1 + 8 * 2) * path.len(), "{steps} for {beginning}{part}");
                }
            }
        }
    }

    #[test]
    fn d15_a_long_path_that_is_not_plain_is_not_read() {
        let of_length = |length: usize| "/".repeat(length);
        assert_eq!(steps(&of_length(MAX_AMBIGUOUS_BYTES)).1, Place::Outside);
        assert_eq!(steps(&of_length(MAX_AMBIGUOUS_BYTES + 1)), (0, Place::Hidden));
        // The length of a plain path is not limited.
        assert_eq!(steps(&("/".to_owned() + &"a".repeat(60_000))).1, Place::Outside);
    }

    #[test]
    fn d15_a_path_with_dot_dot_and_too_many_parts_is_not_read() {
        for part in ["/..", "/a/..", "/%2e%2e", "\\..", "%2f..", "%5C..", "/..;", "/../", "//.."] {
            let (steps, place) = steps(&("/".to_owned() + &part.repeat(60_000 / part.len())));
            assert_eq!(place, Place::Hidden, "{part}");
            assert!(steps <= 1_000, "{steps} for {part}");
        }
        // `..` is found at the end of a long path.
        let path = "/".repeat(60_000) + "..";
        let (steps, place) = steps(&path);
        assert_eq!(place, Place::Hidden);
        assert!(steps <= 2 * path.len(), "{steps}");
    }

    #[test]
    fn d15_a_path_with_dot_dot_is_read_in_a_bounded_number_of_ways() {
        let read = |parts: usize| {
            let all = "//a;/vault\\..%2f%2e%5ca".to_owned();
            steps(&(all + &"/vault".repeat(parts - 6)))
        };
        let (steps, place) = read(MAX_PARTS);
        assert_eq!(place, Place::Outside, "it was read");
        assert!((2_000..=8 * 22 * 2 * MAX_PARTS).contains(&steps), "{steps}");
        assert_eq!(read(MAX_PARTS + 1).1, Place::Hidden, "it was not read");
    }
}
