//! How may a service read a path?
//!
//! Services take one path for different ones: axum matches it as it was sent, the `url` crate
//! removes dot-segments, a file service decodes it first. So a path is under a prefix if *any*
//! reading of it is. A reading answers each of these questions in one way, and every combination of
//! answers is tried (D15):
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
//! | What follows two slashes at the beginning of the path as it was sent? | the path; a host, and the path behind it (§4.2) |
//!
//! A path is also under a prefix that it passes on its way, as `/vault/../public` passes `/vault`:
//! some services remove no dot-segments, and an operating system looks into every directory.
//!
//! # What it costs
//!
//! A stranger chooses the path, so the work is bounded. A path of more than [`MOST_BYTES`] that is
//! not plain is not read, and counts as the strictest. A shorter one is cut into pieces at everything
//! that separates segments in any reading.
//!
//! - Without `..` nothing is removed but empty segments and `.`, which no prefix has: it is enough to
//!   go along the pieces, once for each [`View`], of which there are eight at most.
//! - With `..` there are at most 22 [`Reading`]s of a view, and each goes over the pieces twice at
//!   most. A path of more than [`MOST_PIECES`] is not read, and counts as the strictest: no honest
//!   client sends so many together with `..`.

use super::path_pieces::{
    Delimiter, Dots, Kind, Piece, View, count_step, either, separates_as_sent,
};
use super::prefixes::{Node, Place};

/// How many bytes a path may have that can be read in more than one way. HPACK repeats a longer path
/// in a few bytes, so that reading it would cost the service far more than its client.
const MOST_BYTES: usize = 2_048;

/// How many pieces a path with `..` may have.
const MOST_PIECES: usize = 32;

/// The strictest place that any reading of the path leads to or passes.
///
/// `limit` is the strictest place of all, and that of a path with too many bytes or pieces.
pub(super) fn strictest(sent: &[u8], root: &Node, limit: Place) -> Place {
    let mut place = root.along(sent.split(|byte| *byte == b'/').skip(1));
    if place == limit || is_plain(sent) {
        return place;
    }
    if sent.len() > MOST_BYTES {
        return limit;
    }
    let whole = View { path: sent, backslash: false, drops_parameters: false };
    let goes_back = whole.pieces().any(|piece| piece.may_go_back());
    if goes_back && whole.pieces().nth(MOST_PIECES).is_some() {
        return limit;
    }
    let read = if goes_back { read_in_every_way } else { read_forward };
    for view in View::all(sent) {
        place = place.max(read(view, root));
        if place == limit {
            break;
        }
    }
    place
}

/// Whether all readings are one.
fn is_plain(path: &[u8]) -> bool {
    let is_odd = |byte: u8| (byte == b'%') | (byte == b'\\') | (byte == b';');
    let is_odd_after_slash = |byte: u8| (byte == b'/') | (byte == b'.');
    // Without branches, so that many bytes are looked at at once.
    let has_odd = path.iter().fold(false, |odd, byte| odd | is_odd(*byte));
    let pairs = path.iter().zip(path.get(1..).unwrap_or_default());
    !pairs.fold(has_odd, |odd, (byte, next)| odd | (*byte == b'/') & is_odd_after_slash(*next))
}

