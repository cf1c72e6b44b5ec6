//! Dialogs whose being open stands in the address.

use super::{Button, ButtonKind, Glyph, Icon};
use crate::{boot::use_words, browser};
use leptos::{html, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// The way to another address of the same page, such as that without the dialog; the page stays where it was scrolled to.
pub fn use_go() -> impl Fn(&str) + Clone {
    let navigate = use_navigate();
    move |page: &str| navigate(page, NavigateOptions { scroll: false, ..NavigateOptions::default() })
}

/// A dialog over the page. It is open while `open` is true, which should come from the query string: then a plain link opens it, also
/// without scripts, and the way back closes it.
#[component]
pub fn Dialog(
    /// What it is about.
    #[prop(into)]
    title: Signal<String>,
    /// Whether it is open.
    #[prop(into)]
    open: Signal<bool>,
    /// The address of the page without it.
    #[prop(into)]
    close: Signal<String>,
    /// `dialog-wide`.
    #[prop(optional)]
    class: &'static str,
    /// Usually a `dialog-body` and a [`DialogFoot`], inside of a form.
    children: ChildrenFn,
) -> impl IntoView {
    let words = use_words().common;
    let children = StoredValue::new(children);
    view! {
        <Show when=move || open.get()>
            {
                let dialog = NodeRef::<html::Dialog>::new();
                let go = use_go();
                Effect::new(move || {
                    if let Some(dialog) = dialog.get() {
                        // Only in the browser: an element belongs to one thread, and the server ends a page on any.
                        let came_from = StoredValue::new_local(browser::focused());
                        Owner::on_cleanup(move || {
                            if let Some(Some(element)) = came_from.try_get_value() {
                                let _ = element.focus();
                            }
                        });
                        browser::show_modal(&dialog);
                    }
                });
                let on_cancel = move |event: leptos::web_sys::Event| {
                    event.prevent_default();
                    go(&close.get_untracked());
                };
                view! {
                    <dialog class=format!("dialog {class}") open node_ref=dialog aria-labelledby="dialog-title" on:cancel=on_cancel>
                        <div class="dialog-head">
                            <h2 id="dialog-title" tabindex="-1">{move || title.get()}</h2>
                            <a
                                class="button button-ghost button-icon"
                                href=move || close.get()
                                data-noscroll=""
                                aria-label=words.close()
                            >
                                <Icon glyph=Glyph::X />
                            </a>
                        </div>
                        {children.with_value(|children| children())}
                    </dialog>
                }
            }
        </Show>
    }
}

/// The end of a dialog's form: the way back, and the button that sends the form.
#[component]
pub fn DialogFoot(
    /// Whether the form is on its way.
    #[prop(into)]
    busy: Signal<bool>,
    /// The address of the page without the dialog.
    #[prop(into)]
    close: Signal<String>,
    /// How much the button asks for attention.
    kind: ButtonKind,
    /// What it says.
    #[prop(into)]
    confirm: String,
) -> impl IntoView {
    let words = use_words().common;
    view! {
        <div class="dialog-foot">
            <a class="button" data-noscroll="" href=move || close.get()>{words.cancel()}</a>
            <Button kind busy>{confirm}</Button>
        </div>
    }
}
