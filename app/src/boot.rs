//! What a page knows from its first moment, on both sides: who looks, at which server, in which language.

use crate::{
    browser,
    i18n::{Catalogue, Locale},
    preferences::{TagColumn, Theme},
    typed::Typed,
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
    /// When the person last proved who they are.
    #[serde(with = "time::serde::rfc3339::option")]
    pub proved_at: Option<OffsetDateTime>,
    /// What was typed into a form which was refused, where no scripts keep it in its fields.
    pub typed: Typed,
    /// What a form without scripts has just made and nobody can see again, as JSON; see `ssr::once`.
    pub shown_once: Option<String>,
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
            proved_at: None,
            typed: Typed::default(),
            shown_once: None,
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

/// After this time without the password it is asked for again before what matters.
pub const PROOF_LIFETIME: Duration = Duration::from_mins(10);

/// When the person last proved who they are, as far as the page knows; it changes while the document lives.
#[derive(Clone, Copy, Debug)]
pub struct Proof(RwSignal<Option<OffsetDateTime>>);

impl Proof {
    /// Whether the password is to be asked for at this time.
    pub fn is_old(self, now: OffsetDateTime) -> bool {
        self.0.get().is_none_or(|at| now > at + PROOF_LIFETIME)
    }

    /// The password was given at this time.
    pub fn renew(self, now: OffsetDateTime) {
        self.0.set(Some(now));
    }
}

/// Makes it known to every component below.
pub fn provide(boot: Boot) {
    let now = RwSignal::new(boot.now);
    provide_context(boot.locale);
    provide_context(Proof(RwSignal::new(boot.proved_at)));
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

/// The last proof of the password.
///
/// # Panics
/// Outside of [`crate::App`].
pub fn use_proof() -> Proof {
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
