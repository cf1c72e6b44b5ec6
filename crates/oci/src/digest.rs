//! Content addresses: `sha256:…` and `sha512:…` (image specification, descriptor.md, "Digests").

use crate::DigestHasher;
use crate::parsed::parsed_string;
use std::fmt;
use std::str::FromStr;

/// A hash algorithm that digests may use: the two that the image specification registers and requires to be collision
/// resistant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// SHA-256, which every client uses unless told otherwise.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// Its name in digests and in the `digest-algorithm` parameter (end-4c).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hex digits its digests have.
    pub const fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Algorithm {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "sha256" => Ok(Self::Sha256),
            "sha512" => Ok(Self::Sha512),
            _ => Err(DigestError::Algorithm),
        }
    }
}

/// Why a string is no digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// There is no `:` between algorithm and hash.
    #[error("a digest has the form sha256:<64 hex digits> or sha512:<128 hex digits>")]
    Form,
    /// The algorithm is not known here.
    #[error("the digest algorithm is not supported: use sha256 or sha512")]
    Algorithm,
    /// The hash is not exactly as long as the algorithm makes it.
    #[error("the digest should have {expected} hex digits but has {actual}")]
    Length {
        /// Digits that the algorithm gives.
        expected: usize,
        /// Characters that were there.
        actual: usize,
    },
    /// The hash holds something other than `0-9a-f`.
    #[error("a digest is written in the lower-case hex digits 0-9 and a-f")]
    Hex,
}

parsed_string! {
    /// The digest of a blob or manifest: algorithm and lower-case hex, of exactly the length the algorithm makes.
    ///
    /// There is one spelling for each value, so equal text is equal content, and digests can be keys.
    Digest, DigestError, check
}

fn check(text: &str) -> Result<(), DigestError> {
    let (algorithm, hex) = text.split_once(':').ok_or(DigestError::Form)?;
    let expected = algorithm.parse::<Algorithm>()?.hex_len();
    if hex.len() != expected {
        return Err(DigestError::Length { expected, actual: hex.chars().count() });
    }
    if !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(DigestError::Hex);
    }
    Ok(())
}

impl Digest {
    /// The SHA-256 of bytes in memory.
    pub fn sha256(bytes: &[u8]) -> Self {
        Self::of(Algorithm::Sha256, bytes)
    }

    /// The digest of bytes in memory; streams go through [`DigestHasher`].
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Self {
        let mut hasher = DigestHasher::new(algorithm);
        hasher.update(bytes);
        hasher.finish()
    }

    /// A digest from the raw output of a hash; the length is the algorithm's.
    pub(crate) fn from_hash(algorithm: Algorithm, hash: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        debug_assert_eq!(hash.len() * 2, algorithm.hex_len(), "the hash is as long as its algorithm makes it");
        let mut text = String::with_capacity(algorithm.as_str().len() + 1 + algorithm.hex_len());
        text.push_str(algorithm.as_str());
        text.push(':');
        for byte in hash {
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
        Self(text.into_boxed_str())
    }

    /// The algorithm in front of the colon.
    pub fn algorithm(&self) -> Algorithm {
        if self.0.starts_with("sha512") { Algorithm::Sha512 } else { Algorithm::Sha256 }
    }

    /// The hash behind the colon, 64 or 128 digits.
    pub fn hex(&self) -> &str {
        &self.0[self.algorithm().as_str().len() + 1..]
    }

    /// The first twelve digits of the hash, for people; never an identifier.
    pub fn short(&self) -> &str {
        &self.hex()[..12]
    }

    /// Whether these bytes have this digest.
    pub fn matches(&self, bytes: &[u8]) -> bool {
        Self::of(self.algorithm(), bytes) == *self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const ABC_512: &str = concat!(
        "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a",
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
    );

    #[test]
    fn a_digest_is_the_hash_of_the_bytes() {
        assert_eq!(Digest::sha256(b"").as_str(), EMPTY);
        assert_eq!(Digest::of(Algorithm::Sha512, b"abc").as_str(), ABC_512);
        assert!(Digest::sha256(b"abc").matches(b"abc"));
        assert!(!Digest::sha256(b"abc").matches(b"abd"));
        assert!(ABC_512.parse::<Digest>().unwrap().matches(b"abc"));
    }

    #[test]
    fn a_digest_knows_its_parts() {
        let digest: Digest = ABC_512.parse().unwrap();
        assert_eq!(digest.algorithm(), Algorithm::Sha512);
        assert_eq!(digest.hex().len(), 128);
        assert_eq!(digest.short(), "ddaf35a19361");
        let digest: Digest = EMPTY.parse().unwrap();
        assert_eq!((digest.algorithm(), digest.short()), (Algorithm::Sha256, "e3b0c44298fc"));
    }

    #[test]
    fn only_known_algorithms_in_lower_hex_of_the_exact_length_are_digests() {
        let hex = "a".repeat(64);
        let table: [(String, DigestError); 12] = [
            (String::new(), DigestError::Form),
            (hex.clone(), DigestError::Form),
            (format!(":{hex}"), DigestError::Algorithm),
            (format!("md5:{}", "a".repeat(32)), DigestError::Algorithm),
            (format!("SHA256:{hex}"), DigestError::Algorithm),
            (format!("sha256 :{hex}"), DigestError::Algorithm),
            (format!("sha256+b64:{hex}"), DigestError::Algorithm),
            (format!("sha256:{}", hex.to_uppercase()), DigestError::Hex),
            (format!("sha256:{}g", &hex[1..]), DigestError::Hex),
            (format!("sha256:{hex}a"), DigestError::Length { expected: 64, actual: 65 }),
            (format!("sha512:{hex}"), DigestError::Length { expected: 128, actual: 64 }),
            (format!("sha256:{}é", &hex[2..]), DigestError::Hex),
        ];
        for (text, error) in table {
            assert_eq!(text.parse::<Digest>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn serde_lets_no_malformed_digest_in() {
        assert!(serde_json::from_str::<Digest>("\"sha256:abc\"").is_err());
        let digest: Digest = serde_json::from_str(&format!("\"{EMPTY}\"")).unwrap();
        assert_eq!(serde_json::to_string(&digest).unwrap(), format!("\"{EMPTY}\""));
    }

    proptest! {
        #[test]
        fn any_string_parses_or_is_refused(text in ".*") {
            if let Ok(digest) = text.parse::<Digest>() {
                prop_assert_eq!(digest.as_str(), text);
            }
        }

        #[test]
        fn parse_and_display_are_inverse(bytes in any::<Vec<u8>>(), long in any::<bool>()) {
            let algorithm = if long { Algorithm::Sha512 } else { Algorithm::Sha256 };
            let digest = Digest::of(algorithm, &bytes);
            let parsed: Digest = digest.to_string().parse().unwrap();
            prop_assert_eq!(parsed.algorithm(), algorithm);
            prop_assert_eq!(parsed, digest);
        }
    }
}
