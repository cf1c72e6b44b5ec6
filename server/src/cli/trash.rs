//! `slipway trash`.

use anyhow::ensure;
use api_types::{Restored, TrashEntry, TrashKind};
use app::i18n::{Catalogue, Locale, format};
use clap::{Args, Subcommand};
use registry::{Actor, Registry};

use super::{Settings, serve};

/// What `--help` adds.
const HELP: &str = "\
Run it where a server runs, with the same settings; it writes to the database.

Examples:
  slipway trash list
  slipway trash restore 17
      Put number 17 of the list back, to the same digests.
  slipway trash restore 17 16
      Put both back, in this order; one that cannot be does not keep the rest from it.
  slipway trash delete 17
      Let it go before its time; the next collection frees what nothing else names.";

/// What is done with the trash.
#[derive(Debug, Subcommand)]
pub enum TrashCommand {
    /// Show what can be restored, the newest first
    #[command(after_help = HELP)]
    List(Settings),
    /// Put something back
    #[command(after_help = HELP)]
    Restore(Which),
    /// Let something go for good
    #[command(after_help = HELP)]
    Delete(Which),
}

/// Entries.
#[derive(Debug, Args)]
pub struct Which {
    /// Their numbers in the list
    #[arg(value_name = "NUMBER", required = true)]
    ids: Vec<i64>,
    #[command(flatten)]
    settings: Settings,
}

impl TrashCommand {
    /// Does it.
    pub fn run(&self) -> anyhow::Result<()> {
        let settings = match self {
            Self::List(settings) => settings,
            Self::Restore(which) | Self::Delete(which) => &which.settings,
        };
        let (config, _) = settings.load()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let registry = serve::open(&config).await?;
            self.run_on(&registry).await
        })
    }

    async fn run_on(&self, registry: &Registry) -> anyhow::Result<()> {
        let actor = Actor::system();
        match self {
            Self::List(_) => {
                let mut before = None;
                loop {
                    let entries = registry.trash.list_all(&actor, before).await?;
                    let Some(last) = entries.last() else { break };
                    before = Some(last.id);
                    for entry in entries {
                        println!("{}", line(&entry));
                    }
                }
            }
            Self::Restore(which) => {
                let restore = async |id| registry.trash.restore(&actor, id).await.map(|restored| tell(&restored));
                each(&which.ids, restore).await?;
            }
            Self::Delete(which) => {
                let delete = async |id| {
                    let deleted = registry.trash.delete_now(&actor, id).await;
                    deleted.inspect(|()| println!("{id} is gone for good."))
                };
                each(&which.ids, delete).await?;
            }
        }
        Ok(())
    }
}

/// Does it to each, in this order, whatever becomes of the others.
async fn each(ids: &[i64], act: impl AsyncFn(i64) -> registry::Result<()>) -> anyhow::Result<()> {
    if let [id] = ids {
        return Ok(act(*id).await?);
    }
    let mut failed = 0;
    for id in ids {
        if let Err(error) = act(*id).await {
            eprintln!("{id}: {:#}", anyhow::Error::from(error));
            failed += 1;
        }
    }
    ensure!(failed == 0, "{failed} of {} failed", ids.len());
    Ok(())
}

fn tell(restored: &Restored) {
    println!("Restored: {}.", restored.repository);
    if !restored.kept.is_empty() {
        println!("These tags point at something newer and stayed: {}.", restored.kept.join(", "));
    }
}

/// An entry in one line: number, what, until when, by whom.
fn line(entry: &TrashEntry) -> String {
    let what = match entry.kind {
        TrashKind::Project => {
            format!("project {}, {} repositories, {} tags", entry.repository, entry.repositories, entry.tags)
        }
        TrashKind::Repository => format!("repository {}, {} tags", entry.repository, entry.tags),
        TrashKind::Artifacts => {
            let artifacts = Catalogue::new(Locale::En).trash.artifacts(entry);
            format!("{}: {}, {artifacts}", entry.repository, entry.name)
        }
        TrashKind::Tags => format!("{}: tag {}", entry.repository, entry.name),
    };
    let until = format::moment(Locale::En, entry.expires_at);
    format!("{:>6}  {what}  (deleted by {}, kept until {until})", entry.id, entry.deleted_by.name)
}
