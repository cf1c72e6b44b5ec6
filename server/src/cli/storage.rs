//! `slipway storage`.

use std::process::ExitCode;

use anyhow::bail;
use api_types::{JobReport, JobState};
use app::i18n::format::{number, plain_bytes};
use clap::Args;
use registry::{Actor, content::Elsewhere, jobs::JobRequest};

use super::{Settings, job, output, people::on_registry, serve};
use crate::workers;

/// What `--help` adds to `migrate`.
pub const MIGRATE_HELP: &str = "\
Servers go on serving, pulls and pushes go on. First restart them with the new place in [storage], and with storage.previous naming the
configuration file from before: from then on new blobs go to the new place, and what is not there yet is read from the old one.
This copies the rest and checks the digest of each. When nothing is left in the old place alone, all servers stop asking it within some
seconds, and it can go. It can be stopped (Ctrl-C) and run again at any time. Nothing is deleted in the old place.

Examples:
  slipway storage migrate
  slipway storage migrate --config /etc/slipway/slipway.toml";

/// What `--help` adds to `accept`.
pub const ACCEPT_HELP: &str = "\
For the day when the place of the blobs is lost and another one, such as a restored volume, has a part of them. After a move no server
starts that stores elsewhere and misses blobs there, as a server with old settings would; this lets servers start with what is there.
Stop all servers, run this with the new settings, start the servers with them, and run `slipway fsck`, which names what is missing.

Examples:
  slipway storage accept
  slipway storage accept --yes --config /etc/slipway/slipway.toml";

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
                println!("Copied {} blobs of {}.", number(report.copied), plain_bytes(report.bytes));
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

/// Takes what the present place has for all blobs that there are.
#[derive(Debug, Args)]
pub struct Accept {
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Accept {
    /// Does it.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, config| {
            let Some(elsewhere) = registry.maintenance.elsewhere().await? else {
                println!("There is nothing to accept: the database knows of no other place of all blobs.");
                return Ok(());
            };
            let Elsewhere { home, place, newest, missing } = elsewhere;
            let question = format!(
                "By what the database knows the place of all blobs is {home}; of the newest {newest}, {missing} are missing in {place}. \
                 Store into {place} from now on, and take for missing what only {home} has?"
            );
            output::confirm(&question, self.yes)?;
            registry.maintenance.accept_place(&Actor::system()).await?;
            serve::let_others_hear(config).await;
            println!(
                "Servers may start with {place} now. `slipway fsck` names what is missing, and keeps it from being served until it is \
                 pushed again."
            );
            Ok(())
        })
    }
}

/// Why a server does not start, and what helps.
pub fn refusal(elsewhere: &Elsewhere) -> String {
    let Elsewhere { home, place, newest, missing } = elsewhere;
    format!(
        "by what the database knows the place of all blobs is {home}, and this server is configured to store into {place}, where {missing} \
         of the newest {newest} are missing. Nothing was changed. Give it the [storage] of the other servers; to move back, set \
         storage.previous to a configuration file that names {home}. If that is lost for good, `slipway storage accept` lets servers start \
         with what is in {place}"
    )
}
