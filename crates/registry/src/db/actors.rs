//! Who did something, as rows keep it: kind, id and the name at that time.

use crate::{Actor, Subject, access::UserId};
use api_types::{ActorKind, ActorSummary};
use sea_orm::Value;

/// An actor in three columns.
#[derive(Clone, Debug)]
pub(crate) struct ActorColumns {
    pub(crate) kind: i16,
    pub(crate) id: Option<i64>,
    pub(crate) name: String,
}

impl From<&Actor> for ActorColumns {
    fn from(actor: &Actor) -> Self {
        let (kind, id) = match actor.subject() {
            Subject::Anonymous => (0, None),
            Subject::User(user) | Subject::AccessToken(_, user) => (1, Some(user.0)),
            Subject::Robot(robot) => (2, Some(robot.0)),
            Subject::System => (3, None),
        };
        Self { kind, id, name: actor.name().to_owned() }
    }
}

impl ActorColumns {
    /// The three values in the order kind, id, name.
    pub(crate) fn values(&self) -> [Value; 3] {
        [self.kind.into(), self.id.into(), self.name.clone().into()]
    }
}

/// The person who created something, under the name they have then.
#[derive(Clone, Debug)]
pub(crate) struct Creator {
    pub(crate) user: UserId,
    pub(crate) name: String,
}

impl Creator {
    /// Id and name as values, for what no person may have created.
    pub(crate) fn values(creator: Option<&Self>) -> [Value; 2] {
        [creator.map(|creator| creator.user.0).into(), creator.map(|creator| creator.name.clone()).into()]
    }
}

/// What lists show of the columns. Kinds that no release wrote count as the system.
pub(crate) fn summary(kind: i16, name: String) -> ActorSummary {
    let kind = match kind {
        0 => ActorKind::Anonymous,
        1 => ActorKind::User,
        2 => ActorKind::Robot,
        _ => ActorKind::System,
    };
    ActorSummary { kind, name }
}
