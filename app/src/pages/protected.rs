//! Why something cannot be deleted: a rule protects it.

use crate::{
    boot::use_words,
    components::{Notice, NoticeTone},
    pages::project::rules_address,
};
use leptos::prelude::*;

/// Tags of a sentence.
const NAMED: usize = 5;

/// What stands in a dialog in the place of what would go.
#[component]
pub fn CannotDelete(
    /// The repository's full name.
    repository: String,
    /// The tags that a rule protects.
    protected: Vec<String>,
    /// The address of the page without the dialog.
    close: String,
) -> impl IntoView {
    let words = use_words();
    let text = words.rules;
    let rules = rules_address(repository.split('/').next().unwrap_or_default()).to_string();
    let more = if protected.len() > NAMED { ", …" } else { "" };
    let names = format!("{}{more}", protected.into_iter().take(NAMED).collect::<Vec<_>>().join(", "));
    view! {
        <div class="dialog-body">
            <Notice tone=NoticeTone::Warning title=text.cannot_delete() text=text.cannot_delete_text(names) />
        </div>
        <div class="dialog-foot">
            <a class="button" href=rules>{text.to_rules()}</a>
            <a class="button" data-noscroll="" href=close>{words.common.close()}</a>
        </div>
    }
}
