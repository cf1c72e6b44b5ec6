//! How long the audit log, the search and the pages about storage take on a large registry.
//!
//! ```console
//! $ cargo run --release -p registry --example scale -- audit            # 10 million events on SQLite
//! $ cargo run --release -p registry --example scale -- search --postgres      # 10,000 repositories, 1 million tags
//! $ cargo run --release -p registry --example scale -- storage               # 100,000 images; `--repositories 10` for 10,000 tags in each
//! ```
//!
//! It fills a database of its own, asks through the same services as the console, and prints the median and the slowest of several
//! runs. `--events`, `--repositories`, `--tags` and `--images` change the size; `--keep FOLDER` keeps the SQLite file and uses it again.

#![allow(clippy::unwrap_used, missing_docs, reason = "a program for whoever measures")]

mod audit;
mod fill;
mod search;
mod storage;

use std::time::{Duration, Instant};

/// Runs of each question.
const RUNS: usize = 15;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let what = arguments.next().unwrap_or_default();
    let mut options = fill::Options::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().expect("a value after the option");
        match argument.as_str() {
            "--postgres" => options.postgres = true,
            "--events" => options.events = value().parse().expect("a number"),
            "--repositories" => options.repositories = Some(value().parse().expect("a number")),
            "--tags" => options.tags = value().parse().expect("a number"),
            "--images" => options.images = value().parse().expect("a number"),
            "--keep" => options.keep = Some(value().into()),
            other => panic!("there is no option {other}"),
        }
    }
    match what.as_str() {
        "audit" => Box::pin(audit::run(&options)).await,
        "search" => Box::pin(search::run(&options)).await,
        "storage" => Box::pin(storage::run(&options)).await,
        _ => panic!("say audit, search or storage"),
    }
}

/// Asks several times; prints what it took.
async fn time(name: &str, ask: impl AsyncFn() -> usize) {
    let mut took = Vec::with_capacity(RUNS);
    let mut rows = 0;
    for _ in 0..RUNS {
        let start = Instant::now();
        rows = ask().await;
        took.push(start.elapsed());
    }
    let first = took[0];
    took.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "| {name} | {rows} | {:.1} ms | {:.1} ms | {:.1} ms |",
        ms(first),
        ms(took[took.len() / 2]),
        ms(took[took.len() - 1])
    );
}

/// The head of a table that [`time`] fills.
fn head() {
    println!("| question | rows | first | median | slowest |\n|---|---|---|---|---|");
}
