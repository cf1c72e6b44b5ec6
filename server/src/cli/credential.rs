//! How a robot or a token stands, in words.

use api_types::CredentialState;
use app::i18n::{Locale, format};
use time::OffsetDateTime;

/// When something ends, in words.
pub fn end(at: Option<OffsetDateTime>) -> String {
    at.map_or_else(|| "never ends".to_owned(), |at| format!("ends {}", format::moment(Locale::En, at)))
}

/// When something was last used, in words.
pub fn used(at: Option<OffsetDateTime>) -> String {
    at.map_or_else(|| "never used".to_owned(), |at| format!("used {}", format::moment(Locale::En, at)))
}

/// Whether it opens anything, in words.
pub fn state(state: CredentialState) -> &'static str {
    match state {
        CredentialState::Active => "active",
        CredentialState::ExpiresSoon => "ends soon",
        CredentialState::Expired => "expired",
        CredentialState::Disabled => "disabled",
    }
}
