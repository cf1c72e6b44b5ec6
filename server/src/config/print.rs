//! The effective configuration as TOML, each line with its origin.

use std::fmt::Write as _;

use registry::Postgres;

use super::{KEYS, Key, Values, error::Source, values::Raw};

/// Every key with the value that counts and where it comes from; secrets are not shown.
///
/// What is unset is a comment, so that the text can be used as a file.
pub fn print(values: &Values) -> String {
    let mut text = String::new();
    let mut table = "";
    for key in KEYS {
        let (section, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if section != table {
            table = section;
            let _ = writeln!(text, "\n[{table}]");
        }
        let (raw, source) = values.get(key);
        let line = match spelled(key, &raw) {
            Some(value) => format!("{name} = {value}"),
            None => {
                format!("# {name} = {}", redacted(key, &raw))
            }
        };
        let _ = writeln!(text, "{line:<44}  # {}", origin(&raw, &source));
    }
    text
}

/// The value as TOML; nothing where it is unset or secret.
fn spelled(key: &Key, raw: &Raw) -> Option<String> {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    match raw {
        Raw::Text(text) if text.is_empty() => None,
        Raw::Text(text) if key.name == "database.url" && !Postgres::has_password(text) => Some(quoted(text)),
        _ if key.secret => None,
        Raw::Text(text) if text.parse::<u64>().is_ok() || text.parse::<bool>().is_ok() => Some(text.clone()),
        Raw::Text(text) if text.contains(',') => Some(array(&mut text.split(',').map(str::trim), quoted)),
        Raw::Text(text) => Some(quoted(text)),
        Raw::List(items) => Some(array(&mut items.iter().map(String::as_str), quoted)),
    }
}

/// What is said of a value that is unset or secret.
fn redacted(key: &Key, raw: &Raw) -> String {
    match raw {
        Raw::Text(text) if text.is_empty() => String::new(),
        Raw::Text(text) if key.name == "database.url" => Postgres::without_password(text),
        _ if key.secret => "[redacted]".to_owned(),
        _ => String::new(),
    }
}

fn array(items: &mut dyn Iterator<Item = &str>, quoted: impl Fn(&str) -> String) -> String {
    format!("[{}]", items.map(quoted).collect::<Vec<_>>().join(", "))
}

fn origin(raw: &Raw, source: &Source) -> String {
    match (raw, source) {
        (Raw::Text(text), Source::Default) if text.is_empty() => "not set".to_owned(),
        (_, source) => source.to_string(),
    }
}
