//! Do the checks of one exchange find what they are for, and nothing else? (Rows I01 to I34)

mod bearer;
mod challenges;
mod clients;
mod digest;
mod grammar;
mod redaction;
mod table;
mod written;
