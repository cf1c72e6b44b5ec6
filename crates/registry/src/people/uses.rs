//! When and from where robots and access tokens were last used, gathered in memory and written in batches: a pull writes
//! nothing in its path. A crash loses the last few seconds of it and nothing else.

use crate::{
    Result, Subject,
    db::{self, Db},
};
use std::{
    collections::BTreeMap,
    fmt, mem,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

/// Rows that one transaction of the flush changes at most.
const FLUSH_STEP: usize = 200;

/// Gathers. Cheap to clone; all clones gather together.
#[derive(Clone, Default)]
pub(crate) struct Uses(Arc<Mutex<Seen>>);

/// What was seen, by row id: when (in microseconds) and from where.
#[derive(Clone, Debug, Default)]
struct Seen {
    robots: BTreeMap<i64, (i64, IpAddr)>,
    tokens: BTreeMap<i64, (i64, IpAddr)>,
}

impl Uses {
    /// Somebody showed their secret. People's own passwords are not gathered here.
    pub(crate) fn note(&self, subject: &Subject, address: IpAddr, now: i64) {
        let mut seen = self.lock();
        match subject {
            Subject::Robot(robot) => seen.robots.insert(robot.0, (now, address)),
            Subject::AccessToken(token, _) => seen.tokens.insert(token.0, (now, address)),
            Subject::Anonymous | Subject::User(_) | Subject::System => None,
        };
    }

    /// Writes what was gathered.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; what was not written is kept for the next time.
    pub(crate) async fn flush(&self, db: &Db) -> Result<()> {
        let mut seen = mem::take(&mut *self.lock());
        let mut written = write(db, "robots", &mut seen.robots).await;
        if written.is_ok() {
            written = write(db, "access_tokens", &mut seen.tokens).await;
        }
        self.give_back(seen);
        written
    }

    /// What is newer stays.
    fn give_back(&self, older: Seen) {
        let mut seen = self.lock();
        for (id, at) in older.robots {
            seen.robots.entry(id).or_insert(at);
        }
        for (id, at) in older.tokens {
            seen.tokens.entry(id).or_insert(at);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Seen> {
        // It is whole between any two statements, also after a panic elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes and takes out, step by step, so that pushes do not wait for it.
async fn write(db: &Db, table: &'static str, seen: &mut BTreeMap<i64, (i64, IpAddr)>) -> Result<()> {
    while !seen.is_empty() {
        let step = seen.iter().take(FLUSH_STEP).map(|(id, (at, address))| (*id, *at, address.to_string()));
        let step: Vec<_> = step.collect();
        let written: Vec<_> = step.iter().map(|(id, ..)| *id).collect();
        db.write((table, step), |txn, (table, step)| Box::pin(db::uses::add(txn, table, step))).await?;
        seen.retain(|id, _| !written.contains(id));
    }
    Ok(())
}

impl fmt::Debug for Uses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uses")
    }
}
