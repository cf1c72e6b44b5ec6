//! What narrows the list: a name as one types, action and result as menus, the rest in a panel. All of it works by links and GET
//! forms, so that every view has an address.

use super::Place;
use crate::{
    boot::use_words,
    components::{Button, FilterForm, Glyph, Icon, Picker},
    i18n::{Locale, activity::ACTIONS, format},
    routes,
};
use api_types::AuditQuery;
use leptos::prelude::*;
use leptos_router::components::Form;
use time::{Date, macros::format_description};

/// The bar above the list.
#[component]
pub fn Filters(place: StoredValue<Place>, query: Memo<AuditQuery>) -> impl IntoView {
    let words = use_words().activity;
    let address = move |query: &AuditQuery| place.with_value(|place| place.with(query)).to_string();
    let (path, _) = split(&place.with_value(|place| place.base().to_string()));
    let actions = Signal::derive(move || {
        let query = query.get();
        let any = [("", words.any_action())].into_iter();
        any.chain(ACTIONS.iter().map(|action| (*action, words.action_name(action))))
            .map(|(action, name)| {
                let to = AuditQuery { action: action.to_owned(), ..query.clone() };
                (name.to_owned(), address(&to), query.action == action)
            })
            .collect::<Vec<_>>()
    });
    let results = Signal::derive(move || {
        let query = query.get();
        [("", words.any_result()), ("success", words.success()), ("failure", words.failure())]
            .map(|(result, name)| {
                let to = AuditQuery { result: result.to_owned(), ..query.clone() };
                (name.to_owned(), address(&to), query.result == result)
            })
            .to_vec()
    });
    let keep = Signal::derive(move || {
        let query = query.get();
        let own_page = place.with_value(|place| place.0.is_none());
        vec![
            ("tab", if own_page { String::new() } else { "activity".to_owned() }),
            ("action", query.action),
            ("result", query.result),
            ("person", query.person),
            ("project", if own_page { query.project } else { String::new() }),
            ("since", query.since),
            ("until", query.until),
        ]
    });
    view! {
        <div class="toolbar">
            <FilterForm
                id="filter-activity"
                label=words.filter()
                path
                filter=Signal::derive(move || query.with(|query| query.resource.clone()))
                keep
            />
            <Picker label=words.action() options=actions />
            <Picker label=words.result() options=results />
            <MoreFilters place query />
            <Export query />
        </div>
    }
}

/// The path of an address, and its query.
fn split(address: &str) -> (String, String) {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    (path.to_owned(), query.to_owned())
}

/// Who, where and when.
#[component]
fn MoreFilters(place: StoredValue<Place>, query: Memo<AuditQuery>) -> impl IntoView {
    let words = use_words().activity;
    let own_page = place.with_value(|place| place.0.is_none());
    let (path, _) = split(&place.with_value(|place| place.base().to_string()));
    let field = move |id: &'static str,
                      name: &'static str,
                      kind: &'static str,
                      label: &'static str,
                      value: fn(&AuditQuery) -> &str| {
        let value = move || query.with(|query| value(query).to_owned());
        view! {
            <div class="field">
                <label class="field-label" for=id>{label}</label>
                <input class="input" id=id name=name type=kind value=value prop:value=value autocomplete="off" autocapitalize="off" spellcheck="false" />
            </div>
        }
    };
    let hidden = move || {
        let query = query.get();
        let tab = if own_page { String::new() } else { "activity".to_owned() };
        [("tab", tab), ("filter", query.resource), ("action", query.action), ("result", query.result)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
            .collect_view()
    };
    view! {
        <details class="menu menu-start" name="menu">
            <summary class="button">
                <Icon glyph=Glyph::Filter />
                {words.more()}
                <Icon glyph=Glyph::ChevronDown />
            </summary>
            <div class="menu-panel menu-form">
                <Form action=path method="get">
                    {hidden}
                    {field("activity-person", "person", "text", words.person(), |query| &query.person)}
                    {own_page.then(|| field("activity-project", "project", "text", words.project(), |query| &query.project))}
                    {field("activity-since", "since", "date", words.since(), |query| &query.since)}
                    {field("activity-until", "until", "date", words.until(), |query| &query.until)}
                    <Button class="button-wide">{words.apply()}</Button>
                </Form>
            </div>
        </details>
    }
}

/// The list as a file.
#[component]
fn Export(query: Memo<AuditQuery>) -> impl IntoView {
    let words = use_words().activity;
    view! {
        <details class="menu toolbar-end" name="menu">
            <summary class="button">
                <Icon glyph=Glyph::Download />
                {words.export()}
                <Icon glyph=Glyph::ChevronDown />
            </summary>
            <div class="menu-panel">
                {move || {
                    let query = query.get();
                    [("csv", words.export_csv()), ("ndjson", words.export_ndjson())]
                        .map(|(format, name)| {
                            let href = routes::export(format, &query).to_string();
                            view! { <a class="menu-item" href=href rel="external" download="">{name}</a> }
                        })
                        .collect_view()
                }}
            </div>
        </details>
    }
}

/// A day of the address as people write it; what is none stays as it is.
fn day(locale: Locale, text: &str) -> String {
    let date = Date::parse(text, format_description!("[year]-[month]-[day]"));
    date.map_or_else(|_| text.to_owned(), |date| format::full_day(locale, date))
}

/// The filters of the panel that are on, each a link that takes it away.
#[component]
pub fn Chips(place: StoredValue<Place>, query: Memo<AuditQuery>) -> impl IntoView {
    let all = use_words();
    let words = all.activity;
    let chips = move || {
        let query = query.get();
        let own_page = place.with_value(|place| place.0.is_none());
        let none = String::new;
        let on = [
            (!query.person.is_empty())
                .then(|| (words.by(&query.person), AuditQuery { person: none(), ..query.clone() })),
            (own_page && !query.project.is_empty())
                .then(|| (words.within(&query.project), AuditQuery { project: none(), ..query.clone() })),
            (!query.since.is_empty()).then(|| {
                (words.from_day(day(all.locale, &query.since)), AuditQuery { since: none(), ..query.clone() })
            }),
            (!query.until.is_empty()).then(|| {
                (words.until_day(day(all.locale, &query.until)), AuditQuery { until: none(), ..query.clone() })
            }),
        ];
        let on: Vec<_> = on.into_iter().flatten().collect();
        (!on.is_empty()).then(|| {
            let chips = on
                .into_iter()
                .map(|(name, without)| {
                    let href = place.with_value(|place| place.with(&without)).to_string();
                    view! {
                        <li>
                            <a class="chip" href=href data-noscroll="" aria-label=words.without(&name)>
                                {name.clone()}
                                <Icon glyph=Glyph::X />
                            </a>
                        </li>
                    }
                })
                .collect_view();
            view! { <ul class="chips">{chips}</ul> }
        })
    };
    view! { {chips} }
}
