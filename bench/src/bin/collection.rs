//! `collection`: a registry with many blobs of which half are garbage, and how long it takes to collect them beside pushes.
//!
//! The registry is made by writing rows and files, as pushing that many would take hours: each repository has one manifest for
//! a hundred blobs, and as many blobs again that no manifest names. Then a server runs on it and collects by itself, without
//! any grace, while clients push images one after the other. Told are the time, the server's memory, and the longest that a push of
//! an image took before, during and after. In the end the rows and files that are left are counted.
//!
//! Exit code 0: what was to go is gone, what was to stay is there, and every push was acknowledged.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bench::{
    client::Client,
    endpoint::{Endpoint, PASSWORD},
    http::{Connection, Request},
    image::Image,
    made::{NAMED, data, database, empty, mebibytes, object},
    process::{Process, until_interrupted},
    servers::{Kind, block_on, free_address},
    usage,
};
use clap::Parser;

/// Clients that push.
const PUSHERS: u64 = 2;

/// Fills a registry, lets it collect, and measures.
#[derive(Clone, Debug, Parser)]
#[command(name = "collection")]
struct Arguments {
    /// Slipway's binary.
    #[arg(long, default_value = "target/release/slipway")]
    slipway: PathBuf,
    /// How many blobs there are; half of them are garbage.
    #[arg(long, default_value_t = 1_000_000)]
    blobs: u64,
    /// Bytes of each.
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// The folder to work in, which is emptied first.
    #[arg(long, default_value = "target/collection")]
    folder: PathBuf,
    /// How long pushes are measured before the collection and after it.
    #[arg(long, default_value_t = 10)]
    quiet_seconds: u64,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let folder = arguments.folder.clone();
    until_interrupted(move || run(&arguments), || ())??;
    fs::remove_dir_all(folder)?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::cast_precision_loss, reason = "shown without digits")]
fn run(arguments: &Arguments) -> Result<()> {
    let folder = &arguments.folder;
    empty(folder)?;
    // A first start makes the schema.
    drop(Slipway::start(arguments, Duration::ZERO)?);
    let began = Instant::now();
    block_on(fill(arguments))??;
    eprintln!("{} blobs are there after {:.0?}", arguments.blobs, began.elapsed());

    let quiet = Duration::from_secs(arguments.quiet_seconds);
    let server = Slipway::start(arguments, quiet)?;
    let idle = usage::memory(server.process.id());
    let pushing = Pushing::start(&server.endpoint)?;
    std::thread::sleep(quiet);
    let before = pushing.take();

    let job = wait_for_job(folder, "started_at IS NOT NULL", Duration::from_secs(120))?;
    usage::forget_peak(server.process.id());
    let processor = usage::processor(server.process.id())?;
    let started = Instant::now();
    wait_for_job(folder, "finished_at IS NOT NULL", Duration::from_secs(4 * 3600))?;
    let (took, during) = (started.elapsed(), pushing.take());
    let used = usage::processor(server.process.id())? - processor;
    let memory = usage::memory(server.process.id());
    std::thread::sleep(quiet);
    let after = pushing.stop()?;
    drop(server);

    let (pushed, left) = (before.images + during.images + after.images, rows(folder)?);
    let garbage = arguments.blobs / 2;
    println!("collection of {garbage} blobs of {}, job {job}", arguments.blobs);
    println!("| time | {:.0} s |", took.as_secs_f64());
    println!("| blobs a second | {:.0} |", garbage as f64 / took.as_secs_f64());
    println!("| processor time of the server, with the pushes | {:.0} s |", used.0.as_secs_f64());
    println!("| memory of the server idle | {:.1} MiB |", mebibytes(idle.now));
    println!("| memory of the server at the peak | {:.1} MiB |", mebibytes(memory.peak));
    for (when, pushes) in [("before", &before), ("during", &during), ("after", &after)] {
        println!(
            "| pushes of an image {when} | {} , median {:.1} ms, longest {:.0} ms |",
            pushes.images,
            pushes.median().as_secs_f64() * 1e3,
            pushes.longest().as_secs_f64() * 1e3
        );
    }
    // Each pushed image has two blobs of its own.
    let expected = arguments.blobs - garbage + pushed * 2;
    ensure!(left.rows == expected, "{} rows are left instead of {expected}", left.rows);
    ensure!(left.files == expected, "{} files are left instead of {expected}", left.files);
    println!("what is left is what was to stay: {expected} rows and files");
    Ok(())
}

/// A server that collects by itself, not before `quiet` has passed.
struct Slipway {
    process: Process,
    endpoint: Endpoint,
}

