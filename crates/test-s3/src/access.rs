//! Whose requests are served: those that are signed with the key that everybody knows, and those of a role, with the
//! token that belongs to its key and for as long as both live.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use s3s::{
    S3Result,
    access::{S3Access, S3AccessContext},
    auth::{S3Auth, SecretKey},
    s3_error,
};

use crate::{ACCESS_KEY, SECRET_KEY};

/// Credentials that end.
#[derive(Clone)]
pub(crate) struct Temporary {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) token: String,
    pub(crate) end: SystemTime,
}

/// The keys that a server knows. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Keys(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    temporary: BTreeMap<String, Temporary>,
    used: Vec<String>,
}

impl Keys {
    /// Makes credentials that are good for a while.
    pub(crate) fn issue(&self, life: Duration) -> Temporary {
        let mut known = self.known();
        let number = known.temporary.len() + 1;
        let issued = Temporary {
            access_key: format!("ASIA{number:016}"),
            secret_key: format!("the-secret-of-{number}"),
            token: format!("the-token-of-{number}"),
            end: SystemTime::now() + life,
        };
        known.temporary.insert(issued.access_key.clone(), issued.clone());
        issued
    }

    /// The access keys that requests were signed with, in the order of their first use.
    pub(crate) fn used(&self) -> Vec<String> {
        self.known().used.clone()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == ACCESS_KEY {
            return Ok(SECRET_KEY.into());
        }
        let known = self.known();
        let issued = known.temporary.get(access_key).ok_or_else(|| s3_error!(InvalidAccessKeyId))?;
        Ok(issued.secret_key.as_str().into())
    }
}

#[async_trait]
impl S3Access for Keys {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        let credentials = request.credentials().ok_or_else(|| s3_error!(AccessDenied))?;
        let mut known = self.known();
        if let Some(issued) = known.temporary.get(&credentials.access_key) {
            let header = request.headers().get("x-amz-security-token").and_then(|token| token.to_str().ok());
            let mut query = request.uri().query().unwrap_or_default().split('&');
            let token = header.or(query.find_map(|pair| pair.strip_prefix("X-Amz-Security-Token=")));
            if token != Some(issued.token.as_str()) {
                return Err(s3_error!(InvalidToken));
            }
            if issued.end <= SystemTime::now() {
                return Err(s3_error!(ExpiredToken));
            }
        }
        if !known.used.contains(&credentials.access_key) {
            known.used.push(credentials.access_key.clone());
        }
        Ok(())
    }
}
