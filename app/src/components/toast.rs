//! Short words at the edge of the screen about something that has just happened.

use super::{Glyph, Icon};
use crate::boot::use_words;
use leptos::prelude::*;
use std::time::Duration;

const SHOWN_FOR: Duration = Duration::from_secs(6);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Toast {
    id: u32,
    text: String,
    bad: bool,
}

/// Shows toasts.
#[derive(Clone, Copy, Debug)]
pub struct Toaster {
    toasts: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toaster {
    /// Says that something worked.
    pub fn done(self, text: impl Into<String>) {
        self.add(text.into(), false);
    }

    /// Says that something did not work, where no form stands to say it beside.
    pub fn failed(self, text: impl Into<String>) {
        self.add(text.into(), true);
    }

    fn add(self, text: String, bad: bool) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.toasts.update(|toasts| toasts.push(Toast { id, text, bad }));
        set_timeout(move || self.remove(id), SHOWN_FOR);
    }

    fn remove(self, id: u32) {
        self.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}

/// Makes the toaster known to every component below.
pub fn provide() {
    provide_context(Toaster { toasts: RwSignal::new(Vec::new()), next: StoredValue::new(0) });
}

/// The toaster.
///
/// # Panics
/// Outside of [`crate::App`].
pub fn use_toaster() -> Toaster {
    expect_context()
}

/// Where toasts appear.
#[component]
pub fn Toasts() -> impl IntoView {
    let toaster = use_toaster();
    let words = use_words().common;
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || toaster.toasts.get() key=|toast| toast.id let(toast)>
                <div class=if toast.bad { "toast toast-danger" } else { "toast" }>
                    <Icon glyph=if toast.bad { Glyph::CircleAlert } else { Glyph::CircleCheck } />
                    <span>{toast.text}</span>
                    <button
                        type="button"
                        class="button button-ghost button-icon button-small"
                        aria-label=words.dismiss()
                        on:click=move |_| toaster.remove(toast.id)
                    >
                        <Icon glyph=Glyph::X />
                    </button>
                </div>
            </For>
        </div>
    }
}
