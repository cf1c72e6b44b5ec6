//! `/projects/{project}/…`: a repository, or an artifact in it. Names contain slashes, so one route reads them all.

use super::{artifact::ArtifactPage, repository::RepositoryPage};
use crate::routes::{ArtifactName, Place};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

/// The page of whatever the path names.
#[component]
pub fn PlacePage() -> impl IntoView {
    let params = use_params_map();
    let place = Memo::new(move |_| {
        params.with(|params| {
            Place::read(&params.get("project").unwrap_or_default(), &params.get("rest").unwrap_or_default())
        })
    });
    move || {
        let Place { repository, artifact } = place.get();
        match artifact {
            ArtifactName::None => view! { <RepositoryPage name=repository /> }.into_any(),
            ArtifactName::Tag(reference) | ArtifactName::Digest(reference) => {
                view! { <ArtifactPage repository reference /> }.into_any()
            }
        }
    }
}
