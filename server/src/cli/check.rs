//! `slipway check`.

use std::{fmt::Write as _, io::Write as _, process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use api_types::{CheckReport, Finding, Severity};
use app::i18n::{Catalogue, Locale, connection::Words};
use clap::Args;
use registry::{Database, SystemClock};
use serde_json::json;

use super::{Settings, serve};
use crate::{
    check::{Examiner, ProbeKey, reason_of},
    config::Config,
    secret_key::{self, Keys},
};

/// What `--help` adds.
pub const HELP: &str = "\
Run it with the settings of a server that is running, on its machine or, with the same database, store and secret, elsewhere. It
opens the database as serve does, requests nothing but public_url and the bucket, and removes what it stores on trial.
The exit status is 1 if somebody is kept from something; warnings alone leave it at 0.

Examples:
  slipway check
  slipway check --public-url https://registry.example.com
  slipway check --json | jq '.findings[] | select(.severity != \"passed\")'";

/// How long the database may take to be opened.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks at the server from outside.
#[derive(Debug, Args)]
pub struct Check {
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Check {
    /// Looks and prints what was found.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let (config, _) = self.settings.load()?;
        let secret = config.data_dir.join(secret_key::FILE);
        if config.secret_key.is_none() && !secret.exists() {
            bail!(
                "no server was started with these settings: there is no {}. Give the settings of the running server, such as \
                 --data-dir, or its secret_key",
                secret.display()
            );
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let report = runtime.block_on(look(&config))?;
        let text = if self.json { in_json(&report)? } else { in_words(&report) };
        // Whoever reads only the beginning has read enough.
        let _ = std::io::stdout().write_all(text.as_bytes());
        Ok(if report.count(Severity::Failure) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

async fn look(config: &Config) -> anyhow::Result<CheckReport> {
    let keys = Keys::load(config)?;
    let registry = match &config.database {
        Database::Sqlite(path) if !path.exists() => Err(format!("there is no {}", path.display())),
        _ => match tokio::time::timeout(PATIENCE, serve::open(config)).await {
            Ok(opened) => opened.map_err(|error| reason_of(&*error)),
            Err(_) => Err(format!("no answer in {} s", PATIENCE.as_secs())),
        },
    };
    let examiner = Examiner::new(config, ProbeKey::new(&keys), registry, Arc::new(SystemClock));
    Ok(examiner.look().await)
}

fn words(finding: &Finding) -> Words {
    Catalogue::new(Locale::En).connection.words(finding)
}

fn in_words(report: &CheckReport) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let words = words(finding);
        let mark = match finding.severity() {
            Severity::Passed => "ok     ",
            Severity::Warning => "warning",
            Severity::Failure => "FAILURE",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{mark}  {}: {}", words.title, plain(&words.seen));
        for more in [words.why, words.remedy].into_iter().filter(|more| !more.is_empty()) {
            let _ = writeln!(text, "         {}", plain(&more));
        }
    }
    let (failures, warnings) = (report.count(Severity::Failure), report.count(Severity::Warning));
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let _ = writeln!(text, "\n{}, {}", counted(failures, "failure"), counted(warnings, "warning"));
    text
}

fn in_json(report: &CheckReport) -> anyhow::Result<String> {
    let findings = report.findings.iter().map(|finding| {
        let words = words(finding);
        let mut value = serde_json::to_value(finding).context("a finding does not serialize")?;
        if let Some(fields) = value.as_object_mut() {
            fields.insert("severity".to_owned(), json!(finding.severity()));
            fields.insert("title".to_owned(), json!(words.title));
            fields.insert("seen".to_owned(), json!(plain(&words.seen)));
            fields.insert("why".to_owned(), json!(plain(&words.why)));
            fields.insert("remedy".to_owned(), json!(plain(&words.remedy)));
        }
        anyhow::Ok(value)
    });
    let findings = findings.collect::<Result<Vec<_>, _>>()?;
    let report = json!({
        "url": report.url,
        "failures": report.count(Severity::Failure),
        "warnings": report.count(Severity::Warning),
        "findings": findings,
    });
    Ok(format!("{}\n", serde_json::to_string_pretty(&report)?))
}

/// Without the marks that a page shows as code or in bold, and with plain spaces.
fn plain(text: &str) -> String {
    text.replace("**", "").replace('`', "").replace('\u{a0}', " ")
}
