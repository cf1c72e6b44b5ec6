//! Retention: which tags of a project stay. A project has one policy at most, whose id is the project's.

use std::collections::BTreeMap;

use api_types::{JobReport, JobState, JobSummary, Keep, Retention, RetentionRule, rest};
use axum::{Json, extract::State};
use oci::ProjectName;
use registry::access::ProjectId;

use super::{
    Answer, Api, BASE, Body, Caller, Created, Done, Failure, Listed, Paging, Path, paging::PagingParams, selectors,
};

const ALGORITHM: &str = "or";
const ACTION: &str = "retain";
const SCHEDULE: &str = "Schedule";
const LEVEL: &str = "project";
const STOP: &str = "stop";

/// What a rule can keep: Harbor's word or ours, what it says, the unit of its number, and how it is read.
type Template = (&'static str, &'static str, &'static str, fn(u32) -> Keep);

const TEMPLATES: [Template; 8] = [
    ("latestPushedK", "the most recently pushed # tags", "COUNT", |count| Keep::NewestPushed { count }),
    ("latestPulledN", "the most recently pulled # tags", "COUNT", |count| Keep::NewestPulled { count }),
    ("nDaysSinceLastPush", "tags pushed within the last # days", "DAYS", |days| Keep::PushedWithin { days }),
    ("nDaysSinceLastPull", "tags pulled or pushed within the last # days", "DAYS", |days| Keep::UsedWithin { days }),
    ("newestVersions", "the # greatest versions of each series", "COUNT", |count| Keep::NewestVersions { count }),
    ("newestPatches", "the # greatest patches of each minor version", "COUNT", |count| Keep::NewestPatches { count }),
    ("untaggedWithinDays", "untagged artifacts of the last # days", "DAYS", |days| Keep::UntaggedWithin { days }),
    ("always", "always", "", |_| Keep::Always),
];

/// What rules can be made of.
#[utoipa::path(get, path = "/retentions/metadatas", tag = "retention", operation_id = "getRentenitionMetadata",
    responses((status = 200, body = rest::RetentionMetadata)))]
pub async fn metadata(State(_): State<Api>, caller: Caller) -> Answer<Json<rest::RetentionMetadata>> {
    caller.known()?;
    let template = |(word, text, unit, _): &Template| rest::RetentionTemplate {
        rule_template: (*word).to_owned(),
        display_text: (*text).to_owned(),
        action: ACTION.to_owned(),
        params: if unit.is_empty() {
            Vec::new()
        } else {
            vec![rest::RetentionTemplateParam { kind: "int".to_owned(), unit: (*unit).to_owned(), required: true }]
        },
    };
    let [repositories, tags] = selectors::kinds();
    Ok(Json(rest::RetentionMetadata {
        templates: TEMPLATES.iter().map(template).collect(),
        scope_selectors: vec![repositories],
        tag_selectors: vec![tags],
    }))
}

/// Gives a project rules and a schedule.
#[utoipa::path(post, path = "/retentions", tag = "retention", operation_id = "createRetention",
    request_body = rest::RetentionPolicy,
    responses((status = 201, description = "Created", headers(("Location" = String, description = "Its address"))),
        (status = 404, description = "The project does not exist, or the caller may not know of it", body = rest::Errors),
        (status = 409, description = "The project has rules already", body = rest::Errors)))]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(wanted): Body<rest::RetentionPolicy>,
) -> Answer<Created> {
    let scope = wanted.scope.as_ref().filter(|scope| scope.level == LEVEL);
    let scope =
        scope.ok_or_else(|| Failure::Invalid(format!("scope has the level {LEVEL:?} and a project's id as ref")))?;
    let project = project(&api, &caller, scope.reference).await?;
    let there = api.registry().retention.get(&caller.actor, &project).await?;
    if !there.rules.is_empty() {
        return Err(registry::Error::RuleExists { project: project.to_string() }.into());
    }
    replace(&api, &caller, &project, &wanted).await?;
    Ok(Created(format!("{BASE}/retentions/{}", scope.reference)))
}

/// A project's rules and schedule; none where it has none.
#[utoipa::path(get, path = "/retentions/{id}", tag = "retention", operation_id = "getRetention",
    params(("id" = i64, Path, description = "The project's id")), responses((status = 200, body = rest::RetentionPolicy)))]
