//! The checks of one exchange (section I): each fault is found at its place, and honest responses that look
//! like it are not.

mod allow;
mod cors;
mod denials;
mod echoes;
mod honest;
mod hostile;
mod internals;
mod json;
mod login_redirects;
mod problems;
mod storing;
mod waiting;
mod wire;
