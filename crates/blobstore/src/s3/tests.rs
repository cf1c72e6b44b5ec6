//! The store on a server that speaks S3, with a proxy between them that fails on demand.
//!
//! The contract suite also runs on a server elsewhere, if the environment names one: `SLIPWAY_TEST_S3_ENDPOINT`,
//! `SLIPWAY_TEST_S3_BUCKET`, `SLIPWAY_TEST_S3_ACCESS_KEY`, `SLIPWAY_TEST_S3_SECRET_KEY`, and perhaps
//! `SLIPWAY_TEST_S3_REGION`.
#![allow(clippy::unwrap_used)]
#![expect(clippy::disallowed_methods, reason = "servers date their objects themselves")]

mod contract;
mod faults;
mod keeping;
mod memory;
mod requests;

use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt as _;
use test_s3::{LEAST_PART, Memory, Proxy};

use super::{AccessKeys, S3Options, S3Store, Tuning};
use crate::{BlobStore as _, BlobWriter, Location, StoreError};

const MIB: u64 = 1 << 20;

/// How long a slow client holds memory that others wait for.
const SLOW: Duration = Duration::from_millis(200);

/// What reaches a bucket at `url`.
fn options(url: &str) -> S3Options {
    let mut options = S3Options::new(test_s3::BUCKET);
    options.endpoint = Some(url.to_owned());
    let (access_key, secret_key) = (test_s3::ACCESS_KEY.to_owned(), test_s3::SECRET_KEY.to_owned());
    options.keys = Some(AccessKeys { access_key, secret_key });
    options
}

/// A store with a proxy before its server.
struct InProxy {
    store: S3Store,
    memory: Memory,
    proxy: Proxy,
    options: S3Options,
    tuning: Tuning,
}

impl InProxy {
    /// With parts and memory as they are.
    async fn usual() -> Self {
        Self::with(Memory::new(LEAST_PART), super::DEFAULT_BUDGET, Tuning::default()).await
    }

    /// With parts of another size, all memory for them, and little patience.
    async fn new(first_part: u64, budget: u64) -> Self {
        let answer = Duration::from_millis(700);
        let tuning = Tuning { first_part, slow: SLOW, answer, merge: answer, big: None };
        Self::with(Memory::new(0), budget, tuning).await
    }

    /// With parts of another size and all memory for them, where nothing but a busy machine keeps an answer waiting.
    async fn patient(first_part: u64, budget: u64) -> Self {
        let tuning = Tuning { first_part, slow: SLOW, ..Tuning::default() };
        Self::with(Memory::new(0), budget, tuning).await
    }

    async fn with(memory: Memory, budget: u64, tuning: Tuning) -> Self {
        let proxy = Proxy::before(&memory.serve().await).await;
        let mut options = options(&proxy.url);
        options.part_budget = budget;
        Self { store: S3Store::with(&options, tuning).await.unwrap(), memory, proxy, options, tuning }
    }

    /// The same bucket, as another process sees it.
    async fn elsewhere(&self) -> S3Store {
        S3Store::with(&self.options, self.tuning).await.unwrap()
    }
}

/// Bytes that differ from place to place.
fn noise(length: usize) -> Bytes {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ length as u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes.into()
}

/// Writes in pieces as they come from a network.
async fn write(writer: &mut dyn BlobWriter, bytes: &Bytes) -> Result<(), StoreError> {
    let mut rest = bytes.clone();
    while !rest.is_empty() {
        writer.write(rest.split_to(rest.len().min(30_000))).await?;
    }
    Ok(())
}

/// All of an object.
async fn read(store: &S3Store, location: &Location) -> Result<Bytes, StoreError> {
    let length = store.size(location).await?.ok_or(StoreError::NotFound)?;
    let pieces: Vec<Bytes> = store.open(location, 0..length).await?.try_collect().await?;
    Ok(pieces.concat().into())
}
