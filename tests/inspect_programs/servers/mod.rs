//! Servers of others, as they come and as tutorials program them, are inspected over loopback: what is found is
//! what a person finds in their bytes, and nothing else.
//!
//! Each server has a table: what is asked, which findings must come, and for each of them an exchange beside
//! the inspection, whose bytes show that the finding is true. `.ci/clients` installs the servers.

mod apache;
mod case;
mod confirm;
mod django;
mod django_rest;
mod express;
mod fastapi;
mod httpbin;
mod judge;
mod known;
mod nginx;
mod programs;
mod refusals;
