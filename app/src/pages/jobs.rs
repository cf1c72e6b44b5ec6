//! The card of jobs: what runs and how far it is, what ran before, and the buttons of collection. It stands on the system page.

mod log;

use crate::{
    Answer, AppError,
    boot::use_words,
    components::{
        Ago, Badge, Button, ButtonKind, FormProblem, Loaded, Meter, SkeletonRows, Tone, WaitForIt, toast::use_toaster,
    },
    error::{last_problem, when_done},
    i18n::format::duration,
    routes::Address,
};
use api_types::{JobKind, JobReport, JobState, JobSummary, Problem};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use log::LogDialog;
use std::time::Duration;

/// How often a job that runs is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// After how many looks a page that was left open stops asking.
const LOOKS: u32 = 1_800;

/// The newest jobs. The page asks by itself, so it keeps no session alive.
#[server(prefix = "/_fn/background", endpoint = "jobs", input = GetUrl)]
pub async fn list_jobs() -> Result<Vec<JobSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.jobs.list(&context.actor).await)
}

/// Asks for a collection.
#[server(prefix = "/_fn", endpoint = "request_collection")]
pub async fn request_collection(dry_run: bool) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let request = registry::jobs::JobRequest::Collection { dry_run, grace: None };
    let answer = crate::ssr::answer(context.registry.jobs.request(&context.actor, request).await.map(drop))?;
    crate::ssr::send_back();
    Ok(answer)
}

/// Has a job stop.
#[server(prefix = "/_fn", endpoint = "cancel_job")]
pub async fn cancel_job(id: i64) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let answer = crate::ssr::answer(context.registry.jobs.cancel(&context.actor, id).await)?;
    crate::ssr::send_back();
    Ok(answer)
}

/// The card.
#[component]
pub fn JobsCard(
    /// The address of the page that it stands on; a job's log is added to it.
    here: Address,
) -> impl IntoView {
    let words = use_words().jobs;
    let request = ServerAction::<RequestCollection>::new();
    let cancel = ServerAction::<CancelJob>::new();
    let looks = RwSignal::new(0_u32);
    let jobs = Resource::new(
        move || (looks.get(), request.version().get(), cancel.version().get()),
        |_| async { list_jobs().await },
    );
    let busy = move || {
        let jobs = jobs.try_get_untracked().flatten();
        jobs.is_some_and(|jobs| jobs.is_ok_and(|jobs| jobs.iter().any(|job| !job.state.is_final())))
    };
    look_again(busy, looks);
    let toaster = use_toaster();
    when_done(request, move |()| {
        let dry = request.input().with_untracked(|input| input.as_ref().is_some_and(|input| input.dry_run));
        toaster.done(if dry { words.asked_dry() } else { words.asked() });
    });
    when_done(cancel, move |()| {
        toaster.done(words.stop_asked());
    });
    let here = StoredValue::new(here);
    let actions = move |jobs: Vec<JobSummary>| {
        let unfinished = jobs.into_iter().find(|job| !job.state.is_final() && job.kind == JobKind::Collection);
        view! {
            <JobActions unfinished refused=last_problem(request) cancel>
                <ActionForm action=request>
                    <input type="hidden" name="dry_run" value="true" />
                    <Button busy=Signal::from(request.pending())>{words.dry_run()}</Button>
                </ActionForm>
                <ActionForm action=request>
                    <input type="hidden" name="dry_run" value="false" />
                    <Button busy=Signal::from(request.pending())>{words.run_now()}</Button>
                </ActionForm>
            </JobActions>
        }
        .into_any()
    };
    let card = move |jobs: Vec<JobSummary>| {
        // Checks and backups have cards of their own, and runs of retention are shown with their project.
        let unfinished = |kind| jobs.iter().find(|job| !job.state.is_final() && job.kind == kind).cloned();
        let (collection, moving) = (unfinished(JobKind::Collection), unfinished(JobKind::Move));
        view! {
            {collection.into_iter().chain(moving).map(|job| view! { <Progress job /> }).collect_view()}
            <Runs jobs here />
        }
        .into_any()
    };
    view! {
        <section class="card card-flush jobs" id="jobs" aria-labelledby="jobs-title">
            <div class="card-head">
                <div>
                    <h2 id="jobs-title">{words.title()}</h2>
                    <p class="second jobs-lead">{words.lead()}</p>
                </div>
                <a class="card-link plain-only" href=here.with_value(|here| format!("{here}#jobs"))>{words.refresh()}</a>
                <WaitForIt resource=jobs view=actions />
            </div>
            <Loaded part=true resource=jobs skeleton=|| view! { <SkeletonRows rows=3 columns=4 /> } view=card />
        </section>
        <LogDialog here=here.get_value() />
    }
}

/// Looks again while a job is unfinished, and now and then for one that the schedule or another person has asked for.
pub fn look_again(busy: impl Fn() -> bool + Copy + Send + Sync + 'static, looks: RwSignal<u32>) {
    let rounds = StoredValue::new(0_u32);
    Effect::new(move || {
        let look = move || {
            if rounds.try_update_value(|rounds| *rounds += 1).is_none() {
                return;
            }
            let round = rounds.get_value();
            if round < LOOKS && (busy() || round.is_multiple_of(5)) {
                looks.update(|looks| *looks += 1);
            }
        };
        if let Ok(looking) = set_interval_with_handle(look, LOOK_EVERY) {
            on_cleanup(move || looking.clear());
        }
    });
}

