//! Section E: composition. A model written from the table's words judges every composition, and
//! the laws are tested by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use portcullis::{
    BoxPolicy, Cause, Decision, Denial, HasAuthentication, HasRoles, HasScopes, Policy,
    Requirement, acr, all, any, anyone, async_policy_fn, authenticated, conceal, conceal_unless,
    max_age, not, policy_fn, resource_fn, role, scope,
};
use proptest::prelude::*;

// ==== expressions ====

#[derive(Clone, Debug)]
enum Leaf {
    Permit,
    Forbidden,
    Identity,
    Unavailable,
    Fault,
    Need(BTreeSet<u8>, Option<Vec<u8>>, Option<u8>),
}

#[derive(Clone, Debug)]
enum Tree {
    Leaf(Leaf),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Conceal(Box<Tree>),
    ConcealOutagesApart(Box<Tree>),
    ConcealUnless(Box<Tree>, Box<Tree>),
}

type Rule = BoxPolicy<(), ()>;

fn name(prefix: char, number: u8) -> String {
    format!("{prefix}{number}")
}

fn need(scopes: &BTreeSet<u8>, values: &Option<Vec<u8>>, age: Option<u8>) -> Requirement {
    let mut need = Requirement::scopes(scopes.iter().map(|it| name('s', *it))).unwrap();
    if let Some(values) = values {
        need = need.and(&Requirement::acr(values.iter().map(|it| name('a', *it))).unwrap());
    }
    match age {
        Some(age) => need.and_max_age(Duration::from_secs(age.into())),
        None => need,
    }
}

fn leaf(leaf: Leaf) -> Rule {
    let decision = match leaf {
        Leaf::Permit => Decision::Permit,
        Leaf::Forbidden => Decision::forbidden(),
        Leaf::Identity => Decision::identity_needed(),
        Leaf::Unavailable => Decision::unavailable(),
        Leaf::Need(scopes, values, age) => Decision::insufficient(need(&scopes, &values, age)),
        Leaf::Fault => return BoxPolicy::new(resource_fn(|(): &()| std::panic::panic_any(()))),
    };
    BoxPolicy::new(resource_fn(move |(): &()| decision.clone()))
}

impl Tree {
    fn policy(&self) -> Rule {
        let list = |parts: &[Self]| parts.iter().map(Self::policy).collect::<Vec<Rule>>();
        match self {
            Self::Leaf(it) => leaf(it.clone()),
            Self::All(parts) => BoxPolicy::new(all(list(parts))),
            Self::Any(parts) => BoxPolicy::new(any(list(parts))),
            Self::Not(part) => BoxPolicy::new(not(part.policy())),
            Self::Conceal(part) => BoxPolicy::new(conceal(part.policy())),
            Self::ConcealOutagesApart(part) => {
                BoxPolicy::new(conceal(part.policy()).except_outages())
            }
            Self::ConcealUnless(see, part) => {
                BoxPolicy::new(conceal_unless(see.policy(), part.policy()))
            }
        }
    }
}

// ==== what leaves ====

/// Truth, and what is rendered: nothing, a concealed 404, or a reason with its terms.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rendered {
    Permit,
    Concealed,
    Refused(Cause, Option<String>, Option<String>, Option<u64>),
}

fn rendered(decision: &Decision) -> Rendered {
    let Some(why) = decision.reason() else { return Rendered::Permit };
    if why.is_concealed() {
        return Rendered::Concealed;
    }
    let need = why.requirement();
    Rendered::Refused(
        why.cause(),
        need.and_then(Requirement::scope),
        need.and_then(Requirement::acr_values),
        need.and_then(Requirement::max_age_seconds),
    )
}

fn truth(decision: &Decision) -> Truth {
    match decision {
        Decision::Permit => Truth::T,
        Decision::Undecided(_) => Truth::U,
        Decision::Deny(_) => Truth::F,
    }
}

/// Asks as a layer would: a composition of one, since it is whoever asks that catches a panic.
fn decide(policy: &Rule) -> Decision {
    let asked = all((policy.clone(),)).decide_now(Some(&()), &());
    asked.expect("every leaf here answers at once")
}

