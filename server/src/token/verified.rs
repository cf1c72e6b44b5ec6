//! Tokens whose signature was found to be right.

use std::{ops::Range, sync::Arc};

use registry::{Grant, Subject, access::SecretMark};
use sha2::{Digest, Sha256};

use super::{LEEWAY, LIFETIME, Realm, claims::Claims};

/// How many tokens are remembered; past that, the signatures of those used longest ago are checked again.
const REMEMBERED: u64 = 20_000;

/// A token of ours that is valid now.
#[derive(Debug)]
pub struct Verified {
    /// The account it was issued to, which may have been disabled since.
    pub subject: Subject,
    /// Which of its secrets was shown for it, which may have been replaced since.
    pub shown: SecretMark,
    /// What it allows in repositories, at most.
    pub grants: Arc<[Grant]>,
    /// Whether it allows to list repositories.
    pub catalog: bool,
    /// Seconds since 1970.
    validity: Range<i64>,
}

/// Not a token of ours, changed on the way, expired, or not yet valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid or has expired; get a new one")]
pub struct InvalidToken;

/// Right signatures by the SHA-256 of the token: a fact that does not change. Times are checked at each use.
pub type Cache = moka::sync::Cache<[u8; 32], Arc<Verified>>;

pub fn cache() -> Cache {
    moka::sync::Cache::builder().max_capacity(REMEMBERED).time_to_live(LIFETIME + 2 * LEEWAY).build()
}

impl Realm {
    /// What a token says, if one of our keys signed it and it is valid now.
    pub fn verify(&self, token: &str) -> Result<Arc<Verified>, InvalidToken> {
        let id: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let verified = match self.0.verified.get(&id) {
            Some(verified) => verified,
            None => {
                let verified = Arc::new(self.open(token).ok_or(InvalidToken)?);
                self.0.verified.insert(id, Arc::clone(&verified));
                verified
            }
        };
        if verified.validity.contains(&self.now()) { Ok(verified) } else { Err(InvalidToken) }
    }

    fn open(&self, token: &str) -> Option<Verified> {
        let claims = Claims::parse(&self.0.keys.open(token)?)?;
        Some(Verified {
            subject: claims.subject()?,
            shown: claims.shown(),
            grants: claims.grants(),
            catalog: claims.catalog(),
            validity: claims.validity(),
        })
    }
}
