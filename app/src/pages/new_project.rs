//! `/projects/new`: one more project.

use crate::{
    Answer, AppError,
    boot::{Typed, use_boot, use_words},
    components::{Button, ButtonKind, Choice, Empty, Field, Glyph, LinkButton, Notice, NoticeTone, PageHead, is_about},
    error::{fresh_problem, when_done},
    frame::use_projects_changed,
    pages::{
        project_name::{Known, NameMistake, NameWord, watch_name},
        projects::may_create_projects,
    },
    routes,
};
use api_types::{NameCheck, Problem};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::{use_navigate, use_query_map};

/// Whether a name can be had.
#[server(prefix = "/_fn", endpoint = "check_project_name", input = GetUrl)]
pub async fn check_project_name(
    /// The wanted name.
    name: String,
) -> Result<NameCheck, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.projects.check_name(&context.actor, &name).await)
}

/// Creates a project; the answer is the address of its page.
#[server(prefix = "/_fn", endpoint = "create_project")]
pub async fn create_project(
    /// The wanted name.
    name: String,
    /// `public`, or anything else for private.
    #[server(default)]
    access: String,
    /// A sentence about it.
    #[server(default)]
    description: String,
    /// A size with its unit, from administrators; empty for what the settings of the system say.
    #[server(default)]
    quota: String,
) -> Result<Answer<String>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&crate::routes::Address::new(routes::NEW_PROJECT));
    let quota = match crate::ssr::forms::size("quota", &quota) {
        Ok(quota) => quota.map_or(api_types::NewQuota::Default, api_types::NewQuota::Bytes),
        Err(problem) => return crate::ssr::refuse(problem),
    };
    let project = api_types::NewProject { name: name.trim().to_owned(), public: access == "public", description };
    let created = context.registry.projects.create_with_quota(&context.actor, &project, quota).await;
    let address = routes::project(&project.name).to_string();
    if created.is_ok() {
        crate::ssr::send_to(&address);
    }
    crate::ssr::answer(created.map(|_| address))
}

/// The page.
#[component]
pub fn NewProjectPage() -> impl IntoView {
    let words = use_words();
    if may_create_projects() {
        return view! { <NewProjectForm /> }.into_any();
    }
    view! {
        <PageHead title=words.new_project.title() />
        <Empty glyph=Glyph::Lock title=words.projects.closed() text=words.projects.closed_text() boxed=true>
            <LinkButton href=routes::PROJECTS.to_owned()>{words.problems.projects()}</LinkButton>
        </Empty>
    }
    .into_any()
}

#[component]
fn NewProjectForm() -> impl IntoView {
    let all = use_words();
    let words = all.new_project;
    let changed = use_projects_changed();
    let wanted = use_query_map().with_untracked(|query| query.get("name").unwrap_or_default());
    let typed = Typed::into_form::<CreateProject>();
    let (wanted, description) = (typed.or("name", wanted), typed.or("description", ""));
    let quota = typed.or("quota", "");
    let is_admin = use_boot().viewer.as_ref().is_some_and(|viewer| viewer.is_admin);

    let action = ServerAction::<CreateProject>::new();
    let (problem, edited) = fresh_problem(action);
    let navigate = use_navigate();
    when_done(action, move |address| {
        changed.notify();
        navigate(&address, leptos_router::NavigateOptions::default());
    });
    let name = RwSignal::new(wanted);
    let known = watch_name(name, "", check_project_name);
    let invalid = Signal::derive(move || known.with(Known::is_bad) || is_about(problem, "name").is_some());
    let beside = move || {
        let elsewhere = |problem: &Problem| !matches!(problem.field.as_deref(), Some("name" | "description" | "quota"));
        problem.get().filter(elsewhere).map(|problem| {
            let text = all.problems.explain(&problem);
            view! { <Notice tone=NoticeTone::Danger title=words.failed_title() text /> }
        })
    };

    view! {
        <div class="form-page">
            <PageHead title=words.title()>
                <p class="page-lead">{words.lead()}</p>
            </PageHead>
            <ActionForm action attr:class="form" on:input=move |_| edited()>
                {beside}
                <Field id="name" label=words.name() hint=words.name_hint() problem>
                    <div class="input-group">
                        <span class="input-prefix mono" aria-hidden="true">{format!("{}/", use_boot().site.host)}</span>
                        <input
                            class="input input-large mono"
                            id="name"
                            name="name"
                            type="text"
                            required
                            autofocus
                            maxlength="255"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            value=name.get_untracked()
                            aria-invalid=move || invalid.get().then_some("true")
                            aria-describedby="name-about name-known"
                            on:input=move |event| name.set(event_target_value(&event))
                        />
                        <NameWord known />
                    </div>
                    <NameMistake known />
                </Field>
                <Access />
                <Field id="description" label=words.description() hint=words.description_hint() optional=true problem>
                    <input
                        class="input input-large"
                        id="description"
                        name="description"
                        type="text"
                        maxlength="500"
                        autocomplete="off"
                        value=description
                        aria-describedby="description-about"
                    />
                </Field>
                {is_admin
                    .then(|| {
                        view! {
                            <Field id="quota" label=words.quota() hint=words.quota_hint() optional=true problem>
                                <input
                                    class="input input-large input-short"
                                    id="quota"
                                    name="quota"
                                    maxlength="40"
                                    autocomplete="off"
                                    value=quota
                                    aria-describedby="quota-about"
                                />
                            </Field>
                        }
                    })}
                <div class="form-end">
                    <Button kind=ButtonKind::Primary class="button-large" busy=action.pending()>
                        {move || if action.pending().get() { words.submitting() } else { words.submit() }}
                    </Button>
                    <LinkButton kind=ButtonKind::Ghost class="button-large" href=routes::PROJECTS.to_owned()>
                        {all.common.cancel()}
                    </LinkButton>
                </div>
            </ActionForm>
        </div>
    }
}

/// Private or public, each with what it means.
#[component]
fn Access() -> impl IntoView {
    let all = use_words();
    let words = all.new_project;
    let public = Typed::into_form::<CreateProject>().or("access", "private") == "public";
    view! {
        <fieldset class="field">
            <legend class="field-label">{words.access()}</legend>
            <div class="choices">
                <Choice name="access" value="private" glyph=Glyph::Lock checked=!public title=all.terms.private() hint=words.private_hint() />
                <Choice name="access" value="public" glyph=Glyph::Globe checked=public title=all.terms.public() hint=words.public_hint() />
            </div>
        </fieldset>
    }
}