// ==== the model ====

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Truth {
    F,
    U,
    T,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Reason {
    Unavailable,
    Fault,
    Need(Terms),
    Identity,
    Forbidden,
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
struct Terms {
    scopes: BTreeSet<String>,
    acr: Option<BTreeMap<String, usize>>,
    age: Option<u64>,
}

#[derive(Clone, Debug)]
struct Model {
    t: Truth,
    r: Reason,
    c: bool,
}

impl Terms {
    fn listed(&self) -> Option<String> {
        let mut values: Vec<_> = self.acr.as_ref()?.iter().map(|(v, at)| (*at, &**v)).collect();
        values.sort();
        Some(values.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(" "))
    }

    fn merged(&self, other: &Self) -> Self {
        let acr = match (&self.acr, &other.acr) {
            (None, acr) | (acr, None) => acr.clone(),
            (Some(a), Some(b)) => {
                Some(a.iter().filter_map(|(v, at)| Some((v.clone(), at + b.get(v)?))).collect())
            }
        };
        let age = match (self.age, other.age) {
            (None, age) | (age, None) => age,
            (Some(a), Some(b)) => Some(a.min(b)),
        };
        Self { scopes: &self.scopes | &other.scopes, acr, age }
    }

    #[allow(clippy::type_complexity)]
    fn key(
        &self,
    ) -> (bool, bool, usize, Vec<String>, Option<String>, Option<u64>, Vec<(usize, String)>) {
        let met = self.acr.as_ref().is_none_or(|values| !values.is_empty());
        let step_up = self.acr.is_some() || self.age.is_some();
        let positions = self.acr.iter().flatten().map(|(v, at)| (*at, v.clone()));
        let mut positions: Vec<_> = positions.collect();
        positions.sort();
        let scopes: Vec<_> = self.scopes.iter().cloned().collect();
        (!met, step_up, scopes.len(), scopes, self.listed(), self.age, positions)
    }
}

fn strongest(parts: Vec<Model>, order: [fn(&Reason) -> bool; 4], in_all: bool) -> Reason {
    let reasons: Vec<Reason> = parts.into_iter().map(|part| part.r).collect();
    let top = order.iter().rev().find(|is| reasons.iter().any(is)).unwrap();
    let mut among: Vec<Reason> = reasons.into_iter().filter(top).collect();
    if among.contains(&Reason::Fault) {
        return Reason::Fault;
    }
    if !matches!(among[0], Reason::Need(_)) {
        return among.remove(0);
    }
    let terms = among.into_iter().filter_map(|reason| match reason {
        Reason::Need(terms) => Some(terms),
        _ => None,
    });
    Reason::Need(if in_all {
        terms.reduce(|a, b| a.merged(&b)).unwrap()
    } else {
        terms.min_by_key(Terms::key).unwrap()
    })
}

const IS_UNDECIDED: fn(&Reason) -> bool = |it| matches!(it, Reason::Unavailable | Reason::Fault);
const IS_NEED: fn(&Reason) -> bool = |it| matches!(it, Reason::Need(_));
const IS_IDENTITY: fn(&Reason) -> bool = |it| matches!(it, Reason::Identity);
const IS_FORBIDDEN: fn(&Reason) -> bool = |it| matches!(it, Reason::Forbidden);

fn composed(parts: &[Tree], in_all: bool) -> Model {
    let parts: Vec<Model> = parts.iter().map(Tree::model).collect();
    let t = parts.iter().map(|part| part.t);
    let t = if in_all { t.min() } else { t.max() };
    // E01 and the last line of the table of leaves: empty is undecided, forbidden.
    let Some(t) = t else { return Model { t: Truth::U, r: Reason::Forbidden, c: false } };
    if t == Truth::T {
        return Model { t, r: Reason::Forbidden, c: false };
    }
    let refusing: Vec<Model> = parts.into_iter().filter(|part| part.t != Truth::T).collect();
    let c = refusing.iter().any(|part| part.c);
    let order = if in_all {
        [IS_UNDECIDED, IS_NEED, IS_IDENTITY, IS_FORBIDDEN]
    } else {
        [IS_FORBIDDEN, IS_NEED, IS_IDENTITY, IS_UNDECIDED]
    };
    Model { t, r: strongest(refusing, order, in_all), c }
}

impl Tree {
    fn model(&self) -> Model {
        let hidden = |model: Model| Model { c: model.t != Truth::T, ..model };
        match self {
            Self::Leaf(leaf) => {
                let (t, r) = match leaf {
                    Leaf::Permit => (Truth::T, Reason::Forbidden),
                    Leaf::Forbidden => (Truth::F, Reason::Forbidden),
                    Leaf::Identity => (Truth::U, Reason::Identity),
                    Leaf::Unavailable => (Truth::U, Reason::Unavailable),
                    Leaf::Fault => (Truth::U, Reason::Fault),
                    Leaf::Need(scopes, values, age) => {
                        let acr = values.as_ref().map(|values| {
                            let mut places = BTreeMap::new();
                            for (place, value) in values.iter().enumerate() {
                                places.entry(name('a', *value)).or_insert(place);
                            }
                            places
                        });
                        let scopes = scopes.iter().map(|it| name('s', *it)).collect();
                        let terms = Terms { scopes, acr, age: age.map(u64::from) };
                        (Truth::F, Reason::Need(terms))
                    }
                };
                Model { t, r, c: false }
            }
            Self::All(parts) => composed(parts, true),
            Self::Any(parts) => composed(parts, false),
            Self::Not(part) => match part.model() {
                Model { t: Truth::T, .. } => Model { t: Truth::F, r: Reason::Forbidden, c: false },
                Model { t: Truth::F, .. } => Model { t: Truth::T, r: Reason::Forbidden, c: false },
                undecided => undecided,
            },
            Self::Conceal(part) => hidden(part.model()),
            Self::ConcealOutagesApart(part) => {
                let model = part.model();
                if IS_UNDECIDED(&model.r) && model.t != Truth::T { model } else { hidden(model) }
            }
            Self::ConcealUnless(see, part) => {
                let model = part.model();
                if see.model().t == Truth::T { model } else { hidden(model) }
            }
        }
    }
}

impl Model {
    fn rendered(&self) -> Rendered {
        if self.t == Truth::T {
            return Rendered::Permit;
        }
        if self.c {
            return Rendered::Concealed;
        }
        let plain = |cause| Rendered::Refused(cause, None, None, None);
        match &self.r {
            Reason::Unavailable => plain(Cause::Unavailable),
            Reason::Fault => plain(Cause::InternalError),
            Reason::Identity => plain(Cause::IdentityNeeded),
            Reason::Forbidden => plain(Cause::Forbidden),
            Reason::Need(terms) => {
                let step_up = terms.acr.is_some() || terms.age.is_some();
                let cause = if step_up {
                    Cause::InsufficientAuthentication
                } else {
                    Cause::InsufficientScope
                };
                let scopes = terms.scopes.iter().cloned().collect::<Vec<_>>().join(" ");
                let scopes = (!scopes.is_empty()).then_some(scopes);
                Rendered::Refused(cause, scopes, terms.listed(), terms.age)
            }
        }
    }
}

// ==== generators ====

fn any_leaf() -> impl Strategy<Value = Leaf> {
    let scopes = proptest::collection::btree_set(0..4u8, 0..3);
    let values = proptest::option::of(proptest::collection::vec(0..4u8, 0..4));
    let terms = (scopes, values, proptest::option::of(0..3u8));
    prop_oneof![
        3 => Just(Leaf::Permit),
        2 => Just(Leaf::Forbidden),
        2 => Just(Leaf::Identity),
        1 => Just(Leaf::Unavailable),
        1 => Just(Leaf::Fault),
        5 => terms.prop_filter_map("a need of something", |(scopes, values, age)| {
            let something = !scopes.is_empty() || values.is_some() || age.is_some();
            something.then_some(Leaf::Need(scopes, values, age))
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
            1 => tree.clone().prop_map(|it| Tree::ConcealOutagesApart(it.into())),
            1 => (tree.clone(), tree.clone())
                .prop_map(|(see, it)| Tree::ConcealUnless(see.into(), it.into())),
        ]
    })
}

/// `PROPTEST_CASES=1000` for fewer, where a mutant is tried.
fn cases(cases: u32) -> ProptestConfig {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|wanted| wanted.parse().ok());
    let cases = wanted.unwrap_or(cases);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Panicking leaves are part of the tests; their messages are not.
fn quietly() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().is::<()>() {
                return;
            }
            usual(info);
        }));
    });
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
    fn e03_concealment_never_leads_the_truth(tree in any_tree(), see in any_tree()) {
        quietly();
        let plain = decide(&tree.policy());
        let hidden = decide(&BoxPolicy::new(conceal(tree.policy())));
        let perhaps = decide(&BoxPolicy::new(conceal_unless(see.policy(), tree.policy())));
        prop_assert_eq!(truth(&plain), truth(&hidden));
        prop_assert_eq!(truth(&plain), truth(&perhaps));
    }
}

