//! Rows of jobs: who has one, until when, and how far it is. All times are the database's.

use super::{
    from_micros,
    sql::{self, clock, unsigned},
};
use crate::{Error, Result, access::ProjectId};
use api_types::{JobKind, JobLogEntry, JobReport, JobState, JobSummary};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use std::time::Duration;

/// How long a process has a job without saying that it is still there.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// Entries of a log that are kept.
const LOG: usize = 200;

/// Finished jobs that are kept of each kind.
const KEPT: i64 = 50;

/// Finished jobs that are kept of each kind and project.
const KEPT_OF_PROJECT: i64 = 20;

/// A job that this process has: the proof for [`advance`] and [`finish`]. Whoever takes the job later has a higher fence, and
/// this one counts for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) id: i64,
    pub(crate) fence: i64,
}

/// A job that was just taken.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) held: Held,
    pub(crate) kind: JobKind,
    /// What was asked for, as JSON.
    pub(crate) payload: String,
    /// Where the last holder left it, as JSON.
    pub(crate) progress: String,
    /// Those since it last got on, this one included.
    pub(crate) attempts: u64,
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress<'a> {
    /// As far as before.
    Same,
    /// This far, as JSON; a later attempt begins with some of it again.
    Seen(&'a str),
    /// Further than any attempt before, as JSON: what broke those counts no more.
    Advanced(&'a str),
}

impl<'a> Progress<'a> {
    /// This far, as JSON, which `advances` where no later attempt has to do it again.
    pub(crate) fn at(json: &'a str, advances: bool) -> Self {
        if advances { Self::Advanced(json) } else { Self::Seen(json) }
    }
}

/// Which job a process would take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Whichever is due.
    Any,
    /// This one.
    Id(i64),
    /// Whichever of this kind is due.
    Kind(JobKind),
}

/// A job that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct NewRow {
    pub(crate) kind: JobKind,
    /// What it is about, where that is a project.
    pub(crate) project: Option<ProjectId>,
    /// Whether it changes nothing but its own row.
    pub(crate) dry_run: bool,
    /// JSON.
    pub(crate) payload: String,
    /// JSON.
    pub(crate) progress: String,
    pub(crate) requested_by: String,
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

pub(crate) fn kind_text(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Collection => "collection",
        JobKind::Fsck => "fsck",
        JobKind::Backup => "backup",
        JobKind::Move => "move",
        JobKind::Retention => "retention",
    }
}

fn kind_of(text: &str, id: i64) -> Result<JobKind> {
    match text {
        "collection" => Ok(JobKind::Collection),
        "fsck" => Ok(JobKind::Fsck),
        "backup" => Ok(JobKind::Backup),
        "move" => Ok(JobKind::Move),
        "retention" => Ok(JobKind::Retention),
        _ => Err(inconsistent("kind", id)),
    }
}

fn state_text(state: JobState) -> &'static str {
    match state {
        JobState::Queued => "queued",
        JobState::Running => "running",
        JobState::Succeeded => "succeeded",
        JobState::Failed => "failed",
        JobState::Cancelled => "cancelled",
    }
}

fn state_of(text: &str, id: i64) -> Result<JobState> {
    let states = [JobState::Queued, JobState::Running, JobState::Succeeded, JobState::Failed, JobState::Cancelled];
    states.into_iter().find(|state| state_text(*state) == text).ok_or_else(|| inconsistent("state", id))
}

fn inconsistent(column: &'static str, id: i64) -> Error {
    Error::Inconsistent { table: "jobs", column, row: id.to_string() }
}

/// The project of a job as the column has it: 0 for none, which is no project's number.
fn project_number(project: Option<ProjectId>) -> Value {
    project.map_or(0, |project| project.0).into()
}

/// Whether a job changes nothing but its own row.
pub(crate) async fn is_dry_run(connection: &impl ConnectionTrait, id: i64) -> Result<bool> {
    let found = sql::find_value(connection, "SELECT dry_run FROM jobs WHERE id = $1", [id.into()]).await?;
    Ok(found.unwrap_or_default())
}

/// Asks for a job; `None` while another one of its kind, and of the same project, is unfinished.
pub(crate) async fn enqueue(connection: &impl ConnectionTrait, job: &NewRow) -> Result<Option<i64>> {
    let sql = format!(
        "INSERT INTO jobs (kind, state, payload, progress, log, requested_by, dry_run, project_id, run_at, created_at) \
         VALUES ($1, 'queued', $2, $3, '[]', $4, $5, $6, {now}, {now}) \
         ON CONFLICT (kind, project_id) WHERE finished_at IS NULL DO NOTHING \
         RETURNING id",
        now = clock(connection)
    );
    let values = [
        kind_text(job.kind).into(),
        job.payload.as_str().into(),
        job.progress.as_str().into(),
        job.requested_by.as_str().into(),
        job.dry_run.into(),
        project_number(job.project),
    ];
    sql::find_value(connection, &sql, values).await
}

