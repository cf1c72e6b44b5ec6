//! What robots can be given: Harbor's words for it, and the permissions that they stand for here.

use api_types::{Permission, rest};
use axum::{Json, extract::State};

use super::{Answer, Api, Caller, Failure};

/// Harbor's resources and actions, by the permission that contains them. Slipway's are coarser: whoever asks for one word gets all
/// of its permission, and is shown so. Administration is not given for a part of its words.
pub const ACCESS: &[(&str, &str, Permission)] = &[
    ("repository", "pull", Permission::Pull),
    ("repository", "list", Permission::Pull),
    ("repository", "read", Permission::Pull),
    ("artifact", "list", Permission::Pull),
    ("artifact", "read", Permission::Pull),
    ("artifact-addition", "read", Permission::Pull),
    ("accessory", "list", Permission::Pull),
    ("tag", "list", Permission::Pull),
    ("project", "read", Permission::Pull),
    ("metadata", "list", Permission::SeeConfiguration),
    ("metadata", "read", Permission::SeeConfiguration),
    ("quota", "read", Permission::SeeConfiguration),
    ("immutable-tag", "list", Permission::SeeConfiguration),
    ("label", "list", Permission::SeeLabels),
    ("label", "read", Permission::SeeLabels),
    ("member", "list", Permission::SeeMembers),
    ("member", "read", Permission::SeeMembers),
    ("robot", "list", Permission::SeeMembers),
    ("robot", "read", Permission::SeeMembers),
    ("repository", "push", Permission::Push),
    ("repository", "update", Permission::Push),
    ("artifact", "create", Permission::Push),
    ("artifact-label", "create", Permission::Push),
    ("artifact-label", "delete", Permission::Push),
    ("tag", "create", Permission::Push),
    ("tag-retention", "create", Permission::Retain),
    ("tag-retention", "delete", Permission::Retain),
    ("tag-retention", "list", Permission::Retain),
    ("tag-retention", "operate", Permission::Retain),
    ("tag-retention", "read", Permission::Retain),
    ("tag-retention", "update", Permission::Retain),
    ("repository", "delete", Permission::Delete),
    ("artifact", "delete", Permission::Delete),
    ("tag", "delete", Permission::Delete),
    ("immutable-tag", "create", Permission::Delete),
    ("immutable-tag", "delete", Permission::Delete),
    ("immutable-tag", "update", Permission::Delete),
    ("label", "create", Permission::Delete),
    ("label", "delete", Permission::Delete),
    ("label", "update", Permission::Delete),
    ("project", "update", Permission::Administer),
    ("project", "delete", Permission::Administer),
    ("metadata", "create", Permission::Administer),
    ("metadata", "update", Permission::Administer),
    ("metadata", "delete", Permission::Administer),
    ("member", "create", Permission::Administer),
    ("member", "update", Permission::Administer),
    ("member", "delete", Permission::Administer),
    ("robot", "create", Permission::Administer),
    ("robot", "update", Permission::Administer),
    ("robot", "delete", Permission::Administer),
    ("log", "list", Permission::Administer),
];

/// The permissions that words of Harbor's stand for in one place.
///
/// # Errors
/// [`Failure::Invalid`] for what is nothing here, and for administration where not all of its words are asked for: members, robots
/// and deletion are more than any one of them says.
pub fn of(asked: &[rest::Access]) -> Result<Vec<Permission>, Failure> {
    let may = asked.iter().map(permission).collect::<Result<Vec<_>, _>>()?;
    let all = words(&[Permission::Administer]);
    let is_asked = |word: &rest::Access| {
        asked.iter().any(|access| access.resource == word.resource && access.action == word.action)
    };
    let administrative = asked.iter().zip(&may).find(|(_, permission)| **permission == Permission::Administer);
    match administrative.map(|(access, _)| access) {
        Some(access) if !all.iter().all(is_asked) => {
            let all: Vec<_> = all.iter().map(|word| format!("{}:{}", word.resource, word.action)).collect();
            Err(Failure::Invalid(format!(
                "{}:{} comes with all of administration here: leave it out, or ask for all of {}",
                access.resource,
                access.action,
                all.join(", ")
            )))
        }
        _ => Ok(may),
    }
}

/// The permission that a word of Harbor's stands for.
fn permission(access: &rest::Access) -> Result<Permission, Failure> {
    let known = ACCESS.iter().find(|(resource, action, _)| *resource == access.resource && *action == access.action);
    known.map(|(.., permission)| *permission).ok_or_else(|| {
        let (resource, action) = (&access.resource, &access.action);
        Failure::Invalid(format!("robots cannot be given {action} of {resource} here; /permissions lists all"))
    })
}

/// All words that some permissions contain.
pub fn words(may: &[Permission]) -> Vec<rest::Access> {
    let contained = ACCESS.iter().filter(|(.., permission)| may.contains(permission));
    contained
        .map(|(resource, action, _)| rest::Access {
            resource: (*resource).to_owned(),
            action: (*action).to_owned(),
            effect: None,
        })
        .collect()
}

/// What robots can be given; for system administrators. In the system there is nothing but projects.
#[utoipa::path(get, path = "/permissions", tag = "robots", operation_id = "getPermissions",
    responses((status = 200, body = rest::Permissions)))]
pub async fn list(State(api): State<Api>, caller: Caller) -> Answer<Json<rest::Permissions>> {
    api.registry().access.administrator(&caller.actor).await?;
    let project = ACCESS.iter().map(|(resource, action, _)| rest::Permission {
        resource: (*resource).to_owned(),
        action: (*action).to_owned(),
    });
    Ok(Json(rest::Permissions { system: Vec::new(), project: project.collect() }))
}
