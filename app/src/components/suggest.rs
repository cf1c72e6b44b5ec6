//! A text field that suggests people while one types; without scripts it is a text field.

use super::Avatar;
use leptos::{ev, prelude::*};

/// Somebody who is suggested.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What the field then holds.
    pub value: String,
    /// The name that is shown.
    pub title: String,
    /// What else is to be known, such as a role they have already.
    pub note: String,
}

/// The field. The page sets `suggestions` for what was typed last.
#[component]
pub fn SuggestField(
    /// The element's id.
    id: &'static str,
    /// The form's field.
    name: &'static str,
    /// What it holds at first.
    #[prop(optional, into)]
    value: String,
    /// What is suggested.
    #[prop(into)]
    list_label: String,
    /// The name of the field, where it stands in no [`super::Field`] that says it.
    #[prop(optional, into)]
    label: Option<String>,
    /// Whether it has the focus from the start.
    #[prop(optional)]
    autofocus: bool,
    /// What fits what was typed.
    suggestions: RwSignal<Vec<Suggestion>>,
    /// What happens as one types; the answer comes in `suggestions`.
    on_type: Callback<String>,
    /// Whether what it holds was refused.
    #[prop(optional, into)]
    invalid: Signal<bool>,
) -> impl IntoView {
    let about = label.is_none().then(|| format!("{id}-about"));
    let text = RwSignal::new(value);
    let open = RwSignal::new(false);
    let active = RwSignal::new(None::<usize>);
    let shown = Memo::new(move |_| open.get() && suggestions.with(|all| !all.is_empty()));
    let close = move || {
        open.set(false);
        active.set(None);
    };
    let choose = move |at: usize| {
        let value = suggestions.with_untracked(|all| all.get(at).map(|one| one.value.clone()));
        if let Some(value) = value {
            text.set(value);
        }
        close();
    };
    let on_input = move |event: ev::Event| {
        let typed = event_target_value(&event);
        text.set(typed.clone());
        active.set(None);
        open.set(true);
        on_type.run(typed);
    };
    let on_key = move |event: ev::KeyboardEvent| {
        let count = suggestions.with_untracked(Vec::len);
        if count == 0 {
            return;
        }
        let at = active.get_untracked();
        match (event.key().as_str(), shown.get_untracked()) {
            ("ArrowDown", false) => open.set(true),
            ("ArrowDown", true) => active.set(Some(at.map_or(0, |at| (at + 1) % count))),
            ("ArrowUp", true) => active.set(Some(at.map_or(count - 1, |at| (at + count - 1) % count))),
            ("Enter", true) => match at {
                Some(at) => choose(at),
                None => return,
            },
            // Closes the list alone, and not the dialog around it.
            ("Escape", true) => {
                event.stop_propagation();
                close();
            }
            _ => return,
        }
        event.prevent_default();
    };
    let list_id = format!("{id}-list");
    let option_id = move |at: usize| format!("{id}-option-{at}");
    view! {
        <div class="suggest">
            <input
                class="input"
                type="text"
                id=id
                name=name
                required
                autofocus=autofocus
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength="255"
                placeholder=label.clone()
                role="combobox"
                aria-label=label
                aria-autocomplete="list"
                aria-expanded=move || if shown.get() { "true" } else { "false" }
                aria-controls=list_id.clone()
                aria-activedescendant=move || active.get().filter(|_| shown.get()).map(option_id)
                aria-invalid=move || invalid.get().then_some("true")
                aria-describedby=about
                value=text.get_untracked()
                prop:value=move || text.get()
                on:input=on_input
                on:keydown=on_key
                on:blur=move |_| close()
            />
            <Show when=move || shown.get()>
                <ul class="suggest-list" id=list_id.clone() role="listbox" aria-label=list_label.clone()>
                    {move || {
                        suggestions
                            .get()
                            .into_iter()
                            .enumerate()
                            .map(|(at, one)| {
                                let differs = one.title != one.value;
                                view! {
                                    <li
                                        class="suggest-item"
                                        id=option_id(at)
                                        role="option"
                                        aria-selected=move || if active.get() == Some(at) { "true" } else { "false" }
                                        // Before the field loses the focus, which closes the list.
                                        on:mousedown=move |event| {
                                            event.prevent_default();
                                            choose(at);
                                        }
                                    >
                                        <Avatar name=one.title.clone() />
                                        <span class="suggest-name">
                                            {one.title}
                                            {differs.then(|| view! { " " <span class="quiet">{one.value}</span> })}
                                        </span>
                                        <span class="quiet">{one.note}</span>
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ul>
            </Show>
        </div>
    }
}
