//! Events as sentences under the day on which they happened.

use crate::{
    boot::use_words,
    components::{ActorSign, Ago, Badge, DigestText, Glyph, Joints, Rich, Tone},
    i18n::{Catalogue, format},
    routes,
};
use api_types::{ActorKind, AuditEvent, AuditResult, Role};
use leptos::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, UtcOffset};

/// How far apart pushes may be that are told as one: the images of an index, then the index.
const ONE_PUSH: Duration = Duration::minutes(2);

/// The list, newest first.
#[component]
pub fn Events(
    events: Vec<AuditEvent>,
    /// Inside of this project its robots lose the `project+` prefix.
    project: Option<String>,
) -> impl IntoView {
    let words = use_words();
    let mut days: Vec<(String, Vec<AuditEvent>)> = Vec::new();
    for event in events {
        let day = format::full_day(words.locale, event.at.to_offset(UtcOffset::UTC).date());
        match days.last_mut() {
            Some((last, events)) if *last == day => events.push(event),
            _ => days.push((day, vec![event])),
        }
    }
    view! {
        <div class="events">
            {days
                .into_iter()
                .map(|(day, events)| {
                    let rows = gathered(events)
                        .into_iter()
                        .map(|event| view! { <Row event project=project.clone() /> })
                        .collect_view();
                    view! {
                        <section>
                            <h2 class="events-day">{day}</h2>
                            <ol class="events-list">{rows}</ol>
                        </section>
                    }
                })
                .collect_view()}
        </div>
    }
}

/// A day's events, newest first, with neighbours that say the same told once: a push of many manifests, and repeated sign-ins.
fn gathered(events: Vec<AuditEvent>) -> Vec<AuditEvent> {
    let mut told: Vec<AuditEvent> = Vec::new();
    for event in events {
        match told.last_mut() {
            Some(last) if is_one_push(last, &event) => add_push(last, event),
            Some(last) if is_same_sign_in(last, &event) => {
                last.times += event.times;
                last.last_at = Some(last.last_at.unwrap_or(last.at));
                last.at = event.at;
            }
            _ => told.push(event),
        }
    }
    told
}

/// Whether both were done by the same, from the same place, with the same outcome.
fn is_alike(one: &AuditEvent, other: &AuditEvent) -> bool {
    one.action == other.action
        && one.actor == other.actor
        && one.result == other.result
        && one.project == other.project
        && one.address == other.address
}

fn is_one_push(last: &AuditEvent, event: &AuditEvent) -> bool {
    event.action == "manifest.push"
        && is_alike(last, event)
        && last.details.is_object()
        && event.details.is_object()
        && repository_of(&last.resource) == repository_of(&event.resource)
        && last.at - event.at <= ONE_PUSH
}

fn is_same_sign_in(last: &AuditEvent, event: &AuditEvent) -> bool {
    event.action == "sign_in"
        && is_alike(last, event)
        && last.resource == event.resource
        && last.details == event.details
}

/// A reference without its tag and its digest.
fn repository_of(resource: &str) -> &str {
    resource.split(['@', ':']).next().unwrap_or_default()
}

/// Puts an earlier push to a later one, which then speaks of the first one that has a tag.
fn add_push(last: &mut AuditEvent, event: AuditEvent) {
    let mut references = references_of(last);
    references.extend(references_of(&event));
    if last.resource.contains('@') && !event.resource.contains('@') {
        last.resource = event.resource;
        last.request_id = event.request_id;
        last.details = event.details;
    }
    last.details["references"] = json!(references);
}

/// Everything that a push speaks of: every tag, or the digest.
fn references_of(event: &AuditEvent) -> Vec<String> {
    let strings = |key: &str| -> Vec<String> {
        let items = event.details[key].as_array().into_iter().flatten();
        items.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let together = strings("references");
    if !together.is_empty() {
        return together;
    }
    let repository = repository_of(&event.resource);
    let tags: Vec<String> = strings("tags").iter().map(|tag| format!("{repository}:{tag}")).collect();
    if tags.is_empty() { vec![event.resource.clone()] } else { tags }
}

/// A robot's name as people say it: without `robot$`, and inside of its project without that.
fn robot_name<'a>(name: &'a str, project: Option<&str>) -> &'a str {
    let name = name.strip_prefix("robot$").unwrap_or(name);
    let own = project.and_then(|project| name.strip_prefix(project)).and_then(|rest| rest.strip_prefix('+'));
    own.unwrap_or(name)
}

