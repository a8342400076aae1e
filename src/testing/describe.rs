//! Describes a difference for the report.

use std::fmt;

use super::aspect::Aspect;
use super::compare::Difference;

/// Displays a difference in words.
pub(super) struct Description<'a>(pub(super) &'a Difference);

impl fmt::Display for Description<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { aspect, concealed, missing, unsteady, frequency } = self.0;
        if let Some(frequency) = frequency {
            return write!(f, "{aspect} {frequency}");
        }
        if let (true, Some(concealed), Some(missing)) = (unsteady, concealed, missing) {
            let (concealed, missing) = (text(concealed), text(missing));
            return write!(
                f,
                "{aspect} is new in every response, and of another form on concealed (`{concealed}`) \
                 than on missing (`{missing}`)"
            );
        }
        match (aspect, concealed, missing) {
            (Aspect::Seen, Some(status), _) => {
                write!(
                    f,
                    "{aspect} {} on concealed and missing: the resource is visible",
                    text(status)
                )
            }
            (Aspect::Status, Some(concealed), Some(missing)) => {
                write!(
                    f,
                    "{aspect} {} on concealed, {} on missing",
                    text(concealed),
                    text(missing)
                )?;
                match concealed.first() {
                    Some(b'2' | b'3') => f.write_str(": the resource is visible"),
                    _ => Ok(()),
                }
            }
            (Aspect::Body, Some(concealed), Some(missing)) => body(f, concealed, missing),
            (_, Some(concealed), Some(missing)) => {
                let (concealed, missing) = (text(concealed), text(missing));
                write!(f, "{aspect} is `{concealed}` on concealed, `{missing}` on missing")
            }
            (_, Some(value), None) => {
                write!(f, "{aspect} present on concealed (`{}`), absent on missing", text(value))
            }
            (_, None, Some(value)) => {
                write!(f, "{aspect} absent on concealed, present on missing (`{}`)", text(value))
            }
            (_, None, None) => write!(f, "{aspect} differs"),
        }
    }
}

/// The first byte at which two bodies differ, and the text around it.
fn body(f: &mut fmt::Formatter<'_>, concealed: &[u8], missing: &[u8]) -> fmt::Result {
    let at = concealed
        .iter()
        .zip(missing)
        .take_while(|(concealed, missing)| concealed == missing)
        .count();
    let around = |bytes: &[u8]| {
        let from = at.saturating_sub(8).min(bytes.len());
        let until = (at + 24).min(bytes.len());
        bytes[from..until].escape_ascii().to_string()
    };
    let lengths = match (concealed.len(), missing.len()) {
        (length, missing) if length == missing => format!("both of {length} bytes"),
        (concealed, missing) => format!("{concealed} and {missing} bytes"),
    };
    write!(
        f,
        "body differs from byte {at} on ({lengths}): `{}` on concealed, `{}` on missing",
        around(concealed),
        around(missing)
    )
}

fn text(value: &[u8]) -> String {
    const MAX_LENGTH: usize = 200;
    let short = &value[..value.len().min(MAX_LENGTH)];
    let dots = if short.len() < value.len() { "…" } else { "" };
    format!("{}{dots}", String::from_utf8_lossy(short).escape_debug())
}
