//! Readings of the same grammars by others: the `http-auth` crate, and code as short as it is slow.

use crate::Plain;

/// What the `http-auth` crate makes of a `WWW-Authenticate` field. It takes ASCII, no token68, and
/// exactly one space behind a scheme.
pub fn challenges(field: &str) -> Option<Vec<Plain>> {
    let challenges = http_auth::parse_challenges(field).ok()?;
    let plain = challenges.into_iter().map(|challenge| {
        let params = challenge.params.iter();
        let params =
            params.map(|(name, value)| ((*name).to_owned(), value.to_unescaped().into_bytes()));
        (challenge.scheme.to_owned(), None, params.collect())
    });
    Some(plain.collect())
}

/// The parameters of credentials of this scheme, which have the grammar of one challenge. `None`
/// where a name occurs twice, too.
pub fn params(scheme: &str, value: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
    let [(named, _, params)] =
        <[Plain; 1]>::try_from(challenges(str::from_utf8(value).ok()?)?).ok()?;
    let is_twice = |(index, (name, _)): (usize, &(String, _))| {
        params[..index].iter().any(|(other, _)| other.eq_ignore_ascii_case(name))
    };
    let fine = named.eq_ignore_ascii_case(scheme) && !params.iter().enumerate().any(is_twice);
    fine.then_some(params)
}

/// The value of the parameter of this name.
pub fn param<'a>(params: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    params.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
}

/// The auth-scheme in lower case, and all that follows it.
pub fn scheme(value: &[u8]) -> Option<(String, &[u8])> {
    let is_tchar = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    let end = value.iter().position(|byte| !is_tchar(byte)).unwrap_or(value.len());
    let scheme = str::from_utf8(&value[..end]).ok().filter(|scheme| !scheme.is_empty())?;
    Some((scheme.to_ascii_lowercase(), &value[end..]))
}

/// `1*SP token68 OWS` and nothing else.
pub fn token68(behind_scheme: &[u8]) -> Option<&str> {
    let text = str::from_utf8(behind_scheme).ok()?;
    let token68 = text.strip_prefix(' ')?.trim_start_matches(' ').trim_end_matches([' ', '\t']);
    let is_letter = |char: char| char.is_ascii_alphanumeric() || "-._~+/".contains(char);
    let letters = token68.trim_end_matches('=');
    (!letters.is_empty() && letters.chars().all(is_letter)).then_some(token68)
}

/// User and password of the token68 of `Basic`: canonical base64 of UTF-8 without control characters.
pub fn login(token68: &str) -> Option<(String, String)> {
    let text = String::from_utf8(base64(token68)?)
        .ok()
        .filter(|text| !text.chars().any(char::is_control))?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// RFC 4648 §4, where only one text stands for some bytes: it is padded, and unused bits are zero.
fn base64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let (mut decoded, mut bits, mut unused) = (Vec::new(), 0, 0);
    for digit in digits.bytes() {
        let value = DIGITS.iter().position(|it| *it == digit)?;
        (bits, unused) = (bits << 6 | value, unused + 6);
        if unused >= 8 {
            unused -= 8;
            decoded.push(u8::try_from(bits >> unused).ok()?);
            bits &= (1 << unused) - 1;
        }
    }
    (bits == 0).then_some(decoded)
}

/// Whether a field may hold the byte (RFC 9110 §5.5).
pub fn is_field_byte(byte: &u8) -> bool {
    *byte == b'\t' || (*byte >= b' ' && *byte != 0x7F)
}

/// Printable ASCII.
pub fn is_printable(byte: &u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Percent-encoding undone once.
pub fn percent_decode(text: &[u8]) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), text);
    while let [first, behind @ ..] = rest {
        let digits = behind.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                decoded.push(byte);
                rest = &behind[2..];
            }
            None => {
                decoded.push(*first);
                rest = behind;
            }
        }
    }
    decoded
}
