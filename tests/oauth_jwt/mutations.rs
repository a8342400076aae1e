//! Whatever is changed in a token, it is not accepted, and nothing panics.

use std::sync::OnceLock;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use proptest::prelude::*;

use crate::mint::{Signer, encode};
use crate::{relaxed, token, verifier, verify};

/// One token for all cases, because a signature is random.
fn sent() -> &'static str {
    static SENT: OnceLock<String> = OnceLock::new();
    SENT.get_or_init(|| token(Signer::shared()))
}

/// Changes in a part: at a position, bytes are replaced by others.
fn changes() -> impl Strategy<Value = (usize, prop::sample::Index, usize, Vec<u8>)> {
    let bytes = prop::collection::vec(any::<u8>(), 0..8);
    (0..3_usize, any::<prop::sample::Index>(), 0..4_usize, bytes)
}

fn changed(bytes: &[u8], at: prop::sample::Index, removed: usize, inserted: &[u8]) -> Vec<u8> {
    let at = at.index(bytes.len());
    let end = (at + removed).min(bytes.len());
    [&bytes[..at], inserted, &bytes[end..]].concat()
}

fn is_refused(token: &str) -> bool {
    let key = Signer::shared();
    verify(&verifier(key), token).is_err() && verify(&relaxed(key), token).is_err()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Bytes of a decoded part.
    #[test]
    fn j17_a_token_of_changed_bytes_is_refused((part, at, removed, inserted) in changes()) {
        let mut parts: Vec<String> = sent().split('.').map(str::to_owned).collect();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&parts[part]).unwrap();
        parts[part] = encode(&changed(&bytes, at, removed, &inserted));
        let other = parts.join(".");
        prop_assume!(other != sent());
        prop_assert!(is_refused(&other), "{other}");
    }

    /// Characters of the token itself.
    #[test]
    fn j17_a_token_of_changed_characters_is_refused(
        at in any::<prop::sample::Index>(),
        removed in 0..4_usize,
        inserted in "[A-Za-z0-9._=+/ -]{0,4}",
    ) {
        let other = changed(sent().as_bytes(), at, removed, inserted.as_bytes());
        let other = String::from_utf8(other).unwrap();
        prop_assume!(other != sent());
        prop_assert!(is_refused(&other), "{other}");
    }

    /// Claims and headers of any bytes, with a right signature: no panic, and nothing but a token that
    /// says what a token must say is accepted.
    #[test]
    fn j10_any_bytes_with_a_right_signature_are_refused(
        part in 0..2_usize,
        at in any::<prop::sample::Index>(),
        removed in 0..4_usize,
        inserted in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let key = Signer::shared();
        let mut parts: Vec<String> = sent().split('.').map(str::to_owned).collect();
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(&parts[part]).unwrap();
        parts[part] = encode(&changed(&bytes, at, removed, &inserted));
        let resigned = key.token_of_parts(&parts[0], &parts[1]);
        if let Ok(token) = verify(&verifier(key), &resigned) {
            prop_assert_eq!(token.issuer(), Some(crate::ISSUER));
            prop_assert!(token.expires().is_some() && token.subject().is_some());
            let claims = BASE64_URL_SAFE_NO_PAD.decode(&parts[1]).unwrap();
            // Another parser agrees.
            let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
            prop_assert_eq!(&claims["aud"], crate::RESOURCE);
            prop_assert_eq!(claims["sub"].as_str(), token.subject());
        }
    }

    #[test]
    fn j10_any_text_is_refused(text in ".{0,200}") {
        prop_assert!(is_refused(&text));
    }
}

/// If (r, s) is right, (r, n − s) is, and no RFC forbids either of them.
#[test]
fn j17_a_text_is_no_identifier_of_a_token_signed_by_ecdsa() {
    let order: u128 = 0xffff_ffff_0000_0000_ffff_ffff_ffff_ffff;
    let order = [order, 0xbce6_faad_a717_9e84_f3b9_cac2_fc63_2551].map(u128::to_be_bytes).concat();
    let key = Signer::es256("ecdsa");
    let sent = token(&key);
    let (message, signature) = sent.rsplit_once('.').unwrap();
    let mut signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = false;
    for (byte, of_order) in signature[32..].iter_mut().zip(order).rev() {
        let (difference, once) = of_order.overflowing_sub(*byte);
        let (difference, twice) = difference.overflowing_sub(borrow.into());
        (*byte, borrow) = (difference, once || twice);
    }
    let other = format!("{message}.{}", encode(&signature));
    assert_ne!(other, sent);
    let tokens = [sent, other].map(|it| verify(&verifier(&key), &it).unwrap());
    assert_eq!(tokens[0].id(), tokens[1].id());
}
