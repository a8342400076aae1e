//! J54: refusals have a place of their own.

use portcullis::Verify;
use portcullis::oauth::TokenError;

use crate::fake::{Fake, active};
use crate::times::TTL;
use crate::{introspection, verdict};

#[tokio::test(start_paused = true)]
async fn j54_wrong_tokens_displace_no_right_ones() {
    let fake = Fake::right();
    let tokens = introspection(&fake).cached(200, TTL);
    for id in 0..100 {
        tokens.verify(&format!("right-{id}")).await.unwrap();
    }
    let remembered = tokens.len();
    assert!(remembered > 60, "{remembered}");
    for id in 0..20_000 {
        let token = format!("wrong-{id}");
        assert_eq!(verdict(tokens.verify(&token).await), Err(TokenError::Inactive));
    }
    assert_eq!(tokens.len(), remembered);
    let calls = fake.calls();
    // The same wrong token again costs no call.
    for _ in 0..100 {
        assert!(tokens.verify_now("wrong-19999").unwrap().is_err());
    }
    assert_eq!(fake.calls(), calls);
}

#[tokio::test(start_paused = true)]
async fn j54_a_refusal_is_forgotten_too() {
    let fake = Fake::right();
    let tokens = introspection(&fake).cached(100, TTL);
    for way in 0..2 {
        let token = format!("new-{way}");
        assert!(tokens.verify(&token).await.is_err());
        assert!(tokens.verify_now(&token).is_some());
        if way == 0 {
            tokens.forget(&token)
        } else {
            tokens.forget_where(|_| false)
        }
        assert!(tokens.verify_now(&token).is_none());
    }
    fake.answer(|token| Ok(active(token)));
    assert!(tokens.verify("new-0").await.is_ok());
}
