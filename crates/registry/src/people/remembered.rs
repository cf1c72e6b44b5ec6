//! Credentials that were right a moment ago, so that a thousand requests with one password cost one argon2.
//!
//! Neither name nor secret is kept, only an HMAC of both under a key that lives as long as this process.

use super::tokens;
use crate::{Result, Subject, access::SecretMark};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::{fmt, sync::Arc};
use time::OffsetDateTime;
use tokio::sync::Mutex;

/// Credentials remembered at most.
const CAPACITY: u64 = 10_000;

/// Longer than anything is remembered; only frees memory.
const DROPPED_AFTER: std::time::Duration = std::time::Duration::from_mins(10);

/// Longer than a check takes; only frees memory.
const CHECK_FORGOTTEN_AFTER: std::time::Duration = std::time::Duration::from_secs(30);

pub(super) struct Remembered {
    key: Hmac<Sha256>,
    entries: moka::sync::Cache<[u8; 32], Entry>,
    checks: moka::sync::Cache<[u8; 32], Arc<Mutex<()>>>,
}

#[derive(Clone)]
struct Entry {
    subject: Subject,
    shown: SecretMark,
    until: OffsetDateTime,
}

impl Remembered {
    pub(super) fn new() -> Result<Self> {
        let key = tokens::random_bytes::<32>()?;
        let key = Hmac::new_from_slice(&key).map_err(|error| crate::Error::Internal(Box::new(error)))?;
        let entries = moka::sync::Cache::builder().max_capacity(CAPACITY).time_to_live(DROPPED_AFTER).build();
        let checks = moka::sync::Cache::builder().max_capacity(CAPACITY).time_to_idle(CHECK_FORGOTTEN_AFTER).build();
        Ok(Self { key, entries, checks })
    }

    /// What credentials are remembered under.
    pub(super) fn key(&self, username: &str, secret: &str) -> [u8; 32] {
        let mut mac = self.key.clone();
        // The length keeps ("ab", "c") from being ("a", "bc").
        mac.update(&(username.len() as u64).to_be_bytes());
        mac.update(username.as_bytes());
        mac.update(secret.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Whose they are, and which of the account's secrets.
    pub(super) fn find(&self, key: &[u8; 32], now: OffsetDateTime) -> Option<(Subject, SecretMark)> {
        let entry = self.entries.get(key).filter(|entry| now < entry.until)?;
        Some((entry.subject, entry.shown))
    }

    /// For whoever is about to check them: many that come at once with the same ones wait here for the first one's check.
    pub(super) fn check(&self, key: &[u8; 32]) -> Arc<Mutex<()>> {
        self.checks.get_with_by_ref(key, Arc::default)
    }

    pub(super) fn keep(&self, key: [u8; 32], subject: Subject, shown: SecretMark, until: OffsetDateTime) {
        self.entries.insert(key, Entry { subject, shown, until });
    }
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembered")
    }
}
