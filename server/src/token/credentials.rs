//! Names and secrets, as clients send them.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use http::HeaderValue;
use registry::Secret;

/// Padding is often forgotten.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A name and the secret that goes with it: a person's password or access token, or a robot's secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The name.
    pub username: String,
    /// The secret.
    pub secret: Secret<String>,
}

impl Credentials {
    /// Reads an `Authorization` header of the `Basic` scheme (RFC 7617). `None`: it is another scheme, or malformed.
    pub fn basic(value: &HeaderValue) -> Option<Self> {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
        let (username, secret) = text.split_once(':')?;
        Some(Self { username: username.to_owned(), secret: Secret::new(secret.to_owned()) })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn basic(text: &str) -> Option<(String, String)> {
        let credentials = Credentials::basic(&HeaderValue::from_str(text).unwrap())?;
        Some((credentials.username, credentials.secret.expose().clone()))
    }

    #[test]
    fn a_secret_may_hold_colons_and_a_name_may_not() {
        let (name, secret) = ("ada".to_owned(), "pass:word".to_owned());
        assert_eq!(basic("Basic YWRhOnBhc3M6d29yZA=="), Some((name.clone(), secret.clone())));
        assert_eq!(basic("basic  YWRhOnBhc3M6d29yZA"), Some((name, secret)));
        assert_eq!(basic("Basic Og=="), Some((String::new(), String::new())));
    }

    #[test]
    fn what_is_malformed_is_nothing() {
        for text in ["", "Basic", "Basic ", "Basic !", "Basic YWRh", "Basic //8=", "Bearer YWRhOnBhc3M6d29yZA=="] {
            assert_eq!(basic(text), None, "{text}");
        }
    }
}
