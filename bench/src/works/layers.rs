//! Large layers: how fast bytes go in and out.

use anyhow::Result;

use super::{ALL, Contestant, MEBIBYTES, REGISTRIES, REPOSITORY, Scale, Work, provide};
use crate::{
    endpoint::pull_and_push,
    image::Blob,
    load,
    measure::{Bar, Meter, Sample, Unit, count, rate},
    servers::{Kind, Server, block_on},
};

/// One client pushes one layer.
pub struct Push {
    /// How large it is.
    pub scale: Scale,
    /// How many times as fast as Distribution it has to be.
    pub times: f64,
    /// Whether there are figures that would be better still.
    pub beyond: bool,
}

impl Work for Push {
    fn name(&self) -> &'static str {
        "push-layer"
    }

    fn title(&self) -> String {
        format!("push of a layer of {} as Docker does it", mebibytes(self.scale.layer))
    }

    fn unit(&self) -> Unit {
        MEBIBYTES
    }

    fn servers(&self) -> &'static [Kind] {
        REGISTRIES
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Times(self.times, Kind::Distribution)]
    }

    fn beyond(&self) -> Vec<Bar> {
        let beyond = [Bar::Times(4.0, Kind::Distribution), Bar::Processor(1.0 / 3.0, Kind::Distribution)];
        beyond.into_iter().filter(|_| self.beyond).collect()
    }

    /// The first push makes the repository; it is not measured.
    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[Blob::new(1, 4096)], &[])
    }

    fn round(&self, contestant: &mut Contestant, round: u64) -> Result<Sample> {
        let server = &contestant.server;
        let blob = Blob::new(100 + round, self.scale.layer);
        let token = block_on(server.endpoint.authorization(&[pull_and_push(REPOSITORY)]))??;
        let meter = Meter::start(server)?;
        let (time, _) = load::drive(server, self.scale.load(1), token.as_ref(), async |_, mut client| {
            client.push_blob(REPOSITORY, blob.payload, &blob.digest).await
        })?;
        let sample = meter.stop(server, rate(in_mebibytes(self.scale.layer), time), in_gibibytes(self.scale.layer))?;
        block_on(async {
            server.endpoint.client(REPOSITORY).await?.pull_blob(REPOSITORY, blob.payload, &blob.digest).await
        })??;
        Ok(sample)
    }
}

/// Clients pull one layer, each the whole of it.
pub struct Pull {
    /// How large it is.
    pub scale: Scale,
    /// How many pull at once.
    pub clients: usize,
    /// Where the bytes come from.
    pub from: From,
}

/// Where pulled bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The server's own folder.
    Server,
    /// A store behind it.
    Store {
        /// Whether clients fetch from there themselves.
        redirect: bool,
    },
}

impl Pull {
    fn blob(&self) -> Blob {
        Blob::new(100, self.scale.layer)
    }
}

impl Work for Pull {
    fn name(&self) -> &'static str {
        match (self.from, self.clients) {
            (From::Server, 1) => "pull-layer",
            (From::Server, _) => "pull-layer-8",
            (From::Store { redirect: false }, _) => "pull-through",
            (From::Store { redirect: true }, _) => "pull-redirected",
        }
    }

    fn title(&self) -> String {
        let plural = if self.clients == 1 { "client" } else { "clients" };
        let way = match self.from {
            From::Server => "",
            From::Store { redirect: false } => ", through the server",
            From::Store { redirect: true } => ", redirected to the store",
        };
        format!("pull of {} by {} {plural}{way}", mebibytes(self.scale.layer), self.clients)
    }

    fn unit(&self) -> Unit {
        MEBIBYTES
    }

    fn servers(&self) -> &'static [Kind] {
        ALL
    }

    fn bars(&self) -> Vec<Bar> {
        match self.from {
            From::Server => vec![Bar::Times(1.0, Kind::Distribution), Bar::Times(0.85, Kind::Nginx)],
            From::Store { redirect: false } => vec![Bar::Times(1.0, Kind::Distribution)],
            // What is measured is the store, for both.
            From::Store { redirect: true } => vec![Bar::Times(0.9, Kind::Distribution)],
        }
    }

    fn beyond(&self) -> Vec<Bar> {
        if self.from == From::Server { vec![Bar::Processor(1.0, Kind::Nginx)] } else { Vec::new() }
    }

    fn redirects(&self) -> bool {
        self.from == From::Store { redirect: true }
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[self.blob()], &[])?;
        // So that it is in the page cache, whichever way it was written.
        let blob = self.blob();
        block_on(async {
            server.endpoint.client(REPOSITORY).await?.pull_blob(REPOSITORY, blob.payload, &blob.digest).await
        })?
        .map(drop)
    }

    fn round(&self, contestant: &mut Contestant, _: u64) -> Result<Sample> {
        let server = &contestant.server;
        let blob = self.blob();
        let token = block_on(server.endpoint.authorization(&[pull_and_push(REPOSITORY)]))??;
        let meter = Meter::start(server)?;
        let (time, _) = load::drive(server, self.scale.load(self.clients), token.as_ref(), async |_, mut client| {
            client.pull_blob(REPOSITORY, blob.payload, &blob.digest).await
        })?;
        let bytes = self.scale.layer * self.clients as u64;
        meter.stop(server, rate(in_mebibytes(bytes), time), in_gibibytes(bytes))
    }
}

/// A size for a title.
pub fn mebibytes(bytes: u64) -> String {
    if bytes >= 1 << 30 { format!("{} GiB", bytes >> 30) } else { format!("{} MiB", bytes >> 20) }
}

fn in_mebibytes(bytes: u64) -> f64 {
    count(bytes) / f64::from(1 << 20)
}

fn in_gibibytes(bytes: u64) -> f64 {
    count(bytes) / f64::from(1 << 30)
}
