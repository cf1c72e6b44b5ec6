//! Statements about the audit log.

use super::{actors::ActorColumns, sql};
use crate::{Actor, Result, access::ProjectId};
use sea_orm::ConnectionTrait;

/// What somebody did, or tried.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    actor: ActorColumns,
    action: &'static str,
    result: &'static str,
    project: Option<ProjectId>,
    resource: String,
    address: Option<String>,
    details: serde_json::Value,
}

impl Event {
    /// Something that was done. `action` is a noun and a verb: `project.create`.
    pub(crate) fn new(actor: &Actor, action: &'static str, resource: impl Into<String>) -> Self {
        Self {
            actor: actor.into(),
            action,
            result: "success",
            project: None,
            resource: resource.into(),
            address: None,
            details: serde_json::Value::Object(serde_json::Map::new()),
        }
    }

    /// It was refused or failed.
    pub(crate) fn failed(mut self) -> Self {
        self.result = "failure";
        self
    }

    pub(crate) fn in_project(mut self, project: ProjectId) -> Self {
        self.project = Some(project);
        self
    }

    pub(crate) fn at_address(mut self, address: std::net::IpAddr) -> Self {
        self.address = Some(address.to_string());
        self
    }

    /// More about it, as JSON. Never a secret.
    pub(crate) fn with(mut self, details: serde_json::Value) -> Self {
        self.details = details;
        self
    }
}

pub(crate) async fn record(connection: &impl ConnectionTrait, event: &Event, now: i64) -> Result<()> {
    let statement = "INSERT INTO audit_events (actor_kind, actor_id, actor_name, at, action, result, project_id, \
         resource, address, details) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let [kind, id, name] = event.actor.values();
    let values = [
        kind,
        id,
        name,
        now.into(),
        event.action.into(),
        event.result.into(),
        event.project.map(|project| project.0).into(),
        event.resource.as_str().into(),
        event.address.clone().into(),
        event.details.to_string().into(),
    ];
    sql::execute(connection, statement, values).await?;
    Ok(())
}
