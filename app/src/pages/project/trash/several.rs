//! Several entries of the trash together: what is ticked, what becomes of it, and what came of it.

use super::{shown, trash_address};
use crate::{
    Answer, AppError,
    boot::{answered, use_boot, use_words},
    components::{
        Button, ButtonKind, Dialog, DialogFoot, FormProblem, Glyph, Icon, Notice, NoticeTone, StepUp, use_go,
    },
    error::{last_problem, when_done},
    i18n::format::number,
    routes::{self, Address},
};
use api_types::{TrashDone, TrashEntry, TrashFailure, TrashOutcome};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use std::collections::BTreeSet;

/// The form of the boxes in the list. Rows have forms of their own, and forms do not nest.
const FORM: &str = "chosen-entries";

/// What boxes are called: a field with several values.
const FIELD: &str = "ids[]";

/// Stands in the address in place of one number.
const CHOSEN: &str = "chosen";

/// Puts entries back, each by itself.
#[server(prefix = "/_fn", endpoint = "restore_entries")]
pub async fn restore_entries(
    /// Where they were; empty for projects.
    #[server(default)]
    project: String,
    #[server(default)] ids: Vec<i64>,
) -> Result<Answer<TrashOutcome>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&trash_address(&project));
    let name = crate::ssr::names::home(&project)?;
    let attempts = context.registry.trash.restore_each(&context.actor, name.as_ref(), &ids).await;
    Ok(crate::ssr::outcomes::told(crate::ssr::answer(attempts)?, |restored| restored.kept))
}

/// Lets entries go for good, each by itself.
#[server(prefix = "/_fn", endpoint = "delete_entries")]
pub async fn delete_entries(
    /// Where they were; empty for projects.
    #[server(default)]
    project: String,
    #[server(default)] ids: Vec<i64>,
    /// The administrator's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<TrashOutcome>, AppError> {
    crate::ssr::answer_on(&deletion_address(trash_address(&project), &ids));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let name = crate::ssr::names::home(&project)?;
    let attempts = context.registry.trash.delete_each(&context.actor, name.as_ref(), &ids).await;
    let answer = crate::ssr::answer(attempts)?;
    crate::ssr::answer_on(&trash_address(&project));
    Ok(crate::ssr::outcomes::told(answer, |()| Vec::new()))
}

/// The dialog that asks before these go for good.
fn deletion_address(list: Address, ids: &[i64]) -> Address {
    ids.iter().fold(list.with("purge", CHOSEN), |address, id| address.with(FIELD, id.to_string()))
}

/// What was asked for together, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Restored(TrashOutcome),
    Deleted(TrashOutcome),
}

/// What a list needs to have several of its entries chosen.
#[derive(Clone, Copy)]
pub(super) struct Several {
    pub(super) restoring: ServerAction<RestoreEntries>,
    pub(super) deleting: ServerAction<DeleteEntries>,
    pub(super) selected: RwSignal<BTreeSet<i64>>,
    told: RwSignal<Option<Told>>,
}

impl Several {
    /// Without scripts what came of it is what this page answers. With them the dialog closes, if it is open.
    pub(super) fn new(project: StoredValue<String>, before: Memo<Option<i64>>) -> Self {
        let restored = answered::<RestoreEntries>().and_then(|answered| answered.outcome.clone()).map(Told::Restored);
        let deleted = answered::<DeleteEntries>().and_then(|answered| answered.outcome.clone()).map(Told::Deleted);
        let several = Self {
            restoring: ServerAction::new(),
            deleting: ServerAction::new(),
            selected: RwSignal::new(BTreeSet::new()),
            told: RwSignal::new(restored.or(deleted)),
        };
        let go = use_go();
        when_done(several.restoring, move |outcome| several.tell(Told::Restored(outcome)));
        when_done(several.deleting, move |outcome| {
            several.tell(Told::Deleted(outcome));
            go(&list_address(&project.get_value(), before.get_untracked()).to_string());
        });
        // Boxes of another page are not in the form.
        Effect::new(move || {
            before.track();
            several.clear();
        });
        several
    }

