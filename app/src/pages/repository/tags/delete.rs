//! Deleting tags: what is ticked, what that would free, and the dialog.

use super::View;
use crate::{
    Answer, AppError,
    boot::{use_boot, use_words},
    components::{
        Button, ButtonKind, Dialog, DialogFoot, FormProblem, Glyph, Icon, Loaded, Rich, WaitForIt, toast::use_toaster,
    },
    error::{last_problem, when_done},
    i18n::format::bytes,
    pages::{protected::CannotDelete, repository::Changes},
};
use api_types::DeletionPreview;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use std::collections::BTreeSet;

/// What deleting tags would do; the names are separated by commas, which no tag contains.
#[server(prefix = "/_fn", endpoint = "tag_deletion", input = GetUrl)]
pub async fn preview_deletion(repository: String, tags: String) -> Result<DeletionPreview, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    let tags = crate::ssr::names::tags(&tags)?;
    crate::ssr::read(context.registry.tags.preview_deletion(&context.actor, &name, &tags).await)
}

/// Deletes tags, all or none.
#[server(prefix = "/_fn", endpoint = "delete_tags")]
pub async fn delete_tags(repository: String, tags: String) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    let tags = crate::ssr::names::tags(&tags)?;
    let answer = crate::ssr::answer(context.registry.tags.delete(&context.actor, &name, &tags).await)?;
    let left = crate::pages::repository::load_repository(repository).await.is_ok();
    let next = if left { crate::routes::repository(name.as_ref()) } else { crate::routes::project(name.project()) };
    crate::ssr::send_to(&next.to_string());
    Ok(answer)
}

/// What deleting the named tags would do; nothing where none is named.
fn deletion_of(
    repository: StoredValue<String>,
    names: Memo<String>,
) -> Resource<Result<Option<DeletionPreview>, AppError>> {
    Resource::new(
        move || names.get(),
        move |names| async move {
            if names.is_empty() { Ok(None) } else { preview_deletion(repository.get_value(), names).await.map(Some) }
        },
    )
}

/// Takes the toolbar's place while tags are ticked. Without scripts the form itself leads to the dialog.
#[component]
pub fn Selection(repository: StoredValue<String>, selected: RwSignal<BTreeSet<String>>) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let names = Memo::new(move |_| selected.with(|selected| selected.iter().cloned().collect::<Vec<_>>().join(",")));
    let preview = deletion_of(repository, names);
    let told = move |preview: Option<DeletionPreview>| {
        preview
            .map(|preview| {
                let stay = (preview.artifacts == 0).then(|| text.no_image_goes());
                let shares = (preview.sharing_tags > 0).then(|| text.others_share(preview.sharing_tags));
                view! { {text.would_free(bytes(preview.frees))} " " {stay} " " {shares} }
            })
            .into_any()
    };
    view! {
        <div class="selection" role="region" aria-label=text.select_hint()>
            <span class="selection-text">
                <strong class="live-only">{move || text.selected(selected.with(BTreeSet::len) as u64)}</strong>
                <WaitForIt
                    resource=preview
                    view=told
                />
            </span>
            <Button kind=ButtonKind::Ghost on_press=Callback::new(move |()| selected.update(BTreeSet::clear))>{words.common.clear()}</Button>
            <button type="submit" class=ButtonKind::Danger.class()>
                <Icon glyph=Glyph::Trash />
                {move || {
                    let count = selected.with(BTreeSet::len) as u64;
                    if count == 0 { text.delete_selected().to_owned() } else { text.delete_n(count) }
                }}
            </button>
        </div>
    }
}

/// Asks before the tags that the address names are deleted.
#[component]
pub fn DeleteTags(
    repository: StoredValue<String>,
    here: Memo<View>,
    selected: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let kept = use_boot().site.kept_seconds;
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|query| query.get_all("delete").unwrap_or_default()));
    let names = Memo::new(move |_| asked.get().join(","));
    let close = Signal::derive(move || here.get().address(&repository.get_value()).to_string());
    let action = ServerAction::<DeleteTags>::new();
    let problem = last_problem(action);
    let Changes(changes) = expect_context();
    let toaster = use_toaster();
    let navigate = use_navigate();
    when_done(action, move |()| {
        toaster.done(text.deleted_tags(asked.with_untracked(Vec::len) as u64));
        selected.update(BTreeSet::clear);
        changes.update(|changes| *changes += 1);
        navigate(
            &close.get_untracked(),
            NavigateOptions { scroll: false, replace: true, ..NavigateOptions::default() },
        );
    });
    let preview = deletion_of(repository, names);
    let told = move |preview: Option<DeletionPreview>| {
        preview
            .map(|preview| {
                if !preview.protected.is_empty() {
                    return view! { <CannotDelete repository=repository.get_value() protected=preview.protected close=close.get_untracked() /> }.into_any();
                }
                let images = if preview.artifacts > 0 {
                    text.images_go(preview.artifacts, bytes(preview.frees))
                } else {
                    text.no_image_goes().to_owned()
                };
                let elsewhere = (preview.elsewhere > 0).then(|| text.held_elsewhere(bytes(preview.elsewhere)));
                let shares = (preview.sharing_tags > 0).then(|| text.others_share(preview.sharing_tags));
                let count = asked.with_untracked(Vec::len) as u64;
                // One tag alone is named by the title.
                let several = (count > 1).then(|| text.goes(asked.get_untracked().join(", ")));
                view! {
                    <div class="dialog-body">
                        {several.map(|several| view! { <p class="dialog-names"><Rich text=several /></p> })}
                        <p>{images} " " {elsewhere} " " {shares}</p>
                        <p>{text.can_restore(count)}" "{words.trash.restorable(kept)}</p>
                        <FormProblem problem />
                    </div>
                    <DialogFoot
                        busy=action.pending()
                        close=close.get_untracked()
                        kind=ButtonKind::DangerSolid
                        confirm=text.confirm_tags(count)
                    />
                }
                .into_any()
            })
            .into_any()
    };
    view! {
        <Dialog
            title=Signal::derive(move || {
                asked.with(|asked| match asked.as_slice() {
                    [tag] => text.delete_one_title(tag),
                    several => text.delete_title(several.len() as u64),
                })
            })
            open=Signal::derive(move || asked.with(|asked| !asked.is_empty()))
            close
        >
            <ActionForm action>
                <input type="hidden" name="repository" value=repository.get_value() />
                <input type="hidden" name="tags" value=move || names.get() />
                <Loaded
                    part=true
                    resource=preview
                    skeleton=|| view! { <div class="dialog-body"><p class="quiet">"…"</p></div> }
                    view=told
                />
            </ActionForm>
        </Dialog>
    }
}
