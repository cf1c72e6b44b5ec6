//! The program in a process of its own, for what depends on the environment.

use std::{
    io::{BufRead as _, BufReader},
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{ADMIN_PASSWORD, Client, PATIENCE, TestApp};

const PROGRAM: &str = env!("CARGO_BIN_EXE_slipway");

/// A running program. It ends with the test.
pub struct Process {
    child: Child,
    base: String,
    log: Arc<Mutex<Vec<Value>>>,
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Process {
    /// Starts with these variables and no others of its own or of Amazon's. Returns when it listens.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        Self::spawn(Command::new(PROGRAM), variables)
    }

    /// Starts out of a shell whose `ulimit` was told this, such as `-S -n 256`.
    pub fn start_with_ulimit(limit: &str) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("ulimit {limit} && exec \"$0\" \"$@\""), PROGRAM]);
        Self::spawn(shell, &[])
    }

    /// Starts with its data on a file system of this size, such as `16m`, that nobody else sees; [`Process::data`] leads there. Absent
    /// where none can be mounted, which must not be so in continuous integration.
    pub fn start_in_room(size: &str) -> Option<Self> {
        let ways: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];
        let works = |way: &&&[&str]| {
            let mut probe = Command::new("unshare");
            probe.args(**way).args(["mount", "-t", "tmpfs", "slipway", "/tmp"]).stderr(Stdio::null());
            probe.status().is_ok_and(|status| status.success())
        };
        let Some(way) = ways.iter().find(works) else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "no file system can be mounted here");
            return None;
        };
        let script = format!("mkdir data && mount -t tmpfs -o size={size} slipway data && exec \"$0\" \"$@\"");
        let mut command = Command::new("unshare");
        command.args(*way).args(["sh", "-c", &script, PROGRAM]);
        Some(Self::spawn(command, &[]))
    }

    fn spawn(command: Command, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let variables: Vec<_> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut command = prepared(command, &folder, &variables);
        command.args(["serve", "--listen", "127.0.0.1:0", "--set", "log.format=json"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut next = move || Some(serde_json::from_str::<Value>(&lines.next()?.ok()?).unwrap());
        let log = Arc::<Mutex<Vec<Value>>>::default();
        let base = loop {
            let line = next().unwrap_or_else(|| panic!("it ended: {:?}", log.lock().unwrap()));
            log.lock().unwrap().push(line.clone());
            if let Some(address) = line["address"].as_str() {
                break format!("http://{address}");
            }
        };
        let kept = Arc::clone(&log);
        // What nobody reads would stop the program.
        thread::spawn(move || {
            while let Some(line) = next() {
                kept.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        Self { child, base, log, folder, variables }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.base.clone()
    }

    /// Another command with the same settings, beside it: its status and what it printed.
    pub fn beside(&self, command: &str, arguments: &[&str]) -> (Option<i32>, String) {
        let mut program = prepared(Command::new(PROGRAM), &self.folder, &self.variables);
        let output = program.arg(command).args(arguments).stdin(Stdio::null()).output().unwrap();
        let printed = if output.stdout.is_empty() { output.stderr } else { output.stdout };
        (output.status.code(), String::from_utf8(printed).unwrap())
    }

    /// The administrator.
    pub fn admin(&self) -> Client {
        Client::at(self.base.clone(), Some(("admin".to_owned(), ADMIN_PASSWORD.to_owned())))
    }

    /// The most memory that it has had in use at once, in bytes.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
    }

    /// The folder of its data, as it sees it.
    pub fn data(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/cwd/data", self.child.id()))
    }

    /// How many files it may open: the soft and the hard limit.
    pub fn open_files(&self) -> (String, String) {
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", self.child.id())).unwrap();
        let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
        let mut values = line.split_whitespace().map(str::to_owned);
        (values.next().unwrap(), values.next().unwrap())
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        let lines = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    /// Waits until these words are in its log, which comes a moment after what it tells of.
    pub fn logs(&self, words: &str) {
        let started = Instant::now();
        while !self.log().contains(words) {
            assert!(started.elapsed() < PATIENCE, "{words} is missing in\n{}", self.log());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A command in a folder, with these variables and no others of the program's own or of Amazon's.
fn prepared(mut command: Command, folder: &TempDir, variables: &[(String, String)]) -> Command {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("SLIPWAY_") || text.starts_with("AWS_") || text.to_lowercase().ends_with("_proxy") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder.path()).env("HOME", folder.path()).env("SLIPWAY_ADMIN_PASSWORD", ADMIN_PASSWORD);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a command of the program to its end, in a folder of its own, with these variables.
pub fn alone(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = prepared(Command::new(PROGRAM), &folder, &[]);
    command.args(arguments).envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command of the program to its end, on the database and the folder of a server.
pub async fn beside(app: &TestApp, arguments: &[&str]) -> Output {
    let mut command = on_ground_of(app, arguments);
    tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap()
}

/// What a server tells that refuses to start on the database and the folder of another one.
pub async fn refused_start(app: &TestApp) -> String {
    let mut command = on_ground_of(app, &["serve", "--listen", "127.0.0.1:0"]);
    let start = move || {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let started = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if started.elapsed() > PATIENCE {
                child.kill().unwrap();
            }
            thread::sleep(Duration::from_millis(20));
        }
        child.wait_with_output().unwrap()
    };
    let output = tokio::task::spawn_blocking(start).await.unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn on_ground_of(app: &TestApp, arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SLIPWAY_")) {
        command.env_remove(name);
    }
    if let Some(database) = &app.database {
        command.env("SLIPWAY_DATABASE_URL", database.url());
    }
    command.args(arguments).arg("--data-dir").arg(app.folder.path()).stdin(Stdio::null());
    command
}
