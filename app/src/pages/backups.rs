//! The card of backups: those that there are, where they go, and the button that makes one. It stands on the system page.

use crate::{
    Answer, AppError,
    boot::use_words,
    components::{
        Ago, Badge, Button, Bytes, Glyph, Loaded, Moment, Rich, SkeletonRows, Tone, WaitForIt, toast::use_toaster,
    },
    error::{last_problem, when_done},
    pages::jobs::{CancelJob, JobActions, Progress, look_again},
    routes::Address,
};
use api_types::{BackupCopy, BackupState, JobState, JobSummary};
use leptos::{prelude::*, server_fn::codec::GetUrl};

/// The copies that there are, and the newest job that makes one. The page asks by itself, so it keeps no session alive.
#[server(prefix = "/_fn/background", endpoint = "backups", input = GetUrl)]
pub async fn get_backups() -> Result<BackupState, AppError> {
    let context = crate::ssr::signed_in()?;
    let (registry, actor) = (&context.registry, &context.actor);
    Ok(BackupState {
        job: crate::ssr::read(registry.jobs.newest(actor, api_types::JobKind::Backup).await)?,
        copies: crate::ssr::read(registry.backups.list(actor).await)?,
        plan: crate::ssr::read(registry.backups.plan(actor).await)?,
    })
}

/// Asks for a copy.
#[server(prefix = "/_fn", endpoint = "request_backup")]
pub async fn request_backup() -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let request = registry::jobs::JobRequest::Backup;
    let answer = crate::ssr::answer(context.registry.jobs.request(&context.actor, request).await.map(drop))?;
    crate::ssr::send_back();
    Ok(answer)
}

/// The card.
#[component]
pub fn BackupsCard(
    /// The address of the page that it stands on.
    here: Address,
) -> impl IntoView {
    let words = use_words();
    let (text, jobs) = (words.backups, words.jobs);
    let request = ServerAction::<RequestBackup>::new();
    let cancel = ServerAction::<CancelJob>::new();
    let looks = RwSignal::new(0_u32);
    let state = Resource::new(
        move || (looks.get(), request.version().get(), cancel.version().get()),
        |_| async { get_backups().await },
    );
    let busy = move || {
        let state = state.try_get_untracked().flatten();
        state.is_some_and(|state| state.is_ok_and(|state| state.job.is_some_and(|job| !job.state.is_final())))
    };
    look_again(busy, looks);
    let toaster = use_toaster();
    when_done(request, move |()| {
        toaster.done(text.asked());
    });
    let actions = move |state: BackupState| {
        let unfinished = state.job.filter(|job| !job.state.is_final());
        view! {
            <JobActions unfinished refused=last_problem(request) cancel>
                <ActionForm action=request>
                    <Button busy=Signal::from(request.pending())>{text.make()}</Button>
                </ActionForm>
            </JobActions>
        }
        .into_any()
    };
    let card = move |state: BackupState| {
        let BackupState { job, copies, plan } = state;
        let (unfinished, finished): (Vec<_>, Vec<_>) = job.into_iter().partition(|job| !job.state.is_final());
        let kept = text.kept_in(plan.place, &plan.path);
        let schedule = text.schedule(plan.interval, plan.keep);
        view! {
            <p class="fsck-told second"><Rich text=format!("{kept} {schedule}") /></p>
            {unfinished.into_iter().map(|job| view! { <Progress job /> }).collect_view()}
            {finished.into_iter().map(|job| view! { <Outcome job /> }).collect_view()}
            <Copies copies automatic=plan.interval.is_some() />
        }
        .into_any()
    };
    view! {
        <section class="card card-flush jobs" id="backups" aria-labelledby="backups-title">
            <div class="card-head">
                <div>
                    <h2 id="backups-title">{text.title()}</h2>
                    <p class="second jobs-lead">{text.lead()}</p>
                </div>
                <a class="card-link plain-only" href=format!("{here}#backups")>{jobs.refresh()}</a>
                <WaitForIt resource=state view=actions />
            </div>
            <Loaded part=true resource=state skeleton=|| view! { <SkeletonRows rows=3 columns=4 /> } view=card />
            <p class="check-foot"><Rich text=text.terminal() /></p>
        </section>
    }
}

/// What became of the last copy, where there is none of it.
#[component]
fn Outcome(job: JobSummary) -> impl IntoView {
    let words = use_words();
    let (tone, told) = match job.state {
        JobState::Failed => (Tone::Danger, words.backups.failed()),
        JobState::Cancelled => (Tone::Warning, words.backups.stopped()),
        JobState::Queued | JobState::Running | JobState::Succeeded => return ().into_any(),
    };
    view! {
        <p class="check-sum">
            <Badge tone icon=Glyph::TriangleAlert>{told}</Badge>
            <span class="second"><Ago at=job.finished_at.unwrap_or(job.created_at) /></span>
        </p>
        {job.error.map(|error| view! { <p class="fsck-told jobs-error">{words.jobs.log_broke(error)}</p> })}
    }
    .into_any()
}

/// The copies that there are.
#[component]
fn Copies(
    copies: Vec<BackupCopy>,
    /// Whether servers make them by themselves.
    automatic: bool,
) -> impl IntoView {
    let text = use_words().backups;
    if copies.is_empty() {
        let none = if automatic { text.none().to_owned() } else { format!("{} {}", text.none(), text.none_text()) };
        return view! { <p class="fsck-told second"><Rich text=none /></p> }.into_any();
    }
    view! {
        <table class="table table-plain">
            <caption class="visually-hidden">{text.copies()}</caption>
            <thead>
                <tr>
                    <th scope="col">{text.name()}</th>
                    <th scope="col" class="number">{text.size()}</th>
                    <th scope="col" class="number">{text.rows()}</th>
                    <th scope="col">{text.at()}</th>
                </tr>
            </thead>
            <tbody>{copies.into_iter().map(|copy| view! { <Row copy /> }).collect_view()}</tbody>
        </table>
    }
    .into_any()
}

#[component]
fn Row(copy: BackupCopy) -> impl IntoView {
    let text = use_words().backups;
    let taken = copy.held_until.map(|until| {
        view! {
            <Badge>{text.taken()}</Badge>
            <span class="quiet fsck-tags">{text.taken_until()} " " <Moment at=until /></span>
        }
    });
    view! {
        <tr>
            <td class="cell-main"><code class="fsck-subject">{copy.name}</code> " " {taken}</td>
            <td class="number cell-sub nowrap"><Bytes size=copy.size /></td>
            <td class="number cell-sub nowrap">{text.rows_of(copy.rows)}</td>
            <td class="cell-sub nowrap"><Ago at=copy.at /></td>
        </tr>
    }
}
