//! Why something cannot be deleted: a rule protects it.

use crate::{
    boot::use_words,
    components::{Notice, NoticeTone},
    pages::project::rules_address,
    routes,
};
use leptos::prelude::*;

/// Tags of a sentence.
const NAMED: usize = 5;

/// The first ones by name, and a sign that there are more.
fn named(tags: &[String]) -> String {
    let more = if tags.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", tags[..tags.len().min(NAMED)].join(", "))
}

/// What stands in a dialog in the place of what would go.
#[component]
pub fn CannotDelete(
    /// The repository's full name.
    repository: String,
    /// The tags that a rule protects.
    protected: Vec<String>,
    /// The address of the page without the dialog.
    close: String,
    /// Whether the dialog's title says already which tag it is.
    #[prop(optional)]
    titled: bool,
) -> impl IntoView {
    let words = use_words();
    let text = words.rules;
    let rules = rules_address(routes::project_of(&repository)).to_string();
    let (title, told) = match protected.as_slice() {
        [tag] => {
            let title = if titled { text.cannot_delete().to_owned() } else { words.repository.tag_protected(tag) };
            (title, words.repository.tag_protected_text().to_owned())
        }
        several => (text.cannot_delete().to_owned(), text.cannot_delete_text(named(several))),
    };
    view! {
        <div class="dialog-body">
            <Notice tone=NoticeTone::Warning title=title text=told />
        </div>
        <div class="dialog-foot">
            <a class="button" data-noscroll="" href=close>{words.common.close()}</a>
            <a class="button" href=rules>{text.to_rules()}</a>
        </div>
    }
}