pub async fn get(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Json<rest::RetentionPolicy>> {
    let project = project(&api, &caller, id).await?;
    let retention = api.registry().retention.get(&caller.actor, &project).await?;
    Ok(Json(shape(id, retention)))
}

/// Puts other rules and another schedule in the place of a project's.
#[utoipa::path(put, path = "/retentions/{id}", tag = "retention", operation_id = "updateRetention",
    params(("id" = i64, Path, description = "The project's id")), request_body = rest::RetentionPolicy,
    responses((status = 200, description = "Changed")))]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::RetentionPolicy>,
) -> Answer<Done> {
    let project = project(&api, &caller, id).await?;
    if wanted.scope.as_ref().is_some_and(|scope| (scope.level.as_str(), scope.reference) != (LEVEL, id)) {
        return Err(Failure::Invalid("scope: rules stay with their project".to_owned()));
    }
    replace(&api, &caller, &project, &wanted).await
}

/// Removes a project's rules and schedule.
#[utoipa::path(delete, path = "/retentions/{id}", tag = "retention", operation_id = "deleteRetention",
    params(("id" = i64, Path, description = "The project's id")), responses((status = 200, description = "Deleted")))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(id): Path<i64>) -> Answer<Done> {
    let project = project(&api, &caller, id).await?;
    api.registry().retention.replace(&caller.actor, &project, &[], None).await?;
    Ok(Done)
}

/// The last runs, the newest first.
#[utoipa::path(get, path = "/retentions/{id}/executions", tag = "retention", operation_id = "listRetentionExecutions",
    params(("id" = i64, Path, description = "The project's id"), PagingParams),
    responses((status = 200, body = [rest::RetentionExecution])))]
pub async fn executions(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    paging: Paging,
) -> Answer<Listed<rest::RetentionExecution>> {
    let project = project(&api, &caller, id).await?;
    let runs = api.registry().retention.runs(&caller.actor, &project).await?;
    paging.listed_of(runs, |run| execution(id, &run))
}

/// Has the rules followed now, or only counts what would go.
#[utoipa::path(post, path = "/retentions/{id}/executions", tag = "retention", operation_id = "triggerRetentionExecution",
    params(("id" = i64, Path, description = "The project's id")), request_body = rest::RetentionRunReq,
    responses((status = 201, description = "Asked for", headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "Another run of the project is not finished", body = rest::Errors)))]
pub async fn run(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<i64>,
    Body(wanted): Body<rest::RetentionRunReq>,
) -> Answer<Created> {
    let project = project(&api, &caller, id).await?;
    let job = api.registry().retention.run(&caller.actor, &project, wanted.dry_run).await?;
    Ok(Created(format!("{BASE}/retentions/{id}/executions/{job}")))
}

/// Has a run stop. What went until then stays in the trash.
#[utoipa::path(patch, path = "/retentions/{id}/executions/{eid}", tag = "retention", operation_id = "operateRetentionExecution",
    params(("id" = i64, Path, description = "The project's id"), ("eid" = i64, Path, description = "The run's id")),
    request_body = rest::RetentionRunChange,
    responses((status = 200, description = "Asked to stop"),
        (status = 404, description = "There is no such run, or it is finished", body = rest::Errors)))]
pub async fn stop(
    State(api): State<Api>,
    caller: Caller,
    Path((id, run)): Path<(i64, i64)>,
    Body(wanted): Body<rest::RetentionRunChange>,
) -> Answer<Done> {
    let project = project(&api, &caller, id).await?;
    if wanted.action != STOP {
        return Err(Failure::Invalid(format!("action is {STOP:?}, not {:?}", wanted.action)));
    }
    api.registry().retention.stop(&caller.actor, &project, run).await?;
    Ok(Done)
}

async fn project(api: &Api, caller: &Caller, id: i64) -> Result<ProjectName, Failure> {
    Ok(api.registry().projects.name_of(&caller.actor, ProjectId(id)).await?)
}

async fn replace(api: &Api, caller: &Caller, project: &ProjectName, wanted: &rest::RetentionPolicy) -> Answer<Done> {
    if !wanted.algorithm.is_empty() && wanted.algorithm != ALGORITHM {
        return Err(Failure::Invalid(format!("algorithm is {ALGORITHM:?}, not {:?}", wanted.algorithm)));
    }
    let rules = wanted.rules.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
    let cron = match &wanted.trigger {
        Some(trigger) if !trigger.kind.is_empty() && trigger.kind != SCHEDULE => {
            return Err(Failure::Invalid(format!("trigger.kind is {SCHEDULE:?}, not {:?}", trigger.kind)));
        }
        Some(trigger) => trigger.settings.get("cron").map(String::as_str),
        None => None,
    };
    api.registry().retention.replace(&caller.actor, project, &rules, cron).await?;
    Ok(Done)
}

