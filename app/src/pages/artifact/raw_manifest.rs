//! The manifest as it was pushed, indented and highlighted.

use super::{LONG_MANIFEST, WHOLE_MANIFEST};
use crate::{
    boot::use_words,
    components::CopyButton,
    i18n::format::bytes,
    routes::{self, Address},
};
use leptos::prelude::*;

/// What a piece of JSON is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Plain,
    Key,
    Text,
    Number,
}

impl Piece {
    fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Key => "json-key",
            Self::Text => "json-text",
            Self::Number => "json-number",
        }
    }
}

/// The text, or the way to it where it is long. Copying gives the bytes as they were pushed.
#[component]
pub fn RawManifest(
    /// The manifest's digest.
    digest: String,
    /// Its bytes.
    size: u64,
    /// The manifest, where it was loaded.
    text: Option<String>,
    /// The address of the page.
    here: Address,
) -> impl IntoView {
    let words = use_words().artifact;
    let body = if let Some(text) = &text {
        let code = highlighted(text, size <= LONG_MANIFEST);
        let label = words.manifest_of(routes::shorten(&digest));
        view! { <pre class="code" tabindex="0" aria-label=label><code>{code}</code></pre> }.into_any()
    } else {
        let (key, wanted) = WHOLE_MANIFEST;
        let all = format!("{}#raw-manifest", here.with(key, wanted));
        view! { <p>{words.long_manifest(bytes(size))} " " <a class="link" href=all>{words.show_manifest()}</a></p> }
            .into_any()
    };
    view! {
        <section id="raw-manifest" aria-labelledby="raw-manifest-title">
            <div class="section-head">
                <h2 id="raw-manifest-title">{words.raw_manifest()}</h2>
                {text.map(|text| view! { <CopyButton text=Signal::stored(text) /> })}
            </div>
            {body}
        </section>
    }
}

/// The manifest indented, its pieces told apart by colour if there are few enough of them.
fn highlighted(text: &str, colours: bool) -> AnyView {
    let shown = serde_json::from_str::<serde_json::Value>(text)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| text.to_owned());
    if !colours {
        return shown.into_any();
    }
    pieces(&shown)
        .into_iter()
        .map(|(piece, text)| match piece {
            Piece::Plain => text.to_owned().into_any(),
            _ => view! { <span class=piece.class()>{text.to_owned()}</span> }.into_any(),
        })
        .collect_view()
        .into_any()
}

/// Splits well-formed JSON into its pieces; of any other text it loses nothing.
fn pieces(json: &str) -> Vec<(Piece, &str)> {
    let mut pieces = Vec::new();
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let (piece, length) = match first {
            '"' => {
                let length = string_length(rest);
                let is_key = rest[length..].trim_start().starts_with(':');
                (if is_key { Piece::Key } else { Piece::Text }, length)
            }
            '0'..='9' | '-' | 't' | 'f' | 'n' => {
                (Piece::Number, rest.find([',', '\n', '}', ']', ' ']).unwrap_or(rest.len()).max(1))
            }
            _ => (
                Piece::Plain,
                rest.find(|c: char| c == '"' || c.is_ascii_alphanumeric() || c == '-')
                    .unwrap_or(rest.len())
                    .max(first.len_utf8()),
            ),
        };
        let (head, tail) = rest.split_at(length);
        pieces.push((piece, head));
        rest = tail;
    }
    pieces
}

/// The length of the string that the text starts with, its quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_texts_and_numbers_are_told_apart() {
        let json = "{\n  \"a\\\"b\": \"x: y\",\n  \"n\": -1.5,\n  \"t\": true\n}";
        let pieces = pieces(json);
        let of = |wanted: Piece| {
            pieces.iter().filter(|(piece, _)| *piece == wanted).map(|(_, text)| *text).collect::<Vec<_>>()
        };
        assert_eq!(of(Piece::Key), ["\"a\\\"b\"", "\"n\"", "\"t\""]);
        assert_eq!(of(Piece::Text), ["\"x: y\""]);
        assert_eq!(of(Piece::Number), ["-1.5", "true"]);
    }

    #[test]
    fn nothing_is_lost_of_any_text() {
        for text in ["", "\"", "{\"a", "é\"é\\", "nul", "-", "💡 x - y", "[1,2]"] {
            assert_eq!(pieces(text).into_iter().map(|(_, text)| text).collect::<String>(), text);
        }
    }
}
