//! `bench`: the same works on Slipway, Distribution and nginx, in turn.
//!
//! `make bench` builds and runs it in full and rewrites the table of `docs/performance.md`. For a look at one row:
//! `cargo run --release -p bench -- --slipway target/release/slipway --only manifest-get --rounds 1`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Instant,
};

use anyhow::{Context, Result, bail};
use bench::{
    facts,
    ground::Ground,
    measure::{Median, Sample, count},
    process::until_interrupted,
    report::{self, Row, figure},
    servers::{Kind, Program},
    usage::{self, Processor},
    works::{self, Contestant, Scale, Work},
};
use clap::Parser;

/// Measures Slipway against Distribution and nginx on this machine.
#[derive(Clone, Debug, Parser)]
#[command(name = "bench")]
struct Arguments {
    /// The release binary of Slipway.
    #[arg(long, default_value = "target/release/slipway")]
    slipway: PathBuf,
    /// Distribution's binary.
    #[arg(long, default_value = "docker-registry")]
    distribution: PathBuf,
    /// The binary of nginx.
    #[arg(long, default_value = "nginx")]
    nginx: PathBuf,
    /// Only these works; a wrong name lists them all.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only these servers.
    #[arg(long, value_delimiter = ',')]
    servers: Vec<Kind>,
    /// How often each server does each work; the table shows medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=99))]
    rounds: u64,
    /// What the registries stand on: a folder, or S3 with PostgreSQL beside it.
    #[arg(long, value_enum, default_value_t = Stage::Folder)]
    stage: Stage,
    /// Less of everything, for a look.
    #[arg(long)]
    quick: bool,
    /// Threads of the client.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: u16,
    /// Where the servers keep their data; a folder in it is made and removed. All of them are on the same disk.
    #[arg(long, default_value = "target")]
    data: PathBuf,
    /// The document whose table is rewritten after a full run of all works and servers.
    #[arg(long, default_value = "docs/performance.md")]
    document: PathBuf,
}

/// What the registries stand on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Stage {
    Folder,
    S3,
}

impl Stage {
    fn block(self) -> report::Block {
        match self {
            Self::Folder => report::Block::Folder,
            Self::S3 => report::Block::S3,
        }
    }
}

impl Arguments {
    fn is_full(&self) -> bool {
        self.only.is_empty() && self.servers.is_empty() && !self.quick
    }

    fn programs(&self) -> Result<Vec<Program>> {
        let ground = match self.stage {
            Stage::Folder => Ground::Folder,
            Stage::S3 => Ground::shared()?,
        };
        let all =
            [(Kind::Slipway, &self.slipway), (Kind::Distribution, &self.distribution), (Kind::Nginx, &self.nginx)];
        let wanted = |kind| self.servers.is_empty() || self.servers.contains(&kind);
        // nginx serves files, and knows no bucket.
        let able = |kind| self.stage == Stage::Folder || kind != Kind::Nginx;
        Ok(all
            .into_iter()
            .filter(|(kind, _)| wanted(*kind) && able(*kind))
            .map(|(kind, path)| Program { ground: ground.clone(), ..Program::new(kind, path.clone()) })
            .collect())
    }

