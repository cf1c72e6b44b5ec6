//! `fsck`: a registry with many blobs, some of them harmed, and how long a check takes to find them.
//!
//! The registry is made by writing rows and files, as pushing that many would take hours: each repository has one manifest for a
//! hundred blobs, digests are real. Some objects are deleted, cut or changed. Then `slipway fsck` runs, and has to find just those.
//! Told are the time, the rate, and the memory of the process. A quick check is measured in objects, a deep one (`--deep`) in
//! bytes; it reads without a limit unless `--rate` sets one.
//!
//! Exit code 0: everything that was harmed was found, and nothing else.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bench::{
    made::{NAMED, data, database, empty, location, mebibytes, object},
    process::until_interrupted,
    servers::block_on,
    usage,
};
use clap::Parser;
use oci::Digest;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

/// Fills a registry, harms it, checks it, and measures.
#[derive(Clone, Debug, Parser)]
#[command(name = "fsck")]
struct Arguments {
    /// Slipway's binary.
    #[arg(long, default_value = "target/release/slipway")]
    slipway: PathBuf,
    /// How many blobs there are.
    #[arg(long, default_value_t = 1_000_000)]
    blobs: u64,
    /// Bytes of each.
    #[arg(long, default_value_t = 64)]
    size: usize,
    /// How many of them are harmed: deleted, cut or changed in turn.
    #[arg(long, default_value_t = 99)]
    harmed: u64,
    /// Read and hash everything.
    #[arg(long)]
    deep: bool,
    /// The limit of a deep check, such as `64MiB`; 0 for none.
    #[arg(long, default_value = "0")]
    rate: String,
    /// The folder to work in, which is emptied first.
    #[arg(long, default_value = "target/fsck")]
    folder: PathBuf,
}

fn main() -> Result<ExitCode> {
    let arguments = Arguments::parse();
    let folder = arguments.folder.clone();
    until_interrupted(move || run(&arguments), || ())??;
    fs::remove_dir_all(folder)?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::cast_precision_loss, reason = "shown with few digits")]
fn run(arguments: &Arguments) -> Result<()> {
    let folder = &arguments.folder;
    empty(folder)?;
    // A check of nothing makes the schema.
    check(arguments)?;
    let began = Instant::now();
    block_on(fill(arguments))??;
    let harmed = harm(arguments)?;
    eprintln!("{} blobs are there after {:.0?}, {harmed} of them harmed", arguments.blobs, began.elapsed());

    let Checked { report, took, memory } = check(arguments)?;
    let found = report["damaged"].as_u64().context("no count of damage")?;
    // A quick check does not read, so it cannot see what was changed in its place.
    let expected = if arguments.deep { harmed } else { harmed - harmed / 3 };
    println!(
        "{} check of {} blobs of {} bytes",
        if arguments.deep { "deep" } else { "quick" },
        arguments.blobs,
        arguments.size
    );
    println!("| time | {:.1} s |", took.as_secs_f64());
    println!("| objects a second | {:.0} |", arguments.blobs as f64 / took.as_secs_f64());
    let bytes = report["report"]["bytes"].as_u64().unwrap_or_default();
    println!("| MiB read a second | {:.0} |", mebibytes(bytes) / took.as_secs_f64());
    println!("| memory at the peak | {:.0} MiB |", mebibytes(memory));
    println!("| found | {found} of {expected} |");
    ensure!(found == expected, "{found} were found instead of {expected}");
    Ok(())
}

struct Checked {
    report: Value,
    took: Duration,
    memory: u64,
}

/// Runs the check in a process of its own.
fn check(arguments: &Arguments) -> Result<Checked> {
    let mut command = Command::new(&arguments.slipway);
    command.args(["fsck", "--json", "--data-dir"]).arg(data(&arguments.folder));
    if arguments.deep {
        command.args(["--deep", "--rate", &arguments.rate]);
    }
    let began = Instant::now();
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("cannot run slipway")?;
    let id = child.id();
    let watching = std::thread::spawn(move || {
        let mut peak = 0;
        while Path::new(&format!("/proc/{id}/status")).exists() {
            peak = usage::memory(id).peak.max(peak);
            std::thread::sleep(Duration::from_millis(50));
        }
        peak
    });
    let done = child.wait_with_output()?;
    let took = began.elapsed();
    let report = serde_json::from_slice(&done.stdout).context("no report")?;
    let memory = watching.join().map_err(|_| anyhow::anyhow!("the watcher has panicked"))?;
    Ok(Checked { report, took, memory })
}

/// The bytes of a blob: its number, and the rest of it.
fn bytes(number: u64, size: usize) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().repeat(size.div_ceil(8));
    bytes.truncate(size.max(8));
    bytes
}

