//! When does a browser get a login page in place of a 401, and which one? (F06, F07)
//!
//! [`LoginPage`] is the page and [`ReturnPath`] the address to come back to. `browser` tells
//! navigations and scripts apart by their request headers. `redirect` holds the condition that a
//! request must meet to be redirected, and builds the response. That only a 401 becomes a 303 is
//! decided where every status is, in `denial/public_outcome.rs`.

mod browser;
mod page;
mod redirect;
mod return_path;

pub use page::{InvalidLoginPage, LoginPage};
pub use return_path::{InvalidReturnPath, ReturnPath};

pub(crate) use browser::{SCRIPT_HEADERS, is_from_script};
