//! `slipway gc`.

use std::{
    fmt::Write as _,
    io::{IsTerminal, Write as _},
    time::{Duration, Instant},
};

use anyhow::bail;
use api_types::{CollectionPhase, CollectionReport, JobReport, JobState, JobSummary};
use app::i18n::format;
use clap::Args;
use registry::{Actor, Error, Registry, jobs::JobRequest};
use tokio_util::sync::CancellationToken;

use super::{Settings, serve};
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

/// How often the progress is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is tried to take the job, while another process has it.
const TRY: Duration = Duration::from_secs(2);
/// How often a line is printed where there is no terminal.
const LINE: Duration = Duration::from_secs(10);
/// Cells of the bar.
const BAR: u64 = 24;

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
        let (config, _) = self.settings.load()?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build()?;
        let ended = runtime.block_on(async {
            let registry = serve::open(&config).await?;
            let (request, actor) =
                (JobRequest::Collection { dry_run: self.dry_run, grace: self.grace }, Actor::system());
            loop {
                match registry.jobs.request(&actor, request).await {
                    Ok(id) => return see_through(&registry, id).await,
                    Err(Error::JobUnfinished { id }) => {
                        eprintln!("Another collection is not finished (job {id}): waiting for it.");
                        let other = see_through(&registry, id).await?;
                        if other.report.is_dry_run() == self.dry_run && self.grace.is_none() {
                            return Ok(other);
                        }
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        })?;
        match ended.state {
            JobState::Succeeded => {
                println!("{}", told(&collection(&ended)));
                Ok(())
            }
            JobState::Cancelled => bail!("the collection was stopped; what was done stays done"),
            _ => bail!("the collection failed: {}", ended.error.unwrap_or_default()),
        }
    }
}

/// Works on the job, or watches who does, until it is finished.
async fn see_through(registry: &Registry, id: i64) -> anyhow::Result<JobSummary> {
    let stop = CancellationToken::new();
    let working = tokio::spawn(work(registry.clone(), id, stop.clone()));
    let mut screen = Screen::new();
    let (mut interrupted, actor) = (false, Actor::system());
    let ended = loop {
        let job = registry.jobs.get(&actor, id).await?.summary;
        screen.show(&job);
        if job.state.is_final() {
            break job;
        }
        if working.is_finished() {
            screen.end();
            working.await??;
            bail!("nobody works on the collection any more");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = tokio::signal::ctrl_c() => {
                if interrupted {
                    bail!("left while the collection was being stopped");
                }
                interrupted = true;
                screen.end();
                eprintln!("Stopping after this step …");
                match registry.jobs.cancel(&actor, id).await {
                    Ok(()) | Err(Error::JobNotFound { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    };
    screen.end();
    stop.cancel();
    working.await??;
    Ok(ended)
}

/// Takes the job whenever it is to be had.
async fn work(registry: Registry, id: i64, stop: CancellationToken) -> registry::Result<()> {
    while !stop.is_cancelled() {
        registry.jobs.run(Some(id), stop.cancelled()).await?;
        tokio::select! {
            () = tokio::time::sleep(TRY) => {}
            () = stop.cancelled() => {}
        }
    }
    Ok(())
}

/// Where progress is shown.
struct Screen {
    is_terminal: bool,
    /// Whether a line stands there without its end.
    open: bool,
    printed: Option<(Instant, CollectionPhase, JobState)>,
}

impl Screen {
    fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), open: false, printed: None }
    }

    fn show(&mut self, job: &JobSummary) {
        let line = line(job);
        if self.is_terminal {
            eprint!("\r\x1b[2K{line}");
            let _ = std::io::stderr().flush();
            self.open = true;
            return;
        }
        let (phase, state) = (collection(job).phase, job.state);
        let is_new = self.printed.is_none_or(|(at, was, then)| at.elapsed() >= LINE || (was, then) != (phase, state));
        if is_new {
            self.printed = Some((Instant::now(), phase, state));
            eprintln!("{line}");
        }
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.open) {
            eprintln!();
        }
    }
}

/// A job in one line: what it is at, how far, and what it has done.
fn line(job: &JobSummary) -> String {
    let report = collection(job);
    if job.state == JobState::Queued {
        let reason = job.error.as_ref().map(|error| format!(" after it broke: {error}")).unwrap_or_default();
        return format!("waiting{reason}");
    }
    let phase = match report.phase {
        CollectionPhase::Links => "links  ",
        CollectionPhase::Blobs => "blobs  ",
        CollectionPhase::Objects => "objects",
        CollectionPhase::Done => return format!("done    {} freed", size(report.freed())),
    };
    let done = report.done.min(report.total);
    let cells = (done * BAR).checked_div(report.total).unwrap_or(BAR);
    let mut bar = String::new();
    for cell in 0..BAR {
        bar.push(if cell < cells { '█' } else { '░' });
    }
    let mut line = format!("{phase} {bar} {}/{}", number(report.done), number(report.total.max(report.done)));
    // Writing to a string cannot fail.
    let _ = write!(line, "  {} freed", size(report.freed()));
    if let Some(holder) = job.holder.as_ref().filter(|_| job.state == JobState::Running) {
        let _ = write!(line, "  by {holder}");
    }
    line
}

/// How far the collection is; the jobs here are none of another kind.
fn collection(job: &JobSummary) -> CollectionReport {
    match job.report {
        JobReport::Collection(report) => report,
        JobReport::Retention(_) => CollectionReport::default(),
    }
}

/// What came of it.
fn told(report: &CollectionReport) -> String {
    let verb = if report.dry_run { "Would remove" } else { "Removed" };
    let mut text =
        format!("{verb} {} links and {} blobs of {}", number(report.links), number(report.blobs), size(report.bytes));
    if report.objects > 0 {
        let _ = write!(text, ", and {} objects without a row of {}", number(report.objects), size(report.object_bytes));
    }
    text.push('.');
    text
}

fn number(number: u64) -> String {
    format::number(number)
}

fn size(bytes: u64) -> String {
    format::bytes(bytes)
}
