//! `slipway storage migrate`.

use std::process::ExitCode;

use anyhow::bail;
use api_types::{JobReport, JobState};
use app::i18n::format::{bytes, number};
use clap::Args;
use registry::jobs::JobRequest;

use super::{Settings, job, people::on_registry};
use crate::workers;

/// What `--help` adds.
pub const HELP: &str = "\
Servers go on serving, pulls and pushes go on. First restart them with the new place in [storage], and with storage.previous naming the
configuration file from before: from then on new blobs go to the new place, and what is not there yet is read from the old one.
This copies the rest and checks the digest of each. When nothing is left in the old place alone, all servers stop asking it within some
seconds, and it can go. It can be stopped (Ctrl-C) and run again at any time. Nothing is deleted in the old place.

Examples:
  slipway storage migrate
  slipway storage migrate --config /etc/slipway/slipway.toml";

/// Copies all blobs from the previous place to the present one.
#[derive(Debug, Args)]
pub struct Migrate {
    #[command(flatten)]
    settings: Settings,
}

impl Migrate {
    /// Asks for the move and sees it through.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let ended = on_registry(&self.settings, async |registry, config| {
            if config.previous_storage.is_none() {
                bail!(
                    "there is no previous place: set storage.previous to the path of the configuration file from before, and \
                     [storage] to the new place"
                );
            }
            if registry.maintenance.moves_into_itself().await? {
                bail!(
                    "[storage] and storage.previous are one place, so there is nothing to move, and nothing that can go; \
                     `slipway config print` shows what counts"
                );
            }
            job::see_through(registry, JobRequest::Move, |_| true).await
        })?;
        match (ended.state, ended.report) {
            (JobState::Succeeded, JobReport::Move(report)) => {
                println!("Copied {} blobs of {}.", number(report.copied), bytes(report.bytes));
                if report.switched {
                    println!(
                        "All blobs are in the new place, and servers stop asking the old one within {} seconds: then it can go. \
                         storage.previous is without effect; take it away when it suits you.",
                        2 * workers::FOLLOW.as_secs()
                    );
                    return Ok(ExitCode::SUCCESS);
                }
                println!(
                    "{} blobs are not what they were and were not copied, so servers go on asking the old place. `slipway fsck` \
                     names them; push them again or delete what needs them, and run this once more.",
                    number(report.failed)
                );
                Ok(ExitCode::FAILURE)
            }
            (JobState::Cancelled, _) => {
                bail!("the move was stopped; what was copied stays, and the next run goes on from there")
            }
            _ => bail!("the move failed: {}", ended.error.unwrap_or_default()),
        }
    }
}
