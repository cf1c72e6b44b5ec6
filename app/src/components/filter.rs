//! The field that narrows a list as one types; without scripts it narrows on Enter.

use super::SearchField;
use crate::{browser, routes::Address, typing::Rest};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::Form,
    hooks::{use_location, use_navigate},
};
use std::time::Duration;

/// How long typing must rest before the list follows.
const REST: Duration = Duration::from_millis(200);

/// A GET form with one field. The filter stands in the address, so that a view can be linked and goes back.
#[component]
pub fn FilterForm(
    /// The field's id.
    id: &'static str,
    /// What is looked through.
    #[prop(into)]
    label: String,
    /// The path of the list.
    #[prop(into)]
    path: String,
    /// The filter as the address has it.
    #[prop(into)]
    filter: Signal<String>,
    /// What else the address must keep, such as `("sort", "name")`; empty values are left out.
    #[prop(optional, into)]
    keep: Signal<Vec<(&'static str, String)>>,
) -> impl IntoView {
    let text = RwSignal::new(filter.get_untracked());
    // Going back changes the address under the field; typing does the reverse, and must not be overtaken by an old answer.
    Effect::new(move || {
        let filter = filter.get();
        if browser::focused().is_none_or(|element| element.id() != id) {
            text.set(filter);
        }
    });
    let navigate = use_navigate();
    let rest = Rest::of(REST);
    // Whoever goes elsewhere is not brought back, also while the other page is on its way.
    let place = use_location().pathname;
    Effect::new(move || {
        place.track();
        rest.forget();
    });
    let base = path.clone();
    let on_type = Callback::new(move |typed: String| {
        text.set(typed.clone());
        let address = keep
            .get_untracked()
            .into_iter()
            .fold(Address::new(base.clone()), |address, (key, value)| address.with(key, value));
        let address = address.with("filter", typed.trim()).to_string();
        let navigate = navigate.clone();
        rest.then(move || {
            navigate(&address, NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() });
        });
    });
    view! {
        <Form action=path method="get" noscroll=true>
            {move || {
                keep.get()
                    .into_iter()
                    .filter(|(_, value)| !value.is_empty())
                    .map(|(key, value)| view! { <input type="hidden" name=key value=value /> })
                    .collect_view()
            }}
            <SearchField name="filter" id label value=text on_type />
        </Form>
    }
}
