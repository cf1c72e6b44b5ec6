//! What a page knows from its first moment, on both sides: who looks, at which server, in which language.

use crate::{
    browser,
    i18n::{Catalogue, Locale},
    preferences::{TagColumn, Theme},
};
use api_types::{PasswordLink, Problem, ShownSecret, Site, TrashOutcome, Viewer};
use leptos::{prelude::*, server_fn::ServerFn};
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
    /// When the person last proved who they are.
    #[serde(with = "time::serde::rfc3339::option")]
    pub proved_at: Option<OffsetDateTime>,
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
    /// What a form without scripts is answered with, where this page is the answer. Such a page runs no scripts.
    #[serde(skip)]
    pub answered: Option<Arc<Answered>>,
}

/// The answer to a form that was sent without scripts, on a page of its own: a refusal keeps what was typed, a secret is shown once,
/// and each of several things has an end of its own, none of which a redirect could do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// The path of the server function.
    pub function: String,
    /// Why it was refused.
    pub problem: Option<Problem>,
    /// What was sent, but for passwords.
    pub typed: Vec<(String, String)>,
    /// What is shown this once.
    pub shown: Option<ShownSecret>,
    /// A one-time link that is shown this once.
    pub link: Option<PasswordLink>,
    /// What became of several things.
    pub outcome: Option<TrashOutcome>,
}

/// What this page answers, if it is the answer to this function.
pub fn answered<S: ServerFn>() -> Option<Arc<Answered>> {
    use_boot().answered.clone().filter(|answered| answered.function == S::PATH)
}

/// What was typed into a form that was refused.
#[derive(Clone, Debug, Default)]
pub struct Typed(Option<Arc<Answered>>);

impl Typed {
    /// Into the form of this function.
    pub fn into_form<S: ServerFn>() -> Self {
        Self(answered::<S>())
    }

    /// Whether there is anything.
    pub fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// A field's text, or what it holds where nothing was typed.
    pub fn or(&self, field: &str, otherwise: impl Into<String>) -> String {
        match &self.0 {
            Some(_) => self.all(field).into_iter().next().unwrap_or_default(),
            None => otherwise.into(),
        }
    }

    /// Every text of a field.
    pub fn all(&self, field: &str) -> Vec<String> {
        let typed = self.0.iter().flat_map(|answered| &answered.typed);
        typed.filter(|(name, _)| name == field).map(|(_, text)| text.clone()).collect()
    }
}

impl Default for Boot {
    fn default() -> Self {
        Self {
            site: Site {
                url: String::new(),
                host: String::new(),
                version: String::new(),
                healthy: true,
                kept_seconds: 0,
            },
            viewer: None,
            session_expired: false,
            typed_name: String::new(),
            proved_at: None,
            locale: Locale::default(),
            theme: Theme::default(),
            columns_away: Vec::new(),
            now: OffsetDateTime::UNIX_EPOCH,
            icons: "/icons.svg".to_owned(),
            answered: None,
        }
    }
}

/// The clock that relative times are told by: the server's time until the page is alive, then the browser's, minute by minute.
#[derive(Clone, Copy, Debug)]
struct Now(RwSignal<OffsetDateTime>);

/// The columns of the list of tags that are put away; changes while the document lives.
#[derive(Clone, Copy, Debug)]
pub struct ColumnsAway(pub RwSignal<Vec<TagColumn>>);

/// Whether the server was reached when the page last asked it for something.
#[derive(Clone, Copy, Debug)]
pub struct Reached(pub RwSignal<bool>);

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
    provide_context(Reached(RwSignal::new(true)));
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
