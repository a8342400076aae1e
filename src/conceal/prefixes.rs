//! The prefixes of an area, as a tree of their segments.

use crate::percent;

/// Where a path lies, the least strict first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// Outside the area.
    Outside,
    /// In the area; objects are hidden.
    Inside,
    /// In the area; objects and routes are hidden.
    Hidden,
}

/// A segment of a prefix, and the segments that follow it. The root has no name.
#[derive(Clone, Debug)]
pub(super) struct Node {
    name: Box<str>,
    /// The place that was declared for the prefix that ends here.
    place: Place,
    children: Vec<Node>,
}

impl Node {
    pub(super) fn new(name: &str, place: Place) -> Self {
        Self { name: name.into(), place, children: Vec::new() }
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Declares the prefix of these segments. A stricter place that was declared before stays.
    pub(super) fn add<'a>(&mut self, mut segments: impl Iterator<Item = &'a str>, place: Place) {
        let Some(name) = segments.next() else {
            self.place = self.place.max(place);
            return;
        };
        let known = self.children.iter().position(|child| &*child.name == name);
        let index = known.unwrap_or_else(|| {
            self.children.push(Self::new(name, Place::Outside));
            self.children.len() - 1
        });
        self.children[index].add(segments, place);
    }

    /// The child of this name; the segment may be percent-encoded.
    pub(super) fn child(&self, segment: &[u8]) -> Option<&Self> {
        let is_named =
            |name: &[u8]| segment == name || percent::decode(segment).eq(name.iter().copied());
        self.children.iter().find(|child| is_named(child.name.as_bytes()))
    }

    /// The strictest place on the way along these segments.
    pub(super) fn along<'a>(&self, segments: impl Iterator<Item = &'a [u8]>) -> Place {
        let (mut node, mut strictest) = (self, self.place);
        for segment in segments {
            let Some(child) = node.child(segment) else { break };
            node = child;
            strictest = strictest.max(node.place);
        }
        strictest
    }
}
