//! [`Secrets`]: what must not be shown of an exchange.

use std::ops::Range;

use super::issued;
use crate::inspect::credentials::{self, Credential, Part};
use crate::inspect::exchange::Exchange;
use crate::inspect::reading::{Form, Reading};
use crate::percent;

/// Parts of a credential that have this many bytes are hidden, too: a server may show its beginning only, and
/// a place may begin in the middle.
const PART: usize = 8;

/// A shorter credential is hidden only where it is a word of its own.
const WORD: usize = 4;

/// The most parts of credentials that are looked for. Where there are more, nothing is shown.
const MAX_PARTS: usize = 128 * 1024;

/// How many forms may be around each other, such as JSON in HTML.
const DEPTH: usize = 2;

/// The credentials of exchanges, in small letters.
#[derive(Default)]
pub(in crate::inspect) struct Secrets {
    /// All runs of [`PART`] bytes of longer credentials, and the shorter ones, with zeros behind them; sorted.
    parts: Vec<[u8; PART]>,
    /// Whether a credential, or a part of one, has this length.
    lengths: [bool; PART + 1],
    /// Whether there are more parts than are looked for.
    hide_all: bool,
    /// Whether the user of a login is shown.
    shows_users: bool,
}

impl Secrets {
    pub(in crate::inspect) fn of<'a>(exchanges: impl IntoIterator<Item = Exchange<'a>>) -> Self {
        Self::default().with(exchanges)
    }

    /// The same, with the users of logins left out.
    pub(super) fn without_users<'a>(exchanges: impl IntoIterator<Item = Exchange<'a>>) -> Self {
        Self { shows_users: true, ..Self::default() }.with(exchanges)
    }

    fn with<'a>(self, exchanges: impl IntoIterator<Item = Exchange<'a>>) -> Self {
        let mut secrets = self;
        for exchange in exchanges {
            if let Some(sent) = exchange.request {
                credentials::of_request(sent).iter().for_each(|it| secrets.add_credential(it));
            }
            let received = credentials::of_response(exchange.headers);
            received.iter().for_each(|it| secrets.add_credential(it));
            if let Some(unread) = exchange.unread {
                let unread = credentials::of_response(unread);
                unread.iter().for_each(|it| secrets.add_credential(it));
            }
        }
        secrets.parts.sort_unstable();
        secrets.parts.dedup();
        secrets
    }

    /// Where the text has a credential, in order.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        if self.hide_all {
            return (!text.is_empty()).then_some(0..text.len()).into_iter().collect();
        }
        let mut found = Vec::new();
        if !self.parts.is_empty() {
            let mut guessed = (WORD..=PART).filter(|length| self.lengths[*length]);
            for reading in readings(text, guessed.next().unwrap_or(PART)) {
                let bytes = reading.bytes.to_ascii_lowercase();
                let shortest = if reading.is_guessed { WORD } else { 1 };
                for length in (shortest..=PART).filter(|length| self.lengths[*length]) {
                    let starts = 0..(bytes.len() + 1).saturating_sub(length);
                    let starts = starts.filter(|start| self.has(&bytes, *start, length));
                    found.extend(starts.map(|start| reading.source(start..start + length)));
                }
            }
        }
        found.extend(issued::find(text));
        found.sort_unstable_by_key(|range| range.start);
        found.dedup_by(|next, last| {
            let touches = next.start <= last.end;
            if touches {
                last.end = last.end.max(next.end);
            }
            touches
        });
        found
    }

    /// Whether a credential, or a part of one, has these bytes of a text.
    fn has(&self, text: &[u8], start: usize, length: usize) -> bool {
        let range = start..start + length;
        let mut part = [0; PART];
        part[..length].copy_from_slice(&text[range.clone()]);
        self.parts.binary_search(&part).is_ok() && (length >= WORD || is_word(text, &range))
    }

    fn add_credential(&mut self, credential: &Credential<'_>) {
        let bytes = &credential.bytes;
        match credential.part {
            // Each of them is a credential of its own.
            Part::Params => {}
            Part::Token | Part::Param | Part::Key => self.add(bytes),
            Part::Login => {
                self.add(bytes);
                let mut parts = bytes.splitn(2, |byte| *byte == b':');
                let (user, password) = (parts.next().unwrap_or_default(), parts.next());
                let password = password.unwrap_or_default();
                // A key may be in place of the user.
                if !self.shows_users || matches!(password, b"" | b"x-oauth-basic") {
                    self.add(user);
                }
                self.add(password);
            }
            // What is as short as a flag is none.
            Part::Cookie { .. } | Part::Perhaps if bytes.len() < WORD => {}
            Part::Cookie { .. } | Part::Perhaps => self.add(bytes),
        }
    }

    /// Adds a credential as it is, decoded, and in the other charset.
    fn add(&mut self, value: &[u8]) {
        self.add_bytes(value);
        if value.contains(&b'%') {
            self.add_bytes(&percent::decode(value).collect::<Vec<_>>());
        }
        if !value.is_ascii() {
            match str::from_utf8(value) {
                Ok(text) => {
                    let latin: Option<Vec<u8>> =
                        text.chars().map(|c| u8::try_from(c).ok()).collect();
                    self.add_bytes(&latin.unwrap_or_default());
                }
                Err(_) => {
                    let text: String = value.iter().map(|byte| char::from(*byte)).collect();
                    self.add_bytes(text.as_bytes());
                }
            }
        }
    }

    fn add_bytes(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        let value = value.iter().filter(|it| !it.is_ascii_control()).map(u8::to_ascii_lowercase);
        let value: Vec<u8> = value.collect();
        if self.hide_all || value.is_empty() {
            return;
        }
        let length = value.len().min(PART);
        self.lengths[length] = true;
        self.parts.extend(value.windows(length).map(|window| {
            let mut part = [0; PART];
            part[..length].copy_from_slice(window);
            part
        }));
        if self.parts.len() > MAX_PARTS {
            self.parts.sort_unstable();
            self.parts.dedup();
            self.hide_all = self.parts.len() > MAX_PARTS / 2;
        }
    }
}

/// The text as it is, and in each way in which what is written in it can be read.
fn readings(text: &[u8], shortest: usize) -> Vec<Reading<'_>> {
    let mut all = vec![Reading::plain(text).without_controls()];
    let mut last = 0..1;
    for _ in 0..DEPTH {
        for index in last.clone() {
            for form in Form::ALL {
                // Digits in what was taken for digits are chance.
                if all[index].is_guessed && form.is_of_digits() {
                    continue;
                }
                let next = all[index].decode(form, shortest).map(Reading::without_controls);
                if let Some(next) = next
                    && !all.iter().any(|known| known.bytes == next.bytes)
                {
                    all.push(next);
                }
            }
        }
        last = last.end..all.len();
    }
    all
}

/// Whether neither a letter nor a digit is beside these bytes.
fn is_word(text: &[u8], range: &Range<usize>) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let before = range.start.checked_sub(1).and_then(|at| text.get(at));
    !is_letter(before) && !is_letter(text.get(range.end))
}
