//! Commands to copy.

use super::CopyButton;
use leptos::prelude::*;

const OPEN: char = '‹';
const CLOSE: char = '›';

/// Lines to copy, with the parts that depend on this server or thing marked: `docker login ‹localhost:8080› -u ‹ada›`.
///
/// The marks are never copied; neither is the `$` that stands before each line of a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    marked: String,
    shell: bool,
}

impl Snippet {
    /// Commands for a shell, one a line.
    pub fn shell(marked: impl Into<String>) -> Self {
        Self { marked: marked.into(), shell: true }
    }

    /// The text of a file.
    pub fn file(marked: impl Into<String>) -> Self {
        Self { marked: marked.into(), shell: false }
    }

    /// What is copied.
    pub fn text(&self) -> String {
        self.marked.replace([OPEN, CLOSE], "")
    }

    /// Whether its lines must stay whole: what a line of a file belongs to is seen by how far it stands in.
    fn is_indented(&self) -> bool {
        !self.shell && self.marked.contains('\n')
    }

    /// The pieces of a line, each with whether it is marked.
    fn pieces(line: &str) -> Vec<(bool, &str)> {
        line.split_inclusive([OPEN, CLOSE])
            .filter_map(|piece| {
                let text = piece.trim_end_matches([OPEN, CLOSE]);
                (!text.is_empty()).then_some((piece.ends_with(CLOSE), text))
            })
            .collect()
    }
}

/// Words up to this length are kept in one piece: a break after the hyphen of `-u` would make two words of it.
const SHORT: usize = 20;

/// The pieces of a text: after each that ends in one of the marks, or in a space, a line may end.
fn broken<'a>(text: &'a str, marks: &'a [char]) -> impl Iterator<Item = &'a str> {
    text.split_inclusive(move |c: char| c == ' ' || marks.contains(&c))
}

/// The text with a place to break after every slash and equals sign, but none within short words.
fn breakable(text: &str) -> Vec<AnyView> {
    broken(text, &['/', '='])
        .map(|part| {
            let word = part.trim_end_matches(' ');
            let space = &part[word.len()..];
            let breaks = word.ends_with(['/', '=']).then(|| view! { <wbr /> });
            if word.contains('-') && word.len() <= SHORT {
                view! { <span class="nowrap">{word.to_owned()}</span>{breaks}{(!space.is_empty()).then(|| space.to_owned())} }.into_any()
            } else {
                view! { {part.to_owned()}{breaks} }.into_any()
            }
        })
        .collect()
}

/// A value of an image, such as a path or a media type, which breaks where it has joints.
#[component]
pub fn Joints(
    /// The value.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    broken(&text, &['/', ':', '=', ';', ',']).map(|part| view! { {part.to_owned()}<wbr /> }).collect_view()
}

/// A box with a snippet and its Copy button; above it a title and whatever switches it.
#[component]
pub fn Command(
    /// What it shows.
    #[prop(into)]
    snippet: Signal<Snippet>,
    /// A word in the bar above.
    #[prop(optional, into)]
    title: Option<String>,
    /// What else stands in the bar: [`Clients`], a [`super::Segmented`].
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let has_bar = title.is_some() || children.is_some();
    let text = Signal::derive(move || snippet.get().text());
    let indented = move || snippet.get().is_indented();
    // What scrolls is reached with the keyboard.
    let stop = move || if indented() { "0" } else { "-1" };
    let lines = move || {
        let snippet = snippet.get();
        let last = snippet.marked.lines().count().saturating_sub(1);
        snippet
            .marked
            .lines()
            .enumerate()
            .map(|(index, line)| {
                let pieces = Snippet::pieces(line)
                    .into_iter()
                    .map(|(marked, text)| {
                        let text = breakable(text);
                        if marked { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() }
                    })
                    .collect_view();
                let end = (index < last).then_some("\n");
                view! { <span class="line">{pieces}{end}</span> }
            })
            .collect_view()
    };
    view! {
        <div class="command" class:command-shell=move || snippet.get().shell class:command-file=indented>
            {has_bar
                .then(|| {
                    view! {
                        <div class="command-bar">
                            {title.map(|title| view! { <span class="command-title">{title}</span> })}
                            {children.map(|children| children())}
                        </div>
                    }
                })}
            <div class="command-line">
                <pre tabindex=stop><code>{lines}</code></pre>
                <CopyButton text />
            </div>
        </div>
    }
}

/// One program that a command is written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its name.
    pub name: &'static str,
    /// The address that shows the command for it.
    pub href: String,
    /// Whether it is the one that is shown.
    pub current: bool,
}

/// Switches between programs by links, so that it works without scripts and can be shared. On a phone it is a menu.
#[component]
pub fn Clients(
    /// The programs in order.
    #[prop(into)]
    clients: Signal<Vec<Client>>,
) -> impl IntoView {
    let words = crate::boot::use_words().common;
    let links = move |class: &'static str| {
        clients
            .get()
            .into_iter()
            .map(|client| {
                view! {
                    <a class=class href=client.href data-noscroll="" aria-current=client.current.then_some("true")>
                        {client.name}
                    </a>
                }
            })
            .collect_view()
    };
    let current = move || clients.get().into_iter().find(|client| client.current).map(|client| client.name);
    view! {
        <div class="clients wide-only" role="group" aria-label=words.client()>
            {move || links("client")}
        </div>
        <details class="menu menu-start narrow-only">
            <summary class="button">
                {current} <super::Icon glyph=super::Glyph::ChevronDown />
            </summary>
            <div class="menu-panel">{move || links("menu-item")}</div>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::{Snippet, broken};

    #[test]
    fn a_line_breaks_at_joints_and_spaces_and_loses_nothing() {
        let pieces = |text| broken(text, &['/', '=']).collect::<Vec<_>>();
        assert_eq!(pieces("crane copy --insecure a/b=c"), ["crane ", "copy ", "--insecure ", "a/", "b=", "c"]);
        assert_eq!(pieces(" -u "), [" ", "-u "]);
        assert_eq!(pieces(""), Vec::<&str>::new());
    }

    #[test]
    fn marks_are_shown_but_never_copied() {
        let snippet = Snippet::shell("docker push ‹localhost:8080/a/›b:1");
        assert_eq!(snippet.text(), "docker push localhost:8080/a/b:1");
        assert_eq!(
            Snippet::pieces("docker push ‹localhost:8080/a/›b:1"),
            [(false, "docker push "), (true, "localhost:8080/a/"), (false, "b:1")]
        );
    }

    #[test]
    fn only_the_lines_of_a_file_stay_whole() {
        assert!(Snippet::file("containers:\n  - name: app").is_indented());
        assert!(!Snippet::file("NAME=‹value›").is_indented());
        assert!(!Snippet::shell("docker login\ndocker push").is_indented());
    }
}
