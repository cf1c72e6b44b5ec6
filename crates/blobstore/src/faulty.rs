//! A store that fails on demand, for the tests of whoever uses a store.

use std::{
    collections::HashMap,
    fmt::Debug,
    future::Future,
    io,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt as _};
use tokio::sync::watch;

use crate::{BlobStore, BlobWriter, Location, Opened, StoreError, StoredObject, StoredUpload, UploadState};

/// What can be made to fail: the methods of [`BlobStore`] and [`BlobWriter`], and `Read`, a piece of an opened object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "they are named after the methods")]
pub enum Operation {
    Begin,
    Resume,
    Abort,
    Put,
    Open,
    Read,
    Size,
    Presign,
    Delete,
    List,
    ListUploads,
    Probe,
    Write,
    Pause,
    Commit,
}

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It does nothing and answers [`StoreError::Io`].
    Fail,
    /// It does nothing and answers [`StoreError::Full`].
    Full,
    /// It does what it should and answers [`StoreError::Io`] all the same, as when a connection breaks after success.
    LoseAnswer,
    /// The object ends here: a piece that is read, or the opening, answers [`StoreError::Truncated`].
    CutShort,
    /// It waits until [`FaultyStore::heal`], then does what it should.
    Stall,
    /// It waits for so long, then does what it should.
    Delay(Duration),
}

/// Passes everything on to another store, except where a fault was injected. Clones share faults and counters.
#[derive(Debug, Clone)]
pub struct FaultyStore<S> {
    store: S,
    plan: Arc<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    state: Mutex<State>,
    /// Counts how often the store was healed, and wakes what is stalled.
    healed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    calls: HashMap<Operation, u64>,
    /// By operation and number of the call, counted from 1 since the beginning.
    once: HashMap<(Operation, u64), Fault>,
    always: HashMap<Operation, Fault>,
}

impl<S: BlobStore> FaultyStore<S> {
    /// Wraps a store. Nothing fails yet.
    pub fn new(store: S) -> Self {
        Self { store, plan: Arc::default() }
    }

    /// The store inside, past all faults.
    pub fn inner(&self) -> &S {
        &self.store
    }

    /// Lets the `nth` call of an operation from now on fail; 1 is the next one.
    ///
    /// # Panics
    /// If `nth` is 0.
    pub fn fail_nth(&self, operation: Operation, nth: u64, fault: Fault) {
        assert!(nth > 0, "the next call is the first");
        let mut state = self.plan.state();
        let call = state.calls.get(&operation).copied().unwrap_or_default() + nth;
        state.once.insert((operation, call), fault);
    }

    /// Lets every call of an operation fail until [`heal`](Self::heal).
    pub fn fail_always(&self, operation: Operation, fault: Fault) {
        self.plan.state().always.insert(operation, fault);
    }

    /// Forgets all faults, and lets go on what is stalled.
    pub fn heal(&self) {
        let mut state = self.plan.state();
        state.once.clear();
        state.always.clear();
        self.plan.healed.send_modify(|times| *times += 1);
    }

    /// How often an operation was called, failed calls included.
    pub fn calls(&self, operation: Operation) -> u64 {
        self.plan.state().calls.get(&operation).copied().unwrap_or_default()
    }
}

impl Plan {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call. The fault that is due, and a watch on healing from this moment on.
    fn count(&self, operation: Operation) -> (Option<Fault>, watch::Receiver<u64>) {
        let mut state = self.state();
        let call = state.calls.entry(operation).or_default();
        *call += 1;
        let call = *call;
        let once = state.once.remove(&(operation, call));
        (once.or_else(|| state.always.get(&operation).copied()), self.healed.subscribe())
    }

