//! `slipway restore`.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, bail};
use api_types::{JobReport, JobState};
use app::i18n::format::number;
use clap::Args;
use registry::{
    backup::{self, BackupSummary, Plan},
    jobs::JobRequest,
};

use super::{Settings, fsck, job, serve};
use crate::{config::Config, storage};

/// What `--help` adds.
pub const HELP: &str = "\
Run it with the settings of the server that is to serve from it, which must not run yet: the database must be new. A copy of SQLite
can be restored into PostgreSQL and the other way round. All of it is restored or nothing.

Examples:
  slipway restore --latest --verify
      The newest copy in backup.path, or in the bucket of the blobs; and check against the store that all blobs are there. What is
      not is named and put into quarantine, and the exit status is 1.
  slipway restore slipway-20261201T030000Z.backup.gz
  slipway restore /backups/slipway.backup.gz
  SLIPWAY_DATABASE_URL=postgres://slipway@db/slipway slipway restore slipway.backup.gz";

/// Restores a copy of the database.
#[derive(Debug, Args)]
pub struct Restore {
    /// The copy: a file, or the name of one that is kept
    #[arg(value_name = "COPY", required_unless_present = "latest", conflicts_with = "latest")]
    copy: Option<PathBuf>,
    /// The newest copy that is kept
    #[arg(long)]
    latest: bool,
    /// Check afterwards that the store has every blob
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Restore {
    /// Restores, and checks where that is wanted.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let (config, _) = self.settings.load()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        runtime.block_on(async {
            let summary = restore(&config, self.copy.as_deref()).await?;
            println!("Restored {} rows of {} tables.", number(summary.rows), summary.tables);
            if self.verify { verify(&config).await } else { Ok(ExitCode::SUCCESS) }
        })
    }
}

/// How long a store is asked for newer copies before a file is restored all the same.
const LOOK: Duration = Duration::from_secs(10);

/// Restores a file, a copy that is kept, or the newest of those.
async fn restore(config: &Config, copy: Option<&Path>) -> anyhow::Result<BackupSummary> {
    if let Some(path) = copy.filter(|path| path.exists()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // The store may be what is gone.
        let look = async {
            if let Ok(opened) = storage::open(config).await {
                warn_of_newer(&opened.backups, &name).await;
            }
        };
        let _ = tokio::time::timeout(LOOK, look).await;
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        return backup::restore(&config.database, file).await.context("nothing was restored");
    }
    let plan = storage::open(config).await?.backups;
    let name = match copy.map(|path| path.to_string_lossy().into_owned()) {
        Some(name) => name,
        None => match plan.names().await?.pop() {
            Some(newest) => newest,
            None => bail!("there is no copy in {}", plan.path),
        },
    };
    eprintln!("Restoring {name} from {} …", plan.path);
    warn_of_newer(&plan, &name).await;
    backup::restore_kept(&config.database, &plan, &name).await.context("nothing was restored")
}

/// Says so where a newer copy is kept. What cannot be found out keeps nobody from restoring.
async fn warn_of_newer(plan: &Plan, name: &str) {
    if let Ok(Some(newest)) = plan.newer_than(name).await {
        eprintln!(
            "There are newer copies in {}; the newest is {newest}. `slipway restore --latest` takes that one.",
            plan.path
        );
    }
}

/// Checks the database against the store.
async fn verify(config: &Config) -> anyhow::Result<ExitCode> {
    let registry = serve::open(config).await?;
    let ended = job::see_through(&registry, JobRequest::Fsck { deep: false, rate: None }, |_| true).await?;
    match (ended.state, ended.report) {
        (JobState::Succeeded, JobReport::Fsck(report)) => {
            let findings = fsck::findings(&registry).await?;
            print!("{}", fsck::in_words(&report, &findings));
            Ok(fsck::exit_code(&report, &findings))
        }
        _ => bail!("it was restored, and the check failed: {}", ended.error.unwrap_or_default()),
    }
}
