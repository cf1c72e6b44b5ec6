//! Views of which one is shown, switched by the browser alone: without scripts, and without an address that would load the page
//! again.

use leptos::prelude::*;

/// A row of names, and below it what belongs to the picked one; the first one to begin with. Up to six.
#[component]
pub fn Picks(
    /// The name of the radio buttons, once in a page.
    name: &'static str,
    /// What is picked.
    #[prop(into)]
    label: String,
    /// Names and views in order.
    picks: Vec<(&'static str, AnyView)>,
) -> impl IntoView {
    let (names, views): (Vec<_>, Vec<_>) = picks.into_iter().unzip();
    view! {
        <div class="picks">
            <fieldset class="picks-bar">
                <legend class="visually-hidden">{label}</legend>
                {names
                    .into_iter()
                    .enumerate()
                    .map(|(at, pick)| {
                        view! {
                            <label class="client pick">
                                <input type="radio" name=name checked={at == 0} />
                                {pick}
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
            {views.into_iter().map(|view| view! { <div class="pick-panel">{view}</div> }).collect_view()}
        </div>
    }
}
