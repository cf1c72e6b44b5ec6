//! Small reads, again and again for some seconds.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use oci::media_type::OCI_IMAGE;

use super::{ALL, Contestant, REPOSITORY, REQUESTS, Scale, Work, provide};
use crate::{
    client::Client,
    endpoint::pull_and_push,
    image::{Blob, Image},
    load,
    measure::{Bar, Meter, Sample, Unit, count, rate},
    servers::{Kind, Server, block_on},
};

/// The manifest of an image with five layers, by tag.
pub struct ManifestByTag {
    /// For how long.
    pub scale: Scale,
    /// GET or HEAD.
    pub method: &'static str,
    /// How many at once.
    pub connections: usize,
}

impl Work for ManifestByTag {
    fn name(&self) -> &'static str {
        match (self.method, self.connections) {
            ("GET", 16) => "manifest-get",
            ("GET", _) => "manifest-get-64",
            (_, 16) => "manifest-head",
            (_, _) => "manifest-head-64",
        }
    }

    fn title(&self) -> String {
        format!("manifest {} by tag, {} connections", self.method, self.connections)
    }

    fn unit(&self) -> Unit {
        REQUESTS
    }

    fn servers(&self) -> &'static [Kind] {
        ALL
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Times(15.0, Kind::Distribution)]
    }

    fn beyond(&self) -> Vec<Bar> {
        vec![Bar::Times(25.0, Kind::Distribution), Bar::Times(0.5, Kind::Nginx)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        let image = image();
        provide(server, REPOSITORY, &image.blobs, &[("latest", &image)])
    }

    fn round(&self, contestant: &mut Contestant, _: u64) -> Result<Sample> {
        let image = image();
        repeat(&contestant.server, self.scale, self.connections, async |_, mut client, until| {
            let request = client.request(self.method, &format!("/v2/{REPOSITORY}/manifests/latest"));
            let request = request.header("Accept", OCI_IMAGE).end();
            let (length, mut requests) = (image.manifest.len().to_string(), 0);
            while Instant::now() < until {
                let status = client.connection.send(&request).await?;
                ensure!(status == 200, "{} of a manifest: {status}", self.method);
                if self.method == "HEAD" {
                    ensure!(client.connection.header("content-length") == Some(&length), "HEAD: another length");
                }
                let (mut rest, mut same) = (image.manifest.as_slice(), true);
                client
                    .connection
                    .body(|piece| match rest.split_at_checked(piece.len()) {
                        Some((head, tail)) => (same, rest) = (same && head == piece, tail),
                        None => same = false,
                    })
                    .await?;
                ensure!(same && (rest.is_empty() || self.method == "HEAD"), "GET of a manifest: other bytes");
                requests += 1;
            }
            Ok(requests)
        })
    }
}

fn image() -> Image {
    Image::new(10, 5, 4096)
}

/// Blobs of 4 KiB, in turn.
pub struct SmallBlobRead {
    /// For how long.
    pub scale: Scale,
}

const BLOBS: u64 = 100;

impl SmallBlobRead {
    fn blobs() -> Vec<Blob> {
        (0..BLOBS).map(|i| Blob::new(100 + i, 4096)).collect()
    }
}

impl Work for SmallBlobRead {
    fn name(&self) -> &'static str {
        "blob-get"
    }

    fn title(&self) -> String {
        "blob GET of 4 KiB, 16 connections".to_owned()
    }

    fn unit(&self) -> Unit {
        REQUESTS
    }

    fn servers(&self) -> &'static [Kind] {
        ALL
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Times(20.0, Kind::Distribution)]
    }

    fn beyond(&self) -> Vec<Bar> {
        vec![Bar::Times(40.0, Kind::Distribution)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &Self::blobs(), &[])
    }

    fn round(&self, contestant: &mut Contestant, _: u64) -> Result<Sample> {
        let blobs = Self::blobs();
        repeat(&contestant.server, self.scale, 16, async |index, mut client, until| {
            let address = |blob: &Blob| format!("/v2/{REPOSITORY}/blobs/{}", blob.digest);
            let requests: Vec<_> = blobs.iter().map(|blob| client.request("GET", &address(blob)).end()).collect();
            let mut done = 0;
            for (request, blob) in requests.iter().zip(&blobs).cycle().skip(index) {
                if Instant::now() >= until {
                    break;
                }
                let status = client.connection.send(request).await?;
                ensure!(status == 200, "GET of a blob: {status}");
                ensure!(client.connection.is_payload(blob.payload).await?, "GET of a blob: other bytes");
                done += 1;
            }
            Ok(done)
        })
    }
}

/// Lets each connection repeat its requests until the time is over: requests a second. A quarter second before is not counted.
pub fn repeat<F, A>(server: &Server, scale: Scale, connections: usize, task: F) -> Result<Sample>
where
    A: Future<Output = Result<u64>>,
    F: Fn(usize, Client, Instant) -> A + Sync,
{
    let scopes = [pull_and_push(REPOSITORY), "registry:catalog:*".to_owned()];
    let token = block_on(server.endpoint.authorization(&scopes))??;
    let run = |seconds: f64| {
        load::drive(server, scale.load(connections), token.as_ref(), |index, client| {
            task(index, client, Instant::now() + Duration::from_secs_f64(seconds))
        })
    };
    run(scale.seconds.min(0.25))?;
    let meter = Meter::start(server)?;
    let (time, requests) = run(scale.seconds)?;
    let requests = count(requests.iter().sum());
    meter.stop(server, rate(requests, time), requests)
}
