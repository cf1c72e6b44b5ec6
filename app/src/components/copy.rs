//! Copying to the clipboard.

use super::{Glyph, Icon};
use crate::{boot::use_words, browser};
use leptos::prelude::*;
use std::time::Duration;

/// What happens on a press: the text is copied, and for two seconds `copied` is true.
fn copying(text: Signal<String>) -> (RwSignal<bool>, impl Fn() + Copy) {
    let copied = RwSignal::new(false);
    let presses = StoredValue::new(0_u32);
    let press = move || {
        browser::copy(&text.get_untracked());
        presses.update_value(|presses| *presses += 1);
        let press = presses.get_value();
        copied.set(true);
        set_timeout(
            move || {
                // A later press starts its own two seconds; a button that is gone has nothing to reset.
                if presses.try_get_value() == Some(press) {
                    copied.try_set(false);
                }
            },
            Duration::from_secs(2),
        );
    };
    (copied, press)
}

/// A button that says Copy and then Copied, without changing its size.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    let words = use_words().common;
    let (copied, press) = copying(text);
    view! {
        <button type="button" class="button copy live-only" class:copied=move || copied.get() on:click=move |_| press()>
            <span class="copy-idle">
                <Icon glyph=Glyph::Copy />
                <span class="copy-label">{words.copy()}</span>
            </span>
            <span class="copy-done" aria-live="polite">
                <Icon glyph=Glyph::Check />
                <span class="copy-label">{move || copied.get().then(|| words.copied())}</span>
            </span>
        </button>
    }
}

/// The same as a small icon, for digests in rows.
#[component]
pub fn CopyIcon(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What the button does, such as "Copy digest".
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let words = use_words().common;
    let (copied, press) = copying(text);
    view! {
        <button
            type="button"
            class="copy-icon live-only"
            class:copied=move || copied.get()
            aria-label=label.clone()
            title=label
            on:click=move |_| press()
        >
            <Icon glyph=Glyph::Copy class="copy-idle" />
            <Icon glyph=Glyph::Check class="copy-done" />
            <span class="visually-hidden" aria-live="polite">
                {move || copied.get().then(|| words.copied())}
            </span>
        </button>
    }
}
