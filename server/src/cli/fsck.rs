//! `slipway fsck`.

use std::{collections::BTreeSet, io::Write as _, process::ExitCode};

use anyhow::{Context as _, bail};
use api_types::{Damage, DamageKind, FsckReport, JobReport, JobState};
use app::i18n::{
    Catalogue, Locale,
    format::{number, plain_bytes},
};
use clap::Args;
use registry::{Actor, Registry, jobs::JobRequest};

use super::{Settings, job, people::on_registry};
use crate::config::units;

/// What `--help` adds.
pub const HELP: &str = "\
Run it where a server runs, with the same settings; servers may be running and go on serving. Nothing is deleted: blobs whose object
is gone or changed count as absent from then on, and are whole again once a client pushes them. Another check lets go of what is whole
again by itself. Ctrl-C stops the job; what was found stays found. The exit status is 1 if something is damaged.

Examples:
  slipway fsck
      Is every object there, with its length? Are manifests what they were? Which repositories and tags are hit?
  slipway fsck --deep --rate 100MiB
      Read and hash everything as well, at most 100 MiB a second.
  slipway fsck --json | jq -r '.findings[] | select(.kind == \"missing\") | .subject'";

/// Findings that are asked for at once.
const PAGE: u64 = 1_000;

/// Checks the database against the store and both against their digests.
#[derive(Debug, Args)]
pub struct Fsck {
    /// Read and hash all bytes
    #[arg(long)]
    deep: bool,
    /// Bytes a second to read at most, instead of fsck.rate; such as 16MiB, or 0 for no limit
    #[arg(long, value_name = "SIZE", value_parser = rate, requires = "deep")]
    rate: Option<u64>,
    /// Print report and findings as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

fn rate(text: &str) -> Result<u64, String> {
    units::bytes(text).ok_or_else(|| "expected a size, such as 16MiB, or 0".to_owned())
}

impl Fsck {
    /// Asks for a check, works on it until it ends, and prints what it found.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let request = JobRequest::Fsck { deep: self.deep, rate: self.rate };
        let is_enough = |report: &JobReport| matches!(report, JobReport::Fsck(report) if report.deep || !self.deep);
        let (ended, findings) = on_registry(&self.settings, async |registry, _| {
            let ended = job::see_through(registry, request, is_enough).await?;
            Ok((ended, findings(registry).await?))
        })?;
        let report = match (ended.state, ended.report) {
            (JobState::Succeeded, JobReport::Fsck(report)) => report,
            (JobState::Cancelled, _) => bail!("the check was stopped; what was found stays found"),
            _ => bail!("the check failed: {}", ended.error.unwrap_or_default()),
        };
        let text = if self.json { in_json(&report, &findings)? } else { in_words(&report, &findings) };
        // Whoever reads only the beginning has read enough.
        let _ = std::io::stdout().write_all(text.as_bytes());
        Ok(exit_code(&report, &findings))
    }
}

/// How many things are damaged: what the check found, or what is on the list because somebody pulled it meanwhile.
fn damaged(report: &FsckReport, findings: &[Damage]) -> u64 {
    let is_damage = |finding: &&Damage| !finding.healed && finding.kind.is_damage();
    let listed: BTreeSet<_> =
        findings.iter().filter(is_damage).map(|finding| (finding.kind, &finding.subject)).collect();
    report.found.damaged().max(listed.len() as u64)
}

/// 1 if something is damaged.
pub fn exit_code(report: &FsckReport, findings: &[Damage]) -> ExitCode {
    if damaged(report, findings) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// All that the last check found.
pub async fn findings(registry: &Registry) -> anyhow::Result<Vec<Damage>> {
    let (mut findings, mut after) = (Vec::new(), 0);
    loop {
        let page = registry.damages.list(&Actor::system(), after, false, PAGE).await?;
        findings.extend(page.items);
        match page.next {
            Some(next) => after = next,
            None => return Ok(findings),
        }
    }
}

fn in_json(report: &FsckReport, findings: &[Damage]) -> anyhow::Result<String> {
    let damaged = damaged(report, findings);
    let report = serde_json::json!({ "damaged": damaged, "report": report, "findings": findings });
    Ok(format!("{}\n", serde_json::to_string_pretty(&report).context("a finding does not serialize")?))
}

/// What was found, for people.
pub fn in_words(report: &FsckReport, findings: &[Damage]) -> String {
    let words = Catalogue::new(Locale::En).fsck;
    let mut lines = Vec::new();
    for finding in findings.iter().filter(|finding| finding.kind != DamageKind::Unnamed) {
        let mut line = format!("{:<22} {}", words.kind(finding.kind), finding.subject);
        if let Some(repository) = &finding.repository {
            line = format!("{line}  {repository}");
            if !finding.tags.is_empty() {
                line = format!("{line}: {}", finding.tags.join(", "));
            }
            let more = finding.tag_count.saturating_sub(finding.tags.len() as u64);
            if more > 0 {
                line = format!("{line} and {} more", number(more));
            }
        }
        lines.push(line);
    }
    let found = &report.found;
    lines.push(format!(
        "Looked for {} blobs, read {} of them, hashed {} manifests.",
        number(report.blobs),
        plain_bytes(report.bytes),
        number(report.manifests)
    ));
    match found.unnamed {
        0 => {}
        1 => lines.push("One object has no row; collection takes it away.".to_owned()),
        unnamed => lines.push(format!("{} objects have no row; collection takes them away.", number(unnamed))),
    }
    match found.mended {
        0 => {}
        1 => lines.push("One thing was wrong and is right again.".to_owned()),
        mended => lines.push(format!("{} things were wrong and are right again.", number(mended))),
    }
    lines.push(match damaged(report, findings) {
        0 => "Nothing is damaged.".to_owned(),
        1 => "One thing is damaged: push it again, and it is whole.".to_owned(),
        damaged => format!("{} things are damaged: push them again, and they are whole.", number(damaged)),
    });
    lines.join("\n") + "\n"
}
