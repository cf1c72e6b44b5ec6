//! Many small blobs: what an upload costs beside its bytes.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;

use super::{Contestant, REGISTRIES, REPOSITORY, Scale, Work, provide};
use crate::{
    endpoint::pull_and_push,
    image::Blob,
    load,
    measure::{Bar, Meter, Sample, Unit, count, rate},
    report::figure,
    servers::{Kind, Server, block_on},
};

/// Eight clients push blobs of 4 KiB.
pub struct SmallBlobs {
    /// How many.
    pub scale: Scale,
}

impl Work for SmallBlobs {
    fn name(&self) -> &'static str {
        "push-blobs"
    }

    fn title(&self) -> String {
        format!("{} blobs of 4 KiB, 8 clients (HEAD, POST, PATCH, PUT each)", figure(count(self.scale.blobs)))
    }

    fn unit(&self) -> Unit {
        Unit { name: "blobs/s", more_is_better: true, cost: ("1,000 blobs", 1000) }
    }

    fn servers(&self) -> &'static [Kind] {
        REGISTRIES
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Times(5.0, Kind::Distribution)]
    }

    fn beyond(&self) -> Vec<Bar> {
        vec![Bar::Times(8.0, Kind::Distribution)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[Blob::new(1, 4096)], &[])
    }

    fn round(&self, contestant: &mut Contestant, round: u64) -> Result<Sample> {
        let server = &contestant.server;
        let blobs: Vec<_> =
            (0..self.scale.blobs).map(|i| Blob::new(1000 + round * self.scale.blobs + i, 4096)).collect();
        let token = block_on(server.endpoint.authorization(&[pull_and_push(REPOSITORY)]))??;
        let next = AtomicU64::new(0);
        let take = || usize::try_from(next.fetch_add(1, Ordering::Relaxed)).ok().and_then(|index| blobs.get(index));
        let meter = Meter::start(server)?;
        let (time, _) = load::drive(server, self.scale.load(8), token.as_ref(), async |_, mut client| {
            while let Some(blob) = take() {
                client.push_blob(REPOSITORY, blob.payload, &blob.digest).await?;
            }
            Ok(())
        })?;
        let sample = meter.stop(server, rate(count(self.scale.blobs), time), count(self.scale.blobs))?;
        block_on(async {
            let mut client = server.endpoint.client(REPOSITORY).await?;
            for blob in &blobs {
                client.pull_blob(REPOSITORY, blob.payload, &blob.digest).await?;
            }
            Ok(sample)
        })?
    }
}
