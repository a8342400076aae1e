//! Digests in hexadecimal, which is how Digest hashes, sends and stores them.

use zeroize::Zeroize;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Up to 32 bytes, in lower-case hexadecimal.
#[derive(Clone, Copy)]
pub(super) struct Hex {
    digits: [u8; 64],
    length: usize,
}

impl Hex {
    /// Of these bytes; those beyond 32 are left out.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut digits = [0; 64];
        let pairs = digits.chunks_exact_mut(2).zip(bytes);
        let length = 2 * pairs.len();
        for (pair, byte) in pairs {
            pair.copy_from_slice(&[
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 0x0f)],
            ]);
        }
        Self { digits, length }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    pub(super) fn as_str(&self) -> &str {
        // They are ASCII, so the default is never taken.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl Zeroize for Hex {
    fn zeroize(&mut self) {
        self.digits.zeroize();
    }
}

/// Exactly `N` bytes from hexadecimal, in either case.
pub(super) fn decode<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16)?;
            *byte = *byte << 4 | u8::try_from(value).ok()?;
        }
    }
    Some(bytes)
}

/// The same digits in lower case, if they are so many.
pub(super) fn lower_case(digits: &[u8], length: usize) -> Option<Hex> {
    match length {
        32 => Some(Hex::of(&decode::<16>(digits)?)),
        64 => Some(Hex::of(&decode::<32>(digits)?)),
        _ => None,
    }
}
