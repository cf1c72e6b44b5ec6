//! `/account/appearance`: theme and language, for this browser.

use crate::{
    boot::use_words,
    frame::{LanguageForm, ThemeForm},
};
use leptos::prelude::*;

/// The page.
#[component]
pub fn AppearancePage() -> impl IntoView {
    let words = use_words().account;
    view! {
        <div class="stack form-page settings">
            <section class="card card-split">
                <h2 id="account-theme">{words.theme()}</h2>
                <p class="second">{words.theme_text()}</p>
                <div class="card-control">
                    <ThemeForm labelledby="account-theme" />
                </div>
            </section>
            <section class="card card-split">
                <h2 id="account-language">{words.language()}</h2>
                <p class="second">{words.language_text()}</p>
                <div class="card-control">
                    <LanguageForm labelledby="account-language" />
                </div>
            </section>
        </div>
    }
}
