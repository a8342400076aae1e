//! What to know of bodies that were judged in part.

use http::{Method, StatusCode};

use crate::inspect::{Asked, Series, is_coded};

/// Why a body was not judged whole, if it was not.
fn why(asked: &Asked) -> Option<&'static str> {
    let response = &asked.recorded.response;
    let has_none = asked.recorded.request.method() == Method::HEAD
        || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    match () {
        () if has_none || asked.recorded.is_body_known => None,
        () if is_coded(response.headers()) => Some("is compressed, and was not judged"),
        () => Some("did not come whole, and was judged as far as it came"),
    }
}

/// A note for each status and cause, with the first request. `names` are those of the series.
pub(super) fn notes(series: &Series, names: &[String]) -> Vec<String> {
    let mut kinds: Vec<(StatusCode, &str, &str, usize)> = Vec::new();
    for (asked, name) in series.asked.iter().zip(names) {
        let Some(why) = why(asked) else { continue };
        let status = asked.status();
        let known = kinds.iter_mut().find(|(known, cause, ..)| (*known, *cause) == (status, why));
        match known {
            Some((.., more)) => *more += 1,
            None => kinds.push((status, why, name, 0)),
        }
    }
    let note = |(status, why, name, more): &(StatusCode, &str, &str, usize)| {
        let more = if *more == 0 { String::new() } else { format!(", and of {more} more,") };
        format!("the body of the {} to {name}{more} {why}", status.as_u16())
    };
    kinds.iter().map(note).collect()
}
