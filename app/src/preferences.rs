//! What a browser wants, kept in two cookies: theme and language.

use crate::{Answer, AppError, i18n::Locale};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The cookie that holds a [`Theme`].
pub const THEME_COOKIE: &str = "slipway_theme";
/// The cookie that holds a [`Locale`].
pub const LANGUAGE_COOKIE: &str = "slipway_language";

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// All of them, as they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word for it in cookies, forms and `data-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme a word stands for; `None` for any other word.
    pub fn find(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == word)
    }
}

/// Keeps the theme in a cookie.
#[server(prefix = "/_fn", endpoint = "set_theme")]
pub async fn set_theme(
    /// The theme.
    theme: Theme,
) -> Result<Answer<()>, AppError> {
    crate::ssr::remember(THEME_COOKIE, theme.as_str());
    crate::ssr::send_back();
    Ok(Answer::Done(()))
}

/// Keeps the language in a cookie.
#[server(prefix = "/_fn", endpoint = "set_language")]
pub async fn set_language(
    /// The language.
    language: Locale,
) -> Result<Answer<()>, AppError> {
    crate::ssr::remember(LANGUAGE_COOKIE, language.as_str());
    crate::ssr::send_back();
    Ok(Answer::Done(()))
}
