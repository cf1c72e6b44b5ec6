//! The servers that are compared, each with a folder of its own, on loopback.
//!
//! Distribution runs with Debian's settings (filesystem driver, in-memory descriptor cache, deletes on) but for one thing: it
//! asks nobody who they are. That favours it. Slipway checks a token and the rights of its owner at each request. No server
//! writes an access log.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{
    counting::Counting,
    endpoint::{Endpoint, PASSWORD},
    ground::Ground,
    http::{Connection, Request},
    process::Process,
    random::Random,
    usage,
};

const STARTUP: Duration = Duration::from_secs(120);

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Kind {
    /// Slipway.
    Slipway,
    /// Distribution, from Debian's package `docker-registry`.
    Distribution,
    /// nginx, which serves files with the same bytes under the same addresses.
    Nginx,
}

impl Kind {
    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Slipway => "Slipway",
            Self::Distribution => "Distribution",
            Self::Nginx => "nginx",
        }
    }
}

/// The program of a server.
#[derive(Clone, Debug)]
pub struct Program {
    /// Which server it is.
    pub kind: Kind,
    /// Its executable.
    pub path: PathBuf,
    /// What it stands on.
    pub ground: Ground,
    /// Whether clients are redirected to the store.
    pub redirect: bool,
    /// Whether its requests to the store are counted, which costs time.
    pub counted: bool,
}

impl Program {
    /// One that keeps everything in its folder.
    pub fn new(kind: Kind, path: PathBuf) -> Self {
        Self { kind, path, ground: Ground::Folder, redirect: false, counted: false }
    }

    /// What it says about its version, or an error that says how to get it.
    pub fn version(&self) -> Result<String> {
        let flag = if self.kind == Kind::Nginx { "-v" } else { "--version" };
        let output = Command::new(&self.path).arg(flag).output().with_context(|| {
            let path = self.path.display();
            match self.kind {
                Kind::Slipway => format!("{path} does not run: build it with `make release`"),
                Kind::Distribution => format!("{path} does not run: `apt install docker-registry`"),
                Kind::Nginx => format!("{path} does not run: `apt install nginx-light`"),
            }
        })?;
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text);
        let version = text.lines().next().and_then(|line| line.split_whitespace().last()).unwrap_or_default();
        Ok(version.trim_start_matches("nginx/").to_owned())
    }

    /// Starts it on its folder, which is made if it is absent, and waits for its first answer.
    pub fn start(&self, folder: &Path) -> Result<Server> {
        self.start_at(folder, free_address()?)
    }

    /// As [`Program::start`], at a given address.
    pub fn start_at(&self, folder: &Path, address: SocketAddr) -> Result<Server> {
        let mut server = self.spawn(folder, address)?;
        server.first_answer = server.wait_for_an_answer()?;
        Ok(server)
    }

    /// Starts it and does not wait.
    pub fn spawn(&self, folder: &Path, address: SocketAddr) -> Result<Server> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        let folder = folder.canonicalize()?;
        let counting = match &self.ground {
            Ground::S3(shared) if self.counted => Some(Counting::before(shared.store)?),
            _ => None,
        };
        let mut command = self.command(&folder, address, counting.as_ref())?;
        let log = fs::OpenOptions::new().create(true).append(true).open(folder.join("server.log"))?;
        let started = Instant::now();
        let process = Process::start(&mut command, Some(log))?;
        Ok(Server {
            endpoint: Endpoint { kind: self.kind, address },
            process,
            folder,
            counting,
            started,
            first_answer: Duration::ZERO,
        })
    }

    fn command(&self, folder: &Path, address: SocketAddr, counting: Option<&Counting>) -> Result<Command> {
        let shared = match &self.ground {
            Ground::S3(shared) => Some((shared, counting.map_or(shared.store, |counting| counting.address))),
            Ground::Folder => None,
        };
        let mut command = Command::new(&self.path);
        // A server has the settings that are given here, and none of whoever measures.
        for (name, _) in std::env::vars_os() {
            if ["SLIPWAY_", "REGISTRY_", "AWS_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                command.env_remove(name);
            }
        }
        match self.kind {
            Kind::Slipway => {
                command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(folder.join("data"));
                command.env("SLIPWAY_ADMIN_PASSWORD", PASSWORD);
                command.env("SLIPWAY_LOG__ACCESS", "none").env("SLIPWAY_LOG__LEVEL", "warn");
                if let Some((shared, store)) = shared {
                    shared.slipway(&mut command, folder, store, self.redirect);
                }
            }
            Kind::Distribution => {
                let file = folder.join("config.yml");
                let storage = match shared {
                    Some((shared, store)) => shared.distribution(folder, store, self.redirect),
                    None => format!("  filesystem:\n    rootdirectory: {}\n", folder.join("data").display()),
                };
                fs::write(&file, distribution_config(&storage, address, shared.is_none()))?;
                command.arg("serve").arg(file);
            }
            Kind::Nginx => {
                fs::create_dir_all(folder.join("data"))?;
                let file = folder.join("nginx.conf");
                fs::write(&file, nginx_config(folder, address))?;
                command.arg("-p").arg(folder).arg("-c").arg(file).arg("-e").arg(folder.join("error.log"));
            }
        }
        Ok(command)
    }
}

