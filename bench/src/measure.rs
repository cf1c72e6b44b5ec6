//! What one round of a work gives, and what many rounds come to.

use std::time::Duration;

use anyhow::Result;

use crate::{
    servers::{Kind, Server},
    usage::{self, Processor},
};

/// How the figure of a work is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Behind the figure: `MiB/s`, `requests/s`, `ms`.
    pub name: &'static str,
    /// Whether more is better.
    pub more_is_better: bool,
    /// What processor time is given for, and how many of the counted units that is: `("GiB", 1)`, `("1,000 requests", 1000)`.
    pub cost: (&'static str, u32),
}

/// A goal, met by the median.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// So many times as good as another server.
    Times(f64, Kind),
    /// A figure in the work's unit that is at least reached, or at most where less is better.
    Figure(f64),
    /// Processor time for one unit of at most so many times that of another server.
    Processor(f64, Kind),
}

/// One round on one server.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The figure.
    pub value: f64,
    /// Units of work that were done, as in [`Unit::cost`] before its factor.
    pub units: f64,
    /// Processor time of the server.
    pub server: Processor,
    /// Processor time of the client.
    pub client: Processor,
    /// Bytes of memory at the peak of the round.
    pub peak: u64,
}

/// Counts what a server and the client use from its start on.
#[derive(Debug)]
pub struct Meter {
    server: Processor,
    client: Processor,
}

impl Meter {
    /// Starts to count; the server's peak memory starts from what is resident now.
    pub fn start(server: &Server) -> Result<Self> {
        usage::forget_peak(server.process.id());
        Ok(Self { server: usage::processor(server.process.id())?, client: usage::own_processor()? })
    }

    /// The sample of a round that gave `value` and did `units` of work.
    pub fn stop(self, server: &Server, value: f64, units: f64) -> Result<Sample> {
        Ok(Sample {
            value,
            units,
            server: usage::processor(server.process.id())? - self.server,
            client: usage::own_processor()? - self.client,
            peak: server.memory().peak,
        })
    }
}

/// The medians of a work's rounds on one server.
#[derive(Clone, Copy, Debug)]
pub struct Median {
    /// Of the figures.
    pub value: f64,
    /// Of the server's processor seconds for one unit of [`Unit::cost`].
    pub server: f64,
    /// Of the client's.
    pub client: f64,
    /// Of the peaks, in bytes.
    pub peak: f64,
}

impl Median {
    /// The medians of at least one sample.
    pub fn of(samples: &[Sample], unit: Unit) -> Self {
        let cost = |time: Processor, sample: &Sample| time.0.as_secs_f64() / sample.units * f64::from(unit.cost.1);
        Self {
            value: median(samples.iter().map(|sample| sample.value)),
            server: median(samples.iter().map(|sample| cost(sample.server, sample))),
            client: median(samples.iter().map(|sample| cost(sample.client, sample))),
            #[expect(clippy::cast_precision_loss, reason = "bytes of memory fit in 52 bits")]
            peak: median(samples.iter().map(|sample| sample.peak as f64)),
        }
    }
}

/// The middle value, or the mean of the two in the middle; 0 of nothing.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// A count as a number to divide.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
pub fn count(number: u64) -> f64 {
    number as f64
}

/// How many in a second.
pub fn rate(number: f64, time: Duration) -> f64 {
    number / time.as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_sorted_values() {
        let of = |values: &[f64]| median(values.iter().copied());
        assert!((of(&[9.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((of(&[4.0, 1.0, 2.0, 9.0]) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn processor_time_is_given_for_the_units_of_the_cost() {
        let seconds = |seconds| Processor(Duration::from_secs(seconds));
        let sample = Sample { value: 1.0, units: 500.0, server: seconds(1), client: seconds(3), peak: 7 };
        let unit = Unit { name: "requests/s", more_is_better: true, cost: ("1,000 requests", 1000) };
        let median = Median::of(&[sample], unit);
        assert!((median.server - 2.0).abs() < 1e-9 && (median.client - 6.0).abs() < 1e-9);
    }
}
