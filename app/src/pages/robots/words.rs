//! What a robot may, as its form asks for it and its row tells it: one of a few sets, or words by resource.

use crate::{
    boot::{Typed, use_words},
    i18n::robots::Robots as Text,
};
use api_types::{Permission, Word};
use leptos::prelude::*;

/// What most robots need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Reads.
    Pull,
    /// Also writes.
    Push,
    /// Also deletes what it wrote.
    Delete,
    /// Every word that there is.
    Everything,
}

impl Preset {
    const ALL: [Self; 4] = [Self::Pull, Self::Push, Self::Delete, Self::Everything];

    /// The one of this name in forms; `None` where words are chosen one by one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
            Self::Everything => "everything",
        }
    }

    /// What it stands for.
    pub fn words(self) -> &'static [Word] {
        match self {
            Self::Pull => &[Word::RepositoryPull],
            Self::Push => &[Word::RepositoryPull, Word::RepositoryPush],
            Self::Delete => &[
                Word::RepositoryPull,
                Word::RepositoryPush,
                Word::TagDelete,
                Word::ArtifactDelete,
                Word::RepositoryDelete,
            ],
            Self::Everything => &Word::ALL,
        }
    }

    /// The one that these words are, in whatever order.
    fn of(may: &[Word]) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| {
            let words = preset.words();
            words.len() == may.len() && words.iter().all(|word| may.contains(word))
        })
    }

    fn told(self, text: Text) -> (&'static str, &'static str) {
        match self {
            Self::Pull => (text.preset_pull(), text.preset_pull_hint()),
            Self::Push => (text.preset_push(), text.preset_push_hint()),
            Self::Delete => (text.preset_delete(), text.preset_delete_hint()),
            Self::Everything => (text.preset_everything(), text.preset_everything_hint()),
        }
    }
}

/// What is chosen word by word, by resource, in the order of the form.
const RESOURCES: [&str; 13] = [
    "repository",
    "artifact",
    "artifact-addition",
    "accessory",
    "tag",
    "artifact-label",
    "label",
    "immutable-tag",
    "project",
    "metadata",
    "quota",
    "member",
    "robot",
];

/// What is given as a whole.
const WHOLE: [(&str, Permission); 2] =
    [("tag-retention", Permission::Retain), ("administration", Permission::Administer)];

/// The words of a resource that are given one by one.
fn words_of(resource: &str) -> impl Iterator<Item = Word> {
    let whole = |word: Word| WHOLE.iter().any(|(_, permission)| *permission == word.permission());
    Word::ALL.into_iter().filter(move |word| word.resource() == resource && !whole(*word))
}

/// The ticks of a line: what each gives, and what it is called.
fn ticks(text: Text, resource: &str) -> Vec<(Vec<Word>, &'static str)> {
    match WHOLE.iter().find(|(name, _)| *name == resource) {
        Some((_, permission)) => vec![(Word::all_of(&[*permission]), text.whole())],
        None => words_of(resource).map(|word| (vec![word], text.action(word.action()))).collect(),
    }
}

fn lines() -> impl Iterator<Item = &'static str> {
    RESOURCES.into_iter().chain(WHOLE.into_iter().map(|(name, _)| name))
}

/// Words in a few more: a set that has a name, or each resource with its actions.
pub fn summary(text: Text, may: &[Word]) -> String {
    if let Some(preset) = Preset::of(may) {
        return preset.told(text).0.to_owned();
    }
    let line = |resource: &'static str| {
        let (name, _) = text.resource(resource);
        let given = ticks(text, resource).into_iter().filter(|(words, _)| words.iter().all(|word| may.contains(word)));
        let given: Vec<_> = given.map(|(_, action)| action).collect();
        let whole = WHOLE.iter().any(|(name, _)| *name == resource);
        match given.as_slice() {
            [] => None,
            _ if whole => Some(name.to_owned()),
            _ => Some(format!("{name}: {}", given.join(", "))),
        }
    };
    lines().filter_map(line).collect::<Vec<_>>().join(" · ")
}

