//! `kill9`: pushes without pause while the server is killed with SIGKILL at random moments, and then proves that nothing that was
//! acknowledged is lost.
//!
//! Several clients push blobs in one request, with POST and PUT, streamed and in chunks; manifests by tag and by digest; they
//! move and delete tags, mount blobs, and push manifests that name a missing blob. Each keeps to a journal of what was
//! acknowledged ([`journal`]). After each kill the server starts on the same data; interrupted uploads must go on where they
//! stopped, or begin again if nobody had been told that they exist ([`upload`]). In the end every acknowledged blob, manifest and tag is
//! compared, byte for byte, and nothing that was only attempted may be there by halves ([`mod@verify`]).
//!
//! SIGKILL ends the process, not the machine: what the kernel holds survives. What only a power cut loses is the business of the
//! fsync order, which the store's own tests hold.
//!
//! The dice of a seed are the same each time, the moments are not: a failure may need several runs to come back.
//! Exit code 0: nothing is lost. `--sabotage` turns it round: a blob's file is deleted before the proof, which has to find that.

mod journal;
mod pusher;
mod sabotage;
mod session;
mod supervisor;
mod upload;
mod verify;
mod world;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use bench::{
    endpoint::Endpoint,
    process::until_interrupted,
    random::Random,
    servers::{Kind, Program, free_address},
};
use clap::Parser;
use tokio::sync::watch;

use crate::{
    pusher::{Pusher, own},
    session::Session,
    supervisor::{Kills, Plan, torment},
    upload::{Upload, Uploader},
    verify::{Seen, verify},
    world::{Phase, State, World},
};

/// Kills a registry again and again while clients push, and proves that nothing acknowledged is lost.
#[derive(Clone, Debug, Parser)]
#[command(name = "kill9")]
struct Arguments {
    /// Slipway's binary.
    #[arg(long, default_value = "target/debug/slipway")]
    slipway: PathBuf,
    /// Torment Distribution instead: its binary.
    #[arg(long)]
    distribution: Option<PathBuf>,
    /// How often the server is killed.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    kills: u64,
    /// Seconds for all the kills; fewer kills in that time are a failure.
    #[arg(long, default_value_t = 240, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds_max: u64,
    /// Clients that push at the same time.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=64))]
    clients: u64,
    /// The dice; the time of day by default. It is printed.
    #[arg(long)]
    seed: Option<u64>,
    /// MiB that may be pushed in blobs of more than a page.
    #[arg(long, default_value_t = 1536)]
    mebibytes: u64,
    /// Delete a blob's file before the proof, and succeed only if the proof finds it.
    #[arg(long)]
    sabotage: bool,
    /// Where the data folder is made.
    #[arg(long, default_value = "target")]
    data: PathBuf,
    /// Keep the data folder.
    #[arg(long)]
    keep: bool,
}

impl Arguments {
    fn program(&self) -> Program {
        match &self.distribution {
            Some(path) => Program::new(Kind::Distribution, path.clone()),
            None => Program::new(Kind::Slipway, self.slipway.clone()),
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let folder = arguments.data.join(format!("kill9-{}", std::process::id()));
    let (keep, cleaned) = (arguments.keep, folder.clone());
    let clean = move || {
        if keep {
            println!("the data are kept in {}", cleaned.display());
        } else {
            let _ = fs::remove_dir_all(&cleaned);
        }
    };
    let on_interrupt = clean.clone();
    let ran = until_interrupted(
        move || {
            let ran = run(&arguments, &folder);
            clean();
            ran
        },
        on_interrupt,
    );
    match ran.and_then(|ran| ran) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments, folder: &Path) -> Result<()> {
    let program = arguments.program();
    let version = program.version()?;
    let seed = arguments.seed.unwrap_or_else(time_of_day);
    println!(
        "{} {version}: {} kills, {} clients, seed {seed}",
        program.kind.title(),
        arguments.kills,
        arguments.clients
    );
    // Another process of the same number may have been ended before it removed its data.
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))?;
    }
    let address = free_address()?;
    let server = program.start_at(folder, address)?;
    let first_start = server.first_answer;
    let (state, receiver) = watch::channel(State { kills: 0, phase: Phase::Up });
    let endpoint = Endpoint { kind: program.kind, address };
    let world = Arc::new(World::new(endpoint, receiver, arguments.mebibytes << 20));

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let pushers: Vec<_> =
        (0..arguments.clients).map(|index| runtime.spawn(Pusher::new(&world, index, seed).run())).collect();
    let started = Instant::now();
    let plan = Plan {
        program: &program,
        folder,
        address,
        kills: arguments.kills,
        pace: pace(arguments, first_start),
        deadline: started + Duration::from_secs(arguments.seconds_max),
    };
    let kills = torment(&plan, server, &state, &mut Random::stream(seed, u64::MAX))?;
    let took = started.elapsed();
    let uploads: Vec<Upload> = runtime.block_on(async {
        let mut uploads = Vec::new();
        for pusher in pushers {
            uploads.extend(pusher.await.context("a client panicked")?);
        }
        anyhow::Ok(uploads)
    })?;

    let mut sabotaged = None;
    if arguments.sabotage {
        sabotaged = Some(sabotage::delete_one_blob(&world.journal(), &folder.join("data"))?);
    }
    let server = program.start_at(folder, address)?;
    state.send_modify(|state| state.phase = Phase::Up);
    let proven = runtime.block_on(async {
        resume(&world, uploads, arguments.clients, seed).await;
        verify(&world).await
    });
    drop(server);
    summarize(&world, kills, proven, took);
    judge(&world, arguments, kills, proven, sabotaged.as_ref().map(ToString::to_string).as_deref())
}

