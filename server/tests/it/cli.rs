//! The program, as an operator runs it.

mod member;
mod people;
mod project;
mod robot;
mod token;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use api_types::AuditQuery;
use registry::Actor;
use time::Duration;

use crate::harness::{Process, TestApp, process::beside};

fn slipway(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slipway"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SLIPWAY_")) {
        command.env_remove(name);
    }
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    slipway(folder, arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs a command beside a server; it has to succeed: what it printed, and what it told beside that.
async fn done(app: &TestApp, arguments: &[&str]) -> (String, String) {
    let output = beside(app, arguments).await;
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    // What another process did counts within a second.
    app.clock.advance(Duration::SECOND);
    (text(&output.stdout), text(&output.stderr))
}

/// Runs a command beside a server; it has to fail: what it told, having printed nothing.
async fn refused(app: &TestApp, arguments: &[&str]) -> String {
    let output = beside(app, arguments).await;
    assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {}", text(&output.stdout));
    text(&output.stderr)
}

/// What the operator did with something, newest first.
async fn recorded(app: &TestApp, name: &str) -> Vec<String> {
    let query = AuditQuery { resource: name.to_owned(), ..AuditQuery::default() };
    let events = app.registry.audit.list(&Actor::system(), &query).await.unwrap().events;
    events.into_iter().filter(|event| event.actor.name == "system").map(|event| event.action).collect()
}

#[test]
fn alone_it_says_what_it_can_do() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(folder.path(), &[]);
    let shown = text(&output.stdout) + &text(&output.stderr);
    let commands = ["serve", "project", "member", "robot", "token", "admin", "config"];
    for word in commands.into_iter().chain(["Examples:", "http://localhost:8080", "reset-password"]) {
        assert!(shown.contains(word), "{word} is missing in\n{shown}");
    }
    let version = run(folder.path(), &["--version"]);
    assert!(text(&version.stdout).starts_with(concat!("slipway ", env!("CARGO_PKG_VERSION"))));
    let with_examples: [&[&str]; 7] = [
        &["serve", "--help"],
        &["admin", "reset-password", "--help"],
        &["admin", "delete-user", "--help"],
        &["project", "delete", "--help"],
        &["member", "add", "--help"],
        &["robot", "create", "--help"],
        &["token", "revoke", "--help"],
    ];
    for command in with_examples {
        assert!(text(&run(folder.path(), command).stdout).contains("Examples:"), "{command:?}");
    }
}

#[test]
fn the_configuration_is_printed_with_its_origins() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("slipway.toml"), "public_url = 'https://registry.example.com'\n").unwrap();
    let mut command =
        slipway(folder.path(), &["config", "print", "--listen", ":9999", "--set", "http.idle_timeout=5m"]);
    let output = command.env("SLIPWAY_SECRET_KEY", "hunter2".repeat(8)).output().unwrap();
    let shown = text(&output.stdout);
    for (line, origin) in [
        ("listen = \":9999\"", "--listen"),
        ("public_url = \"https://registry.example.com\"", "slipway.toml:1"),
        ("idle_timeout = \"5m\"", "--set http.idle_timeout"),
        ("# secret_key = [redacted]", "SLIPWAY_SECRET_KEY"),
        ("data_dir = \"data\"", "default"),
    ] {
        let found = shown.lines().find(|found| found.starts_with(line)).unwrap_or_else(|| panic!("{line} in\n{shown}"));
        assert!(found.ends_with(origin), "{found}");
    }
    assert!(!shown.contains("hunter2"));
}

#[test]
fn a_mistake_in_the_configuration_ends_the_start_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("slipway.toml"), "[htp]\nidle_timeout = '5m'\n").unwrap();
    let output = run(folder.path(), &["serve", "--set", "log.format=xml"]);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stderr);
    assert!(
        shown.contains("slipway.toml:2: there is no key `htp.idle_timeout`; did you mean `http.idle_timeout`?"),
        "{shown}"
    );
    assert!(
        shown.contains("--set log.format: `log.format` cannot be \"xml\"; expected `auto`, `human` or `json`"),
        "{shown}"
    );
}

#[test]
fn a_password_is_reset_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let made_up = run(folder.path(), &["admin", "reset-password"]);
    assert!(made_up.status.success(), "{}", text(&made_up.stderr));
    assert_eq!(text(&made_up.stdout).trim_end().len(), 22);

    let mut child = slipway(folder.path(), &["admin", "reset-password", "admin", "--password-file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"unusual-harbour-9431\n").unwrap();
    let given = child.wait_with_output().unwrap();
    assert!(given.status.success(), "{}", text(&given.stderr));
    assert!(given.stdout.is_empty(), "what was given is not printed");

    let unknown = run(folder.path(), &["admin", "reset-password", "nobody"]);
    assert!(!unknown.status.success());
    assert!(text(&unknown.stderr).contains("nobody"), "{}", text(&unknown.stderr));

    std::fs::write(folder.path().join("weak"), "password1234\n").unwrap();
    let weak = run(folder.path(), &["admin", "reset-password", "--password-file", "weak"]);
    assert!(!weak.status.success(), "the policy counts here too");
}

#[test]
fn a_server_starts_answers_and_stops_at_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = slipway(folder.path(), &["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    let mut messages = Vec::new();
    let address = loop {
        let line: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        messages.push(line["message"].as_str().unwrap_or_default().to_owned());
        if let Some(address) = line["address"].as_str() {
            break address.to_owned();
        }
    };
    assert!(messages.last().unwrap().starts_with("console http://localhost:"), "{messages:?}");
    assert!(messages.last().unwrap().ends_with("user admin"), "{messages:?}");
    let warning: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert!(warning["message"].as_str().unwrap().contains("Harbor12345"), "{warning}");

    let mut stream = std::net::TcpStream::connect(&address).unwrap();
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    std::io::Read::read_to_string(&mut stream, &mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(folder.path().join("data/secret.key")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn a_place_is_not_moved_into_itself() {
    let app = TestApp::start().await;
    let before = app.folder.path().join("before.toml");
    std::fs::write(&before, format!("data_dir = '{}'\n", app.folder.path().display())).unwrap();
    let previous = format!("storage.previous={}", before.display());
    let told = refused(&app, &["storage", "migrate", "--set", &previous]).await;
    assert!(told.contains("[storage] and storage.previous are one place"), "{told}");
}

#[test]
fn as_many_files_may_be_open_as_the_system_allows() {
    let program = Process::start_with_ulimit("-S -n 256");
    let (soft, hard) = program.open_files();
    assert_eq!(soft, hard);
}

#[test]
fn connections_that_the_system_does_not_allow_are_not_promised() {
    let program = Process::start_with_ulimit("-n 300");
    assert_eq!(program.open_files(), ("300".to_owned(), "300".to_owned()));
    program.logs("at most 150 connections at once, though http.max_connections is 4096");
}