/// Writes rows and files.
async fn fill(arguments: &Arguments) -> Result<()> {
    let mut database = database(&arguments.folder).await?;
    let mut transaction = database.begin().await?;
    sqlx::query("INSERT INTO projects (id, name, public, created_at, updated_at) VALUES (1000, 'bench', 0, 1, 1)")
        .execute(&mut *transaction)
        .await?;
    let mut layers = Vec::new();
    for number in 1..=arguments.blobs {
        let bytes = bytes(number, arguments.size);
        let (digest, location) = (Digest::sha256(&bytes).to_string(), location(number));
        fs::write(object(&arguments.folder, number), &bytes)?;
        let number = i64::try_from(number)?;
        let repository = (number - 1) / i64::try_from(NAMED)? + 1;
        if layers.is_empty() {
            sqlx::query("INSERT INTO repositories (id, project_id, path, manifest_count, last_pushed_at, created_at) VALUES ($1, 1000, 'r' || $1, 1, 1, 1)")
                .bind(repository)
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query("INSERT INTO blobs (id, digest, size, location, state, link_count, created_at) VALUES ($1, $2, $3, $4, 'live', 1, 1)")
            .bind(number)
            .bind(&digest)
            .bind(i64::try_from(bytes.len())?)
            .bind(&location)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO repository_blobs (repository_id, blob_id, project_id, leased_at) VALUES ($1, $2, 1000, 1)",
        )
        .bind(repository)
        .bind(number)
        .execute(&mut *transaction)
        .await?;
        layers.push((number, digest, bytes.len()));
        if layers.len() as u64 == NAMED || number.unsigned_abs() == arguments.blobs {
            manifest(&mut transaction, repository, &layers).await?;
            layers.clear();
        }
    }
    transaction.commit().await?;
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut database).await?;
    Ok(())
}

/// The manifest of a repository, which names these blobs, and its tag.
async fn manifest(database: &mut SqliteConnection, repository: i64, layers: &[(i64, String, usize)]) -> Result<()> {
    let described = |(_, digest, size): &(i64, String, usize)| json!({ "mediaType": oci::media_type::OCI_LAYER, "digest": digest, "size": size });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": oci::media_type::OCI_IMAGE,
        "config": described(&layers[0]),
        "layers": layers[1..].iter().map(described).collect::<Vec<_>>(),
    });
    let content = manifest.to_string();
    sqlx::query(
        "INSERT INTO manifests (id, repository_id, digest, media_type, kind, platforms, annotations, size, content_size, content, \
         pushed_by_kind, pushed_by_name, pushed_at) VALUES ($1, $1, $2, $3, 'image', '[]', '{}', 1, $4, $5, 3, 'system', 1)",
    )
    .bind(repository)
    .bind(Digest::sha256(content.as_bytes()).to_string())
    .bind(oci::media_type::OCI_IMAGE)
    .bind(i64::try_from(content.len())?)
    .bind(content.as_bytes())
    .execute(&mut *database)
    .await?;
    for (position, (blob, digest, _)) in (0_i64..).zip(layers) {
        let kind = if position == 0 { "config" } else { "layer" };
        sqlx::query(
            "INSERT INTO manifest_references (manifest_id, position, kind, digest, repository_id, blob_id) \
             VALUES ($1, $2, $3, $4, $1, $5)",
        )
        .bind(repository)
        .bind(position)
        .bind(kind)
        .bind(digest)
        .bind(blob)
        .execute(&mut *database)
        .await?;
    }
    sqlx::query(
        "INSERT INTO tags (repository_id, name, version_key, manifest_id, pushed_by_kind, pushed_by_name, pushed_at) \
         VALUES ($1, 'latest', 'latest', $1, 3, 'system', 1)",
    )
    .bind(repository)
    .execute(&mut *database)
    .await?;
    Ok(())
}

/// Deletes, cuts and changes objects in turn; how many.
fn harm(arguments: &Arguments) -> Result<u64> {
    let harmed = arguments.harmed.min(arguments.blobs) / 3 * 3;
    let apart = (arguments.blobs / harmed.max(1)).max(1);
    for at in 0..harmed {
        let number = at * apart + 1;
        let path = object(&arguments.folder, number);
        match at % 3 {
            0 => fs::remove_file(path)?,
            1 => fs::OpenOptions::new().write(true).open(path)?.set_len(1)?,
            _ => {
                let mut bytes = bytes(number, arguments.size);
                bytes[0] ^= 1;
                fs::write(path, bytes)?;
            }
        }
    }
    Ok(harmed)
}