/// Asks what a robot may. Below the sets stand the words, which count where none of the sets is chosen.
#[component]
pub fn MayFields(
    /// What was typed before.
    typed: Typed,
    /// What it may now, or what is proposed.
    given: Vec<Word>,
) -> impl IntoView {
    let text = use_words().robots;
    let chosen = typed.or("preset", Preset::of(&given).map_or(OWN, Preset::name));
    let ticked: Vec<String> = if typed.is_there() {
        typed.all("may[]").iter().flat_map(|tick| tick.split(' ')).map(ToOwned::to_owned).collect()
    } else {
        given.iter().map(ToString::to_string).collect()
    };
    let presets = Preset::ALL.into_iter().map(|preset| (preset.name(), preset.told(text)));
    let presets = presets.chain([(OWN, (text.own(), text.own_hint()))]);
    let presets = presets
        .map(|(value, (name, hint))| {
            let checked = chosen == value;
            view! {
                <label class="choice">
                    <input class="tick" type="radio" name="preset" value=value checked=checked />
                    <span class="choice-name">{name}</span>
                    <span class="choice-hint">{hint}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <div class="choices presets">
            {presets}
            <div class="word-lines">
                {lines().map(|resource| view! { <WordLine resource ticked=ticked.clone() /> }).collect_view()}
            </div>
        </div>
    }
}

/// The name of the choice that no set is.
const OWN: &str = "own";

#[component]
fn WordLine(resource: &'static str, ticked: Vec<String>) -> impl IntoView {
    let text = use_words().robots;
    let (name, hint) = text.resource(resource);
    let id = format!("words-{resource}");
    let labelled_by = id.clone();
    let ticks = ticks(text, resource)
        .into_iter()
        .map(|(words, action)| {
            let checked = words.iter().all(|word| ticked.iter().any(|ticked| ticked == word.as_str()));
            let value = words.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ");
            view! {
                <label class="word-tick">
                    <input class="tick" type="checkbox" name="may[]" value=value checked=checked />
                    <span>{action}</span>
                </label>
            }
        })
        .collect_view();
    view! {
        <div class="word-line" role="group" aria-labelledby=labelled_by>
            <div>
                <span class="word-name" id=id>{name}</span>
                <span class="word-hint">{hint}</span>
            </div>
            <div class="word-ticks">{ticks}</div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn every_word_has_one_tick() {
        let text = Text::in_language(Locale::En);
        let mut words: Vec<_> =
            lines().flat_map(|resource| ticks(text, resource)).flat_map(|(words, _)| words).collect();
        assert_eq!(words.len(), Word::ALL.len());
        words.sort_unstable_by_key(|word| word.as_str());
        words.dedup();
        assert_eq!(words.len(), Word::ALL.len());
    }

    #[test]
    fn words_are_told_as_a_set_or_by_resource() {
        let text = Text::in_language(Locale::En);
        assert_eq!(summary(text, &[Word::RepositoryPush, Word::RepositoryPull]), "Pull and push");
        assert_eq!(summary(text, &Word::ALL), "Everything");
        let some = [Word::TagDelete, Word::RepositoryPull, Word::TagList];
        assert_eq!(summary(text, &some), "Repositories: Pull · Tags: List, Delete");
        assert_eq!(summary(text, &Word::all_of(&[Permission::Administer])), "Administration");
    }

    #[test]
    fn a_set_has_the_words_that_belong_beside_its_own() {
        for preset in Preset::ALL {
            let words = preset.words();
            assert!(words.iter().all(|word| word.beside().iter().all(|other| words.contains(other))), "{preset:?}");
            assert_eq!(Preset::named(preset.name()), Some(preset));
        }
        assert_eq!(Preset::named(OWN), None);
    }
}
