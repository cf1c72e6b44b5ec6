//! Statements about the audit log.

use super::{
    actors::{self, ActorColumns},
    from_micros,
    page::{Beside, KeyType, List, Order},
    sql::{self, unsigned},
};
use crate::{Actor, Error, Origin, Result, access::ProjectId, audit::forward};
use api_types::{AuditEvent, AuditResult};
use sea_orm::{ConnectionTrait, QueryResult, TryGetable, Value};
use std::{fmt::Write as _, sync::Arc};

/// A filter that fits no more events than this is followed through its own index, and what it finds is sorted; one that fits
/// more is common, so that a walk through time meets enough of it soon.
const FEW: i64 = 10_000;

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
            resource: resource.into(),
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

/// Which events are wanted; absent parts do not narrow.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) project: Option<ProjectId>,
    /// The name that acted.
    pub(crate) actor: Option<String>,
    /// The person who acted, whatever the name: with the name, as that is what the index has.
    pub(crate) person: Option<i64>,
    pub(crate) action: Option<String>,
    pub(crate) result: Option<AuditResult>,
    /// What the resource begins with.
    pub(crate) resource: Option<String>,
    /// From this time on.
    pub(crate) since: Option<i64>,
    /// Before this time.
    pub(crate) until: Option<i64>,
    /// More that has to hold, which no index answers.
    pub(crate) likes: Vec<Like>,
}

/// A text of an event that has to be like one of some patterns of `LIKE … ESCAPE '\'`.
#[derive(Clone, Debug)]
pub(crate) struct Like {
    /// The column's expression, out of every index's reach.
    pub(crate) text: &'static str,
    pub(crate) patterns: Vec<String>,
}

/// A condition that an index answers: the column as it stands, the same out of the index's reach, what is compared, the values.
struct Clause {
    column: &'static str,
    hidden: &'static str,
    test: &'static str,
    values: Vec<Value>,
}

impl Clause {
    fn equal(column: &'static str, hidden: &'static str, value: impl Into<Value>) -> Self {
        Self { column, hidden, test: "{} = ?", values: vec![value.into()] }
    }
}

/// A condition in the making: texts with `?` where values go.
#[derive(Default)]
struct Condition {
    parts: Vec<String>,
    values: Vec<Value>,
}

impl Condition {
    fn add(&mut self, test: &str, column: &str, values: &[Value]) {
        let mut made = String::with_capacity(test.len() + 16);
        let mut next = values.iter();
        for piece in test.replace("{}", column).split_inclusive('?') {
            made.push_str(piece.trim_end_matches('?'));
            if piece.ends_with('?')
                && let Some(value) = next.next()
            {
                self.values.push(value.clone());
                // Writing to a string cannot fail.
                let _ = write!(made, "${}", self.values.len());
            }
        }
        self.parts.push(made);
    }

    fn text(&self) -> String {
        if self.parts.is_empty() { "TRUE".to_owned() } else { self.parts.join(" AND ") }
    }
}

impl Wanted {
    /// What has an index of its own; the order is that in which a walk prefers them.
    fn clauses(&self) -> Vec<Clause> {
        let mut clauses = Vec::new();
        if let Some(project) = self.project {
            clauses.push(Clause::equal("e.project_id", "(e.project_id + 0)", project.0));
        }
        if let Some(actor) = &self.actor {
            clauses.push(Clause::equal("e.actor_name", "(e.actor_name || '')", actor.as_str()));
        }
        if self.result == Some(AuditResult::Failure) {
            clauses.push(Clause {
                column: "e.result",
                hidden: "(e.result || '')",
                test: "{} = 'failure'",
                values: Vec::new(),
            });
        }
        if let Some(action) = &self.action {
            clauses.push(Clause::equal("e.action", "(e.action || '')", action.as_str()));
        }
        if let Some(resource) = &self.resource {
            clauses.push(Clause {
                column: "e.resource",
                hidden: "(e.resource || '')",
                test: "{} >= ? AND {} < ?",
                values: vec![resource.as_str().into(), sql::after_prefix(resource).into()],
            });
        }
        clauses
    }

    fn times(&self, condition: &mut Condition) {
        for (test, at) in [("{} >= ?", self.since), ("{} < ?", self.until)] {
            if let Some(at) = at {
                condition.add(test, "e.at", &[at.into()]);
            }
        }
    }

