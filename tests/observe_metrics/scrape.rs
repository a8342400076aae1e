//! Reads the text that an exporter serves, strictly: what Prometheus would refuse is a panic.

use std::collections::BTreeMap;

use metrics_exporter_prometheus::PrometheusHandle;

type Labels = BTreeMap<String, String>;

/// The samples of a scrape.
#[derive(Clone, Debug, Default)]
pub struct Scrape {
    samples: BTreeMap<(String, Labels), f64>,
    /// The types by name.
    pub types: BTreeMap<String, String>,
    /// The help texts by name.
    pub help: BTreeMap<String, String>,
}

pub fn scrape(handle: &PrometheusHandle) -> Scrape {
    Scrape::parse(&handle.render())
}

impl Scrape {
    pub fn parse(text: &str) -> Self {
        let mut scrape = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix("# ") {
                let mut words = comment.splitn(3, ' ');
                let (kind, name, rest) = (words.next(), words.next().unwrap(), words.next());
                let map = if kind == Some("TYPE") { &mut scrape.types } else { &mut scrape.help };
                let twice = map.insert(name.to_owned(), rest.unwrap().to_owned());
                assert_eq!(twice, None, "{line}");
                continue;
            }
            let (name, rest) = line.split_at(line.find(['{', ' ']).expect(line));
            let (labels, value) = match rest.strip_prefix('{') {
                Some(rest) => labels(rest),
                None => (Labels::new(), rest),
            };
            let value = value.trim().parse().expect(line);
            let twice = scrape.samples.insert((name.to_owned(), labels), value);
            assert_eq!(twice, None, "the same series twice: {line}");
        }
        scrape
    }

    /// The series with this name and these labels.
    pub fn series<'a>(
        &'a self,
        name: &'a str,
        labels: &'a [(&str, &str)],
    ) -> impl Iterator<Item = (&'a Labels, f64)> {
        self.samples
            .iter()
            .filter(move |((sample, has), _)| {
                let is_there =
                    |(name, value): &(&str, &str)| has.get(*name).is_some_and(|has| has == value);
                sample == name && labels.iter().all(is_there)
            })
            .map(|((_, labels), value)| (labels, *value))
    }

    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.series(name, labels).map(|(_, value)| value).sum()
    }

    /// The value of the only series with these labels.
    pub fn only(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let mut series = self.series(name, labels);
        let (_, value) = series.next().unwrap_or_else(|| panic!("no {name} {labels:?}"));
        assert!(series.next().is_none(), "several {name} {labels:?}");
        value
    }

    /// How many series there are, of any name.
    pub fn len(&self) -> usize {
        self.samples.len()
    }
}

/// The labels up to `}`, and what follows.
fn labels(mut rest: &str) -> (Labels, &str) {
    let mut labels = Labels::new();
    loop {
        let (name, value) = rest.split_once("=\"").expect(rest);
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()), "a label's name: {name:?}");
        let mut text = String::new();
        let mut chars = value.char_indices();
        let end = loop {
            match chars.next().expect("an end") {
                (index, '"') => break index,
                (_, '\\') => text.push(match chars.next().expect("an escape").1 {
                    'n' => '\n',
                    escaped @ ('"' | '\\') => escaped,
                    other => panic!("the escape \\{other}"),
                }),
                (_, char) => text.push(char),
            }
        };
        assert_eq!(labels.insert(name.to_owned(), text), None, "the label {name} twice");
        rest = &value[end + 1..];
        match rest.split_at(1) {
            (",", more) => rest = more,
            ("}", value) => return (labels, value),
            _ => panic!("after a label: {rest:?}"),
        }
    }
}
