//! Who acts.

use super::permission::Rights;
use api_types::{ActorKind, ActorSummary, Permission};
use oci::RepositoryName;
use std::{net::IpAddr, sync::Arc};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);
    };
}
id!(/// A user's immutable id; never used again after the user is gone.
    UserId);
id!(/// A robot's immutable id.
    RobotId);
id!(/// An access token's immutable id.
    AccessTokenId);
id!(/// A project's immutable id.
    ProjectId);
id!(/// A membership's immutable id: another one when a person is removed and added again.
    MemberId);
id!(/// A repository's immutable id.
    RepositoryId);
id!(/// A label's immutable id.
    LabelId);

/// Which account acts. It says who, never what they may do: that is looked up at each use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Nobody.
    Anonymous,
    /// A person.
    User(UserId),
    /// A person through an access token that narrows their rights.
    AccessToken(AccessTokenId, UserId),
    /// A robot.
    Robot(RobotId),
    /// The server itself, and the operator at its command line.
    System,
}

/// Where a request comes from, as the audit log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The client's address as far as trusted proxies tell.
    pub address: IpAddr,
    /// What the server's log has the request under; empty where nobody gave it an id.
    pub request_id: Arc<str>,
}

impl From<IpAddr> for Origin {
    fn from(address: IpAddr) -> Self {
        Self { address, request_id: "".into() }
    }
}

/// Who asks for something, from where, and with which narrowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    subject: Subject,
    /// The name to show and to record.
    name: Arc<str>,
    /// What a registry token grants; absent where the credentials themselves were shown.
    grants: Option<Arc<[Grant]>>,
    /// Whether a registry token is for the catalog too.
    catalog: bool,
    /// Where the request comes from; absent for what no request asked for.
    origin: Option<Origin>,
}

/// Pull, push, delete, as sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Actions {
    /// Read.
    pub pull: bool,
    /// Write.
    pub push: bool,
    /// Delete.
    pub delete: bool,
}

impl Actions {
    /// Nothing.
    pub const NONE: Self = Self { pull: false, push: false, delete: false };

    /// The permissions that they stand for. A token's actions speak of content; whoever wants to see or change more than
    /// that shows the credentials themselves.
    pub(super) fn rights(self) -> Rights {
        let one = |granted, permission| if granted { Rights::of(&[permission]) } else { Rights::NONE };
        one(self.pull, Permission::Pull).or(one(self.push, Permission::Push)).or(one(self.delete, Permission::Delete))
    }
}

/// What a registry token allows in one repository: bound to the project's id, so that it opens nothing in
/// another project that gets the same name later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The project; absent when there is none that the subject may know of.
    pub project: Option<ProjectId>,
    /// The repository's full name.
    pub repository: RepositoryName,
    /// What was granted.
    pub actions: Actions,
}

impl Actor {
    /// Nobody.
    pub fn anonymous() -> Self {
        Self { subject: Subject::Anonymous, name: "anonymous".into(), grants: None, catalog: false, origin: None }
    }

    /// The server itself.
    pub fn system() -> Self {
        Self { subject: Subject::System, name: "system".into(), grants: None, catalog: false, origin: None }
    }

    /// An account by its id and its present name.
    pub fn new(subject: Subject, name: impl Into<Arc<str>>) -> Self {
        Self { subject, name: name.into(), grants: None, catalog: false, origin: None }
    }

    /// The same account, allowed nothing but what a token grants.
    #[must_use]
    pub fn narrowed(mut self, grants: impl Into<Arc<[Grant]>>) -> Self {
        self.grants = Some(grants.into());
        self
    }

    /// A registry token that was also made for listing the catalog (`registry:catalog:*`).
    #[must_use]
    pub fn with_catalog(mut self) -> Self {
        self.catalog = true;
        self
    }

    /// Whether a registry token was made for listing the catalog.
    pub fn may_list_catalog(&self) -> bool {
        self.catalog
    }

    /// The same account, asking from there.
    #[must_use]
    pub fn coming_from(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Where the request comes from.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    /// Which account.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The name to show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The token's grants; absent where nothing narrows.
    pub fn grants(&self) -> Option<&[Grant]> {
        self.grants.as_deref()
    }

    /// Whether nobody is signed in.
    pub fn is_anonymous(&self) -> bool {
        self.subject == Subject::Anonymous
    }

    /// As it is recorded and shown.
    pub fn summary(&self) -> ActorSummary {
        let kind = match self.subject {
            Subject::Anonymous => ActorKind::Anonymous,
            Subject::User(_) | Subject::AccessToken(..) => ActorKind::User,
            Subject::Robot(_) => ActorKind::Robot,
            Subject::System => ActorKind::System,
        };
        ActorSummary { kind, name: self.name.to_string() }
    }
}
