//! The contract suite: with parts as they are, with small ones so that uploads have many, and on a server elsewhere.

use std::{env, sync::Arc};

use async_trait::async_trait;
use futures::TryStreamExt as _;

use super::{LEAST_PART, Memory, S3Options, S3Store, Tuning};
use crate::{BlobStore, Location, contract::Subject, id::Id};

struct InBucket {
    store: S3Store,
    options: S3Options,
    tuning: Tuning,
}

impl InBucket {
    async fn new(options: S3Options, tuning: Tuning) -> Self {
        Self { store: S3Store::with(&options, tuning).await.unwrap(), options, tuning }
    }
}

#[async_trait]
impl Subject for InBucket {
    fn store(&self) -> Arc<dyn BlobStore> {
        Arc::new(self.store.clone())
    }

    fn elsewhere(&self) -> Arc<dyn BlobStore> {
        let open = S3Store::with(&self.options, self.tuning);
        let store = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(open));
        Arc::new(store.unwrap())
    }

    fn sees_other_processes(&self) -> bool {
        false
    }

    fn cuts_at_any_byte(&self) -> bool {
        self.tuning.first_part >= Tuning::default().first_part
    }

    async fn cut(&self, location: &Location, length: u64) {
        let bucket = &self.store.shared.bucket;
        let bytes: Vec<_> = self.store.open(location, 0..length).await.unwrap().try_collect().await.unwrap();
        bucket.put(&bucket.object(&Id::try_from(location).unwrap()), bytes.concat().into()).await.unwrap();
    }
}

/// The server elsewhere, if there is one, with a place of its own for each test; else one in this process.
async fn usual() -> InBucket {
    let variable = |name: &str| env::var(format!("SLIPWAY_TEST_S3_{name}")).ok();
    let mut options = match variable("ENDPOINT") {
        Some(endpoint) => {
            let mut options = super::options(&endpoint);
            options.bucket = variable("BUCKET").expect("SLIPWAY_TEST_S3_BUCKET names a bucket");
            options.region = variable("REGION");
            let keys = options.keys.as_mut().unwrap();
            keys.access_key = variable("ACCESS_KEY").expect("SLIPWAY_TEST_S3_ACCESS_KEY is set");
            keys.secret_key = variable("SECRET_KEY").expect("SLIPWAY_TEST_S3_SECRET_KEY is set");
            options
        }
        None => super::options(&Memory::new(LEAST_PART).serve().await),
    };
    options.prefix = format!("tests/{}", Id::random().unwrap().as_str());
    InBucket::new(options, Tuning::default()).await
}

/// Parts of 64 KiB, of which 16 fit into memory.
async fn small_parts() -> InBucket {
    let mut options = super::options(&Memory::new(0).serve().await);
    options.part_budget = super::MIB;
    InBucket::new(options, Tuning { first_part: 64 << 10, ..Tuning::default() }).await
}

/// As if objects were very large: the fourth part and all that follow are put together of four pieces of 64 KiB.
async fn large_objects() -> InBucket {
    let mut options = super::options(&Memory::new(0).serve().await);
    options.part_budget = super::MIB / 8;
    InBucket::new(options, Tuning { first_part: 64 << 10, big: Some((3, 256 << 10)), ..Tuning::default() }).await
}

/// On a server that wants no checksums.
async fn without_checksums() -> InBucket {
    let mut options = super::options(&Memory::without_checksums().serve().await);
    options.part_budget = super::MIB;
    InBucket::new(options, Tuning { first_part: 256 << 10, ..Tuning::default() }).await
}

crate::contract_suite!(parts_as_they_are, usual);
crate::contract_suite!(parts_that_are_small, small_parts);
crate::contract_suite!(parts_that_are_put_together, large_objects);
crate::contract_suite!(payloads_that_are_signed, without_checksums);
