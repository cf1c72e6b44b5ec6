//! Statements about the audit log.

mod lists;

pub(crate) use lists::{Like, Wanted, count, list};

use super::{
    actors::{self, ActorColumns},
    from_micros,
    sql::{self, unsigned},
};
use crate::{Actor, Origin, Result, access::ProjectId, audit::forward};
use api_types::{AuditEvent, AuditResult};
use sea_orm::{ConnectionTrait, Value};
use std::sync::Arc;

/// What somebody did, or tried.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    actor: ActorColumns,
    action: &'static str,
    result: AuditResult,
    project: Option<ProjectId>,
    resource: String,
    address: Option<String>,
    request_id: Option<Arc<str>>,
    details: serde_json::Value,
    times: i64,
    last_at: Option<i64>,
}

impl Event {
    /// Something that was done, by this actor and from where it came. `action` is a noun and a verb: `project.create`.
    pub(crate) fn new(actor: &Actor, action: &'static str, resource: impl Into<String>) -> Self {
        let event = Self {
            actor: actor.into(),
            action,
            result: AuditResult::Success,
            project: None,
            // What somebody was refused with is recorded whatever is in it.
            resource: resource.into().replace('\0', "\u{fffd}"),
            address: None,
            request_id: None,
            details: serde_json::Value::Object(serde_json::Map::new()),
            times: 1,
            last_at: None,
        };
        match actor.origin() {
            Some(origin) => event.coming_from(origin),
            None => event,
        }
    }

    /// It was refused or failed.
    pub(crate) fn failed(mut self) -> Self {
        self.result = AuditResult::Failure;
        self
    }

    pub(crate) fn in_project(mut self, project: ProjectId) -> Self {
        self.project = Some(project);
        self
    }

    pub(crate) fn coming_from(mut self, origin: &Origin) -> Self {
        self.address = Some(origin.address.to_canonical().to_string());
        self.request_id = (!origin.request_id.is_empty()).then(|| Arc::clone(&origin.request_id));
        self
    }

    pub(crate) fn at_address(mut self, address: std::net::IpAddr) -> Self {
        self.address = Some(address.to_canonical().to_string());
        self
    }

    /// More about it, as a JSON object. Never a secret.
    pub(crate) fn with(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }

    /// One more fact about it.
    pub(crate) fn detail(&mut self, key: &str, value: serde_json::Value) {
        self.details[key] = value;
    }

    /// It stands for so many of its kind, of which the last was then.
    pub(crate) fn gathered(mut self, times: u64, last_at: i64) -> Self {
        self.times = sql::signed(times);
        self.last_at = Some(last_at);
        self
    }

    pub(crate) fn rename(&mut self, resource: String) {
        self.resource = resource;
    }

    pub(crate) fn action(&self) -> &'static str {
        self.action
    }

    pub(crate) fn resource(&self) -> &str {
        &self.resource
    }

    /// As it is forwarded, with its row and its project's name.
    fn told(&self, id: i64, at: i64, project: Option<String>) -> AuditEvent {
        AuditEvent {
            id,
            at: from_micros(at),
            last_at: self.last_at.map(from_micros),
            times: unsigned(self.times),
            actor: actors::summary(self.actor.kind, self.actor.name.clone()),
            action: self.action.to_owned(),
            result: self.result,
            project,
            resource: self.resource.clone(),
            address: self.address.clone(),
            request_id: self.request_id.as_deref().map(ToOwned::to_owned),
            details: self.details.clone(),
        }
    }
}

const INSERT: &str = "INSERT INTO audit_events (actor_kind, actor_id, actor_name, at, action, result, project_id, \
    resource, address, request_id, details, times, last_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

fn values(event: &Event, at: i64) -> [Value; 13] {
    let [kind, id, name] = event.actor.values();
    [
        kind,
        id,
        name,
        at.into(),
        event.action.into(),
        event.result.as_str().into(),
        event.project.map(|project| project.0).into(),
        event.resource.as_str().into(),
        event.address.clone().into(),
        event.request_id.as_deref().map(ToOwned::to_owned).into(),
        event.details.to_string().into(),
        event.times.into(),
        event.last_at.into(),
    ]
}

pub(crate) async fn record(connection: &impl ConnectionTrait, event: &Event, now: i64) -> Result<()> {
    if forward::is_heard() {
        begin(connection, event, now).await?;
    } else {
        sql::execute(connection, INSERT, values(event, now)).await?;
    }
    Ok(())
}

/// Records what may go on; the row's id.
pub(crate) async fn begin(connection: &impl ConnectionTrait, event: &Event, at: i64) -> Result<i64> {
    let id = sql::get_value(connection, &format!("{INSERT} RETURNING id"), values(event, at)).await?;
    tell(connection, id, event, at).await?;
    Ok(id)
}

/// Puts an event aside for who listens, if somebody does.
async fn tell(connection: &impl ConnectionTrait, id: i64, event: &Event, at: i64) -> Result<()> {
    if !forward::is_heard() {
        return Ok(());
    }
    let project = match event.project {
        Some(project) => {
            let statement = "SELECT name FROM projects WHERE id = $1 AND deleted_at IS NULL";
            sql::find_value::<String>(connection, statement, [project.0.into()]).await?
        }
        None => None,
    };
    forward::tell(event.told(id, at, project));
    Ok(())
}

/// It happened `more` times more; `event` is how all of it reads now. `false` if its row has gone.
pub(crate) async fn go_on(
    connection: &impl ConnectionTrait,
    id: i64,
    event: &Event,
    more: u64,
    last_at: i64,
) -> Result<bool> {
    let statement = "UPDATE audit_events SET times = times + $2, last_at = $3, details = $4 WHERE id = $1";
    let values = [id.into(), sql::signed(more).into(), last_at.into(), event.details.to_string().into()];
    let changed = sql::execute(connection, statement, values).await? > 0;
    if changed {
        tell(connection, id, &event.clone().gathered(more, last_at), last_at).await?;
    }
    Ok(changed)
}

/// Removes up to `limit` events from before a time; how many went.
pub(crate) async fn delete_before(connection: &impl ConnectionTrait, before: i64, limit: i64) -> Result<u64> {
    let statement = "DELETE FROM audit_events WHERE id IN \
        (SELECT id FROM audit_events WHERE at < $1 ORDER BY at, id LIMIT $2)";
    sql::execute(connection, statement, [before.into(), limit.into()]).await
}
