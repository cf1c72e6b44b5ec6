//! The trash of a project, and the projects in the trash: what was deleted, the way back, and the end for good.

mod several;

use crate::{
    Answer, AppError,
    boot::{use_boot, use_words},
    components::{
        ActorName, Ago, Badge, Button, ButtonKind, Dialog, DialogFoot, Empty, FormProblem, Glyph, Loaded, Moment, Rich,
        SkeletonRows, StepUp, toast::use_toaster,
    },
    error::{last_problem, when_done},
    routes::{self, Address},
};
use api_types::{Restored, TRASH_PAGE, TrashEntry, TrashKind};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use several::{Chosen, DeleteChosen, EntryTick, Outcome, Several, list_address};
use std::collections::BTreeSet;

/// What a project has in the trash, a page of it from the one after `before` on.
#[server(prefix = "/_fn", endpoint = "trash", input = GetUrl)]
pub async fn list_trash(project: String, #[server(default)] before: Option<i64>) -> Result<Vec<TrashEntry>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.trash.list(&context.actor, &name, before).await)
}

/// Deleted projects that the viewer can restore, a page of them.
#[server(prefix = "/_fn", endpoint = "deleted_projects", input = GetUrl)]
pub async fn deleted_projects(#[server(default)] before: Option<i64>) -> Result<Vec<TrashEntry>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.trash.list_projects(&context.actor, before).await)
}

/// Puts an entry of the trash back.
#[server(prefix = "/_fn", endpoint = "restore")]
pub async fn restore(id: i64) -> Result<Answer<Restored>, AppError> {
    let context = crate::ssr::signed_in()?;
    let answer = crate::ssr::answer(context.registry.trash.restore(&context.actor, id).await)?;
    crate::ssr::send_back();
    Ok(answer)
}

/// Lets an entry of the trash go for good. `project` is where it was; empty for a project itself.
#[server(prefix = "/_fn", endpoint = "delete_for_good")]
pub async fn delete_for_good(
    id: i64,
    #[server(default)] project: String,
    /// The administrator's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<()>, AppError> {
    crate::ssr::answer_on(&trash_address(&project).with("purge", id.to_string()));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let answer = crate::ssr::answer(context.registry.trash.delete_now(&context.actor, id).await)?;
    crate::ssr::send_to(&trash_address(&project).to_string());
    Ok(answer)
}

/// Where a project's trash is; without a project, the projects in the trash.
pub fn trash_address(project: &str) -> Address {
    if project.is_empty() {
        Address::new(routes::PROJECTS).with("deleted", "1")
    } else {
        routes::project(project).with("tab", "trash")
    }
}

async fn entries_of(project: String, before: Option<i64>) -> Result<Vec<TrashEntry>, AppError> {
    if project.is_empty() { deleted_projects(before).await } else { list_trash(project, before).await }
}