/// What the last kill has interrupted goes on as well.
async fn resume(world: &Arc<World>, uploads: Vec<Upload>, clients: u64, seed: u64) {
    let repositories: Vec<_> = (0..clients).map(own).chain([pusher::SHARED.to_owned()]).collect();
    let (mut session, mut random) = (Session::new(world, &repositories), Random::stream(seed, clients));
    for mut upload in uploads {
        let mut uploader = Uploader { world, session: &mut session, random: &mut random };
        if let Err(stop) = uploader.resume(&mut upload).await {
            session.judge(stop);
        }
    }
}

/// So long on average that the kills fit into two thirds of the time, and at most 0.8 s, or as long as a start takes: where that is
/// slow, so are the clients, who have to come to something.
fn pace(arguments: &Arguments, start: Duration) -> Duration {
    let kills = u32::try_from(arguments.kills).unwrap_or(u32::MAX);
    let each = Duration::from_secs(arguments.seconds_max) * 2 / 3 / kills;
    each.saturating_sub(start).clamp(Duration::from_millis(50), start.max(Duration::from_millis(800)))
}

fn summarize(world: &World, kills: Kills, seen: Seen, took: Duration) {
    let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    let tally = &world.tally;
    let journal = world.journal();
    let bytes: u64 = journal.blobs().values().filter(|blob| blob.acknowledged).map(|blob| blob.payload.size).sum();
    println!(
        "{} kills in {} s, {} of them while it started; {} requests broken off; longest start {} ms",
        kills.count,
        took.as_secs(),
        kills.while_starting,
        of(&tally.interrupted),
        kills.longest_start.as_millis()
    );
    println!(
        "acknowledged: {} blobs ({} MiB), {} manifests, {} writes of {} tags; refused: {} manifests without their blobs",
        seen.blobs,
        bytes >> 20,
        seen.manifests,
        journal.acknowledged_writes(),
        seen.tags,
        of(&tally.refused)
    );
    println!(
        "interrupted uploads: {} went on, {} were found complete, {} began again; \"not now\" {} times",
        of(&tally.resumed),
        of(&tally.completed),
        of(&tally.restarted),
        of(&tally.busy)
    );
}

fn judge(world: &World, arguments: &Arguments, kills: Kills, seen: Seen, sabotaged: Option<&str>) -> Result<()> {
    let wrongs = world.wrongs();
    if let Some(digest) = sabotaged {
        ensure!(!wrongs.is_empty(), "the deleted blob was not missed: this proof proves nothing");
        let other = wrongs.iter().find(|wrong| !wrong.contains(digest));
        ensure!(other.is_none(), "beside the sabotage: {}", other.map_or("", String::as_str));
        println!("the sabotage was found");
        return Ok(());
    }
    if !wrongs.is_empty() {
        bail!("{} things are wrong", wrongs.len());
    }
    ensure!(!kills.out_of_time, "only {} of {} kills in {} s", kills.count, arguments.kills, arguments.seconds_max);
    let interrupted = world.tally.interrupted.load(Ordering::Relaxed);
    ensure!(interrupted >= kills.count / 2, "only {interrupted} requests were under way at {} kills", kills.count);
    ensure!(seen.blobs > 0 && seen.manifests > 0 && seen.tags > 0, "nothing was pushed");
    println!("nothing is lost");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a seed that differs from run to run")]
fn time_of_day() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::from(since.subsec_nanos()) ^ since.as_secs())
}
