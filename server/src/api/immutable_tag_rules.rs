//! Rules that let nobody overwrite or delete tags.

use api_types::{ProtectionRule, RuleScope, rest};
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Answer, Api, BASE, Body, Caller, Created, Done, Failure, Listed, Paging, Path, names::ProjectAt,
    paging::PagingParams, selectors,
};

/// What every rule of this kind does, in Harbor's words.
const ACTION: &str = "immutable";
const TEMPLATE: &str = "immutable_template";

/// A rule of a project.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RuleAt {
    /// Digits are an id unless `X-Is-Resource-Name` is true.
    project_name_or_id: String,
    /// The rule's number in the project.
    immutable_rule_id: i64,
}

/// The rules of a project, the oldest first; for its members.
#[utoipa::path(get, path = "/projects/{project_name_or_id}/immutabletagrules", tag = "immutable tags",
    operation_id = "ListImmuRules", params(ProjectAt, PagingParams), responses((status = 200, body = [rest::ImmutableRule]),
        (status = 409, description = "The project has another name now, which the message tells", body = rest::Errors)))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectAt>,
    paging: Paging,
) -> Answer<Listed<rest::ImmutableRule>> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let rules = api.registry().protection.list(&caller.actor, &project).await?;
    paging.listed_of(rules, |rule| shape(&rule))
}

/// Lets nobody overwrite or delete some tags from now on.
#[utoipa::path(post, path = "/projects/{project_name_or_id}/immutabletagrules", tag = "immutable tags",
    operation_id = "CreateImmuRule", params(ProjectAt), request_body = rest::ImmutableRule,
    responses((status = 201, description = "Created", headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "The project has the rule already", body = rest::Errors)))]
pub async fn create(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectAt>,
    Body(wanted): Body<rest::ImmutableRule>,
) -> Answer<Created> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let scope = scope(&wanted)?;
    let id = api.registry().protection.create(&caller.actor, &project, &scope, !wanted.disabled).await?;
    Ok(Created(format!("{BASE}/projects/{}/immutabletagrules/{id}", at.project_name_or_id)))
}

/// Changes a rule. A body of nothing but `disabled` lets it hold or not.
#[utoipa::path(put, path = "/projects/{project_name_or_id}/immutabletagrules/{immutable_rule_id}", tag = "immutable tags",
    operation_id = "UpdateImmuRule", params(RuleAt), request_body = rest::ImmutableRule,
    responses((status = 200, description = "Changed"),
        (status = 409, description = "The project has the rule already", body = rest::Errors)))]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<RuleAt>,
    Body(wanted): Body<rest::ImmutableRule>,
) -> Answer<Done> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let (rules, id, enabled) = (&api.registry().protection, at.immutable_rule_id, !wanted.disabled);
    if wanted.tag_selectors.is_empty() && wanted.scope_selectors.is_empty() {
        rules.set_enabled(&caller.actor, &project, id, enabled).await?;
    } else {
        rules.update(&caller.actor, &project, id, &scope(&wanted)?, enabled).await?;
    }
    Ok(Done)
}

/// Removes a rule.
#[utoipa::path(delete, path = "/projects/{project_name_or_id}/immutabletagrules/{immutable_rule_id}", tag = "immutable tags",
    operation_id = "DeleteImmuRule", params(RuleAt), responses((status = 200, description = "Deleted")))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(at): Path<RuleAt>) -> Answer<Done> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    api.registry().protection.delete(&caller.actor, &project, at.immutable_rule_id).await?;
    Ok(Done)
}

/// Which tags are wanted, if that is all that is wanted.
fn scope(wanted: &rest::ImmutableRule) -> Result<RuleScope, Failure> {
    for (field, given, only) in [("action", &wanted.action, ACTION), ("template", &wanted.template, TEMPLATE)] {
        if !given.is_empty() && given != only {
            return Err(Failure::Invalid(format!("{field} is {only:?}, not {given:?}")));
        }
    }
    selectors::scope(&wanted.tag_selectors, &wanted.scope_selectors)
}

fn shape(rule: &ProtectionRule) -> rest::ImmutableRule {
    let (tag_selectors, scope_selectors) = selectors::shapes(&rule.scope);
    rest::ImmutableRule {
        id: rule.id,
        priority: 0,
        disabled: !rule.enabled,
        action: ACTION.to_owned(),
        template: TEMPLATE.to_owned(),
        tag_selectors,
        scope_selectors,
    }
}
