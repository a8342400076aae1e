//! The basic variants, which are sent many times.

use super::methods::WRITING;
use super::{RequestVariant, payload};

/// Each method without additions, and with a small body for those that write.
pub(in crate::testing) fn basics(methods: &[&'static str]) -> Vec<RequestVariant> {
    let mut variants: Vec<RequestVariant> =
        methods.iter().map(|method| RequestVariant::plain(method)).collect();
    for method in WRITING.into_iter().filter(|method| methods.contains(method)) {
        variants.extend(
            payload::small().take(1).map(|body| RequestVariant::plain(method).with_body(body)),
        );
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::super::{METHODS, Plan, plan};
    use super::*;

    #[test]
    fn all_basic_variants_are_in_the_plan() {
        let basics = basics(&METHODS);
        assert_eq!(basics.len(), METHODS.len() + WRITING.len());
        let planned = plan(&Plan {
            methods: &METHODS,
            extra_headers: &[],
            authorized_headers: &[],
            seed: 1,
            budget: None,
        });
        for basic in basics {
            let same = |variant: &&RequestVariant| {
                variant.method == basic.method
                    && variant.to_string() == basic.to_string()
                    && variant.target("/vault/notes") == basic.target("/vault/notes")
            };
            assert!(planned.iter().any(|variant| same(&variant)), "{}{basic}", basic.method);
        }
    }
}