impl Slipway {
    fn start(arguments: &Arguments, quiet: Duration) -> Result<Self> {
        let address = free_address()?;
        let interval = if quiet.is_zero() { "0s".to_owned() } else { format!("{}s", quiet.as_secs() + 2) };
        let mut command = Command::new(&arguments.slipway);
        command.args(["serve", "--listen", &address.to_string(), "--data-dir"]).arg(data(&arguments.folder));
        command.env("SLIPWAY_ADMIN_PASSWORD", PASSWORD).env("SLIPWAY_LOG__ACCESS", "none");
        command.env("SLIPWAY_COLLECTION__INTERVAL", interval).env("SLIPWAY_COLLECTION__GRACE", "0s");
        let log = fs::OpenOptions::new().create(true).append(true).open(arguments.folder.join("server.log"))?;
        let mut process = Process::start(&mut command, Some(log))?;
        let deadline = Instant::now() + Duration::from_secs(60);
        let answers = || -> Result<u16> {
            block_on(async { Connection::open(address).await?.send(&Request::new("GET", "/v2/").end()).await })?
        };
        while answers().is_err() {
            ensure!(process.is_running() && Instant::now() < deadline, "the server does not answer: see server.log");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { process, endpoint: Endpoint { kind: Kind::Slipway, address } })
    }
}

/// Writes rows and files: blob `n` has `n` in hex as its digest and, after two digits that spread it, as its location.
async fn fill(arguments: &Arguments) -> Result<()> {
    let mut database = database(&arguments.folder).await?;
    let (blobs, size, named) = (arguments.blobs, arguments.size, arguments.blobs / 2);
    let repositories = named.div_ceil(NAMED);
    let numbers = format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {blobs})");
    // Blobs up to half are named; each repository has a manifest for its share, and as many that no manifest names.
    let home = format!("(CASE WHEN i <= {named} THEN i - 1 ELSE i - {named} - 1 END) / {NAMED} + 1");
    let statements = [
        "BEGIN".to_owned(),
        "INSERT INTO projects (id, name, public, created_at, updated_at) VALUES (1000, 'bench', 0, 1, 1)".to_owned(),
        format!(
            "{numbers} INSERT INTO blobs (id, digest, size, location, state, link_count, created_at) \
             SELECT i, 'sha256:' || printf('%064x', i), {size}, printf('%02x%030x', i % 256, i), 'live', 1, 1 FROM n"
        ),
        format!(
            "{numbers} INSERT INTO repositories (id, project_id, path, tag_count, manifest_count, storage_used, last_pushed_at, \
             created_at) SELECT i, 1000, 'r' || i, 0, 1, {}, 1, 1 FROM n WHERE i <= {repositories}",
            NAMED * 2 * size as u64
        ),
        format!(
            "{numbers} INSERT INTO repository_blobs (repository_id, blob_id, project_id, leased_at) \
             SELECT {home}, i, 1000, 1 FROM n"
        ),
        format!(
            "{numbers} INSERT INTO project_blobs (project_id, blob_id, link_count, size, only_repository_id) \
             SELECT 1000, i, 1, {size}, {home} FROM n"
        ),
        format!(
            "{numbers} INSERT INTO manifests (id, repository_id, digest, media_type, kind, platforms, annotations, size, \
             content_size, content, pushed_by_kind, pushed_by_name, pushed_at) SELECT i, i, 'sha256:' || printf('%064x', i), \
             'application/vnd.oci.image.manifest.v1+json', 'image', '[]', '{{}}', 1, 2, '{{}}', 3, 'system', 1 \
             FROM n WHERE i <= {repositories}"
        ),
        format!(
            "{numbers} INSERT INTO manifest_references (manifest_id, position, kind, digest, repository_id, blob_id) \
             SELECT {home}, (i - 1) % {NAMED}, 'layer', 'sha256:' || printf('%064x', i), {home}, i FROM n WHERE i <= {named}"
        ),
        format!(
            "UPDATE projects SET repository_count = {repositories}, last_pushed_at = 1, storage_used = {} WHERE id = 1000",
            blobs * size as u64
        ),
        "COMMIT".to_owned(),
        "PRAGMA wal_checkpoint(TRUNCATE)".to_owned(),
    ];
    for statement in statements {
        let what = statement.chars().take(120).collect::<String>();
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut database).await.context(what)?;
    }
    let bytes = vec![b'x'; size];
    for number in 1..=blobs {
        let object = object(&arguments.folder, number);
        fs::write(&object, &bytes).with_context(|| format!("writing {}", object.display()))?;
    }
    Ok(())
}

