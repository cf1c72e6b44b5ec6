//! The process itself: how soon it answers and how much memory it takes.

use std::time::Duration;

use anyhow::Result;

use super::{Contestant, REGISTRIES, REPOSITORY, Scale, Work, layers::mebibytes, provide};
use crate::{
    endpoint::pull_and_push,
    image::Blob,
    load,
    measure::{Bar, Meter, Sample, Unit, count, median},
    servers::{Kind, Server, block_on},
    usage,
};

const MEMORY: Unit = Unit { name: "MiB", more_is_better: false, cost: ("round", 1) };
const PARALLEL: usize = 32;

/// From the start of the process to the first answer, on data that are there.
pub struct Start {
    /// How many times.
    pub scale: Scale,
}

impl Work for Start {
    fn name(&self) -> &'static str {
        "start"
    }

    fn title(&self) -> String {
        "start to first answer".to_owned()
    }

    fn unit(&self) -> Unit {
        Unit { name: "ms", more_is_better: false, cost: ("start", 1) }
    }

    fn servers(&self) -> &'static [Kind] {
        REGISTRIES
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Figure(60.0)]
    }

    fn beyond(&self) -> Vec<Bar> {
        vec![Bar::Figure(20.0)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[Blob::new(1, 4096)], &[])
    }

    fn round(&self, contestant: &mut Contestant, _: u64) -> Result<Sample> {
        let mut times = Vec::new();
        let (mut server_time, client) = (usage::Processor::default(), usage::own_processor()?);
        for _ in 0..self.scale.starts {
            contestant.server.process.stop();
            contestant.server = contestant.program.start(&contestant.folder)?;
            times.push(contestant.server.first_answer.as_secs_f64() * 1000.0);
            server_time.0 += usage::processor(contestant.server.process.id())?.0;
        }
        Ok(Sample {
            value: median(times.into_iter()),
            units: count(self.scale.starts),
            server: server_time,
            client: usage::own_processor()? - client,
            peak: contestant.server.memory().peak,
        })
    }
}

/// Resident memory two seconds after the first answer.
pub struct IdleMemory;

impl Work for IdleMemory {
    fn name(&self) -> &'static str {
        "memory-idle"
    }

    fn title(&self) -> String {
        "memory, idle".to_owned()
    }

    fn unit(&self) -> Unit {
        MEMORY
    }

    fn servers(&self) -> &'static [Kind] {
        REGISTRIES
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Figure(40.0)]
    }

    fn beyond(&self) -> Vec<Bar> {
        vec![Bar::Figure(25.0)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[Blob::new(1, 4096)], &[])
    }

    fn round(&self, contestant: &mut Contestant, _: u64) -> Result<Sample> {
        contestant.server.process.stop();
        contestant.server = contestant.program.start(&contestant.folder)?;
        let server = &contestant.server;
        let meter = Meter::start(server)?;
        std::thread::sleep(Duration::from_secs(2));
        meter.stop(server, in_mebibytes(server.memory().now), 1.0)
    }
}

/// The most that is resident while many push at once.
pub struct PeakMemory {
    /// How large the layers are.
    pub scale: Scale,
    /// MiB that it may be at most.
    pub most: f64,
    /// MiB that would be better still.
    pub beyond: Option<f64>,
}

impl Work for PeakMemory {
    fn name(&self) -> &'static str {
        "memory-peak"
    }

    fn title(&self) -> String {
        format!("memory, peak in {PARALLEL} parallel pushes of {}", mebibytes(self.scale.parallel_layer))
    }

    fn unit(&self) -> Unit {
        MEMORY
    }

    fn servers(&self) -> &'static [Kind] {
        REGISTRIES
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Figure(self.most)]
    }

    fn beyond(&self) -> Vec<Bar> {
        self.beyond.map(Bar::Figure).into_iter().collect()
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        provide(server, REPOSITORY, &[Blob::new(1, 4096)], &[])
    }

    /// A new process each time: the peak is that of the process, not of what an earlier round left behind.
    fn round(&self, contestant: &mut Contestant, round: u64) -> Result<Sample> {
        contestant.server.process.stop();
        contestant.server = contestant.program.start(&contestant.folder)?;
        let server = &contestant.server;
        let first = 100 + round * PARALLEL as u64;
        let blobs: Vec<_> = (0..PARALLEL as u64).map(|i| Blob::new(first + i, self.scale.parallel_layer)).collect();
        let token = block_on(server.endpoint.authorization(&[pull_and_push(REPOSITORY)]))??;
        let meter = Meter::start(server)?;
        load::drive(server, self.scale.load(PARALLEL), token.as_ref(), async |index, mut client| {
            client.push_blob(REPOSITORY, blobs[index].payload, &blobs[index].digest).await
        })?;
        let mut sample = meter.stop(server, 0.0, 1.0)?;
        sample.value = in_mebibytes(sample.peak);
        block_on(async {
            let mut client = server.endpoint.client(REPOSITORY).await?;
            for blob in &blobs {
                client.pull_blob(REPOSITORY, blob.payload, &blob.digest).await?;
            }
            Ok(sample)
        })?
    }
}

fn in_mebibytes(bytes: u64) -> f64 {
    count(bytes) / f64::from(1 << 20)
}
