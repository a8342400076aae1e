//! Servers that others have written, started for a test.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;

use super::tools::{Scratch, Tool, end};

/// A program that listens. It is stopped when this is dropped.
pub struct Started {
    pub address: SocketAddr,
    process: Process,
    pub files: Scratch,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // Politely, so that it takes its helpers along.
        let _ = Command::new("sh").args(["-c", "kill \"$0\"", &self.0.id().to_string()]).status();
        if end(&mut self.0, Duration::from_secs(5)).is_none() {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

impl Started {
    /// Starts it with a configuration, whose path follows the arguments, and waits until it listens. In the
    /// configuration `HERE` is its folder, and `PORT` its port.
    pub fn start(tool: &Tool, arguments: &[&str], files: Scratch, config: &str) -> Self {
        // If the port is taken all the same, there is another one.
        for _ in 0..3 {
            // Bound and not listening: the system gives it to no program that asks for any port, and to
            // each that asks for this one with the same option, as servers do.
            let port = TcpSocket::new_v4().expect("a socket");
            port.set_reuseaddr(true).expect("an option");
            port.bind(([127, 0, 0, 1], 0).into()).expect("a port");
            let address = port.local_addr().expect("an address");
            let config = config
                .replace("HERE", &files.path().display().to_string())
                .replace("PORT", &address.port().to_string());
            let config = files.write("config", config);
            let mut command = tool.command(&files);
            let log = File::create(files.path().join("said")).expect("a file");
            command.args(arguments).arg(config).stdout(Stdio::null()).stderr(log);
            let process = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
            let mut process = Process(process);
            if listens(&mut process.0, address) {
                return Self { address, process, files };
            }
        }
        let said = ["said", "log"].map(|name| fs::read_to_string(files.path().join(name)));
        panic!("{} does not start: {said:#?}", tool.path().display());
    }

    /// Starts an nginx with the directives of one `server`. `None` if it is not installed.
    pub fn nginx(files: Scratch, server: &str) -> Option<Self> {
        let tool = Tool::find("nginx")?;
        let config = r"
            daemon off;
            master_process off;
            pid HERE/pid;
            error_log HERE/log;
            events {}
            http {
                access_log off;
                client_body_temp_path HERE/body;
                proxy_temp_path HERE/proxy;
                fastcgi_temp_path HERE/fastcgi;
                uwsgi_temp_path HERE/uwsgi;
                scgi_temp_path HERE/scgi;
                server {
                    listen 127.0.0.1:PORT;
                    SERVER
                }
            }
        ";
        let config = config.replace("SERVER", server);
        Some(Self::start(&tool, &["-e", "stderr", "-c"], files, &config))
    }
}

/// Waits until it listens; `false` if the process ends before.
fn listens(process: &mut Child, address: SocketAddr) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        let connected = TcpStream::connect(address).is_ok();
        // If another program listens, the process finds the port taken, and ends.
        if end(process, Duration::from_millis(if connected { 100 } else { 20 })).is_some() {
            return false;
        }
        if connected {
            return true;
        }
    }
    false
}
