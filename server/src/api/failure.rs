//! What goes wrong, as clients are told of it: a status, Harbor's code, and a text. [`Failure::told`] is the one place, and
//! exhaustive: a new outcome has to say here what it is.

use std::{borrow::Cow, sync::Arc};

use api_types::rest::{ErrorItem, Errors};
use axum::{Json, body::Body, response::IntoResponse};
use http::{HeaderValue, Method, Response, StatusCode, header};
use registry::Error;

use super::Asked;
use crate::{
    log::causes,
    whole::{COME_AGAIN, NO_ROOM},
};

/// Why a request is not answered as it asks.
#[derive(Debug)]
pub enum Failure {
    /// A service says so.
    Registry(Error),
    /// A parameter or the body is not what it has to be.
    Invalid(String),
    /// The `Authorization` header makes no sense.
    MalformedCredentials,
    /// There is no such address.
    NoSuchAddress,
    /// What the address names is not there.
    NotFound(String),
    /// Nobody may do this here, whoever they are.
    Refused(&'static str),
    /// The address has other methods.
    Method,
    /// Harbor has it and this does not.
    NotServed(Cow<'static, str>),
    /// The body is larger than any that is needed.
    TooLarge,
    /// There is no memory for one more large body.
    NoRoom,
    /// The body is no JSON.
    MediaType,
    /// A browser was made to send it by a page of somebody else.
    ForeignOrigin,
    /// The session is not fresh enough to change something.
    SignInAgain,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Registry(error)
    }
}

/// A failure on its way to where it is answered.
#[derive(Clone, Debug)]
pub struct Told(pub Arc<Failure>);

impl IntoResponse for Failure {
    fn into_response(self) -> axum::response::Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(Told(Arc::new(self)));
        response
    }
}

impl Failure {
    /// The answer. The cause of a 5xx is logged on the way.
    pub fn answer(&self, asked: &Asked, method: &Method, path: &str) -> Response<Body> {
        let nobody = asked.0.anonymous.get().copied().unwrap_or(false);
        let hidden = Error::Unauthenticated;
        let (status, message) = match self {
            // Nobody in particular may yet be somebody who sees it.
            Self::Registry(Error::ProjectNotFound { .. } | Error::TrashEntryNotFound { .. }) if nobody => {
                Self::of_service(&hidden, asked)
            }
            failure => failure.told(asked),
        };
        if let Self::Registry(error) = self
            && status.is_server_error()
        {
            let (id, cause) = (asked.0.arrival.id.as_str(), causes(error));
            tracing::error!(request_id = id, %method, path, status = status.as_u16(), "{cause}");
        }
        let errors = vec![ErrorItem { code: code(status).to_owned(), message: message.into_owned() }];
        let mut response = (status, Json(Errors { errors })).into_response();
        if status == StatusCode::UNAUTHORIZED && !asked.0.scripted {
            // A script shows its own form; a browser would put its own before it.
            let challenge = HeaderValue::from_static(r#"Basic realm="Slipway", charset="UTF-8""#);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        let wait = match self {
            Self::Registry(error) => error.problem().retry_after_seconds,
            Self::NoRoom => Some(COME_AGAIN),
            _ => None,
        };
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    fn told(&self, asked: &Asked) -> (StatusCode, Cow<'static, str>) {
        let site = &asked.0.outside;
        match self {
            Self::Registry(error) => Self::of_service(error, asked),
            Self::Invalid(message) => (StatusCode::BAD_REQUEST, message.clone().into()),
            Self::MalformedCredentials => (
                StatusCode::UNAUTHORIZED,
                "the Authorization header is not understood: send Basic with a name and a password, access token or secret"
                    .into(),
            ),
            Self::NoSuchAddress => {
                (StatusCode::NOT_FOUND, format!("there is no such address; {site}/api/docs lists all").into())
            }
            Self::NotFound(message) => (StatusCode::NOT_FOUND, message.clone().into()),
            Self::Refused(why) => (StatusCode::FORBIDDEN, (*why).into()),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "this address does not have this method".into()),
            Self::NotServed(what) => (StatusCode::NOT_IMPLEMENTED, what.clone()),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 1 MiB".into()),
            Self::NoRoom => (StatusCode::TOO_MANY_REQUESTS, NO_ROOM.into()),
            Self::MediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body has to be JSON: Content-Type: application/json".into())
            }
            Self::ForeignOrigin => (
                StatusCode::FORBIDDEN,
                format!(
                    "this request changes something with a session of the console, and did not come from a page of \
                     {site}; programs sign in with Basic and an access token"
                )
                .into(),
            ),
            Self::SignInAgain => (
                StatusCode::FORBIDDEN,
                format!(
                    "a session of the console may change something here for ten minutes after the password was given: \
                     sign in again at {site}/login, or use Basic with an access token"
                )
                .into(),
            ),
        }
    }

