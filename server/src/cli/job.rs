//! Asking for a job and seeing it through, with a bar where there is a terminal.

use std::{
    fmt::Write as _,
    io::{IsTerminal, Write as _},
    time::{Duration, Instant},
};

use anyhow::bail;
use api_types::{CollectionPhase, FsckPhase, JobReport, JobState, JobSummary};
use app::i18n::format::{number, plain_bytes};
use registry::{Actor, Error, Registry, jobs::JobRequest};
use tokio_util::sync::CancellationToken;

/// How often the progress is looked at.
const LOOK: Duration = Duration::from_millis(250);
/// How often it is tried to take the job, while another process has it.
const TRY: Duration = Duration::from_secs(2);
/// How often a line is printed where there is no terminal.
const LINE: Duration = Duration::from_secs(10);
/// Cells of the bar.
const BAR: u64 = 24;

/// Asks for a job and sees it to its end. Where another one of its kind is unfinished, that one comes first, and is enough if it
/// did as much.
pub async fn see_through(
    registry: &Registry,
    request: JobRequest,
    is_enough: impl Fn(&JobReport) -> bool,
) -> anyhow::Result<JobSummary> {
    loop {
        match registry.jobs.request(&Actor::system(), request).await {
            Ok(id) => return follow(registry, id).await,
            Err(Error::JobUnfinished { id }) => {
                eprintln!("Another one is not finished (job {id}): waiting for it.");
                let other = follow(registry, id).await?;
                if is_enough(&other.report) {
                    return Ok(other);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Works on the job, or watches who does, until it is finished.
async fn follow(registry: &Registry, id: i64) -> anyhow::Result<JobSummary> {
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
            bail!("nobody works on the job any more");
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = tokio::signal::ctrl_c() => {
                if interrupted {
                    bail!("left while the job was being stopped");
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
    printed: Option<(Instant, &'static str, JobState)>,
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
        let (phase, state) = (phase(&job.report), job.state);
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

/// What a job is at, in a word.
fn phase(report: &JobReport) -> &'static str {
    match report {
        JobReport::Collection(report) => match report.phase {
            CollectionPhase::Links => "links",
            CollectionPhase::Blobs => "blobs",
            CollectionPhase::Objects => "objects",
            CollectionPhase::Done => "done",
        },
        JobReport::Fsck(report) => match report.phase {
            FsckPhase::Objects => "objects",
            FsckPhase::Manifests => "manifests",
            FsckPhase::Rows => "rows",
            FsckPhase::Content => "content",
            FsckPhase::Reunion => "reunion",
            FsckPhase::Done => "done",
        },
        JobReport::Backup(report) if report.finished => "done",
        JobReport::Backup(_) => "rows",
        JobReport::Move(report) if report.finished => "done",
        JobReport::Move(_) => "blobs",
        JobReport::Retention(_) => "tags",
    }
}

/// What came of it so far.
fn so_far(report: &JobReport) -> String {
    match report {
        JobReport::Collection(report) => format!("{} freed", plain_bytes(report.freed())),
        JobReport::Fsck(report) => format!("{} damaged", number(report.found.damaged())),
        JobReport::Backup(report) if report.finished => plain_bytes(report.bytes),
        JobReport::Backup(_) => "copying".to_owned(),
        JobReport::Move(report) => format!("pass {}, {} copied", report.pass, plain_bytes(report.bytes)),
        JobReport::Retention(report) => format!("{} tags deleted", number(report.tags)),
    }
}

/// A job in one line: what it is at, how far, and what came of it.
fn line(job: &JobSummary) -> String {
    if job.state == JobState::Queued {
        let reason = job.error.as_ref().map(|error| format!(" after it broke: {error}")).unwrap_or_default();
        return format!("waiting{reason}");
    }
    let (phase, so_far) = (phase(&job.report), so_far(&job.report));
    if phase == "done" {
        return format!("done      {so_far}");
    }
    let (done, total) = job.report.progress();
    let cells = (done * BAR).checked_div(total).unwrap_or(BAR);
    let mut bar = String::new();
    for cell in 0..BAR {
        bar.push(if cell < cells { '█' } else { '░' });
    }
    let in_bytes = matches!(&job.report, JobReport::Fsck(report) if report.phase == FsckPhase::Content);
    let shown = |value| if in_bytes { plain_bytes(value) } else { number(value) };
    let mut line = format!("{phase:<9} {bar} {}/{}  {so_far}", shown(done), shown(total));
    if let Some(holder) = job.holder.as_ref().filter(|_| job.state == JobState::Running) {
        // Writing to a string cannot fail.
        let _ = write!(line, "  by {holder}");
    }
    line
}
