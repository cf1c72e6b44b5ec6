//! What a browser wants, each wish in a cookie: theme, language, the columns of lists.

use crate::{Answer, AppError, i18n::Locale};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The cookie that holds a [`Theme`].
pub const THEME_COOKIE: &str = "slipway_theme";
/// The cookie that holds, for a minute, the name of a sign-in without scripts that was refused.
pub const TYPED_NAME_COOKIE: &str = "slipway_typed_name";
/// The cookie that holds a [`Locale`].
pub const LANGUAGE_COOKIE: &str = "slipway_language";

/// The cookie that holds the [`TagColumn`]s which were put away, between dots.
pub const COLUMNS_COOKIE: &str = "slipway_tag_columns";

/// A column of the list of tags that can be put away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TagColumn {
    /// What it runs on.
    Platforms,
    /// As pulled.
    Size,
    /// Of its manifest.
    Digest,
    /// When it was last pulled.
    Pulled,
    /// Signature, SBOM, provenance.
    Attached,
}

impl TagColumn {
    /// All of them, from left to right.
    pub const ALL: [Self; 5] = [Self::Platforms, Self::Size, Self::Digest, Self::Pulled, Self::Attached];

    /// The word for it in cookies, forms and classes.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Platforms => "platforms",
            Self::Size => "size",
            Self::Digest => "digest",
            Self::Pulled => "pulled",
            Self::Attached => "attached",
        }
    }

    /// The columns that a cookie puts away; words that are none are passed over.
    pub fn read(cookie: &str) -> Vec<Self> {
        let words: Vec<_> = cookie.split('.').collect();
        Self::ALL.into_iter().filter(|column| words.contains(&column.as_str())).collect()
    }
}

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

/// Keeps in a cookie which columns of the list of tags are shown; the others are put away.
#[server(prefix = "/_fn", endpoint = "set_tag_columns")]
pub async fn set_tag_columns(
    /// Words of [`TagColumn`]s.
    #[server(default)]
    shown: Vec<String>,
) -> Result<Answer<()>, AppError> {
    let away =
        TagColumn::ALL.map(TagColumn::as_str).into_iter().filter(|word| !shown.iter().any(|shown| shown == word));
    crate::ssr::remember(COLUMNS_COOKIE, &away.collect::<Vec<_>>().join("."));
    crate::ssr::send_back();
    Ok(Answer::Done(()))
}

#[cfg(test)]
mod tests {
    use super::TagColumn;

    #[test]
    fn a_cookie_puts_away_the_columns_that_it_names_and_nothing_else() {
        assert_eq!(TagColumn::read("attached.nonsense.digest"), [TagColumn::Digest, TagColumn::Attached]);
        assert_eq!(TagColumn::read(""), []);
    }
}