// ==== the rows by example ====

const T: Leaf = Leaf::Permit;
const F: Leaf = Leaf::Forbidden;
const WHO: Leaf = Leaf::Identity;
const DOWN: Leaf = Leaf::Unavailable;
const BROKEN: Leaf = Leaf::Fault;

fn scopes<const N: usize>(scopes: [u8; N]) -> Leaf {
    Leaf::Need(scopes.into(), None, None)
}

fn of(policy: impl Policy<(), ()> + 'static) -> (Truth, Rendered) {
    quietly();
    let decision = decide(&BoxPolicy::new(policy));
    (truth(&decision), rendered(&decision))
}

fn refused(cause: Cause) -> Rendered {
    Rendered::Refused(cause, None, None, None)
}

#[test]
fn e01_negation_swaps_yes_and_no_and_leaves_the_rest() {
    assert_eq!(of(not(leaf(T))), (Truth::F, refused(Cause::Forbidden)));
    assert_eq!(of(not(leaf(F))), (Truth::T, Rendered::Permit));
    assert_eq!(of(not(leaf(scopes([1])))), (Truth::T, Rendered::Permit));
    assert_eq!(of(not(leaf(WHO))), (Truth::U, refused(Cause::IdentityNeeded)));
    assert_eq!(of(not(leaf(DOWN))), (Truth::U, refused(Cause::Unavailable)));
    assert_eq!(of(not(leaf(BROKEN))), (Truth::U, refused(Cause::InternalError)));
    assert_eq!(of(not(all(()))), (Truth::U, refused(Cause::Forbidden)));
    assert_eq!(of(not(any(()))), (Truth::U, refused(Cause::Forbidden)));
    assert_eq!(of(not(any(Vec::<Rule>::new()))), (Truth::U, refused(Cause::Forbidden)));
}

