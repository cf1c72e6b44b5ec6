//! The head of a page.

use super::{Glyph, Icon};
use leptos::prelude::*;
use leptos_meta::Title;

/// The document's title.
#[component]
pub fn PageTitle(
    /// Without the product's name, which follows by itself. Plain text and no signal: the server reads the title after the page
    /// was rendered, when the signals of its parts are gone.
    #[prop(into)]
    title: String,
) -> impl IntoView {
    view! { <Title text=title /> }
}

/// The name, a line of [`Fact`]s, and actions at the right. It sets the document's title too.
#[component]
pub fn PageHead(
    /// The name; also the document's title.
    #[prop(into)]
    title: String,
    /// What stands before it in a quieter voice, such as the repository before the tag.
    #[prop(optional, into)]
    before: Option<String>,
    /// One sentence or line of facts below.
    #[prop(optional)]
    children: Option<Children>,
    /// Buttons.
    #[prop(optional, into)]
    actions: Option<ViewFnOnce>,
) -> impl IntoView {
    let document = format!("{}{title}", before.clone().unwrap_or_default());
    let before = before.map(|before| view! { <span class="part">{after_slashes(&before)}</span> });
    view! {
        <PageTitle title=document />
        <header class="page-head">
            <div class="page-title">
                <h1>
                    <span>{before} {after_slashes(&title)}</span>
                </h1>
                {children.map(|children| children())}
            </div>
            {actions.map(|actions| view! { <div class="page-actions">{actions.run()}</div> })}
        </header>
    }
}

/// A name that breaks after its slashes rather than within its parts.
fn after_slashes(name: &str) -> Vec<AnyView> {
    name.split_inclusive('/')
        .map(|part| {
            let joint = part.ends_with('/').then(|| view! { <wbr /> });
            view! { {part.to_owned()} {joint} }.into_any()
        })
        .collect()
}

/// One fact of the line under a title.
#[component]
pub fn Fact(
    /// A sign before the words.
    #[prop(optional, into)]
    icon: Option<Glyph>,
    /// Explains it on hover.
    #[prop(optional, into)]
    title: Option<String>,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <span class="fact" title=title>
            {icon.map(|glyph| view! { <Icon glyph /> })}
            <span>{children()}</span>
        </span>
    }
}
