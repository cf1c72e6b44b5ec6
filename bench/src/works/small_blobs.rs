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

/// Eight clients push small blobs.
pub struct SmallBlobs {
    /// How many.
    pub scale: Scale,
    /// Bytes of each.
    pub size: u64,
    /// How many times as fast as Distribution it has to be.
    pub times: f64,
    /// How many times would be better still.
    pub beyond: f64,
}

impl Work for SmallBlobs {
    fn name(&self) -> &'static str {
        if self.size == 4 << 10 { "push-blobs" } else { "push-blobs-256" }
    }

    fn title(&self) -> String {
        let (count, size) = (figure(count(self.scale.blobs)), self.size >> 10);
        format!("{count} blobs of {size} KiB, 8 clients (HEAD, POST, PATCH, PUT each)")
    }

    fn unit(&self) -> Unit {
        Unit { name: "blobs/s", more_is_better: true, cost: ("1,000 blobs", 1000) }
    }

    fn servers(&self) -> &'static [Kind] {
        REGISTRIES
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Times(self.times, Kind::Distribution)]
    }

    fn beyond(&self) -> Vec<Bar> {
        vec![Bar::Times(self.beyond, Kind::Distribution)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[Blob::new(1, 4096)], &[])
    }

    fn round(&self, contestant: &mut Contestant, round: u64) -> Result<Sample> {
        let server = &contestant.server;
        let blobs: Vec<_> =
            (0..self.scale.blobs).map(|i| Blob::new(1000 + round * self.scale.blobs + i, self.size)).collect();
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