#[component]
fn Row(event: AuditEvent, project: Option<String>) -> impl IntoView {
    let all = use_words();
    let words = all.activity;
    let who = match event.actor.kind {
        ActorKind::System => all.terms.server().to_owned(),
        ActorKind::Anonymous => all.terms.anonymous().to_owned(),
        ActorKind::User => event.actor.name.clone(),
        ActorKind::Robot => robot_name(&event.actor.name, project.as_deref()).to_owned(),
    };
    let sentence = if event.action.starts_with("robot.") {
        let resource = robot_name(&event.resource, project.as_deref()).to_owned();
        words.sentence(&AuditEvent { resource, ..event.clone() }, &who)
    } else {
        words.sentence(&event, &who)
    };
    let sentence = shortened(sentence);
    let link = routes::resource(&event.action, event.project.as_deref(), &event.resource).map(|at| at.to_string());
    let others = event.details["addresses"].as_array().map_or(0, |all| all.len().saturating_sub(1));
    let from = event.address.as_ref().map(|address| match others {
        0 => words.from(address),
        _ => words.from_many(address, others),
    });
    let (actor, at) = (event.actor.clone(), event.last_at.unwrap_or(event.at));
    let failed = event.result == AuditResult::Failure;
    let times = (event.times > 1).then(|| view! { <Badge>{words.times(event.times)}</Badge> });
    let text = match link {
        Some(link) => view! { <Rich text=sentence link /> }.into_any(),
        None => view! { <Rich text=sentence /> }.into_any(),
    };
    view! {
        <li class="event" class:event-failed=failed>
            <ActorSign actor />
            <div class="event-text">
                <p>
                    {text}
                    {from.map(|from| view! { " " <span class="event-from">{from}</span> })}
                </p>
                <details>
                    <summary title=words.details() aria-label=words.details()></summary>
                    <Facts event />
                </details>
            </div>
            <div class="event-badges">
                {times}
                {failed.then(|| view! { <Badge tone=Tone::Danger icon=Glyph::X>{words.failure()}</Badge> })}
            </div>
            <span class="event-time"><Ago at /></span>
        </li>
    }
}

/// Digests by their first digits: the whole one is among the facts.
fn shortened(sentence: String) -> String {
    let Some((before, rest)) = sentence.split_once("@sha") else { return sentence };
    let Some((algorithm, digest)) = rest.split_once(':') else { return sentence };
    let (hex, after) = digest.split_at(digest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digest.len()));
    format!("{before}@sha{algorithm}:{}{after}", hex.get(..12).unwrap_or(hex))
}

/// Everything that is known of an event.
#[component]
fn Facts(event: AuditEvent) -> impl IntoView {
    let all = use_words();
    let words = all.activity;
    let mut facts = vec![(words.when().to_owned(), format::instant(all.locale, event.at).into_any())];
    if let Some(last) = event.last_at.filter(|_| event.times > 1) {
        facts.push((words.last_time().to_owned(), format::instant(all.locale, last).into_any()));
    }
    if let Some(id) = event.request_id.clone() {
        facts.push((words.request().to_owned(), view! { <code>{id}</code> }.into_any()));
    }
    if let Value::Object(details) = &event.details {
        for (key, value) in details {
            // That lines of many were put together is a part of the sentence; the references name the tags and the digest too.
            let is_told =
                key == "together" || (details.contains_key("references") && (key == "tags" || key == "digest"));
            if !is_told {
                facts.push((all.facts.of(key).unwrap_or(key).to_owned(), shown(all, key, value)));
            }
        }
    }
    view! {
        <dl class="event-facts">
            {facts
                .into_iter()
                .map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> })
                .collect_view()}
        </dl>
    }
}

/// A detail as it is shown: names of things as code, everything else in words.
fn shown(all: Catalogue, key: &str, value: &Value) -> AnyView {
    match (key, value) {
        ("digest", Value::String(digest)) if !digest.is_empty() => {
            view! { <DigestText digest=digest.clone() long=true /> }.into_any()
        }
        ("tags", Value::Array(tags)) if !tags.is_empty() => {
            view! { <code>{written(all, key, value)}</code> }.into_any()
        }
        ("references", Value::Array(references)) => {
            let lines = references
                .iter()
                .filter_map(Value::as_str)
                .map(|reference| {
                    let title = reference.to_owned();
                    view! { <code title=title><Joints text=shortened(reference.to_owned()) /></code> }
                })
                .collect_view();
            view! { <span class="event-references">{lines}</span> }.into_any()
        }
        _ => written(all, key, value).into_any(),
    }
}