/// A project's trash, or the projects in the trash.
#[component]
pub fn TrashList(
    /// The project's name; empty for projects.
    project: String,
    /// What an empty list says, and explains.
    empty: (&'static str, &'static str),
    /// What the list is.
    lead: &'static str,
) -> impl IntoView {
    let words = use_words();
    let text = words.trash;
    let restoring = ServerAction::<Restore>::new();
    let deleting = ServerAction::<DeleteForGood>::new();
    let name = StoredValue::new(project);
    let query = use_query_map();
    let before = Memo::new(move |_| query.with(|query| query.get("before").and_then(|id| id.parse::<i64>().ok())));
    let several = Several::new(name, before);
    let versions = move || {
        let together = (several.restoring.version().get(), several.deleting.version().get());
        (restoring.version().get(), deleting.version().get(), together)
    };
    let entries =
        Resource::new(move || (before.get(), versions()), move |(before, _)| entries_of(name.get_value(), before));
    let problem = last_problem(restoring);
    let toaster = use_toaster();
    when_done(restoring, move |restored| {
        several.clear();
        toaster.done(if restored.kept.is_empty() {
            text.restored(restored.repository)
        } else {
            text.restored_but(restored.repository, restored.kept.join(", "))
        });
    });
    // Not where the list is shown, which begins anew with each change and would tell of the last one once more.
    let navigate = use_navigate();
    when_done(deleting, move |()| {
        several.clear();
        toaster.done(text.deleted());
        let options = NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() };
        navigate(&list_address(&name.get_value(), before.get_untracked()).to_string(), options);
    });
    let list = move |entries: Vec<TrashEntry>| {
        if entries.is_empty() {
            return view! { <Empty glyph=Glyph::Trash title=empty.0 text=empty.1 boxed=true /> }.into_any();
        }
        let here = trash_address(&name.get_value());
        let older = entries
            .last()
            .filter(|_| entries.len() as u64 == u64::from(TRASH_PAGE))
            .map(|last| here.clone().with("before", last.id.to_string()));
        let newest = before.get_untracked().map(|_| here);
        let of_project = name.with_value(|name| !name.is_empty());
        let before = before.get_untracked();
        let known = StoredValue::new(entries.clone());
        let alone = entries.len() == 1;
        view! {
            <p class="second trash-lead">{lead}</p>
            <FormProblem problem />
            <div class="selectable" class:has-selection=move || !several.selected.with(BTreeSet::is_empty)>
                <Chosen project=name before several alone />
                <table class="table">
                    <thead>
                        <tr>
                            {(!alone)
                                .then(|| {
                                    view! {
                                        <th scope="col" class="cell-tick">
                                            <span class="visually-hidden">{words.common.select()}</span>
                                        </th>
                                    }
                                })}
                            <th scope="col">{text.what()}</th>
                            {of_project.then(|| view! { <th scope="col">{text.repository()}</th> })}
                            <th scope="col">{text.by()}</th>
                            <th scope="col">{text.until()}</th>
                            <th scope="col"><span class="visually-hidden">{text.restore()}</span></th>
                        </tr>
                    </thead>
                    <tbody>
                        {entries
                            .into_iter()
                            .map(|entry| view! { <Entry entry project=name before restoring several alone /> })
                            .collect_view()}
                    </tbody>
                </table>
            </div>
            <p class="trash-turns">
                {newest.map(|href| view! { <a class="link" href=href.to_string()>{text.newest()}</a> })}
                {older.map(|href| view! { <a class="link" href=href.to_string()>{text.older()}</a> })}
            </p>
            <DeleteDialog known project=name before deleting />
            <DeleteChosen known project=name before several />
        }
        .into_any()
    };
    view! {
        <Outcome several />
        <Loaded part=true resource=entries skeleton=|| view! { <SkeletonRows columns=5 /> } view=list />
    }
}

#[component]
fn Entry(
    entry: TrashEntry,
    project: StoredValue<String>,
    before: Option<i64>,
    restoring: ServerAction<Restore>,
    several: Several,
    /// Whether it is the list's only one, and has no box.
    alone: bool,
) -> impl IntoView {
    let words = use_words();
    let text = words.trash;
    let is_admin = use_boot().viewer.as_ref().is_some_and(|viewer| viewer.is_admin);
    let name = shown(&entry, words.trash);
    let size = match entry.kind {
        TrashKind::Tags => None,
        TrashKind::Artifacts => Some(text.artifacts(&entry)),
        TrashKind::Repository => Some(format!("{}, {}", text.tags_n(entry.tags), text.artifacts_n(entry.artifacts))),
        TrashKind::Project => {
            let (tags, artifacts) = (text.tags_n(entry.tags), text.artifacts_n(entry.artifacts));
            Some(format!("{}, {tags}, {artifacts}", text.repositories_n(entry.repositories)))
        }
    };
    let purge = list_address(&project.get_value(), before).with("purge", entry.id.to_string()).to_string();
    let ticked = entry.clone();
    let place = match entry.kind {
        // The row is called by it.
        TrashKind::Project => None,
        // What is in the trash has no page.
        TrashKind::Repository => Some(view! { <span class="trash-name">{entry.repository.clone()}</span> }.into_any()),
        TrashKind::Tags | TrashKind::Artifacts => {
            let href = routes::repository(&entry.repository).to_string();
            Some(view! { <a class="link trash-name" href=href>{entry.repository.clone()}</a> }.into_any())
        }
    };
    view! {
        <tr>
            {(!alone).then(|| view! { <EntryTick entry=ticked several /> })}
            <td class="cell-main">
                <span class="cell-line"><span class="trash-name mono">{name}</span> <Badge>{text.kind(entry.kind)}</Badge></span>
                {size.map(|size| view! { <span class="cell-note">{size}</span> })}
            </td>
            {place.map(|place| view! { <td class="cell-sub">{place}</td> })}
            <td class="cell-sub">
                <span class="pushed"><Ago at=entry.deleted_at /> <ActorName actor=entry.deleted_by project=project.get_value() /></span>
            </td>
            <td class="cell-sub nowrap">
                <span class="cell-label narrow-only">{text.until()}</span>
                <Moment at=entry.expires_at />
            </td>
            <td class="cell-end">
                <span class="trash-actions">
                    <ActionForm action=restoring>
                        <input type="hidden" name="id" value=entry.id.to_string() />
                        <Button icon=Glyph::Undo busy=Signal::from(restoring.pending())>{text.restore()}</Button>
                    </ActionForm>
                    {is_admin.then(|| view! { <a class=ButtonKind::Danger.class() data-noscroll="" href=purge>{text.delete_now()}</a> })}
                </span>
            </td>
        </tr>
    }
}