/// The answers to the other questions.
#[derive(Clone, Copy)]
struct Reading {
    /// Whether `\` separates segments as it is sent.
    backslash: bool,
    /// Whether `%2f` does, once it is decoded.
    encoded_slash: bool,
    /// Whether `\` and `%5c` do, once they are decoded.
    decoded_backslash: bool,
    /// Whether an empty segment is nothing, so that `..` removes what stands before it.
    drops_empty: bool,
    /// Which dot-segments are removed before the path is decoded.
    first: Option<Dots>,
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

/// Reads a path without `..`: what separates segments in some reading may separate them here.
fn read_forward(view: View<'_>, root: &Node) -> Place {
    root.along(view.pieces().filter(|piece| piece.kind == Kind::Name).map(|piece| piece.text))
}

fn read_in_every_way(view: View<'_>, root: &Node) -> Place {
    let View { backslash, .. } = view;
    let pieces: Vec<_> = view.pieces().collect();
    if !pieces.iter().any(|piece| root.child(piece.text).is_some()) {
        return root.place();
    }
    let has = |delimiter| pieces.iter().any(|piece| piece.delimiter == delimiter);
    let has_backslash = has(Delimiter::EncodedBackslash) || has(Delimiter::Backslash) && !backslash;
    let has_empty = pieces.iter().any(|piece| piece.kind == Kind::Empty);
    let has_dots = pieces.iter().any(Piece::has_encoded_dots);
    let mut reader = Reader::new(root);
    for &encoded_slash in either(has(Delimiter::EncodedSlash)) {
        for &decoded_backslash in either(has_backslash) {
            let has_more = encoded_slash || decoded_backslash;
            let firsts = [
                (None, true),
                (Some(Dots::AsTheyAre), has_dots || has_more),
                (Some(Dots::Encoded), has_dots && has_more),
            ];
            for (first, _) in firsts.into_iter().filter(|(_, is_posed)| *is_posed) {
                for &drops_empty in either(has_empty) {
                    let reading =
                        Reading { backslash, encoded_slash, decoded_backslash, drops_empty, first };
                    reader.read(&pieces, reading);
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
    /// What is left of the path.
    pieces: Vec<Piece<'p>>,
    /// For each segment that is left: its first piece, and where its path is in the tree, if there.
    segments: Vec<(usize, Option<&'n Node>)>,
}

impl<'p, 'n> Reader<'p, 'n> {
    fn new(root: &'n Node) -> Self {
        Self { root, place: root.place(), pieces: Vec::new(), segments: Vec::new() }
    }

    fn read(&mut self, pieces: &[Piece<'p>], reading: Reading) {
        let Reading { backslash, drops_empty, first, .. } = reading;
        self.pieces.clear();
        self.pieces.extend_from_slice(pieces);
        if let Some(dots) = first {
            self.remove_dots(dots, drops_empty, |it| separates_as_sent(it, backslash));
        }
        self.remove_dots(Dots::Encoded, drops_empty, |it| reading.separates_decoded(it));
    }

    /// Removes dot-segments (RFC 3986 §5.2.4), and notes the places that the path passes.
    fn remove_dots(
        &mut self,
        dots: Dots,
        drops_empty: bool,
        separates: impl Fn(Delimiter) -> bool,
    ) {
        self.segments.clear();
        let (mut at, mut left) = (0, 0);
        while let Some(first) = self.pieces.get(at).copied() {
            count_step();
            let others = self.pieces[at + 1..].iter();
            let length = 1 + others.take_while(|piece| !separates(piece.delimiter)).count();
            let kind = if length == 1 { first.kind } else { Kind::Name };
            match kind {
                Kind::Empty if drops_empty => {}
                Kind::Here(written) if written <= dots => {}
                Kind::Back(written) if written <= dots => {
                    left = self.segments.pop().map_or(left, |(start, _)| start);
                }
                _ => {
                    let parent = self.segments.last().map_or(Some(self.root), |(_, node)| *node);
                    let node = match kind {
                        Kind::Empty => parent,
                        // No prefix has a delimiter in a segment.
                        _ if length > 1 => None,
                        _ => parent.and_then(|parent| parent.child(first.text)),
                    };
                    self.place = node.map_or(self.place, |node| self.place.max(node.place()));
                    self.segments.push((left, node));
                    // Faster than `copy_within` for so few.
                    for piece in at..at + length {
                        self.pieces[left] = self.pieces[piece];
                        left += 1;
                    }
                }
            }
            at += length;
        }
        self.pieces.truncate(left);
    }
}

#[cfg(test)]
mod tests {
    use super::super::path_pieces::STEPS;
    use super::*;

    /// How many bytes and pieces are looked at, and where the path lies.
    fn steps(path: &str) -> (usize, Place) {
        let mut root = Node::new("", Place::Outside);
        root.add(["vault", "notes"].into_iter(), Place::Hidden);
        STEPS.set(0);
        let place = strictest(path.as_bytes(), &root, Place::Hidden);
        (STEPS.get(), place)
    }

    #[test]
    fn d15_a_path_without_dot_dot_is_looked_at_once_for_each_view() {
        for part in ["/", "/.", "/a", "\\", "%2f", "%5c", ";", "/;", "%2e", "%", "//;\\"] {
            for length in [1_000, 2_000] {
                for beginning in ["/", "//a;\\", "/vault/%2f"] {
                    let path = beginning.to_owned() + &part.repeat(length / part.len());
                    let (steps, place) = steps(&path);
                    let is_plain = is_plain(path.as_bytes());
                    assert!(path.len() <= MOST_BYTES && (beginning == "/" || !is_plain));
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
        assert_eq!(steps(&of_length(MOST_BYTES)).1, Place::Outside);
        assert_eq!(steps(&of_length(MOST_BYTES + 1)), (0, Place::Hidden));
        // A plain one is as long as it likes.
        assert_eq!(steps(&("/".to_owned() + &"a".repeat(60_000))).1, Place::Outside);
    }

    #[test]
    fn d15_a_path_with_dot_dot_and_too_many_pieces_is_not_read() {
        for part in ["/..", "/a/..", "/%2e%2e", "\\..", "%2f..", "%5C..", "/..;", "/../", "//.."] {
            let (steps, place) = steps(&("/".to_owned() + &part.repeat(60_000 / part.len())));
            assert_eq!(place, Place::Hidden, "{part}");
            assert!(steps <= 1_000, "{steps} for {part}");
        }
        // It is found behind everything else.
        let path = "/".repeat(60_000) + "..";
        let (steps, place) = steps(&path);
        assert_eq!(place, Place::Hidden);
        assert!(steps <= 2 * path.len(), "{steps}");
    }

    #[test]
    fn d15_a_path_with_dot_dot_is_read_in_a_bounded_number_of_ways() {
        let read = |pieces: usize| {
            let all = "//a;/vault\\..%2f%2e%5ca".to_owned();
            steps(&(all + &"/vault".repeat(pieces - 6)))
        };
        let (steps, place) = read(MOST_PIECES);
        assert_eq!(place, Place::Outside, "it was read");
        assert!((2_000..=8 * 22 * 2 * MOST_PIECES).contains(&steps), "{steps}");
        assert_eq!(read(MOST_PIECES + 1).1, Place::Hidden, "it was not read");
    }
}
