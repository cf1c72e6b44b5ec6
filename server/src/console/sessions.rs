//! Browser sessions: a random id in a cookie, its SHA-256 and what belongs to it in the database.
//!
//! An id has 256 bits and is replaced whenever its owner proves who they are. The cookie's name and attributes follow
//! from how the outside reaches us, which can differ between requests, so they are chosen for each answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app::ssr::SessionFuture;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use registry::{
    Actor, Clock, Origin, Registry,
    access::{SecretMark, UserId},
    people::{ClientInfo, SessionRecord, SignedIn},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use super::known_browsers::KnownBrowsers;
use crate::config;

/// Extending by less than this is not worth a write.
const STEP: Duration = Duration::MINUTE;

/// The longest that a browser's own description of itself is kept.
const USER_AGENT: usize = 256;

/// What opens and finds sessions. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sessions {
    registry: Registry,
    known: Arc<KnownBrowsers>,
    clock: Arc<dyn Clock>,
    idle: Duration,
    absolute: Duration,
}

/// What a session holds beside its owner.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Data {
    /// When its owner signed in, in seconds since 1970.
    opened_at: i64,
    /// When they last gave their password.
    proved_at: i64,
}

/// The session of one request's browser.
#[derive(Debug)]
pub struct BrowserSession {
    sessions: Sessions,
    origin: Origin,
    user_agent: Option<String>,
    https: bool,
    /// Whether the browser showed a session that is no more.
    expired: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<SessionRecord>,
    /// What the browser is known for, as its cookie says.
    known: String,
    /// Cookies for the answer.
    changed: Vec<(&'static str, String, Duration)>,
}

impl State {
    /// Gives a cookie, or takes it away with an age of zero.
    fn set(&mut self, name: &'static str, value: String, age: Duration) {
        self.changed.retain(|(other, ..)| *other != name);
        self.changed.push((name, value, age));
    }
}

impl Sessions {
    /// Sessions of a registry.
    pub fn new(registry: Registry, known: KnownBrowsers, clock: Arc<dyn Clock>, limits: config::Sessions) -> Self {
        let limit = |limit: std::time::Duration| Duration::try_from(limit).unwrap_or(Duration::MAX);
        Self { registry, known: Arc::new(known), clock, idle: limit(limits.idle), absolute: limit(limits.absolute) }
    }

    /// The session that a request's cookie names, if it still stands. Using it keeps it open, but not when the page asks
    /// `by_itself`.
    pub async fn of(
        &self,
        headers: &HeaderMap,
        origin: Origin,
        https: bool,
        by_itself: bool,
    ) -> registry::Result<BrowserSession> {
        let shown = cookie(headers, cookie_name(https)).map(str::to_owned);
        let current = match shown.as_deref().and_then(hash) {
            Some(hash) => self.find(&hash, !by_itself).await?,
            None => None,
        };
        let user_agent =
            headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let mut state = State { current, ..State::default() };
        cookie(headers, known_name(https)).unwrap_or_default().clone_into(&mut state.known);
        let expired = shown.is_some() && state.current.is_none();
        if expired {
            state.set(cookie_name(https), String::new(), Duration::ZERO);
        }
        let user_agent = user_agent.map(|text| text.chars().take(USER_AGENT).collect());
        Ok(BrowserSession { sessions: self.clone(), origin, user_agent, https, expired, state: Mutex::new(state) })
    }

    async fn find(&self, hash: &[u8; 32], extend: bool) -> registry::Result<Option<SessionRecord>> {
        let Some(mut record) = self.registry.sessions.find(hash).await? else { return Ok(None) };
        let Some(data) = data(&record) else { return Ok(None) };
        let now = self.clock.now();
        let end = self.end(data, now);
        if now >= record.expires_at || now >= end.1 {
            self.registry.sessions.delete(hash).await?;
            return Ok(None);
        }
        if extend && end.0 - record.expires_at >= STEP {
            record.expires_at = end.0;
            self.registry.sessions.save(&record, false).await?;
        }
        Ok(Some(record))
    }

    /// When a session used now ends, and when it ends in any case.
    fn end(&self, data: Data, now: OffsetDateTime) -> (OffsetDateTime, OffsetDateTime) {
        let opened = OffsetDateTime::from_unix_timestamp(data.opened_at).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let last = opened.saturating_add(self.absolute);
        (now.saturating_add(self.idle).min(last), last)
    }
}

impl BrowserSession {
    /// Whose it is.
    pub fn user(&self) -> Option<UserId> {
        self.state().current.as_ref().and_then(|record| record.user)
    }

    /// Whether the browser showed a session that is no more.
    pub fn has_expired(&self) -> bool {
        self.expired
    }