    /// Nothing is ticked any more.
    pub(super) fn clear(self) {
        self.selected.update(BTreeSet::clear);
    }

    fn tell(self, told: Told) {
        self.clear();
        self.told.set(Some(told));
    }
}

/// The box of an entry.
#[component]
pub(super) fn EntryTick(entry: TrashEntry, several: Several) -> impl IntoView {
    let words = use_words();
    let Several { selected, .. } = several;
    let id = entry.id;
    let name = shown(&entry, words.trash);
    let name = if name == entry.repository { name } else { format!("{} {name}", entry.repository) };
    view! {
        <td class="cell-tick">
            <input
                class="tick"
                type="checkbox"
                name=FIELD
                value=id.to_string()
                form=FORM
                aria-label=words.common.select_row(name)
                prop:checked=move || selected.with(|selected| selected.contains(&id))
                on:change=move |event| {
                    let on = event_target_checked(&event);
                    selected.update(|selected| {
                        if on { selected.insert(id); } else { selected.remove(&id); }
                    });
                }
            />
        </td>
    }
}

/// What can be done with what is ticked, in the place of the hint that something can be ticked.
#[component]
pub(super) fn Chosen(
    project: StoredValue<String>,
    before: Option<i64>,
    several: Several,
    /// Whether the list has a single entry, whose own buttons do.
    alone: bool,
) -> impl IntoView {
    let words = use_words();
    let text = words.trash;
    let Several { restoring, selected, .. } = several;
    let is_admin = use_boot().viewer.as_ref().is_some_and(|viewer| viewer.is_admin);
    let problem = last_problem(restoring);
    let name = project.get_value();
    // A form that is sent by GET leaves nothing of its address but the path: the rest are fields.
    let (path, field, value) = if name.is_empty() {
        (routes::PROJECTS.to_owned(), "deleted", "1")
    } else {
        (routes::project(&name).to_string(), "tab", "trash")
    };
    let go = use_go();
    let ask = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        let ids: Vec<i64> = selected.with_untracked(|selected| selected.iter().copied().collect());
        go(&deletion_address(list_address(&project.get_value(), before), &ids).to_string());
    };
    view! {
        <FormProblem problem />
        {(!alone)
            .then(|| {
                view! {
                    <div class="toolbar trash-hint">
                        <span class="second">{text.select_hint()}</span>
                    </div>
                }
            })}
        <div class="selection" role="region" aria-label=text.select_hint()>
            <ActionForm action=restoring attr:id=FORM>
                <input type="hidden" name="project" value=name />
                <input type="hidden" name=field value=value />
                {before.map(|before| view! { <input type="hidden" name="before" value=before.to_string() /> })}
                <span class="selection-text">
                    <strong class="live-only">{move || text.selected(selected.with(BTreeSet::len) as u64)}</strong>
                </span>
                <Button kind=ButtonKind::Ghost on_press=Callback::new(move |()| several.clear())>{words.common.clear()}</Button>
                <Button icon=Glyph::Undo busy=Signal::from(restoring.pending())>{text.restore_selected()}</Button>
                {is_admin
                    .then(|| {
                        view! {
                            <button
                                type="submit"
                                class=ButtonKind::Danger.class()
                                name="purge"
                                value=CHOSEN
                                formmethod="get"
                                formaction=path
                                on:click=ask
                            >
                                <Icon glyph=Glyph::Trash />
                                {text.delete_selected()}
                            </button>
                        }
                    })}
            </ActionForm>
        </div>
    }
}

/// The list from the entry after `before` on.
pub(super) fn list_address(project: &str, before: Option<i64>) -> Address {
    trash_address(project).with("before", before.map(|before| before.to_string()).unwrap_or_default())
}

