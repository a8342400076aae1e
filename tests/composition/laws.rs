//! The laws of composition, by properties of random trees.

use portcullis::policy::{all, any, not};
use portcullis::{BoxPolicy, conceal, conceal_unless};
use proptest::prelude::*;

use crate::expressions::{
    Leaf, Needed, Rule, Tree, decide, decide_waiting, rendered, truth, waiting_leaf,
};
use crate::quietly;

fn any_leaf() -> impl Strategy<Value = Leaf> {
    let scopes = proptest::collection::btree_set(0..4u8, 0..3);
    let values = proptest::option::of(proptest::collection::vec(0..4u8, 0..4));
    let terms = (scopes, values, proptest::option::of(0..3u8));
    let needed = prop_oneof![
        1 => Just(Needed::Nothing),
        1 => Just(Needed::Unknown),
        // Also terms of nothing, which every authenticated caller meets.
        4 => terms.clone().prop_map(|(scopes, values, age)| Needed::Terms(scopes, values, age)),
    ];
    prop_oneof![
        3 => Just(Leaf::Permit),
        2 => Just(Leaf::Forbidden),
        4 => needed.prop_map(Leaf::Identity),
        1 => Just(Leaf::Unavailable),
        1 => Just(Leaf::InternalError),
        5 => terms.prop_filter_map("a requirement of something", |(scopes, values, age)| {
            let something = !scopes.is_empty() || values.is_some() || age.is_some();
            something.then_some(Leaf::Insufficient(scopes, values, age))
        }),
    ]
}

fn any_tree() -> impl Strategy<Value = Tree> {
    any_leaf().prop_map(Tree::Leaf).prop_recursive(3, 12, 4, |tree| {
        let list = || proptest::collection::vec(tree.clone(), 0..4);
        prop_oneof![
            3 => list().prop_map(Tree::All),
            3 => list().prop_map(Tree::Any),
            1 => tree.clone().prop_map(|it| Tree::Not(it.into())),
            1 => tree.clone().prop_map(|it| Tree::Conceal(it.into())),
            1 => tree.clone().prop_map(|it| Tree::ConcealExceptOutages(it.into())),
            1 => (tree.clone(), tree.clone())
                .prop_map(|(see, it)| Tree::ConcealUnless(see.into(), it.into())),
        ]
    })
}

/// The number of cases; `PROPTEST_CASES=1000` for fewer, to test a mutant.
fn cases(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|wanted| wanted.parse().ok());
    let cases = wanted.unwrap_or(cases);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(100_000))]

    #[test]
    fn e09_a_composition_is_rendered_as_the_table_says(tree in any_tree()) {
        quietly();
        let decision = decide(&tree.policy());
        prop_assert_eq!(truth(&decision), tree.model().t);
        prop_assert_eq!(rendered(&decision), tree.model().rendered());
    }

    #[test]
    fn e09_a_composition_decides_the_same_whether_its_parts_wait_or_not(tree in any_tree()) {
        quietly();
        let decision = decide_waiting(&tree.policy_of(waiting_leaf));
        prop_assert_eq!(truth(&decision), tree.model().t);
        prop_assert_eq!(rendered(&decision), tree.model().rendered());
        let decision = decide_waiting(&tree.policy());
        prop_assert_eq!(rendered(&decision), tree.model().rendered());
    }

    #[test]
    fn e06_all_and_any_are_associative(a in any_tree(), b in any_tree(), c in any_tree()) {
        quietly();
        let [a, b, c] = [a.policy(), b.policy(), c.policy()];
        for compose in [
            |parts: Vec<Rule>| -> Rule { BoxPolicy::new(all(parts)) },
            |parts: Vec<Rule>| -> Rule { BoxPolicy::new(any(parts)) },
        ] {
            let left = compose(vec![compose(vec![a.clone(), b.clone()]), c.clone()]);
            let right = compose(vec![a.clone(), compose(vec![b.clone(), c.clone()])]);
            let flat = compose(vec![a.clone(), b.clone(), c.clone()]);
            let (left, right, flat) = (decide(&left), decide(&right), decide(&flat));
            prop_assert_eq!(rendered(&left), rendered(&right));
            prop_assert_eq!(rendered(&left), rendered(&flat));
            prop_assert_eq!(truth(&left), truth(&right));
        }
    }

    #[test]
    fn e06_all_and_any_are_commutative(a in any_tree(), b in any_tree()) {
        quietly();
        let [a, b] = [a.policy(), b.policy()];
        let ways = [
            (decide(&BoxPolicy::new(all((a.clone(), b.clone())))),
             decide(&BoxPolicy::new(all((b.clone(), a.clone()))))),
            (decide(&BoxPolicy::new(any((a.clone(), b.clone())))),
             decide(&BoxPolicy::new(any((b.clone(), a.clone()))))),
        ];
        for (one, other) in ways {
            prop_assert_eq!(rendered(&one), rendered(&other));
            prop_assert_eq!(truth(&one), truth(&other));
        }
    }

    #[test]
    fn e06_de_morgan_and_involution_hold_on_truth(a in any_tree(), b in any_tree()) {
        quietly();
        let [a, b] = [a.policy(), b.policy()];
        let either: Rule = BoxPolicy::new(not(all((a.clone(), b.clone()))));
        let neither: Rule = BoxPolicy::new(any((not(a.clone()), not(b.clone()))));
        prop_assert_eq!(truth(&decide(&either)), truth(&decide(&neither)));
        let twice: Rule = BoxPolicy::new(not(not(a.clone())));
        prop_assert_eq!(truth(&decide(&twice)), truth(&decide(&a)));
    }

    #[test]
    fn e03_concealment_never_influences_the_truth(tree in any_tree(), see in any_tree()) {
        quietly();
        let plain = decide(&tree.policy());
        let hidden = decide(&BoxPolicy::new(conceal(tree.policy())));
        let perhaps = decide(&BoxPolicy::new(conceal_unless(see.policy(), tree.policy())));
        prop_assert_eq!(truth(&plain), truth(&hidden));
        prop_assert_eq!(truth(&plain), truth(&perhaps));
    }
}
