//! What a page knows from its first moment, on both sides: who looks, at which server, in which language.

use crate::{
    browser,
    i18n::{Catalogue, Locale},
    preferences::{TagColumn, Theme},
};
use api_types::{Site, Viewer};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use time::OffsetDateTime;

/// Fixed for the life of a document: signing in or out and changing the language load a new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boot {
    /// The server as the outside sees it.
    pub site: Site,
    /// Who looks; absent before signing in.
    pub viewer: Option<Viewer>,
    /// Whether the session that this browser had is over.
    pub session_expired: bool,
    /// The name that was typed into a sign-in which was refused, where no scripts keep it in its field.
    pub typed_name: String,
    /// The language of all words.
    pub locale: Locale,
    /// Light, dark, or as the system has it.
    pub theme: Theme,
    /// The columns of the list of tags that are put away.
    pub columns_away: Vec<TagColumn>,
    /// The server's time of rendering.
    #[serde(with = "time::serde::rfc3339")]
    pub now: OffsetDateTime,
    /// The address of the icon sprite.
    pub icons: String,
}

impl Default for Boot {
    fn default() -> Self {
        Self {
            site: Site { url: String::new(), host: String::new(), version: String::new(), healthy: true },
            viewer: None,
            session_expired: false,
            typed_name: String::new(),
            locale: Locale::default(),
            theme: Theme::default(),
            columns_away: Vec::new(),
            now: OffsetDateTime::UNIX_EPOCH,
            icons: "/icons.svg".to_owned(),
        }
    }
}

/// The clock that relative times are told by: the server's time until the page is alive, then the browser's, minute by minute.
#[derive(Clone, Copy, Debug)]
struct Now(RwSignal<OffsetDateTime>);

/// The columns of the list of tags that are put away; changes while the document lives.
#[derive(Clone, Copy, Debug)]
pub struct ColumnsAway(pub RwSignal<Vec<TagColumn>>);

/// Makes it known to every component below.
pub fn provide(boot: Boot) {
    let now = RwSignal::new(boot.now);
    provide_context(boot.locale);
    provide_context(ColumnsAway(RwSignal::new(boot.columns_away.clone())));
    provide_context(Arc::new(boot));
    provide_context(Now(now));
    Effect::new(move || {
        now.set(browser::now());
        if let Ok(ticking) = set_interval_with_handle(move || now.set(browser::now()), Duration::from_secs(30)) {
            on_cleanup(move || ticking.clear());
        }
    });
}

/// What the page knows.
///
/// # Panics
/// Outside of [`crate::App`].
pub fn use_boot() -> Arc<Boot> {
    expect_context()
}

/// Every word in the page's language.
pub fn use_words() -> Catalogue {
    Catalogue::new(use_context().unwrap_or_default())
}

/// The present moment, for relative times.
pub fn use_now() -> Signal<OffsetDateTime> {
    use_context::<Now>().map_or_else(|| Signal::stored(OffsetDateTime::UNIX_EPOCH), |now| now.0.into())
}
