//! The model of section E, written from the words of the table.

use std::collections::{BTreeMap, BTreeSet};

use portcullis::Cause;

use crate::expressions::{Leaf, Needed, Rendered, Tree, name};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    F,
    U,
    T,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    Unavailable,
    InternalError,
    Insufficient(Terms),
    Identity(Needs),
    Forbidden,
}

/// The N of a reason `identity(N)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needs {
    Nothing,
    Unknown,
    Terms(Terms),
}

impl Needs {
    /// Of the parts of `all`: *unknown* absorbs, *nothing* is neutral, terms merge.
    fn of_all(parts: Vec<Self>) -> Self {
        if parts.contains(&Self::Unknown) {
            return Self::Unknown;
        }
        let merged = Self::terms(parts).into_iter().reduce(|a, b| a.merged(&b));
        merged.map_or(Self::Nothing, Self::Terms)
    }

    /// Of the parts of `any`: the lesser terms, else *unknown*, else *nothing*.
    fn of_any(parts: Vec<Self>) -> Self {
        let otherwise = if parts.contains(&Self::Unknown) { Self::Unknown } else { Self::Nothing };
        let lesser = Self::terms(parts).into_iter().min_by_key(Terms::key);
        lesser.map_or(otherwise, Self::Terms)
    }

    fn terms(parts: Vec<Self>) -> Vec<Terms> {
        let terms = parts.into_iter().filter_map(|part| match part {
            Self::Terms(terms) => Some(terms),
            _ => None,
        });
        terms.collect()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Terms {
    scopes: BTreeSet<String>,
    acr: Option<BTreeMap<String, usize>>,
    age: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub t: Truth,
    r: Reason,
    c: bool,
}

impl Terms {
    fn of(scopes: &BTreeSet<u8>, values: &Option<Vec<u8>>, age: Option<u8>) -> Self {
        let acr = values.as_ref().map(|values| {
            let mut places = BTreeMap::new();
            for (place, value) in values.iter().enumerate() {
                places.entry(name('a', *value)).or_insert(place);
            }
            places
        });
        let scopes = scopes.iter().map(|it| name('s', *it)).collect();
        Self { scopes, acr, age: age.map(u64::from) }
    }

    fn listed(&self) -> Option<String> {
        let mut values: Vec<_> = self.acr.as_ref()?.iter().map(|(v, at)| (*at, &**v)).collect();
        values.sort();
        Some(values.iter().map(|(_, value)| *value).collect::<Vec<_>>().join(" "))
    }

    fn scope(&self) -> Option<String> {
        let scopes = self.scopes.iter().cloned().collect::<Vec<_>>().join(" ");
        (!scopes.is_empty()).then_some(scopes)
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

pub fn strongest(parts: Vec<Model>, order: [fn(&Reason) -> bool; 4], in_all: bool) -> Reason {
    let reasons: Vec<Reason> = parts.into_iter().map(|part| part.r).collect();
    let top = order.iter().rev().find(|is| reasons.iter().any(is)).unwrap();
    let mut among: Vec<Reason> = reasons.into_iter().filter(top).collect();
    if among.contains(&Reason::InternalError) {
        return Reason::InternalError;
    }
    if IS_IDENTITY(&among[0]) {
        let needs = among.into_iter().filter_map(|reason| match reason {
            Reason::Identity(needs) => Some(needs),
            _ => None,
        });
        let merge = if in_all { Needs::of_all } else { Needs::of_any };
        return Reason::Identity(merge(needs.collect()));
    }
    if !matches!(among[0], Reason::Insufficient(_)) {
        return among.remove(0);
    }
    let terms = among.into_iter().filter_map(|reason| match reason {
        Reason::Insufficient(terms) => Some(terms),
        _ => None,
    });
    Reason::Insufficient(if in_all {
        terms.reduce(|a, b| a.merged(&b)).unwrap()
    } else {
        terms.min_by_key(Terms::key).unwrap()
    })
}

pub const IS_UNDECIDED: fn(&Reason) -> bool =
    |it| matches!(it, Reason::Unavailable | Reason::InternalError);
pub const IS_INSUFFICIENT: fn(&Reason) -> bool = |it| matches!(it, Reason::Insufficient(_));
pub const IS_IDENTITY: fn(&Reason) -> bool = |it| matches!(it, Reason::Identity(_));
pub const IS_FORBIDDEN: fn(&Reason) -> bool = |it| matches!(it, Reason::Forbidden);

pub fn composed(parts: &[Tree], in_all: bool) -> Model {
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
        [IS_UNDECIDED, IS_INSUFFICIENT, IS_IDENTITY, IS_FORBIDDEN]
    } else {
        [IS_FORBIDDEN, IS_INSUFFICIENT, IS_IDENTITY, IS_UNDECIDED]
    };
    Model { t, r: strongest(refusing, order, in_all), c }
}

impl Tree {
    pub fn model(&self) -> Model {
        let hidden = |model: Model| Model { c: model.t != Truth::T, ..model };
        match self {
            Self::Leaf(leaf) => {
                let (t, r) = match leaf {
                    Leaf::Permit => (Truth::T, Reason::Forbidden),
                    Leaf::Forbidden => (Truth::F, Reason::Forbidden),
                    Leaf::Identity(needed) => {
                        let needs = match needed {
                            Needed::Nothing => Needs::Nothing,
                            Needed::Unknown => Needs::Unknown,
                            Needed::Terms(scopes, values, age) => {
                                Needs::Terms(Terms::of(scopes, values, *age))
                            }
                        };
                        (Truth::U, Reason::Identity(needs))
                    }
                    Leaf::Unavailable => (Truth::U, Reason::Unavailable),
                    Leaf::InternalError => (Truth::U, Reason::InternalError),
                    Leaf::Insufficient(scopes, values, age) => {
                        (Truth::F, Reason::Insufficient(Terms::of(scopes, values, *age)))
                    }
                };
                Model { t, r, c: false }
            }
            Self::All(parts) => composed(parts, true),
            Self::Any(parts) => composed(parts, false),
            Self::Not(part) => match part.model() {
                Model { t: Truth::T, .. } => Model { t: Truth::F, r: Reason::Forbidden, c: false },
                Model { t: Truth::F, .. } => Model { t: Truth::T, r: Reason::Forbidden, c: false },
                Model { r: Reason::Identity(_), t, c } => {
                    Model { r: Reason::Identity(Needs::Nothing), t, c }
                }
                undecided => undecided,
            },
            Self::Conceal(part) => hidden(part.model()),
            Self::ConcealExceptOutages(part) => {
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
    pub fn rendered(&self) -> Rendered {
        if self.t == Truth::T {
            return Rendered::Permit;
        }
        if self.c {
            return Rendered::Concealed;
        }
        let plain = |cause| Rendered::Refused(cause, None, None, None);
        match &self.r {
            Reason::Unavailable => plain(Cause::Unavailable),
            Reason::InternalError => plain(Cause::InternalError),
            Reason::Identity(Needs::Terms(terms)) => {
                Rendered::Refused(Cause::IdentityNeeded, terms.scope(), terms.listed(), terms.age)
            }
            Reason::Identity(_) => plain(Cause::IdentityNeeded),
            Reason::Forbidden => plain(Cause::Forbidden),
            Reason::Insufficient(terms) => {
                let step_up = terms.acr.is_some() || terms.age.is_some();
                let cause = if step_up {
                    Cause::InsufficientAuthentication
                } else {
                    Cause::InsufficientScope
                };
                Rendered::Refused(cause, terms.scope(), terms.listed(), terms.age)
            }
        }
    }
}
