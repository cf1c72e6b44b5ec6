//! The works that are measured. Each prepares its own fresh servers and checks every answer that it gets.
//!
//! To add one: implement [`Work`] in a file below and list it in [`all`].

use std::{fs, path::PathBuf};

use anyhow::Result;

use crate::{
    client::Client,
    image::{Blob, Image},
    load::Load,
    measure::{Bar, Sample, Unit},
    servers::{Kind, Program, Server, block_on},
};

mod images;
mod layers;
mod lists;
mod process;
mod reads;
mod small_blobs;
mod store_requests;
mod tokens;

/// How much is done in a round.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Bytes of a large layer.
    pub layer: u64,
    /// Bytes of each of 32 layers that are pushed at once.
    pub parallel_layer: u64,
    /// Seconds for which small requests are repeated.
    pub seconds: f64,
    /// Blobs of 4 KiB.
    pub blobs: u64,
    /// Images of five layers.
    pub images: u64,
    /// Tags of one repository, and repositories of the catalog.
    pub names: u64,
    /// Starts of the process.
    pub starts: u64,
    /// Threads of the client.
    pub threads: usize,
}

impl Scale {
    /// What the published figures are measured with.
    pub fn full(threads: usize) -> Self {
        Self {
            layer: 1 << 30,
            parallel_layer: 64 << 20,
            seconds: 3.0,
            blobs: 1000,
            images: 60,
            names: 10_000,
            starts: 10,
            threads,
        }
    }

    /// A look in a minute or two; its figures are not for publication.
    pub fn quick(threads: usize) -> Self {
        Self {
            layer: 256 << 20,
            parallel_layer: 16 << 20,
            seconds: 0.7,
            blobs: 300,
            images: 16,
            names: 1000,
            starts: 4,
            threads,
        }
    }

    fn load(&self, connections: usize) -> Load {
        Load { threads: self.threads, connections }
    }
}

/// One row of the table.
pub trait Work {
    /// What `--only` calls it.
    fn name(&self) -> &'static str;
    /// What the table calls it.
    fn title(&self) -> String;
    /// How its figure is read.
    fn unit(&self) -> Unit;
    /// Which servers can do it.
    fn servers(&self) -> &'static [Kind];
    /// What has to be reached.
    fn bars(&self) -> Vec<Bar>;
    /// What would be better still.
    fn beyond(&self) -> Vec<Bar> {
        Vec::new()
    }
    /// Whether clients are redirected to the store.
    fn redirects(&self) -> bool {
        false
    }
    /// Whether requests to the store are counted.
    fn counts(&self) -> bool {
        false
    }
    /// Puts what the rounds need on a fresh server.
    fn prepare(&self, server: &Server) -> Result<()>;
    /// Does the work once and measures it. `round` counts from 0, so that what is pushed is new each time.
    fn round(&self, contestant: &mut Contestant, round: u64) -> Result<Sample>;
}

/// A server in a work, with what is needed to start it again.
#[derive(Debug)]
pub struct Contestant {
    /// Its program.
    pub program: Program,
    /// Its folder.
    pub folder: PathBuf,
    /// The process that runs now.
    pub server: Server,
}

/// All rows, in the table's order.
pub fn all(scale: Scale) -> Vec<Box<dyn Work>> {
    let mut works: Vec<Box<dyn Work>> = vec![
        Box::new(layers::Push { scale, times: 3.0, beyond: true }),
        Box::new(layers::Pull { scale, clients: 1, from: layers::From::Server }),
        Box::new(layers::Pull { scale, clients: 8, from: layers::From::Server }),
        Box::new(small_blobs::SmallBlobs { scale, size: 4 << 10, times: 5.0, beyond: 8.0 }),
    ];
    for method in ["GET", "HEAD"] {
        for connections in [16, 64] {
            works.push(Box::new(reads::ManifestByTag { scale, method, connections }));
        }
    }
    works.push(Box::new(reads::SmallBlobRead { scale }));
    works.push(Box::new(images::Push { scale }));
    works.push(Box::new(images::Pull { scale }));
    works.push(Box::new(lists::List { scale, of: lists::Of::Tags }));
    works.push(Box::new(lists::List { scale, of: lists::Of::Repositories }));
    works.push(Box::new(tokens::Tokens { scale }));
    works.push(Box::new(process::Start { scale }));
    works.push(Box::new(process::IdleMemory));
    works.push(Box::new(process::PeakMemory { scale, most: 160.0, beyond: Some(96.0) }));
    works
}

/// The rows of the table on S3, in its order.
pub fn on_s3(scale: Scale) -> Vec<Box<dyn Work>> {
    let mut works: Vec<Box<dyn Work>> = vec![
        Box::new(layers::Push { scale, times: 1.5, beyond: false }),
        Box::new(small_blobs::SmallBlobs { scale, size: 4 << 10, times: 2.0, beyond: 4.0 }),
        Box::new(small_blobs::SmallBlobs { scale, size: 256 << 10, times: 2.0, beyond: 4.0 }),
        Box::new(layers::Pull { scale, clients: 1, from: layers::From::Store { redirect: false } }),
        Box::new(layers::Pull { scale, clients: 1, from: layers::From::Store { redirect: true } }),
        Box::new(process::PeakMemory { scale, most: 256.0, beyond: None }),
    ];
    for size in [4 << 10, 256 << 10, 64 << 20] {
        works.push(Box::new(store_requests::StoreRequests { size }));
    }
    works
}

const REPOSITORY: &str = "library/bench";
const ALL: &[Kind] = &[Kind::Slipway, Kind::Distribution, Kind::Nginx];
const REGISTRIES: &[Kind] = &[Kind::Slipway, Kind::Distribution];
const REQUESTS: Unit = Unit { name: "requests/s", more_is_better: true, cost: ("1,000 requests", 1000) };
const MEBIBYTES: Unit = Unit { name: "MiB/s", more_is_better: true, cost: ("GiB", 1) };

/// Puts blobs and a manifest on any server: a registry gets them pushed, nginx gets files at the same addresses.
fn provide(server: &Server, repository: &str, blobs: &[Blob], manifests: &[(&str, &Image)]) -> Result<()> {
    if server.endpoint.kind == Kind::Nginx {
        let folder = server.folder.join("data/v2").join(repository);
        fs::create_dir_all(folder.join("blobs"))?;
        fs::create_dir_all(folder.join("manifests"))?;
        for blob in blobs {
            let mut file = fs::File::create(folder.join("blobs").join(blob.digest.to_string()))?;
            let (mut at, step) = (0, 8 << 20);
            while at < blob.payload.size {
                std::io::Write::write_all(&mut file, &blob.payload.slice(at, at + step))?;
                at += step;
            }
        }
        for (tag, image) in manifests {
            fs::write(folder.join("manifests").join(tag), &image.manifest)?;
        }
        return Ok(());
    }
    block_on(async {
        let mut client = Client::open(server.endpoint.address, server.endpoint.basic()).await?;
        for blob in blobs {
            client.push_blob(repository, blob.payload, &blob.digest).await?;
        }
        for (tag, image) in manifests {
            client.push_manifest(repository, tag, &image.manifest).await?;
        }
        Ok(())
    })?
}
