//! `/admin/system`: how is the installation, and what does the outside see of it?

mod check;
mod health;

use crate::{
    AppError,
    boot::use_words,
    components::{Ago, Fact, Glyph, Loaded, PageHead, Skeleton},
    pages::{backups::BackupsCard, fsck::FsckCard, jobs::JobsCard},
    routes::{self, Address},
};
use api_types::System;
use check::{CheckCard, CheckConnection};
use health::{ContentCard, DatabaseCard, OutsideCard, StoreCard};
use leptos::{prelude::*, server_fn::codec::GetUrl};

/// Database, store, and the last look from outside; for administrators.
#[server(prefix = "/_fn", endpoint = "get_system", input = GetUrl)]
pub async fn get_system() -> Result<System, AppError> {
    /// A store that is slower than that makes nobody wait for the page.
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);
    let context = crate::ssr::signed_in()?;
    let (system, actor) = (&context.registry.system, &context.actor);
    let store = crate::ssr::read(system.store(actor, PATIENCE).await)?;
    Ok(System {
        database: crate::ssr::read(system.database(actor).await)?,
        store: api_types::StoreHealth {
            place: context.examiner.place(),
            latency: u64::try_from(store.latency.as_micros()).unwrap_or(u64::MAX),
            problem: store.problem,
            stored: store.stored,
        },
        counts: crate::ssr::read(system.counts(actor).await)?,
        process: context.examiner.process(),
        visit: api_types::Visit { url: context.site.url.clone(), client: context.client },
        check: crate::ssr::read(system.last_check(actor).await)?,
    })
}

/// The page.
#[component]
pub fn SystemPage() -> impl IntoView {
    let words = use_words().system;
    let check = ServerAction::<CheckConnection>::new();
    let system = Resource::new(move || check.version().get(), |_| get_system());
    view! {
        <Loaded
            resource=system
            skeleton=Waiting
            view=move |system: System| {
                let (version, started_at) = (system.process.version.clone(), system.process.started_at);
                let commit = system.process.commit.clone().map(|commit| {
                    let short: String = commit.chars().take(12).collect();
                    view! { <Fact icon=Glyph::FileCode title=commit>{words.commit()} " " <code>{short}</code></Fact> }
                });
                view! {
                    <PageHead title=words.title()>
                        <div class="facts">
                            <Fact icon=Glyph::Tag>{format!("Slipway {version}")}</Fact>
                            {commit}
                            <Fact icon=Glyph::Clock>{words.started()} " " <Ago at=started_at in_sentence=true /></Fact>
                        </div>
                    </PageHead>
                    <div class="grid">
                        <DatabaseCard database=system.database />
                        <StoreCard store=system.store />
                        <CheckCard report=system.check action=check />
                        <OutsideCard process=system.process visit=system.visit />
                        <ContentCard counts=system.counts />
                        <FsckCard here=Address::new(routes::SYSTEM) />
                        <BackupsCard here=Address::new(routes::SYSTEM) />
                        <JobsCard here=Address::new(routes::SYSTEM) />
                    </div>
                }
                .into_any()
            }
        />
    }
}

#[component]
fn Waiting() -> impl IntoView {
    view! {
        <div class="stack" aria-busy="true">
            <Skeleton class="skeleton-full" />
            <div class="grid">
                <div class="span-6"><Skeleton class="skeleton-block" /></div>
                <div class="span-6"><Skeleton class="skeleton-block" /></div>
            </div>
        </div>
    }
}
