//! The palette: `/` or Ctrl or ⌘ + K, a few letters, Enter.
//!
//! A combobox with a list of what was found (WAI-ARIA's pattern: the focus stays in the field, and `aria-activedescendant` says which
//! option Enter opens). Without scripts the top bar's field leads to the page of the search.

use super::destinations;
use crate::{
    boot::{use_boot, use_words},
    browser,
    components::{Glyph, Icon},
    i18n::Catalogue,
    pages::search::{Hit, groups, search},
    routes,
    typing::Rest,
};
use api_types::{SearchResults, Viewer};
use leptos::{ev, html, prelude::*};
use leptos_router::hooks::{use_location, use_navigate};
use std::time::Duration;

/// How long typing must rest before the server is asked.
const REST: Duration = Duration::from_millis(120);

const FIELD: &str = "palette-field";
const LIST: &str = "palette-list";

/// Whether the palette is open.
#[derive(Clone, Copy, Debug)]
pub struct PaletteOpen(pub RwSignal<bool>);

/// What the server said last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Answer {
    text: String,
    found: SearchResults,
    failed: bool,
}

/// The dialog; nothing while it is closed.
#[component]
pub fn Palette(open: PaletteOpen) -> impl IntoView {
    let open = open.0;
    browser::on_search_keys(move || open.set(true));
    let path = use_location().pathname;
    // It has done its work once something was chosen.
    Effect::new(move |before: Option<()>| {
        path.track();
        if before.is_some() {
            open.set(false);
        }
    });
    view! {
        <Show when=move || open.get()>
            <OpenPalette open />
        </Show>
    }
}