/// Waits until there is a job of which this is true; its id.
fn wait_for_job(folder: &Path, condition: &str, patience: Duration) -> Result<i64> {
    let deadline = Instant::now() + patience;
    let sql = format!("SELECT id FROM jobs WHERE {condition} ORDER BY id LIMIT 1");
    loop {
        let found: Option<i64> = block_on(async {
            let mut database = database(folder).await?;
            anyhow::Ok(sqlx::query_scalar(sqlx::AssertSqlSafe(sql.clone())).fetch_optional(&mut database).await?)
        })??;
        if let Some(id) = found {
            return Ok(id);
        }
        ensure!(Instant::now() < deadline, "no job of which {condition} within {patience:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What is left.
struct Left {
    rows: u64,
    files: u64,
}

fn rows(folder: &Path) -> Result<Left> {
    let rows: i64 = block_on(async {
        let mut database = database(folder).await?;
        let sql = "SELECT COUNT(*) FROM blobs WHERE state = 'live' AND link_count = 1";
        anyhow::Ok(sqlx::query_scalar(sql).fetch_one(&mut database).await?)
    })??;
    let mut files = 0;
    for shard in fs::read_dir(data(folder))? {
        let shard = shard?;
        if shard.file_type()?.is_dir() && shard.file_name().len() == 2 {
            files += fs::read_dir(shard.path())?.count() as u64;
        }
    }
    Ok(Left { rows: u64::try_from(rows)?, files })
}

/// How long pushes took.
#[derive(Clone, Debug, Default)]
struct Pushes {
    images: u64,
    times: Vec<Duration>,
}

impl Pushes {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { images: times.len() as u64, times }
    }

    fn median(&self) -> Duration {
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }

    fn longest(&self) -> Duration {
        self.times.last().copied().unwrap_or_default()
    }
}

/// Clients that push without pause.
struct Pushing {
    stop: Arc<AtomicBool>,
    times: Arc<std::sync::Mutex<Vec<Duration>>>,
    threads: Vec<std::thread::JoinHandle<Result<()>>>,
}

impl Pushing {
    fn start(endpoint: &Endpoint) -> Result<Self> {
        let (stop, times) = (Arc::<AtomicBool>::default(), Arc::<std::sync::Mutex<Vec<Duration>>>::default());
        let next = Arc::new(AtomicU64::new(1 << 40));
        let credentials = endpoint.basic().context("credentials")?;
        let threads = (0..PUSHERS)
            .map(|pusher| {
                let (stop, times, next) = (Arc::clone(&stop), Arc::clone(&times), Arc::clone(&next));
                let (address, credentials) = (endpoint.address, Arc::clone(&credentials));
                std::thread::spawn(move || {
                    block_on(async {
                        let mut client = Client::open(address, Some(credentials)).await?;
                        let repository = format!("library/pushed-{pusher}");
                        while !stop.load(Relaxed) {
                            let image = Image::new(next.fetch_add(2, Relaxed), 1, 16 * 1024);
                            let started = Instant::now();
                            push(&mut client, &repository, &image).await?;
                            let took = started.elapsed();
                            times.lock().map_err(|_| anyhow::anyhow!("a pusher has panicked"))?.push(took);
                        }
                        Ok(())
                    })?
                })
            })
            .collect();
        Ok(Self { stop, times, threads })
    }

    /// What was pushed since the last time.
    fn take(&self) -> Pushes {
        Pushes::of(self.times.lock().map(|mut times| std::mem::take(&mut *times)).unwrap_or_default())
    }

    fn stop(mut self) -> Result<Pushes> {
        self.stop.store(true, Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().map_err(|_| anyhow::anyhow!("a pusher has panicked"))??;
        }
        Ok(self.take())
    }
}

/// Pushes an image; as there is no grace, a manifest that comes just after its blobs were collected is pushed once more with them.
async fn push(client: &mut Client, repository: &str, image: &Image) -> Result<()> {
    let mut attempts = 0;
    loop {
        for blob in &image.blobs {
            let head = client.request("HEAD", &format!("/v2/{repository}/blobs/{}", blob.digest)).end();
            let status = client.connection.send(&head).await?;
            client.connection.collect().await?;
            if status == 404 {
                client.push_blob(repository, blob.payload, &blob.digest).await?;
            }
        }
        attempts += 1;
        match client.push_manifest(repository, "latest", &image.manifest).await {
            Ok(()) => return Ok(()),
            Err(error) if attempts < 20 && error.to_string().contains("BLOB_UNKNOWN") => {}
            Err(error) => return Err(error),
        }
    }
}
