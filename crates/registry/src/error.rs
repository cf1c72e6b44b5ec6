//! What can go wrong, one variant per outcome.

use crate::access::Lack;
use api_types::{Problem, ProblemKind, QuotaFigures};
use oci::{Digest, Reference, RepositoryName, Tag};
use std::time::Duration;

/// The result of a service method.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The code of [`Error::Invalid`] for a text with the character NUL in it, wherever in a request it was.
pub(crate) const NUL: &str = "nul_character";

/// Every outcome of a service that is not success. Messages say what happened and what to do, in lower case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody is signed in, and this needs somebody.
    #[error("sign in first")]
    Unauthenticated,
    /// Name and secret do not fit, or the account is disabled or unknown: one answer for all.
    #[error("the user name or the password is wrong")]
    WrongCredentials,
    /// The account still has the password it was delivered with.
    #[error("the default password must be replaced first: sign in to the console and choose a new one")]
    PasswordChangeRequired,
    /// The default password was not replaced within a day of the start and no longer opens anything.
    #[error(
        "the default password was not replaced within 24 hours of the start and is locked: restart the server, or run `slipway admin reset-password admin`"
    )]
    DefaultPasswordLocked,
    /// Too many wrong guesses, or too many passwords being checked.
    #[error("too many attempts, try again in {} seconds", .retry_after.as_secs().max(1))]
    TooManyAttempts {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The actor sees the thing but may not do this.
    #[error("{action} in project {project} is not allowed for {actor}: {lack}")]
    Forbidden {
        /// What was tried, such as `push`.
        action: &'static str,
        /// Where.
        project: String,
        /// By whom.
        actor: String,
        /// Why not.
        lack: Lack,
    },
    /// Only system administrators may.
    #[error("only a system administrator may do this")]
    AdministratorsOnly,
    /// Only a person may, with their own credentials or a token that has all their rights.
    #[error("this needs a person's own account, or an access token with all its rights")]
    AccountNeeded,
    /// The actor may, but the registry token it showed was not made for this: ask for another (401 with a challenge).
    #[error("the token was not made for {action} in {what}; ask for a new one")]
    BeyondGrant {
        /// The repository's name, or what else it is about.
        what: String,
        /// What was tried.
        action: &'static str,
    },
    /// The name of one part names no project, so no repository.
    #[error("{name} names no project; a repository is project/name, for example library/{name}")]
    RepositoryWithoutProject {
        /// The name.
        name: RepositoryName,
    },
    /// No such project, or not for this actor to know of.
    #[error("project {name} does not exist, or you have no access to it")]
    ProjectNotFound {
        /// The name.
        name: String,
    },
    /// The project was deleted while the request ran.
    #[error("the project was deleted meanwhile")]
    ProjectDeleted,
    /// No such repository in a project that the actor may see.
    #[error("repository {name} does not exist")]
    RepositoryNotFound {
        /// The name.
        name: RepositoryName,
    },
    /// The repository has no such manifest or tag.
    #[error("{reference} does not exist in {name}")]
    ManifestNotFound {
        /// The repository.
        name: RepositoryName,
        /// The tag or digest.
        reference: Reference,
    },
    /// The repository has no such tag.
    #[error("tag {tag} does not exist in {name}")]
    TagNotFound {
        /// The repository.
        name: RepositoryName,
        /// The tag.
        tag: Tag,
    },
    /// The repository has the tag already.
    #[error("tag {tag} exists already in {name}; delete it first, or push to it to move it")]
    TagTaken {
        /// The repository.
        name: RepositoryName,
        /// The tag.
        tag: Tag,
    },
    /// A rule protects the tag.
    #[error(
        "{tag} of {name} is protected: a rule of the project lets nobody overwrite or delete {rule}; push under another tag, or have a maintainer change the rule"
    )]
    TagProtected {
        /// The repository.
        name: String,
        /// The tag.
        tag: String,
        /// The rule's scope in words.
        rule: String,
    },
    /// The project has no such rule.
    #[error("project {project} has no rule {id}, or not any more")]
    RuleNotFound {
        /// The project.
        project: String,
        /// The rule's number.
        id: i64,
    },
    /// Another rule says the same.
    #[error("project {project} has this rule already")]
    RuleExists {
        /// The project.
        project: String,
    },
    /// The repository does not link such a blob.
    #[error("blob {digest} does not exist in {name}")]
    BlobNotFound {
        /// The repository.
        name: RepositoryName,
        /// The digest.
        digest: Digest,
    },
    /// No such upload in this repository.
    #[error("the upload does not exist: it was finished, cancelled or expired; start again")]
    UploadNotFound,
    /// The chunk does not start where the upload stands.
    #[error("the chunk starts at {start}, but the upload stands at {offset}")]
    UploadOutOfOrder {
        /// Where the upload stands.
        offset: u64,
        /// Where the chunk starts.
        start: u64,
    },
    /// Another request is writing to this upload.
    #[error("another request is writing to this upload; wait for it or start again")]
    UploadBusy,
    /// The body ended early or broke.
    #[error("the request's body broke off")]
    BodyBroken(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The body is not as long as was announced.
    #[error("the body has {actual} bytes where {expected} were announced")]
    LengthMismatch {
        /// As announced.
        expected: u64,
        /// As received.
        actual: u64,
    },
    /// The bytes have another digest than the client said.
    #[error("the content has digest {actual}, not {expected}")]
    DigestMismatch {
        /// As the client said.
        expected: Digest,
        /// As computed.
        actual: Digest,
    },
    /// The manifest is no valid manifest.
    #[error("the manifest is not valid: {0}")]
    ManifestInvalid(#[source] oci::ManifestError),
    /// The manifest names what the repository does not have.
    #[error("the manifest names {} that {name} does not have; push it first", some_of(.missing))]
    ManifestReferenceUnknown {
        /// The repository.
        name: RepositoryName,
        /// Every digest that is missing.
        missing: Vec<Digest>,
    },
    /// The manifest says another size than the blob has.
    #[error("the manifest says {stated} bytes for {digest}, but it has {actual}")]
    SizeMismatch {
        /// Which blob or child.
        digest: Digest,
        /// As the manifest says.
        stated: u64,
        /// As stored.
        actual: u64,
    },
    /// A manifest still names the blob.
    #[error("blob {digest} is used by a manifest of {name}; delete the manifest first")]
    BlobInUse {
        /// The repository.
        name: RepositoryName,
        /// The digest.
        digest: Digest,
    },
    /// The quota does not allow this much.
    #[error(
        "project {project} holds {used} of {allowed} bytes and this needs {needed} more; delete something or ask for a larger quota"
    )]
    QuotaExceeded {
        /// The project.
        project: String,
        /// Bytes in use.
        used: u64,
        /// Bytes allowed.
        allowed: u64,
        /// Bytes that this needs on top.
        needed: u64,
    },
    /// The quota does not allow what would come out of the trash.
    #[error(
        "restoring this needs {needed} bytes, and project {project} holds {used} of the {allowed} that its quota allows; delete \
         something else first or ask for a larger quota"
    )]
    RestoreExceedsQuota {
        /// The project.
        project: String,
        /// Bytes in use.
        used: u64,
        /// Bytes allowed.
        allowed: u64,
        /// Bytes that this needs on top.
        needed: u64,
    },
    /// A field does not hold what it must.
    #[error("{message}")]
    Invalid {
        /// The field's name.
        field: &'static str,
        /// A stable word for the reason.
        code: &'static str,
        /// The reason.
        message: String,
    },
    /// No such person.
    #[error("user {name} does not exist")]
    UserNotFound {
        /// The name.
        name: String,
    },
    /// Nobody else could administer the system any more.
    #[error("{name} is the last administrator who can sign in; make somebody else an administrator first")]
    LastAdministrator {
        /// The person.
        name: String,
    },
    /// What an administrator does to others only.
    #[error("this is your own account; another administrator can do this")]
    OwnAccount,
    /// A one-time link that opens nothing.
    #[error("this link was used, replaced or has expired; ask an administrator for a new one")]
    LinkVoid,
    /// Accounts are created by administrators.
    #[error("this server has no self-registration; ask an administrator for an account")]
    RegistrationClosed,
    /// Another person has the name.
    #[error("user {name} exists already; choose another name")]
    UsernameTaken {
        /// The name.
        name: String,
    },
    /// Another robot of the same project, or of the system, has the name.
    #[error("robot {name} exists already; choose another name")]
    RobotNameTaken {
        /// The name without the project's.
        name: String,
    },
    /// No such robot, or not for this actor to know of.
    #[error("this robot does not exist, or you have no access to it")]
    RobotNotFound,
    /// The robot's secret was replaced since whoever asks has looked.
    #[error("the robot's secret was replaced a moment ago; look at the robot again before you replace it once more")]
    RobotChanged,
    /// Another access token of the same person has the name.
    #[error("you have an access token {name} already; choose another name")]
    AccessTokenNameTaken {
        /// The name.
        name: String,
    },
    /// No such label, or not for this actor to know of, or not on this artifact.
    #[error("this label does not exist, or you have no access to it")]
    LabelNotFound,
    /// Another label of the same project, or of the system, has the name.
    #[error("label {name} exists already; choose another name")]
    LabelNameTaken {
        /// The name.
        name: String,
    },
    /// The artifact is marked with the label already.
    #[error("{artifact} has the label {label} already")]
    LabelPlaced {
        /// The label's name.
        label: String,
        /// The artifact by the name that was used.
        artifact: String,
    },
    /// The name is taken.
    #[error("project {name} exists already; choose another name")]
    ProjectNameTaken {
        /// The name.
        name: String,
    },
    /// By a setting, only system administrators create projects.
    #[error("only system administrators create projects here; ask one of them for a project")]
    ProjectCreationClosed,
    /// The project has another name now. Its old one only serves pulls.
    #[error("project {was} is called {name} now: use {name} in its place; the old name only serves pulls")]
    ProjectRenamed {
        /// The name that was used.
        was: String,
        /// The name that it has.
        name: String,
    },
    /// The person has a role in the project already.
    #[error("{name} is a member of project {project} already; change the role instead")]
    MemberExists {
        /// The person.
        name: String,
        /// The project.
        project: String,
    },
    /// The person is no member of the project, or not any more.
    #[error("this person is no member of project {project}, or was removed meanwhile")]
    MemberNotFound {
        /// The project.
        project: String,
    },
    /// The project still holds repositories.
    #[error("project {name} still holds {repositories} repositories; delete them first")]
    ProjectNotEmpty {
        /// The project.
        name: String,
        /// How many.
        repositories: u64,
    },
    /// Nothing of this number is in the trash, or not for this actor to know of, or its time is over.
    #[error("there is no {id} in the trash, or its time is over")]
    TrashEntryNotFound {
        /// The id.
        id: i64,
    },
    /// Another project has the name of one that was deleted.
    #[error("project {name} exists again; give that one another name, or delete it, and restore this one then")]
    ProjectExistsAgain {
        /// The name.
        name: String,
    },
    /// Another repository has the name.
    #[error("repository {name} exists again; delete it first")]
    RepositoryNameTaken {
        /// The name.
        name: RepositoryName,
    },
    /// No such job.
    #[error("job {id} does not exist")]
    JobNotFound {
        /// The id.
        id: i64,
    },
    /// Another job of the kind is not finished.
    #[error("job {id} of this kind is not finished; wait for it or stop it first")]
    JobUnfinished {
        /// The other one.
        id: i64,
    },
    /// Another process has taken the job.
    #[error("another process has taken over the job")]
    JobLost,
    /// Somebody stopped the job.
    #[error("the job was stopped")]
    JobCancelled,
    /// The store or the database has no room.
    #[error("the server has no room left; nothing was lost, try again when there is space")]
    StorageFull,
    /// The store failed.
    #[error("the blob store does not answer as it should")]
    Store(#[source] blobstore::StoreError),
    /// The database failed.
    #[error("the database does not answer as it should")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something failed that has nothing to do with the request: randomness, a task that panicked.
    #[error("something failed inside the server")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something stored does not parse.
    #[error("stored data is inconsistent: {table}.{column} of {row}")]
    Inconsistent {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Key of the row.
        row: String,
    },
}

