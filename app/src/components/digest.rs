//! Digests, short and copyable.

use super::CopyIcon;
use crate::{boot::use_words, routes};
use leptos::prelude::*;

/// The first twelve digits of a digest, the whole one in the title and on the clipboard.
#[component]
pub fn DigestText(
    /// The whole digest.
    #[prop(into)]
    digest: String,
    /// Where its page is.
    #[prop(optional, into)]
    href: Option<String>,
    /// Shows the algorithm too.
    #[prop(optional)]
    long: bool,
) -> impl IntoView {
    let label = use_words().common.copy_digest();
    let short = routes::shorten(&digest);
    let short =
        if long { format!("{}:{short}", digest.split(':').next().unwrap_or_default()) } else { short.to_owned() };
    let code = view! { <code title=digest.clone()>{short}</code> };
    view! {
        <span class="digest">
            {match href {
                Some(href) => view! { <a href=href>{code}</a> }.into_any(),
                None => code.into_any(),
            }} <CopyIcon text=Signal::stored(digest) label />
        </span>
    }
}
