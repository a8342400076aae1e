//! The pages, as HTML. They work without a script, except for the files and the live news.

use axum::extract::{Form, Path, State};
use axum::response::{Html, Redirect};
use portcullis::{Denial, Policy, Principal, ReturnPath, conceal};
use serde::Deserialize;

use crate::identity::User;
use crate::workspace::{PROJECTS, Project, Shared, can_see};

/// Escapes text for an element or a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

fn display_name(user: &str) -> String {
    let mut letters = user.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// What every page has. `main` is HTML, and `title` is text.
pub fn shell(title: &str, user: Option<&User>, main: &str) -> String {
    let title = escape(title);
    let (navigation, messages, script) = user.map_or(Default::default(), |user| {
        let name = display_name(user.name);
        let link = |path: &str, label: &str| {
            let current = if label == title { r#" aria-current="page""# } else { "" };
            format!(r#"<a href="{path}"{current}>{label}</a>"#)
        };
        let (overview, reports) = (link("/", "Overview"), link("/reports", "Reports"));
        let navigation = format!(
            r#"<nav aria-label="Main">{overview} {reports}</nav>
      <form class="user" method="post" action="/logout">
        <span class="name">{name}</span> <button>Log out</button>
      </form>"#
        );
        let messages = r#"<div class="messages">
      <div id="message" class="notice" role="status"></div>
      <div id="login-needed" class="notice warning" role="alert"></div>
    </div>"#;
        (navigation, messages, r#"<script type="module" src="/static/app.js"></script>"#)
    });
    format!(
        r##"<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{title} – Quay</title>
    <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/static/app.css">
    {script}
  </head>
  <body>
    <a class="skip" href="#main">Skip to the content</a>
    <header>
      <a class="brand" href="/"><img src="/static/icon.svg" alt="" width="28" height="28"> Quay</a>
      {navigation}
    </header>
    <main id="main" tabindex="-1">
      {main}
    </main>
    {messages}
  </body>
</html>
"##
    )
}

/// The login form, with a message after a login that failed.
pub fn login(message: &str, user: &str, next: Option<ReturnPath>) -> String {
    let (user, next) = (escape(user), next.map_or(String::new(), |next| escape(next.as_str())));
    let (error, described, focus) = match message {
        "" => (String::new(), "", ["autofocus", ""]),
        message => (
            format!(r#"<p id="error" class="notice danger" role="alert">{}</p>"#, escape(message)),
            r#"aria-invalid="true" aria-describedby="error""#,
            ["", "autofocus"],
        ),
    };
    let [focus_user, focus_password] = focus;
    let main = format!(
        r#"<section class="login card">
        <h1>Log in</h1>
        {error}
        <form method="post" action="/login">
          <label for="user">Name</label>
          <input id="user" name="user" value="{user}" autocomplete="username" autocapitalize="none"
            spellcheck="false" required {focus_user} {described}>
          <label for="password">Password</label>
          <input id="password" name="password" type="password" autocomplete="current-password"
            required {focus_password} {described}>
          <input name="next" type="hidden" value="{next}">
          <button class="primary">Log in</button>
        </form>
        <p class="hint">To try it: <b>bob</b> with <kbd>builder</kbd> is a member,
          <b>alice</b> with <kbd>wonderland</kbd> an administrator.</p>
      </section>"#
    );
    shell("Log in", None, &main)
}

pub async fn overview(Principal(user): Principal<User>) -> Html<String> {
    let item = |project: &Project| {
        format!(
            r#"<li><a class="tile" href="/projects/{}"><b>{}</b><span>{}</span></a></li>"#,
            project.name, project.title, project.about
        )
    };
    let mine = PROJECTS.iter().filter(|project| project.members.contains(&user.name));
    let mine: String = mine.map(item).collect();
    let name = display_name(user.name);
    let main = format!(
        r#"<h1>Good to see you, {name}</h1>
      <div class="columns">
        <section class="card" aria-labelledby="projects">
          <h2 id="projects">Projects</h2>
          <ul class="tiles">{mine}</ul>
        </section>
        <section class="card" aria-labelledby="news">
          <h2 id="news">Live <span id="live" class="badge" role="status">connecting</span></h2>
          <ul id="feed" class="feed" aria-live="polite"><li class="empty">What others upload appears here.</li></ul>
        </section>
        <section class="card wide" aria-labelledby="files">
          <h2 id="files">Files</h2>
          <noscript><p>The list of files needs JavaScript.</p></noscript>
          <ul id="file-list" class="files" aria-busy="true"></ul>
          <form id="upload" class="row">
            <label for="file">Add a file (up to 1 MB)</label>
            <input id="file" name="file" type="file" required>
            <button class="primary">Upload</button>
          </form>
        </section>
        <section class="card wide try" aria-labelledby="try">
          <h2 id="try">Try the refusals</h2>
          <ul class="tiles">
            <li><button type="button" class="tile" data-post="/api/session/expire"
              data-done="The session has expired. The next thing you do here refreshes it unnoticed.">
              <b>Let my session expire</b><span>The page refreshes it once and goes on.</span></button></li>
            <li><button type="button" class="tile" data-post="/api/session/revoke"
              data-done="This login has ended. Whatever you do here now needs a new one.">
              <b>End my login elsewhere</b><span>The page asks you to log in again.</span></button></li>
            <li><a class="tile" href="/reports"><b>Open the reports</b><span>403 unless you are an
              administrator.</span></a></li>
            <li><a class="tile" href="/projects/aurora"><b>Open a secret project</b><span>For Bob the same
              404 as a project that does not exist.</span></a></li>
          </ul>
        </section>
      </div>"#
    );
    Html(shell("Overview", Some(&user), &main))
}

pub async fn reports(Principal(user): Principal<User>) -> Html<String> {
    let main = r#"<h1>Reports</h1>
      <section class="card">
        <div class="scroll" tabindex="0" role="region" aria-label="Ships per month">
          <table>
            <thead><tr><th scope="col">Month</th><th scope="col">Ships</th><th scope="col">Cargo</th></tr></thead>
            <tbody>
              <tr><th scope="row">September</th><td>41</td><td>18,200 t</td></tr>
              <tr><th scope="row">October</th><td>38</td><td>16,900 t</td></tr>
              <tr><th scope="row">November</th><td>44</td><td>19,750 t</td></tr>
            </tbody>
          </table>
        </div>
      </section>"#;
    Html(shell("Reports", Some(&user), main))
}

/// The project, if the user may see it. A hidden one and a missing one give the same response.
async fn find(user: &User, name: &str) -> Result<&'static Project, Denial> {
    let project = PROJECTS.iter().find(|project| project.name == name);
    let project = project.ok_or(Denial::not_found())?;
    conceal(can_see()).check(user, project).await?;
    Ok(project)
}

pub async fn project(
    State(shared): State<Shared>,
    Principal(user): Principal<User>,
    Path(name): Path<String>,
) -> Result<Html<String>, Denial> {
    let project = find(&user, &name).await?;
    let notes = shared.workspace.notes(project, |note| {
        let (author, text) = (display_name(note.author), escape(&note.text));
        format!("<li><b>{author}</b><p>{text}</p></li>")
    });
    let (name, title, about) = (project.name, project.title, project.about);
    let main = format!(
        r#"<h1>{title}</h1>
      <p class="lead">{about}</p>
      <section class="card" aria-labelledby="notes">
        <h2 id="notes">Notes</h2>
        <form method="post" action="/projects/{name}/notes">
          <label for="text">New note</label>
          <textarea id="text" name="text" rows="3" maxlength="500" required></textarea>
          <button class="primary">Add the note</button>
        </form>
        <ul class="notes">{notes}</ul>
      </section>"#,
        notes = notes.concat()
    );
    Ok(Html(shell(title, Some(&user), &main)))
}

/// The fields of the form for a note.
#[derive(Deserialize)]
pub struct NewNote {
    text: String,
}

pub async fn add_note(
    State(shared): State<Shared>,
    Principal(user): Principal<User>,
    Path(name): Path<String>,
    Form(note): Form<NewNote>,
) -> Result<Redirect, Denial> {
    let project = find(&user, &name).await?;
    if !note.text.trim().is_empty() {
        shared.workspace.add_note(project, user.name, note.text.trim());
    }
    Ok(Redirect::to(&format!("/projects/{}", project.name)))
}
