//! The store on a server that speaks S3, with a proxy between them that fails on demand.
//!
//! The contract suite also runs on a server elsewhere, if the environment names one: `SLIPWAY_TEST_S3_ENDPOINT`,
//! `SLIPWAY_TEST_S3_BUCKET`, `SLIPWAY_TEST_S3_ACCESS_KEY`, `SLIPWAY_TEST_S3_SECRET_KEY`, and perhaps
//! `SLIPWAY_TEST_S3_REGION`.
#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "servers date their objects themselves")]

mod contract;
mod server;

use super::{AccessKeys, S3Options, S3Store, Tuning};
use server::Memory;

const MIB: u64 = 1 << 20;
/// The least part of Amazon's.
const LEAST_PART: usize = 5 << 20;

/// What reaches a bucket at `url`.
fn options(url: &str) -> S3Options {
    let mut options = S3Options::new(server::BUCKET);
    options.endpoint = Some(url.to_owned());
    let (access_key, secret_key) = (server::ACCESS_KEY.to_owned(), server::SECRET_KEY.to_owned());
    options.keys = Some(AccessKeys { access_key, secret_key });
    options
}
