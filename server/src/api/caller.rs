//! Who is asking: a name and a secret, or the session of the console.

use axum::extract::FromRequestParts;
use http::{HeaderMap, HeaderName, header, request::Parts};
use oci::ProjectName;
use registry::{Actor, Subject, access::ProjectId, people::ClientInfo};
use time::Duration;

use super::{Api, Asked, Failure, IS_RESOURCE_NAME, NAME_IN_LOCATION};
use crate::{console::origin, token::Credentials};
use app::ssr::Session;

/// For how long after giving the password a session of the console may change something here: an address that stands alone
/// cannot ask for it again.
const FRESH: Duration = Duration::minutes(10);

/// The sender of a request, as an actor of services.
#[derive(Debug)]
pub struct Caller {
    /// Who acts.
    pub actor: Actor,
    /// Whether digits are a project's name too, as the request says.
    named: bool,
    /// Whether the address of what is created shall have the project's name.
    speaks_names: bool,
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(head: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let asked = head.extensions.get::<Asked>().cloned().ok_or(Failure::NoSuchAddress)?;
        let actor = match head.headers.get(header::AUTHORIZATION) {
            Some(value) => {
                let credentials = Credentials::basic(value).ok_or(Failure::MalformedCredentials)?;
                let client = ClientInfo { origin: asked.0.arrival.origin(), known_browser: None };
                let sign_in = &api.registry().sign_in;
                sign_in.with_credentials(&credentials.username, &credentials.secret, client).await?
            }
            None => of_session(api, &asked, head).await?,
        };
        let _ = asked.0.anonymous.set(actor.is_anonymous());
        let (named, speaks_names) =
            (is_true(&head.headers, &IS_RESOURCE_NAME), is_true(&head.headers, &NAME_IN_LOCATION));
        Ok(Self { actor, named, speaks_names })
    }
}

/// The person whose session the browser's cookie opens; nobody without one. What changes something has to come from a page of
/// ours, soon after the password was given.
async fn of_session(api: &Api, asked: &Asked, head: &Parts) -> Result<Actor, Failure> {
    if !head.headers.contains_key(header::COOKIE) {
        return Ok(Actor::anonymous());
    }
    let (inner, outside) = (&api.0, &asked.0.outside);
    let session = inner.sessions.of(&head.headers, asked.0.arrival.origin(), outside.is_https(), true).await?;
    let Some(user) = session.user() else { return Ok(Actor::anonymous()) };
    if !origin::is_ours(&head.method, &head.headers, outside) {
        return Err(Failure::ForeignOrigin);
    }
    let fresh = session.signed_in_at().is_some_and(|at| inner.clock.now() - at < FRESH);
    if !head.method.is_safe() && !fresh {
        return Err(Failure::SignInAgain);
    }
    Ok(api.registry().sign_in.resume(&Subject::User(user)).await?.coming_from(asked.0.arrival.origin()))
}

fn is_true(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

impl Caller {
    /// The project that an address means: by its number, or by its name where that is no number or the request says so.
    pub async fn project(&self, api: &Api, text: &str) -> Result<ProjectName, Failure> {
        let numbered = !self.named && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !numbered {
            return text.parse().map_err(|_| not_found(text));
        }
        let Ok(id) = text.parse() else { return Err(not_found(text)) };
        Ok(api.registry().projects.name_of(&self.actor, ProjectId(id)).await?)
    }

    /// How the address of a new project speaks of it.
    pub fn speaks_of(&self, id: ProjectId, name: &str) -> String {
        if self.speaks_names { name.to_owned() } else { id.0.to_string() }
    }

    /// # Errors
    /// [`Failure::Registry`] for nobody in particular.
    pub fn known(self) -> Result<Self, Failure> {
        if self.actor.is_anonymous() { Err(registry::Error::Unauthenticated.into()) } else { Ok(self) }
    }

    /// # Errors
    /// [`Failure::Registry`] for nobody in particular, and for robots.
    pub fn person(self) -> Result<Self, Failure> {
        match self.known()? {
            robot if matches!(robot.actor.subject(), Subject::Robot(_)) => Err(registry::Error::AccountNeeded.into()),
            person => Ok(person),
        }
    }
}

fn not_found(text: &str) -> Failure {
    registry::Error::ProjectNotFound { name: text.to_owned() }.into()
}
