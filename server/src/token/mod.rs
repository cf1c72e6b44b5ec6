//! The token realm at `/service/token`: credentials in, a short-lived token out, and the check of such tokens on `/v2`.
//!
//! - A [`Scope`] is what a client asks for, `repository:team/app:pull,push` or `registry:catalog:*`.
//! - The [`Claims`](claims::Claims) of a token name its subject and what was granted, both by immutable ids: a token
//!   of a project that was deleted opens nothing in the one that has its name now.
//! - The [`KeyRing`] signs with one Ed25519 key and takes what it or its predecessor signed, and nothing else: the
//!   header of a token has to be, byte for byte, one that the ring writes, so there is no algorithm or key to choose.
//!
//! A token narrows what its subject may do and never adds to it. What the subject may do is looked up at each request, so
//! a disabled account is out at once, whatever its tokens say; and a token ends with the secret that was shown for it, which its
//! claims mark. Only the fact that a signature is right is remembered.

mod claims;
mod credentials;
mod handler;
mod keys;
mod scope;
mod verified;

pub use self::{
    credentials::Credentials,
    keys::{InvalidKey, KeyRing},
    scope::{Scope, Wanted, action_names},
    verified::{InvalidToken, Verified},
};

use std::{sync::Arc, time::Duration};

use registry::{Clock, Registry};

use crate::{outside::Trust, whole::Room};

/// Where the realm answers.
pub const PATH: &str = "/service/token";

/// The name of the service in challenges. Clients hand it back and it is not looked at, so that scripts which ask
/// for `harbor-registry` go on working.
pub const SERVICE: &str = "slipway";

/// How long a token lasts.
pub const LIFETIME: Duration = Duration::from_secs(300);

/// How far the clocks of two replicas may be apart.
pub const LEEWAY: Duration = Duration::from_secs(60);

/// Issues and checks tokens. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Realm(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    keys: KeyRing,
    verified: verified::Cache,
    trust: Arc<Trust>,
    clock: Arc<dyn Clock>,
    room: Room,
}

impl Realm {
    /// A realm over a registry's accounts. `room` is for forms.
    pub fn new(registry: Registry, keys: KeyRing, trust: Arc<Trust>, clock: Arc<dyn Clock>, room: Room) -> Self {
        Self(Arc::new(Inner { registry, keys, verified: verified::cache(), trust, clock, room }))
    }

    /// Seconds since 1970, as tokens count.
    fn now(&self) -> i64 {
        self.0.clock.now().unix_timestamp()
    }
}