#[test]
fn e01_the_negation_of_banned_does_not_admit_the_unknown() {
    let allowed = not(role("banned"));
    let decision = Policy::<Caller, ()>::decide_now(&allowed, None, &()).unwrap();
    assert!(!decision.is_permit());
    assert_eq!(decision.reason().unwrap().cause(), Cause::IdentityNeeded);
}

#[test]
fn e02_the_reason_of_the_higher_rank_wins() {
    let in_all = [DOWN, scopes([1]), WHO, F];
    let in_any = [F, scopes([1]), WHO, DOWN];
    for higher in 0..4 {
        for lower in 0..higher {
            let [low, high] = [lower, higher].map(|rank| leaf(in_all[rank].clone()));
            assert_eq!(of(all((low, high.clone()))).1, of(high).1, "all: {lower} and {higher}");
            let [low, high] = [lower, higher].map(|rank| leaf(in_any[rank].clone()));
            assert_eq!(of(any((low, high.clone()))).1, of(high).1, "any: {lower} and {higher}");
        }
    }
    assert_eq!(of(all((leaf(DOWN), leaf(BROKEN)))).1, refused(Cause::InternalError));
    assert_eq!(of(any((leaf(BROKEN), leaf(DOWN)))).1, refused(Cause::InternalError));
}

