//! What there is to protect: projects with notes, and files. Policies say who may do what with them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::request::Parts;
use bytes::Bytes;
use portcullis::{Decision, Policy, policy_fn};

use crate::identity::User;
use crate::live::News;
use crate::logins::Logins;

/// What handlers share.
#[derive(Clone)]
pub struct Shared {
    pub workspace: Arc<Workspace>,
    pub logins: Logins,
    pub news: News,
}

pub struct Project {
    pub name: &'static str,
    pub title: &'static str,
    pub about: &'static str,
    pub members: &'static [&'static str],
}

pub const PROJECTS: [Project; 2] = [
    Project {
        name: "harbour",
        title: "Harbour",
        about: "Berths, tides, and who is due when.",
        members: &["alice", "bob"],
    },
    Project {
        name: "aurora",
        title: "Aurora",
        about: "Not announced yet. Only its members know that it exists.",
        members: &["alice"],
    },
];

pub struct Note {
    pub author: &'static str,
    pub text: String,
}

pub struct File {
    pub owner: &'static str,
    pub content: Bytes,
}

/// What users have written. All of it is bounded.
pub struct Workspace {
    notes: Mutex<BTreeMap<&'static str, Vec<Note>>>,
    /// Locked while a policy decides about a file: a policy may wait.
    pub files: tokio::sync::Mutex<BTreeMap<String, File>>,
}

pub const MAX_FILES: usize = 50;
pub const MAX_FILE: usize = 1024 * 1024;
const MAX_NOTES: usize = 20;
const MAX_NOTE: usize = 500;

impl Workspace {
    pub fn new() -> Self {
        let note = |author, text: &str| Note { author, text: text.to_owned() };
        let notes = BTreeMap::from([
            ("harbour", vec![note("bob", "The crane on pier 3 works again.")]),
            ("aurora", vec![note("alice", "Keep this between us until spring.")]),
        ]);
        let tides = Bytes::from_static(b"High water 06:12 and 18:40\n");
        let tides = File { owner: "alice", content: tides };
        let files = BTreeMap::from([("tides.txt".to_owned(), tides)]);
        Self { notes: notes.into(), files: files.into() }
    }

    /// The newest note first.
    pub fn notes<T>(&self, project: &Project, read: impl Fn(&Note) -> T) -> Vec<T> {
        let notes = lock(&self.notes);
        notes.get(project.name).into_iter().flatten().rev().map(read).collect()
    }

    pub fn add_note(&self, project: &Project, author: &'static str, text: &str) {
        let mut notes = lock(&self.notes);
        let notes = notes.entry(project.name).or_default();
        if notes.len() == MAX_NOTES {
            notes.remove(0);
        }
        notes.push(Note { author, text: text.chars().take(MAX_NOTE).collect() });
    }
}

// ==== policies ====

/// Who may see a project.
pub fn can_see() -> impl Policy<User, Project> {
    policy_fn(|user: &User, project: &Project| {
        Decision::permit_if(project.members.contains(&user.name))
    })
}

/// Who may read the reports.
pub fn can_read_reports() -> impl Policy<User, Parts> {
    policy_fn(|user: &User, _: &Parts| {
        if user.is_admin {
            Decision::Permit
        } else {
            Decision::forbidden().with_detail("Reports are for administrators.")
        }
    })
}

/// Who may replace or delete a file.
pub fn can_change() -> impl Policy<User, File> {
    policy_fn(|user: &User, file: &File| {
        if user.is_admin || file.owner == user.name {
            Decision::Permit
        } else {
            Decision::forbidden().with_detail("Only its owner may change or delete this file.")
        }
    })
}

/// No change of the notes can be left half done.
fn lock<T>(data: &Mutex<T>) -> MutexGuard<'_, T> {
    data.lock().unwrap_or_else(PoisonError::into_inner)
}