/// What people recognise an entry by.
fn shown(entry: &TrashEntry, text: crate::i18n::trash::Trash) -> String {
    match entry.kind {
        TrashKind::Repository => text.kind_repository().to_owned(),
        TrashKind::Project => entry.repository.clone(),
        _ if entry.name.contains(':') => routes::shorten(&entry.name).to_owned(),
        _ => entry.name.clone(),
    }
}

/// What is lost for good with an entry.
fn told(entry: &TrashEntry, text: crate::i18n::trash::Trash) -> String {
    match entry.kind {
        TrashKind::Project => text.delete_project_text(&entry.repository),
        TrashKind::Repository => text.delete_text(shown(entry, text), &entry.repository),
        _ => text.delete_text(format!("`{}`", shown(entry, text)), &entry.repository),
    }
}

/// The artifacts that are lost with an entry, their tags as code.
fn artifacts_of(mut entry: TrashEntry, text: crate::i18n::trash::Trash) -> String {
    for tag in &mut entry.tag_names {
        *tag = format!("`{tag}`");
    }
    text.artifacts(&entry)
}

#[component]
fn DeleteDialog(
    known: StoredValue<Vec<TrashEntry>>,
    project: StoredValue<String>,
    before: Option<i64>,
    deleting: ServerAction<DeleteForGood>,
) -> impl IntoView {
    let text = use_words().trash;
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|query| query.get("purge").and_then(|id| id.parse::<i64>().ok())));
    let entry =
        move || asked.get().and_then(|id| known.with_value(|known| known.iter().find(|entry| entry.id == id).cloned()));
    let close = Signal::stored(list_address(&project.get_value(), before).to_string());
    let problem = last_problem(deleting);
    view! {
        <Dialog title=text.delete_title().to_owned() open=Signal::derive(move || entry().is_some()) close>
            <ActionForm action=deleting>
                <div class="dialog-body">
                    <input type="hidden" name="id" value=move || asked.get().unwrap_or_default().to_string() />
                    <input type="hidden" name="project" value=project.get_value() />
                    <p>{move || entry().map(|entry| view! { <Rich text=told(&entry, text) /> })}</p>
                    {move || {
                        // A digest says little to people.
                        entry()
                            .filter(|entry| entry.kind == TrashKind::Artifacts)
                            .map(|entry| view! { <p class="quiet trash-name"><Rich text=artifacts_of(entry, text) /></p> })
                    }}
                    <StepUp action=deleting />
                    <FormProblem problem />
                </div>
                <DialogFoot busy=deleting.pending() close kind=ButtonKind::DangerSolid confirm=text.confirm() />
            </ActionForm>
        </Dialog>
    }
}
