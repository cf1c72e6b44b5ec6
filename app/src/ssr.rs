//! What the server gives to pages and server functions of one request.

use std::{fmt::Debug, future::Future, net::IpAddr, pin::Pin, sync::Arc};

use api_types::{Site, Viewer};
use leptos::prelude::use_context;
use registry::{
    Actor, Registry,
    people::{ClientInfo, SignedIn},
};
use time::OffsetDateTime;

/// One request to the console; in the context of every page and server function.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The services.
    pub registry: Registry,
    /// Who acts: the person of the session, or anonymous.
    pub actor: Actor,
    /// The same person as pages show them.
    pub viewer: Option<Viewer>,
    /// The server as the outside sees it.
    pub site: Site,
    /// This browser's session.
    pub session: Arc<dyn Session>,
    /// Whether the browser showed a session that has ended, so that the person learns why they are signed out.
    pub session_expired: bool,
    /// The value of `nonce` for scripts and styles of this answer.
    pub nonce: Arc<str>,
    /// What the log has this request under.
    pub request_id: Arc<str>,
    /// The client's address as far as trusted proxies tell.
    pub client: IpAddr,
    /// When the request came.
    pub now: OffsetDateTime,
    /// The address of a file of the build, by its name in `manifest.json`: `(request.asset)("pkg/app.js")`.
    pub asset: fn(name: &str) -> String,
}

/// The future of a session's method.
pub type SessionFuture<'a> = Pin<Box<dyn Future<Output = registry::Result<()>> + Send + 'a>>;

/// This browser's session, as pages need it. What changes is stored at once; the cookie goes out with the answer.
pub trait Session: Debug + Send + Sync {
    /// Opens the session of a person who has just proved who they are, under a new id, and remembers that this browser
    /// signed in to this account.
    fn sign_in<'a>(&'a self, username: &'a str, person: &'a SignedIn) -> SessionFuture<'a>;

    /// Ends the session.
    fn sign_out(&self) -> SessionFuture<'_>;

    /// Goes on under a new id, after the person's other sessions were ended by a new password.
    fn renew(&self) -> SessionFuture<'_>;

    /// Where an attempt to sign in to an account comes from.
    fn attempt(&self, username: &str) -> ClientInfo;

    /// When the person last proved who they are; for what asks for the password again.
    fn signed_in_at(&self) -> Option<OffsetDateTime>;
}

/// The request that is being answered.
///
/// # Panics
/// Outside of a page or a server function.
pub fn request() -> RequestContext {
    use_context().expect("the server provides the request to every page and server function")
}
