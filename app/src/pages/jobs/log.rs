//! The log of a job, in a dialog that the address opens.

use crate::{
    AppError,
    boot::use_words,
    components::{Dialog, Loaded, Moment, SkeletonRows},
    i18n::{
        format::{bytes, number},
        jobs::Jobs,
    },
    routes::Address,
};
use api_types::{JobDetail, JobEvent, JobLogEntry, JobReport};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// A job with its log.
#[server(prefix = "/_fn", endpoint = "job", input = GetUrl)]
pub async fn get_job(id: i64) -> Result<JobDetail, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.jobs.get(&context.actor, id).await)
}

/// Shows the log of the job that `?job=` names.
#[component]
pub fn LogDialog(here: Address) -> impl IntoView {
    let words = use_words().jobs;
    let query = use_query_map();
    let id = Memo::new(move |_| query.with(|query| query.get("job").and_then(|id| id.parse::<i64>().ok())));
    let close = Signal::stored(here.to_string());
    let job = Resource::new(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => get_job(id).await.map(Some),
                None => Ok(None),
            }
        },
    );
    let log = move |job: Option<JobDetail>| job.map(|job| view! { <Log job /> }).into_any();
    view! {
        <Dialog
            title=Signal::derive(move || words.log_of(id.get().unwrap_or_default()))
            open=Signal::derive(move || id.get().is_some())
            close
            class="dialog-wide"
        >
            <div class="dialog-body">
                <Loaded part=true resource=job skeleton=|| view! { <SkeletonRows rows=3 columns=2 /> } view=log />
            </div>
        </Dialog>
    }
}

#[component]
fn Log(job: JobDetail) -> impl IntoView {
    let words = use_words().jobs;
    let told = match job.summary.report {
        JobReport::Collection(report) => {
            let (links, blobs, size) = (number(report.links), number(report.blobs), bytes(report.bytes));
            let told =
                if report.dry_run { words.would_remove(links, blobs, size) } else { words.removed(links, blobs, size) };
            let strays = (report.objects > 0).then(|| words.strays(report.objects, bytes(report.object_bytes)));
            let kept = (report.kept > 0).then(|| words.kept(report.kept, bytes(report.kept_bytes)));
            format!("{told} {} {}", strays.unwrap_or_default(), kept.unwrap_or_default())
        }
        report @ JobReport::Retention(_) => words.result_of(&report),
        JobReport::Fsck(report) => use_words().fsck.told(&report),
        JobReport::Backup(report) => words.copied(number(report.done), bytes(report.bytes)),
        JobReport::Move(report) => {
            let failed = (report.failed > 0).then(|| words.unmoved(report.failed));
            let rest = if report.switched { words.switched().to_owned() } else { failed.unwrap_or_default() };
            format!("{} {rest}", words.moved(report.copied, bytes(report.bytes)))
        }
    };
    let entries = if job.log.is_empty() {
        view! { <p class="quiet">{words.log_empty()}</p> }.into_any()
    } else {
        let line = |entry: JobLogEntry| {
            view! {
                <li>
                    <span class="jobs-log-time"><Moment at=entry.at /></span>
                    <span>{told_of(words, entry.event)}</span>
                </li>
            }
        };
        view! { <ol class="jobs-log">{job.log.into_iter().map(line).collect_view()}</ol> }.into_any()
    };
    view! {
        <p>{told}</p>
        {entries}
    }
}

fn told_of(words: Jobs, event: JobEvent) -> String {
    match event {
        JobEvent::Taken { holder, attempt: 0 | 1 } => words.log_taken(holder),
        JobEvent::Taken { holder, attempt } => words.log_taken_again(holder, attempt),
        JobEvent::Reached { report } => {
            let phase = words.phase(&report);
            match report {
                JobReport::Collection(report) => {
                    words.log_reached(phase, number(report.links), number(report.blobs), bytes(report.freed()))
                }
                JobReport::Backup(report) => words.log_copied(phase, number(report.done), bytes(report.bytes)),
                JobReport::Move(report) => {
                    words.log_moved(phase, number(report.pass), number(report.copied), bytes(report.bytes))
                }
                JobReport::Fsck(report) => {
                    let damaged = number(report.found.damaged());
                    words.log_checked(phase, number(report.blobs), number(report.manifests), damaged)
                }
                JobReport::Retention(report) => words.log_retained(
                    number(report.repositories),
                    number(report.kept),
                    number(report.tags),
                    number(report.artifacts),
                ),
            }
        }
        JobEvent::Released { holder } => words.log_released(holder),
        JobEvent::Broke { reason } => words.log_broke(reason),
        JobEvent::Cancelled => words.log_cancelled().to_owned(),
    }
}
