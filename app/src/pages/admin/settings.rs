//! `/admin/settings`: what holds for everybody.

use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    components::{
        Button, ButtonKind, Choice, Field, FormProblem, Glyph, Loaded, Notice, NoticeTone, PageHead, SkeletonRows,
        StepUp, is_about, toast::use_toaster,
    },
    error::{fresh_problem, when_done},
    i18n::format::exact_bytes,
};
use api_types::{ProjectCreation, SystemSettings};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// The settings as they are.
#[server(prefix = "/_fn", endpoint = "settings", input = GetUrl)]
pub async fn load_settings() -> Result<SystemSettings, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.settings.get(&context.actor).await)
}

/// Changes them all.
#[server(prefix = "/_fn", endpoint = "update_settings")]
pub async fn update_settings(
    self_registration: bool,
    project_creation: ProjectCreation,
    audit_retention_days: u32,
    /// A size with its unit; empty for no limit.
    #[server(default)]
    default_quota: String,
    /// The person's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<()>, AppError> {
    crate::ssr::answer_on(&crate::routes::Address::new(crate::routes::ADMIN_SETTINGS));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let default_quota = match crate::ssr::forms::size("default_quota", &default_quota) {
        Ok(quota) => quota,
        Err(problem) => return crate::ssr::refuse(problem),
    };
    let settings = SystemSettings { self_registration, project_creation, default_quota, audit_retention_days };
    let answer = crate::ssr::answer(context.registry.settings.update(&context.actor, &settings).await)?;
    crate::ssr::send_to(&crate::routes::saved(crate::routes::ADMIN_SETTINGS).to_string());
    Ok(answer)
}

/// The page.
#[component]
pub fn SettingsPage() -> impl IntoView {
    let words = use_words().admin_settings;
    let settings = Resource::new(|| (), |()| load_settings());
    view! {
        <div class="form-page settings">
            <PageHead title=words.title()>
                <p class="page-lead">{words.lead()}</p>
            </PageHead>
            <Loaded
                part=true
                resource=settings
                skeleton=|| view! { <SkeletonRows columns=1 /> }
                view=|settings| view! { <SettingsForm settings /> }.into_any()
            />
        </div>
    }
}

#[component]
fn SettingsForm(settings: SystemSettings) -> impl IntoView {
    let words = use_words();
    let text = words.admin_settings;
    let toaster = use_toaster();
    let action = ServerAction::<UpdateSettings>::new();
    let (problem, edited) = fresh_problem(action);
    when_done(action, move |()| {
        toaster.done(text.saved());
    });
    let was_saved = use_query_map().with_untracked(|query| query.get("saved").is_some());
    // What was typed counts more than what is stored.
    let typed = Typed::into_form::<UpdateSettings>();
    let chosen = |field: &str, stored: &str| typed.or(field, stored);
    let registration = chosen("self_registration", if settings.self_registration { "true" } else { "false" });
    let creation = match settings.project_creation {
        ProjectCreation::Everyone => "everyone",
        ProjectCreation::Administrators => "administrators",
    };
    let creation = chosen("project_creation", creation);
    let quota = chosen("default_quota", &settings.default_quota.map(exact_bytes).unwrap_or_default());
    let days = chosen("audit_retention_days", &settings.audit_retention_days.to_string());
    view! {
        {was_saved.then(|| view! { <Notice tone=NoticeTone::Success title=text.saved() /> })}
        <ActionForm action attr:class="card form form-rows" on:input=move |_| edited()>
            <fieldset class="choices">
                <legend class="field-label">{text.accounts()}</legend>
                <Choice name="self_registration" value="false" glyph=Glyph::Lock checked=registration == "false" title=text.accounts_given() hint=text.accounts_given_hint() />
                <Choice name="self_registration" value="true" glyph=Glyph::Globe checked=registration == "true" title=text.accounts_open() hint=text.accounts_open_hint() />
            </fieldset>
            <fieldset class="choices">
                <legend class="field-label">{text.projects()}</legend>
                <Choice name="project_creation" value="everyone" glyph=Glyph::Users checked=creation == "everyone" title=text.projects_everyone() hint=text.projects_everyone_hint() />
                <Choice name="project_creation" value="administrators" glyph=Glyph::ShieldCheck checked=creation == "administrators" title=text.projects_admins() hint=text.projects_admins_hint() />
            </fieldset>
            <Field id="default_quota" label=text.quota() hint=text.quota_hint() optional=true problem>
                <input
                    class="input input-large input-short"
                    id="default_quota"
                    name="default_quota"
                    maxlength="40"
                    autocomplete="off"
                    value=quota
                    aria-invalid=move || is_about(problem, "default_quota")
                    aria-describedby="default_quota-about"
                />
            </Field>
            <Field id="audit_retention_days" label=text.retention() hint=text.retention_hint() problem>
                <div class="input-group input-short">
                    <input
                        class="input input-large"
                        id="audit_retention_days"
                        name="audit_retention_days"
                        type="number"
                        inputmode="numeric"
                        min="0"
                        max="36500"
                        step="1"
                        required
                        value=days
                        aria-invalid=move || is_about(problem, "audit_retention_days")
                        aria-describedby="audit_retention_days-about"
                    />
                    <span class="input-note" aria-hidden="true">{text.days()}</span>
                </div>
            </Field>
            <StepUp action />
            <FormProblem problem />
            <div class="form-actions">
                <Button kind=ButtonKind::Primary busy=Signal::from(action.pending())>
                    {move || if action.pending().get() { words.common.saving() } else { words.common.save() }}
                </Button>
            </div>
        </ActionForm>
    }
}