fn rule(wanted: &rest::RetentionPolicyRule) -> Result<RetentionRule, Failure> {
    if !wanted.action.is_empty() && wanted.action != ACTION {
        return Err(Failure::Invalid(format!("rules.action is {ACTION:?}, not {:?}", wanted.action)));
    }
    let known = TEMPLATES.iter().find(|(word, ..)| *word == wanted.template);
    let Some((word, _, unit, keep)) = known else {
        let words: Vec<_> = TEMPLATES.iter().map(|(word, ..)| *word).collect();
        let what = format!("rules.template is one of {}, not {:?}", words.join(", "), wanted.template);
        return Err(Failure::Invalid(what));
    };
    let number = match wanted.params.get(*word) {
        _ if unit.is_empty() => Some(1),
        Some(rest::RetentionParam::Number(number)) => u32::try_from(*number).ok(),
        Some(rest::RetentionParam::Text(text)) => text.parse().ok(),
        None => None,
    };
    let number = number.ok_or_else(|| Failure::Invalid(format!("rules.params.{word} is a number from 1 on")))?;
    let scope = selectors::scope(&wanted.tag_selectors, &wanted.scope_selectors)?;
    Ok(RetentionRule { id: wanted.id, scope, keep: keep(number), enabled: !wanted.disabled })
}

fn shape(id: i64, retention: Retention) -> rest::RetentionPolicy {
    let cron = retention.schedule.map(|schedule| schedule.cron).unwrap_or_default();
    rest::RetentionPolicy {
        id,
        algorithm: ALGORITHM.to_owned(),
        rules: retention.rules.iter().map(rule_shape).collect(),
        trigger: Some(rest::RetentionTrigger {
            kind: SCHEDULE.to_owned(),
            settings: BTreeMap::from([("cron".to_owned(), cron)]),
        }),
        scope: Some(rest::RetentionScope { level: LEVEL.to_owned(), reference: id }),
    }
}

fn rule_shape(rule: &RetentionRule) -> rest::RetentionPolicyRule {
    let (template, number) = match rule.keep {
        Keep::Always => ("always", None),
        Keep::NewestPushed { count } => ("latestPushedK", Some(count)),
        Keep::NewestPulled { count } => ("latestPulledN", Some(count)),
        Keep::PushedWithin { days } => ("nDaysSinceLastPush", Some(days)),
        Keep::UsedWithin { days } => ("nDaysSinceLastPull", Some(days)),
        Keep::NewestVersions { count } => ("newestVersions", Some(count)),
        Keep::NewestPatches { count } => ("newestPatches", Some(count)),
        Keep::UntaggedWithin { days } => ("untaggedWithinDays", Some(days)),
    };
    let params = number.map(|number| (template.to_owned(), rest::RetentionParam::Number(number.into())));
    let (tag_selectors, scope_selectors) = selectors::shapes(&rule.scope);
    rest::RetentionPolicyRule {
        id: rule.id,
        priority: 0,
        disabled: !rule.enabled,
        action: ACTION.to_owned(),
        template: template.to_owned(),
        params: params.into_iter().collect(),
        tag_selectors,
        scope_selectors,
    }
}

fn execution(policy: i64, run: &JobSummary) -> rest::RetentionExecution {
    let (kept, deleted, dry_run) = match &run.report {
        JobReport::Retention(report) => (report.kept, report.tags, report.dry_run),
        _ => (0, 0, false),
    };
    let status = match run.state {
        JobState::Queued => "Pending",
        JobState::Running => "InProgress",
        JobState::Succeeded => "Succeed",
        JobState::Failed => "Failed",
        JobState::Cancelled => "Stopped",
    };
    rest::RetentionExecution {
        id: run.id,
        policy_id: policy,
        status: status.to_owned(),
        trigger: if run.requested_by == "system" { "Schedule" } else { "Manual" }.to_owned(),
        dry_run,
        start_time: run.created_at,
        end_time: run.finished_at,
        kept,
        deleted,
    }
}
