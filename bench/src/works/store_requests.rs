//! What a push asks of the store.

use anyhow::{Context, Result};

use super::{Contestant, REGISTRIES, REPOSITORY, Work, provide};
use crate::{
    endpoint::pull_and_push,
    image::Blob,
    measure::{Bar, Meter, Sample, Unit, count},
    servers::{Kind, Server, block_on},
};

/// Pushes in a round, so that what happens beside them now and then weighs little.
const PUSHES: u64 = 8;

/// Requests to the store for one push of a blob, as Docker does it.
pub struct StoreRequests {
    /// Bytes of the blob.
    pub size: u64,
}

impl Work for StoreRequests {
    fn name(&self) -> &'static str {
        match self.size {
            0..0x10000 => "requests-4k",
            0x10000..0x10_0000 => "requests-256k",
            _ => "requests-64m",
        }
    }

    fn title(&self) -> String {
        let size =
            if self.size < 1 << 20 { format!("{} KiB", self.size >> 10) } else { format!("{} MiB", self.size >> 20) };
        format!("requests to S3 for a push of {size}")
    }

    fn unit(&self) -> Unit {
        Unit { name: "requests", more_is_better: false, cost: ("push", 1) }
    }

    fn servers(&self) -> &'static [Kind] {
        REGISTRIES
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Times(1.01, Kind::Distribution)]
    }

    fn counts(&self) -> bool {
        true
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[Blob::new(1, 4096)], &[])
    }

    fn round(&self, contestant: &mut Contestant, round: u64) -> Result<Sample> {
        let server = &contestant.server;
        let counting = server.counting.as_ref().context("requests are not counted")?;
        let blobs: Vec<_> = (0..PUSHES).map(|i| Blob::new(100 + round * PUSHES + i, self.size)).collect();
        let token = block_on(server.endpoint.authorization(&[pull_and_push(REPOSITORY)]))??;
        let (meter, before) = (Meter::start(server)?, counting.requests());
        block_on(async {
            let mut client = crate::client::Client::open(server.endpoint.address, token).await?;
            for blob in &blobs {
                client.push_blob(REPOSITORY, blob.payload, &blob.digest).await?;
            }
            anyhow::Ok(())
        })??;
        meter.stop(server, count(counting.requests() - before) / count(PUSHES), count(PUSHES))
    }
}
