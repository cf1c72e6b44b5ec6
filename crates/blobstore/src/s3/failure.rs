//! What the server, or the way to it, did wrong.

use std::{error::Error, io};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::{
    config::http::HttpResponse,
    error::{DisplayErrorContext, ProvideErrorMetadata, SdkError},
};

use crate::StoreError;

/// Codes by which servers say that there is no room left.
const FULL: [&str; 4] = ["QuotaExceeded", "XMinioStorageFull", "StorageFull", "InsufficientStorage"];

/// A request that failed for good: whatever could be tried again was.
#[derive(Debug, thiserror::Error)]
#[error("{operation}: {reason}")]
pub(super) struct Failure {
    operation: &'static str,
    reason: String,
    #[source]
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// The server answered, but not what it must.
    pub(super) fn of(operation: &'static str, reason: impl Into<String>) -> StoreError {
        StoreError::Io(io::Error::other(Self { operation, reason: reason.into(), cause: None }))
    }

    /// The way to the server broke.
    pub(super) fn because(operation: &'static str, cause: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
        let cause = cause.into();
        let reason = DisplayErrorContext(&*cause).to_string();
        StoreError::Io(io::Error::other(Self { operation, reason, cause: Some(cause) }))
    }
}

/// An error of the SDK, sorted by what can be concluded from it.
pub(super) trait Answer {
    /// The server's code, such as `NoSuchKey`.
    fn code_of(&self) -> Option<&str>;
    /// The status of the answer, if there was one.
    fn status(&self) -> Option<u16>;

    /// There is no such object.
    fn is_absent(&self) -> bool {
        match self.code_of() {
            Some(code) => matches!(code, "NoSuchKey" | "NotFound"),
            // An answer to HEAD has no body, so no code.
            None => self.status() == Some(404),
        }
    }

    /// There is no such multipart upload: it was completed or aborted.
    fn is_ended(&self) -> bool {
        self.code_of() == Some("NoSuchUpload")
    }

    /// The server knows the request, but does not want it as it is.
    fn is_refused(&self) -> bool {
        matches!(self.code_of(), Some("NotImplemented" | "InvalidArgument" | "InvalidRequest" | "MalformedXML"))
            || self.status() == Some(501)
    }
}

impl<E: ProvideErrorMetadata> Answer for SdkError<E, HttpResponse> {
    fn code_of(&self) -> Option<&str> {
        self.code()
    }

    fn status(&self) -> Option<u16> {
        self.raw_response().map(|response| response.status().as_u16())
    }
}

/// The error for callers, with what the server said.
pub(super) fn failure<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if error.status() == Some(507) || error.code().is_some_and(|code| FULL.contains(&code)) {
        return StoreError::Full;
    }
    let reason = match (error.code(), error.message(), error.status()) {
        (Some(code), Some(message), _) => format!("{code}: {message}"),
        (Some(code), None, _) => code.to_owned(),
        (None, _, Some(status)) => format!("the server answered {status}"),
        (None, _, None) => about_credentials(&error).unwrap_or_else(|| DisplayErrorContext(&error).to_string()),
    };
    StoreError::Io(io::Error::other(Failure { operation, reason, cause: Some(Box::new(error)) }))
}

/// What is wrong with the credentials, if it is that which kept a request from being sent.
fn about_credentials(error: &(dyn Error + 'static)) -> Option<String> {
    let mut cause = error;
    let refused = loop {
        match cause.downcast_ref::<CredentialsError>() {
            Some(refused) => break refused,
            None => cause = cause.source()?,
        }
    };
    match refused {
        CredentialsError::CredentialsNotLoaded(_) => Some(
            "there are no credentials: no keys are configured, and none come from the environment, a profile, a web \
             identity, the container or the instance"
                .to_owned(),
        ),
        other => Some(format!("credentials were not handed out: {}", DisplayErrorContext(other))),
    }
}