/// What a detail says. What has an old and a new value says them in this order.
fn written(all: Catalogue, key: &str, value: &Value) -> String {
    let words = all.facts;
    match value {
        Value::Null => words.none().to_owned(),
        Value::Bool(true) => words.yes().to_owned(),
        Value::Bool(false) => words.no().to_owned(),
        Value::Number(n) if key == "bytes" => n.as_u64().map_or_else(|| n.to_string(), format::bytes),
        Value::Number(n) => n.to_string(),
        Value::String(text) => match Role::deserialize(value) {
            Ok(role) if key == "role" || key == "was" => all.terms.role(role).to_owned(),
            _ => text.clone(),
        },
        Value::Array(items) if items.is_empty() => words.none().to_owned(),
        Value::Array(items) => items.iter().map(|item| written(all, key, item)).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match (fields.get("from"), fields.get("to")) {
            (Some(from), Some(to)) => format!("{} → {}", written(all, key, from), written(all, key, to)),
            _ => {
                let field = |(key, value): (&String, &Value)| format!("{key} {}", written(all, key, value));
                fields.iter().map(field).collect::<Vec<_>>().join(", ")
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{gathered, robot_name, shortened, written};
    use crate::i18n::{Catalogue, Locale};
    use api_types::{AuditEvent, AuditResult};
    use serde_json::{Value, json};
    use time::{Duration, OffsetDateTime};

    /// An event so many seconds after the first one.
    fn event(action: &str, resource: &str, seconds: i64, details: Value) -> AuditEvent {
        let at = OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds);
        AuditEvent { at, ..crate::i18n::activity::tests::event(action, resource, details) }
    }

    #[test]
    fn a_push_of_many_manifests_is_one_row_that_names_the_tag() {
        let push = |resource: &str, seconds: i64, tags: &[&str]| {
            event("manifest.push", resource, seconds, json!({ "tags": tags, "digest": "sha256:00" }))
        };
        let rows = gathered(vec![
            push("a/c:1", 400, &["1"]),
            push("a/b@sha256:05", 300, &[]),
            push("a/b:1", 290, &["1", "latest"]),
            push("a/b@sha256:03", 280, &[]),
            push("a/b@sha256:02", 10, &[]),
        ]);
        let resources: Vec<_> = rows.iter().map(|row| row.resource.as_str()).collect();
        assert_eq!(resources, ["a/c:1", "a/b:1", "a/b@sha256:02"]);
        let references = json!(["a/b@sha256:05", "a/b:1", "a/b:latest", "a/b@sha256:03"]);
        assert_eq!(rows[1].details["references"], references);
        assert_eq!(rows[0].details["references"], Value::Null);
    }

    #[test]
    fn repeated_sign_ins_are_one_row_with_their_number() {
        let sign_in = |seconds: i64| event("sign_in", "ada", seconds, json!({}));
        let failed = AuditEvent { result: AuditResult::Failure, ..sign_in(50) };
        let rows = gathered(vec![sign_in(300), sign_in(200), sign_in(100), failed, sign_in(0)]);
        assert_eq!(rows.iter().map(|row| row.times).collect::<Vec<_>>(), [3, 1, 1]);
        assert_eq!(rows[0].last_at, Some(sign_in(300).at));
        assert_eq!(rows[0].at, sign_in(100).at);
    }

    #[test]
    fn a_robot_goes_by_its_short_name() {
        assert_eq!(robot_name("robot$payments+ci", None), "payments+ci");
        assert_eq!(robot_name("robot$payments+ci", Some("payments")), "ci");
        assert_eq!(robot_name("robot$pay+ci", Some("payments")), "pay+ci");
        assert_eq!(robot_name("robot$ci", Some("payments")), "ci");
    }

    #[test]
    fn a_digest_is_told_by_its_first_digits() {
        let hex = "0123456789abcdef".repeat(4);
        assert_eq!(shortened(format!("pulled `a/b@sha256:{hex}` again")), "pulled `a/b@sha256:0123456789ab` again");
        assert_eq!(shortened("pulled `a/b:1`".to_owned()), "pulled `a/b:1`");
    }

    #[test]
    fn details_are_told_in_words() {
        let written = |key: &str, value: serde_json::Value| written(Catalogue::new(Locale::En), key, &value);
        assert_eq!(written("public", json!(true)), "Yes");
        assert_eq!(written("public", json!({ "from": false, "to": true })), "No → Yes");
        assert_eq!(written("expires_at", json!(null)), "None");
        assert_eq!(written("was", json!("maintainer")), "Maintainer");
        assert_eq!(written("what", json!("maintainer")), "maintainer");
        assert_eq!(written("tags", json!(["1.0", "1.1"])), "1.0, 1.1");
        assert_eq!(written("bytes", json!(2048)), "2.05\u{a0}KB");
        assert_eq!(written("self_registration", json!({ "from": false, "to": true })), "No → Yes");
        assert_eq!(
            written("access", json!([{ "resource": "repository", "action": "pull" }])),
            "action pull, resource repository"
        );
    }
}
