//! Requests by part and status, and how long they took.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet},
    metrics::MetricType,
};

use crate::route::Part;

/// Upper bounds of the buckets in microseconds: from a manifest in memory to a layer of gigabytes.
const BOUNDS: [u64; 14] = [
    250,
    1_000,
    5_000,
    10_000,
    25_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    5_000_000,
    15_000_000,
    60_000_000,
    300_000_000,
];

const STATUSES: usize = 500;

/// The counts, one cell for each part and status.
#[derive(Debug)]
pub struct Requests {
    statuses: Box<[[AtomicU64; STATUSES]]>,
    durations: Box<[Durations]>,
}

#[derive(Debug, Default)]
struct Durations {
    /// The last one counts what is over every bound.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            statuses: Part::ALL.iter().map(|_| [const { AtomicU64::new(0) }; STATUSES]).collect(),
            durations: Part::ALL.iter().map(|_| Durations::default()).collect(),
        }
    }
}

impl Requests {
    /// Counts a request whose answer is out.
    pub fn record(&self, part: Part, status: u16, duration: Duration) {
        let cell = usize::from(status).saturating_sub(100).min(STATUSES - 1);
        self.statuses[part as usize][cell].fetch_add(1, Relaxed);
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let durations = &self.durations[part as usize];
        let bucket = BOUNDS.iter().position(|bound| micros <= *bound).unwrap_or(BOUNDS.len());
        durations.buckets[bucket].fetch_add(1, Relaxed);
        durations.micros.fetch_add(micros, Relaxed);
    }
}

/// The counts on the page.
#[derive(Debug)]
pub(super) struct Table(pub Arc<Requests>);

impl Collector for Table {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let help = "Requests that were answered";
        let mut family = encoder.encode_descriptor("requests", help, None, MetricType::Counter)?;
        for (part, cells) in Part::ALL.iter().zip(&self.0.statuses) {
            for (cell, count) in cells.iter().enumerate().filter(|(_, count)| count.load(Relaxed) > 0) {
                let status = (cell + 100).to_string();
                let labels = [("part", part.name()), ("status", status.as_str())];
                let count = count.load(Relaxed);
                family.encode_family(&labels)?.encode_counter::<NoLabelSet, _, f64>(&count, None)?;
            }
        }
        let help = "From the end of a request's headers to the end of its answer";
        let mut family = encoder.encode_descriptor("request_duration_seconds", help, None, MetricType::Histogram)?;
        for (part, durations) in Part::ALL.iter().zip(&self.0.durations) {
            let counts = durations.buckets.iter().map(|count| count.load(Relaxed));
            let bounds = BOUNDS.iter().map(|bound| seconds(*bound)).chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(counts).collect();
            let count: u64 = buckets.iter().map(|(_, count)| count).sum();
            if count > 0 {
                let sum = seconds(durations.micros.load(Relaxed));
                family
                    .encode_family(&[("part", part.name())])?
                    .encode_histogram::<NoLabelSet>(sum, count, &buckets, None)?;
            }
        }
        Ok(())
    }
}

fn seconds(micros: u64) -> f64 {
    Duration::from_micros(micros).as_secs_f64()
}
