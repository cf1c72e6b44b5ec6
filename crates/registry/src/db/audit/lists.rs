//! Events as lists show them: which ones are wanted, and the index that finds them.

use crate::{
    Error, Result,
    access::ProjectId,
    db::{
        actors, from_micros,
        page::{Beside, KeyType, List, Order},
        sql::{self, unsigned},
    },
};
use api_types::{AuditEvent, AuditResult};
use sea_orm::{ConnectionTrait, QueryResult, TryGetable, Value};
use std::fmt::Write as _;

/// A filter that fits no more events than this is followed through its own index, and what it finds is sorted; one that fits
/// more is common, so that a walk through time meets enough of it soon.
const FEW: i64 = 10_000;

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
