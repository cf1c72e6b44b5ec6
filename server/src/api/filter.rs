//! Harbor's little language of conditions: `q=k=v,k=~v,k=[min~max],k={a b},k=(a b)`, and orders: `sort=f1,-f2`.

use registry::numbered::{Condition, SortKey, Wanted};

/// The conditions of a `q`; what is wrong with it otherwise.
pub fn conditions(text: &str) -> Result<Vec<Condition>, String> {
    split(text, ',')?.into_iter().filter(|part| !part.trim().is_empty()).map(condition).collect()
}

/// The keys of a `sort`.
pub fn sort(text: &str) -> Vec<SortKey> {
    let keys = text.split(',').map(str::trim).filter(|key| !key.is_empty());
    keys.map(|key| match key.strip_prefix('-') {
        Some(name) => SortKey { name: name.to_owned(), descending: true },
        None => SortKey { name: key.to_owned(), descending: false },
    })
    .collect()
}

fn condition(part: &str) -> Result<Condition, String> {
    let Some((key, value)) = part.split_once('=') else {
        return Err(format!("q has a condition without =: {part:?}"));
    };
    let (key, value) = (key.trim().to_owned(), value.trim());
    let within = |open, close| value.strip_prefix(open).and_then(|rest: &str| rest.strip_suffix(close));
    let wanted = if let Some(text) = value.strip_prefix('~') {
        Wanted::Contains(unquoted(text))
    } else if let Some(range) = within('[', ']') {
        let ends = split(range, '~')?;
        let [from, to] = ends.as_slice() else { return Err(format!("a range is [min~max], and {value:?} is none")) };
        let end = |text: &str| Some(unquoted(text)).filter(|text| !text.is_empty());
        Wanted::Between(end(from), end(to))
    } else if let Some(list) = within('{', '}') {
        Wanted::AnyOf(values(list)?)
    } else if let Some(list) = within('(', ')') {
        Wanted::AllOf(values(list)?)
    } else {
        Wanted::Is(unquoted(value))
    };
    Ok(Condition { key, wanted })
}

fn values(list: &str) -> Result<Vec<String>, String> {
    Ok(split(list, ' ')?.into_iter().filter(|value| !value.is_empty()).map(unquoted).collect())
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    inner.unwrap_or(text).to_owned()
}

/// The parts between separators that stand in no quotes and brackets.
fn split(text: &str, separator: char) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut quote, mut depth) = (Vec::new(), 0, None, 0_usize);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{' | '(') => depth += 1,
            (None, ']' | '}' | ')') => depth = depth.saturating_sub(1),
            (None, _) if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + c.len_utf8();
            }
            (Some(_) | None, _) => {}
        }
    }
    if quote.is_some() || depth > 0 {
        return Err(format!("a quote or bracket stays open in {text:?}"));
    }
    parts.push(&text[start..]);
    Ok(parts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn one(text: &str) -> (String, Wanted) {
        let mut all = conditions(text).unwrap();
        assert_eq!(all.len(), 1, "{text}");
        let Condition { key, wanted } = all.remove(0);
        (key, wanted)
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn every_kind_of_condition_is_understood() {
        let text = |text: &str| text.to_owned();
        for (q, wanted) in [
            ("name=lib", Wanted::Is(text("lib"))),
            ("name=\"a,b\"", Wanted::Is(text("a,b"))),
            ("name='a b'", Wanted::Is(text("a b"))),
            ("name=", Wanted::Is(String::new())),
            ("name=~ib", Wanted::Contains(text("ib"))),
            ("name=a=b", Wanted::Is(text("a=b"))),
            ("name=[1~5]", Wanted::Between(Some(text("1")), Some(text("5")))),
            ("name=[\"2020-04-09 02:36:00\"~]", Wanted::Between(Some(text("2020-04-09 02:36:00")), None)),
            ("name={a 'b c' d}", Wanted::AnyOf(texts(&["a", "b c", "d"]))),
            ("name=(a b)", Wanted::AllOf(texts(&["a", "b"]))),
        ] {
            assert_eq!(one(q), (text("name"), wanted), "{q}");
        }
        assert_eq!(conditions("a=1,b={x,y z},,c=~d").unwrap().len(), 3);
        assert_eq!(conditions("").unwrap(), []);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for q in ["name", "name=[1]", "name=[1~2~3]", "name={a", "name=\"a", "~"] {
            assert!(conditions(q).is_err(), "{q}");
        }
    }

    #[test]
    fn an_order_has_keys_and_directions() {
        let key = |name: &str, descending| SortKey { name: name.to_owned(), descending };
        assert_eq!(sort("a, -b"), [key("a", false), key("b", true)]);
        assert_eq!(sort(""), []);
    }
}
