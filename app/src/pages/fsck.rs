//! The card of the storage check: its buttons, how far it is, and what it found. It stands on the system page.

mod findings;

use crate::{
    Answer, AppError,
    boot::use_words,
    components::{Ago, Badge, Button, Glyph, Loaded, Rich, SkeletonRows, Tone, WaitForIt, toast::use_toaster},
    error::{last_problem, when_done},
    pages::jobs::{CancelJob, JobActions, Progress, look_again},
    routes::Address,
};
use api_types::{FsckReport, FsckState, JobReport, JobState, JobSummary};
use findings::Findings;
use leptos::{prelude::*, server_fn::codec::GetUrl};

/// The newest check, and what the last one found. The page asks by itself, so it keeps no session alive.
#[server(prefix = "/_fn/background", endpoint = "fsck", input = GetUrl)]
pub async fn get_fsck() -> Result<FsckState, AppError> {
    /// Findings that the card shows.
    const SHOWN: u64 = 50;
    let context = crate::ssr::signed_in()?;
    let (registry, actor) = (&context.registry, &context.actor);
    Ok(FsckState {
        job: crate::ssr::read(registry.jobs.newest(actor, api_types::JobKind::Fsck).await)?,
        damages: crate::ssr::read(registry.damages.list(actor, 0, true, SHOWN).await)?,
    })
}

/// Asks for a check.
#[server(prefix = "/_fn", endpoint = "request_fsck")]
pub async fn request_fsck(deep: bool) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let request = registry::jobs::JobRequest::Fsck { deep, rate: None };
    let answer = crate::ssr::answer(context.registry.jobs.request(&context.actor, request).await.map(drop))?;
    crate::ssr::send_back();
    Ok(answer)
}

/// The card.
#[component]
pub fn FsckCard(
    /// The address of the page that it stands on.
    here: Address,
) -> impl IntoView {
    let words = use_words();
    let (text, jobs) = (words.fsck, words.jobs);
    let request = ServerAction::<RequestFsck>::new();
    let cancel = ServerAction::<CancelJob>::new();
    let looks = RwSignal::new(0_u32);
    let state = Resource::new(
        move || (looks.get(), request.version().get(), cancel.version().get()),
        |_| async { get_fsck().await },
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
    let actions = move |state: FsckState| {
        let unfinished = state.job.filter(|job| !job.state.is_final());
        view! {
            <JobActions unfinished refused=last_problem(request) cancel>
                <ActionForm action=request>
                    <input type="hidden" name="deep" value="false" />
                    <Button busy=Signal::from(request.pending())>{text.quick()}</Button>
                </ActionForm>
                <ActionForm action=request>
                    <input type="hidden" name="deep" value="true" />
                    <Button busy=Signal::from(request.pending())>{text.deep()}</Button>
                </ActionForm>
            </JobActions>
        }
        .into_any()
    };
    let card = move |state: FsckState| {
        let (unfinished, finished): (Vec<_>, Vec<_>) = state.job.into_iter().partition(|job| !job.state.is_final());
        let is_hit = state.damages.items.iter().any(|damage| !damage.healed);
        let is_new = unfinished.is_empty() && finished.is_empty();
        view! {
            {unfinished.into_iter().map(|job| view! { <Progress job /> }).collect_view()}
            {finished.into_iter().map(|job| view! { <Outcome job is_hit /> }).collect_view()}
            {is_new.then(|| view! { <p class="fsck-told second">{text.never()}</p> })}
            <Findings page=state.damages />
        }
        .into_any()
    };
    view! {
        <section class="card card-flush jobs fsck" id="fsck" aria-labelledby="fsck-title">
            <div class="card-head">
                <div>
                    <h2 id="fsck-title">{text.title()}</h2>
                    <p class="second jobs-lead">{text.lead()}</p>
                </div>
                <a class="card-link plain-only" href=format!("{here}#fsck")>{jobs.refresh()}</a>
                <WaitForIt resource=state view=actions />
            </div>
            <p class="fsck-told second">{text.quick_hint()}</p>
            <Loaded part=true resource=state skeleton=|| view! { <SkeletonRows rows=3 columns=3 /> } view=card />
            <p class="check-foot"><Rich text=text.terminal() /></p>
        </section>
    }
}

/// What came of the last check.
#[component]
fn Outcome(
    job: JobSummary,
    /// Whether something is damaged now, by whomever it was found.
    is_hit: bool,
) -> impl IntoView {
    let words = use_words();
    let (text, jobs) = (words.fsck, words.jobs);
    let report = match job.report {
        JobReport::Fsck(report) => report,
        _ => FsckReport::default(),
    };
    let found = report.found;
    let damaged = found.damaged();
    let is_well = job.state == JobState::Succeeded && damaged == 0 && !is_hit;
    view! {
        <p class="check-sum">
            {(job.state != JobState::Succeeded)
                .then(|| view! { <Badge tone=Tone::Warning icon=Glyph::TriangleAlert>{jobs.state_of(job.state)}</Badge> })}
            {(damaged > 0).then(|| view! { <Badge tone=Tone::Danger icon=Glyph::CircleAlert>{text.damaged(damaged)}</Badge> })}
            {is_well.then(|| view! { <Badge tone=Tone::Success icon=Glyph::CircleCheck>{text.all_well()}</Badge> })}
            {(found.mended > 0).then(|| view! { <Badge tone=Tone::Info>{text.mended(found.mended)}</Badge> })}
            {(found.unnamed > 0)
                .then(|| view! { <Badge title=text.unnamed_hint()>{text.unnamed(found.unnamed)}</Badge> })}
            <span class="second">
                {text.checked()} " " <Ago at=job.finished_at.unwrap_or(job.created_at) in_sentence=true />
                {report.deep.then(|| format!(" · {}", text.checked_deep()))}
            </span>
        </p>
        <p class="fsck-told second">{text.told(&report)}</p>
        {job.error.map(|error| view! { <p class="fsck-told jobs-error">{jobs.log_broke(error)}</p> })}
    }
}
