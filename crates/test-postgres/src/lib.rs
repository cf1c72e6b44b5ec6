//! A real PostgreSQL for tests, from the programs that are installed: a cluster in a folder of its own, reached through a
//! socket in that folder.
//!
//! [`Cluster::start`] is one to be stopped and started at will. `database` gives each test a database of its own in a cluster
//! that all tests of a process share, copied from a template that was made once. Both are stopped and removed when the process
//! ends, however it ends: a guard beside the server waits for the end of a pipe that only this process holds.
//!
//! Names sort by the rules of a language there, as on many servers: what must sort by bytes has to say so itself.

#![allow(clippy::unwrap_used, reason = "tests end where something is missing")]

mod cluster;
#[cfg(feature = "databases")]
mod shared;

pub use cluster::{Cluster, is_installed};
#[cfg(feature = "databases")]
pub use shared::{TestDatabase, database};

/// The variable that says which database the suites run on.
pub const VARIABLE: &str = "SLIPWAY_TEST_DATABASE";

/// Whether the suites are to run on PostgreSQL.
///
/// # Panics
/// For a value that is neither `sqlite` nor `postgres`: a suite must not pass on another database than was meant.
pub fn is_chosen() -> bool {
    match std::env::var(VARIABLE).as_deref() {
        Err(_) | Ok("" | "sqlite") => false,
        Ok("postgres") => true,
        Ok(other) => panic!("{VARIABLE} is sqlite or postgres, not {other}"),
    }
}