/// The unfinished job of a kind, and of a project where it is about one.
pub(crate) async fn find_unfinished(
    connection: &impl ConnectionTrait,
    kind: JobKind,
    project: Option<ProjectId>,
) -> Result<Option<i64>> {
    let sql = "SELECT id FROM jobs WHERE kind = $1 AND project_id = $2 AND finished_at IS NULL";
    sql::find_value(connection, sql, [kind_text(kind).into(), project_number(project)]).await
}

/// Whether a job of the kind, about no project and no dry run, was asked for within this time.
pub(crate) async fn asked_within(connection: &impl ConnectionTrait, kind: JobKind, time: Duration) -> Result<bool> {
    let now = clock(connection);
    let sql = format!(
        "SELECT id FROM jobs WHERE kind = $1 AND project_id = 0 AND dry_run = FALSE AND created_at > {now} - $2 \
         ORDER BY id DESC LIMIT 1"
    );
    let values: [Value; 2] = [kind_text(kind).into(), micros(time).into()];
    Ok(sql::find_value::<i64>(connection, &sql, values).await?.is_some())
}

/// What may be taken: what waits and is due, and what a holder has left lying.
fn due(now: &str) -> String {
    format!("((state = 'queued' AND run_at <= {now}) OR (state = 'running' AND lease_until < {now}))")
}

/// What a job of the kind that can be taken is to do.
pub(crate) async fn find_due(connection: &impl ConnectionTrait, kind: JobKind) -> Result<Option<String>> {
    let sql = format!("SELECT payload FROM jobs WHERE kind = $1 AND {} LIMIT 1", due(clock(connection)));
    sql::find_value(connection, &sql, [kind_text(kind).into()]).await
}

/// Takes a job that is due. One of several that ask for the same gets it.
pub(crate) async fn take(connection: &impl ConnectionTrait, wanted: Wanted, holder: &str) -> Result<Option<Taken>> {
    let now = clock(connection);
    let due = due(now);
    let (which, value): (&str, Value) = match wanted {
        Wanted::Any => ("$3 = 0", 0_i64.into()),
        Wanted::Id(id) => ("id = $3", id.into()),
        Wanted::Kind(kind) => ("kind = $3", kind_text(kind).into()),
    };
    // What was found may be taken by another one in between: then the condition, looked at once more, does not hold.
    let sql = format!(
        "UPDATE jobs SET state = 'running', lease_owner = $1, lease_until = {now} + $2, fence = fence + 1, \
         attempts = attempts + 1, started_at = COALESCE(started_at, {now}) \
         WHERE id = (SELECT id FROM jobs WHERE {due} AND {which} ORDER BY run_at, id LIMIT 1) AND {due} \
         RETURNING id, fence, kind, payload, progress, attempts"
    );
    let values: [Value; 3] = [holder.into(), micros(LEASE).into(), value];
    let Some(row) = sql::one(connection, &sql, values).await? else { return Ok(None) };
    let id = row.try_get_by_index(0)?;
    Ok(Some(Taken {
        held: Held { id, fence: row.try_get_by_index(1)? },
        kind: kind_of(&row.try_get_by_index::<String>(2)?, id)?,
        payload: row.try_get_by_index(3)?,
        progress: row.try_get_by_index(4)?,
        attempts: unsigned(row.try_get_by_index(5)?),
    }))
}

/// Says that the holder is still there, and how far it is where that has changed.
///
/// # Errors
/// [`Error::JobLost`] where another one has it by now, [`Error::JobCancelled`] where somebody wants it to stop.
pub(crate) async fn advance(connection: &impl ConnectionTrait, held: Held, progress: Progress<'_>) -> Result<()> {
    let (progress, attempts) = match progress {
        Progress::Same => (None, "attempts"),
        Progress::Seen(json) => (Some(json), "attempts"),
        Progress::Advanced(json) => (Some(json), "1"),
    };
    let sql = format!(
        "UPDATE jobs SET lease_until = {now} + $3, progress = COALESCE($4, progress), attempts = {attempts} \
         WHERE id = $1 AND fence = $2 AND state = 'running' RETURNING cancelled_at",
        now = clock(connection)
    );
    let values = [held.id.into(), held.fence.into(), micros(LEASE).into(), progress.map(ToOwned::to_owned).into()];
    let row = sql::one(connection, &sql, values).await?.ok_or(Error::JobLost)?;
    match row.try_get_by_index::<Option<i64>>(0)? {
        Some(_) => Err(Error::JobCancelled),
        None => Ok(()),
    }
}

