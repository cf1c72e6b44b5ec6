//! Finding people while one types a name.

use crate::{AppError, boot::use_words, components::Suggestion, typing::Rest};
use api_types::Candidate;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use std::time::Duration;

/// How long typing must rest before the server is asked.
const REST: Duration = Duration::from_millis(150);

/// A few people whose names begin like this, for those who administer the project.
#[server(prefix = "/_fn", endpoint = "find_people", input = GetUrl)]
pub async fn find_people(project: String, text: String) -> Result<Vec<Candidate>, AppError> {
    let context = crate::ssr::signed_in()?;
    let project = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.members.find_people(&context.actor, &project, &text).await)
}

/// Suggestions for a field, and what the field calls as one types.
pub fn use_people(project: String) -> (RwSignal<Vec<Suggestion>>, Callback<String>) {
    let words = use_words();
    let suggestions = RwSignal::new(Vec::new());
    let rest = Rest::of(REST);
    let on_type = Callback::new(move |typed: String| {
        rest.forget();
        if typed.trim().is_empty() {
            suggestions.set(Vec::new());
            return;
        }
        rest.ask(find_people(project.clone(), typed), move |found| {
            let suggestion = |one: Candidate| Suggestion {
                value: one.person.username,
                title: one.person.display_name,
                note: one.role.map(|role| words.members.is_already(words.terms.role(role))).unwrap_or_default(),
            };
            // Out of reach, nothing is suggested; the name itself still works.
            suggestions.set(found.unwrap_or_default().into_iter().map(suggestion).collect());
        });
    });
    (suggestions, on_type)
}
