//! Another name for a project.

use crate::{
    Answer, AppError,
    boot::{Typed, use_boot, use_words},
    components::{Button, Field, FormProblem, Notice, NoticeTone, StepUp, is_about},
    error::{follow, fresh_problem},
    pages::project_name::{Known, NameMistake, NameWord, watch_name},
};
use api_types::{NameCheck, ProjectDetail};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// Whether a project can have a name instead of its own.
#[server(prefix = "/_fn", endpoint = "check_new_name", input = GetUrl)]
pub async fn check_new_name(project: String, name: String) -> Result<NameCheck, AppError> {
    let context = crate::ssr::signed_in()?;
    let project = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.projects.check_new_name(&context.actor, &project, name.trim()).await)
}

/// Gives a project another name; answers the address of its settings.
#[server(prefix = "/_fn", endpoint = "rename_project")]
pub async fn rename_project(
    project: String,
    /// The wanted name.
    #[server(default)]
    name: String,
    /// The person's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<String>, AppError> {
    crate::ssr::answer_on(&super::Part::Settings.address(&project));
    let present = crate::ssr::names::project(&project)?;
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let name = name.trim();
    let renamed = context.registry.projects.rename(&context.actor, &present, name).await;
    let address = super::Part::Settings.address(name).with("renamed", "1").to_string();
    if renamed.is_ok() {
        crate::ssr::send_to(&address);
    }
    crate::ssr::answer(renamed.map(|()| address))
}

/// The form, with what follows from it.
#[component]
pub fn RenameForm(project: ProjectDetail) -> impl IntoView {
    let words = use_words();
    let text = words.project_settings;
    let action = ServerAction::<RenameProject>::new();
    let (problem, edited) = fresh_problem(action);
    // What knows the old name is all over the page.
    let busy = follow(action);
    let was_renamed = use_query_map().with_untracked(|query| query.get("renamed").is_some());
    let name = project.summary.name;
    let wanted = RwSignal::new(Typed::into_form::<RenameProject>().or("name", name.as_str()));
    let known = {
        let project = name.clone();
        watch_name(wanted, &name, move |wanted| check_new_name(project.clone(), wanted))
    };
    let invalid = Signal::derive(move || known.with(Known::is_bad) || is_about(problem, "name").is_some());
    let former: Vec<_> = project.former_names.iter().map(|name| format!("`{name}`")).collect();
    let hint = if former.is_empty() {
        text.rename_follows().to_owned()
    } else {
        format!("{} {}", text.rename_follows(), text.former_names(former.join(", ")))
    };
    view! {
        {was_renamed.then(|| view! { <Notice tone=NoticeTone::Success title=text.renamed(&name) /> })}
        <ActionForm action attr:class="card form form-rows" on:input=move |_| edited()>
            <h2>{text.rename_title()}</h2>
            <input type="hidden" name="project" value=name.clone() />
            <Field id="name" label=text.name() hint problem>
                <div class="input-group">
                    <span class="input-prefix mono" aria-hidden="true">{format!("{}/", use_boot().site.host)}</span>
                    <input
                        class="input mono"
                        id="name"
                        name="name"
                        type="text"
                        required
                        maxlength="255"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        value=wanted.get_untracked()
                        aria-invalid=move || invalid.get().then_some("true")
                        aria-describedby="name-about name-known"
                        on:input=move |event| wanted.set(event_target_value(&event))
                    />
                    <NameWord known />
                </div>
                <NameMistake known />
            </Field>
            <StepUp action id="rename-step-up" />
            <FormProblem problem />
            <div class="form-actions">
                <Button busy>
                    {move || if busy.get() { text.renaming() } else { text.rename() }}
                </Button>
            </div>
        </ActionForm>
    }
}
