//! Stand-ins for methods whose feature is off: each has a bound that no type meets, and the compiler then
//! names the feature. For a type, rustc does so itself.

#[cfg(not(feature = "tokio"))]
mod tokio {
    use std::time::Duration;

    use crate::{AuthenticateLayer, AuthorizeLayer};

    #[diagnostic::on_unimplemented(
        message = "this method needs the feature `tokio` of `portcullis`",
        label = "add the feature `tokio`",
        note = "`cargo add portcullis --features tokio`"
    )]
    pub trait FeatureTokio {}

    impl<I, R, O> AuthenticateLayer<I, R, O> {
        #[doc(hidden)]
        pub fn time_limit(self, _: Duration) -> Self
        where
            Self: FeatureTokio,
        {
            self
        }
    }

    impl<P, D> AuthorizeLayer<P, D> {
        #[doc(hidden)]
        pub fn time_limit(self, _: Duration) -> Self
        where
            Self: FeatureTokio,
        {
            self
        }
    }
}

#[cfg(not(feature = "iso-8859-1"))]
mod iso_8859_1 {
    use crate::Basic;

    #[diagnostic::on_unimplemented(
        message = "this method needs the feature `iso-8859-1` of `portcullis`",
        label = "add the feature `iso-8859-1`",
        note = "`cargo add portcullis --features iso-8859-1`"
    )]
    pub trait FeatureIso88591 {}

    impl<V> Basic<V> {
        #[doc(hidden)]
        pub fn accept_iso_8859_1(self) -> Self
        where
            Self: FeatureIso88591,
        {
            self
        }
    }
}

#[cfg(not(feature = "time-floor"))]
mod time_floor {
    use std::time::Duration;

    use crate::ConcealLayer;
    use crate::conceal::InvalidConcealment;

    #[diagnostic::on_unimplemented(
        message = "this method needs the feature `time-floor` of `portcullis`",
        label = "add the feature `time-floor`",
        note = "`cargo add portcullis --features time-floor`"
    )]
    pub trait FeatureTimeFloor {}

    impl<R, T, O> ConcealLayer<R, T, O> {
        #[doc(hidden)]
        pub fn time_floor(self, _: Duration) -> Result<Self, InvalidConcealment>
        where
            Self: FeatureTimeFloor,
        {
            Ok(self)
        }
    }
}
