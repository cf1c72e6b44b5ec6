//! The keys that sign tokens.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{sign, verify},
    jwk::{AlgorithmParameters, Jwk},
};

/// PKCS #8 (RFC 8410) around an Ed25519 seed.
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The `typ` of our tokens (RFC 8725, 3.11): nothing else that might ever be signed with these keys is taken for one.
const TYPE: &str = "slipway-registry+jwt";

/// A key that signs nothing.
#[derive(Debug, thiserror::Error)]
#[error("the signing key cannot be used")]
pub struct InvalidKey(#[from] jsonwebtoken::errors::Error);

/// One key that signs and those that are believed: the same one, and the one before the last rotation.
pub struct KeyRing {
    signing: EncodingKey,
    /// The signing key's own header.
    header: String,
    believed: Vec<Believed>,
}

/// A key whose signatures count.
struct Believed {
    /// The first part of all its tokens.
    header: String,
    key: DecodingKey,
}

impl KeyRing {
    /// Keys from their 32-byte seeds; derive these from the installation's secret.
    pub fn new(seed: &[u8; 32], previous: Option<&[u8; 32]>) -> Result<Self, InvalidKey> {
        let signing = encoding_key(seed);
        let current = Believed::new(&signing)?;
        let header = current.header.clone();
        let mut believed = vec![current];
        if let Some(previous) = previous {
            believed.push(Believed::new(&encoding_key(previous))?);
        }
        Ok(Self { signing, header, believed })
    }

    /// The payload as a signed token in compact form (RFC 7515).
    pub fn sign(&self, payload: &[u8]) -> Result<String, InvalidKey> {
        let mut token = String::with_capacity(self.header.len() + payload.len() * 4 / 3 + 92);
        token.push_str(&self.header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = sign(token.as_bytes(), &self.signing, Algorithm::EdDSA)?;
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }

    /// The payload of a token that one of the keys signed. Nothing of the token is parsed before that is known.
    pub fn open(&self, token: &str) -> Option<Vec<u8>> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        let key = &self.believed.iter().find(|key| key.header == header)?.key;
        if !verify(signature, message.as_bytes(), key, Algorithm::EdDSA).unwrap_or(false) {
            return None;
        }
        URL_SAFE_NO_PAD.decode(payload).ok()
    }
}

impl Believed {
    fn new(key: &EncodingKey) -> Result<Self, InvalidKey> {
        let jwk = Jwk::from_encoding_key(key, Algorithm::EdDSA)?;
        let AlgorithmParameters::OctetKeyPair(public) = jwk.algorithm else {
            return Err(InvalidKey(jsonwebtoken::errors::ErrorKind::InvalidEddsaKey.into()));
        };
        let id = oci::Digest::sha256(public.x.as_bytes());
        let header = format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"{TYPE}"}}"#, id.short());
        Ok(Self { header: URL_SAFE_NO_PAD.encode(header), key: DecodingKey::from_ed_components(&public.x)? })
    }
}

fn encoding_key(seed: &[u8; 32]) -> EncodingKey {
    EncodingKey::from_ed_der(&[&PKCS8_PREFIX[..], seed].concat())
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("believed", &self.believed.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn ring(seed: u8, previous: Option<u8>) -> KeyRing {
        KeyRing::new(&[seed; 32], previous.map(|seed| [seed; 32]).as_ref()).unwrap()
    }

    #[test]
    fn a_ring_opens_what_it_signed() {
        let ring = ring(1, None);
        let token = ring.sign(b"payload").unwrap();
        assert_eq!(ring.open(&token).unwrap(), b"payload");
    }

    #[test]
    fn the_key_before_the_rotation_is_believed_and_no_longer_signs() {
        let old = ring(1, None).sign(b"old").unwrap();
        let rotated = ring(2, Some(1));
        assert_eq!(rotated.open(&old).unwrap(), b"old");
        let new = rotated.sign(b"new").unwrap();
        assert_eq!(ring(2, None).open(&new).unwrap(), b"new");
        assert!(ring(1, None).open(&new).is_none());
        assert!(ring(2, None).open(&old).is_none(), "the old key is forgotten");
    }

    #[test]
    fn any_changed_character_closes_a_token() {
        let ring = ring(1, Some(2));
        let token = ring.sign(br#"{"sub":"user:1"}"#).unwrap();
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert!(ring.open(&String::from_utf8(changed).unwrap()).is_none(), "character {at}");
        }
        for part in ["", ".", "..", "...", &token[..token.len() - 1], &format!("{token}."), &format!("{token}A")] {
            assert!(ring.open(part).is_none(), "{part}");
        }
    }

    #[test]
    fn the_header_of_one_key_does_not_pass_with_the_signature_of_the_other() {
        let (old, rotated) = (ring(1, None), ring(2, Some(1)));
        let message = format!("{}.{}", rotated.header, URL_SAFE_NO_PAD.encode("x"));
        let signature = sign(message.as_bytes(), &old.signing, Algorithm::EdDSA).unwrap();
        assert!(rotated.open(&format!("{message}.{signature}")).is_none());
    }

    #[test]
    fn no_header_chooses_an_algorithm_or_a_key() {
        let ring = ring(1, None);
        let token = ring.sign(b"{}").unwrap();
        let kid = String::from_utf8(URL_SAFE_NO_PAD.decode(&ring.header).unwrap()).unwrap();
        let kid = kid.split('"').nth(7).unwrap().to_owned();
        let payload = token.split('.').nth(1).unwrap();
        for header in [
            r#"{"alg":"none"}"#.to_owned(),
            format!(r#"{{"alg":"none","kid":"{kid}","typ":"{TYPE}"}}"#),
            format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"{TYPE}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"JWT"}}"#),
            format!(r#"{{"alg":"EdDSA","typ":"{TYPE}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"../../{kid}","typ":"{TYPE}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{TYPE}","jwk":{{"kty":"OKP","crv":"Ed25519","x":"AA"}}}}"#),
            format!(r#"{{ "alg":"EdDSA","kid":"{kid}","typ":"{TYPE}"}}"#),
        ] {
            // Even signed with our own key, and so all the more with any other or none.
            let message = format!("{}.{payload}", URL_SAFE_NO_PAD.encode(&header));
            let signature = sign(message.as_bytes(), &ring.signing, Algorithm::EdDSA).unwrap();
            assert!(ring.open(&format!("{message}.{signature}")).is_none(), "{header}");
            assert!(ring.open(&format!("{message}.")).is_none(), "{header}");
        }
    }
}
