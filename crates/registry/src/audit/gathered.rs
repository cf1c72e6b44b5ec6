//! What happens often, gathered in memory and written in batches: pulls, uses of robots, tokens and passwords by clients,
//! guesses at passwords, and what is refused to those who guess too fast.
//!
//! Each kind has a span. The first of a kind writes a row at the next flush, and what follows within the span is added to that row,
//! so the log is at most one flush behind and one machine's thousand pulls are one line. A crash loses the last few seconds.
//! However many distinct things happen, memory and rows are bounded: beyond [`OPEN`] and [`GUESSES`] they are counted together.

use crate::{
    Actor, Origin, Result, Subject,
    access::ProjectId,
    db::{self, Db, audit::Event},
};
use oci::{Digest, Reference, RepositoryName};
use serde_json::json;
use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const MINUTE: i64 = 60 * 1_000_000;

/// Distinct pulls and uses that are told apart at once.
const OPEN: usize = 20_000;

/// Distinct names and addresses of guesses that are told apart at once. Whoever guesses chooses them, so this bounds what an
/// attacker writes: 500 rows in a span.
const GUESSES: usize = 500;

/// Addresses that one gathered event names.
const ADDRESSES: usize = 8;

/// Rows that one transaction of the flush changes, so that pushes do not wait for it.
const STEP: usize = 100;

/// What is gathered into one event. Made without allocating where it is made by pulls.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    /// A manifest, by the tag that it was asked for or found by.
    Pull { by: Subject, manifest: i64, tag: Option<i64> },
    /// Further pulls of a repository that are not told apart.
    Pulls { repository: i64 },
    /// Credentials that were shown.
    Use { by: Subject, address: IpAddr },
    /// Further uses that are not told apart.
    Uses,
    /// What somebody who is signed in was refused before their password was looked at, or further ones that are not told apart.
    Slowed(Option<(Subject, &'static str)>),
    /// A name that somebody could not sign in with, or wrong ones that are not told apart.
    Guess(Option<(Box<str>, IpAddr)>),
}

impl Key {
    /// How long one event gathers.
    fn span(&self) -> i64 {
        match self {
            Self::Pull { .. } | Self::Pulls { .. } | Self::Slowed(_) | Self::Guess(_) => 10 * MINUTE,
            Self::Use { .. } | Self::Uses => 60 * MINUTE,
        }
    }
}

/// An event that may go on.
#[derive(Clone, Debug)]
struct Open {
    event: Event,
    /// The tag whose name has to be found out.
    unnamed: Option<i64>,
    row: Option<i64>,
    addresses: Vec<IpAddr>,
    /// What is not written yet.
    waiting: u64,
    first: i64,
    last: i64,
}

/// A manifest that was pulled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pulled<'a> {
    pub(crate) project: ProjectId,
    pub(crate) repository: i64,
    pub(crate) name: &'a RepositoryName,
    pub(crate) reference: &'a Reference,
    pub(crate) digest: &'a Digest,
    pub(crate) manifest: i64,
    /// The tag that it was found by.
    pub(crate) tag: Option<i64>,
}

/// Gathers; see the module. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Gathered(Arc<Inner>);

#[derive(Default)]
struct Inner {
    open: Mutex<HashMap<Key, Open>>,
    guesses: Mutex<HashMap<Key, Open>>,
    /// Two flushes at once would write the same first row twice.
    flushing: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Gathered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gathered")
    }
}

impl Gathered {
    /// Somebody pulled a manifest.
    pub(crate) fn pulled(&self, actor: &Actor, pulled: &Pulled<'_>, now: i64) {
        let address = actor.origin().map(|origin| origin.address);
        let key = Key::Pull { by: actor.subject().clone(), manifest: pulled.manifest, tag: pulled.tag };
        let mut open = lock(&self.0.open);
        if again(&mut open, &key, address, now) {
            return;
        }
        if open.len() < OPEN {
            let resource = match pulled.reference {
                Reference::Tag(tag) => format!("{}:{tag}", pulled.name),
                Reference::Digest(digest) => format!("{}@{digest}", pulled.name),
            };
            let event = Event::new(actor, "manifest.pull", resource)
                .in_project(pulled.project)
                .with(json!({ "digest": pulled.digest }));
            let unnamed = pulled.tag.filter(|_| matches!(pulled.reference, Reference::Digest(_)));
            open.insert(key, Open { unnamed, ..Open::new(event, address, now) });
            return;
        }
        let key = Key::Pulls { repository: pulled.repository };
        if !again(&mut open, &key, address, now) {
            let event = Event::new(&Actor::anonymous(), "manifest.pull", pulled.name.to_string());
            let event = event.in_project(pulled.project).with(json!({ "together": true }));
            open.insert(key, Open::new(event, address, now));
        }
    }

    /// A client showed credentials that are right.
    pub(crate) fn used(&self, actor: &Actor, now: i64) {
        let Some(origin) = actor.origin() else { return };
        let action = match actor.subject() {
            Subject::User(_) => "sign_in",
            Subject::AccessToken(..) => "access_token.use",
            Subject::Robot(_) => "robot.use",
            Subject::Anonymous | Subject::System => return,
        };
        let address = origin.address;
        let key = Key::Use { by: actor.subject().clone(), address };
        let mut open = lock(&self.0.open);
        if again(&mut open, &key, Some(address), now) {
            return;
        }
        if open.len() < OPEN {
            let mut event = Event::new(actor, action, actor.name()).with(json!({ "via": "client" }));
            if let Subject::AccessToken(token, _) = actor.subject() {
                event.detail("token", json!(token.0));
            }
            open.insert(key, Open::new(event, Some(address), now));
        } else if !again(&mut open, &Key::Uses, Some(address), now) {
            let event =
                Event::new(&Actor::anonymous(), "sign_in", "").with(json!({ "via": "client", "together": true }));
            open.insert(Key::Uses, Open::new(event, Some(address), now));
        }
    }