/// What may be asked for now: the end of the job that is unfinished, else what is inside.
#[component]
pub fn JobActions(
    unfinished: Option<JobSummary>,
    /// Why the last request was refused.
    refused: Signal<Option<Problem>>,
    cancel: ServerAction<CancelJob>,
    children: Children,
) -> impl IntoView {
    let words = use_words().jobs;
    let cancelled = last_problem(cancel);
    let problem = Signal::derive(move || refused.get().or_else(|| cancelled.get()));
    let buttons = match unfinished {
        Some(job) => view! {
            <ActionForm action=cancel>
                <input type="hidden" name="id" value=job.id.to_string() />
                <Button kind=ButtonKind::Danger busy=Signal::from(cancel.pending()) disabled=Signal::stored(job.stopping)>
                    {if job.stopping { words.stopping() } else { words.stop() }}
                </Button>
            </ActionForm>
        }
        .into_any(),
        None => children(),
    };
    view! {
        <div class="jobs-actions">{buttons} <FormProblem problem /></div>
    }
}

/// The job that is unfinished, with its bar.
#[component]
pub fn Progress(job: JobSummary) -> impl IntoView {
    let words = use_words().jobs;
    let report = job.report;
    let (done, total) = report.progress();
    let at = match job.state {
        JobState::Queued => words.queued(),
        _ => words.phase(&report),
    };
    view! {
        <div class="jobs-progress" role="status">
            <div class="jobs-progress-line">
                <strong>{words.work_of(&report, job.project.as_deref())}</strong>
                <span>{at}</span>
                <span class="jobs-figure">{words.progress_of(&report)}</span>
            </div>
            <Meter part=done whole=total.max(1) class="meter-wide" label=at progress=true />
            <div class="jobs-progress-line quiet">
                <span>{words.so_far(&report)}</span>
                {job.holder.map(|holder| view! { <span class="jobs-holder">{words.on_server(holder)}</span> })}
            </div>
            {job.error.map(|error| view! { <p class="jobs-error">{words.log_broke(error)}</p> })}
        </div>
    }
}

/// What ran before.
#[component]
fn Runs(jobs: Vec<JobSummary>, here: StoredValue<Address>) -> impl IntoView {
    let words = use_words().jobs;
    if jobs.is_empty() {
        return view! { <p class="fsck-told second">{words.none()}</p> }.into_any();
    }
    view! {
        <table class="table table-plain">
            <caption class="visually-hidden">{words.last_runs()}</caption>
            <thead>
                <tr>
                    <th scope="col">{words.work()}</th>
                    <th scope="col">{words.state()}</th>
                    <th scope="col" class="number">{words.result()}</th>
                    <th scope="col" class="number">{words.took()}</th>
                    <th scope="col">{words.began()}</th>
                    <th scope="col"><span class="visually-hidden">{words.log()}</span></th>
                </tr>
            </thead>
            <tbody>{jobs.into_iter().map(|job| view! { <Run job here /> }).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Run(job: JobSummary, here: StoredValue<Address>) -> impl IntoView {
    let words = use_words();
    let text = words.jobs;
    let report = job.report;
    let took = job.started_at.zip(job.finished_at).map(|(from, to)| duration(words.locale, to - from));
    let began = job.started_at.unwrap_or(job.created_at);
    let asked_by = if job.requested_by == "system" { text.on_schedule().to_owned() } else { text.by(job.requested_by) };
    // On a phone values stand without their columns, and a bare size would not say what it is.
    let is_size = matches!(&report, JobReport::Collection(report) if !report.dry_run && report.freed() > 0);
    let id = job.id.to_string();
    let result = match &report {
        // It may still have been to come.
        JobReport::Collection(report) if report.freed() == 0 && job.state != JobState::Succeeded => None,
        _ => Some(text.result_of(&report)),
    };
    view! {
        <tr>
            <td class="cell-main">{text.work_of(&report, job.project.as_deref())}</td>
            <td class="cell-side"><Badge tone=tone(job.state)>{text.state_of(job.state)}</Badge></td>
            <td class="number cell-sub nowrap">
                {is_size.then(|| view! { <span class="cell-label narrow-only">{text.result()}</span> })}
                {result}
            </td>
            <td class="number cell-sub nowrap">
                {took.map(|took| view! { <span class="cell-label narrow-only">{text.took()}</span> {took} })}
            </td>
            <td class="cell-sub">
                <span class="cell-label narrow-only">{text.began()}</span>
                <Ago at=began in_sentence=true />
                <span class="quiet">", " {asked_by}</span>
            </td>
            <td class="cell-end">
                <a class="card-link" data-noscroll="" href=here.get_value().with("job", &id).to_string() aria-label=text.log_of(&id)>
                    {text.log()}
                </a>
            </td>
        </tr>
    }
}

/// The colour of a state.
pub fn tone(state: JobState) -> Tone {
    match state {
        JobState::Queued | JobState::Cancelled => Tone::Neutral,
        JobState::Running => Tone::Accent,
        JobState::Succeeded => Tone::Success,
        JobState::Failed => Tone::Danger,
    }
}
