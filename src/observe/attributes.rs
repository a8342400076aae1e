//! The attributes of an event, named as OpenTelemetry's semantic conventions name theirs.
//!
//! portcullis does not depend on OpenTelemetry. This observer counts decisions; the HTTP instrumentation
//! measures `http.server.request.duration` beside it:
//!
//! ```
//! use http::request::Parts;
//! use opentelemetry::{KeyValue, metrics::Counter};
//! use portcullis::observe::attributes::Value;
//! use portcullis::observe::{Event, Observe};
//!
//! /// With the counter that `meter.u64_counter("portcullis.decisions")` builds.
//! struct Decisions(Counter<u64>);
//!
//! impl Observe for Decisions {
//!     type Context = ();
//!
//!     fn begin(&self, _: &Parts) {}
//!
//!     fn decided(&self, (): (), event: &Event<'_>) {
//!         let attributes = event.attributes().map(|(name, value)| match value {
//!             Value::Text(text) => KeyValue::new(name, text.into_owned()),
//!             Value::Number(number) => KeyValue::new(name, number),
//!             Value::Flag(flag) => KeyValue::new(name, flag),
//!         });
//!         self.0.add(1, &attributes.collect::<Vec<_>>());
//!     }
//! }
//! ```
//!
//! The same attributes can be set on the server's span. [`ERROR_TYPE`] is among them for
//! [`Class::Ours`] alone: the conventions leave the status of a server's span unset for
//! 4xx, so the refusal of a caller is not an error of the span.

use std::borrow::Cow;

use super::label_values::caller;
use super::{Class, Event};

/// The stage that refused: `authenticate`, `authorize` or `handler`.
pub const STAGE: &str = "portcullis.stage";
/// `permitted`, `refused` or `passed`.
pub const OUTCOME: &str = "portcullis.outcome";
/// The [class](super::Class) of the cause.
pub const CLASS: &str = "portcullis.class";
/// The [cause](crate::Cause) of a denial, also if the response conceals it.
pub const CAUSE: &str = "portcullis.cause";
/// The auth-scheme of the credentials in lower case; `other` for one that is not offered.
pub const SCHEME: &str = "portcullis.scheme";
/// `known` or `anonymous`.
pub const CALLER: &str = "portcullis.caller";
/// Whether the response conceals the denial.
pub const CONCEALED: &str = "portcullis.concealed";
/// The HTTP status of the response; 200 for a gRPC call that was refused.
pub const STATUS_CODE: &str = "http.response.status_code";
/// The cause, if the check itself failed.
pub const ERROR_TYPE: &str = "error.type";

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// An integer.
    Number(i64),
    /// A Boolean.
    Flag(bool),
}

impl<'a> Event<'a> {
    /// The event as [attributes](crate::observe::attributes) of a span or a counter. One that has no value is left
    /// out, as the cause of a permitted request.
    ///
    /// All values are from sets that are closed when the layer is built, but for the status: that is the
    /// service's, any from 100 to 999. A counter that may have fewer series leaves it out, or takes its class.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, Value<'a>)> + use<'a> {
        let text = |text: &'static str| Value::Text(Cow::Borrowed(text));
        let cause = self.cause().map(|cause| text(cause.as_str()));
        let is_ours = self.class() == Some(Class::Ours);
        let attributes = [
            (STAGE, self.stage().map(|stage| text(stage.as_str()))),
            (OUTCOME, Some(text(self.outcome().as_str()))),
            (CLASS, self.class().map(|class| text(class.as_str()))),
            (CAUSE, cause.clone()),
            (SCHEME, self.scheme().label().map(Value::Text)),
            (CALLER, Some(text(caller(self.is_anonymous())))),
            (CONCEALED, self.denial().map(|denial| Value::Flag(denial.is_concealed()))),
            (STATUS_CODE, Some(Value::Number(self.status().as_u16().into()))),
            (ERROR_TYPE, cause.filter(|_| is_ours)),
        ];
        attributes.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}
