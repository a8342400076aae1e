//! What errors and their `Debug` output show to operators: D10, F01.

use portcullis::{Denial, Unauthenticated};

#[test]
fn f01_the_private_source_is_the_source_of_the_error_and_is_shown_nowhere_else() {
    use std::error::Error;
    let source = |error: &dyn Error| error.source().map(ToString::to_string);
    let down = || std::io::Error::other("10.0.0.7 is down");
    let expected = Some("10.0.0.7 is down".to_owned());

    let unauthenticated = Unauthenticated::unavailable().with_source(down());
    assert_eq!(source(&unauthenticated), expected);
    assert_eq!(source(&Denial::from(unauthenticated)), expected);
    assert_eq!(source(&Denial::forbidden().with_source(down())), expected);
    assert_eq!(source(&Denial::forbidden()), None);
    assert_eq!(source(&Unauthenticated::invalid()), None);
    assert_eq!(Denial::forbidden().with_source(down()).to_string(), "forbidden");
}

#[test]
fn d10_debug_of_a_denial_prints_what_operators_need() {
    use portcullis::{Policy, Requirement, role};
    struct Nobody;
    impl portcullis::HasRoles for Nobody {
        fn has_role(&self, _: &str) -> bool {
            false
        }
    }
    assert_eq!(format!("{:?}", Denial::gone()), "Denial { cause: Gone, concealed: false, .. }");
    let hidden = Denial::unavailable().with_source("10.0.0.7 is down").concealed();
    assert_eq!(
        format!("{hidden:?}"),
        "Denial { cause: Unavailable, concealed: true, source: 10.0.0.7 is down, .. }"
    );
    let needs = format!("{:?}", Denial::insufficient(Requirement::scopes(["a:read"]).unwrap()));
    assert!(needs.contains("cause: InsufficientScope") && needs.contains("a:read"), "{needs}");
    let decision = role("admin").decide_now(Some(&Nobody), &());
    let why = format!("{:?}", decision.unwrap().reason().expect("refused"));
    assert!(why.contains("role `admin`: forbidden"), "{why}");
    let expired = Unauthenticated::expired().with_source("at noon");
    assert_eq!(expired.to_string(), "expired");
    assert_eq!(
        format!("{expired:?}"),
        "Unauthenticated(Denial { cause: Expired, concealed: false, source: at noon, .. })"
    );
}
