//! The `slipway` server: configuration, command line, listener and everything that speaks HTTP.
//!
//! A request comes in through the [`listener`], is answered by [`app::App`], which hands it to the part of the server
//! that its path names ([`route`]), and goes out [`observed`]: counted and logged.
//!
//! | module | holds |
//! |---|---|
//! | [`config`], [`cli`] | what operators write |
//! | [`listener`], [`descriptors`] | connections and their limits, stopping; files that may be open |
//! | [`outside`] | how clients see this server, and who they are |
//! | [`v2`], [`token`] | the registry protocol and its tokens |
//! | [`api`] | REST, its document and the page that shows it |
//! | [`console`], [`assets`] | pages, server functions, sessions; scripts and styles |
//! | [`storage`] | the blobs: a folder or a bucket |
//! | [`health`], [`metrics`], [`log`], [`audit`] | what operators look at |
//! | [`check`] | a look at this server from outside |
//! | [`workers`] | work beside requests |

pub mod api;
pub mod app;
pub mod arrival;
pub mod assets;
pub mod audit;
pub mod build_info;
pub mod check;
pub mod cli;
pub mod config;
pub mod console;
pub mod descriptors;
pub mod health;
pub mod listener;
pub mod log;
pub mod metrics;
pub mod observed;
pub mod outside;
pub mod problem;
pub mod request_id;
pub mod route;
pub mod secret_key;
pub mod storage;
pub mod token;
pub mod v2;
mod whole;
pub mod workers;
