//! Which columns the list of tags shows. A form that works without scripts; with them a column comes and goes at once.

use crate::{
    boot::{ColumnsAway, use_words},
    components::{Glyph, Icon},
    preferences::{SetTagColumns, TagColumn},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The columns that are put away, as classes of the table: `hide-digest hide-attached`.
pub fn hidden() -> Signal<String> {
    let ColumnsAway(away) = expect_context();
    Signal::derive(move || {
        away.with(|away| away.iter().map(|column| format!("hide-{}", column.as_str())).collect::<Vec<_>>().join(" "))
    })
}

/// The menu. On a phone, where a row has its own order, there is nothing to choose.
#[component]
pub fn ColumnChoice() -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let ColumnsAway(away) = expect_context();
    let action = ServerAction::<SetTagColumns>::new();
    let choose = move |column: TagColumn, shown: bool| {
        away.update(|away| {
            away.retain(|other| *other != column);
            if !shown {
                away.push(column);
            }
        });
        let is_shown = |column: &TagColumn| away.with_untracked(|away| !away.contains(column));
        let shown = TagColumn::ALL.into_iter().filter(is_shown).map(|column| column.as_str().to_owned()).collect();
        action.dispatch(SetTagColumns { shown });
    };
    let choices = TagColumn::ALL.map(|column| {
        let name = match column {
            TagColumn::Platforms => text.platforms(),
            TagColumn::Size => text.size(),
            TagColumn::Digest => text.digest(),
            TagColumn::Pulled => text.last_pulled(),
            TagColumn::Attached => text.attached(),
        };
        let is_shown = move || away.with(|away| !away.contains(&column));
        view! {
            <label class="menu-item">
                <input
                    class="tick"
                    type="checkbox"
                    name="shown[]"
                    value=column.as_str()
                    checked=away.with_untracked(|away| !away.contains(&column))
                    prop:checked=is_shown
                    on:change=move |event| choose(column, event_target_checked(&event))
                />
                {name}
            </label>
        }
    });
    view! {
        <details class="menu toolbar-end wide-only" name="menu">
            <summary class="button">
                <Icon glyph=Glyph::Columns />
                {text.columns()}
            </summary>
            <div class="menu-panel">
                <form class="column-choice" method="post" action=SetTagColumns::url()>
                    <fieldset>
                        <legend class="visually-hidden">{text.columns()}</legend>
                        {choices}
                    </fieldset>
                    <button type="submit" class="button plain-only">{words.common.save()}</button>
                </form>
            </div>
        </details>
    }
}
