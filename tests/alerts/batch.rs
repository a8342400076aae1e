//! Days of many tests in one run of promtool: each day is a job of its own.

use std::fmt::Write;

use crate::day::{Day, END, INCIDENT};
use crate::support::{Scratch, Tool, alert_rules, run};

/// How long the rules need to know a service: until then, a stranger's flood is news.
const HISTORY: u32 = 60;

/// The days of one test, and the alerts that each of them fires.
pub struct Case {
    pub name: &'static str,
    pub days: fn() -> Vec<Day>,
    /// Each is a name with a severity.
    pub alerts: &'static [&'static str],
}

/// What promtool says of some cases.
pub struct Batch {
    /// The failed expectations, and all that was said. `None` without promtool.
    ran: Option<(Vec<String>, String)>,
}

impl Batch {
    /// Asks promtool whether on each day exactly the alerts of its case have fired, and none before the
    /// incident.
    pub fn run(cases: &[Case]) -> Self {
        let Some(promtool) = Tool::find("promtool") else { return Self { ran: None } };
        let home = Scratch::new();
        home.write("alerts.yml", alert_rules());
        let (mut input, mut tests) = (String::new(), String::new());
        for case in cases {
            for (index, day) in (case.days)().iter().enumerate() {
                let job = job(case.name, index);
                input += &day.input(&job);
                if case.alerts.is_empty() {
                    expect(&mut tests, &job, END, END, &[]);
                } else {
                    expect(&mut tests, &job, INCIDENT - 1, INCIDENT - 1 - HISTORY, &[]);
                    expect(&mut tests, &job, END, END - INCIDENT, case.alerts);
                }
            }
        }
        let file = home.write(
            "test.yml",
            format!(
                "rule_files: [alerts.yml]\nevaluation_interval: 1m\ntests:\n  - interval: 1m\n    \
                 input_series:\n{input}    promql_expr_test:\n{tests}"
            ),
        );
        let mut command = promtool.command(&home);
        // It lives for seconds, and its garbage is small.
        command.env("GOGC", "800");
        let ran = run(command.args(["test", "rules"]).arg(file).current_dir(home.path()));
        let said = format!("{}{}", ran.out, ran.err);
        let failed: Vec<_> = said.split("    expr: ").skip(1).map(str::to_owned).collect();
        assert_eq!(ran.code == 0 && ran.out.contains("SUCCESS"), failed.is_empty(), "{said}");
        Self { ran: Some((failed, said)) }
    }

    /// Asserts that the case of this name is as expected.
    #[track_caller]
    pub fn passes(&self, name: &str) {
        let Some((failed, said)) = &self.ran else { return };
        let job = format!("job=\\\"{name}.");
        let of_case: Vec<_> = failed.iter().filter(|failed| failed.contains(&job)).collect();
        assert!(of_case.is_empty(), "{}", of_case.iter().map(|s| s.as_str()).collect::<String>());
        // A failure in other words than those above belongs to every case.
        let is_known = failed.iter().all(|failed| failed.contains("job=\\\""));
        assert!(is_known, "{said}");
    }
}

fn job(name: &str, index: usize) -> String {
    format!("{name}.{index}")
}

/// In the minutes until this one.
fn expect(tests: &mut String, job: &str, minute: u32, minutes: u32, alerts: &[&str]) {
    let fired = format!("ALERTS{{alertstate=\"firing\",job=\"{job}\"}}[{minutes}m]");
    let fired = format!("group by (alertname, severity) (count_over_time({fired}))");
    writeln!(tests, "    - expr: '{fired}'\n      eval_time: {minute}m\n      exp_samples:")
        .unwrap();
    for alert in alerts {
        let (name, severity) = alert.split_once(' ').expect("a name and a severity");
        let labels = format!("{{alertname=\"{name}\",severity=\"{severity}\"}}");
        writeln!(tests, "      - {{ labels: '{labels}', value: 1 }}").unwrap();
    }
}

/// A test for each name: each of the days fires these alerts, and no others. All days of one call are one
/// run of promtool.
macro_rules! days {
    ($($(#[$doc:meta])* $name:ident [$($day:expr),+ $(,)?] fires [$($alert:literal),* $(,)?];)+) => {
        static BATCH: std::sync::LazyLock<$crate::batch::Batch> =
            std::sync::LazyLock::new(|| $crate::batch::Batch::run(&[$($crate::batch::Case {
                name: stringify!($name),
                days: || [$(Vec::<$crate::day::Day>::from($day)),+].into_iter().flatten().collect(),
                alerts: &[$($alert),*],
            }),+]));

        $(
            $(#[$doc])*
            #[test]
            fn $name() {
                BATCH.passes(stringify!($name));
            }
        )+
    };
}
