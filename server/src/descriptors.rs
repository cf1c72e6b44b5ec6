//! File descriptors: a connection takes one, and a file that is sent over it another.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Lets this process open as many files as the system allows it, and returns how many connections it can serve at once: as
/// many as are wanted, or as many as half of the files if these are fewer, which is logged.
pub fn connections(wanted: usize) -> usize {
    let Some(files) = raise() else { return wanted };
    let served = served(wanted, files);
    if served < wanted {
        tracing::warn!(
            "at most {served} connections at once, though http.max_connections is {wanted}: this process may open only \
             {files} files. Let it open {} (LimitNOFILE of systemd, --ulimit nofile of Docker, ulimit -n of a shell), or \
             set http.max_connections to {served}.",
            wanted.saturating_mul(2)
        );
    }
    served
}

/// Raises the soft limit to the hard one. None: there is no limit.
fn raise() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return limit.current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        Ok(()) => limit.maximum,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "cannot raise the limit of open files");
            limit.current
        }
    }
}

fn served(wanted: usize, files: u64) -> usize {
    let half = usize::try_from(files / 2).unwrap_or(usize::MAX);
    wanted.min(half.max(1))
}

#[cfg(test)]
mod tests {
    use super::served;

    #[test]
    fn half_of_the_files_are_for_connections() {
        for (wanted, files, expected) in [
            (4096, 1_048_576, 4096),
            (4096, 8192, 4096),
            (4096, 8190, 4095),
            (4096, 1024, 512),
            (100, 1024, 100),
            (4096, 0, 1),
            (usize::MAX, u64::MAX, usize::try_from(u64::MAX / 2).unwrap_or(usize::MAX)),
        ] {
            assert_eq!(served(wanted, files), expected, "{wanted} of {files}");
        }
    }
}
