//! Outcomes of services as clients of the protocol are told of them: a status, a code for programs, and a text that
//! `docker` prints.
//!
//! [`Refusal::of`] is the one place that gives each [`registry::Error`] its code and its words. It is exhaustive: a new
//! variant has to say here what it is. What helps whoever finds no project depends on who they are:
//! [`Refusal::without_project`].

use std::borrow::Cow;

use app::i18n::format::plain_bytes;
use axum::body::Body;
use blobstore::StoreError;
use http::{HeaderName, HeaderValue, Response, StatusCode, header, request};
use oci::{ErrorBody, ErrorCode as Code};
use registry::{Error, access::Lack};
use serde_json::{Value, json};

use crate::{arrival::Arrival, log::causes, outside::PublicUrl};

/// Missing digests that an answer names; its message says how many more there are.
const MISSING: usize = 20;

/// Who does not find a project, as far as that says what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seeker {
    /// Somebody who may create projects.
    Creator,
    /// Somebody who may not.
    Person,
    /// A robot, which never may.
    Robot,
}

/// What is answered in place of what was asked for.
#[derive(Debug)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    code: Code,
    message: Cow<'static, str>,
    detail: Option<Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// With the status of the code. The message says what happened, why, and what to do.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        let status = StatusCode::from_u16(code.status()).expect("codes have statuses of HTTP");
        Self { status, code, message: message.into(), detail: None, headers: Vec::new() }
    }

    /// With another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// With a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// With facts for programs.
    #[must_use]
    fn with_detail(mut self, detail: Value) -> Self {
        self.detail = Some(detail);
        self
    }

    /// What a client is told of an outcome. `site` is where the console is, for those who have to go there.
    #[expect(clippy::too_many_lines, reason = "an arm for each error reads best in one place")]
    pub fn of(error: &Error, site: &PublicUrl) -> Self {
        let plain = |code| Self::new(code, error.to_string());
        match error {
            Error::Unauthenticated => Self::new(Code::Unauthorized, sign_in_first(site)),
            Error::WrongCredentials | Error::BeyondGrant { .. } => plain(Code::Unauthorized),
            Error::PasswordChangeRequired => Self::new(
                Code::Denied,
                format!(
                    "this account still has its first password: sign in at {site}/login, choose a new one, and log in \
                     again with that"
                ),
            ),
            Error::TooManyAttempts { retry_after } => {
                let seconds = retry_after.as_secs().max(1);
                plain(Code::TooManyRequests).with_header(header::RETRY_AFTER, seconds.into())
            }
            Error::Forbidden { project, lack, .. } => Self::of_lack(error, project, lack, site),
            Error::DefaultPasswordLocked
            | Error::AdministratorsOnly
            | Error::ProjectCreationClosed
            | Error::AccountNeeded => plain(Code::Denied),
            Error::ProjectNotFound { name } => Self::without(plain(Code::NameUnknown).message, name),
            Error::ProjectRenamed { name, .. } => plain(Code::Denied).with_detail(json!({ "project": name })),
            Error::ProjectDeleted => plain(Code::NameUnknown),
            Error::RepositoryWithoutProject { name } | Error::RepositoryNotFound { name } => {
                plain(Code::NameUnknown).with_detail(json!({ "name": name }))
            }
            Error::ManifestNotFound { name, reference } => {
                plain(Code::ManifestUnknown).with_detail(json!({ "name": name, "reference": reference }))
            }
            Error::TagNotFound { name, tag } => {
                plain(Code::ManifestUnknown).with_detail(json!({ "name": name, "reference": tag }))
            }
            Error::BlobNotFound { name, digest } => {
                plain(Code::BlobUnknown).with_detail(json!({ "name": name, "digest": digest }))
            }
            Error::UploadNotFound => plain(Code::BlobUploadUnknown),
            Error::UploadOutOfOrder { offset, .. } => {
                plain(Code::RangeInvalid).with_detail(json!({ "offset": offset }))
            }
            Error::UploadBusy => plain(Code::BlobUploadInvalid).with_status(StatusCode::CONFLICT),
            Error::BodyBroken(source) => Self::of_broken_body(plain(Code::BlobUploadInvalid), source.as_ref()),
            Error::LengthMismatch { expected, actual } => {
                plain(Code::SizeInvalid).with_detail(json!({ "expected": expected, "actual": actual }))
            }
            Error::DigestMismatch { expected, actual } => {
                plain(Code::DigestInvalid).with_detail(json!({ "expected": expected, "actual": actual }))
            }
            Error::ManifestInvalid(_) => plain(Code::ManifestInvalid),
            Error::ManifestReferenceUnknown { missing, .. } => {
                plain(Code::ManifestBlobUnknown).with_detail(json!({ "missing": &missing[..missing.len().min(MISSING)] }))
            }
            Error::SizeMismatch { digest, stated, actual } => plain(Code::ManifestInvalid)
                .with_detail(json!({ "digest": digest, "stated": stated, "actual": actual })),
            // The specification has no code for it; 405 is what it has for blobs that cannot be deleted.
            Error::BlobInUse { digest, .. } => plain(Code::Unsupported)
                .with_header(header::ALLOW, HeaderValue::from_static("GET, HEAD"))
                .with_detail(json!({ "digest": digest })),
            // As Harbor answers it; Docker does not try again after this code, and prints the message.
            Error::QuotaExceeded { project, used, allowed, needed } => Self::new(
                Code::Denied,
                format!(
                    "project {project} holds {} of the {} that its quota allows, and this needs {} more: delete what is not \
                     needed (what is deleted gives room at once), or ask a system administrator for a larger quota \
                     ({site}/projects/{project})",
                    plain_bytes(*used),
                    plain_bytes(*allowed),
                    plain_bytes(*needed)
                ),
            )
            .with_detail(json!({ "project": project, "used": used, "allowed": allowed, "needed": needed })),
            Error::Invalid { field, .. } => {
                plain(Code::Unsupported).with_status(StatusCode::BAD_REQUEST).with_detail(json!({ "field": field }))
            }
            Error::UserNotFound { .. }
            | Error::MemberNotFound { .. }
            | Error::RobotNotFound
            | Error::LinkVoid
            | Error::RegistrationClosed
            | Error::TrashEntryNotFound { .. }
            | Error::RuleNotFound { .. }
            | Error::LabelNotFound
            | Error::JobNotFound { .. } => plain(Code::Unsupported).with_status(StatusCode::NOT_FOUND),
            Error::UsernameTaken { .. }
            | Error::MemberExists { .. }
            | Error::RobotNameTaken { .. }
            | Error::RobotChanged
            | Error::AccessTokenNameTaken { .. }
            | Error::TagTaken { .. }
            | Error::RuleExists { .. }
            | Error::LabelNameTaken { .. }
            | Error::LabelPlaced { .. }
            | Error::ProjectNameTaken { .. }
            | Error::ProjectNotEmpty { .. }
            | Error::LastAdministrator { .. }
            | Error::OwnAccount
            | Error::ProjectExistsAgain { .. }
            | Error::RepositoryNameTaken { .. }
            | Error::RestoreExceedsQuota { .. }
            | Error::JobUnfinished { .. }
            | Error::JobLost
            | Error::JobCancelled => plain(Code::Denied).with_status(StatusCode::CONFLICT),
            // Harbor's status for it, which tells it from missing rights.
            Error::TagProtected { name, tag, .. } => plain(Code::Denied)
                .with_status(StatusCode::PRECONDITION_FAILED)
                .with_detail(json!({ "name": name, "tag": tag })),
            Error::StorageFull => plain(Code::Unavailable).with_status(StatusCode::INSUFFICIENT_STORAGE),
            // To try again does not bring bytes back.
            Error::Store(StoreError::NotFound | StoreError::Truncated { .. } | StoreError::Changed) => {
                Self::new(Code::Unknown, Code::Unknown.message())
            }
            Error::Store(_) | Error::Database(_) => {
                let seconds = error.problem().retry_after_seconds.unwrap_or(1);
                Self::new(Code::Unavailable, Code::Unavailable.message())
                    .with_header(header::RETRY_AFTER, seconds.into())
            }
            Error::Internal(_) | Error::Inconsistent { .. } => Self::new(Code::Unknown, Code::Unknown.message()),
        }
    }

    /// For whoever finds no project: the same words whether it is missing or not for them to know of.
    pub fn without_project(name: &str, seeker: Seeker, site: &PublicUrl) -> Self {
        let message = match seeker {
            Seeker::Creator => format!(
                "project {name} does not exist, or you have no access to it: create it at {site}/projects/new, or ask \
                 those who administer it for access"
            ),
            Seeker::Person => format!(
                "project {name} does not exist, or you have no access to it: ask a system administrator for a new \
                 project, or those who administer this one for access"
            ),
            Seeker::Robot => format!(
                "project {name} does not exist, or this robot has no right in it: robots create no projects, so have it \
                 created at {site}/projects/new; where it exists, use a robot of {name}, or have a system administrator \
                 give one of the system the right at {site}/admin/robots"
            ),
        };
        Self::without(message.into(), name)
    }

    fn without(message: Cow<'static, str>, project: &str) -> Self {
        Self::new(Code::NameUnknown, message).with_detail(json!({ "project": project }))
    }

    /// Who is refused in a project that they see is told who can help.
    fn of_lack(error: &Error, project: &str, lack: &Lack, site: &PublicUrl) -> Self {
        let next = match lack {
            Lack::Role(_) => format!("whoever administers {project} can give it to you at {site}/projects/{project}"),
            Lack::Home(_) => format!(
                "use a robot of {project}, or have a system administrator create one of the system at {site}/admin/robots"
            ),
            Lack::ProjectRobot => {
                format!(
                    "whoever administers {project} can give it to the robot at {site}/projects/{project}?tab=robots"
                )
            }
            Lack::SystemRobot => format!("a system administrator can give it to the robot at {site}/admin/robots"),
            Lack::AccessToken => format!("create another one at {site}/account/tokens"),
        };
        let detail = match lack {
            Lack::Role(role) => json!({ "project": project, "needed": role }),
            _ => json!({ "project": project }),
        };
        Self::new(Code::Denied, format!("{error}; {next}")).with_detail(detail)
    }

    /// A body that we ended ourselves says so.
    fn of_broken_body(plain: Self, source: &(dyn std::error::Error + Send + Sync + 'static)) -> Self {
        use crate::listener::BodyError;
        match source.downcast_ref::<BodyError>() {
            Some(error @ BodyError::TooSlow) => {
                Self { message: error.to_string().into(), ..plain }.with_status(StatusCode::REQUEST_TIMEOUT)
            }
            Some(error @ BodyError::Stopping) => {
                Self::new(Code::Unavailable, error.to_string()).with_header(header::RETRY_AFTER, 1.into())
            }
            Some(BodyError::Broken(_)) | None => plain,
        }
    }

    /// Logs the cause if it is ours, and puts the id into the answer under which it is found.
    #[must_use]
    pub fn reported(self, error: &Error, arrival: &Arrival, head: &request::Parts) -> Self {
        if !self.status.is_server_error() {
            return self;
        }
        let id = arrival.id.as_str();
        let cause = causes(error);
        let (method, path, status) = (&head.method, head.uri.path(), self.status.as_u16());
        tracing::error!(request_id = id, %method, path, status, "{cause}");
        let message = format!("{} (request {id})", self.message);
        Self { message: message.into(), detail: Some(json!({ "request_id": id })), ..self }
    }

    /// The answer.
    pub fn response(self) -> Response<Body> {
        let mut body = ErrorBody::new(self.code, self.message);
        if let Some(detail) = self.detail {
            body = body.with_detail(detail);
        }
        let mut response = super::json(body.to_json());
        *response.status_mut() = self.status;
        response.headers_mut().extend(self.headers);
        response
    }
}

/// What somebody without credentials is told.
pub fn sign_in_first(site: &PublicUrl) -> String {
    format!("sign in to do this: docker login {}", site.host())
}
