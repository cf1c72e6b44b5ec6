//! Who did something.

use super::{Glyph, Icon};
use crate::boot::use_words;
use api_types::{ActorKind, ActorSummary};
use leptos::prelude::*;

/// The first letters of a name's first two words, or its first two letters.
fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return "?".to_owned() };
    // One syllable of Hangul is wide and says enough.
    let wide = |c: &char| *c as u32 >= 0x1100;
    match words.next() {
        Some(second) => first.chars().take(1).chain(second.chars().take(1)).collect(),
        None if first.chars().next().as_ref().is_some_and(wide) => first.chars().take(1).collect(),
        None => first.chars().take(2).collect(),
    }
}

/// A person's initials.
#[component]
pub fn Avatar(
    /// The name that is shown.
    #[prop(into)]
    name: String,
    /// In the top bar.
    #[prop(optional)]
    large: bool,
) -> impl IntoView {
    view! {
        <span class=if large { "avatar avatar-large" } else { "avatar" } aria-hidden="true">
            {initials(&name)}
        </span>
    }
}

/// The sign of an account: initials for people, icons for all others. Robots are named as such for screen readers.
#[component]
pub fn ActorSign(
    /// Who.
    actor: ActorSummary,
) -> impl IntoView {
    let words = use_words().terms;
    match actor.kind {
        ActorKind::User => view! { <Avatar name=actor.name /> }.into_any(),
        ActorKind::Robot => machine(Glyph::Bot, words.robot()).into_any(),
        ActorKind::System => machine(Glyph::Server, "").into_any(),
        ActorKind::Anonymous => machine(Glyph::User, "").into_any(),
    }
}

/// An account with its sign and its name.
#[component]
pub fn ActorName(
    /// Who.
    actor: ActorSummary,
    /// Inside of this project its own robots lose the `project+` prefix.
    #[prop(optional, into)]
    project: Option<String>,
) -> impl IntoView {
    let words = use_words().terms;
    let name = match actor.kind {
        ActorKind::User => actor.name.clone(),
        ActorKind::Robot => {
            let prefix = project.map(|project| format!("{project}+")).unwrap_or_default();
            actor.name.strip_prefix(&prefix).unwrap_or(&actor.name).to_owned()
        }
        ActorKind::System => words.server().to_owned(),
        ActorKind::Anonymous => words.anonymous().to_owned(),
    };
    view! {
        <span class="actor" title=actor.name.clone()>
            <ActorSign actor=actor.clone() />
            <span>{name}</span>
        </span>
    }
}

fn machine(glyph: Glyph, label: &'static str) -> impl IntoView {
    view! {
        <span class="avatar avatar-machine">
            <Icon glyph />
            {(!label.is_empty()).then(|| view! { <span class="visually-hidden">{label}</span> })}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_short_in_every_script() {
        for (name, expected) in
            [("Mira Sandoval", "MS"), ("admin", "ad"), ("김하나", "김"), ("j.okafor", "jo"), ("", "?"), ("…", "?")]
        {
            assert_eq!(initials(name), expected);
        }
    }
}