#[test]
fn e03_one_concealed_part_conceals_the_whole() {
    assert_eq!(of(all((leaf(F), conceal(leaf(WHO))))).1, Rendered::Concealed);
    assert_eq!(of(any((conceal(leaf(F)), leaf(WHO)))).1, Rendered::Concealed);
    assert_eq!(of(all((conceal(leaf(T)), leaf(F)))).1, refused(Cause::Forbidden));
    assert_eq!(of(any((conceal(leaf(F)), leaf(T)))).1, Rendered::Permit);
    assert_eq!(of(conceal(leaf(DOWN))).1, Rendered::Concealed);
    assert_eq!(of(conceal(leaf(DOWN)).except_outages()).1, refused(Cause::Unavailable));
    assert_eq!(of(conceal(leaf(BROKEN)).except_outages()).1, refused(Cause::InternalError));
    assert_eq!(of(conceal(leaf(F)).except_outages()).1, Rendered::Concealed);
    assert_eq!(of(conceal_unless(leaf(T), leaf(F))).1, refused(Cause::Forbidden));
    assert_eq!(of(conceal_unless(leaf(F), leaf(F))).1, Rendered::Concealed);
    assert_eq!(of(conceal_unless(leaf(DOWN), leaf(F))).1, Rendered::Concealed);
    assert_eq!(of(conceal_unless(leaf(F), leaf(T))).1, Rendered::Permit);
}

#[test]
fn e04_two_needs_in_all_merge() {
    let one = Leaf::Need([1].into(), Some(vec![1, 2, 3]), Some(60));
    let other = Leaf::Need([2].into(), Some(vec![3, 2, 4]), Some(30));
    let expected = Rendered::Refused(
        Cause::InsufficientAuthentication,
        Some("s1 s2".into()),
        // a2 is at 1 + 1, a3 at 2 + 0: equal, so by bytes.
        Some("a2 a3".into()),
        Some(30),
    );
    assert_eq!(of(all((leaf(one), leaf(other)))).1, expected);
    let nothing_in_common = all((
        leaf(Leaf::Need([].into(), Some(vec![1]), None)),
        leaf(Leaf::Need([].into(), Some(vec![2]), None)),
    ));
    let (_, empty) = of(nothing_in_common);
    assert!(matches!(empty, Rendered::Refused(_, None, Some(acr), None) if acr.is_empty()));
}

#[test]
fn e05_of_two_needs_in_any_the_lesser_is_named() {
    let cannot = Leaf::Need([].into(), Some(vec![]), None);
    let fresh = Leaf::Need([].into(), None, Some(60));
    let order = [scopes([3]), scopes([4]), scopes([1, 2]), fresh, cannot];
    for (index, lesser) in order.iter().enumerate() {
        for greater in &order[index + 1..] {
            let (_, expected) = of(leaf(lesser.clone()));
            let both = any((leaf(greater.clone()), leaf(lesser.clone())));
            assert_eq!(of(both).1, expected, "{lesser:?} before {greater:?}");
        }
    }
}

/// A part that tells when it was asked.
fn counted(asked: &Arc<AtomicUsize>, decision: Decision) -> impl Policy<(), ()> + 'static {
    let asked = asked.clone();
    policy_fn(move |(): &(), (): &()| {
        asked.fetch_add(1, Ordering::Relaxed);
        decision.clone()
    })
}

#[test]
fn e06_any_stops_at_a_permit_and_all_once_it_is_settled() {
    let asked = Arc::new(AtomicUsize::new(0));
    let later = || counted(&asked, Decision::Permit);
    let _ = of(any((leaf(T), later())));
    let _ = of(all((conceal(leaf(F)), later())));
    assert_eq!(asked.load(Ordering::Relaxed), 0, "asked in spite of a settled answer");
    // A closure may conceal, so it is asked even after a refusal.
    let _ = of(all((leaf(F), later())));
    assert_eq!(asked.load(Ordering::Relaxed), 1);

    // A role cannot; `e06_a_refused_all_does_not_ask_parts_that_cannot_conceal` has the others.
    struct Counting(AtomicUsize);
    impl HasRoles for Counting {
        fn has_role(&self, _: &str) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed);
            false
        }
    }
    let banned = policy_fn(|_: &Counting, (): &()| Decision::forbidden());
    let caller = Counting(AtomicUsize::new(0));
    let decision = all((banned, role("admin"))).decide_now(Some(&caller), &()).unwrap();
    assert_eq!(decision.reason().unwrap().cause(), Cause::Forbidden);
    assert_eq!(caller.0.load(Ordering::Relaxed), 0, "asked in spite of a settled answer");
}

