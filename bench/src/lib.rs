//! Slipway measured and tormented from outside, over loopback.
//!
//! Four programs share what is here:
//!
//! - `bench` runs the same works against Slipway, Distribution and nginx, in turn, checks every answer, and writes the tables of
//!   `docs/performance.md`. [`works`] has the works, [`report`] the tables.
//! - `kill9` pushes without pause while the server is killed with SIGKILL again and again, and then proves that everything that
//!   was acknowledged is there, byte for byte.
//! - `collection` and `fsck` make a registry of many blobs ([`made`]), and measure how it is collected and checked.
//!
//! Words: a *server* is one of three programs that runs in a folder of its own; a *work* is a row of the table; a *round* is one
//! measurement of a work on one server; a *payload* is content that is cheap to make and to check ([`payload`]).
//!
//! The client is written by hand on sockets ([`http`]), because it shares the machine with what it measures: its own processor
//! time stands in the table beside the servers'.

pub mod client;
pub mod counting;
pub mod endpoint;
pub mod facts;
pub mod ground;
pub mod http;
pub mod image;
pub mod load;
pub mod made;
pub mod measure;
pub mod payload;
pub mod process;
pub mod random;
pub mod report;
pub mod servers;
pub mod usage;
pub mod works;
