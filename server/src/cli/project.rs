//! `slipway project`.

use api_types::{ListQuery, NewProject, NewQuota, ProjectDetail, ProjectSummary, TrashKind};
use app::i18n::{Locale, format};
use clap::{Args, Subcommand};
use oci::ProjectName;
use registry::{Actor, Registry};

use super::{
    Settings, output,
    people::on_registry,
    quota::{self, Size},
};

/// What `--help` adds.
const HELP: &str = "\
Run it where a server runs, with the same settings; servers may be running. The audit log names system as who did it.

Examples:
  slipway project create team --description 'What the team ships' --quota 20GB
  slipway member add team ada project-admin
      Nobody is in a project that is created here, until somebody is added.
  slipway project list --json | jq -r '.[] | select(.public) | .name'
  slipway project set team --public
  slipway project rename team crew
      Pulls by the old name go on until another project takes it.
  slipway project delete crew --yes
      Into the trash: slipway trash restore brings it back.";

/// What is done with projects.
#[derive(Debug, Subcommand)]
pub enum ProjectCommand {
    /// Show all projects, by name: who can pull, repositories, how much they hold
    #[command(after_help = HELP)]
    List(List),
    /// Create a project, in which nobody is yet
    #[command(after_help = HELP)]
    Create(Create),
    /// Show one project
    #[command(after_help = HELP)]
    Show(Show),
    /// Change who can pull, or the description
    #[command(after_help = HELP)]
    Set(Set),
    /// Give a project another name; the old one goes on serving pulls
    #[command(after_help = HELP)]
    Rename(Rename),
    /// Delete a project with all that it holds, into the trash
    #[command(after_help = HELP)]
    Delete(Delete),
}

/// All projects.
#[derive(Debug, Args)]
pub struct List {
    /// Print them as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// A new project.
#[derive(Debug, Args)]
pub struct Create {
    /// The name, first part of the names of all its repositories
    #[arg(value_name = "NAME")]
    name: String,
    /// Let everybody pull, also without an account
    #[arg(long)]
    public: bool,
    /// A sentence about it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    /// How much it may hold, such as 500MB, 20GB or 1.5TB, or none; what the settings of the system say where it is left out
    #[arg(long, value_name = "SIZE", value_parser = quota::size)]
    quota: Option<Size>,
    #[command(flatten)]
    settings: Settings,
}

/// One project.
#[derive(Debug, Args)]
pub struct Show {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: ProjectName,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// What of a project is changed.
#[derive(Debug, Args)]
pub struct Set {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: ProjectName,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    settings: Settings,
}

/// At least one of these.
#[derive(Debug, Args)]
#[group(id = "project_change", required = true, multiple = true)]
struct Change {
    /// Let everybody pull, also without an account
    #[arg(long, conflicts_with = "private")]
    public: bool,
    /// Let nobody pull but members, robots and administrators
    #[arg(long)]
    private: bool,
    /// A sentence about it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// Another name.
#[derive(Debug, Args)]
pub struct Rename {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: ProjectName,
    /// Its new name
    #[arg(value_name = "NAME")]
    name: String,
    #[command(flatten)]
    settings: Settings,
}

/// A project that goes.
#[derive(Debug, Args)]
pub struct Delete {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: ProjectName,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    settings: Settings,
}

impl ProjectCommand {
    /// Does it.
    pub fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(),
            Self::Create(create) => create.run(),
            Self::Show(show) => show.run(),
            Self::Set(set) => set.run(),
            Self::Rename(rename) => rename.run(),
            Self::Delete(delete) => delete.run(),
        }
    }
}

impl List {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let system = Actor::system();
            let list = async |query: ListQuery| {
                let by_name = ListQuery { sort: "name".to_owned(), ..query };
                registry.projects.list(&system, &by_name).await
            };
            let projects = output::all(list).await?;
            output::list(&projects, self.json, row)
        })
    }
}

