//! How much a project may hold: shown to those who administer it, set by system administrators.

use super::ProjectSaved;
use crate::{
    Answer, AppError,
    boot::{Typed, use_boot, use_words},
    components::{Button, Field, FormProblem, Meter, Notice, NoticeTone, is_about, toast::use_toaster},
    error::{fresh_problem, when_done},
    i18n::format::{bytes, exact_bytes},
};
use api_types::{ProjectDetail, ProjectSummary};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Sets how much a project may hold.
#[server(prefix = "/_fn", endpoint = "set_quota")]
pub async fn set_quota(
    project: String,
    /// A size with its unit; empty for no limit.
    #[server(default)]
    quota: String,
) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&super::Part::Settings.address(&project));
    let name = crate::ssr::names::project(&project)?;
    let quota = match crate::ssr::forms::size("quota", &quota) {
        Ok(quota) => quota,
        Err(problem) => return crate::ssr::refuse(problem),
    };
    let answer = crate::ssr::answer(context.registry.projects.set_quota(&context.actor, &name, quota).await)?;
    crate::ssr::send_to(&super::Part::Settings.address(&project).with("limited", "1").to_string());
    Ok(answer)
}

/// What the project holds of what it may, and for system administrators the form that sets it.
#[component]
pub fn QuotaCard(project: ProjectDetail) -> impl IntoView {
    let text = use_words().quota;
    let is_admin = use_boot().viewer.as_ref().is_some_and(|viewer| viewer.is_admin);
    let was_set = use_query_map().with_untracked(|query| query.get("limited").is_some());
    let summary = project.summary;
    let over = summary.storage_quota.is_some_and(|quota| summary.storage_used > quota);
    view! {
        {was_set.then(|| view! { <Notice tone=NoticeTone::Success title=text.saved() /> })}
        <section class="card form" id="quota-card" aria-labelledby="quota-title">
            <div class="card-text">
                <h2 id="quota-title">{text.title()}</h2>
                <Held summary=summary.clone() />
                {over.then(|| view! { <Notice tone=NoticeTone::Warning title=text.over() /> })}
                <p class="second">{text.counts()}</p>
            </div>
            {if is_admin {
                view! { <QuotaForm summary /> }.into_any()
            } else {
                view! { <p class="second">{text.by_admins()}</p> }.into_any()
            }}
        </section>
    }
}

#[component]
fn Held(summary: ProjectSummary) -> impl IntoView {
    let text = use_words().quota;
    let used = summary.storage_used;
    match summary.storage_quota {
        Some(quota) => view! {
            <p>{text.held_of(bytes(used), bytes(quota))}</p>
            <Meter part=used whole=quota label=text.used_of(bytes(used), bytes(quota)) class="meter-wide" />
        }
        .into_any(),
        None => view! { <p>{text.held(bytes(used))} " " {text.none()}</p> }.into_any(),
    }
}

#[component]
fn QuotaForm(summary: ProjectSummary) -> impl IntoView {
    let words = use_words();
    let text = words.quota;
    let ProjectSaved(saved) = expect_context();
    let action = ServerAction::<SetQuota>::new();
    let (problem, edited) = fresh_problem(action);
    let toaster = use_toaster();
    when_done(action, move |()| {
        toaster.done(text.saved());
        saved.update(|saved| *saved += 1);
    });
    let quota = Typed::into_form::<SetQuota>().or("quota", summary.storage_quota.map(exact_bytes).unwrap_or_default());
    view! {
        <ActionForm action attr:class="form form-rows" on:input=move |_| edited()>
            <input type="hidden" name="project" value=summary.name />
            <Field id="quota" label=text.limit() hint=text.limit_hint() optional=true problem>
                <input
                    class="input input-short"
                    id="quota"
                    name="quota"
                    maxlength="40"
                    autocomplete="off"
                    value=quota
                    aria-invalid=move || is_about(problem, "quota")
                    aria-describedby="quota-about"
                />
            </Field>
            <FormProblem problem />
            <div class="form-actions">
                <Button busy=Signal::from(action.pending())>
                    {move || if action.pending().get() { words.common.saving() } else { text.save() }}
                </Button>
            </div>
        </ActionForm>
    }
}
