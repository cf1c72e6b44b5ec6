//! `slipway gc`.

use std::{fmt::Write as _, time::Duration};

use anyhow::bail;
use api_types::{CollectionReport, JobReport, JobState};
use app::i18n::format::{number, plain_bytes};
use clap::Args;
use registry::jobs::JobRequest;

use super::{Settings, job, people::on_registry};
use crate::config::units;

/// What `--help` adds.
pub const HELP: &str = "\
Servers do this by themselves, every collection.interval. Run it where a server runs, with the same settings; servers may be
running and go on serving. It takes the job that one process has at a time: where another one is at it, this waits and shows its
progress. Ctrl-C stops the job; what was done stays done.

Examples:
  slipway gc --dry-run
      Count what would go.
  slipway gc --grace 0s
      Take away at once what no manifest names. Clients that are pushing at this moment may have to push a layer again.";

/// Takes away what nothing names any more.
#[derive(Debug, Args)]
pub struct Gc {
    /// Take nothing away, only count
    #[arg(long)]
    dry_run: bool,
    /// How long blobs that no manifest names are left to whoever is pushing, instead of collection.grace; such as 0s, 30m or 24h
    #[arg(long, value_name = "DURATION", value_parser = grace)]
    grace: Option<Duration>,
    #[command(flatten)]
    settings: Settings,
}

fn grace(text: &str) -> Result<Duration, String> {
    units::delay(text).ok_or_else(|| "expected a duration with its unit, such as 0s, 30m or 24h".to_owned())
}

impl Gc {
    /// Asks for a collection and works on it until it ends.
    pub fn run(&self) -> anyhow::Result<()> {
        let request = JobRequest::Collection { dry_run: self.dry_run, grace: self.grace };
        let is_enough = |report: &JobReport| report.is_dry_run() == self.dry_run && self.grace.is_none();
        let ended =
            on_registry(&self.settings, async |registry, _| job::see_through(registry, request, is_enough).await)?;
        match (ended.state, ended.report) {
            (JobState::Succeeded, JobReport::Collection(report)) => {
                println!("{}", told(&report));
                Ok(())
            }
            (JobState::Cancelled, _) => bail!("the collection was stopped; what was done stays done"),
            _ => bail!("the collection failed: {}", ended.error.unwrap_or_default()),
        }
    }
}

/// What came of it.
fn told(report: &CollectionReport) -> String {
    let verb = if report.dry_run { "Would remove" } else { "Removed" };
    let mut text = format!(
        "{verb} {} links and {} blobs of {}",
        number(report.links),
        number(report.blobs),
        plain_bytes(report.bytes)
    );
    if report.objects > 0 {
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            ", and {} objects without a row of {}",
            number(report.objects),
            plain_bytes(report.object_bytes)
        );
    }
    text.push('.');
    if report.kept > 0 {
        let (kept, size) = (number(report.kept), plain_bytes(report.kept_bytes));
        let _ = write!(text, " {kept} blobs of {size} stay for as long as a backup names them.");
    }
    text
}