/// `asks` is whether it looks after its store by itself, which would count as requests.
fn distribution_config(storage: &str, address: SocketAddr, asks: bool) -> String {
    format!(
        "version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  cache:
    blobdescriptor: inmemory
{storage}  delete:
    enabled: true
http:
  addr: {address}
  secret: the-same-at-each-start
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: {asks}
    interval: 10s
    threshold: 3
"
    )
}

fn nginx_config(folder: &Path, address: SocketAddr) -> String {
    let folder = folder.display();
    // Workers keep root's rights where we are root: the folder may be readable by its owner only.
    let user = if is_root() { "user root;" } else { "" };
    format!(
        "{user}
daemon off;
worker_processes auto;
pid {folder}/nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  tcp_nodelay on;
  keepalive_requests 100000000;
  keepalive_timeout 75s;
  open_file_cache max=10000 inactive=60s;
  default_type application/octet-stream;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen {address};
    root {folder}/data;
    location / {{ }}
  }}
}}
"
    )
}

fn is_root() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().any(|line| line.strip_prefix("Uid:").is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0")))
}

/// A loopback address on which nobody listens now. Its port is below those that systems give to whoever asks for any: it stays free
/// while a server that was killed is not yet back.
pub fn free_address() -> Result<SocketAddr> {
    static GIVEN: AtomicU64 = AtomicU64::new(0);
    let mut random = Random::stream(std::process::id().into(), GIVEN.fetch_add(1, Ordering::Relaxed));
    for _ in 0..1000 {
        let port = u16::try_from(random.between(10_000, 29_999))?;
        if let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            return Ok(listener.local_addr()?);
        }
    }
    bail!("no port is free")
}

/// A server that runs; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Its process.
    pub process: Process,
    /// Where it listens and how clients get in.
    pub endpoint: Endpoint,
    /// Its folder; the data are in `data/` below it, where they are in a folder.
    pub folder: PathBuf,
    /// The way to its store, where requests are counted on it.
    pub counting: Option<Counting>,
    started: Instant,
    /// From the start of the process to the first answer.
    pub first_answer: Duration,
}

impl Server {
    /// Waits until it answers anything at all: the time since it was started.
    pub fn wait_for_an_answer(&mut self) -> Result<Duration> {
        let request = Request::new("GET", "/v2/").end();
        loop {
            let answer: Result<u16> = block_on(async {
                let mut connection = Connection::open(self.endpoint.address).await?;
                connection.send(&request).await
            })?;
            if answer.is_ok() {
                return Ok(self.started.elapsed());
            }
            let why = if !self.process.is_running() {
                "ended"
            } else if self.started.elapsed() > STARTUP {
                "gave no answer"
            } else {
                std::thread::sleep(Duration::from_micros(200));
                continue;
            };
            let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
            let end = log.char_indices().rev().nth(1500).map_or(0, |(at, _)| at);
            bail!("{} {why} after its start; its log ends with:\n{}", self.endpoint.kind.title(), &log[end..]);
        }
    }

    /// Its memory now and at its peak.
    pub fn memory(&self) -> usage::Memory {
        usage::memory(self.process.id())
    }
}

/// Runs a future on a runtime of its own, on this thread.
pub fn block_on<F: Future>(future: F) -> Result<F::Output> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future))
}
