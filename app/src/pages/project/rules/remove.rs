//! Taking a rule away that protects tags.

use super::{Changes, Part, scope_words};
use crate::{
    Answer, AppError,
    boot::use_words,
    components::{ButtonKind, Dialog, DialogFoot, FormProblem, Rich, toast::use_toaster, use_go},
    error::{last_problem, when_done},
};
use api_types::ProtectionRule;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Takes a rule away.
#[server(prefix = "/_fn", endpoint = "delete_protection_rule")]
pub async fn delete_protection_rule(project: String, rule: i64) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&Part::Rules.address(&project).with("remove", rule.to_string()));
    let name = crate::ssr::names::project(&project)?;
    let answer = crate::ssr::answer(context.registry.protection.delete(&context.actor, &name, rule).await)?;
    crate::ssr::send_to(&Part::Rules.address(&project).with("done", "removed").to_string());
    Ok(answer)
}

/// The dialog, open while the address names a rule.
#[component]
pub fn RemoveDialog(project: String, known: StoredValue<Vec<ProtectionRule>>) -> impl IntoView {
    let text = use_words().rules;
    let query = use_query_map();
    let rule = Memo::new(move |_| {
        let id = query.with(|query| query.get("remove")?.parse::<i64>().ok())?;
        known.with_value(|known| known.iter().find(|rule| rule.id == id).cloned())
    });
    let close = StoredValue::new(Part::Rules.address(&project).to_string());
    let name = StoredValue::new(project);
    let Changes(changes) = expect_context();
    let action = ServerAction::<DeleteProtectionRule>::new();
    let problem = last_problem(action);
    let toaster = use_toaster();
    let go = use_go();
    when_done(action, move |()| {
        toaster.done(text.removed());
        changes.update(|changes| *changes += 1);
        go(&close.get_value());
    });
    let goes = move || {
        rule.get().map(|rule| {
            let (tags, repositories) = scope_words(text, &rule.scope);
            view! { <Rich text=text.goes(tags, repositories) /> }
        })
    };
    view! {
        <Dialog
            title=text.remove_title().to_owned()
            open=Signal::derive(move || rule.with(Option::is_some))
            close=Signal::derive(move || close.get_value())
        >
            <ActionForm action>
                <div class="dialog-body">
                    <input type="hidden" name="project" value=name.get_value() />
                    <input type="hidden" name="rule" value=move || rule.get().map_or(0, |rule| rule.id).to_string() />
                    <p>{goes}</p>
                    <p>{text.stays()}</p>
                    <FormProblem problem />
                </div>
                <DialogFoot busy=action.pending() close=close.get_value() kind=ButtonKind::DangerSolid confirm=text.confirm_remove() />
            </ActionForm>
        </Dialog>
    }
}
