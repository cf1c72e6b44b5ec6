//! What the process uses, from `/proc`; absent on systems without it.

use std::{fmt, fs};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::counter::ConstCounter,
};

/// Ticks of `/proc` in a second: fixed in Linux's interface to programs, on every architecture.
const TICKS: u64 = 100;

/// Reads at each scrape.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        if let Some(ticks) = cpu_ticks() {
            let seconds = ConstCounter::new(std::time::Duration::from_millis(ticks * 1000 / TICKS).as_secs_f64());
            let help = "Processor time spent";
            seconds.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, seconds.metric_type())?)?;
        }
        if let Some(bytes) = status_bytes("VmRSS:") {
            super::gauge(&mut encoder, "process_resident_memory_bytes", "Memory in use", bytes)?;
        }
        if let Some(bytes) = status_bytes("VmHWM:") {
            super::gauge(&mut encoder, "process_peak_memory_bytes", "The most memory that was in use", bytes)?;
        }
        if let Ok(open) = fs::read_dir("/proc/self/fd") {
            let count = i64::try_from(open.count()).unwrap_or(i64::MAX);
            super::gauge(&mut encoder, "process_open_fds", "File descriptors that are open", count)?;
        }
        Ok(())
    }
}

/// User and system time: fields 14 and 15, counted after the name, which can hold anything.
fn cpu_ticks() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

fn status_bytes(name: &str) -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok().map(|kilobytes| kilobytes * 1024)
}
