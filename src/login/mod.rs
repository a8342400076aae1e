//! When does a browser get a login page in place of a 401, and which one? (F06, F07)
//!
//! [`LoginPage`] is the page and [`ReturnPath`] the path to come back to; for a page on another host,
//! [`ReturnAddress`] is the address. `browser` tells
//! navigations and scripts apart by their request headers. `redirect` holds the condition that a
//! request must meet to be redirected, and builds the response. That only a 401 becomes a 303 is
//! decided where every status is, in `denial/public_outcome.rs`.

mod browser;
mod origin;
mod page;
mod redirect;
mod return_address;
mod return_path;

pub use origin::{InvalidOrigin, ReturnOrigins};
pub use page::{InvalidLoginPage, LoginPage};
pub use return_address::{InvalidReturnAddress, ReturnAddress};
pub use return_path::{InvalidReturnPath, ReturnPath};

pub(crate) use browser::{SCRIPT_HEADERS, is_from_script};
pub(crate) use redirect::ReturnTarget;
