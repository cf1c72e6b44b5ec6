//! Showing a one-time link, once.

use crate::{
    boot::use_words,
    components::{CopyButton, Notice, NoticeTone, Rich},
    i18n::format::moment,
};
use api_types::PasswordLink;
use leptos::prelude::*;

/// The link with what to do with it; the rest of a dialog.
#[component]
pub fn LinkShown(link: PasswordLink, close: Signal<String>) -> impl IntoView {
    let all = use_words();
    let words = all.users;
    view! {
        <div class="dialog-body form">
            <p><Rich text=words.link_text(&link.username) /></p>
            <div class="secret">
                <code class="secret-text">{link.address.clone()}</code>
                <CopyButton text=Signal::stored(link.address) />
            </div>
            <Notice tone=NoticeTone::Warning title=words.link_once() text=words.link_ends(moment(all.locale, link.expires_at)) />
        </div>
        <div class="dialog-foot">
            <a class="button button-primary" data-noscroll="" href=move || close.get()>{words.link_done()}</a>
        </div>
    }
}
