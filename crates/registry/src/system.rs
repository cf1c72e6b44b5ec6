//! The installation itself, for those who run it: how database and store are, how much there is, what the last look from outside
//! found. For administrators and the operator.

use crate::{
    Access, Actor, Clock, Ground, Result,
    content::{Content, stored},
    db::{self, Db},
};
use api_types::{CheckReport, DatabaseHealth, StoreStep, SystemCounts};
use blobstore::{Location, StoreError};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

/// Where the last report is kept.
const REPORT: &str = "connection_check";

/// What is stored on trial: enough to be told from anything else.
const SAMPLE: &[u8] = b"Slipway tries whether it can store, read and delete here.";

/// How long each step of a trial may take.
const STEP: Duration = Duration::from_secs(15);

/// How long a URL for the object on trial serves.
const URL_LIFE: Duration = Duration::from_mins(2);

/// The service of the system.
#[derive(Clone, Debug)]
pub struct System {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
    content: Content,
}

/// The store at a moment, apart from where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreAnswer {
    /// How long it took to prove that it takes bytes.
    pub latency: Duration,
    /// Why it does not.
    pub problem: Option<String>,
    /// Bytes of all blobs, each once.
    pub stored: u64,
}

/// An object that was stored on trial. It stays until [`Trial::end`].
#[derive(Debug)]
pub struct Trial {
    content: Content,
    location: Option<Location>,
    /// What was tried and refused, with the store's word for why.
    pub refused: Vec<(StoreStep, String)>,
    /// Where clients could fetch the object, if they fetch from the store at all.
    pub url: Option<String>,
    /// What they would get.
    pub sample: &'static [u8],
}

impl System {
    pub(crate) fn new((db, access, clock): Ground, content: Content) -> Self {
        Self { db, access, clock, content }
    }

    /// The database at this moment.
    ///
    /// # Errors
    /// [`crate::Error::AdministratorsOnly`]; [`crate::Error::Database`] if it does not answer.
    pub async fn database(&self, actor: &Actor) -> Result<DatabaseHealth> {
        self.access.administrator(actor).await?;
        let reader = self.db.reader();
        // The first statement of a connection costs more than those that follow.
        self.db.probe().await?;
        let asked = Instant::now();
        let told = db::system::clock(reader).await?;
        let latency = asked.elapsed();
        let ahead = told.map(|told| (told - db::micros(self.clock.now() - latency / 2)) / 1_000);
        let (kind, version, size) = db::system::about(reader).await?;
        Ok(DatabaseHealth { kind, version, latency: micros(latency), size, ahead })
    }

    /// The store at this moment. That it does not answer is an answer too.
    ///
    /// # Errors
    /// [`crate::Error::AdministratorsOnly`], [`crate::Error::Database`].
    pub async fn store(&self, actor: &Actor, patience: Duration) -> Result<StoreAnswer> {
        self.access.administrator(actor).await?;
        let stored = db::system::stored(self.db.reader()).await?;
        let asked = Instant::now();
        let problem = match tokio::time::timeout(patience, self.content.store.probe()).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(reason(&error)),
            Err(_) => Some(format!("no answer in {} s", patience.as_secs())),
        };
        Ok(StoreAnswer { latency: asked.elapsed(), problem, stored })
    }

    /// How much there is of everything.
    ///
    /// # Errors
    /// [`crate::Error::AdministratorsOnly`], [`crate::Error::Database`].
    pub async fn counts(&self, actor: &Actor) -> Result<SystemCounts> {
        self.access.administrator(actor).await?;
        db::system::counts(self.db.reader()).await
    }

    /// Tries everything that serving needs of the store on an object of its own.
    ///
    /// # Errors
    /// [`crate::Error::AdministratorsOnly`]. What the store refuses is in the trial.
    pub async fn try_store(&self, actor: &Actor) -> Result<Trial> {
        self.access.administrator(actor).await?;
        let asked = Instant::now();
        let store = &self.content.store;
        let mut trial =
            Trial { content: self.content.clone(), location: None, refused: Vec::new(), url: None, sample: SAMPLE };
        match answered(store.put(Bytes::from_static(SAMPLE))).await {
            Ok(location) => {
                if let Err(reason) = self.read_back(&location).await {
                    trial.refused.push((StoreStep::Get, reason));
                }
                trial.url = stored(store.presign(&location, "application/octet-stream", URL_LIFE).await)?;
                trial.location = Some(location);
            }
            Err(reason) => {
                trial.refused.push((StoreStep::Put, reason));
                // Who does not answer at all is not asked again and again.
                if asked.elapsed() >= STEP / 2 {
                    return Ok(trial);
                }
            }
        }
        if let Err(reason) = answered(store.probe()).await {
            trial.refused.push((StoreStep::Multipart, reason));
        }
        // Older than any upload, so that nothing of what runs is shown.
        let mut uploads = store.list_uploads(SystemTime::UNIX_EPOCH);
        if let Err(reason) = answered(async { uploads.next().await.transpose() }).await {
            trial.refused.push((StoreStep::List, reason));
        }
        Ok(trial)
    }

    async fn read_back(&self, location: &Location) -> std::result::Result<(), String> {
        let read = answered(async {
            let mut read = BytesMut::new();
            let mut stream = self.content.store.open(location, 0..SAMPLE.len() as u64).await?;
            while let Some(piece) = stream.next().await {
                read.extend_from_slice(&piece?);
            }
            Ok(read)
        });
        if read.await? == SAMPLE { Ok(()) } else { Err("other bytes came back than were stored".to_owned()) }
    }

    /// The last report, and when it was kept.
    ///
    /// # Errors
    /// [`crate::Error::AdministratorsOnly`], [`crate::Error::Database`].
    pub async fn last_check(&self, actor: &Actor) -> Result<Option<CheckReport>> {
        self.access.administrator(actor).await?;
        let text = db::settings::find(self.db.reader(), REPORT).await?;
        // A report of another release is none.
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }

    /// Keeps a report for everybody who looks at the system, in place of the one before.
    ///
    /// # Errors
    /// [`crate::Error::AdministratorsOnly`], [`crate::Error::Database`].
    pub async fn keep_check(&self, actor: &Actor, report: &CheckReport) -> Result<()> {
        self.access.administrator(actor).await?;
        let text = serde_json::to_string(report).map_err(|error| crate::Error::Database(Box::new(error)))?;
        let now = db::micros(self.clock.now());
        self.db
            .write((text, now), |txn, (text, now)| {
                Box::pin(async move { db::settings::set(txn, REPORT, text, *now).await })
            })
            .await
    }
}

impl Trial {
    /// Removes the object. Says what was refused all in all.
    pub async fn end(mut self) -> Vec<(StoreStep, String)> {
        if let Some(location) = self.location.take()
            && let Err(reason) = answered(self.content.store.delete_many(&[location])).await
        {
            self.refused.push((StoreStep::Delete, reason));
        }
        self.refused
    }
}

/// What a step of a trial gives, or why it gives nothing.
async fn answered<T>(step: impl Future<Output = std::result::Result<T, StoreError>>) -> std::result::Result<T, String> {
    match tokio::time::timeout(STEP, step).await {
        Ok(result) => result.map_err(|error| reason(&error)),
        Err(_) => Err(format!("no answer in {} s", STEP.as_secs())),
    }
}

/// The store's own word where there is one.
fn reason(error: &StoreError) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
