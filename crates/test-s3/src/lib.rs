//! What tests need to have S3 in their process: a [`Memory`] that serves the protocol, a [`Proxy`] before it, or before
//! any other server, that fails on demand and counts, and [`Roles`] that hand out credentials for it.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "servers date their objects themselves")]

mod access;
mod memory;
mod proxy;
mod roles;
mod tls;

pub use memory::{ACCESS_KEY, Attributes, BUCKET, Memory, SECRET_KEY};
pub use proxy::{FAULTS, Fault, Operation, Proxy};
pub use roles::{AUTHORIZATION, Asked, ROLE, Roles, WEB_IDENTITY};

/// The least size of parts that Amazon takes, all but the last.
pub const LEAST_PART: usize = 5 << 20;
