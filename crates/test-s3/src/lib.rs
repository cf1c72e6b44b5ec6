//! What tests need to have S3 in their process: a [`Memory`] that serves the protocol, and a [`Proxy`] before it, or before
//! any other server, that fails on demand and counts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::disallowed_methods, reason = "servers date their objects themselves")]

mod memory;
mod proxy;

pub use memory::{ACCESS_KEY, BUCKET, Memory, SECRET_KEY};
pub use proxy::{FAULTS, Fault, Operation, Proxy};

/// The least size of parts that Amazon takes, all but the last.
pub const LEAST_PART: usize = 5 << 20;
