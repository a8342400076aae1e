//! Which characters of a server's text are shown to a person. The command includes this file as well.

/// Whether a character is shown as it is: no control character (C0, DEL, C1), none that turns the direction of
/// the text around it, and no separator that some programs take for the end of a line.
pub(crate) fn is_shown(c: char) -> bool {
    let turns = matches!(
        c,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    );
    let separates = matches!(c, '\u{2028}' | '\u{2029}');
    !c.is_control() && !turns && !separates
}

/// The text, with U+FFFD in the place of each character that is not shown.
#[allow(dead_code)] // Not needed by the library without the feature `testing`.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(|c| if is_shown(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}