// ==== principals ====

#[derive(Default)]
struct Caller {
    roles: Vec<&'static str>,
    scopes: Vec<&'static str>,
    acr: Option<&'static str>,
    at: Option<std::time::SystemTime>,
}

impl HasRoles for Caller {
    fn has_role(&self, role: &str) -> bool {
        self.roles.contains(&role)
    }
}

impl HasScopes for Caller {
    fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(&scope)
    }
}

impl HasAuthentication for Caller {
    fn acr(&self) -> Option<&str> {
        self.acr
    }

    fn authenticated_at(&self) -> Option<std::time::SystemTime> {
        self.at
    }
}

async fn denial(policy: impl Policy<Caller, ()>, caller: &Caller) -> Denial {
    policy.check(caller, &()).await.expect_err("refused")
}

#[tokio::test]
async fn e07_every_part_is_kept_for_operators_and_only_the_merged_reason_leaves() {
    let caller = Caller { scopes: vec!["b"], ..Caller::default() };
    let denial = denial(
        all((
            role("admin"),
            scope("a").unwrap(),
            policy_fn(|_: &Caller, (): &()| {
                Decision::unavailable().with_source("no route to engine")
            }),
        )),
        &caller,
    )
    .await;
    assert_eq!(denial.cause(), Cause::Forbidden);
    let notes: Vec<String> = denial.reasons().map(ToString::to_string).collect();
    // The scope cannot conceal and the answer was settled, so it was not asked.
    assert_eq!(notes, ["role `admin`: forbidden", "unavailable (no route to engine)"]);
    assert_eq!(denial.to_string(), "forbidden");
    let parts: Vec<_> = denial.reasons().map(|note| (note.part(), note.cause())).collect();
    assert_eq!(parts, [("role `admin`", Cause::Forbidden), ("", Cause::Unavailable)]);

    let denial = any((role("admin"), scope("a").unwrap())).check(&caller, &()).await.unwrap_err();
    let notes: Vec<String> = denial.reasons().map(ToString::to_string).collect();
    assert_eq!(notes, ["role `admin`: forbidden", "scope `a`: insufficient_scope"]);

    let decision =
        any((role("admin"), scope("a").unwrap())).decide_now(Some(&caller), &()).unwrap();
    let why = decision.reason().expect("refused");
    assert_eq!(why.parts().map(ToString::to_string).collect::<Vec<_>>(), notes);
    let printed = format!("{why:?}");
    assert!(
        printed.contains(&notes.join("; ")) && printed.contains("concealed: false"),
        "{printed}"
    );
}

#[tokio::test]
async fn e07_held_scopes_are_named_with_the_missing_ones_but_not_those_under_not() {
    let caller = Caller { scopes: vec!["b", "d", "x"], ..Caller::default() };
    let policy = all((
        scope("c").unwrap(),
        scope("b").unwrap(),
        any((scope("a").unwrap(), scope("d").unwrap())),
        not(all((scope("x").unwrap(), scope("y").unwrap()))),
        BoxPolicy::new(scope("d").unwrap()),
    ));
    let denial = denial(policy, &caller).await;
    assert_eq!(denial.requirement().unwrap().scope().unwrap(), "b c d");
}

#[tokio::test]
async fn e07_scopes_are_not_named_where_another_authentication_alone_is_missing() {
    let caller = Caller { scopes: vec!["b"], ..Caller::default() };
    let refused = denial(all((scope("b").unwrap(), acr(["mfa"]).unwrap())), &caller).await;
    assert_eq!(refused.requirement().unwrap().scope(), None);
    let refused =
        denial(all((scope("b").unwrap(), scope("c").unwrap(), acr(["mfa"]).unwrap())), &caller)
            .await;
    assert_eq!(refused.requirement().unwrap().scope().unwrap(), "b c");
}

