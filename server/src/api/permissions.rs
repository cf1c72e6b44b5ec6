//! What robots can be given: Harbor's words for it.

use api_types::{RobotAccess, Word, rest};
use axum::{Json, extract::State};

use super::{Answer, Api, Caller, Failure};

/// The words that are asked for in one place.
///
/// # Errors
/// [`Failure::Invalid`] for what is nothing here.
pub fn of(asked: &[rest::Access]) -> Result<Vec<Word>, Failure> {
    let word = |rest::Access { resource, action, .. }: &rest::Access| {
        Word::find(resource, action).ok_or_else(|| {
            Failure::Invalid(format!("robots cannot be given {action} of {resource} here; /permissions lists all"))
        })
    };
    asked.iter().map(word).collect()
}

/// What a robot was given in one place, as it was asked for.
pub fn told(given: &RobotAccess) -> Vec<rest::Access> {
    let access = |word: &Word| rest::Access {
        resource: word.resource().to_owned(),
        action: word.action().to_owned(),
        effect: given.says_allow.then(|| "allow".to_owned()),
    };
    given.may.iter().map(access).collect()
}

/// What robots can be given; for system administrators. In the system there is nothing but projects.
#[utoipa::path(get, path = "/permissions", tag = "robots", operation_id = "getPermissions",
    responses((status = 200, body = rest::Permissions)))]
pub async fn list(State(api): State<Api>, caller: Caller) -> Answer<Json<rest::Permissions>> {
    api.registry().access.administrator(&caller.actor).await?;
    let project = Word::ALL
        .into_iter()
        .map(|word| rest::Permission { resource: word.resource().to_owned(), action: word.action().to_owned() });
    Ok(Json(rest::Permissions { system: Vec::new(), project: project.collect() }))
}
