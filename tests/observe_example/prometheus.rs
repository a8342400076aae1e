//! A running Prometheus.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpSocket;
use url::form_urlencoded::byte_serialize;

use crate::support::{Scratch, Tool, end, get};

/// It is stopped when this is dropped.
pub struct Prometheus {
    running: Running,
    // Removed after the process has ended.
    _files: Scratch,
}

struct Running {
    address: SocketAddr,
    process: Child,
}

/// The rules with each minute as a second, so that an hour passes in one minute.
pub fn shortened(rules: &str) -> String {
    let mut short = String::new();
    let mut rest = rules;
    while let Some(at) = rest.find(|it: char| it.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let digits = from.find(|it: char| !it.is_ascii_digit()).unwrap_or(from.len());
        let (number, after) = from.split_at(digits);
        let is_part_of_name = before.ends_with(|it: char| it.is_alphanumeric() || it == '_');
        let unit = after.chars().next().filter(|_| !is_part_of_name);
        let ends = !after.chars().nth(1).is_some_and(char::is_alphanumeric);
        let minutes = match unit {
            Some('m') if ends => Some(1),
            Some('h') if ends => Some(60),
            _ => None,
        };
        short.push_str(before);
        match minutes {
            Some(minutes) => {
                let minutes = minutes * number.parse::<u64>().expect("a number");
                short.push_str(&format!("{minutes}s"));
                rest = &after[1..];
            }
            None => {
                short.push_str(number);
                rest = after;
            }
        }
    }
    short + rest
}

impl Prometheus {
    /// Starts one that scrapes each target once a second, as a job of that name. `None` if it is not
    /// installed.
    pub fn start(rules: &str, targets: &[(&str, SocketAddr)]) -> Option<Self> {
        let tool = Tool::find("prometheus")?;
        let files = Scratch::new();
        files.write("rules.yml", rules);
        let mut config =
            "global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }\n\
             rule_files: [rules.yml]\n\
             scrape_configs:\n"
                .to_owned();
        for (job, address) in targets {
            config.push_str(&format!(
                "  - {{ job_name: {job}, static_configs: [{{ targets: [\"{address}\"] }}] }}\n"
            ));
        }
        let config = files.write("prometheus.yml", config);
        // If another program takes the port before Prometheus does, there is another one.
        for _ in 0..3 {
            let port = TcpSocket::new_v4().expect("a socket");
            port.set_reuseaddr(true).expect("an option");
            port.bind(([127, 0, 0, 1], 0).into()).expect("a port");
            let address = port.local_addr().expect("an address");
            drop(port);
            let said = File::create(files.path().join("said")).expect("a file");
            let process = tool
                .command(&files)
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", files.path().join("data").display()))
                .arg(format!("--web.listen-address={address}"))
                .arg("--log.level=warn")
                .stdout(Stdio::null())
                .stderr(said)
                .spawn()
                .expect("prometheus");
            let mut started = Running { address, process };
            if started.is_ready() {
                return Some(Self { running: started, _files: files });
            }
        }
        let said = fs::read_to_string(files.path().join("said")).unwrap_or_default();
        panic!("prometheus does not start: {said}")
    }

    /// The series of an instant query: labels and value. An error of the query is the message of
    /// Prometheus.
    pub fn try_query(&self, query: &str) -> Result<Vec<(Value, f64)>, String> {
        let encoded: String = byte_serialize(query.as_bytes()).collect();
        let response =
            get(self.running.address, &format!("/api/v1/query?query={encoded}"), &[]).json();
        if response["status"] != "success" {
            return Err(response["error"].to_string());
        }
        let series = response["data"]["result"].as_array().cloned().unwrap_or_default();
        let series = series.into_iter().filter_map(|mut it| {
            let value = it["value"][1].as_str()?.parse().ok()?;
            Some((it["metric"].take(), value))
        });
        Ok(series.collect())
    }

    pub fn query(&self, query: &str) -> Vec<(Value, f64)> {
        self.try_query(query).unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// Asks again and again until the series are as they have to be; panics after this time, with what they
    /// were last.
    #[track_caller]
    pub fn until(&self, patience: Duration, query: &str, is_met: impl Fn(&[(Value, f64)]) -> bool) {
        let began = Instant::now();
        loop {
            let series = self.query(query);
            if is_met(&series) {
                return;
            }
            assert!(began.elapsed() < patience, "{query} stays {series:#?}");
            thread::sleep(Duration::from_millis(500));
        }
    }
}

impl Running {
    fn is_ready(&mut self) -> bool {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if end(&mut self.process, Duration::from_millis(50)).is_some() {
                return false;
            }
            if TcpStream::connect(self.address).is_ok()
                && get(self.address, "/-/ready", &[]).status == 200
            {
                return true;
            }
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