impl Create {
    fn run(&self) -> anyhow::Result<()> {
        let project =
            NewProject { name: self.name.clone(), public: self.public, description: self.description.clone() };
        let quota = match self.quota {
            None => NewQuota::Default,
            Some(Size(None)) => NewQuota::Unlimited,
            Some(Size(Some(bytes))) => NewQuota::Bytes(bytes),
        };
        on_registry(&self.settings, async |registry, _| {
            registry.projects.create_with_quota(&Actor::system(), &project, quota).await?;
            eprintln!(
                "{0} is created, and nobody is in it yet: `slipway member add {0} PERSON project-admin` changes that.",
                self.name
            );
            Ok(())
        })
    }
}

impl Show {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let project = registry.projects.get(&Actor::system(), &self.project).await?;
            if self.json {
                return output::json(&project);
            }
            output::rows(&details(&project));
            Ok(())
        })
    }
}

impl Set {
    fn run(&self) -> anyhow::Result<()> {
        let Change { public, private, ref description } = self.change;
        let public = (public || private).then_some(public);
        on_registry(&self.settings, async |registry, _| {
            let (projects, system) = (&registry.projects, Actor::system());
            match (public, description) {
                (Some(public), Some(text)) => projects.update(&system, &self.project, public, text).await?,
                (None, Some(text)) => projects.describe(&system, &self.project, text).await?,
                (public, None) => projects.set_access(&system, &self.project, public).await?,
            }
            output::rows(&details(&projects.get(&system, &self.project).await?));
            Ok(())
        })
    }
}

impl Rename {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            registry.projects.rename(&Actor::system(), &self.project, &self.name).await?;
            let (was, name) = (&self.project, self.name.trim());
            eprintln!("{was} is called {name} now; the old name serves pulls until another project takes it.");
            Ok(())
        })
    }
}

impl Delete {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let (name, system) = (&self.project, Actor::system());
            let project = registry.projects.get(&system, name).await?;
            let repositories = output::counted(project.summary.repositories, "repository", "repositories");
            let members = output::counted(project.members, "member", "members");
            let robots = output::counted(project.robots, "robot", "robots");
            let question = format!("Delete the project {name} with {repositories}, {members} and {robots}?");
            output::confirm(&question, self.yes)?;
            registry.projects.delete(&system, name).await?;
            eprintln!("{}", fate(registry, name).await?);
            Ok(())
        })
    }
}

/// What has become of a project that was deleted just now.
async fn fate(registry: &Registry, name: &ProjectName) -> anyhow::Result<String> {
    let newest = registry.trash.list_all(&Actor::system(), None).await?;
    let is_it = |kind, repository: &str| kind == TrashKind::Project && repository == name.as_str();
    Ok(match newest.into_iter().find(|entry| is_it(entry.kind, &entry.repository)) {
        Some(entry) => {
            let until = format::moment(Locale::En, entry.expires_at);
            format!("{name} is deleted; `slipway trash restore {}` brings it back until {until}.", entry.id)
        }
        None => format!("{name} is gone for good."),
    })
}

/// Who can pull, in a word that is an option too.
fn access(public: bool) -> &'static str {
    if public { "public" } else { "private" }
}

/// A project in a row: name, who can pull, repositories, held, allowed.
fn row(project: &ProjectSummary) -> [String; 5] {
    [
        project.name.clone(),
        access(project.public).to_owned(),
        output::counted(project.repositories, "repository", "repositories"),
        format::plain_bytes(project.storage_used),
        quota::allowed(project.storage_quota),
    ]
}

/// All about a project, a row for each fact.
fn details(project: &ProjectDetail) -> Vec<[String; 2]> {
    let summary = &project.summary;
    let row = |key: &str, value: String| [key.to_owned(), value];
    let mut rows = vec![
        row("name", summary.name.clone()),
        row("access", access(summary.public).to_owned()),
        row("description", project.description.clone()),
        row("repositories", format::number(summary.repositories)),
        row("holds", format::plain_bytes(summary.storage_used)),
        row("may hold", quota::allowed(summary.storage_quota)),
        row("members", format::number(project.members)),
        row("robots", format::number(project.robots)),
        row("created", format::moment(Locale::En, summary.created_at)),
    ];
    if !project.former_names.is_empty() {
        rows.push(row("former names", project.former_names.join(", ")));
    }
    rows
}
