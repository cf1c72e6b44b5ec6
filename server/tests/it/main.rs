//! The server over real sockets.
//!
//! `harness` starts it and speaks to it; every other module holds the behaviours of the noun it is named after.
#![allow(clippy::unwrap_used)]

mod harness;
mod listener;