    /// Does `work`, unless its turn has come to fail.
    async fn run<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let (fault, mut healed) = self.count(operation);
        match fault {
            None => work.await,
            Some(Fault::Fail) => Err(injected(operation)),
            Some(Fault::Full) => Err(StoreError::Full),
            Some(Fault::LoseAnswer) => {
                work.await?;
                Err(injected(operation))
            }
            Some(Fault::CutShort) => Err(StoreError::Truncated { expected: 1, actual: 0 }),
            Some(Fault::Stall) => {
                // An error would mean that the plan is gone, but it is borrowed here.
                let _ = healed.changed().await;
                work.await
            }
            Some(Fault::Delay(duration)) => {
                tokio::time::sleep(duration).await;
                work.await
            }
        }
    }

    fn writer(self: &Arc<Self>, writer: Box<dyn BlobWriter>) -> Box<dyn BlobWriter> {
        Box::new(FaultyWriter { writer, plan: self.clone() })
    }

    /// Lets the items of a stream fail one by one. After an error nothing follows.
    fn stream<T: Send + 'static>(
        self: &Arc<Self>,
        operation: Operation,
        items: BoxStream<'static, Result<T, StoreError>>,
    ) -> BoxStream<'static, Result<T, StoreError>> {
        stream::unfold(Some((self.clone(), items)), move |state| async move {
            let (plan, mut items) = state?;
            let item = plan.run(operation, async { items.next().await.transpose() }).await;
            match item {
                Ok(None) => None,
                Ok(Some(item)) => Some((Ok(item), Some((plan, items)))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }
}

fn injected(operation: Operation) -> StoreError {
    StoreError::Io(io::Error::other(format!("injected fault in {operation:?}")))
}

#[async_trait]
impl<S: BlobStore> BlobStore for FaultyStore<S> {
    async fn begin(&self) -> Result<Box<dyn BlobWriter>, StoreError> {
        let writer = self.plan.run(Operation::Begin, self.store.begin()).await?;
        Ok(self.plan.writer(writer))
    }

    async fn begin_at(&self, location: &Location) -> Result<Box<dyn BlobWriter>, StoreError> {
        let writer = self.plan.run(Operation::Begin, self.store.begin_at(location)).await?;
        Ok(self.plan.writer(writer))
    }

    fn place(&self) -> String {
        self.store.place()
    }

    async fn resume(&self, state: &UploadState, offset: u64) -> Result<Box<dyn BlobWriter>, StoreError> {
        let writer = self.plan.run(Operation::Resume, self.store.resume(state, offset)).await?;
        Ok(self.plan.writer(writer))
    }

    async fn await_free(&self, state: &UploadState) -> Result<(), StoreError> {
        self.store.await_free(state).await
    }

    async fn abort(&self, state: &UploadState) -> Result<(), StoreError> {
        self.plan.run(Operation::Abort, self.store.abort(state)).await
    }

    async fn put(&self, bytes: Bytes) -> Result<Location, StoreError> {
        self.plan.run(Operation::Put, self.store.put(bytes)).await
    }

    async fn open_version(&self, location: &Location, range: Range<u64>) -> Result<Opened, StoreError> {
        let Opened { bytes, version } =
            self.plan.run(Operation::Open, self.store.open_version(location, range)).await?;
        Ok(Opened { bytes: self.plan.stream(Operation::Read, bytes), version })
    }

    async fn size(&self, location: &Location) -> Result<Option<u64>, StoreError> {
        self.plan.run(Operation::Size, self.store.size(location)).await
    }

    async fn presign(
        &self,
        location: &Location,
        content_type: &str,
        expires: Duration,
    ) -> Result<Option<String>, StoreError> {
        self.plan.run(Operation::Presign, self.store.presign(location, content_type, expires)).await
    }

    async fn delete_many(&self, locations: &[Location]) -> Result<(), StoreError> {
        self.plan.run(Operation::Delete, self.store.delete_many(locations)).await
    }

    fn list(&self) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        self.plan.stream(Operation::List, self.store.list())
    }

    fn parts(&self) -> Vec<String> {
        self.store.parts()
    }

    fn list_part(&self, part: &str) -> BoxStream<'static, Result<StoredObject, StoreError>> {
        self.plan.stream(Operation::List, self.store.list_part(part))
    }

    fn list_uploads(&self, untouched_since: SystemTime) -> BoxStream<'static, Result<StoredUpload, StoreError>> {
        self.plan.stream(Operation::ListUploads, self.store.list_uploads(untouched_since))
    }

    async fn probe(&self) -> Result<(), StoreError> {
        self.plan.run(Operation::Probe, self.store.probe()).await
    }
}

struct FaultyWriter {
    writer: Box<dyn BlobWriter>,
    plan: Arc<Plan>,
}

#[async_trait]
impl BlobWriter for FaultyWriter {
    async fn write(&mut self, chunk: Bytes) -> Result<(), StoreError> {
        self.plan.run(Operation::Write, self.writer.write(chunk)).await
    }

    async fn pause(self: Box<Self>) -> Result<UploadState, StoreError> {
        let Self { writer, plan } = *self;
        plan.run(Operation::Pause, writer.pause()).await
    }

    async fn commit(self: Box<Self>) -> Result<Location, StoreError> {
        let Self { writer, plan } = *self;
        plan.run(Operation::Commit, writer.commit()).await
    }

    async fn abort(self: Box<Self>) {
        let Self { writer, plan } = *self;
        let aborted = plan.run(Operation::Abort, async {
            writer.abort().await;
            Ok(())
        });
        // Nothing can be answered; a fault only keeps the garbage.
        drop(aborted.await);
    }
}
