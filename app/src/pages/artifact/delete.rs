//! Deleting an artifact with its tags.

use super::address_of;
use crate::{
    Answer, AppError,
    boot::{use_boot, use_words},
    browser,
    components::{ButtonKind, Choice, Dialog, DialogFoot, FormProblem, Glyph, Rich},
    error::{last_problem, when_done},
    i18n::format::bytes,
    pages::protected::CannotDelete,
    routes,
};
use api_types::ArtifactDetail;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Deletes a manifest with all its tags, and with the parts that nothing else holds if those shall go.
#[server(prefix = "/_fn", endpoint = "delete_artifact")]
pub async fn delete_artifact(
    repository: String,
    digest: String,
    #[server(default)] parts: bool,
) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    let reference = crate::ssr::names::reference(&digest)?;
    let parts = if parts { registry::content::Parts::Go } else { registry::content::Parts::Stay };
    let manifests = &context.registry.manifests;
    let answer = crate::ssr::answer(manifests.delete_whole(&context.actor, &name, &reference, parts).await)?;
    crate::ssr::send_to(&routes::repository(&repository).to_string());
    Ok(answer)
}

/// The dialog, open while the address says so.
#[component]
pub fn DeleteArtifact(artifact: ArtifactDetail) -> impl IntoView {
    let words = use_words();
    let text = words.artifact;
    let kept = use_boot().site.kept_seconds;
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("delete").is_some()));
    let action = ServerAction::<DeleteArtifact>::new();
    let problem = last_problem(action);
    let done = routes::repository(&artifact.repository).to_string();
    when_done(action, move |()| {
        browser::load(&done);
    });
    let close = StoredValue::new(address_of(&artifact).to_string());
    let digest = StoredValue::new(artifact.summary.digest.clone());
    let repository = StoredValue::new(artifact.repository);
    // The summary names the tags beside the one that the address names.
    let tags = artifact.tag.iter().chain(&artifact.summary.tags).map(String::as_str).collect::<Vec<_>>().join(", ");
    let name = artifact.tag.unwrap_or_else(|| routes::shorten(&artifact.summary.digest).to_owned());
    let goes =
        StoredValue::new(if tags.is_empty() { text.delete_untagged().to_owned() } else { text.delete_tags(tags) });
    let (whole, alone) = (artifact.deletion, artifact.deletion_alone);
    let parts = whole.artifacts.saturating_sub(1);
    let title = match whole.protected.first() {
        Some(tag) => text.protected_title(tag),
        None => text.delete_title(name),
    };
    let protected = StoredValue::new(whole.protected);
    view! {
        <Dialog title=title open=open close=Signal::derive(move || close.get_value())>
            {if protected.with_value(|protected| !protected.is_empty()) {
                let (repository, protected) = (repository.get_value(), protected.get_value());
                view! { <CannotDelete repository protected close=close.get_value() titled=true /> }.into_any()
            } else {
                view! {
                    <ActionForm action>
                        <div class="dialog-body">
                            <input type="hidden" name="repository" value=repository.get_value() />
                            <input type="hidden" name="digest" value=digest.get_value() />
                            <p class="dialog-names"><Rich text=goes.get_value() /></p>
                            {if parts == 0 {
                                view! { <p>{text.delete_frees(bytes(alone.frees))}</p> }.into_any()
                            } else {
                                view! {
                                    <fieldset class="choices">
                                        <legend class="field-label">{text.parts()}</legend>
                                        <Choice name="parts" value="true" glyph=Glyph::Layers checked=true title=text.parts_go(parts) hint=text.parts_go_hint(bytes(whole.frees)) />
                                        <Choice name="parts" value="false" glyph=Glyph::Box checked=false title=text.parts_stay() hint=text.parts_stay_hint(bytes(alone.frees)) />
                                    </fieldset>
                                }
                                    .into_any()
                            }}
                            <p>{text.delete_fails()}" "{words.trash.restorable(kept)}</p>
                            <FormProblem problem />
                        </div>
                        <DialogFoot
                            busy=action.pending()
                            close=close.get_value()
                            kind=ButtonKind::DangerSolid
                            confirm=text.confirm_delete()
                        />
                    </ActionForm>
                }
                    .into_any()
            }}
        </Dialog>
    }
}
