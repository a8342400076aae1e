//! Lines that end with CRLF or with LF.

/// A line with its end, and where it begins.
pub(super) struct Line<'t> {
    pub(super) begin: usize,
    pub(super) end: usize,
    /// Without its end.
    pub(super) text: &'t [u8],
}

/// The lines of a text from here on.
pub(super) fn lines(text: &[u8], from: usize) -> impl Iterator<Item = Line<'_>> {
    let mut begin = from;
    let rest = text.get(from..).unwrap_or_default();
    rest.split_inclusive(|byte| *byte == b'\n').map(move |whole| {
        let line = Line { begin, end: begin + whole.len(), text: without_end(whole) };
        begin = line.end;
        line
    })
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
