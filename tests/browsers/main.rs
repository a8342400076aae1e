//! Browsers: the redirect to a login page and back (F06), requests that open no dialog (F07), and an
//! application with sessions (A16). Chromium uses the example `webapp`.

#[path = "../support/mod.rs"]
mod support;

mod chromium;
mod clients;
mod dialogs;
mod libraries;
mod log_out;
mod login_page;
mod original_target;
mod outage;
mod return_address;
mod return_path;
mod sessions;
mod webapp;

/// What Chromium sends when a person follows a link.
const NAVIGATION: [&str; 4] = [
    "accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    "sec-fetch-mode: navigate",
    "sec-fetch-dest: document",
    "sec-fetch-site: none",
];

/// What it sends for `fetch()`.
const FETCH: [&str; 4] =
    ["accept: */*", "sec-fetch-mode: cors", "sec-fetch-dest: empty", "sec-fetch-site: same-origin"];
