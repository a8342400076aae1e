//! What an observer learns about its layer.

/// The layer that an observer is attached to.
#[derive(Clone, Debug)]
pub struct ObservedLayer<'a> {
    schemes: Vec<&'a str>,
    is_at_proxy: bool,
    conceals: bool,
}

impl<'a> ObservedLayer<'a> {
    pub(crate) fn authenticate(schemes: Vec<&'a str>, is_at_proxy: bool) -> Self {
        Self { schemes, is_at_proxy, conceals: false }
    }

    /// The auth-schemes that the stage offers when the observer is attached, in the order of their challenges in
    /// a response: Bearer and DPoP first, unless the layer
    /// [preserves](crate::AuthenticateLayer::preserve_challenge_order) that of the identity. One scheme may be
    /// there several times. None for a [`ConcealLayer`](crate::ConcealLayer).
    pub fn schemes(&self) -> &[&'a str] {
        &self.schemes
    }

    /// Whether the stage is [at a proxy](crate::AuthenticateLayer::at_proxy) when the observer is attached.
    pub fn is_at_proxy(&self) -> bool {
        self.is_at_proxy
    }

    /// Whether the layer is a [`ConcealLayer`](crate::ConcealLayer).
    pub fn conceals(&self) -> bool {
        self.conceals
    }
}

impl ObservedLayer<'static> {
    pub(crate) fn conceal() -> Self {
        Self { schemes: Vec::new(), is_at_proxy: false, conceals: true }
    }
}
