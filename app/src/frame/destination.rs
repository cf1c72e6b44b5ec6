//! Pages and commands by their names: what the palette and the page of the search show beside what was found.

use super::sidebar::administration;
use crate::{components::Glyph, i18n::Catalogue, pages::search::Hit, routes};
use api_types::Viewer;

/// Those whose names hold the text, in any case, and which this person has, with their title; nothing where there are none.
pub fn destinations(words: Catalogue, viewer: Option<&Viewer>, text: &str) -> Option<(&'static str, Vec<Hit>)> {
    let creates = viewer.is_some_and(|viewer| viewer.may_create_projects);
    let administers = viewer.is_some_and(|viewer| viewer.is_admin);
    let wanted = text.trim().to_lowercase();
    let found: Vec<Hit> = [
        (Glyph::Home, words.frame.overview(), routes::OVERVIEW),
        (Glyph::Box, words.frame.projects(), routes::PROJECTS),
        (Glyph::Activity, words.frame.activity(), routes::ACTIVITY),
        (Glyph::Plus, words.search.new_project(), routes::NEW_PROJECT),
        (Glyph::User, words.frame.your_account(), routes::ACCOUNT),
        (Glyph::Key, words.search.change_password(), routes::PASSWORD),
        (Glyph::Key, words.frame.access_tokens(), routes::ACCOUNT_TOKENS),
        (Glyph::Monitor, words.account.devices(), routes::ACCOUNT_DEVICES),
        (Glyph::Sun, words.account.appearance(), routes::ACCOUNT_APPEARANCE),
    ]
    .into_iter()
    .filter(|(.., href)| creates || *href != routes::NEW_PROJECT)
    .chain(administration(words.frame).filter(|_| administers).map(|(href, glyph, name)| (glyph, name, href)))
    .filter(|(_, name, _)| name.to_lowercase().contains(&wanted))
    .map(|(glyph, name, href)| Hit::new(glyph, name, href))
    .collect();
    (!found.is_empty()).then(|| (words.search.pages(), found))
}
