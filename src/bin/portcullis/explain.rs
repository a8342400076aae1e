//! Explains the checks.

use std::fmt::Write as _;

use portcullis::inspect::Check;

use crate::failure::Failure;

/// How many characters a line has at most.
const WIDTH: usize = 92;

/// All checks, a line each.
pub(crate) fn list() -> String {
    let width = Check::all().map(|check| check.id().len()).max().unwrap_or(0);
    let mut text = String::new();
    for check in Check::all() {
        let (number, id, severity) = (check.number(), check.id(), check.severity());
        let _ = writeln!(text, "{number}  {id:<width$}  {severity:<7}  {}", check.wrong());
    }
    text += "\n`portcullis explain ID` says more about one of them\n";
    text
}

/// The page of a check.
pub(crate) fn page(id: &str) -> Result<String, Failure> {
    let Some(check) = Check::by_id(id) else { return Err(unknown(id)) };
    let rows: Vec<_> = [check.number()].iter().chain(check.rows()).copied().collect();
    let word = if rows.len() == 1 { "row" } else { "rows" };
    Ok(format!(
        "{}\n{}; {}; {word} {}\n\n{}\n\n{}\n\n{}\n",
        wrapped(&format!("{} {}: {}", check.number(), check.id(), check.wrong())),
        check.severity(),
        check.source(),
        rows.join(", "),
        check.page().trim(),
        wrapped(&format!("What to do: {}", check.remedy())),
        wrapped(&legend(check)),
    ))
}

/// What the words of the second line mean.
fn legend(check: &Check) -> String {
    let rows = "The rows are those of docs/semantics.md";
    match check.source().contains("ours") {
        true => format!("{rows}; `ours` is a choice of portcullis that no RFC demands."),
        false => format!("{rows}."),
    }
}

/// The text in lines of at most [`WIDTH`] characters, unless one word is longer.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// Names the checks whose ids have a word of this one.
fn unknown(id: &str) -> Failure {
    let lower = id.to_ascii_lowercase();
    let words: Vec<_> = lower.split('-').filter(|word| word.len() > 2).collect();
    let is_alike = |check: &&Check| words.iter().any(|word| check.id().contains(word));
    let alike: Vec<_> = Check::all().filter(is_alike).map(Check::id).take(5).collect();
    let alike = match alike.is_empty() {
        true => "`portcullis explain` lists all of them".to_owned(),
        false => {
            format!("is it one of {}? `portcullis explain` lists all of them", alike.join(", "))
        }
    };
    Failure::new(format!("no check has the id {id:?}; {alike}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_check_has_a_line_and_a_page() {
        let list = list();
        for check in Check::all() {
            let (number, id) = (check.number(), check.id());
            assert!(list.contains(&format!("{number}  {id} ")), "{id}");
            assert_eq!(page(number).unwrap(), page(&id.to_uppercase()).unwrap());
            let page = page(id).unwrap();
            let remedy = format!("What to do: {}", check.remedy());
            assert!(page.lines().all(|line| line.chars().count() <= 120), "{id}");
            assert!(page.contains("\nWhat to do: "), "{id}");
            assert!(page.replace('\n', " ").contains(&remedy), "{id}");
            assert!(page.contains("docs/semantics.md"), "{id}");
            assert_eq!(
                page.contains("`ours` is a choice"),
                check.source().contains("ours"),
                "{id}"
            );
        }
    }

    #[test]
    fn an_unknown_check_gets_what_is_like_it() {
        let message = page("missing-challenge").unwrap_err().to_string();
        assert!(message.contains("challenge-missing"), "{message}");
        let message = page("I99").unwrap_err().to_string();
        assert!(message.contains("lists all of them"), "{message}");
    }
}
