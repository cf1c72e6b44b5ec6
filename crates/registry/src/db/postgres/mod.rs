//! PostgreSQL, which any number of processes share.
//!
//! Transactions run at READ COMMITTED, each on a connection of its own. A transaction that decides by what it has read
//! takes a lock first ([`locks`](super::locks)): then each of its statements sees all that others have committed, and whoever waits is
//! served in turn. At SERIALIZABLE a long push beside many short ones would be rolled back again and again, as whoever
//! commits first wins there. Deadlocks and what else two transactions may do to each other end with another run
//! ([`failure`]).
//!
//! Reading has connections apart from writing, so that a crowd waiting for one repository's lock stops nobody else's pull.

mod connect;
mod failure;
mod write;

pub(super) use connect::{alone, open};
pub(super) use failure::{Failure, is_full};
pub(super) use write::Writer;

#[cfg(test)]
mod tests;
