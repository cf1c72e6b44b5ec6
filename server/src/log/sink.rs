//! Lines on their way to standard error.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

/// What is kept for a reader that does not keep up.
const CAPACITY: usize = 4 << 20;
/// How long lines are gathered before they are written together.
const GATHER: Duration = Duration::from_millis(10);

/// A bounded buffer with a thread that empties it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sink(Option<Arc<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<u8>,
    dropped: u64,
    writing: bool,
    asleep: bool,
}

impl Sink {
    /// Drops every line.
    pub fn nowhere() -> Self {
        Self(None)
    }

    /// Writes to standard error.
    pub fn to_stderr() -> Self {
        Self::to(io::stderr())
    }

    /// Writes to anything.
    pub fn to(target: impl Write + Send + 'static) -> Self {
        let shared = Arc::new(Shared::default());
        let thread = Arc::clone(&shared);
        std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || thread.run(target))
            .expect("the system has room for one more thread at the start");
        Self(Some(shared))
    }

    /// Appends one line, or counts it when there is no room.
    pub fn line(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let Some(shared) = &self.0 else { return };
        let mut state = shared.state();
        if state.lines.len() < CAPACITY {
            write(&mut state.lines);
        } else {
            state.dropped += 1;
        }
        if state.asleep {
            state.asleep = false;
            shared.filled.notify_one();
        }
    }

    /// Waits until everything is written, but not for ever: the reader may be gone.
    pub fn flush(&self) {
        let Some(shared) = &self.0 else { return };
        let pending = |state: &mut State| !state.lines.is_empty() || state.writing;
        let _ = shared
            .emptied
            .wait_timeout_while(shared.state(), Duration::from_secs(1), pending)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut target: impl Write) {
        let mut batch = Vec::new();
        loop {
            let mut state = self.state();
            while state.lines.is_empty() {
                state.asleep = true;
                state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            drop(state);
            std::thread::sleep(GATHER);
            let mut state = self.state();
            std::mem::swap(&mut batch, &mut state.lines);
            let dropped = std::mem::take(&mut state.dropped);
            state.writing = true;
            drop(state);
            if dropped > 0 {
                let _ = writeln!(batch, r#"{{"level":"WARN","message":"log lines dropped","lines":{dropped}}}"#);
            }
            let _ = target.write_all(&batch).and_then(|()| target.flush());
            batch.clear();
            if batch.capacity() > 64 << 10 {
                batch.shrink_to(64 << 10);
            }
            self.state().writing = false;
            self.emptied.notify_all();
        }
    }
}

/// The writer of one event.
#[derive(Debug)]
pub struct Writer(Sink);

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.line(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Sink {
    type Writer = Writer;

    fn make_writer(&'a self) -> Self::Writer {
        Writer(self.clone())
    }
}
