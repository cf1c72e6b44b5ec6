//! A project's settings: access, description, labels, and the danger zone.

use super::{Part, ProjectSaved, quota::QuotaCard, rename::RenameForm};
use crate::{
    Answer, AppError,
    boot::{Typed, use_boot, use_words},
    browser,
    components::{
        Button, ButtonKind, Choice, Dialog, DialogFoot, Empty, Field, FormProblem, Glyph, Notice, NoticeTone, Rich,
        StepUp, toast::use_toaster,
    },
    error::{fresh_problem, when_done},
    i18n::format::bytes,
    pages::labels::LabelsCard,
    routes,
};
use api_types::ProjectDetail;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Changes access and description.
#[server(prefix = "/_fn", endpoint = "update_project")]
pub async fn update_project(project: String, public: bool, description: String) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&Part::Settings.address(&project));
    let name = crate::ssr::names::project(&project)?;
    let answer =
        crate::ssr::answer(context.registry.projects.update(&context.actor, &name, public, description.trim()).await)?;
    crate::ssr::send_to(&Part::Settings.address(&project).with("saved", "1").to_string());
    Ok(answer)
}

/// Deletes a project with all that is in it; `confirmation` is its name, typed.
#[server(prefix = "/_fn", endpoint = "delete_project")]
pub async fn delete_project(
    project: String,
    confirmation: String,
    /// The person's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<()>, AppError> {
    crate::ssr::signed_in()?;
    crate::ssr::answer_on(&Part::Settings.address(&project).with("delete", "1"));
    let name = crate::ssr::names::project(&project)?;
    if confirmation.trim() != project {
        let words = crate::i18n::Catalogue::new(crate::ssr::boot().locale).project_settings;
        let problem =
            api_types::Problem::new(api_types::ProblemKind::Invalid, "name_mismatch", words.type_name(&project));
        return crate::ssr::refuse(problem.on_field("confirmation"));
    }
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let answer = crate::ssr::answer(context.registry.projects.delete(&context.actor, &name).await)?;
    crate::ssr::send_to(routes::PROJECTS);
    Ok(answer)
}

/// The tab.
#[component]
pub fn ProjectSettings(project: ProjectDetail) -> impl IntoView {
    let words = use_words().project_settings;
    let labels = project.summary.name.clone();
    if !project.may.administer {
        // Maintainers look after labels, and nothing else of this.
        return if project.may.delete {
            view! { <div class="stack form-page settings"><LabelsCard project=labels /></div> }.into_any()
        } else {
            view! { <Empty glyph=Glyph::Lock title=words.only_admins() boxed=true /> }.into_any()
        };
    }
    view! {
        <div class="stack form-page settings">
            <AccessForm project=project.clone() />
            <QuotaCard project=project.clone() />
            <LabelsCard project=labels />
            <RenameForm project=project.clone() />
            <DangerZone project />
        </div>
    }
    .into_any()
}

#[component]
fn AccessForm(project: ProjectDetail) -> impl IntoView {
    let words = use_words();
    let text = words.project_settings;
    let query = use_query_map();
    let ProjectSaved(saved) = expect_context();
    let action = ServerAction::<UpdateProject>::new();
    let (problem, edited) = fresh_problem(action);
    let toaster = use_toaster();
    when_done(action, move |()| {
        toaster.done(text.saved());
        saved.update(|saved| *saved += 1);
    });
    let was_saved = query.with_untracked(|query| query.get("saved").is_some());
    // What was typed counts more than what is stored.
    let typed = Typed::into_form::<UpdateProject>();
    let public = typed.or("public", project.summary.public.to_string()) == "true";
    let description = typed.or("description", project.description);
    view! {
        {was_saved.then(|| view! { <Notice tone=NoticeTone::Success title=text.saved() /> })}
        <ActionForm action attr:class="card form form-rows" on:input=move |_| edited()>
            <h2>{text.general()}</h2>
            <input type="hidden" name="project" value=project.summary.name />
            <fieldset class="choices">
                <legend class="field-label">{text.access()}</legend>
                <Choice name="public" value="false" glyph=Glyph::Lock checked=!public title=words.terms.private() hint=text.private_hint() />
                <Choice name="public" value="true" glyph=Glyph::Globe checked=public title=words.terms.public() hint=text.public_hint() />
            </fieldset>
            <Field id="description" label=text.description() hint=text.description_hint() optional=true problem>
                <input class="input" id="description" name="description" maxlength="500" value=description aria-describedby="description-about" />
            </Field>
            <FormProblem problem />
            <div class="form-actions">
                <Button kind=ButtonKind::Primary busy=Signal::from(action.pending())>
                    {move || if action.pending().get() { words.common.saving() } else { words.common.save() }}
                </Button>
            </div>
        </ActionForm>
    }
}

#[component]
fn DangerZone(project: ProjectDetail) -> impl IntoView {
    let words = use_words();
    let text = words.project_settings;
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("delete").is_some()));
    let name = project.summary.name.clone();
    let close = Part::Settings.address(&name).to_string();
    let (repositories, size) = (project.summary.repositories, project.summary.storage_used);
    let kept = use_boot().site.kept_seconds;
    view! {
        <section class="card card-danger" aria-labelledby="danger-zone">
            <h2 id="danger-zone">{text.danger()}</h2>
            <div class="danger-row">
                <div>
                    <h3>{text.delete()}</h3>
                    <p class="second">
                        {if repositories == 0 { text.delete_text_empty().to_owned() } else { text.delete_text(repositories) }}
                        {format!(" {}", words.trash.restorable(kept))}
                    </p>
                </div>
                <a class=ButtonKind::Danger.class() data-noscroll="" href=Part::Settings.address(&name).with("delete", "1").to_string()>
                    {text.delete_button()}
                </a>
            </div>
        </section>
        <Dialog title=text.delete_title(&name) open=open close=Signal::stored(close.clone())>
            <DeleteForm name=name.clone() repositories size close=close.clone() />
        </Dialog>
    }
}

#[component]
fn DeleteForm(name: String, repositories: u64, size: u64, close: String) -> impl IntoView {
    let words = use_words();
    let text = words.project_settings;
    let kept = use_boot().site.kept_seconds;
    let action = ServerAction::<DeleteProject>::new();
    let (problem, edited) = fresh_problem(action);
    let typed = Typed::into_form::<DeleteProject>().or("confirmation", "");
    when_done(action, move |()| {
        browser::load(routes::PROJECTS);
    });
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                {if repositories == 0 {
                    view! { <p>{text.goes_empty()}</p> }.into_any()
                } else {
                    view! { <p>{text.goes(repositories, bytes(size))}</p> <p>{text.stays()}</p> }.into_any()
                }}
                <p>
                    {words.trash.restorable(kept)}
                    {(kept > 0).then(|| format!(" {}", text.under_deleted()))}
                </p>
                <input type="hidden" name="project" value=name.clone() />
                <p class="second"><Rich text=text.type_name(&name) /></p>
                <Field id="confirmation" label=text.type_name_label() problem>
                    <input
                        class="input"
                        id="confirmation"
                        name="confirmation"
                        required
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        value=typed
                        aria-describedby="confirmation-about"
                    />
                </Field>
                <StepUp action />
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind=ButtonKind::DangerSolid confirm=text.confirm() />
        </ActionForm>
    }
}