/// How often in a row a job was taken since it last got on; `None` where another one has it by now.
pub(crate) async fn attempts(connection: &impl ConnectionTrait, held: Held) -> Result<Option<u64>> {
    let sql = "SELECT attempts FROM jobs WHERE id = $1 AND fence = $2";
    Ok(sql::find_value(connection, sql, [held.id.into(), held.fence.into()]).await?.map(unsigned))
}

/// How the holder ends its work.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// Nothing more will happen.
    Final(JobState),
    /// Another attempt follows after this time.
    Again(Duration),
    /// Anybody may go on at once, and this was no attempt.
    Released,
}

/// Ends the holder's work; `false` if it had lost the job.
pub(crate) async fn finish(
    connection: &impl ConnectionTrait,
    held: Held,
    end: &End,
    error: Option<&str>,
) -> Result<bool> {
    let now = clock(connection);
    let (state, change) = match end {
        End::Final(state) => (*state, format!("finished_at = {now}")),
        End::Again(pause) => (JobState::Queued, format!("run_at = {now} + {}", micros(*pause))),
        End::Released => (JobState::Queued, format!("run_at = {now}, attempts = attempts - 1")),
    };
    let sql = format!(
        "UPDATE jobs SET state = $3, error = $4, lease_owner = NULL, lease_until = NULL, {change} \
         WHERE id = $1 AND fence = $2 AND state = 'running'"
    );
    let values = [held.id.into(), held.fence.into(), state_text(state).into(), error.map(ToOwned::to_owned).into()];
    Ok(sql::execute(connection, &sql, values).await? != 0)
}

/// Has a job stop, any or one about this project: at once where nobody works on it, else as soon as its holder hears of it. `false`
/// if it was finished, or is about something else.
pub(crate) async fn cancel(connection: &impl ConnectionTrait, id: i64, project: Option<ProjectId>) -> Result<bool> {
    let now = clock(connection);
    let which = if project.is_some() { "project_id = $2" } else { "$2 = 0" };
    let sql = format!("UPDATE jobs SET cancelled_at = {now} WHERE id = $1 AND {which} AND finished_at IS NULL");
    if sql::execute(connection, &sql, [id.into(), project_number(project)]).await? == 0 {
        return Ok(false);
    }
    let sql = format!(
        "UPDATE jobs SET state = 'cancelled', finished_at = {now}, lease_owner = NULL, lease_until = NULL \
         WHERE id = $1 AND (state = 'queued' OR (state = 'running' AND lease_until < {now}))"
    );
    sql::execute(connection, &sql, [id.into()]).await?;
    Ok(true)
}

/// Adds to the log. The holder does that, and nobody else.
pub(crate) async fn note(connection: &impl ConnectionTrait, id: i64, event: api_types::JobEvent) -> Result<()> {
    let sql = format!("SELECT log, {} FROM jobs WHERE id = $1", clock(connection));
    let Some(row) = sql::one(connection, &sql, [id.into()]).await? else { return Ok(()) };
    let mut log = log_of(&row.try_get_by_index::<String>(0)?, id)?;
    log.push(JobLogEntry { at: from_micros(row.try_get_by_index(1)?), event });
    let first = log.len().saturating_sub(LOG);
    let text = serde_json::to_string(&log[first..]).map_err(|error| Error::Internal(Box::new(error)))?;
    sql::execute(connection, "UPDATE jobs SET log = $2 WHERE id = $1", [id.into(), text.into()]).await?;
    Ok(())
}

fn log_of(text: &str, id: i64) -> Result<Vec<JobLogEntry>> {
    serde_json::from_str(text).map_err(|_| inconsistent("log", id))
}

const SUMMARY: &str = "SELECT j.id, j.kind, j.state, j.requested_by, j.cancelled_at, j.attempts, j.lease_owner, j.error, \
                       j.created_at, j.started_at, j.finished_at, j.progress, p.name, j.log \
                       FROM jobs j LEFT JOIN projects p ON p.id = j.project_id AND p.deleted_at IS NULL";

