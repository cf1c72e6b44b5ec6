//! Deleting a label.

use super::{Changes, address};
use crate::{
    Answer, AppError,
    boot::use_words,
    components::{ButtonKind, Dialog, DialogFoot, FormProblem, toast::use_toaster, use_go},
    error::{last_problem, when_done},
};
use api_types::LabelSummary;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Deletes a label, also from what is marked with it.
#[server(prefix = "/_fn", endpoint = "delete_label")]
pub async fn delete_label(
    /// Whose it is; empty for one of the system.
    #[server(default)]
    project: String,
    label: i64,
) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&address(&project).with("remove-label", label.to_string()));
    let label = registry::access::LabelId(label);
    let answer = crate::ssr::answer(context.registry.labels.delete(&context.actor, label).await)?;
    crate::ssr::send_to(&address(&project).with("done", "label-removed").to_string());
    Ok(answer)
}

/// The dialog, open while the address names a label.
#[component]
pub fn RemoveDialog(project: String, known: StoredValue<Vec<LabelSummary>>) -> impl IntoView {
    let text = use_words().labels;
    let query = use_query_map();
    let label = Memo::new(move |_| {
        let id = query.with(|query| query.get("remove-label")?.parse::<i64>().ok())?;
        known.with_value(|known| known.iter().find(|known| known.label.id == id).cloned())
    });
    let close = StoredValue::new(address(&project).to_string());
    let project = StoredValue::new(project);
    let Changes(changes) = expect_context();
    let action = ServerAction::<DeleteLabel>::new();
    let problem = last_problem(action);
    let toaster = use_toaster();
    let go = use_go();
    when_done(action, move |()| {
        toaster.done(text.removed());
        changes.update(|changes| *changes += 1);
        go(&close.get_value());
    });
    let id = move || label.with(|label| label.as_ref().map_or(0, |known| known.label.id)).to_string();
    let goes = move || match label.with(|label| label.as_ref().map_or(0, |known| known.artifacts)) {
        0 => text.goes_unused().to_owned(),
        artifacts => text.goes(artifacts),
    };
    view! {
        <Dialog
            title=Signal::derive(move || {
                label.with(|label| label.as_ref().map(|known| text.remove_title(&known.label.name))).unwrap_or_default()
            })
            open=Signal::derive(move || label.with(Option::is_some))
            close=Signal::derive(move || close.get_value())
        >
            <ActionForm action>
                <div class="dialog-body">
                    <input type="hidden" name="project" value=project.get_value() />
                    <input type="hidden" name="label" value=id />
                    <p>{goes}</p>
                    <p>{text.stays()}</p>
                    <FormProblem problem />
                </div>
                <DialogFoot busy=action.pending() close=close.get_value() kind=ButtonKind::DangerSolid confirm=text.confirm_remove() />
            </ActionForm>
        </Dialog>
    }
}
