//! The audit log by the number of a page, and in words of what and how, for REST.

use super::Audit;
use crate::{
    Actor, Error, Result,
    db::{
        self,
        audit::{Like, Wanted as Events},
        numbered::time,
        sql::anywhere,
    },
    numbered::{Condition, NumberedQuery, Wanted},
};
use api_types::{AuditEvent, AuditQuery, AuditResult};
use oci::ProjectName;

/// How deep pages are counted: each event before a page costs what showing it would. What lies deeper has cursors.
const DEEPEST: u32 = 10_000;

/// An event, and what kind of thing was done to what kind of thing.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// The event.
    pub event: AuditEvent,
    /// `artifact`, `tag`, `project`, ….
    pub resource_type: String,
    /// `create`, `delete`, `pull`, `login`, ….
    pub operation: String,
}

/// A page of the log, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecords {
    /// The events.
    pub items: Vec<AuditRecord>,
    /// How many there are, counted up to 10,000.
    pub total: u64,
    /// The cursor of the page with older ones.
    pub next: Option<String>,
}

/// Which events are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// What was done.
    Done,
    /// Sign-ins and proofs of a password that failed too.
    All,
}

impl Audit {
    /// Events by the number of their page, or from a cursor on, which is as quick however deep it lies. Whose, as in
    /// [`Audit::list`]. Keys: `username`, `resource`, `resource_type`, `operation`, and `op_time` as a range.
    ///
    /// # Errors
    /// As [`Audit::list`]; [`Error::Invalid`] on `q`, on `sort` for any order but `-op_time`, and on `page` beyond the first 10,000 events.
    pub async fn list_numbered(
        &self,
        actor: &Actor,
        project: Option<&ProjectName>,
        listed: Listed,
        query: &NumberedQuery,
        cursor: &str,
    ) -> Result<AuditRecords> {
        let skip = u64::from(query.page.saturating_sub(1)) * u64::from(query.size);
        if cursor.is_empty() && skip + u64::from(query.size) > u64::from(DEEPEST) {
            return Err(too_deep());
        }
        if query.sort.iter().any(|key| key.name != "op_time" || !key.descending) {
            return Err(invalid("sort", "the audit log is shown newest first: -op_time is the only order"));
        }
        let result = if listed == Listed::Done { AuditResult::Success.as_str() } else { "" };
        let mut asked = AuditQuery {
            project: project.map(ToString::to_string).unwrap_or_default(),
            result: result.to_owned(),
            ..AuditQuery::default()
        };
        let mut conditions = query.conditions.clone();
        // A name has an index.
        let by_name = |condition: &Condition| condition.key == "username" && matches!(condition.wanted, Wanted::Is(_));
        if let Some(at) = conditions.iter().position(by_name)
            && let Wanted::Is(name) = conditions.remove(at).wanted
        {
            asked.person = name;
        }
        let (mut events, _) = self.wanted(actor, &asked).await?;
        for condition in &conditions {
            narrow(&mut events, condition)?;
        }
        let reader = self.db.reader();
        let skip = if cursor.is_empty() { skip } else { 0 };
        let found = db::audit::list(reader, &events, (cursor, skip), query.size).await?;
        let total = db::audit::count(reader, &events, DEEPEST).await?;
        Ok(AuditRecords { items: found.items.into_iter().map(record).collect(), total, next: found.next })
    }
}

fn record(event: AuditEvent) -> AuditRecord {
    let (resource_type, operation) = words(&event.action);
    AuditRecord { resource_type: resource_type.to_owned(), operation: operation.to_owned(), event }
}

/// What an action is called where things and operations have separate words, which are Harbor's where Harbor has them.
fn words(action: &str) -> (&str, &str) {
    match action {
        "sign_in" => ("user", "login"),
        "sign_out" => ("user", "logout"),
        "manifest.push" => ("artifact", "create"),
        _ => match action.split_once('.') {
            Some(("manifest", operation)) => ("artifact", operation),
            Some(words) => words,
            None => (action, action),
        },
    }
}

