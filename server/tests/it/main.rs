//! The server over real sockets.
//!
//! `harness` starts it and speaks to it; every other module holds the behaviours of the noun it is named after.
#![allow(clippy::unwrap_used)]

mod access_tokens;
mod activity;
mod api;
mod assets;
mod backup;
mod bodies;
mod check;
mod cli;
mod deletions;
mod first_run;
mod forwarded;
mod fsck;
mod full;
mod functions;
mod harness;
mod headers;
mod health;
mod http2;
mod jobs;
mod labels;
mod listener;
mod logs;
mod members;
mod migrate;
mod nul;
mod origin;
mod pages;
mod people;
mod postgres;
mod quota;
mod robots;
mod route;
mod rules;
mod secrets;
mod sessions;
mod step_up;
mod storage;
mod tls;
mod token;
mod trash;
mod v2;
