//! Messages with emphasis and code in them.

use leptos::prelude::*;

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    Strong(&'a str),
    Code(&'a str),
}

/// Splits `**strong**` and `` `code` `` out of a message. A mark without its partner is text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(['*', '`']) {
        let mark = if rest[start..].starts_with("**") {
            "**"
        } else if rest[start..].starts_with('`') {
            "`"
        } else {
            pieces.push(Piece::Plain(&rest[..=start]));
            rest = &rest[start + 1..];
            continue;
        };
        let inner = &rest[start + mark.len()..];
        let Some(length) = inner.find(mark) else { break };
        if start > 0 {
            pieces.push(Piece::Plain(&rest[..start]));
        }
        pieces.push(if mark == "`" { Piece::Code(&inner[..length]) } else { Piece::Strong(&inner[..length]) });
        rest = &inner[length + mark.len()..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Plain(rest));
    }
    pieces
}

/// A message of the catalogue, with its `**strong**` and `` `code` `` shown as such. It never makes other markup.
#[component]
pub fn Rich(
    /// The message.
    #[prop(into)]
    text: String,
    /// Where its code leads to.
    #[prop(optional, into)]
    link: Option<String>,
) -> impl IntoView {
    pieces(&text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Plain(text) => view! { {text.to_owned()} }.into_any(),
            Piece::Strong(text) => view! { <strong>{text.to_owned()}</strong> }.into_any(),
            Piece::Code(text) if link.is_some() => {
                view! { <a href=link.clone()><code>{text.to_owned()}</code></a> }.into_any()
            }
            Piece::Code(text) => view! { <code>{text.to_owned()}</code> }.into_any(),
        })
        .collect_view()
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn marks_come_in_pairs_or_are_text() {
        assert_eq!(
            pieces("Signed in as **ada**, see `docker login`."),
            [
                Piece::Plain("Signed in as "),
                Piece::Strong("ada"),
                Piece::Plain(", see "),
                Piece::Code("docker login"),
                Piece::Plain("."),
            ]
        );
        assert_eq!(pieces("a ** b"), [Piece::Plain("a ** b")]);
        assert_eq!(pieces("2 * 3"), [Piece::Plain("2 *"), Piece::Plain(" 3")]);
        assert_eq!(pieces("`한글`"), [Piece::Code("한글")]);
    }
}
