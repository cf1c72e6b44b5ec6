//! `slipway backup`.

use std::{fmt::Write as _, path::PathBuf};

use anyhow::bail;
use api_types::{BackupCopy, BackupPlace, JobReport, JobState};
use app::i18n::format::{machine, number, plain_bytes};
use clap::Args;
use registry::{Actor, Registry, jobs::JobRequest};

use super::{Settings, job, people::on_registry};
use crate::{config::Config, secret_key};

/// What `--help` adds.
pub const HELP: &str = "\
Run it where a server runs, with the same settings; servers go on serving, and the copy is of one moment. It holds the database with
all settings that are in it: accounts with their password hashes, robots, projects, tags, manifests. So keep it as you keep those. It
does not hold the blobs, nor the secret key, nor the configuration: keep the folder or bucket, and secret.key or secret_key_file.
What a copy names is not collected for as long as the copy is kept; for one in a file of yours, for backup.hold.

Examples:
  slipway backup
      Into backup.path, or into the bucket of the blobs; all but the newest backup.keep are removed.
  slipway backup /backups/slipway.backup.gz
  slipway backup --list";

/// Copies the database.
#[derive(Debug, Args)]
pub struct Backup {
    /// The file to write, which must not exist; without it a copy that is kept with those that servers make
    #[arg(value_name = "FILE", conflicts_with = "list")]
    file: Option<PathBuf>,
    /// Make no copy, but list those that there are
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Backup {
    /// Writes the copy and says what is in it, and what is not.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, config| {
            let actor = Actor::system();
            if self.list {
                print!("{}", in_lines(&registry.backups.list(&actor).await?));
                return Ok(());
            }
            match &self.file {
                Some(file) => {
                    let summary = registry.backups.write_file(&actor, file).await?;
                    let (rows, size) = (number(summary.rows), plain_bytes(summary.bytes));
                    println!("{}: {rows} rows of {} tables, {size}.", file.display(), summary.tables);
                }
                None => println!("{}", kept(registry).await?),
            }
            eprintln!("{}", keep_as_well(config));
            Ok(())
        })
    }
}

/// Has a copy made that is kept; which one, in a line.
async fn kept(registry: &Registry) -> anyhow::Result<String> {
    let ended = job::see_through(registry, JobRequest::Backup, |_| false).await?;
    match (ended.state, ended.report) {
        (JobState::Succeeded, JobReport::Backup(report)) => {
            let copies = registry.backups.list(&Actor::system()).await?;
            let newest = copies.into_iter().find(|copy| copy.place != BackupPlace::File);
            let name = newest.map(|copy| copy.name).unwrap_or_default();
            Ok(format!("{name}: {} rows, {}.", number(report.done), plain_bytes(report.bytes)))
        }
        (JobState::Cancelled, _) => bail!("the copy was stopped, and there is none"),
        _ => bail!("the copy failed: {}", ended.error.unwrap_or_default()),
    }
}

/// What is not in the copy.
fn keep_as_well(config: &Config) -> String {
    if config.secret_key.is_some() {
        return "Keep the secret key and the blobs as well: they are not in the copy.".to_owned();
    }
    let secret = config.data_dir.join(secret_key::FILE);
    format!("Keep {} as well: it is not in the copy, and neither are the blobs.", secret.display())
}

/// Copies, newest first: when, how large, where, and the name.
fn in_lines(copies: &[BackupCopy]) -> String {
    let mut text = String::new();
    for copy in copies {
        let at = machine(copy.at.replace_nanosecond(0).unwrap_or(copy.at));
        let place = match copy.place {
            BackupPlace::Folder => "folder",
            BackupPlace::Bucket => "bucket",
            BackupPlace::File => "file",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{at}  {:>10}  {place:<6}  {}", plain_bytes(copy.size), copy.name);
    }
    if copies.is_empty() {
        text.push_str("There is no copy.\n");
    }
    text
}
