//! The command `portcullis`, as a person runs it.
