//! Programs that others have written: clients to be served, servers to stand beside.
//!
//! `.ci/clients` installs them. A test that finds one missing says so on the terminal and ends; in
//! CI (`CI=true`) it fails.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

/// Long enough never to be reached by a program that works.
const PATIENCE: Duration = Duration::from_secs(180);

/// A program that is there.
pub struct Tool {
    path: PathBuf,
}

impl Tool {
    /// A program of this machine by its name, or one that `.ci/clients` keeps for itself by its
    /// path (`python/bin/http`). `None` has been said on the terminal already.
    #[track_caller]
    pub fn find(name: &str) -> Option<Self> {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/clients");
        let path = if name.contains('/') {
            Some(own.join(name)).filter(|path| path.exists())
        } else {
            // Debian keeps servers where only root looks.
            let path = env::var_os("PATH").unwrap_or_default();
            let system = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
            let mut places = env::split_paths(&path).chain(system);
            places.find_map(|place| Some(place.join(name)).filter(|path| path.is_file()))
        };
        if path.is_none() {
            let ci = env::var("CI").is_ok_and(|ci| !ci.is_empty() && ci != "false");
            assert!(!ci, "{name} is not installed, and CI skips nothing: see `.ci/clients`");
            // Past the capture of the test harness, which keeps the words of a test that passes.
            let test = thread::current().name().unwrap_or("a test").to_owned();
            let line = format!("skipped: {name} is not installed ({test}); see `.ci/clients`\n");
            let _ = io::stderr().write_all(line.as_bytes());
        }
        Some(Self { path: path? })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A call of it that knows nothing of who runs the test: no proxies, no saved credentials, no
    /// settings, an empty home.
    pub fn command(&self, home: &Scratch) -> Command {
        let mut command = Command::new(&self.path);
        command
            .env_clear()
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("HOME", home.path())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null());
        command
    }
}

/// What a program has said.
#[derive(Debug)]
pub struct Ran {
    /// -1 if a signal ended it.
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs a program to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Ran {
    let spawned = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut process = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let out = collect(process.stdout.take());
    let err = collect(process.stderr.take());
    let Some(code) = end(&mut process, PATIENCE) else {
        let _ = process.kill();
        let _ = process.wait();
        panic!("{command:?} did not end");
    };
    Ran { code, out: out.join().expect("its output"), err: err.join().expect("its errors") }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    let mut pipe = pipe.expect("a pipe");
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for a process; `None` if it does not end.
pub fn end(process: &mut Child, patience: Duration) -> Option<i32> {
    let began = Instant::now();
    loop {
        if let Some(status) = process.try_wait().expect("a process of ours") {
            return Some(status.code().unwrap_or(-1));
        }
        if began.elapsed() > patience {
            return None;
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// A folder that goes when this is dropped.
pub struct Scratch {
    path: PathBuf,
}

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("portcullis-{}-{count}", process::id()));
        fs::create_dir_all(&path).expect("a folder");
        Self { path }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file into it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        fs::write(&path, content).expect("to write");
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}
