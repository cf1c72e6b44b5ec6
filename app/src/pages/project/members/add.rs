//! Adding a person.

use super::{Changes, Part, people::use_people};
use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    components::{
        ButtonKind, Dialog, DialogFoot, Field, FormProblem, StepUp, SuggestField, is_about, toast::use_toaster, use_go,
    },
    error::{fresh_problem, when_done},
};
use api_types::Role;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Adds a person by name; answers the name.
#[server(prefix = "/_fn", endpoint = "add_member")]
pub async fn add_member(
    project: String,
    #[server(default)] username: String,
    role: Role,
    /// The person's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<String>, AppError> {
    crate::ssr::answer_on(&Part::Members.address(&project).with("add", "1"));
    let name = crate::ssr::names::project(&project)?;
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let added = context.registry.members.add(&context.actor, &name, &username, role).await;
    let answer = crate::ssr::answer(added.map(|_| username.trim().to_owned()))?;
    crate::ssr::send_to(&Part::Members.address(&project).with("done", "added").to_string());
    Ok(answer)
}

/// The dialog, open while the address says so.
#[component]
pub fn AddDialog(project: String) -> impl IntoView {
    let text = use_words().members;
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("add").is_some()));
    let close = Part::Members.address(&project).to_string();
    let title = text.add_title(&project);
    view! {
        <Dialog title open=open close=Signal::stored(close.clone())>
            <AddForm project=project.clone() close=close.clone() />
        </Dialog>
    }
}

#[component]
fn AddForm(project: String, close: String) -> impl IntoView {
    let text = use_words().members;
    let changes: Changes = expect_context();
    let toaster = use_toaster();
    let go = use_go();
    let action = ServerAction::<AddMember>::new();
    let (problem, edited) = fresh_problem(action);
    when_done(action, {
        let close = close.clone();
        move |name| {
            toaster.done(text.was_added(name));
            changes.happened(false);
            go(&close);
        }
    });
    let invalid = Signal::derive(move || is_about(problem, "username").is_some());
    let (suggestions, on_type) = use_people(project.clone());
    let typed = Typed::into_form::<AddMember>();
    let username = typed.or("username", "");
    let chosen = typed.or("role", super::word(Role::Developer));
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                <input type="hidden" name="project" value=project />
                <Field id="username" label=text.person() hint=text.person_hint() problem>
                    <SuggestField
                        id="username"
                        name="username"
                        autofocus=true
                        value=username
                        list_label=text.suggestions()
                        suggestions
                        on_type
                        invalid
                    />
                </Field>
                <fieldset class="choices">
                    <legend class="field-label">{text.role()}</legend>
                    {Role::ALL.map(|role| view! { <super::RoleChoice role checked=super::word(role) == chosen /> }).collect_view()}
                </fieldset>
                <StepUp action />
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind=ButtonKind::Primary confirm=text.confirm_add() />
        </ActionForm>
    }
}
