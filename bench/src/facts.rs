//! What a figure has to be read with: the machine, the day, the versions, the command.

use std::{fs, path::Path, process::Command};

use time::OffsetDateTime;

/// The machine in one line: cores, processor, memory, kernel, file system of the data.
pub fn machine(data: &Path) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let of = |key: &str| {
        let line = cpuinfo.lines().find(|line| line.split(':').next().is_some_and(|name| name.trim() == key));
        line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let sha = if of("flags").split_whitespace().any(|flag| flag == "sha_ni") { "with" } else { "without" };
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let total = total.and_then(|line| line.split_whitespace().next()).and_then(|kib| kib.parse::<u64>().ok());
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{cores} cores, {} {sha} SHA extensions, {} GiB of memory, Linux {}, {}",
        of("model name"),
        total.unwrap_or(0).div_ceil(1 << 20),
        kernel.trim(),
        file_system(data)
    )
}

fn file_system(path: &Path) -> String {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let best = mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split_whitespace().skip(1);
            Some((fields.next()?, fields.next()?))
        })
        .filter(|(mounted, _)| path.starts_with(mounted))
        .max_by_key(|(mounted, _)| mounted.len());
    best.map(|(_, kind)| kind.to_owned()).unwrap_or_default()
}

/// Today, in UTC: `2026-02-03`.
#[expect(clippy::disallowed_methods, reason = "the day of a measurement is the machine's")]
pub fn today() -> String {
    OffsetDateTime::now_utc().date().to_string()
}

/// The command of this process, with the program's name alone.
pub fn command() -> String {
    let mut arguments = std::env::args();
    let program = arguments.next().unwrap_or_default();
    let program = Path::new(&program).file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    std::iter::once(program).chain(arguments).collect::<Vec<_>>().join(" ")
}

/// The commit of the sources that are measured, with a mark where they have changed since; nothing outside a checkout.
pub fn commit() -> Option<String> {
    let output = Command::new("git").args(["describe", "--always", "--dirty", "--abbrev=12"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