#[tokio::test]
async fn e08_an_answer_with_an_error_beside_it_is_unknown() {
    let caller = Caller::default();
    let engine = |errors: &'static [&'static str]| {
        policy_fn(move |_: &Caller, (): &()| {
            Decision::permit_if(true).unless_errors(errors.iter().copied())
        })
    };
    assert!(engine(&[]).check(&caller, &()).await.is_ok());
    let refused = denial(engine(&["rule 7 failed"]), &caller).await;
    assert_eq!(refused.cause(), Cause::Unavailable);
    let refused = denial(not(engine(&["rule 7 failed"])), &caller).await;
    assert_eq!(refused.cause(), Cause::Unavailable);
    assert_eq!(refused.reasons().next().unwrap().to_string(), "unavailable (rule 7 failed)");
}

#[test]
fn e08_an_error_beside_a_concealed_answer_does_not_reveal_it() {
    let hidden = Decision::forbidden().concealed().unless_errors(["rule 7 failed"]);
    assert_eq!((truth(&hidden), rendered(&hidden)), (Truth::U, Rendered::Concealed));
    assert_eq!(hidden.reason().unwrap().cause(), Cause::Unavailable);
}

#[tokio::test]
async fn e01_a_part_that_panics_is_undecided_and_does_not_stop_a_permit() {
    quietly();
    let broken = || policy_fn(|_: &Caller, (): &()| std::panic::panic_any(()));
    let late = || {
        async_policy_fn(|_: &Caller, (): &()| async {
            tokio::task::yield_now().await;
            std::panic::panic_any(())
        })
    };
    let caller = Caller { roles: vec!["admin"], ..Caller::default() };
    assert_eq!(denial(broken(), &caller).await.cause(), Cause::InternalError);
    assert_eq!(denial(late(), &caller).await.cause(), Cause::InternalError);
    assert_eq!(denial(not(late()), &caller).await.cause(), Cause::InternalError);
    assert_eq!(denial(all((role("admin"), late())), &caller).await.cause(), Cause::InternalError);
    assert!(any((broken(), late(), role("admin"))).check(&caller, &()).await.is_ok());
}

#[tokio::test]
async fn e09_waiting_parts_decide_as_those_do_that_answer_at_once() {
    fn later(decision: Decision) -> impl Policy<Caller, ()> {
        async_policy_fn(move |_: &Caller, (): &()| {
            let decision = decision.clone();
            async move {
                tokio::task::yield_now().await;
                decision
            }
        })
    }
    let caller = Caller { roles: vec!["admin"], ..Caller::default() };
    assert!(all((later(Decision::Permit), role("admin"))).check(&caller, &()).await.is_ok());
    let refused = denial(all((role("admin"), later(Decision::forbidden()))), &caller).await;
    assert_eq!(refused.cause(), Cause::Forbidden);
    let listed = all(vec![
        BoxPolicy::new(later(Decision::Permit)),
        BoxPolicy::new(conceal(later(Decision::forbidden()))),
    ]);
    assert!(denial(listed, &caller).await.is_concealed());
    let permitted = conceal_unless(later(Decision::forbidden()), later(Decision::Permit));
    assert!(permitted.check(&caller, &()).await.is_ok());
    let hidden = conceal_unless(later(Decision::forbidden()), later(Decision::forbidden()));
    assert!(denial(hidden, &caller).await.is_concealed());
    let seen = conceal_unless(later(Decision::Permit), later(Decision::forbidden()));
    assert!(!denial(seen, &caller).await.is_concealed());
    // Somebody unknown, asked by a part that waits.
    let unknown = all((later(Decision::Permit), anyone())).check(None, &()).await.unwrap_err();
    assert_eq!(unknown.cause(), Cause::IdentityNeeded);
    let unknown = conceal(not(later(Decision::Permit))).check(None, &()).await.unwrap_err();
    assert!(unknown.is_concealed());
}