    fn works(&self) -> Result<Vec<Box<dyn Work>>> {
        let threads = usize::from(self.threads);
        let scale = if self.quick { Scale::quick(threads) } else { Scale::full(threads) };
        let all = match self.stage {
            Stage::Folder => works::all(scale),
            Stage::S3 => works::on_s3(scale),
        };
        let names: Vec<_> = all.iter().map(|work| work.name()).collect();
        if let Some(unknown) = self.only.iter().find(|only| !names.contains(&only.as_str())) {
            bail!("there is no work `{unknown}`; there are {}", names.join(", "));
        }
        Ok(all.into_iter().filter(|work| self.only.is_empty() || self.only.iter().any(|o| o == work.name())).collect())
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let folder = arguments.data.join(format!("bench-{}", std::process::id()));
    let cleaned = folder.clone();
    let clean = move || drop(fs::remove_dir_all(&cleaned));
    let ran = until_interrupted(
        move || {
            let ran = run(&arguments, &folder);
            let _ = fs::remove_dir_all(&folder);
            ran
        },
        clean,
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
    let (programs, works) = (arguments.programs()?, arguments.works()?);
    let mut versions = Vec::new();
    for program in &programs {
        versions.push(format!("{} {}", program.kind.title(), program.version()?));
    }
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    let heading = heading(arguments, folder, &versions);
    println!("{heading}");
    let (before, since) = (others()?, Instant::now());
    let mut rows = Vec::new();
    for work in works {
        if let Some(row) = measure(work.as_ref(), &programs, folder, arguments.rounds)? {
            rows.push(row);
        }
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let others =
        (others()? - before).0.div_f64(since.elapsed().as_secs_f64()).as_secs_f64() * 100.0 / count(cores as u64);
    let others = format!("Other processes used {} % of the processors meanwhile.", figure(others));
    let tables = report::tables(&rows);
    println!("\n{others}\n\n{tables}");
    if arguments.is_full() {
        report::rewrite(&arguments.document, arguments.stage.block(), &format!("{heading}{others}\n\n{tables}"))?;
        println!("{} is rewritten", arguments.document.display());
    }
    let reached = rows.iter().filter(|row| row.is_met() == Some(true)).count();
    println!("{reached} of {} works reach their bars", rows.len());
    for row in rows.iter().filter(|row| row.is_met() == Some(false)) {
        println!("missed: {}", row.title);
    }
    Ok(())
}

/// Processor time that neither this program nor its servers have used. Where it is much, the figures are worth little.
fn others() -> Result<Processor> {
    Ok(usage::machine()? - usage::own_processor()?)
}

fn heading(arguments: &Arguments, folder: &Path, versions: &[String]) -> String {
    let commit = facts::commit().map(|commit| format!(" (commit {commit})")).unwrap_or_default();
    let versions = versions.join(", ");
    format!(
        "Measured on {} with `{}`: medians of {} rounds, in turn.\n{}.\n{versions}{commit}.\n",
        facts::today(),
        facts::command(),
        arguments.rounds,
        facts::machine(folder),
    )
}

/// One row: fresh servers, prepared, then round after round on each in turn. `None` if none of the servers takes part.
fn measure(work: &dyn Work, programs: &[Program], folder: &Path, rounds: u64) -> Result<Option<Row>> {
    let mut contestants = Vec::new();
    for program in programs.iter().filter(|program| work.servers().contains(&program.kind)) {
        let folder = folder.join(work.name()).join(program.kind.title());
        let program = Program { redirect: work.redirects(), counted: work.counts(), ..program.clone() };
        let server = program.start(&folder)?;
        work.prepare(&server).with_context(|| format!("preparing {} for {}", program.kind.title(), work.name()))?;
        contestants.push(Contestant { program, folder, server });
    }
    if contestants.is_empty() {
        return Ok(None);
    }
    println!("{} ({})", work.title(), work.unit().name);
    let mut samples: BTreeMap<Kind, Vec<Sample>> = BTreeMap::new();
    for round in 0..rounds {
        for contestant in &mut contestants {
            settle();
            let kind = contestant.program.kind;
            let sample =
                work.round(contestant, round).with_context(|| format!("{}: {}", kind.title(), work.title()))?;
            println!("  {:<12} {:>10}", kind.title(), figure(sample.value));
            samples.entry(kind).or_default().push(sample);
        }
    }
    drop(contestants);
    fs::remove_dir_all(folder.join(work.name()))?;
    let medians = samples.iter().map(|(kind, samples)| (*kind, Median::of(samples, work.unit()))).collect();
    Ok(Some(Row { title: work.title(), unit: work.unit(), bars: work.bars(), beyond: work.beyond(), medians }))
}

/// Lets the disk finish what the server before has written, so that it is not paid for by the next one.
fn settle() {
    let _ = Command::new("sync").status();
}
