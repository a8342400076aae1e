//! When does a browser get a login page in place of a 401, and which one? What ends a login? (F06, F07)
//!
//! [`LoginPage`] is the page and [`ReturnPath`] the path to come back to; for a page on another host,
//! [`ReturnAddress`] is the address. `request_kind` tells navigations, forms, scripts and programs apart
//! by their request headers; `lead` decides how each is led to the page, and `redirect` builds the
//! response. That only a 401 becomes a 303 is decided where every status is, in
//! `denial/public_outcome.rs`.

mod browser;
mod lead;
mod no_dialog;
mod origin;
mod page;
mod redirect;
mod request_kind;
mod return_address;
mod return_path;

pub use crate::denial::LogOut;
pub use no_dialog::NoDialog;
pub use origin::{InvalidOrigin, ReturnOrigins};
pub use page::{InvalidLoginPage, LoginPage};
pub use return_address::{InvalidReturnAddress, ReturnAddress};
pub use return_path::{InvalidReturnPath, ReturnPath};

pub(crate) use lead::{LeadWay, LoginLead};
pub(crate) use request_kind::RequestKind;