#[tokio::test]
async fn c01_leaves_that_need_somebody_ask_for_an_identity() {
    async fn unknown(policy: impl Policy<Caller, ()>) -> Option<Cause> {
        policy.check(None, &()).await.err().map(|denial| denial.cause())
    }
    let needed = Some(Cause::IdentityNeeded);
    assert_eq!(unknown(role("admin")).await, needed);
    assert_eq!(unknown(scope("a").unwrap()).await, needed);
    assert_eq!(unknown(acr(["mfa"]).unwrap()).await, needed);
    assert_eq!(unknown(max_age(Duration::from_secs(1))).await, needed);
    assert_eq!(unknown(authenticated()).await, needed);
    assert_eq!(unknown(policy_fn(|_: &Caller, (): &()| Decision::Permit)).await, needed);
    assert_eq!(unknown(anyone()).await, None);
    assert_eq!(unknown(resource_fn(|(): &()| Decision::Permit)).await, None);
    assert_eq!(unknown(any((role("admin"), anyone()))).await, None);
    let boxed: BoxPolicy<Caller, ()> = BoxPolicy::new(anyone());
    assert_eq!(unknown(boxed).await, None);
}

#[tokio::test]
async fn c11_several_policies_about_a_loaded_object_decide_as_one() {
    struct Repo {
        public: bool,
    }
    let public = || resource_fn(|repo: &Repo| Decision::permit_if(repo.public));
    let can_read = any((public(), all((authenticated(), not(role("banned"))))));
    let caller = |role| Caller { roles: vec![role], ..Caller::default() };
    let (open, closed) = (Repo { public: true }, Repo { public: false });
    assert!(can_read.check(None::<&Caller>, &open).await.is_ok());
    assert!(can_read.check(&caller("banned"), &open).await.is_ok());
    assert!(can_read.check(&caller("member"), &closed).await.is_ok());
    let cause = can_read.check(None::<&Caller>, &closed).await.unwrap_err().cause();
    assert_eq!(cause, Cause::IdentityNeeded);
    let cause = can_read.check(&caller("banned"), &closed).await.unwrap_err().cause();
    assert_eq!(cause, Cause::Forbidden);
}

#[tokio::test]
async fn c04_step_up_asks_how_and_when_the_caller_was_authenticated() {
    let now = std::time::SystemTime::now();
    let ago = |seconds| Some(now - Duration::from_secs(seconds));
    let policy = || all((acr(["mfa", "hwk"]).unwrap(), max_age(Duration::from_secs(300))));
    let fresh = Caller { acr: Some("hwk"), at: ago(100), ..Caller::default() };
    assert!(policy().check(&fresh, &()).await.is_ok());
    let ahead = Caller { at: Some(now + Duration::from_secs(60)), ..fresh };
    assert!(policy().check(&ahead, &()).await.is_ok(), "clocks differ");

    let old = Caller { acr: Some("mfa"), at: ago(400), ..Caller::default() };
    let need = denial(policy(), &old).await.requirement().unwrap().clone();
    assert_eq!((need.acr_values(), need.max_age_seconds()), (None, Some(300)));
    let weak = Caller { acr: Some("pwd"), at: ago(1), ..Caller::default() };
    let need = denial(policy(), &weak).await.requirement().unwrap().clone();
    assert_eq!((need.acr_values().unwrap(), need.max_age_seconds()), ("mfa hwk".into(), None));
    let need = denial(policy(), &Caller::default()).await.requirement().unwrap().clone();
    assert_eq!((need.acr_values().unwrap(), need.max_age_seconds()), ("mfa hwk".into(), Some(300)));
}

#[test]
fn a14_what_is_no_scope_or_acr_is_refused_when_the_policy_is_built() {
    for text in ["", "two words", "a\"b", "a\\b", "\u{fc}", "a\nb"] {
        assert!(scope(text).is_err(), "{text:?}");
        assert!(acr(["mfa", text]).is_err(), "{text:?}");
        let message = scope(text).unwrap_err().to_string();
        assert!(message.contains("RFC 6749"), "{message}");
    }
    assert!(scope("two words").is_err());
    assert!(acr(["two words"]).is_err());
}
