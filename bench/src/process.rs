//! Child processes that do not outlive us.

use std::{
    process::{Child, Command, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};

/// The processes that run now, so that an interrupt can end them all.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

/// A process that is killed when it is dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
}

impl Process {
    /// Starts a command with its output thrown away (`None`) or appended to a file.
    pub fn start(command: &mut Command, log: Option<std::fs::File>) -> Result<Self> {
        let (out, err) = match log {
            Some(file) => (Stdio::from(file.try_clone()?), Stdio::from(file)),
            None => (Stdio::null(), Stdio::null()),
        };
        command.stdin(Stdio::null()).stdout(out).stderr(err);
        let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn().with_context(|| format!("starting {}", command.get_program().display()))?;
        running.push(child.id());
        Ok(Self { child })
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// SIGKILL, as a crash or the kernel's out-of-memory killer would, and waits until it is gone.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end, and kills it when it takes over ten seconds.
    pub fn stop(&mut self) {
        signal("TERM", self.child.id());
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.is_running() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        self.kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            self.stop();
        }
        let id = self.child.id();
        RUNNING.lock().unwrap_or_else(PoisonError::into_inner).retain(|running| *running != id);
    }
}

/// Asks every process that was started here to end, and starts no more. For the last moments of a program.
pub fn stop_all() {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    for id in running.iter() {
        signal("TERM", *id);
    }
    std::thread::sleep(Duration::from_millis(200));
    for id in running.iter() {
        signal("KILL", *id);
    }
    std::mem::forget(running);
}

/// The shell has `kill` built in; a system call would need unsafe code.
fn signal(name: &str, id: u32) {
    let kill = format!("kill -{name} {id}");
    let _ = Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
}

/// Runs `work` on threads of its own; on an interrupt (Ctrl-C, SIGTERM) ends the children, calls `clean` and leaves with 130.
pub fn until_interrupted<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    clean: impl FnOnce(),
) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let work = tokio::task::spawn_blocking(work);
        tokio::select! {
            done = work => return Ok(done?),
            _ = tokio::signal::ctrl_c() => (),
            _ = terminate.recv() => (),
        }
        stop_all();
        clean();
        std::process::exit(130)
    })
}
