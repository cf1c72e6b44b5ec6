//! Browsers that signed in before get past the delay that guessing puts on an account.
//!
//! Such a browser keeps a cookie with one authenticated mark for each account, so that nobody is locked out of their
//! own account by others who guess. A mark opens nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret_key::{Keys, Purpose};

/// Accounts that one browser is remembered for.
const MOST: usize = 4;

/// Makes and checks marks.
#[derive(Debug)]
pub struct KnownBrowsers(Keys);

impl KnownBrowsers {
    /// With the installation's keys.
    pub fn new(keys: Keys) -> Self {
        Self(keys)
    }

    /// Whether a cookie's value has the mark of an account.
    pub fn contains(&self, value: &str, username: &str) -> bool {
        let keys = [Some(self.0.key(Purpose::Cookie)), self.0.previous_key(Purpose::Cookie)];
        marks(value).any(|mark| {
            keys.iter().flatten().any(|key| mac(key.expose(), username).verify_truncated_left(&mark).is_ok())
        })
    }

    /// The value with the mark of an account added, in place of the oldest where there are too many.
    pub fn add(&self, value: &str, username: &str) -> String {
        let mark = mac(self.0.key(Purpose::Cookie).expose(), username).finalize().into_bytes();
        let mut all = vec![URL_SAFE_NO_PAD.encode(&mark[..16])];
        let others = marks(value).map(|mark| URL_SAFE_NO_PAD.encode(mark));
        all.extend(others.filter(|other| *other != all[0]).take(MOST - 1).collect::<Vec<_>>());
        all.join(".")
    }
}

fn marks(value: &str) -> impl Iterator<Item = [u8; 16]> {
    value.split('.').take(MOST).filter_map(|mark| {
        let mut bytes = [0; 16];
        (URL_SAFE_NO_PAD.decode_slice(mark, &mut bytes).ok()? == 16).then_some(bytes)
    })
}

fn mac(key: &[u8; 32], username: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"known browser\0");
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

    #[test]
    fn a_browser_is_known_for_the_accounts_it_signed_in_to() {
        let known = browsers("a", "");
        let value = known.add(&known.add("", "Ada"), "grace");
        assert!(known.contains(&value, "ada") && known.contains(&value, "grace"));
        assert!(!known.contains(&value, "edsger") && !known.contains("", "ada"));
        assert_eq!(known.add(&value, "ada").split('.').count(), 2, "an account has one mark");
    }

    #[test]
    fn marks_cannot_be_made_without_the_key() {
        let value = browsers("a", "").add("", "ada");
        assert!(!browsers("b", "").contains(&value, "ada"));
        assert!(browsers("b", "a").contains(&value, "ada"), "the previous key still counts");
        assert!(!browsers("a", "").contains("AAAAAAAAAAAAAAAAAAAAAA.!!.", "ada"));
    }

    #[test]
    fn a_cookie_does_not_grow_without_end() {
        let known = browsers("a", "");
        let value = (0..20).fold(String::new(), |value, number| known.add(&value, &format!("user{number}")));
        assert!(known.contains(&value, "user19") && !known.contains(&value, "user0"));
        assert!(value.len() < 100);
    }
}