#[component]
fn OpenPalette(open: RwSignal<bool>) -> impl IntoView {
    let words = use_words();
    let boot = use_boot();
    let text = RwSignal::new(String::new());
    let answer = RwSignal::new(Answer::default());
    let active = RwSignal::new(0_usize);
    let rest = Rest::of(REST);
    let dialog = NodeRef::<html::Dialog>::new();
    let shown = Memo::new(move |_| answer.with(|answer| choices(words, boot.viewer.as_ref(), &text.get(), answer)));
    let options = Memo::new(move |_| shown.with(|groups| groups.iter().map(|(_, hits)| hits.len()).sum::<usize>()));

    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            let came_from = StoredValue::new_local(browser::focused());
            Owner::on_cleanup(move || {
                if let Some(Some(element)) = came_from.try_get_value() {
                    let _ = element.focus();
                }
            });
            browser::show_modal(&dialog);
            browser::focus(FIELD);
        }
    });
    let on_type = move |event| {
        let typed = event_target_value(&event);
        text.set(typed.clone());
        active.set(0);
        rest.forget();
        let typed = typed.trim().to_owned();
        if typed.is_empty() {
            answer.set(Answer::default());
            return;
        }
        rest.ask(search(typed.clone(), 0), move |found| {
            let failed = found.is_err();
            answer.set(Answer { text: typed, found: found.unwrap_or_default(), failed });
        });
    };
    let navigate = use_navigate();
    let go = Callback::new(move |href: String| {
        open.set(false);
        navigate(&href, leptos_router::NavigateOptions::default());
    });
    let chosen = move || {
        let at = active.get_untracked();
        shown.with_untracked(|groups| groups.iter().flat_map(|(_, hits)| hits).nth(at).map(|hit| hit.href.clone()))
    };
    let on_key = move |event: ev::KeyboardEvent| {
        // Keys are for the input method while it puts a syllable together.
        if event.is_composing() {
            return;
        }
        let count = options.get_untracked();
        let to = match event.key().as_str() {
            "ArrowDown" if count > 0 => (active.get_untracked() + 1) % count,
            "ArrowUp" if count > 0 => (active.get_untracked() + count - 1) % count,
            "PageDown" if count > 0 => count - 1,
            "PageUp" => 0,
            // At once, and not when the dialog tells of it: whoever opens it again at that moment has it open.
            "Escape" => {
                event.prevent_default();
                open.set(false);
                return;
            }
            "Enter" => {
                event.prevent_default();
                if let Some(href) = chosen() {
                    go.run(href);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        active.set(to);
        browser::reveal(&option_id(to));
    };
    let status = move || {
        let typed = text.get();
        let answered = answer.with(|answer| answer.text == typed.trim() || typed.trim().is_empty());
        if answer.with(|answer| answer.failed) {
            words.search.failed().to_owned()
        } else if !answered {
            words.common.loading().to_owned()
        } else if options.get() <= 1 && !typed.trim().is_empty() && answer.with(|answer| answer.found.is_empty()) {
            words.search.nothing(typed.trim())
        } else {
            // The way to all results is none of them.
            let ways = usize::from(!typed.trim().is_empty());
            words.search.found(options.get().saturating_sub(ways) as u64)
        }
    };
    view! {
        <dialog
            class="dialog palette"
            node_ref=dialog
            aria-label=words.search.title()
            on:close=move |_| open.set(false)
            on:click=move |event| {
                // The ground around it is the dialog itself.
                if browser::is_backdrop(&event) {
                    open.set(false);
                }
            }
        >
            <div class="palette-body">
                <div class="palette-field">
                    <Icon glyph=Glyph::Search />
                    <input
                        id=FIELD
                        type="text"
                        role="combobox"
                        aria-expanded="true"
                        aria-controls=LIST
                        aria-autocomplete="list"
                        aria-activedescendant=move || (options.get() > 0).then(|| option_id(active.get()))
                        aria-label=words.search.label()
                        placeholder=words.search.field()
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        enterkeyhint="go"
                        prop:value=move || text.get()
                        on:input=on_type
                        on:keydown=on_key
                    />
                    <button type="button" class="palette-close" aria-label=words.common.close() on:click=move |_| open.set(false)>
                        <kbd class="keycap wide-only" aria-hidden="true">"Esc"</kbd>
                        <span class="narrow-only"><Icon glyph=Glyph::X /></span>
                    </button>
                </div>
                <div id=LIST class="palette-list" role="listbox" aria-label=words.search.results()>
                    {move || {
                        let mut at = 0;
                        shown
                            .get()
                            .into_iter()
                            .enumerate()
                            .map(|(group, (title, hits))| {
                                let id = (!title.is_empty()).then(|| format!("palette-group-{group}"));
                                let labelled = id.clone();
                                let options = hits
                                    .into_iter()
                                    .map(|hit| {
                                        let index = at;
                                        at += 1;
                                        view! { <Choice hit index active go /> }
                                    })
                                    .collect_view();
                                view! {
                                    <div role="group" class:palette-more=title.is_empty() aria-labelledby=labelled>
                                        {id.map(|id| view! { <div class="palette-title" id=id role="presentation">{title}</div> })}
                                        {options}
                                    </div>
                                }
                            })
                            .collect_view()
                    }}
                </div>
                <div class="palette-foot">
                    <p role="status">{status}</p>
                    <p class="palette-keys" aria-hidden="true">
                        <kbd class="keycap">"↑"</kbd>
                        <kbd class="keycap">"↓"</kbd>
                        {words.search.to_move()}
                        <kbd class="keycap">"↵"</kbd>
                        {words.search.to_open()}
                    </p>
                </div>
            </div>
        </dialog>
    }
}

#[component]
fn Choice(hit: Hit, index: usize, active: RwSignal<usize>, go: Callback<String>) -> impl IntoView {
    let href = hit.href;
    view! {
        <div
            class="palette-option"
            id=option_id(index)
            role="option"
            aria-selected=move || if active.get() == index { "true" } else { "false" }
            on:mousemove=move |_| {
                if active.get_untracked() != index {
                    active.set(index);
                }
            }
            on:click=move |_| go.run(href.clone())
        >
            <Icon glyph=hit.glyph />
            <span>{hit.name}</span>
        </div>
    }
}

fn option_id(index: usize) -> String {
    format!("palette-option-{index}")
}

/// What can be chosen: what was found, the pages whose names hold the text, and, without a title, the page with all results.
fn choices(words: Catalogue, viewer: Option<&Viewer>, text: &str, answer: &Answer) -> Vec<(&'static str, Vec<Hit>)> {
    let text = text.trim();
    let mut shown = if text.is_empty() { Vec::new() } else { groups(words.search, &answer.found) };
    shown.extend(destinations(words, viewer, text));
    if !text.is_empty() {
        let all = routes::Address::new(routes::SEARCH).with("q", text);
        shown.push(("", vec![Hit::new(Glyph::Search, words.search.all(text), all)]));
    }
    shown
}
