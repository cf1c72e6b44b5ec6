//! What a token says.

use std::sync::Arc;

use oci::RepositoryName;
use registry::{
    Grant, Subject,
    access::{AccessTokenId, Actions, ProjectId, RobotId, SecretMark, UserId},
};
use serde::{Deserialize, Serialize};

use super::{LEEWAY, LIFETIME, SERVICE};

/// Who signs. One name for all replicas and addresses: the keys are what tells installations apart.
const ISSUER: &str = "slipway";

/// The payload of a token. All of it is required, times are whole seconds since 1970, and nothing else may be in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    iss: String,
    aud: String,
    /// `user:<id>`, `token:<id>:<user>`, `robot:<id>` or `anonymous`.
    sub: String,
    /// Which secret of the subject was shown for it.
    mark: i64,
    /// Unique, for logs.
    jti: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    access: Vec<Access>,
}

/// One grant, in the shape that registries share, with the id that binds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", deny_unknown_fields)]
enum Access {
    Repository { name: RepositoryName, actions: Vec<Action>, project: Option<i64> },
    Registry { name: Catalog, actions: Vec<All> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Action {
    Pull,
    Push,
    Delete,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Catalog {
    Catalog,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum All {
    #[serde(rename = "*")]
    All,
}

impl Claims {
    /// Claims of a token issued `now`. Grants of nothing are in it too: they tell that the client has asked and need not be
    /// sent for another token. `None`: this subject gets no tokens.
    pub fn new(subject: &Subject, shown: SecretMark, grants: &[Grant], catalog: bool, now: i64) -> Option<Self> {
        let repositories = grants.iter().map(|grant| Access::Repository {
            name: grant.repository.clone(),
            actions: actions(grant.actions),
            project: grant.project.map(|project| project.0),
        });
        let catalog = catalog.then(|| Access::Registry { name: Catalog::Catalog, actions: vec![All::All] });
        Some(Self {
            iss: ISSUER.to_owned(),
            aud: SERVICE.to_owned(),
            sub: subject_text(subject)?,
            mark: shown.0,
            jti: uuid::Uuid::new_v4().simple().to_string(),
            iat: now,
            nbf: now,
            exp: now + LIFETIME.as_secs().cast_signed(),
            access: repositories.chain(catalog).collect(),
        })
    }

    /// As it is signed.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and numbers always serialize")
    }

    /// Reads the payload of a token whose signature is right. `None`: it is not one of ours, or its times do not fit
    /// together. When it may be used is [`Claims::validity`].
    pub fn parse(payload: &[u8]) -> Option<Self> {
        let claims: Self = serde_json::from_slice(payload).ok()?;
        let life = LIFETIME.as_secs().cast_signed();
        let fits = claims.iss == ISSUER
            && claims.aud == SERVICE
            && claims.iat <= claims.nbf
            && claims.nbf < claims.exp
            && claims.exp.checked_sub(claims.iat)? <= life;
        fits.then_some(claims)
    }

    /// From when to when it may be used, with what clocks may be apart.
    pub fn validity(&self) -> std::ops::Range<i64> {
        let leeway = LEEWAY.as_secs().cast_signed();
        self.nbf.saturating_sub(leeway)..self.exp.saturating_add(leeway)
    }

    /// The account.
    pub fn subject(&self) -> Option<Subject> {
        parse_subject(&self.sub)
    }

    /// Which of its secrets was shown: the token ends with that.
    pub fn shown(&self) -> SecretMark {
        SecretMark(self.mark)
    }

    /// What was granted in repositories.
    pub fn grants(&self) -> Arc<[Grant]> {
        self.access
            .iter()
            .filter_map(|access| match access {
                Access::Repository { name, actions, project } => Some(Grant {
                    project: project.map(ProjectId),
                    repository: name.clone(),
                    actions: Actions {
                        pull: actions.contains(&Action::Pull),
                        push: actions.contains(&Action::Push),
                        delete: actions.contains(&Action::Delete),
                    },
                }),
                Access::Registry { .. } => None,
            })
            .collect()
    }

    /// Whether the catalog was granted.
    pub fn catalog(&self) -> bool {
        self.access.iter().any(|access| matches!(access, Access::Registry { .. }))
    }
}

fn actions(actions: Actions) -> Vec<Action> {
    [(actions.pull, Action::Pull), (actions.push, Action::Push), (actions.delete, Action::Delete)]
        .into_iter()
        .filter_map(|(granted, action)| granted.then_some(action))
        .collect()
}

fn subject_text(subject: &Subject) -> Option<String> {
    match subject {
        Subject::Anonymous => Some("anonymous".to_owned()),
        Subject::User(UserId(id)) => Some(format!("user:{id}")),
        Subject::AccessToken(AccessTokenId(id), UserId(user)) => Some(format!("token:{id}:{user}")),
        Subject::Robot(RobotId(id)) => Some(format!("robot:{id}")),
        Subject::System => None,
    }
}

fn parse_subject(text: &str) -> Option<Subject> {
    let mut parts = text.split(':');
    let kind = parts.next()?;
    let mut id = || parts.next()?.parse::<i64>().ok();
    let subject = match kind {
        "anonymous" => Subject::Anonymous,
        "user" => Subject::User(UserId(id()?)),
        "token" => Subject::AccessToken(AccessTokenId(id()?), UserId(id()?)),
        "robot" => Subject::Robot(RobotId(id()?)),
        _ => return None,
    };
    parts.next().is_none().then_some(subject)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::{Value, json};

    const NOW: i64 = 1_800_000_000;

    fn grant(project: Option<i64>, repository: &str, actions: Actions) -> Grant {
        Grant { project: project.map(ProjectId), repository: repository.parse().unwrap(), actions }
    }

    fn claims() -> Claims {
        let pull = Actions { pull: true, ..Actions::NONE };
        Claims::new(&Subject::User(UserId(7)), SecretMark(4), &[grant(Some(3), "team/app", pull)], true, NOW).unwrap()
    }

    fn changed(change: impl FnOnce(&mut Value)) -> Option<Claims> {
        let mut value = serde_json::to_value(claims()).unwrap();
        change(&mut value);
        Claims::parse(&serde_json::to_vec(&value).unwrap())
    }

    #[test]
    fn claims_pass_through_json_unchanged() {
        for subject in [
            Subject::Anonymous,
            Subject::User(UserId(1)),
            Subject::AccessToken(AccessTokenId(2), UserId(1)),
            Subject::Robot(RobotId(3)),
        ] {
            let all = Actions { pull: true, push: true, delete: true };
            let grants = [grant(Some(1), "a", all), grant(Some(2), "b/c", Actions { push: true, ..Actions::NONE })];
            let claims = Claims::new(&subject, SecretMark(i64::MIN), &grants, false, NOW).unwrap();
            let read = Claims::parse(&claims.to_json()).unwrap();
            assert_eq!(read, claims);
            assert_eq!((read.subject(), read.shown()), (Some(subject), SecretMark(i64::MIN)));
            assert_eq!(*read.grants(), grants);
            assert!(!read.catalog());
        }
        let system = Claims::new(&Subject::System, SecretMark::NONE, &[], false, NOW);
        assert!(system.is_none(), "the server needs no token");
    }

    #[test]
    fn what_was_asked_for_in_vain_is_remembered() {
        let grants = [grant(None, "a/b", Actions::NONE), grant(Some(1), "b/c", Actions::NONE)];
        let claims = Claims::new(&Subject::Anonymous, SecretMark::NONE, &grants, false, NOW).unwrap();
        assert_eq!(*Claims::parse(&claims.to_json()).unwrap().grants(), grants);
    }

    #[test]
    fn a_token_is_valid_for_its_life_and_what_clocks_may_be_apart() {
        assert_eq!(claims().validity(), NOW - 60..NOW + 360);
    }

    #[test]
    fn all_claims_are_required_and_of_their_type() {
        assert!(changed(|_| {}).is_some());
        for claim in ["iss", "aud", "sub", "mark", "jti", "iat", "nbf", "exp", "access"] {
            assert!(changed(|value| drop(value.as_object_mut().unwrap().remove(claim))).is_none(), "no {claim}");
            assert!(changed(|value| value[claim] = Value::Null).is_none(), "{claim} is null");
        }
        for claim in ["iat", "nbf", "exp"] {
            assert!(changed(|value| value[claim] = json!(NOW.to_string())).is_none(), "{claim} is a text");
            assert!(changed(|value| value[claim] = json!(1.8e9)).is_none(), "{claim} is a fraction");
            assert!(changed(|value| value[claim] = json!(u64::MAX)).is_none(), "{claim} is huge");
        }
        assert!(changed(|value| value["mark"] = json!("4")).is_none());
        assert!(changed(|value| value["iss"] = json!("other")).is_none());
        assert!(changed(|value| value["aud"] = json!("other")).is_none());
        assert!(changed(|value| value["aud"] = json!([SERVICE])).is_none());
        assert!(changed(|value| value["admin"] = json!(true)).is_none());
        assert!(changed(|value| value["exp"] = json!(NOW + 301)).is_none(), "it lives too long");
        assert!(changed(|value| value["iat"] = json!(i64::MIN)).is_none());
        assert!(changed(|value| value["nbf"] = json!(NOW + 300)).is_none(), "it is never valid");
        assert!(changed(|value| value["access"][0]["project"] = json!("3")).is_none());
        assert!(changed(|value| value["access"][0]["name"] = json!("../x")).is_none());
    }

    #[test]
    fn a_subject_that_is_none_is_none() {
        for text in ["", "user", "user:", "user:x", "user:1:2", "token:1", "robot:1:", "system", "anonymous:1"] {
            assert_eq!(parse_subject(text), None, "{text}");
        }
    }
}