    /// All that has to hold, and the order in which that is walked through.
    async fn condition(&self, connection: &impl ConnectionTrait) -> Result<(Condition, Order)> {
        let clauses = self.clauses();
        let (driver, sorted) = self.driver(connection, &clauses).await?;
        let mut condition = Condition::default();
        for (at, clause) in clauses.iter().enumerate() {
            let column = if driver == Some(at) { clause.column } else { clause.hidden };
            condition.add(clause.test, column, &clause.values);
        }
        self.times(&mut condition);
        if let Some(person) = self.person {
            condition.add("e.actor_kind = 1 AND {} = ?", "e.actor_id", &[person.into()]);
        }
        if self.result == Some(AuditResult::Success) {
            condition.add("{} = 'success'", "e.result", &[]);
        }
        for Like { text, patterns } in &self.likes {
            let tests = vec!["{} LIKE ? ESCAPE '\\'"; patterns.len()].join(" OR ");
            let tests = if tests.is_empty() { "FALSE".to_owned() } else { format!("({tests})") };
            let patterns: Vec<Value> = patterns.iter().map(|pattern| pattern.as_str().into()).collect();
            condition.add(&tests, text, &patterns);
        }
        Ok((condition, if sorted { SORT } else { WALK }))
    }

    /// The index to follow, and whether it finds few enough to sort.
    async fn driver(&self, connection: &impl ConnectionTrait, clauses: &[Clause]) -> Result<(Option<usize>, bool)> {
        let is_range = |clause: &Clause| clause.column == "e.resource";
        // Every other index has its events in the order of time.
        if clauses.len() < 2 && !clauses.iter().any(is_range) {
            return Ok((clauses.first().map(|_| 0), false));
        }
        let mut best: Option<(usize, i64)> = None;
        for (at, clause) in clauses.iter().enumerate() {
            let mut condition = Condition::default();
            condition.add(clause.test, clause.column, &clause.values);
            if !is_range(clause) {
                self.times(&mut condition);
            }
            let statement = format!(
                "SELECT COUNT(*) FROM (SELECT 1 FROM audit_events e WHERE {} LIMIT {}) AS few",
                condition.text(),
                FEW + 1
            );
            let found: i64 = sql::get_value(connection, &statement, condition.values).await?;
            if found <= FEW && best.is_none_or(|(_, least)| found < least) {
                best = Some((at, found));
            }
        }
        let walk = clauses.iter().position(|clause| !is_range(clause));
        Ok(best.map_or((walk, false), |(at, _)| (Some(at), true)))
    }
}

const COLUMNS: &str = "e.id, e.at, e.last_at, e.times, e.actor_kind, e.actor_name, e.action, e.result, e.resource, \
    e.address, e.request_id, e.details, \
    (SELECT p.name FROM projects p WHERE p.id = e.project_id AND p.deleted_at IS NULL) AS project";

/// Newest first.
const WALK: Order = Order { name: "at", key: "e.at", key_type: KeyType::Number, tie: "e.id", descending: true };

/// The same order out of every index's reach.
const SORT: Order = Order { key: "(e.at + 0)", ..WALK };

/// Events beside a cursor, newest first; `skip` of them are left out before the first.
pub(crate) async fn list(
    connection: &impl ConnectionTrait,
    wanted: &Wanted,
    (cursor, skip): (&str, u64),
    limit: u32,
) -> Result<Beside<AuditEvent>> {
    let (condition, order) = wanted.condition(connection).await?;
    let list = List {
        columns: COLUMNS,
        from: "audit_events e",
        count_from: "audit_events e",
        condition: &condition.text(),
        values: &condition.values,
        orders: &[order],
    };
    list.beside(connection, (cursor, skip), limit, event).await
}

/// How many events there are, counted up to `most`.
pub(crate) async fn count(connection: &impl ConnectionTrait, wanted: &Wanted, most: u32) -> Result<u64> {
    let (condition, _) = wanted.condition(connection).await?;
    let statement = format!(
        "SELECT COUNT(*) FROM (SELECT 1 FROM audit_events e WHERE {} LIMIT {most}) AS counted",
        condition.text()
    );
    Ok(unsigned(sql::get_value(connection, &statement, condition.values).await?))
}

fn event(row: &QueryResult) -> Result<AuditEvent> {
    let id: i64 = get(row, "id")?;
    let inconsistent = |column| Error::Inconsistent { table: "audit_events", column, row: id.to_string() };
    let details: String = get(row, "details")?;
    let result: String = get(row, "result")?;
    Ok(AuditEvent {
        id,
        at: from_micros(get(row, "at")?),
        last_at: get::<Option<i64>>(row, "last_at")?.map(from_micros),
        times: unsigned(get(row, "times")?),
        actor: actors::summary(get(row, "actor_kind")?, get(row, "actor_name")?),
        action: get(row, "action")?,
        result: AuditResult::find(&result).ok_or_else(|| inconsistent("result"))?,
        project: get(row, "project")?,
        resource: get(row, "resource")?,
        address: get(row, "address")?,
        request_id: get(row, "request_id")?,
        details: serde_json::from_str(&details).map_err(|_| inconsistent("details"))?,
    })
}

fn get<T: TryGetable>(row: &QueryResult, column: &str) -> Result<T> {
    Ok(row.try_get_by(column)?)
}
