//! Macros that write the methods of a policy from one function, so that all of them decide alike.

/// An argument that only this crate can name: a method that takes it cannot be overridden by a
/// policy of another crate.
#[derive(Clone, Copy, Debug)]
pub struct Internal(());

impl Internal {
    pub(super) const TOKEN: Self = Self(());
}

/// The methods of a policy that never waits, all from its one `evaluate(caller, resource)`.
macro_rules! decide_without_waiting {
    ($principal:ty, $resource:ty) => {
        async fn decide(&self, principal: &$principal, resource: &$resource) -> Decision {
            self.evaluate(Some(principal), resource)
        }

        async fn decide_anonymous(&self, resource: &$resource) -> Decision {
            self.evaluate(None::<&$principal>, resource)
        }

        fn decide_without_waiting(
            &self,
            caller: Option<&$principal>,
            resource: &$resource,
            _: Internal,
        ) -> Option<Decision> {
            Some(self.evaluate(caller, resource))
        }
    };
}

/// The methods of a policy that evaluates others, from its `evaluate(caller, resource)`, which
/// waits, and its `evaluate_now`, which does not.
macro_rules! decide_by_parts {
    ($principal:ty, $resource:ty) => {
        async fn decide(&self, principal: &$principal, resource: &$resource) -> Decision {
            self.evaluate(Some(principal), resource).await
        }

        async fn decide_anonymous(&self, resource: &$resource) -> Decision {
            self.evaluate(None::<&$principal>, resource).await
        }

        fn decide_without_waiting(
            &self,
            caller: Option<&$principal>,
            resource: &$resource,
            _: Internal,
        ) -> Option<Decision> {
            self.evaluate_now(caller, resource)
        }
    };
}

pub(super) use {decide_by_parts, decide_without_waiting};
