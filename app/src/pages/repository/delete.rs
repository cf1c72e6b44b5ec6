//! Deleting a whole repository.

use crate::{
    Answer, AppError,
    boot::{use_boot, use_words},
    browser,
    components::{ButtonKind, Dialog, DialogFoot, FormProblem},
    error::{last_problem, when_done},
    i18n::format::{bytes, number},
    routes,
};
use api_types::RepositoryDetail;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Deletes a repository with its tags and images.
#[server(prefix = "/_fn", endpoint = "delete_repository")]
pub async fn delete_repository(repository: String) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    let answer = crate::ssr::answer(context.registry.repositories.delete(&context.actor, &name).await)?;
    crate::ssr::send_to(&routes::project(name.project()).to_string());
    Ok(answer)
}

/// The dialog, open while the address says so.
#[component]
pub fn DeleteRepository(repository: RepositoryDetail) -> impl IntoView {
    let RepositoryDetail { summary, storage_own, .. } = repository;
    let words = use_words();
    let text = words.repository;
    let kept = use_boot().site.kept_seconds;
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("delete-repository").is_some()));
    let action = ServerAction::<DeleteRepository>::new();
    let problem = last_problem(action);
    let project = routes::project_of(&summary.name).to_owned();
    when_done(action, move |()| {
        browser::load(&routes::project(&project).to_string());
    });
    let close = StoredValue::new(routes::repository(&summary.name).to_string());
    let title = text.delete_repository_title(&summary.name);
    let name = StoredValue::new(summary.name);
    let goes = move || text.repository_goes(number(summary.tags), number(summary.artifacts), bytes(storage_own));
    view! {
        <Dialog title open=open close=Signal::derive(move || close.get_value())>
            <ActionForm action>
                <div class="dialog-body">
                    <input type="hidden" name="repository" value=name.get_value() />
                    <p>{goes()}</p>
                    <p>{text.repository_stays()}" "{words.trash.restorable(kept)}</p>
                    <FormProblem problem />
                </div>
                <DialogFoot busy=action.pending() close=close.get_value() kind=ButtonKind::DangerSolid confirm=text.confirm_repository() />
            </ActionForm>
        </Dialog>
    }
}
