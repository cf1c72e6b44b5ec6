//! What goes wrong, as the request at hand sees it: every [`Failure`] becomes an answer here.

use axum::body::Body;
use http::{HeaderValue, Method, Response, StatusCode, header, request};
use oci::{ErrorCode, MAX_MANIFEST_SIZE, RepositoryName, RouteError};

use super::{
    headers::ascii,
    needs::Needs,
    refusal::{Refusal, Seeker},
};
use crate::{
    arrival::Arrival,
    outside::{PublicUrl, Trust},
    token::{PATH, SERVICE},
    whole::{COME_AGAIN, NO_ROOM},
};

/// What an error needs to know of its request.
pub struct Asked<'a> {
    pub head: &'a request::Parts,
    pub arrival: &'a Arrival,
    pub trust: &'a Trust,
    /// What a token would have to grant.
    pub needs: Needs,
}

impl Asked<'_> {
    /// Our address, as the client knows it.
    pub fn outside(&self) -> PublicUrl {
        self.arrival.outside(self.trust, &self.head.uri, &self.head.headers)
    }
}

/// Why a request under `/v2` is not answered as it asks.
#[derive(Debug)]
pub enum Failure {
    /// A service says so.
    Registry(registry::Error),
    /// There is no project of this name, or not for its seeker to know of.
    NoProject(String, Seeker),
    /// A name in the address is malformed.
    Route(RouteError),
    /// There is no such address.
    NoSuchAddress,
    /// The address has other methods.
    Method(&'static [Method]),
    /// Credentials, or better ones, would help.
    Challenge(Reason),
    /// A token that also covers this repository would get a blob mounted.
    MountFrom(RepositoryName),
    /// A parameter, a header or the body is not what it has to be.
    Invalid(ErrorCode, String),
    /// The manifest is too large.
    ManifestTooLarge,
    /// There is no memory for one more large manifest.
    NoRoom,
    /// More tags than one request can set.
    TooManyTags,
    /// The range is not in the blob of this many bytes.
    RangeNotSatisfiable(u64),
}

/// Why a challenge is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There are no credentials, or wrong ones.
    Credentials,
    /// There is no sense in them.
    Malformed,
    /// The token is changed, expired or of somebody else, or its account is gone.
    InvalidToken,
    /// The account may do it, but the token is for something else.
    InsufficientScope,
}

impl From<registry::Error> for Failure {
    fn from(error: registry::Error) -> Self {
        Self::Registry(error)
    }
}

impl Failure {
    /// The answer. The cause of a 5xx is logged on the way.
    pub fn answer(self, asked: &Asked<'_>) -> Response<Body> {
        let reason = self.reason();
        let needs = match &self {
            Self::MountFrom(source) => asked.needs.clone().and_pull_from(source.clone()),
            _ => asked.needs.clone(),
        };
        let mut refusal = self.refusal(asked);
        if refusal.status == StatusCode::UNAUTHORIZED {
            refusal = refusal.with_header(header::WWW_AUTHENTICATE, challenge(&asked.outside(), reason, &needs));
        }
        refusal.response()
    }

    fn reason(&self) -> Reason {
        match self {
            Self::Challenge(reason) => *reason,
            Self::Registry(registry::Error::BeyondGrant { .. }) | Self::MountFrom(_) => Reason::InsufficientScope,
            _ => Reason::Credentials,
        }
    }

    fn refusal(self, asked: &Asked<'_>) -> Refusal {
        match self {
            Self::Registry(error) => Refusal::of(&error, &asked.outside()).reported(&error, asked.arrival, asked.head),
            Self::NoProject(name, seeker) => Refusal::without_project(&name, seeker, &asked.outside()),
            Self::Route(error) => Refusal::new(error.code, error.message),
            Self::NoSuchAddress => {
                let message = format!("there is nothing at {} in the registry API", shown(asked.head.uri.path()));
                Refusal::new(ErrorCode::NameUnknown, message)
            }
            Self::Method(allowed) => {
                let names = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
                let message = format!("this address takes {names}, not {}", shown(asked.head.method.as_str()));
                Refusal::new(ErrorCode::Unsupported, message).with_header(header::ALLOW, ascii(names))
            }
            Self::Challenge(reason) => Refusal::new(ErrorCode::Unauthorized, reason.message(&asked.outside())),
            Self::MountFrom(_) => {
                Refusal::new(ErrorCode::Unauthorized, Reason::InsufficientScope.message(&asked.outside()))
            }
            Self::Invalid(code, message) => Refusal::new(code, message),
            Self::ManifestTooLarge => {
                let most = MAX_MANIFEST_SIZE / (1024 * 1024);
                Refusal::new(ErrorCode::ManifestInvalid, format!("the manifest is larger than {most} MiB"))
                    .with_status(StatusCode::PAYLOAD_TOO_LARGE)
            }
            Self::NoRoom => {
                Refusal::new(ErrorCode::TooManyRequests, NO_ROOM).with_header(header::RETRY_AFTER, COME_AGAIN.into())
            }
            Self::TooManyTags => {
                Refusal::new(ErrorCode::TagInvalid, "there are too many tags: push the manifest again with the others")
                    .with_status(StatusCode::URI_TOO_LONG)
            }
            Self::RangeNotSatisfiable(size) => {
                Refusal::new(ErrorCode::RangeInvalid, format!("the range is not within the {size} bytes of the blob"))
                    .with_header(header::CONTENT_RANGE, ascii(format!("bytes */{size}")))
            }
        }
    }
}

/// Where to get a token, and for what (RFC 6750, 3).
fn challenge(site: &PublicUrl, reason: Reason, needs: &Needs) -> HeaderValue {
    let scope = if *needs == Needs::Nothing { String::new() } else { format!(r#",scope="{needs}""#) };
    let error = match reason {
        Reason::Credentials | Reason::Malformed => "",
        Reason::InvalidToken => r#",error="invalid_token""#,
        Reason::InsufficientScope => r#",error="insufficient_scope""#,
    };
    ascii(format!(r#"Bearer realm="{site}{PATH}",service="{SERVICE}"{scope}{error}"#))
}

impl Reason {
    fn message(self, site: &PublicUrl) -> String {
        match self {
            Self::Credentials => super::refusal::sign_in_first(site),
            Self::Malformed => {
                "the Authorization header has to be Bearer <token> or Basic <name:password in base64>".into()
            }
            Self::InvalidToken => {
                format!("the token has expired, or it is not of this registry: get a new one at {site}{PATH}")
            }
            Self::InsufficientScope => {
                format!(
                    "the token was made for something else: get one at {site}{PATH} for the scope of this challenge"
                )
            }
        }
    }
}

/// What a client sent, short enough to show it back.
fn shown(text: &str) -> String {
    const SHOWN: usize = 128;
    text.chars().take(SHOWN).collect::<String>().escape_debug().to_string()
}