    /// Exhaustive on purpose.
    fn of_service(error: &Error, asked: &Asked) -> (StatusCode, Cow<'static, str>) {
        let site = &asked.0.outside;
        let plain = |status| (status, Cow::from(error.to_string()));
        match error {
            Error::Unauthenticated => (
                StatusCode::UNAUTHORIZED,
                "sign in first: Basic with a name and a password, access token or robot's secret".into(),
            ),
            Error::WrongCredentials => plain(StatusCode::UNAUTHORIZED),
            Error::PasswordChangeRequired => (
                StatusCode::FORBIDDEN,
                format!(
                    "this account still has its first password: sign in at {site}/login, choose a new one, and try \
                     again with that"
                )
                .into(),
            ),
            Error::TooManyAttempts { .. } => plain(StatusCode::TOO_MANY_REQUESTS),
            Error::Forbidden { .. }
            | Error::DefaultPasswordLocked
            | Error::ProjectCreationClosed
            | Error::AdministratorsOnly
            | Error::AccountNeeded
            | Error::BeyondGrant { .. }
            | Error::QuotaExceeded { .. } => plain(StatusCode::FORBIDDEN),
            Error::RepositoryWithoutProject { .. }
            | Error::ProjectNotFound { .. }
            | Error::ProjectDeleted
            | Error::RepositoryNotFound { .. }
            | Error::ManifestNotFound { .. }
            | Error::TagNotFound { .. }
            | Error::BlobNotFound { .. }
            | Error::UploadNotFound
            | Error::RobotNotFound
            | Error::MemberNotFound { .. }
            | Error::LinkVoid
            | Error::RegistrationClosed
            | Error::TrashEntryNotFound { .. }
            | Error::RuleNotFound { .. }
            | Error::LabelNotFound
            | Error::JobNotFound { .. }
            | Error::UserNotFound { .. } => plain(StatusCode::NOT_FOUND),
            Error::UploadOutOfOrder { .. }
            | Error::UploadBusy
            | Error::BlobInUse { .. }
            | Error::UsernameTaken { .. }
            | Error::RobotNameTaken { .. }
            | Error::RobotChanged
            | Error::MemberExists { .. }
            | Error::ProjectRenamed { .. }
            | Error::LastAdministrator { .. }
            | Error::OwnAccount
            | Error::ProjectExistsAgain { .. }
            | Error::RepositoryNameTaken { .. }
            | Error::RestoreExceedsQuota { .. }
            | Error::JobUnfinished { .. }
            | Error::JobLost
            | Error::JobCancelled
            | Error::AccessTokenNameTaken { .. }
            | Error::TagTaken { .. }
            | Error::RuleExists { .. }
            | Error::LabelNameTaken { .. }
            | Error::LabelPlaced { .. }
            | Error::ProjectNameTaken { .. } => plain(StatusCode::CONFLICT),
            Error::ProjectNotEmpty { .. } | Error::TagProtected { .. } => plain(StatusCode::PRECONDITION_FAILED),
            Error::BodyBroken(_)
            | Error::LengthMismatch { .. }
            | Error::DigestMismatch { .. }
            | Error::ManifestInvalid(_)
            | Error::ManifestReferenceUnknown { .. }
            | Error::SizeMismatch { .. }
            | Error::Invalid { .. } => plain(StatusCode::BAD_REQUEST),
            Error::StorageFull => plain(StatusCode::INSUFFICIENT_STORAGE),
            Error::Store(_) | Error::Database(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the server cannot do this now; its log has the cause under this answer's X-Request-Id".into(),
            ),
            Error::Internal(_) | Error::Inconsistent { .. } => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "something failed inside the server; its log has the cause under this answer's X-Request-Id".into(),
            ),
        }
    }
}

/// Harbor's word for a status.
fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        409 => "CONFLICT",
        412 => "PRECONDITION",
        413 => "REQUEST_TOO_LARGE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        429 => "TOO_MANY_REQUESTS",
        501 => "NOT_IMPLEMENTED",
        503 => "UNAVAILABLE",
        507 => "INSUFFICIENT_STORAGE",
        _ => "UNKNOWN",
    }
}
