//! What tests start and speak through.
//!
//! [`TestApp`] is the whole server with a registry in a folder of its own; [`Client`] speaks to it as somebody, [`Browser`]
//! with a session, and [`Raw`] byte by byte, over TLS by an [`Authority`]. [`Repository`] pushes and pulls, [`Replica`] writes
//! to the database. [`Toy`] is the listener alone, which [`in_calm`] does not let a busy machine disturb, and [`Process`] the
//! program as an operator runs it.

mod app;
mod authority;
mod browser;
mod calm;
pub mod cast;
mod client;
mod clock;
pub mod process;
mod raw;
mod replica;
pub mod repository;
mod toy;

pub use self::{
    app::{ADMIN_PASSWORD, TestApp},
    authority::Authority,
    browser::{Browser, FORM},
    calm::in_calm,
    client::Client,
    clock::TestClock,
    process::Process,
    raw::Raw,
    replica::Replica,
    repository::{Repository, digest_of, problem},
    toy::{Toy, relaxed},
};

/// No answer takes this long; a request that has none by then has failed.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(90);
