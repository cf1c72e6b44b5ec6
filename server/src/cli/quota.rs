//! `slipway quota`.

use anyhow::{Context as _, bail};
use app::i18n::format;
use clap::{Args, Subcommand};
use oci::ProjectName;
use registry::{Actor, Registry, numbered::NumberedQuery, projects::ProjectRecord};

use super::{Settings, output, people::on_registry};

/// What `--help` adds.
const HELP: &str = "\
Run it where a server runs, with the same settings; servers may be running.

Examples:
  slipway quota list
  slipway quota set team 20GB
  slipway quota set team none
      The project may hold as much as there is room for.
  slipway quota verify
      Recount all sums that are kept; it fails if one of them is not what it should be.";

/// What is done with quotas.
#[derive(Debug, Subcommand)]
pub enum QuotaCommand {
    /// Show what each project holds and may hold
    #[command(after_help = HELP)]
    List(Settings),
    /// Set how much a project may hold
    #[command(after_help = HELP)]
    Set(Set),
    /// Recount what all projects and repositories hold, and compare
    #[command(after_help = HELP)]
    Verify(Settings),
}

/// A quota that is set.
#[derive(Debug, Args)]
pub struct Set {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: String,
    /// How much, such as 500MB, 20GB or 1.5TB, or none
    #[arg(value_name = "SIZE", value_parser = size)]
    quota: Size,
    #[command(flatten)]
    settings: Settings,
}

/// So many bytes, or no limit.
#[derive(Clone, Copy, Debug)]
pub struct Size(pub Option<u64>);

/// The size that somebody wrote.
pub fn size(text: &str) -> Result<Size, String> {
    if text == "none" {
        return Ok(Size(None));
    }
    let bytes =
        format::parse_bytes(text).ok_or("expected a size with its unit, such as 500MB, 20GB or 1.5TB, or none")?;
    Ok(Size(Some(bytes)))
}

impl QuotaCommand {
    /// Does it.
    pub fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::List(settings) => on_registry(settings, async |registry, _| list(registry).await),
            Self::Set(set) => on_registry(&set.settings, async |registry, _| {
                let project: ProjectName = set.project.parse().context("this is no name of a project")?;
                registry.projects.set_quota(&Actor::system(), &project, set.quota.0).await?;
                output::rows(&[row(&registry.projects.get_record(&Actor::system(), &project).await?)]);
                Ok(())
            }),
            Self::Verify(settings) => on_registry(settings, async |registry, _| verify(registry).await),
        }
    }
}

async fn list(registry: &Registry) -> anyhow::Result<()> {
    let mut query = NumberedQuery { size: 100, ..NumberedQuery::default() };
    let mut rows = Vec::new();
    loop {
        let page = registry.projects.list_quotas(&Actor::system(), &query).await?;
        rows.extend(page.items.iter().map(row));
        if u64::from(query.page) * 100 >= page.total {
            break;
        }
        query.page += 1;
    }
    output::rows(&rows);
    Ok(())
}

async fn verify(registry: &Registry) -> anyhow::Result<()> {
    let differences = registry.projects.verify_sums(&Actor::system()).await?;
    if differences.is_empty() {
        println!("Every sum is what a recount gives.");
        return Ok(());
    }
    for difference in &differences {
        println!("{} {}: kept {}, counted {}", difference.what, difference.name, difference.kept, difference.counted);
    }
    bail!("{} sums are not what a recount gives; this is a mistake of Slipway: please report it", differences.len());
}

/// How much is allowed, in words.
pub fn allowed(quota: Option<u64>) -> String {
    quota.map_or_else(|| "no limit".to_owned(), format::plain_bytes)
}

/// A project in a row: name, held, allowed.
fn row(project: &ProjectRecord) -> [String; 3] {
    [project.name.clone(), format::plain_bytes(project.storage_used), allowed(project.storage_quota)]
}