/// Digests that a message names; a manifest may name many thousands.
const NAMED: usize = 20;

/// The first ones of many, and how many more there are.
fn some_of(digests: &[Digest]) -> String {
    let first = digests.iter().take(NAMED).map(Digest::as_str).collect::<Vec<_>>().join(", ");
    match digests.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

impl Error {
    /// The same for the console and REST. Exhaustive on purpose: a new variant must say what it is there.
    pub fn problem(&self) -> Problem {
        use ProblemKind::{
            Conflict, Forbidden, Internal, Invalid, NotFound, PasswordChangeRequired, TooManyRequests, Unauthenticated,
            Unavailable,
        };
        let (kind, code) = match self {
            Self::Unauthenticated => (Unauthenticated, "unauthenticated"),
            Self::WrongCredentials => (Unauthenticated, "wrong_credentials"),
            Self::PasswordChangeRequired => (PasswordChangeRequired, "password_change_required"),
            Self::DefaultPasswordLocked => (Forbidden, "default_password_locked"),
            Self::TooManyAttempts { .. } => (TooManyRequests, "too_many_attempts"),
            Self::Forbidden { .. } => (Forbidden, "forbidden"),
            Self::AdministratorsOnly => (Forbidden, "administrators_only"),
            Self::AccountNeeded => (Forbidden, "account_needed"),
            Self::BeyondGrant { .. } => (Forbidden, "beyond_grant"),
            Self::RepositoryWithoutProject { .. } => (NotFound, "repository_without_project"),
            Self::ProjectNotFound { .. } => (NotFound, "project_not_found"),
            Self::ProjectDeleted => (NotFound, "project_deleted"),
            Self::RepositoryNotFound { .. } => (NotFound, "repository_not_found"),
            Self::ManifestNotFound { .. } => (NotFound, "manifest_not_found"),
            Self::TagNotFound { .. } => (NotFound, "tag_not_found"),
            Self::TagTaken { .. } => (Conflict, "tag_taken"),
            Self::TagProtected { .. } => (Conflict, "tag_protected"),
            Self::RuleNotFound { .. } => (NotFound, "rule_not_found"),
            Self::RuleExists { .. } => (Conflict, "rule_exists"),
            Self::BlobNotFound { .. } => (NotFound, "blob_not_found"),
            Self::UserNotFound { .. } => (NotFound, "user_not_found"),
            Self::LinkVoid => (NotFound, "link_void"),
            Self::RegistrationClosed => (NotFound, "registration_closed"),
            Self::LastAdministrator { .. } => (Conflict, "last_administrator"),
            Self::OwnAccount => (Conflict, "own_account"),
            Self::UploadNotFound => (NotFound, "upload_not_found"),
            Self::UploadOutOfOrder { .. } => (Conflict, "upload_out_of_order"),
            Self::UploadBusy => (Conflict, "upload_busy"),
            Self::BodyBroken(_) => (Invalid, "body_broken"),
            Self::LengthMismatch { .. } => (Invalid, "length_mismatch"),
            Self::DigestMismatch { .. } => (Invalid, "digest_mismatch"),
            Self::ManifestInvalid(_) => (Invalid, "manifest_invalid"),
            Self::ManifestReferenceUnknown { .. } => (Invalid, "manifest_reference_unknown"),
            Self::SizeMismatch { .. } => (Invalid, "size_mismatch"),
            Self::BlobInUse { .. } => (Conflict, "blob_in_use"),
            Self::QuotaExceeded { .. } => (Forbidden, "quota_exceeded"),
            Self::RestoreExceedsQuota { .. } => (Conflict, "restore_exceeds_quota"),
            Self::Invalid { code, .. } => (Invalid, *code),
            Self::UsernameTaken { .. } => (Conflict, "username_taken"),
            Self::RobotNameTaken { .. } => (Conflict, "robot_name_taken"),
            Self::RobotNotFound => (NotFound, "robot_not_found"),
            Self::RobotChanged => (Conflict, "robot_changed"),
            Self::LabelNotFound => (NotFound, "label_not_found"),
            Self::LabelNameTaken { .. } => (Conflict, "label_name_taken"),
            Self::LabelPlaced { .. } => (Conflict, "label_placed"),
            Self::AccessTokenNameTaken { .. } => (Conflict, "access_token_name_taken"),
            Self::ProjectNameTaken { .. } => (Conflict, "project_name_taken"),
            Self::ProjectCreationClosed => (Forbidden, "project_creation_closed"),
            Self::ProjectRenamed { .. } => (Conflict, "project_renamed"),
            Self::MemberExists { .. } => (Conflict, "member_exists"),
            Self::MemberNotFound { .. } => (NotFound, "member_not_found"),
            Self::ProjectNotEmpty { .. } => (Conflict, "project_not_empty"),
            Self::TrashEntryNotFound { .. } => (NotFound, "trash_entry_not_found"),
            Self::ProjectExistsAgain { .. } => (Conflict, "project_exists_again"),
            Self::RepositoryNameTaken { .. } => (Conflict, "repository_name_taken"),
            Self::JobNotFound { .. } => (NotFound, "job_not_found"),
            Self::JobUnfinished { .. } => (Conflict, "job_unfinished"),
            Self::JobLost => (Conflict, "job_lost"),
            Self::JobCancelled => (Conflict, "job_cancelled"),
            Self::StorageFull => (Unavailable, "storage_full"),
            Self::Store(_) => (Unavailable, "store"),
            Self::Database(_) => (Unavailable, "database"),
            Self::Internal(_) => (Internal, "internal"),
            Self::Inconsistent { .. } => (Internal, "inconsistent"),
        };
        // What is stored where is for the log, not for whoever asked.
        let message = match kind {
            Internal => "something failed inside the server; its log has the cause".to_owned(),
            _ => self.to_string(),
        };
        let problem = Problem::new(kind, code, message);
        match self {
            // About no field that a form has by this name.
            Self::Invalid { code: NUL, .. } => problem,
            Self::Invalid { field, .. } => problem.on_field(*field),
            Self::ProjectNameTaken { .. }
            | Self::RobotNameTaken { .. }
            | Self::AccessTokenNameTaken { .. }
            | Self::LabelNameTaken { .. } => problem.on_field("name"),
            Self::UsernameTaken { .. } | Self::MemberExists { .. } => problem.on_field("username"),
            Self::RuleExists { .. } => problem.on_field("tags"),
            Self::RestoreExceedsQuota { used, allowed, needed, .. } => {
                let quota = QuotaFigures { used: *used, allowed: *allowed, needed: *needed };
                Problem { quota: Some(Box::new(quota)), ..problem }
            }
            Self::TooManyAttempts { retry_after } => {
                Problem { retry_after_seconds: Some(retry_after.as_secs().max(1)), ..problem }
            }
            // Both are back soon after whatever it was, and what asked in vain was not done.
            Self::Database(_) | Self::Store(_) => Problem { retry_after_seconds: Some(1), ..problem },
            _ => problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_wrong_is_pointed_at() {
        let error = Error::Invalid { field: "new", code: "password_common", message: "choose another".to_owned() };
        let problem = error.problem();
        assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Invalid, "password_common"));
        assert_eq!((problem.field.as_deref(), problem.message.as_str()), (Some("new"), "choose another"));
    }

    #[test]
    fn who_must_wait_is_told_how_long_in_whole_seconds_and_never_zero() {
        for (wait, told) in [(0, 1), (999, 1), (1_000, 1), (90_000, 90)] {
            let error = Error::TooManyAttempts { retry_after: Duration::from_millis(wait) };
            assert_eq!(error.problem().retry_after_seconds, Some(told));
        }
    }

    #[test]
    fn an_inconsistency_shows_no_table() {
        let error = Error::Inconsistent { table: "users", column: "password_hash", row: "7".to_owned() };
        let problem = error.problem();
        assert_eq!(problem.kind, ProblemKind::Internal);
        assert!(!problem.message.contains("password_hash"), "{}", problem.message);
        assert!(error.to_string().contains("users.password_hash of 7"));
    }
}
