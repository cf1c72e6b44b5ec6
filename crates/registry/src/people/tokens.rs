//! Secrets that machines show: 256 random bits with a prefix that scanners know and a checksum that they can verify.
//!
//! `slipway_pat_<43 characters><6 characters>`: the first part is the random number in base 62, the second the first 32 bits of
//! the SHA-256 of everything before, in base 62 too. Only the SHA-256 of the whole is stored.

use crate::{Error, Result, Secret};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Digits that 256 bits need.
const BODY: usize = 43;

/// Digits that 32 bits need.
const CHECKSUM: usize = 6;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A person's access token.
    AccessToken,
    /// A robot's secret.
    Robot,
}

impl TokenKind {
    /// How such a secret begins.
    pub(crate) const fn prefix(self) -> &'static str {
        match self {
            Self::AccessToken => "slipway_pat_",
            Self::Robot => "slipway_robot_",
        }
    }

    /// A new secret. Shown once, stored as [`hash`].
    pub(crate) fn generate(self) -> Result<Secret<String>> {
        let mut text = self.prefix().to_owned();
        text.push_str(&base62(&random_bytes::<32>()?, BODY));
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Ok(Secret::new(text))
    }

    /// Whether a text was made by [`TokenKind::generate`] and typed without a mistake.
    pub(crate) fn recognises(self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(self.prefix()) else { return false };
        rest.len() == BODY + CHECKSUM
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text.ends_with(&checksum(&text[..text.len() - CHECKSUM]))
    }
}

/// The key of a one-time link: 256 random bits in letters and digits. Stored as [`hash`].
pub(crate) fn link_key() -> Result<Secret<String>> {
    Ok(Secret::new(base62(&random_bytes::<32>()?, BODY)))
}

/// What of a secret is stored.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Bytes from the operating system.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(bytes)
}

fn checksum(text: &str) -> String {
    base62(&Sha256::digest(text.as_bytes())[..4], CHECKSUM)
}

/// A big-endian number in base 62, padded to `digits`.
fn base62(number: &[u8], digits: usize) -> String {
    let mut number = number.to_vec();
    let mut text = vec![ALPHABET[0]; digits];
    for digit in text.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = remainder << 8 | u32::from(*byte);
            // A remainder is below 62, so the quotient is below 256.
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = ALPHABET[remainder as usize];
    }
    text.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_generated_secret_is_recognised_as_its_own_kind_only() {
        for (kind, other) in [(TokenKind::AccessToken, TokenKind::Robot), (TokenKind::Robot, TokenKind::AccessToken)] {
            let secret = kind.generate().unwrap();
            let text = secret.expose();
            assert_eq!(text.len(), kind.prefix().len() + 49, "{text}");
            assert!(kind.recognises(text));
            assert!(!other.recognises(text));
            assert_ne!(text, kind.generate().unwrap().expose());
        }
    }

    #[test]
    fn a_typing_mistake_is_noticed() {
        let secret = TokenKind::AccessToken.generate().unwrap();
        let text = secret.expose();
        for at in TokenKind::AccessToken.prefix().len()..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert!(!TokenKind::AccessToken.recognises(std::str::from_utf8(&changed).unwrap()), "{at}");
        }
        assert!(!TokenKind::AccessToken.recognises(&text[..text.len() - 1]));
        assert!(!TokenKind::AccessToken.recognises(""));
        assert!(!TokenKind::AccessToken.recognises("slipway_pat_é"));
    }

    #[test]
    fn numbers_keep_their_value_in_base_62() {
        assert_eq!(base62(&[0; 32], 3), "000");
        assert_eq!(base62(&[61], 2), "0z");
        assert_eq!(base62(&[62], 2), "10");
        assert_eq!(base62(&[0xff; 4], 6), "4gfFC3");
    }
}
