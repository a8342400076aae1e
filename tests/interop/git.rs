//! git, which clones over HTTP from files behind the stage.

use std::path::Path;

use axum::Router;
use portcullis::{AuthenticateLayer, AuthorizeLayer, Basic, Users, policy_fn};
use tower_http::services::ServeDir;

use crate::Site;
use crate::support::{Ran, Scratch, Tool, run};

pub struct Git {
    tool: Tool,
    pub home: Scratch,
}

impl Git {
    pub fn find() -> Option<Self> {
        Some(Self { tool: Tool::find("git")?, home: Scratch::new() })
    }

    pub fn run(&self, at: &Path, arguments: &[&str]) -> Ran {
        let mut command = self.tool.command(&self.home);
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_TERMINAL_PROMPT", "0").current_dir(at);
        for setting in ["user.name=somebody", "user.email=somebody@example.org"] {
            command.args(["-c", setting]);
        }
        run(command.args(arguments))
    }

    #[track_caller]
    fn must(&self, at: &Path, arguments: &[&str]) {
        let ran = self.run(at, arguments);
        assert_eq!(ran.code, 0, "git {arguments:?}: {ran:#?}");
    }

    /// A repository with a file in it, and one to serve, as files, which learns of it by a push.
    pub fn repositories(&self) {
        let top = self.home.path();
        self.must(top, &["init", "-q", "--initial-branch=main", "work"]);
        self.must(top, &["init", "-q", "--bare", "--initial-branch=main", "served/notes.git"]);
        self.commit("first");
    }

    fn commit(&self, text: &str) {
        let (work, served) = (self.home.path().join("work"), self.home.path().join("served"));
        std::fs::write(work.join("note"), text).unwrap();
        self.must(&work, &["add", "note"]);
        self.must(&work, &["commit", "-q", "-m", text]);
        self.must(&work, &["push", "-q", "../served/notes.git", "main"]);
        self.must(&served.join("notes.git"), &["update-server-info"]);
    }

    pub fn serve(&self) -> Site {
        let users = Users::new().with("alice", "wonderland", "alice").with("bob", "builder", "bob");
        let identity = Basic::new("repositories", users).unwrap();
        // bob is known, and may not.
        let alice = policy_fn(|user: &&'static str, _: &http::request::Parts| {
            portcullis::Decision::permit_if(*user == "alice")
        });
        let files = Router::new()
            .fallback_service(ServeDir::new(self.home.path().join("served")))
            .layer(AuthorizeLayer::<&'static str>::new(alice));
        Site::noting(files.layer(AuthenticateLayer::new(identity)))
    }
}

#[test]
fn git_clones_and_fetches() {
    let Some(git) = Git::find() else { return };
    git.repositories();
    let site = git.serve();
    let top = git.home.path();
    let url = format!("http://alice:wonderland@{}/notes.git", site.address());
    git.must(top, &["clone", "-q", &url, "clone"]);
    let note = top.join("clone/note");
    assert_eq!(std::fs::read_to_string(&note).unwrap(), "first");
    // It asks without the login first, though the address says it, and then sends it every time.
    let seen = site.seen();
    assert_eq!(seen[0], "GET /notes.git/info/refs - 401");
    assert_eq!(seen[1], "GET /notes.git/info/refs Basic 200");
    assert!(seen.len() > 4 && seen[1..].iter().all(|line| line.contains(" Basic ")), "{seen:#?}");

    git.commit("second");
    git.must(&top.join("clone"), &["pull", "-q"]);
    assert_eq!(std::fs::read_to_string(&note).unwrap(), "second");
}

#[test]
fn git_is_refused() {
    let Some(git) = Git::find() else { return };
    git.repositories();
    let site = git.serve();
    let clone = |login: &str, name: &str| {
        let url = format!("http://{login}{}/{name}", site.address());
        let ran = git.run(git.home.path(), &["clone", "-q", &url, "clone"]);
        assert_eq!(ran.code, 128, "{login}: {ran:#?}");
        assert!(!git.home.path().join("clone").exists());
        ran.err
    };
    // 401 makes it ask, 403 and 404 do not.
    let said = clone("", "notes.git");
    assert!(said.contains("could not read Username"), "{said}");
    let said = clone("alice:wrong@", "notes.git");
    assert!(said.contains("Authentication failed"), "{said}");
    let said = clone("bob:builder@", "notes.git");
    assert!(said.contains("returned error: 403"), "{said}");
    let said = clone("alice:wonderland@", "other.git");
    assert!(said.contains("not found"), "{said}");
}
