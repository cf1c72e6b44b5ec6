//! What came of the last runs, and how far the one is that runs.

use super::{Changes, Part};
use crate::{
    Answer, AppError,
    boot::use_words,
    components::{Ago, Badge, Button, ButtonKind, FormProblem, Loaded, SkeletonRows, toast::use_toaster},
    error::{last_problem, when_done},
    i18n::format::number,
    pages::jobs::{Progress, look_again, tone},
};
use api_types::{JobReport, JobSummary};
use leptos::{prelude::*, server_fn::codec::GetUrl};

/// The last runs of a project's retention. The page asks by itself, so it keeps no session alive.
#[server(prefix = "/_fn/background", endpoint = "retention_runs", input = GetUrl)]
pub async fn list_retention_runs(project: String) -> Result<Vec<JobSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.retention.runs(&context.actor, &name).await)
}

/// Has a run stop.
#[server(prefix = "/_fn", endpoint = "stop_retention")]
pub async fn stop_retention(project: String, run: i64) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&Part::Rules.address(&project));
    let name = crate::ssr::names::project(&project)?;
    let answer = crate::ssr::answer(context.registry.retention.stop(&context.actor, &name, run).await)?;
    crate::ssr::send_to(&Part::Rules.address(&project).with("done", "stopped").to_string());
    Ok(answer)
}

/// The list; nothing where there was never a run.
#[component]
pub fn Runs(project: String) -> impl IntoView {
    let words = use_words();
    let Changes(changes) = expect_context();
    let stop = ServerAction::<StopRetention>::new();
    let looks = RwSignal::new(0_u32);
    let name = StoredValue::new(project);
    let runs = Resource::new(
        move || (looks.get(), changes.get(), stop.version().get()),
        move |_| list_retention_runs(name.get_value()),
    );
    let busy = move || {
        let runs = runs.try_get_untracked().flatten();
        runs.is_some_and(|runs| runs.is_ok_and(|runs| runs.iter().any(|run| !run.state.is_final())))
    };
    look_again(busy, looks);
    let toaster = use_toaster();
    when_done(stop, move |()| {
        toaster.done(words.jobs.stop_asked());
    });
    let list = move |runs: Vec<JobSummary>| {
        if runs.is_empty() {
            return ().into_any();
        }
        let (unfinished, finished): (Vec<_>, Vec<_>) = runs.into_iter().partition(|run| !run.state.is_final());
        let running = unfinished.into_iter().map(|run| view! { <Running run stop project=name.get_value() /> });
        view! {
            <h3 class="rules-runs-title">{words.retention.last_runs()}</h3>
            {running.collect_view()}
            <ul class="rules-runs">{finished.into_iter().map(|run| view! { <Run run /> }).collect_view()}</ul>
        }
        .into_any()
    };
    view! { <Loaded part=true resource=runs skeleton=|| view! { <SkeletonRows rows=1 columns=3 /> } view=list /> }
}

/// The run that is unfinished, with the button that ends it.
#[component]
fn Running(run: JobSummary, stop: ServerAction<StopRetention>, project: String) -> impl IntoView {
    let words = use_words().jobs;
    let problem = last_problem(stop);
    let (id, stopping) = (run.id, run.stopping);
    let here = Part::Rules.address(&project).to_string();
    view! {
        <div class="rules-running">
            <Progress job=run />
            <div class="rules-running-foot">
                <ActionForm action=stop>
                    <input type="hidden" name="project" value=project />
                    <input type="hidden" name="run" value=id.to_string() />
                    <Button kind=ButtonKind::Danger busy=Signal::from(stop.pending()) disabled=Signal::stored(stopping)>
                        {if stopping { words.stopping() } else { words.stop() }}
                    </Button>
                </ActionForm>
                <a class="card-link plain-only" href=here>{words.refresh()}</a>
                <FormProblem problem />
            </div>
        </div>
    }
}

/// A run that has ended.
#[component]
fn Run(run: JobSummary) -> impl IntoView {
    let words = use_words();
    let text = words.retention;
    let told = match run.report {
        JobReport::Retention(report) => {
            let (kept, tags, artifacts) = (number(report.kept), number(report.tags), number(report.artifacts));
            if report.dry_run { text.dry_result(kept, tags, artifacts) } else { text.result(kept, tags, artifacts) }
        }
        _ => String::new(),
    };
    let asked_by = if run.requested_by == "system" { words.jobs.schedule().to_owned() } else { run.requested_by };
    view! {
        <li class="rules-run">
            <Badge tone=tone(run.state)>{words.jobs.state_of(run.state)}</Badge>
            <span>{told}</span>
            <span class="quiet"><Ago at=run.created_at /> " " {words.jobs.by(asked_by)}</span>
            {run.error.map(|error| view! { <span class="jobs-error">{words.jobs.log_broke(error)}</span> })}
        </li>
    }
}