/// What came of what was asked for last.
#[component]
pub(super) fn Outcome(several: Several) -> impl IntoView {
    let text = use_words().trash;
    move || {
        several.told.get().map(|told| {
            let (TrashOutcome { done, failed }, was_restored) = match told {
                Told::Restored(outcome) => (outcome, true),
                Told::Deleted(outcome) => (outcome, false),
            };
            let (count, failures) = (done.len() as u64, failed.len() as u64);
            let worked = if was_restored { text.restored_n(count) } else { text.deleted_n(count) };
            let title = match (count, failures) {
                (0, 0) => text.nothing_selected().to_owned(),
                (_, 0) => worked,
                (0, _) => text.failed_n(number(failures)),
                _ => format!("{worked} {}", text.failed_n(number(failures))),
            };
            let tone = if count == 0 || failures > 0 { NoticeTone::Warning } else { NoticeTone::Success };
            view! { <div class="trash-outcome"><Notice tone title /> <Exceptions done failed /></div> }
        })
    }
}

/// The entries of which there is more to say than that it worked.
#[component]
fn Exceptions(done: Vec<TrashDone>, failed: Vec<TrashFailure>) -> impl IntoView {
    let words = use_words();
    let text = words.trash;
    let failed = failed.into_iter().map(|TrashFailure { name, problem }| {
        let why = text.why(&problem).map_or_else(|| words.problems.explain(&problem), ToOwned::to_owned);
        (name, why)
    });
    let kept = done.into_iter().filter(|done| !done.kept.is_empty());
    let kept = kept.map(|TrashDone { name, kept }| (name, text.kept_tags(kept.join(", "))));
    let lines: Vec<(String, String)> = failed.chain(kept).collect();
    (!lines.is_empty()).then(|| {
        let line = |(name, told): (String, String)| {
            view! { <li><span class="trash-name mono">{name}</span> " " <span class="second">{told}</span></li> }
        };
        view! { <ul>{lines.into_iter().map(line).collect_view()}</ul> }
    })
}

/// Asks before what is ticked goes for good.
#[component]
pub(super) fn DeleteChosen(
    known: StoredValue<Vec<TrashEntry>>,
    project: StoredValue<String>,
    before: Option<i64>,
    several: Several,
) -> impl IntoView {
    let text = use_words().trash;
    let Several { deleting, .. } = several;
    let query = use_query_map();
    let chosen = Memo::new(move |_| {
        let asked = query.with(|query| match query.get("purge") {
            Some(word) if word == CHOSEN => query.get_all(FIELD).unwrap_or_default(),
            _ => Vec::new(),
        });
        let is_asked = |entry: &&TrashEntry| asked.contains(&entry.id.to_string());
        known.with_value(|known| known.iter().filter(is_asked).cloned().collect::<Vec<_>>())
    });
    let close = Signal::stored(list_address(&project.get_value(), before).to_string());
    let problem = last_problem(deleting);
    let fields = move || {
        let ids = chosen.get().into_iter().map(|entry| entry.id.to_string());
        ids.map(|id| view! { <input type="hidden" name=FIELD value=id /> }).collect_view()
    };
    let names = move || {
        let line = |entry: TrashEntry| {
            let name = shown(&entry, text);
            let place = entry.repository.clone();
            let place = (name != place).then(|| view! { <span class="quiet">{place}</span> " " });
            view! { <li>{place} <span class="trash-name mono">{name}</span></li> }
        };
        chosen.get().into_iter().map(line).collect_view()
    };
    view! {
        <Dialog title=text.delete_selected_title().to_owned() open=Signal::derive(move || !chosen.with(Vec::is_empty)) close>
            <ActionForm action=deleting>
                <div class="dialog-body">
                    <input type="hidden" name="project" value=project.get_value() />
                    {fields}
                    <p>{text.delete_selected_text()}</p>
                    <ul class="trash-chosen">{names}</ul>
                    <StepUp action=deleting />
                    <FormProblem problem />
                </div>
                <DialogFoot busy=deleting.pending() close kind=ButtonKind::DangerSolid confirm=text.confirm() />
            </ActionForm>
        </Dialog>
    }
}
