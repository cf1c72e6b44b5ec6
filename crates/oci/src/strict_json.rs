//! One pass over a manifest's JSON that refuses what two parsers could read differently.
//!
//! The specification's JSON is read by clients in many languages. Where a key stands twice, some take the first and
//! some the last; Go also takes `Layers` for `layers`. What is checked here must be what is run there (the lesson of
//! CVE-2021-41190), so such documents are refused.

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;

/// How deeply objects and lists may be nested. Real manifests need five levels.
pub(crate) const MAX_DEPTH: usize = 64;

/// Keys of manifests and descriptors that may have no second spelling.
const KEYS: [&str; 15] = [
    "annotations",
    "artifactType",
    "blobs",
    "config",
    "data",
    "digest",
    "fsLayers",
    "layers",
    "manifests",
    "mediaType",
    "platform",
    "schemaVersion",
    "size",
    "subject",
    "urls",
];

/// What is wrong with the form of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Duplicate(String),
    Spelling(String),
    Depth,
    List,
}

/// Where in a manifest the scan is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Manifest,
    Descriptor,
    Descriptors,
    Platform,
    Custom,
}

/// Reads the whole document, keeping nothing. The outer error is that it is no JSON, the inner one a [`Fault`].
pub(crate) fn scan(json: &[u8]) -> Result<Result<(), Fault>, serde_json::Error> {
    let mut fault = None;
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let scanned = Scan { place: Place::Manifest, depth: 0, fault: &mut fault }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    match fault {
        Some(fault) => Ok(Err(fault)),
        None => scanned.map(Ok),
    }
}

struct Scan<'a> {
    place: Place,
    depth: usize,
    fault: &'a mut Option<Fault>,
}

impl Scan<'_> {
    /// Notes the fault and gives the error that ends the scan.
    fn stop<E: de::Error>(self, fault: Fault) -> E {
        *self.fault = Some(fault);
        E::custom("malformed")
    }

    fn inside(place: Place, key: &str) -> Place {
        match (place, key) {
            (Place::Manifest, "config" | "subject") => Place::Descriptor,
            (Place::Manifest, "layers" | "manifests" | "blobs") => Place::Descriptors,
            (Place::Descriptor, "platform") => Place::Platform,
            _ => Place::Custom,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.depth == MAX_DEPTH {
            return Err(self.stop(Fault::Depth));
        }
        let place = match self.place {
            Place::Descriptors => Place::Descriptor,
            Place::Custom => Place::Custom,
            // serde would take a list for an object, its items in the order of our fields.
            Place::Manifest | Place::Descriptor | Place::Platform => return Err(self.stop(Fault::List)),
        };
        while list.next_element_seed(Scan { place, depth: self.depth + 1, fault: self.fault })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.depth == MAX_DEPTH {
            return Err(self.stop(Fault::Depth));
        }
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if self.place != Place::Custom
                && KEYS.iter().any(|known| known.eq_ignore_ascii_case(&key) && **known != key)
            {
                return Err(self.stop(Fault::Spelling(key)));
            }
            if seen.contains(&key) {
                return Err(self.stop(Fault::Duplicate(key)));
            }
            map.next_value_seed(Scan {
                place: Self::inside(self.place, &key),
                depth: self.depth + 1,
                fault: self.fault,
            })?;
            seen.insert(key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn fault(json: &str) -> Option<Fault> {
        scan(json.as_bytes()).unwrap().err()
    }

    #[test]
    fn a_key_may_stand_once_at_any_depth() {
        let duplicate = |key: &str| Some(Fault::Duplicate(key.to_owned()));
        assert_eq!(fault(r#"{"a":1,"a":1}"#), duplicate("a"));
        assert_eq!(fault(r#"{"x":[[{"b":{},"c":0,"b":{}}]]}"#), duplicate("b"));
        assert_eq!(fault(r#"{"a":1,"\u0061":2}"#), duplicate("a"));
        assert_eq!(fault(r#"{"a":{"b":1},"c":{"b":1},"b":[{"b":1},{"b":2}]}"#), None);
    }

    #[test]
    fn known_keys_have_one_spelling_in_manifests_and_descriptors() {
        let spelling = |key: &str| Some(Fault::Spelling(key.to_owned()));
        assert_eq!(fault(r#"{"Layers":[]}"#), spelling("Layers"));
        assert_eq!(fault(r#"{"config":{"DIGEST":""}}"#), spelling("DIGEST"));
        assert_eq!(fault(r#"{"layers":[{},{"Size":1}]}"#), spelling("Size"));
        assert_eq!(
            fault(
                r#"{"annotations":{"Size":"","size":""},"custom":{"Layers":[]},"layers":[{"annotations":{"Digest":""}}]}"#
            ),
            None
        );
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        assert_eq!(fault(&nested(MAX_DEPTH)), None);
        assert_eq!(fault(&nested(MAX_DEPTH + 1)), Some(Fault::Depth));
        assert_eq!(fault(&format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000))), Some(Fault::Depth));
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for json in ["", "{", "{}x", "{\"a\":}", "nul", "\u{feff}{}", "{'a':1}", "{\"a\":1,}", "\"\\ud800\""] {
            assert!(scan(json.as_bytes()).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = scan(&bytes);
        }

        #[test]
        fn no_text_like_json_makes_it_panic(text in r#"[\{\}\[\]",:0-9a\\u -]{0,80}"#) {
            if scan(text.as_bytes()).is_ok_and(|form| form.is_ok()) {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            }
        }
    }
}
