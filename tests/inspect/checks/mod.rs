//! Do the checks of one exchange find what they are for, and nothing else? (Rows I01 to I34)

mod allow;
mod bearer;
mod challenges;
mod clients;
mod cors;
mod declared;
mod denials;
mod digest;
mod echoes;
mod grammar;
mod honest;
mod honest_apis;
mod honest_protocols;
mod honest_sites;
mod hostile;
mod internals;
mod json;
mod login_redirects;
mod planted;
mod problems;
mod redaction;
mod storing;
mod table;
mod waiting;
mod wire;
mod written;
