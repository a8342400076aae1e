//! The commands that the example prints for its reader, run by a shell.

use crate::resource_server;
use crate::support::{Scratch, Tool, run};

#[test]
fn every_command_that_the_example_prints_does_what_it_says() {
    let (Some(shell), Some(_)) = (Tool::find("sh"), Tool::find("curl")) else { return };
    let (example, _) = resource_server(&[]);
    let (tokens, commands): (Vec<_>, Vec<_>) =
        example.lines.iter().partition(|line| !line.starts_with("curl "));
    assert!(tokens.len() >= 7 && commands.len() >= 13, "{:?}", example.lines);
    let home = Scratch::new();
    for line in commands {
        let (command, promise) = line.rsplit_once(" # ").expect("what to expect");
        let tokens = tokens.iter().map(|line| format!("{line}\n"));
        let script = tokens.collect::<String>() + command + " --silent --max-time 20";
        let ran = run(shell.command(&home).args(["-c", &script]));
        let (_, status) = ran.out.split_once(' ').unwrap_or_else(|| panic!("{line}: {ran:#?}"));
        let promised = promise.split(',').next().unwrap_or_default();
        assert_eq!(status.split(' ').next(), Some(promised), "{line}: {ran:#?}");
        // What is said behind the status.
        for (said, shown) in [
            ("where the metadata is", "resource_metadata=\"http://localhost:"),
            ("for which scopes to ask", "scope=\"notes:read notes:write\""),
            ("how the user should log in", "acr_values=\"mfa\""),
        ] {
            assert!(!promise.contains(said) || ran.out.contains(shown), "{line}: {ran:#?}");
        }
    }
}
