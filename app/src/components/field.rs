//! Form fields: label, hint, and the error beside what is wrong.

use super::{Glyph, Icon, Notice, NoticeTone, Rich};
use crate::boot::use_words;
use api_types::Problem;
use leptos::prelude::*;

/// A label, its control and what is to be said about it. The control must carry `id`, and `aria-describedby` = `{id}-about`.
#[component]
pub fn Field(
    /// The control's id.
    id: &'static str,
    /// Its name.
    #[prop(into)]
    label: String,
    /// Says that it may stay empty.
    #[prop(optional)]
    optional: bool,
    /// What to enter.
    #[prop(optional, into)]
    hint: Option<String>,
    /// The last problem of the form; shown when it is about this field.
    #[prop(optional, into)]
    problem: Signal<Option<Problem>>,
    /// Which field of the form this is, if not `id`.
    #[prop(optional)]
    name: Option<&'static str>,
    /// The control.
    children: Children,
) -> impl IntoView {
    let words = use_words();
    let name = name.unwrap_or(id);
    let error = move || {
        let problem = problem.get()?;
        (problem.field.as_deref() == Some(name)).then(|| words.problems.explain(&problem))
    };
    view! {
        <div class="field">
            <label class="field-label" for=id>
                {label}
                {optional.then(|| view! { <span class="optional">{words.common.optional()}</span> })}
            </label>
            {children()}
            <div id=format!("{id}-about") class="field-about">
                <div role="alert">
                    {move || {
                        error()
                            .map(|error| {
                                view! {
                                    <p class="field-error">
                                        <Icon glyph=Glyph::CircleAlert />
                                        <span><Rich text=error /></span>
                                    </p>
                                }
                            })
                    }}
                </div>
                {hint.map(|hint| view! { <p class="field-hint"><Rich text=hint /></p> })}
            </div>
        </div>
    }
}

/// The `aria-invalid` of a control: whether the last problem of its form is about this field.
pub fn is_about(problem: Signal<Option<Problem>>, field: &'static str) -> Option<&'static str> {
    problem.with(|problem| {
        let about = problem.as_ref().is_some_and(|problem| problem.field.as_deref() == Some(field));
        about.then_some("true")
    })
}

/// The last problem of a form, where it is about none of its fields.
#[component]
pub fn FormProblem(
    /// The problem.
    #[prop(into)]
    problem: Signal<Option<Problem>>,
) -> impl IntoView {
    let words = use_words().problems;
    move || {
        problem.get().filter(|problem| problem.field.is_none()).map(|problem| {
            view! { <Notice tone=NoticeTone::Danger title=words.title(problem.kind) text=words.explain(&problem) /> }
        })
    }
}

/// A field that narrows a list, inside of a GET form.
#[component]
pub fn SearchField(
    /// The query parameter.
    name: &'static str,
    /// The element's id.
    id: &'static str,
    /// What it looks through.
    #[prop(into)]
    label: String,
    /// What it holds.
    #[prop(into)]
    value: Signal<String>,
    /// The key that puts the focus here, as a hint.
    #[prop(optional)]
    key: Option<&'static str>,
    /// What happens as one types.
    #[prop(optional, into)]
    on_type: Option<Callback<String>>,
) -> impl IntoView {
    let typed = move |event| {
        if let Some(on_type) = on_type {
            on_type.run(event_target_value(&event));
        }
    };
    view! {
        <div class="input-group">
            <Icon glyph=Glyph::Search />
            <input
                class="input"
                type="search"
                id=id
                name=name
                value=move || value.get()
                prop:value=move || value.get()
                placeholder=label.clone()
                aria-label=label
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                enterkeyhint="search"
                on:input=typed
            />
            {key.map(|key| view! { <kbd class="keycap live-only" aria-hidden="true">{key}</kbd> })}
        </div>
    }
}