    /// Somebody who is signed in gave their password too often; `event` is what they wanted with it.
    pub(crate) fn slowed(&self, actor: &Actor, event: Event, address: Option<IpAddr>, now: i64) {
        let key = Key::Slowed(Some((actor.subject().clone(), event.action())));
        let mut open = lock(&self.0.open);
        if again(&mut open, &key, address, now) {
            return;
        }
        if open.len() < OPEN {
            open.insert(key, Open::new(event.failed(), address, now));
        } else if !again(&mut open, &Key::Slowed(None), address, now) {
            let event = Event::new(&Actor::anonymous(), event.action(), "").failed().with(json!({ "together": true }));
            open.insert(Key::Slowed(None), Open::new(event, address, now));
        }
    }

    /// Somebody could not sign in with this name.
    pub(crate) fn refused(&self, name: &str, origin: &Origin, now: i64) {
        let address = Some(origin.address);
        let nobody = Actor::anonymous().coming_from(origin.clone());
        let mut guesses = lock(&self.0.guesses);
        let key = Key::Guess(Some((name.into(), origin.address)));
        if again(&mut guesses, &key, address, now) {
            return;
        }
        if guesses.len() < GUESSES {
            let event = Event::new(&nobody, "sign_in", name).failed();
            guesses.insert(key, Open::new(event, address, now));
        } else if !again(&mut guesses, &Key::Guess(None), address, now) {
            let event = Event::new(&nobody, "sign_in", "").failed().with(json!({ "together": true }));
            guesses.insert(Key::Guess(None), Open::new(event, address, now));
        }
    }

    /// Writes what was gathered.
    ///
    /// # Errors
    /// [`crate::Error::Database`]; what was not written is kept for the next time.
    pub(crate) async fn flush(&self, db: &Db, now: i64) -> Result<()> {
        let _only = self.0.flushing.lock().await;
        for map in [&self.0.open, &self.0.guesses] {
            let waiting: Vec<(Key, Open)> = {
                let mut open = lock(map);
                open.retain(|key, event| event.waiting > 0 || now - event.first < key.span());
                let waiting = open.iter().filter(|(_, event)| event.waiting > 0);
                waiting.map(|(key, event)| (key.clone(), event.clone())).collect()
            };
            for step in waiting.chunks(STEP) {
                let events: Vec<Open> = step.iter().map(|(_, event)| event.clone()).collect();
                let written = db.write(events, |txn, events| Box::pin(write(txn, events))).await?;
                let mut open = lock(map);
                for ((key, before), (row, event)) in step.iter().zip(written) {
                    if let Entry::Occupied(mut now) = open.entry(key.clone()) {
                        let open = now.get_mut();
                        open.waiting -= before.waiting;
                        open.row = Some(row);
                        open.event = event;
                        open.unnamed = None;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Open {
    fn new(event: Event, address: Option<IpAddr>, now: i64) -> Self {
        let addresses = address.into_iter().collect();
        Self { event, unnamed: None, row: None, addresses, waiting: 1, first: now, last: now }
    }

    /// How it reads now.
    fn event(&self) -> Event {
        let mut event = self.event.clone();
        if self.addresses.len() > 1 {
            let addresses: Vec<_> = self.addresses.iter().map(|address| address.to_canonical().to_string()).collect();
            event.detail("addresses", json!(addresses));
        }
        event
    }
}

/// Adds to an event that is open and whose span has not ended.
fn again(open: &mut HashMap<Key, Open>, key: &Key, address: Option<IpAddr>, now: i64) -> bool {
    let Some(event) = open.get_mut(key) else { return false };
    // One that ended with something to write stays until that is written; it takes what comes in between.
    if now - event.first >= key.span() && event.waiting == 0 {
        return false;
    }
    event.waiting += 1;
    event.last = event.last.max(now);
    if let Some(address) = address
        && event.addresses.len() < ADDRESSES
        && !event.addresses.contains(&address)
    {
        event.addresses.push(address);
    }
    true
}

/// Writes each; its row, and the event with its tag's name.
async fn write(txn: &db::Transaction, events: &[Open]) -> Result<Vec<(i64, Event)>> {
    let mut written = Vec::with_capacity(events.len());
    for open in events {
        let mut event = open.event();
        if let Some(tag) = open.unnamed
            && let Some(name) = db::tags::find_name(txn, tag).await?
            && let Some((repository, _)) = event.resource().split_once('@')
        {
            let resource = format!("{repository}:{name}");
            event.rename(resource);
        }
        if let Some(row) = open.row
            && db::audit::go_on(txn, row, &event, open.waiting, open.last).await?
        {
            written.push((row, event));
            continue;
        }
        let first = event.clone().gathered(open.waiting, open.last);
        let row = db::audit::begin(txn, &first, open.first).await?;
        written.push((row, event));
    }
    Ok(written)
}

fn lock(map: &Mutex<HashMap<Key, Open>>) -> MutexGuard<'_, HashMap<Key, Open>> {
    // Each change is one insertion or addition, whole also after a panic elsewhere.
    map.lock().unwrap_or_else(PoisonError::into_inner)
}
