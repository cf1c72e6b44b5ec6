//! Browsers that signed in before get past the delay that guessing puts on an account.
//!
//! Such a browser keeps a cookie with one authenticated mark for each account, so that nobody is locked out of their
//! own account by others who guess. A mark opens nothing. It says with which password the browser signed in, and counts while that is
//! the password: whoever knew an old one waits like everybody else.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use registry::access::SecretMark;
use sha2::Sha256;

use crate::secret_key::{Keys, Purpose};

/// Accounts that one browser is remembered for.
const MOST: usize = 4;

/// Which password it was, and the proof of that for one account.
const LENGTH: usize = 8 + PROOF;

/// Of an HMAC.
const PROOF: usize = 16;

/// Makes and checks marks.
#[derive(Debug)]
pub struct KnownBrowsers(Keys);

impl KnownBrowsers {
    /// With the installation's keys.
    pub fn new(keys: Keys) -> Self {
        Self(keys)
    }

    /// With which password a browser signed in to an account, if a cookie's value has a mark of that.
    pub fn find(&self, value: &str, username: &str) -> Option<SecretMark> {
        let mark = marks(value).find(|mark| self.is_of(mark, username))?;
        Some(SecretMark(i64::from_be_bytes(*mark.first_chunk::<8>()?)))
    }

    /// The value with the mark of an account added, in place of its older one, and of the oldest where there are too many.
    pub fn add(&self, value: &str, username: &str, shown: SecretMark) -> String {
        let shown = shown.0.to_be_bytes();
        let proof = mac(self.0.key(Purpose::Cookie).expose(), &shown, username).finalize().into_bytes();
        let others = marks(value).filter(|mark| !self.is_of(mark, username)).take(MOST - 1);
        let others = others.map(|mark| URL_SAFE_NO_PAD.encode(mark));
        let new = URL_SAFE_NO_PAD.encode([&shown[..], &proof[..PROOF]].concat());
        std::iter::once(new).chain(others).collect::<Vec<_>>().join(".")
    }

    /// Whether one of our keys made a mark for an account.
    fn is_of(&self, mark: &[u8; LENGTH], username: &str) -> bool {
        let (shown, proof) = mark.split_at(LENGTH - PROOF);
        let keys = [Some(self.0.key(Purpose::Cookie)), self.0.previous_key(Purpose::Cookie)];
        keys.iter().flatten().any(|key| mac(key.expose(), shown, username).verify_truncated_left(proof).is_ok())
    }
}

fn marks(value: &str) -> impl Iterator<Item = [u8; LENGTH]> {
    value.split('.').take(MOST).filter_map(|mark| {
        let mut bytes = [0; LENGTH];
        (URL_SAFE_NO_PAD.decode_slice(mark, &mut bytes).ok()? == LENGTH).then_some(bytes)
    })
}

fn mac(key: &[u8; 32], shown: &[u8], username: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"known browser\0");
    mac.update(shown);
    mac.update(username.to_lowercase().as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::{Config, Inputs};

    fn browsers(secret: &str, previous: &str) -> KnownBrowsers {
        let environment = vec![
            ("SLIPWAY_SECRET_KEY".to_owned(), secret.repeat(32)),
            ("SLIPWAY_PREVIOUS_SECRET_KEY".to_owned(), previous.repeat(32)),
        ];
        let config = Config::load(&Inputs { environment, ..Inputs::default() }).unwrap().0;
        KnownBrowsers::new(Keys::load(&config).unwrap())
    }

    const ONE: SecretMark = SecretMark(1);
    const TWO: SecretMark = SecretMark(2);

    #[test]
    fn a_browser_is_known_for_the_accounts_it_signed_in_to() {
        let known = browsers("a", "");
        let value = known.add(&known.add("", "Ada", ONE), "grace", TWO);
        assert_eq!((known.find(&value, "ada"), known.find(&value, "grace")), (Some(ONE), Some(TWO)));
        assert_eq!((known.find(&value, "edsger"), known.find("", "ada")), (None, None));
        let value = known.add(&value, "ada", TWO);
        assert_eq!(known.find(&value, "ada"), Some(TWO), "the newest counts");
        assert_eq!(value.split('.').count(), 2, "an account has one mark");
    }

    #[test]
    fn marks_cannot_be_made_or_changed_without_the_key() {
        let value = browsers("a", "").add("", "ada", ONE);
        assert_eq!(browsers("b", "").find(&value, "ada"), None);
        assert_eq!(browsers("b", "a").find(&value, "ada"), Some(ONE), "the previous key still counts");
        assert_eq!(browsers("a", "").find("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.!!.", "ada"), None);
        let mut changed = URL_SAFE_NO_PAD.decode(&value).unwrap();
        changed[7] = 2;
        assert_eq!(browsers("a", "").find(&URL_SAFE_NO_PAD.encode(changed), "ada"), None, "of another password");
    }

    #[test]
    fn a_cookie_does_not_grow_without_end() {
        let known = browsers("a", "");
        let value = (0..20).fold(String::new(), |value, number| known.add(&value, &format!("user{number}"), ONE));
        assert_eq!((known.find(&value, "user19"), known.find(&value, "user0")), (Some(ONE), None));
        assert!(value.len() < 140);
    }
}
