//! The realm itself: `GET` as Docker asks, `POST` with a form as OAuth 2 clients do (Docker's "Token Authentication
//! Specification" and "OAuth2 Token Authentication").

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header, request};
use oci::ErrorCode;
use registry::{Actor, Error, Grant, Secret, access::SecretMark, people::ClientInfo};
use serde::Serialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Credentials, LIFETIME, Realm, Wanted, claims::Claims, scope::action_names};
use crate::{
    arrival::Arrival,
    v2::{Query, Refusal, json, protect},
    whole::{COME_AGAIN, Incomplete, NO_ROOM, Room, Taken},
};

/// The largest form.
const FORM: usize = 64 * 1024;

/// What a client asks for, in whichever way.
struct Asking<'a> {
    credentials: Option<Credentials>,
    wanted: Wanted,
    arrival: &'a Arrival,
}

/// The answer; `token` is Docker's name and `access_token` OAuth's.
#[derive(Serialize)]
struct Issued<'a> {
    token: &'a str,
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    #[serde(rename = "issued_at")]
    at: String,
    /// What was granted, in words of the request.
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
}

impl Realm {
    /// Answers one request.
    pub async fn answer(&self, arrival: &Arrival, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let answer = match head.method {
            Method::GET | Method::HEAD => self.get(&head, arrival).await,
            Method::POST => self.post(&head, arrival, body).await,
            _ => Err(Refusal::new(ErrorCode::Unsupported, "tokens are asked for with GET or POST")
                .with_header(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"))
                .into()),
        };
        let mut response = answer.unwrap_or_else(|refused| refused.answer(self, &head, arrival));
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        protect(response.headers_mut());
        response
    }

    async fn get(&self, head: &request::Parts, arrival: &Arrival) -> Result<Response<Body>, Refused> {
        let query = Query::parse(head.uri.query());
        let credentials = basic(head)?;
        let wanted = Wanted::parse(query.all("scope")).map_err(|error| bad_request(error.to_string()))?;
        self.issue(Asking { credentials, wanted, arrival }).await
    }

    async fn post(&self, head: &request::Parts, arrival: &Arrival, body: Body) -> Result<Response<Body>, Refused> {
        let (bytes, _taken) = form(&self.0.room, head, body).await?;
        let form = Query::parse(std::str::from_utf8(&bytes).ok());
        let credentials = match form.get("grant_type") {
            Some("password") => match (form.get("username"), form.get("password")) {
                (Some(username), Some(password)) => {
                    Some(Credentials { username: username.to_owned(), secret: Secret::new(password.to_owned()) })
                }
                _ => basic(head)?,
            },
            Some("refresh_token") => {
                let message = "this registry issues no refresh tokens: log in with a password or an access token";
                return Err(bad_request(message).into());
            }
            _ => return Err(bad_request("grant_type has to be password").into()),
        };
        let wanted = Wanted::parse(form.all("scope")).map_err(|error| bad_request(error.to_string()))?;
        self.issue(Asking { credentials, wanted, arrival }).await
    }

    /// A token for what was asked, as far as the account has it: missing rights are no error. Without credentials there
    /// are anonymous tokens, but not for nothing: that is how a client finds out that it has to log in.
    async fn issue(&self, asking: Asking<'_>) -> Result<Response<Body>, Refused> {
        let Wanted { repositories, catalog } = &asking.wanted;
        let (account, shown) = match &asking.credentials {
            Some(Credentials { username, secret }) => {
                let client = ClientInfo { origin: asking.arrival.origin(), known_browser: None };
                self.0.registry.sign_in.for_token(username, secret, client).await?
            }
            None if repositories.is_empty() && !catalog => return Err(Error::Unauthenticated.into()),
            None => (Actor::anonymous(), SecretMark::NONE),
        };
        let mut grants = Vec::with_capacity(repositories.len());
        for (name, actions) in repositories {
            grants.push(self.0.registry.access.grant(&account, name, *actions).await?);
        }
        let now = self.0.clock.now();
        let claims = Claims::new(account.subject(), shown, &grants, *catalog, now.unix_timestamp());
        let claims = claims.ok_or_else(|| no_token("the account gets none"))?;
        let token = self.0.keys.sign(&claims.to_json()).map_err(|error| no_token(&error.to_string()))?;
        let issued = Issued {
            token: &token,
            access_token: &token,
            token_type: "Bearer",
            expires_in: LIFETIME.as_secs(),
            at: seconds(now).format(&Rfc3339).unwrap_or_default(),
            scope: granted(&grants, *catalog),
        };
        Ok(json(serde_json::to_vec(&issued).expect("strings and numbers always serialize")))
    }
}

/// Without fractions, which some clients cannot read.
fn seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

fn granted(grants: &[Grant], catalog: bool) -> String {
    let repositories = grants.iter().filter_map(|grant| {
        let actions = action_names(grant.actions).collect::<Vec<_>>().join(",");
        (!actions.is_empty()).then(|| format!("repository:{}:{actions}", grant.repository))
    });
    repositories.chain(catalog.then(|| "registry:catalog:*".to_owned())).collect::<Vec<_>>().join(" ")
}

/// The credentials of the `Authorization` header; an empty name is as none, as some clients send it so.
fn basic(head: &request::Parts) -> Result<Option<Credentials>, Refused> {
    let Some(value) = head.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let credentials = Credentials::basic(value).ok_or_else(|| {
        let message = "the Authorization header has to be Basic <name:password in base64>";
        Refusal::new(ErrorCode::Unauthorized, message)
    })?;
    Ok(Some(credentials)
        .filter(|credentials| !(credentials.username.is_empty() && credentials.secret.expose().is_empty())))
}

async fn form(room: &Room, head: &request::Parts, body: Body) -> Result<(Bytes, Taken), Refused> {
    let content_type = head.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if oci::media_type::essence(content_type) != "application/x-www-form-urlencoded" {
        return Err(bad_request("the body has to be a form (application/x-www-form-urlencoded)")
            .with_status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            .into());
    }
    room.whole(body, FORM).await.map_err(|error| match error {
        Incomplete::TooLarge => {
            let message = format!("the form is larger than {} KiB", FORM / 1024);
            bad_request(message).with_status(StatusCode::PAYLOAD_TOO_LARGE).into()
        }
        Incomplete::NoRoom => {
            Refusal::new(ErrorCode::TooManyRequests, NO_ROOM).with_header(header::RETRY_AFTER, COME_AGAIN.into()).into()
        }
        Incomplete::Broken(error) => Error::BodyBroken(error.into_inner()).into(),
    })
}

/// Why there is no token.
enum Refused {
    /// A service says so.
    Registry(Error),
    /// The request is not as it has to be.
    Refusal(Refusal),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Registry(error)
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl Refused {
    fn answer(self, realm: &Realm, head: &request::Parts, arrival: &Arrival) -> Response<Body> {
        let mut refusal = match self {
            Self::Registry(error) => {
                let site = arrival.outside(&realm.0.trust, &head.uri, &head.headers);
                Refusal::of(&error, &site).reported(&error, arrival, head)
            }
            Self::Refusal(refusal) => refusal,
        };
        if refusal.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static(r#"Basic realm="Slipway", charset="UTF-8""#);
            refusal = refusal.with_header(header::WWW_AUTHENTICATE, scheme);
        }
        refusal.response()
    }
}

fn bad_request(message: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new(ErrorCode::Unsupported, message).with_status(StatusCode::BAD_REQUEST)
}

fn no_token(why: &str) -> Refusal {
    tracing::error!("no token can be issued: {why}");
    Refusal::new(ErrorCode::Unknown, ErrorCode::Unknown.message())
}
