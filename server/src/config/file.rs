//! The TOML layer; spans are kept so that a mistake is found by its line.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{
    error::{ConfigError, Source},
    values::{Raw, Values},
};

/// Reads a file's text into the values.
pub fn read(path: &Path, text: &str, values: &mut Values, errors: &mut Vec<ConfigError>) {
    let (table, mistakes) = DeTable::parse_recoverable(text);
    if let Some(mistake) = mistakes.first() {
        let at = mistake.span().map_or(0, |span| span.start);
        errors.push(ConfigError::Syntax {
            path: path.to_owned(),
            line: line(text, at),
            message: mistake.message().to_owned(),
        });
        return;
    }
    walk("", table.get_ref(), &|at| Source::File { path: path.to_owned(), line: line(text, at) }, values, errors);
}

fn walk(
    prefix: &str,
    table: &DeTable<'_>,
    source: &dyn Fn(usize) -> Source,
    values: &mut Values,
    errors: &mut Vec<ConfigError>,
) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        if let DeValue::Table(inner) = value.get_ref() {
            if inner.is_empty() && super::KEYS.iter().all(|key| !key.name.starts_with(&format!("{name}."))) {
                values.set(&name, Raw::List(Vec::new()), source(key.span().start), errors);
            }
            walk(&name, inner, source, values, errors);
        } else {
            values.set(&name, raw(value.get_ref()), source(key.span().start), errors);
        }
    }
}

/// A value as text; what no key takes becomes a text that no key accepts.
fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Raw::Text(number.as_str().replace('_', "")),
        DeValue::Integer(number) => Raw::Text(
            i64::from_str_radix(number.as_str(), number.radix())
                .map_or_else(|_| number.as_str().to_owned(), |number| number.to_string()),
        ),
        DeValue::Float(number) => Raw::Text(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Raw::Text(flag.to_string()),
        DeValue::Datetime(time) => Raw::Text(time.to_string()),
        DeValue::Array(items) => Raw::List(
            items
                .iter()
                .map(|item| match raw(item.get_ref()) {
                    Raw::Text(text) => text,
                    Raw::List(_) => "a list in a list".to_owned(),
                })
                .collect(),
        ),
        DeValue::Table(_) => Raw::Text("a table in a list".to_owned()),
    }
}

/// The line of a byte, from 1.
fn line(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count()
}
