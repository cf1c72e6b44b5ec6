//! How database and store are, how much there is, how this process was told to see the outside.

use crate::{
    boot::use_words,
    components::{Badge, Bytes, Glyph, Notice, NoticeTone, Tone},
    i18n::{connection::milliseconds, format::number},
};
use api_types::{DatabaseHealth, DatabaseKind, ProcessFacts, StoreHealth, StorePlace, SystemCounts, Visit};
use leptos::prelude::*;

/// A fact with its name.
#[component]
fn Pair(
    /// The name.
    name: &'static str,
    /// The fact.
    children: Children,
) -> impl IntoView {
    view! {
        <dt>{name}</dt>
        <dd>{children()}</dd>
    }
}

/// The name of a part of the system, and whether it answers.
#[component]
fn HealthHead(id: &'static str, name: &'static str, well: bool) -> impl IntoView {
    let words = use_words().system;
    let (tone, icon, word) = if well {
        (Tone::Success, Glyph::Check, words.answers())
    } else {
        (Tone::Danger, Glyph::TriangleAlert, words.silent())
    };
    view! {
        <div class="card-head">
            <h2 id=id>{name}</h2>
            <Badge tone icon>{word}</Badge>
        </div>
    }
}

/// The database.
#[component]
pub fn DatabaseCard(database: DatabaseHealth) -> impl IntoView {
    let words = use_words().system;
    let kind = match database.kind {
        DatabaseKind::Sqlite => words.sqlite(),
        DatabaseKind::Postgres => words.postgres(),
    };
    view! {
        <section class="card span-6" aria-labelledby="database">
            <HealthHead id="database" name=words.database() well=true />
            <dl class="pairs pairs-wide">
                <Pair name=words.kind()>{kind}</Pair>
                <Pair name=words.version()>{database.version}</Pair>
                <Pair name=words.latency()>{words.latency_of(milliseconds(database.latency))}</Pair>
                <Pair name=words.size()><Bytes size=database.size /></Pair>
                {database
                    .ahead
                    .map(|ahead| {
                        let apart = number(ahead.unsigned_abs());
                        let text = match ahead {
                            -1000..1000 => words.clock_same().to_owned(),
                            1000.. => words.clock_ahead(apart),
                            _ => words.clock_behind(apart),
                        };
                        view! { <Pair name=words.clock()>{text}</Pair> }
                    })}
            </dl>
        </section>
    }
}

/// The store of blobs.
#[component]
pub fn StoreCard(store: StoreHealth) -> impl IntoView {
    let words = use_words().system;
    let well = store.problem.is_none();
    let place = match store.place {
        StorePlace::Folder { path } => view! { <Pair name=words.folder()><code>{path}</code></Pair> }.into_any(),
        StorePlace::Bucket { name, endpoint, redirect } => view! {
            <Pair name=words.bucket()><code>{name}</code></Pair>
            <Pair name=words.endpoint()>{endpoint.unwrap_or_else(|| words.amazon().to_owned())}</Pair>
            <Pair name=words.pulls()>{if redirect { words.pulls_redirected() } else { words.pulls_through() }}</Pair>
        }
        .into_any(),
    };
    view! {
        <section class="card span-6" aria-labelledby="store">
            <HealthHead id="store" name=words.store() well />
            {store.problem.map(|problem| view! { <Notice tone=NoticeTone::Danger title=words.silent() text=problem /> })}
            <dl class="pairs pairs-wide">
                {place}
                {well.then(|| view! { <Pair name=words.latency()>{words.latency_of(milliseconds(store.latency))}</Pair> })}
                <Pair name=words.stored()><Bytes size=store.stored /></Pair>
            </dl>
        </section>
    }
}

/// How this process was told to see the outside, and how the viewer reaches it.
#[component]
pub fn OutsideCard(process: ProcessFacts, visit: Visit) -> impl IntoView {
    let words = use_words();
    let text = words.system;
    let tls = if process.tls {
        text.tls_here()
    } else if visit.url.starts_with("https://") {
        text.tls_before()
    } else {
        text.tls_none()
    };
    let proxies = if process.trusted_proxies.is_empty() {
        words.common.none().to_owned()
    } else {
        process.trusted_proxies.join(", ")
    };
    view! {
        <section class="card span-6" aria-labelledby="outside">
            <div class="card-head"><h2 id="outside">{text.outside()}</h2></div>
            <dl class="pairs pairs-wide">
                <Pair name=text.public_url()>
                    {process.public_url.unwrap_or_else(|| text.public_url_none().to_owned())}
                </Pair>
                <Pair name=text.your_url()>{visit.url}</Pair>
                <Pair name=text.your_address()>{visit.client.to_string()}</Pair>
                <Pair name=text.tls()>{tls}</Pair>
                <Pair name=text.proxies()>{proxies}</Pair>
            </dl>
        </section>
    }
}

/// How much there is of everything.
#[component]
pub fn ContentCard(counts: SystemCounts) -> impl IntoView {
    let words = use_words().system;
    let row = |name: &'static str, count: u64| {
        view! {
            <li class="figure-row">
                {name}
                <strong>{number(count)}</strong>
            </li>
        }
    };
    view! {
        <section class="card span-6" aria-labelledby="content">
            <div class="card-head"><h2 id="content">{words.content()}</h2></div>
            <ul class="figure-rows">
                {row(words.projects(), counts.projects)} {row(words.repositories(), counts.repositories)}
                {row(words.tags(), counts.tags)} {row(words.blobs(), counts.blobs)} {row(words.people(), counts.people)}
                {row(words.uploads(), counts.uploads)}
            </ul>
        </section>
    }
}