fn summary(row: &QueryResult) -> Result<JobSummary> {
    let id: i64 = row.try_get_by_index(0)?;
    let state = state_of(&row.try_get_by_index::<String>(2)?, id)?;
    let time = |column| Ok::<_, Error>(row.try_get_by_index::<Option<i64>>(column)?.map(from_micros));
    let kind = kind_of(&row.try_get_by_index::<String>(1)?, id)?;
    Ok(JobSummary {
        id,
        kind,
        state,
        requested_by: row.try_get_by_index(3)?,
        stopping: time(4)?.is_some() && !state.is_final(),
        attempts: unsigned(row.try_get_by_index(5)?),
        holder: row.try_get_by_index(6)?,
        error: row.try_get_by_index(7)?,
        created_at: from_micros(row.try_get_by_index(8)?),
        started_at: time(9)?,
        finished_at: time(10)?,
        project: row.try_get_by_index(12)?,
        report: report_of(kind, &row.try_get_by_index::<String>(11)?).map_err(|_| inconsistent("progress", id))?,
    })
}

/// What every job's progress has in it, beside what its own work wants to know.
#[derive(serde::Deserialize)]
struct Reported<T> {
    report: T,
}

fn report_of(kind: JobKind, progress: &str) -> serde_json::Result<JobReport> {
    Ok(match kind {
        JobKind::Collection => JobReport::Collection(serde_json::from_str::<Reported<_>>(progress)?.report),
        JobKind::Fsck => JobReport::Fsck(serde_json::from_str::<Reported<_>>(progress)?.report),
        JobKind::Backup => JobReport::Backup(serde_json::from_str::<Reported<_>>(progress)?.report),
        JobKind::Move => JobReport::Move(serde_json::from_str::<Reported<_>>(progress)?.report),
        JobKind::Retention => JobReport::Retention(serde_json::from_str::<Reported<_>>(progress)?.report),
    })
}

/// The newest jobs, first those that are unfinished and about no project. What projects have done well is their own affair.
pub(crate) async fn list(connection: &impl ConnectionTrait, limit: u32) -> Result<Vec<JobSummary>> {
    let sql = format!(
        "{SUMMARY} WHERE j.project_id = 0 OR j.finished_at IS NULL OR j.state = 'failed' \
         ORDER BY CASE WHEN j.finished_at IS NULL AND j.project_id = 0 THEN 0 ELSE 1 END, j.id DESC LIMIT {limit}"
    );
    sql::all(connection, &sql, []).await?.iter().map(summary).collect()
}

/// The newest runs of a project's retention.
pub(crate) async fn list_retention(
    connection: &impl ConnectionTrait,
    project: ProjectId,
    limit: u32,
) -> Result<Vec<JobSummary>> {
    let sql = format!("{SUMMARY} WHERE j.kind = $1 AND j.project_id = $2 ORDER BY j.id DESC LIMIT {limit}");
    let values = [kind_text(JobKind::Retention).into(), project.0.into()];
    sql::all(connection, &sql, values).await?.iter().map(summary).collect()
}

/// The newest job of a kind that is about no project.
pub(crate) async fn newest(connection: &impl ConnectionTrait, kind: JobKind) -> Result<Option<JobSummary>> {
    let sql = format!("{SUMMARY} WHERE j.kind = $1 AND j.project_id = 0 ORDER BY j.id DESC LIMIT 1");
    sql::one(connection, &sql, [kind_text(kind).into()]).await?.as_ref().map(summary).transpose()
}

/// A job and its log.
pub(crate) async fn find(connection: &impl ConnectionTrait, id: i64) -> Result<Option<(JobSummary, Vec<JobLogEntry>)>> {
    let sql = format!("{SUMMARY} WHERE j.id = $1");
    let row = sql::one(connection, &sql, [id.into()]).await?;
    row.map(|row| Ok((summary(&row)?, log_of(&row.try_get_by_index::<String>(13)?, id)?))).transpose()
}

/// Forgets all but the newest finished jobs of a kind, and of a project where they are about one.
pub(crate) async fn prune(connection: &impl ConnectionTrait, kind: JobKind, project: Option<ProjectId>) -> Result<()> {
    let kept = if project.is_some() { KEPT_OF_PROJECT } else { KEPT };
    let sql = format!(
        "DELETE FROM jobs WHERE kind = $1 AND project_id = $2 AND finished_at IS NOT NULL AND id NOT IN \
         (SELECT id FROM jobs WHERE kind = $1 AND project_id = $2 ORDER BY id DESC LIMIT {kept})"
    );
    sql::execute(connection, &sql, [kind_text(kind).into(), project_number(project)]).await?;
    Ok(())
}

/// Forgets all jobs about a project that is gone.
pub(crate) async fn forget(connection: &impl ConnectionTrait, project: ProjectId) -> Result<()> {
    sql::execute(connection, "DELETE FROM jobs WHERE project_id = $1", [project.0.into()]).await?;
    Ok(())
}
