//! Whether two responses are the same, although parts of a page may be new in each.

use http::header::{LOCATION, PROXY_AUTHENTICATE, WWW_AUTHENTICATE};

use super::series::{Asked, Series};

impl Series {
    /// Whether another caller has got the response that a permitted caller gets.
    ///
    /// If two responses to one permitted caller differ, as they do if a page shows the time, then only what
    /// stays the same in front of the first difference and behind the last one is compared.
    pub(crate) fn is_same(&self, permitted: &Asked, other: &Asked) -> bool {
        if permitted.status() != other.status() {
            return false;
        }
        let (body, others) = (permitted.body(), other.body());
        if body == others {
            return true;
        }
        let again = self.asked.iter().filter(|asked| {
            asked.caller == permitted.caller
                && asked.question == permitted.question
                && asked.status() == permitted.status()
        });
        let mut again = again.map(Asked::body).filter(|again| *again != body);
        again.next().is_some_and(|again| {
            let (front, back) = (same_front(body, again), same_back(body, again));
            // What is nearly all new shows nothing.
            (front.len() + back.len()) * 2 >= body.len()
                && others.len() >= front.len() + back.len()
                && others.starts_with(front)
                && others.ends_with(back)
        })
    }
}

impl Asked {
    pub(crate) fn body(&self) -> &[u8] {
        self.recorded.response.body()
    }

    /// Whether a client cannot distinguish the two refusals.
    pub(crate) fn refuses_as(&self, other: &Self) -> bool {
        let [own, others] = [self, other].map(|asked| asked.recorded.response.headers());
        let names = [WWW_AUTHENTICATE, PROXY_AUTHENTICATE, LOCATION];
        self.status() == other.status()
            && self.body() == other.body()
            && names.iter().all(|name| own.get_all(name).iter().eq(others.get_all(name)))
    }
}

/// The bytes in front of the first difference, without the word in which it is.
fn same_front<'a>(one: &'a [u8], other: &[u8]) -> &'a [u8] {
    let mut length = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    while length > 0 && is_of_word(one[length - 1]) {
        length -= 1;
    }
    &one[..length]
}

/// The bytes behind the last difference, without the word in which it is.
fn same_back<'a>(one: &'a [u8], other: &[u8]) -> &'a [u8] {
    let pairs = one.iter().rev().zip(other.iter().rev());
    let mut from = one.len() - pairs.take_while(|(one, other)| one == other).count();
    while from < one.len() && is_of_word(one[from]) {
        from += 1;
    }
    &one[from..]
}

/// Whether the byte may be part of a number, a time or an id.
const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'.' | b'_' | b'+' | b'/' | b'=')
}
