//! What was typed into a form that was refused: scripts leave it in its fields, and without them it comes back with the page.
//!
//! The server keeps the fields of a refused form in a cookie for a minute, for the page that the form stood on and for one look;
//! see `ssr::refuse`. What is secret is never kept ([`is_secret`]).

use crate::boot::use_boot;
use leptos::server_fn::ServerFn;
use serde::{Deserialize, Serialize};

/// The fields of one form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// The path of the server function that the form posts to.
    pub function: String,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

impl Typed {
    /// What was typed into a field of a form that posts to `function`.
    pub fn find(&self, function: &str, field: &str) -> Option<&str> {
        let here = self.function == function;
        let mut fields = self.fields.iter().filter(|(name, _)| here && name == field);
        fields.next().map(|(_, value)| value.as_str())
    }
}

/// What was typed into a field of the form that calls `S`, if that was refused a moment ago.
pub fn typed<S: ServerFn>(field: &str) -> Option<String> {
    use_boot().typed.find(S::PATH, field).map(str::to_owned)
}

/// Whether a field of this name holds what must not be kept.
pub fn is_secret(field: &str) -> bool {
    ["password", "current", "again", "link", "secret", "token"].iter().any(|word| field.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_in_its_own_form_only() {
        let typed = Typed { function: "/_fn/a".to_owned(), fields: vec![("name".to_owned(), "ada".to_owned())] };
        assert_eq!(typed.find("/_fn/a", "name"), Some("ada"));
        assert_eq!(typed.find("/_fn/b", "name"), None);
        assert_eq!(typed.find("/_fn/a", "email"), None);
    }

    #[test]
    fn secrets_are_told_by_their_names() {
        for secret in ["password", "new_password", "current", "again", "link"] {
            assert!(is_secret(secret), "{secret}");
        }
        assert!(!is_secret("username") && !is_secret("confirmation"));
    }
}
