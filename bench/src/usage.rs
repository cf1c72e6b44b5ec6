//! What a process and its children have used: `/proc`, as Linux counts it.

use std::{fs, iter::Sum, ops::Sub, time::Duration};

use anyhow::{Context, Result};

/// Linux counts processor time for user space in hundredths of a second on every platform that we build for.
const TICKS_A_SECOND: u64 = 100;

/// Processor time in user space and in the kernel, of all threads and of children that have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Processor(pub Duration);

impl Sub for Processor {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self(self.0.saturating_sub(earlier.0))
    }
}

impl Sum for Processor {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        Self(each.map(|one| one.0).sum())
    }
}

/// A process and everything it has started.
pub fn tree(pid: u32) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(pid) = found.get(next) {
        let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        let children: Vec<u32> = threads
            .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
            .flat_map(|line| line.split_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
            .collect();
        found.extend(children);
        next += 1;
    }
    found
}

/// The processor time of a process and its children until now.
pub fn processor(pid: u32) -> Result<Processor> {
    let stats: Vec<String> =
        tree(pid).iter().filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/stat")).ok()).collect();
    stats.iter().map(|stat| ticks(stat).context("the fields of /proc/PID/stat")).sum()
}

/// The processor time of this process until now.
pub fn own_processor() -> Result<Processor> {
    ticks(&fs::read_to_string("/proc/self/stat")?).context("the fields of /proc/self/stat")
}

/// The processor time of the whole machine until now, whoever used it.
pub fn machine() -> Result<Processor> {
    let stat = fs::read_to_string("/proc/stat")?;
    busy(&stat).context("the first line of /proc/stat")
}

/// `user nice system idle iowait irq softirq steal …` of the line for all processors: all but the waiting.
fn busy(stat: &str) -> Option<Processor> {
    let fields = stat.lines().next()?.strip_prefix("cpu ")?;
    let fields: Vec<u64> = fields.split_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
    let [user, nice, system, _, _, irq, softirq, steal] = fields[..] else { return None };
    Some(of_ticks(user + nice + system + irq + softirq + steal))
}

fn of_ticks(ticks: u64) -> Processor {
    Processor(Duration::from_millis(ticks * 1000 / TICKS_A_SECOND))
}

/// Fields 14 to 17 of `/proc/PID/stat`: utime, stime, cutime, cstime. The second one is a name that may hold anything.
fn ticks(stat: &str) -> Option<Processor> {
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_whitespace().skip(11).take(4).map(|field| field.parse().unwrap_or(0)).sum();
    Some(of_ticks(ticks))
}

/// Resident memory in bytes, now and at most since the last [`forget_peak`], summed over a process and its children.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    /// `VmRSS`.
    pub now: u64,
    /// `VmHWM`.
    pub peak: u64,
}

/// Reads the memory of a process and its children.
pub fn memory(pid: u32) -> Memory {
    let mut sum = Memory::default();
    for status in tree(pid).iter().filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/status")).ok()) {
        sum.now += field(&status, "VmRSS:");
        sum.peak += field(&status, "VmHWM:");
    }
    sum
}

/// Starts the peak anew from what is resident now. Where the kernel does not allow it the peak stays that of the process.
pub fn forget_peak(pid: u32) {
    for pid in tree(pid) {
        let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
    }
}

fn field(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()).and_then(|number| number.parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_after_the_last_parenthesis() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 100 0 0 0 150 50 20 5 20 0 9 0 100 1 2";
        assert_eq!(ticks(stat), Some(Processor(Duration::from_millis(2250))));
        assert_eq!(ticks("nonsense"), None);
    }

    #[test]
    fn waiting_is_not_use() {
        let stat = "cpu  10 20 30 4000 5000 60 70 80 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(busy(stat), Some(Processor(Duration::from_millis(2700))));
    }

    #[test]
    fn this_process_uses_memory_and_is_its_own_tree_root() {
        let pid = std::process::id();
        assert_eq!(tree(pid).first(), Some(&pid));
        let memory = memory(pid);
        assert!(memory.now > 0 && memory.peak >= memory.now / 2);
    }
}
