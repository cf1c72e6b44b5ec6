//! A few choices side by side, one of them taken.

use leptos::prelude::*;

/// One choice: a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What it says.
    pub name: String,
    /// Where it leads.
    pub href: String,
    /// Whether it is the one that is taken.
    pub current: bool,
}

/// Choices as links.
#[component]
pub fn Segmented(
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// The choices in order.
    #[prop(into)]
    segments: Signal<Vec<Segment>>,
) -> impl IntoView {
    view! {
        <div class="segmented" role="group" aria-label=label>
            {move || {
                segments
                    .get()
                    .into_iter()
                    .map(|segment| {
                        view! {
                            <a href=segment.href data-noscroll="" aria-current=segment.current.then_some("true")>
                                {segment.name}
                            </a>
                        }
                    })
                    .collect_view()
            }}
        </div>
    }
}
