//! Events as sentences under the day on which they happened.

use crate::{
    boot::use_words,
    components::{ActorSign, Ago, Badge, Glyph, Rich, Tone},
    i18n::{Catalogue, format},
    routes,
};
use api_types::{ActorKind, AuditEvent, AuditResult, Role};
use leptos::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use time::UtcOffset;

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
                    let rows = events
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

#[component]
fn Row(event: AuditEvent, project: Option<String>) -> impl IntoView {
    let all = use_words();
    let words = all.activity;
    let who = match event.actor.kind {
        ActorKind::System => all.terms.server().to_owned(),
        ActorKind::Anonymous => all.terms.anonymous().to_owned(),
        ActorKind::User => event.actor.name.clone(),
        ActorKind::Robot => {
            let prefix = project.map(|project| format!("robot${project}+")).unwrap_or_default();
            event.actor.name.strip_prefix(&prefix).unwrap_or(&event.actor.name).to_owned()
        }
    };
    let sentence = shortened(words.sentence(&event, &who));
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
    let mut facts = vec![(words.when().to_owned(), format::instant(all.locale, event.at))];
    if let Some(last) = event.last_at.filter(|_| event.times > 1) {
        facts.push((words.last_time().to_owned(), format::instant(all.locale, last)));
    }
    facts.extend(event.request_id.clone().map(|id| (words.request().to_owned(), id)));
    if let Value::Object(details) = &event.details {
        // That lines of many were put together is a part of the sentence.
        let told = details.iter().filter(|(key, _)| *key != "together");
        facts.extend(told.map(|(key, value)| (all.facts.of(key).unwrap_or(key).to_owned(), written(all, key, value))));
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
    use super::{shortened, written};
    use crate::i18n::{Catalogue, Locale};
    use serde_json::json;

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
        assert_eq!(written("expires_at", json!(null)), "None");
        assert_eq!(written("was", json!("maintainer")), "Maintainer");
        assert_eq!(written("what", json!("maintainer")), "maintainer");
        assert_eq!(written("tags", json!(["1.0", "1.1"])), "1.0, 1.1");
        assert_eq!(written("bytes", json!(2048)), "2 KiB");
        assert_eq!(written("self_registration", json!({ "from": false, "to": true })), "No → Yes");
        assert_eq!(
            written("access", json!([{ "resource": "repository", "action": "pull" }])),
            "action pull, resource repository"
        );
    }
}
