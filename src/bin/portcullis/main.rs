//! `portcullis`: inspects the refusals of a server, and explains what it finds.

mod address;
mod args;
mod callers;
#[path = "../../inspect/coding.rs"]
mod coding;
mod connect;
#[path = "../../inspect/credentials/headers.rs"]
mod credential_headers;
mod explain;
mod failure;
mod inspect;
mod judge;
mod origin;
mod outcome;
mod output;
mod partly;
mod paste;
mod redirect;
mod secrets;
#[path = "../../inspect/shown.rs"]
mod shown;
#[path = "../../inspect/shown_address.rs"]
mod shown_address;
mod tapped;
mod terminal;
mod tls;
mod usage;

use std::process::ExitCode;

use args::{Arguments, Task};
use failure::{CANNOT, Failure};
use usage::Usage;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let ended = match Arguments::read(&arguments) {
        Ok(arguments) => run(arguments),
        Err(Usage::Asked(text)) => terminal::print(&text).map(|()| ExitCode::SUCCESS),
        Err(Usage::Wrong(message)) => Err(Failure::new(message)),
    };
    ended.unwrap_or_else(|failure| {
        terminal::complain(&failure);
        ExitCode::from(CANNOT)
    })
}

fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    match arguments.task {
        Task::Explain { id: None } => terminal::print(&explain::list())?,
        Task::Explain { id: Some(id) } => terminal::print(&explain::page(&id)?)?,
        Task::Inspect(settings) => {
            let outcome = match settings.is_paste() {
                true => judge::pasted(&settings)?,
                false => inspect::server(&settings)?,
            };
            let text = match settings.json {
                true => output::json(&outcome),
                false => output::text(&outcome, terminal::Style::of_output()),
            };
            terminal::print(&text)?;
            return Ok(ExitCode::from(outcome.exit_status()));
        }
    }
    Ok(ExitCode::SUCCESS)
}