    /// Adds the cookies that this request changed to its answer.
    pub fn write_cookies(&self, headers: &mut HeaderMap) {
        for (name, value, age) in std::mem::take(&mut self.state().changed) {
            let secure = if self.https { "; Secure" } else { "" };
            let age = age.whole_seconds();
            let cookie = format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
            headers.append(header::SET_COOKIE, HeaderValue::try_from(cookie).expect("names and base64"));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores a session under a new id and gives the browser the id.
    async fn open(&self, user: UserId, data: Data) -> registry::Result<()> {
        let now = self.sessions.clock.now();
        let (expires_at, last) = self.sessions.end(data, now);
        let data_bytes = serde_json::to_vec(&data).expect("two numbers always serialize");
        loop {
            let mut id = [0; 32];
            getrandom::fill(&mut id).expect("the system gives randomness, or nothing here is safe");
            let record = SessionRecord {
                id_hash: Sha256::digest(id).into(),
                user: Some(user),
                data: data_bytes.clone(),
                expires_at,
                address: Some(self.origin.address.to_string()),
                user_agent: self.user_agent.clone(),
            };
            if self.sessions.registry.sessions.save(&record, true).await? {
                let mut state = self.state();
                state.current = Some(record);
                state.set(cookie_name(self.https), URL_SAFE_NO_PAD.encode(id), last - now);
                return Ok(());
            }
        }
    }

    /// Gives the browser the mark of an account whose password it has shown.
    fn remember(&self, username: &str, shown: SecretMark) {
        let mut state = self.state();
        let known = self.sessions.known.add(&state.known, username, shown);
        state.set(known_name(self.https), known, Duration::days(365));
    }

    /// Ends the present session, if there is one.
    async fn close(&self) -> registry::Result<()> {
        let current = self.state().current.take();
        match current {
            Some(record) => self.sessions.registry.sessions.delete(&record.id_hash).await,
            None => Ok(()),
        }
    }
}

impl app::ssr::Session for BrowserSession {
    fn sign_in<'a>(&'a self, username: &'a str, person: &'a SignedIn) -> SessionFuture<'a> {
        Box::pin(async move {
            self.close().await?;
            let now = self.sessions.clock.now().unix_timestamp();
            self.open(person.user, Data { opened_at: now, proved_at: now }).await?;
            self.remember(username, person.shown);
            Ok(())
        })
    }

    fn sign_out<'a>(&'a self, person: &'a Actor) -> SessionFuture<'a> {
        Box::pin(async move {
            let current = self.state().current.take();
            if let Some(record) = current {
                self.sessions.registry.sessions.sign_out(person, &record.id_hash).await?;
            }
            self.state().set(cookie_name(self.https), String::new(), Duration::ZERO);
            Ok(())
        })
    }

    fn renew<'a>(&'a self, username: &'a str, shown: SecretMark) -> SessionFuture<'a> {
        Box::pin(async move {
            let current = self.state().current.clone();
            let Some((user, mut data)) = current.and_then(|record| Some((record.user?, data(&record)?))) else {
                return Ok(());
            };
            self.close().await?;
            data.proved_at = self.sessions.clock.now().unix_timestamp();
            self.open(user, data).await?;
            self.remember(username, shown);
            Ok(())
        })
    }

    fn prove(&self) -> SessionFuture<'_> {
        Box::pin(async move {
            let current = self.state().current.clone();
            let known = current.and_then(|record| Some((data(&record)?, record)));
            let Some((mut data, mut record)) = known else { return Err(registry::Error::Unauthenticated) };
            data.proved_at = self.sessions.clock.now().unix_timestamp();
            record.data = serde_json::to_vec(&data).expect("two numbers always serialize");
            if !self.sessions.registry.sessions.save(&record, false).await? {
                return Err(registry::Error::Unauthenticated);
            }
            self.state().current = Some(record);
            Ok(())
        })
    }

    fn attempt(&self, username: &str) -> ClientInfo {
        let known_browser = self.sessions.known.find(&self.state().known, username);
        ClientInfo { origin: self.origin.clone(), known_browser }
    }

    fn key(&self) -> Option<[u8; 32]> {
        self.state().current.as_ref().map(|record| record.id_hash)
    }

    fn signed_in_at(&self) -> Option<OffsetDateTime> {
        let proved = data(self.state().current.as_ref()?)?.proved_at;
        OffsetDateTime::from_unix_timestamp(proved).ok()
    }
}

fn data(record: &SessionRecord) -> Option<Data> {
    serde_json::from_slice(&record.data).ok()
}

/// With `__Host-` browsers take the cookie over TLS only, and from this very host.
const fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-slipway" } else { "slipway" }
}

const fn known_name(https: bool) -> &'static str {
    if https { "__Host-slipway-known" } else { "slipway-known" }
}

/// A cookie's value.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// What the database knows an id by; nothing for what is no id of ours.
fn hash(value: &str) -> Option<[u8; 32]> {
    let mut id = [0; 32];
    let length = URL_SAFE_NO_PAD.decode_slice(value, &mut id).ok()?;
    (length == id.len()).then(|| Sha256::digest(id).into())
}
