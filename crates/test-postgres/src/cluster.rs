//! One cluster and its server.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::{Duration, Instant},
};

/// The user that the cluster belongs to.
pub(crate) const USER: &str = "slipway";

/// How long a server takes to start at most, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What tests keep need not survive a power cut.
const FRAGILE: &str = "fsync = off
full_page_writes = off
synchronous_commit = off
autovacuum = off
";

const SETTINGS: &str = "listen_addresses = ''
max_connections = 300
max_wal_size = 2GB
shared_buffers = 128MB
unix_socket_permissions = 0777
log_min_messages = warning
log_line_prefix = '%m [%p] %d '
";

/// Besides the socket, which asks nobody for anything.
const OVER_TLS: &str = "listen_addresses = '127.0.0.1'
ssl = on
password_encryption = 'scram-sha-256'
";

/// Who may come in there: by TLS alone, and with a password.
const BY_TLS: &str = "local all all trust
hostssl all all 127.0.0.1/32 scram-sha-256
";

/// Waits until the process that started it is gone or wants an end, then stops the server and removes the folder. The
/// server itself runs under this, so that it may be stopped and started without us.
const GUARD: &str = r#"
trap '' INT TERM HUP
echo ready
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
rm -rf "$1"
"#;

/// A cluster with a running server; both are gone after a drop, or when this process ends.
#[derive(Debug)]
pub struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    guard: Child,
    pipe: Option<ChildStdin>,
}

/// Whether the programs are there.
pub fn is_installed() -> bool {
    programs().is_some()
}

/// The folder of the newest release's programs.
fn programs() -> Option<PathBuf> {
    let on_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    if let Some(folder) = on_path.into_iter().find(|folder| folder.join("initdb").exists()) {
        return Some(folder);
    }
    let releases = fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let mut releases: Vec<_> = releases.filter_map(|entry| Some(entry.ok()?.path())).collect();
    releases.retain(|path| path.join("bin/initdb").exists());
    releases.sort_by_key(|path| number(path));
    releases.pop().map(|path| path.join("bin"))
}

impl Cluster {
    /// A new cluster whose server is up.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start.
    pub fn start() -> Self {
        Self::with(FRAGILE, None)
    }

    /// One that loses nothing in a power cut, as servers are: to be measured.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    pub fn durable() -> Self {
        Self::with("", None)
    }

    /// One that is also reached at [`Cluster::port`] of 127.0.0.1, over TLS alone, with this certificate and key in PEM, by
    /// users who have a password. At first nobody has one.
    ///
    /// # Panics
    /// As [`Cluster::start`].
    pub fn over_tls(certificate: &str, key: &str) -> Self {
        Self::with(&format!("{FRAGILE}{OVER_TLS}"), Some((certificate, key)))
    }

    fn with(more: &str, tls: Option<(&str, &str)>) -> Self {
        let programs = programs().expect("PostgreSQL is not installed (Debian: postgresql)");
        let folder = tempfile::Builder::new().prefix("slipway-pg").tempdir().unwrap().keep();
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "guard"])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(guard.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let pipe = guard.stdin.take();
        // Nobody else is given the port while the folder is made.
        let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = reserved.local_addr().unwrap().port();
        let cluster = Self { folder, programs, port, guard, pipe };
        cluster.create(more);
        if let Some((certificate, key)) = tls {
            cluster.certify(certificate, key);
        }
        drop(reserved);
        cluster.resume();
        cluster
    }

    fn create(&self, more: &str) {
        give_away(&self.folder);
        let mut initdb = self.command("initdb");
        initdb.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username", USER, "-D"]);
        initdb.arg(self.data());
        let help = Command::new(self.programs.join("initdb")).arg("--help").output().unwrap();
        if String::from_utf8_lossy(&help.stdout).contains("--icu-locale") {
            initdb.args(["--locale-provider=icu", "--icu-locale=en-US"]);
        }
        run(&mut initdb);
        let mut settings = fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf")).unwrap();
        let socket = format!("unix_socket_directories = '{}'\nport = {}\n", self.folder.display(), self.port);
        settings.write_all(format!("{SETTINGS}{more}{socket}").as_bytes()).unwrap();
    }

    /// Puts certificate and key where the server looks for them.
    fn certify(&self, certificate: &str, key: &str) {
        let private = self.data().join("server.key");
        fs::write(self.data().join("server.crt"), certificate).unwrap();
        fs::write(&private, key).unwrap();
        // It takes no key that others could read.
        fs::set_permissions(&private, fs::Permissions::from_mode(0o600)).unwrap();
        give_away(&private);
        fs::write(self.data().join("pg_hba.conf"), BY_TLS).unwrap();
    }

    /// Starts the server after [`Cluster::halt`] or [`Cluster::crash`]; it is up on return.
    pub fn resume(&self) {
        let started = Instant::now();
        let log = self.folder.join("log");
        let mut start = self.command("pg_ctl");
        let seconds = PATIENCE.as_secs().to_string();
        run(start.args(["start", "--wait", "--silent", "-t", &seconds, "-D"]).arg(self.data()).arg("-l").arg(log));
        assert!(started.elapsed() < PATIENCE);
    }

    /// Stops the server at once, as a restart or a failover does: running statements are broken off.
    pub fn halt(&self) {
        self.stop("--mode=fast");
    }

    /// Ends the server in the middle of everything, as a failing machine does: its next start recovers from its log.
    pub fn crash(&self) {
        self.stop("--mode=immediate");
    }

    fn stop(&self, mode: &str) {
        run(self.command("pg_ctl").args(["stop", "--wait", "--silent", mode, "-D"]).arg(self.data()));
    }

    /// Makes an empty database.
    ///
    /// # Panics
    /// Where there is one of that name.
    pub fn create_database(&self, name: &str) {
        // Only some of the programs may be on the path; where they lead to are all.
        let found = fs::canonicalize(self.programs.join("initdb")).unwrap();
        let createdb = found.with_file_name("createdb");
        let mut command = Command::new(createdb);
        command.args(["--username", USER, "--port", &self.port.to_string(), "--host"]).arg(&self.folder).arg(name);
        run(command.stdin(Stdio::null()));
    }

    /// The address of one of its databases, by the socket.
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://{USER}@{folder}:{}/{database}", self.port)
    }

    /// Where it listens over TCP, if it does.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// One of PostgreSQL's programs, which refuse to run as root.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            let account = account();
            command.args([&format!("--reuid={account}"), "--clear-groups"]);
            command.arg(format!("--regid={}", group())).arg(program);
            command
        } else {
            Command::new(program)
        };
        // Where it stands may be a folder that the account must not see.
        command.current_dir("/").stdin(Stdio::null()).process_group(0).env_remove("PGDATA");
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.pipe.take();
        let _ = self.guard.wait();
    }
}

/// Has it belong to whoever runs the server.
fn give_away(path: &Path) {
    if is_root() {
        run(Command::new("chown").arg(format!("{}:", account())).arg(path));
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Who runs the server where we are root.
fn account() -> &'static str {
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    if accounts.lines().any(|line| line.starts_with("postgres:")) { "postgres" } else { "nobody" }
}

fn group() -> &'static str {
    if account() == "postgres" { "postgres" } else { "nogroup" }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = || String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {}", text());
}