/// Patterns of the actions that [`words`] gives this thing.
fn of_resource_type(word: &str) -> Vec<String> {
    match word {
        "artifact" => vec!["manifest.%".to_owned()],
        "manifest" => Vec::new(),
        "user" => vec!["user.%".to_owned(), exactly("sign_in"), exactly("sign_out")],
        word => vec![format!("{}.%", exactly(word))],
    }
}

/// Patterns of the actions that [`words`] gives this operation.
fn of_operation(word: &str) -> Vec<String> {
    match word {
        "create" => vec!["%.create".to_owned(), "manifest.push".to_owned()],
        "push" => Vec::new(),
        "login" => vec![exactly("sign_in")],
        "logout" => vec![exactly("sign_out")],
        word => vec![format!("%.{}", exactly(word))],
    }
}

/// The pattern of one text alone.
fn exactly(text: &str) -> String {
    let pattern = anywhere(text);
    pattern[1..pattern.len() - 1].to_owned()
}

/// Adds a condition.
fn narrow(events: &mut Events, Condition { key, wanted }: &Condition) -> Result<()> {
    let (column, patterns): (_, fn(&str) -> Vec<String>) = match key.as_str() {
        "username" => ("(e.actor_name || '')", |text| vec![exactly(text)]),
        "resource" => ("(e.resource || '')", |text| vec![exactly(text)]),
        "resource_type" => ("(e.action || '')", of_resource_type),
        "operation" => ("(e.action || '')", of_operation),
        "op_time" => return within(events, wanted),
        _ => {
            return Err(invalid(
                "q",
                &format!(
                    "this list has no key {key:?}; it knows username, resource, resource_type, operation, op_time"
                ),
            ));
        }
    };
    let is_text = matches!(key.as_str(), "username" | "resource");
    let like = |text, patterns| Like { text, patterns };
    match wanted {
        Wanted::Is(value) => {
            if key == "resource" && events.resource.is_none() {
                events.resource = Some(value.clone());
            }
            events.likes.push(like(column, patterns(value)));
        }
        Wanted::Contains(value) if is_text => {
            let folded = if key == "username" { "LOWER(e.actor_name)" } else { "LOWER(e.resource)" };
            events.likes.push(like(folded, vec![anywhere(&value.to_lowercase())]));
        }
        Wanted::AnyOf(values) if !values.is_empty() => {
            events.likes.push(like(column, values.iter().flat_map(|value| patterns(value)).collect()));
        }
        Wanted::AllOf(values) if !values.is_empty() => {
            events.likes.extend(values.iter().map(|value| like(column, patterns(value))));
        }
        _ => return Err(invalid("q", &format!("{key} is a word, or one of some: {key}=a or {key}={{a b}}"))),
    }
    Ok(())
}

/// Narrows to a range of time.
fn within(events: &mut Events, wanted: &Wanted) -> Result<()> {
    let Wanted::Between(from, to) = wanted else {
        return Err(invalid("q", "op_time is a range: op_time=[2026-11-01 00:00:00~2026-12-01 00:00:00]"));
    };
    let at =
        |text: &String| time(text).ok_or_else(|| invalid("q", &format!("op_time is a time, which {text:?} is not")));
    if let Some(from) = from.as_ref().map(at).transpose()? {
        events.since = Some(events.since.map_or(from, |since| since.max(from)));
    }
    // Both ends are in it.
    if let Some(to) = to.as_ref().map(at).transpose()? {
        let before = to.saturating_add(1);
        events.until = Some(events.until.map_or(before, |until| until.min(before)));
    }
    Ok(())
}

fn too_deep() -> Error {
    let message = format!(
        "pages of the audit log are counted for its newest {DEEPEST} events: go on with the Link of an answer, or narrow q \
         with op_time=[~2026-11-01 00:00:00]"
    );
    invalid("page", &message)
}

fn invalid(field: &'static str, message: &str) -> Error {
    Error::Invalid { field, code: "query_malformed", message: message.to_owned() }
}

#[cfg(test)]
mod tests;
