//! Whole images, as four build machines push and four hosts pull them at once.

use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;

use super::{ALL, Contestant, REGISTRIES, REPOSITORY, Scale, Work, provide};
use crate::{
    endpoint::pull_and_push,
    image::{Blob, Image},
    load,
    measure::{Bar, Meter, Sample, Unit, count, rate},
    servers::{Kind, Server, block_on},
};

const CLIENTS: usize = 4;
const LAYERS: u64 = 5;
const LAYER: u64 = 256 << 10;
const IMAGES: Unit = Unit { name: "images/s", more_is_better: true, cost: ("image", 1) };

fn images(scale: Scale, round: u64) -> Vec<Image> {
    (0..scale.images).map(|i| Image::new(1000 * (round + 1) * scale.images + i * (LAYERS + 1), LAYERS, LAYER)).collect()
}

/// Images of five layers of 256 KiB, each new.
pub struct Push {
    /// How many.
    pub scale: Scale,
}

impl Work for Push {
    fn name(&self) -> &'static str {
        "push-image"
    }

    fn title(&self) -> String {
        "push of an image of 5 layers of 256 KiB, 4 clients".to_owned()
    }

    fn unit(&self) -> Unit {
        IMAGES
    }

    fn servers(&self) -> &'static [Kind] {
        REGISTRIES
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Times(2.5, Kind::Distribution)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[Blob::new(1, 4096)], &[])
    }

    fn round(&self, contestant: &mut Contestant, round: u64) -> Result<Sample> {
        let server = &contestant.server;
        let images = images(self.scale, round);
        let tag = |index: usize| format!("r{round}-{index}");
        let token = block_on(server.endpoint.authorization(&[pull_and_push(REPOSITORY)]))??;
        let next = AtomicU64::new(0);
        let take = || usize::try_from(next.fetch_add(1, Ordering::Relaxed)).ok();
        let meter = Meter::start(server)?;
        let (time, _) = load::drive(server, self.scale.load(CLIENTS), token.as_ref(), async |_, mut client| {
            while let Some((index, image)) = take().and_then(|index| images.get(index).map(|image| (index, image))) {
                for blob in &image.blobs {
                    client.push_blob(REPOSITORY, blob.payload, &blob.digest).await?;
                }
                client.push_manifest(REPOSITORY, &tag(index), &image.manifest).await?;
            }
            Ok(())
        })?;
        let sample = meter.stop(server, rate(count(self.scale.images), time), count(self.scale.images))?;
        block_on(async {
            let mut client = server.endpoint.client(REPOSITORY).await?;
            for (index, image) in images.iter().enumerate() {
                client.pull_manifest(REPOSITORY, &tag(index), &image.manifest).await?;
                for blob in &image.blobs {
                    client.pull_blob(REPOSITORY, blob.payload, &blob.digest).await?;
                }
            }
            Ok(sample)
        })?
    }
}

/// The same images: manifest, configuration, layers, one after the other.
pub struct Pull {
    /// How many.
    pub scale: Scale,
}

/// Each image is pulled so many times in a round, or the round would be over too soon to be measured.
const REPEATS: u64 = 8;

impl Work for Pull {
    fn name(&self) -> &'static str {
        "pull-image"
    }

    fn title(&self) -> String {
        "pull of an image of 5 layers of 256 KiB, 4 clients".to_owned()
    }

    fn unit(&self) -> Unit {
        IMAGES
    }

    fn servers(&self) -> &'static [Kind] {
        ALL
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Times(5.0, Kind::Distribution)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        let images = images(self.scale, 0);
        let tags: Vec<String> = (0..images.len()).map(|index| format!("i{index}")).collect();
        let blobs: Vec<Blob> = images.iter().flat_map(|image| image.blobs.clone()).collect();
        let manifests: Vec<_> = tags.iter().map(String::as_str).zip(&images).collect();
        provide(server, REPOSITORY, &blobs, &manifests)
    }

    fn round(&self, contestant: &mut Contestant, _: u64) -> Result<Sample> {
        let server = &contestant.server;
        let images = images(self.scale, 0);
        let token = block_on(server.endpoint.authorization(&[pull_and_push(REPOSITORY)]))??;
        let (pulls, next) = (self.scale.images * REPEATS, AtomicU64::new(0));
        let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|pull| *pull < pulls);
        let meter = Meter::start(server)?;
        let (time, _) = load::drive(server, self.scale.load(CLIENTS), token.as_ref(), async |_, mut client| {
            while let Some(pull) = take() {
                let index = usize::try_from(pull % self.scale.images)?;
                client.pull_manifest(REPOSITORY, &format!("i{index}"), &images[index].manifest).await?;
                for blob in &images[index].blobs {
                    client.pull_blob(REPOSITORY, blob.payload, &blob.digest).await?;
                }
            }
            Ok(())
        })?;
        meter.stop(server, rate(count(pulls), time), count(pulls))
    }
}
