//! Several observers of one layer.

use http::request::Parts;

use super::{ConcealEvent, Event, Observe, ObservedLayer, Taken};
use crate::catch_panic::catch_panic;

macro_rules! impl_observe_for_tuple {
    ($($observer:ident $index:tt),+) => {
        /// Each observer gets every event, in order. If one panics, the others still get it.
        impl<$($observer: Observe),+> Observe for ($($observer,)+) {
            type Context = ($(Taken<$observer::Context>,)+);

            fn attach(&mut self, layer: &ObservedLayer<'_>) {
                $(self.$index.attach(layer);)+
            }

            fn measures_time(&self) -> bool {
                false $(|| self.$index.measures_time())+
            }

            fn begin(&self, request: &Parts) -> Self::Context {
                ($(Taken::by(|| self.$index.begin(request)),)+)
            }

            fn decided(&self, mut context: Self::Context, event: &Event<'_>) {
                $(if let Some(context) = context.$index.take() {
                    let _ = catch_panic(|| self.$index.decided(context, event));
                })+
            }

            fn concealed(&self, mut context: Self::Context, event: &ConcealEvent) {
                $(if let Some(context) = context.$index.take() {
                    let _ = catch_panic(|| self.$index.concealed(context, event));
                })+
            }
        }
    };
}

impl_observe_for_tuple!(A 0, B 1);
impl_observe_for_tuple!(A 0, B 1, C 2);
impl_observe_for_tuple!(A 0, B 1, C 2, D 3);
