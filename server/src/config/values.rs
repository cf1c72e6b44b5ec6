//! The layers of text before they are validated.

use std::collections::HashMap;

use super::{
    error::{ConfigError, Source},
    keys::{self, Key},
};
use registry::Secret;

/// A value as its source spells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Raw {
    /// One text; numbers and booleans too.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

/// What the sources say, each key with the source that won.
#[derive(Debug, Default)]
pub struct Values(HashMap<&'static str, (Raw, Source)>);

impl Values {
    /// Sets a key, over what an earlier source said; an unknown key is an error that names the nearest one.
    pub(super) fn set(&mut self, name: &str, raw: Raw, source: Source, errors: &mut Vec<ConfigError>) {
        match keys::find(name) {
            Some(key) => {
                self.0.insert(key.name, (raw, source));
            }
            None => {
                errors.push(ConfigError::UnknownKey { name: name.to_owned(), nearest: keys::nearest(name), source });
            }
        }
    }

    /// The value that counts and where it comes from.
    pub(super) fn get(&self, key: &'static Key) -> (Raw, Source) {
        match self.0.get(key.name) {
            Some((raw, source)) => (raw.clone(), source.clone()),
            None => (Raw::Text(key.default.to_owned()), Source::Default),
        }
    }

    /// A key that takes any text.
    pub(super) fn text(&self, name: &'static str) -> String {
        match self.get(known(name)).0 {
            Raw::Text(text) => text,
            Raw::List(list) => list.join(","),
        }
    }

    /// A key that always has a value.
    pub(super) fn parse<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        errors: &mut Vec<ConfigError>,
    ) -> T {
        let key = known(name);
        let (raw, source) = self.get(key);
        let parsed = match &raw {
            Raw::Text(text) => parse(text.trim()),
            Raw::List(_) => None,
        };
        parsed.unwrap_or_else(|| {
            errors.push(ConfigError::InvalidValue { key, value: shown(key, &raw), source });
            parse(key.default).expect("the table's defaults are valid: a test reads them all")
        })
    }

    /// A key that may stay unset; an empty text unsets it.
    pub(super) fn optional<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        errors: &mut Vec<ConfigError>,
    ) -> Option<T> {
        let key = known(name);
        let (raw, source) = self.get(key);
        match &raw {
            Raw::Text(text) if text.trim().is_empty() => return None,
            Raw::Text(text) => {
                if let Some(value) = parse(text.trim()) {
                    return Some(value);
                }
            }
            Raw::List(_) => {}
        }
        errors.push(ConfigError::InvalidValue { key, value: shown(key, &raw), source });
        None
    }

    /// A key with many values: a TOML array, or one text with commas.
    pub(super) fn list<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        errors: &mut Vec<ConfigError>,
    ) -> Vec<T> {
        let key = known(name);
        let (raw, source) = self.get(key);
        let items = match raw {
            Raw::Text(text) => text.split(',').map(|item| item.trim().to_owned()).collect(),
            Raw::List(items) => items,
        };
        let mut parsed = Vec::new();
        for item in items.iter().filter(|item| !item.is_empty()) {
            match parse(item) {
                Some(value) => parsed.push(value),
                None => {
                    errors.push(ConfigError::InvalidValue { key, value: Some(item.clone()), source: source.clone() });
                }
            }
        }
        parsed
    }

    /// A secret that stands in the configuration or in a file of its own, whose final line break does not count.
    pub(super) fn secret(
        &self,
        name: &'static str,
        file: &'static str,
        errors: &mut Vec<ConfigError>,
    ) -> Option<Secret<String>> {
        let direct = self.optional(name, |text| Some(text.to_owned()), errors);
        let path = self.optional(file, |text| Some(text.to_owned()), errors);
        match (direct, path) {
            (Some(_), Some(_)) => {
                errors.push(self.conflict(name, file, "set one of them"));
                None
            }
            (Some(value), None) => Some(Secret::new(value)),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) if !text.trim_end_matches(['\r', '\n']).is_empty() => {
                    Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
                }
                Ok(_) => {
                    let error = std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the file is empty");
                    errors.push(ConfigError::Unreadable { path: path.into(), key: Some(known(file)), error });
                    None
                }
                Err(error) => {
                    errors.push(ConfigError::Unreadable { path: path.into(), key: Some(known(file)), error });
                    None
                }
            },
            (None, None) => None,
        }
    }

    /// A value that whoever reads it does not take.
    pub(super) fn refused(&self, name: &'static str, reason: String) -> ConfigError {
        let key = known(name);
        ConfigError::Refused { key, source: self.get(key).1, reason }
    }

    /// The bytes of a file that a key names.
    pub(super) fn file(&self, name: &'static str, errors: &mut Vec<ConfigError>) -> Option<Vec<u8>> {
        let path = self.optional(name, |text| Some(text.to_owned()), errors)?;
        match std::fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                errors.push(ConfigError::Unreadable { path: path.into(), key: Some(known(name)), error });
                None
            }
        }
    }

    /// Whether something sets a key to more than nothing, and other than it is without a word.
    pub(super) fn is_set(&self, name: &'static str) -> bool {
        let key = known(name);
        let (raw, source) = self.get(key);
        source != Source::Default && !matches!(raw, Raw::Text(text) if text.is_empty() || text == key.default)
    }

    /// Two keys that do not go together.
    pub(super) fn conflict(&self, a: &'static str, b: &'static str, reason: &'static str) -> ConfigError {
        let (a, b) = (known(a), known(b));
        ConfigError::Conflict { a, a_source: self.get(a).1, b, b_source: self.get(b).1, reason }
    }
}

/// The value for a message, unless it is a secret.
fn shown(key: &Key, raw: &Raw) -> Option<String> {
    match raw {
        _ if key.secret => None,
        Raw::Text(text) => Some(text.clone()),
        Raw::List(list) => Some(format!("[{}]", list.join(", "))),
    }
}

fn known(name: &'static str) -> &'static Key {
    keys::find(name).expect("the code reads only keys of the table: a test reads them all")
}
