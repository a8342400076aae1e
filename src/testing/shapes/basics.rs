//! Which shapes are tried many times.

use super::methods::WRITING;
use super::{Shape, payload};

/// Each method with nothing added, and a small body for those that write.
pub(in crate::testing) fn basics(methods: &[&'static str]) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = methods.iter().map(|method| Shape::plain(method)).collect();
    for method in WRITING.into_iter().filter(|method| methods.contains(method)) {
        shapes.extend(payload::small().take(1).map(|body| Shape::plain(method).sending(body)));
    }
    shapes
}

#[cfg(test)]
mod tests {
    use super::super::{METHODS, Plan, plan};
    use super::*;

    #[test]
    fn all_of_them_are_tried_in_any_case() {
        let basics = basics(&METHODS);
        assert_eq!(basics.len(), METHODS.len() + WRITING.len());
        let planned =
            plan(&Plan { methods: &METHODS, also: &[], known: &[], seed: 1, budget: None });
        for basic in basics {
            let same = |it: &&Shape| {
                it.method == basic.method
                    && it.to_string() == basic.to_string()
                    && it.target("/vault/notes") == basic.target("/vault/notes")
            };
            assert!(planned.iter().any(|it| same(&it)), "{}{basic}", basic.method);
        }
    }
}
