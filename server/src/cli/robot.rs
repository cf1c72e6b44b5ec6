//! `slipway robot`.

use anyhow::bail;
use api_types::{Lifetime, NewRobot, Overlap, RobotAccess, RobotChange, RobotSummary};
use app::i18n::{Locale, format};
use clap::{Args, Subcommand};
use oci::ProjectName;
use registry::{Actor, Registry, access::RobotId, people::CreatedRobot};

use super::{
    Settings, credential, output,
    people::on_registry,
    permission::{self, Words},
};

/// What `--help` adds.
const HELP: &str = "\
A robot belongs to a project, or without --project to the system. Its secret is printed once, alone on standard output.
Run it where a server runs, with the same settings; a change counts within a second on servers that are running.

Examples:
  slipway robot create ci --project team --may pull,push > secret
  docker login --username robot+team+ci --password-stdin registry.example.com < secret
  slipway robot create puller --may pull --in team,library --never
      A robot of the system, for two projects; without --in for all of them.
  slipway robot list --project team
  slipway robot rotate robot+team+ci --overlap week
      The secret before works for another week.
  slipway robot set ci --project team --days 30
      Thirty days from now on, with the same secret.
  slipway robot disable ci --project team
  slipway robot delete ci --project team --yes";

/// What is done with robots.
#[derive(Debug, Subcommand)]
pub enum RobotCommand {
    /// Show the robots of a project, or those of the system: state, rights, end, last use
    #[command(after_help = HELP)]
    List(List),
    /// Create a robot and print its secret
    #[command(after_help = HELP)]
    Create(Create),
    /// Change what a robot may, how long it lives, or what it is for
    #[command(after_help = HELP)]
    Set(Set),
    /// Give a robot a new secret and print it
    #[command(after_help = HELP)]
    Rotate(Rotate),
    /// Put a robot out of use, until it is enabled
    #[command(after_help = HELP)]
    Disable(One),
    /// Put a robot into use again, with the secret that it had
    #[command(after_help = HELP)]
    Enable(One),
    /// Remove a robot for good; what it pushed stays
    #[command(after_help = HELP)]
    Delete(Delete),
}

/// Robots of one home.
#[derive(Debug, Args)]
pub struct List {
    /// The project; without it robots of the system
    #[arg(long, value_name = "PROJECT")]
    project: Option<ProjectName>,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// A new robot.
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    which: Which,
    /// What it may: pull, push, delete, everything, or a resource and an action such as tag:delete; docs/robots.md has all of these
    #[arg(long, value_name = "WHAT", value_parser = permission::parse, value_delimiter = ',', required = true)]
    may: Vec<Words>,
    /// The projects in which a robot of the system may that; without it in all
    #[arg(long = "in", value_name = "PROJECTS", value_delimiter = ',', conflicts_with = "project")]
    projects: Vec<ProjectName>,
    #[command(flatten)]
    life: Life,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    /// Print both names, secret and end as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// What of a robot is changed.
#[derive(Debug, Args)]
pub struct Set {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    change: Change,
    /// The projects in which a robot of the system may that; without it where it may something now
    #[arg(long = "in", value_name = "PROJECTS", value_delimiter = ',', requires = "may", conflicts_with = "project")]
    projects: Vec<ProjectName>,
    /// Let a robot of the system do that in all projects
    #[arg(long, requires = "may", conflicts_with_all = ["projects", "project"])]
    everywhere: bool,
    #[command(flatten)]
    settings: Settings,
}

/// At least one of these.
#[derive(Debug, Args)]
#[group(id = "robot_change", required = true, multiple = true)]
struct Change {
    /// All that it may from now on, such as pull,push
    #[arg(long, value_name = "WHAT", value_parser = permission::parse, value_delimiter = ',')]
    may: Vec<Words>,
    /// How many days it lives from now on
    #[arg(long, value_name = "DAYS", conflicts_with = "never")]
    days: Option<u32>,
    /// Let it live until it is deleted
    #[arg(long)]
    never: bool,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

/// A robot that gets a new secret.
#[derive(Debug, Args)]
pub struct Rotate {
    #[command(flatten)]
    which: Which,
    /// How long the secret before goes on working: none, hour, day or week; after a leak none
    #[arg(long, value_name = "TIME", value_parser = overlap, default_value = "day")]
    overlap: Overlap,
    #[command(flatten)]
    life: Life,
    /// Print both names, secret and end as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// One robot.
#[derive(Debug, Args)]
pub struct One {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    settings: Settings,
}

/// A robot that goes.
#[derive(Debug, Args)]
pub struct Delete {
    #[command(flatten)]
    which: Which,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Which robot.
#[derive(Debug, Args)]
struct Which {
    /// Its name in its project or in the system, such as ci; or the name that signs in, such as robot+team+ci
    #[arg(value_name = "ROBOT")]
    robot: String,
    /// Its project; without it a robot of the system
    #[arg(long, value_name = "PROJECT")]
    project: Option<ProjectName>,
}

/// How long it lives.
#[derive(Debug, Args)]
struct Life {
    /// How many days it lives from now on; a new robot lives for 90 where this is left out, another one as long as before
    #[arg(long, value_name = "DAYS", conflicts_with = "never")]
    days: Option<u32>,
    /// Let it live until it is deleted
    #[arg(long)]
    never: bool,
}

fn overlap(text: &str) -> Result<Overlap, String> {
    Ok(match text {
        "none" => Overlap::None,
        "hour" => Overlap::Hour,
        "day" => Overlap::Day,
        "week" => Overlap::Week,
        _ => return Err("expected none, hour, day or week".to_owned()),
    })
}

fn lifetime(days: Option<u32>, never: bool) -> Option<Lifetime> {
    if never { Some(Lifetime::Never) } else { days.map(Lifetime::Days) }
}

/// What is given in each of these places.
fn access(may: &[Words], places: Vec<Option<String>>) -> Vec<RobotAccess> {
    let words: Vec<_> = may.iter().flat_map(|Words(words)| words).copied().collect();
    places.into_iter().map(|place| RobotAccess::new(place, words.clone())).collect()
}

/// These projects, or, without any, all that the robot is for.
fn places(projects: &[ProjectName]) -> Vec<Option<String>> {
    if projects.is_empty() {
        return vec![None];
    }
    projects.iter().map(|project| Some(project.to_string())).collect()
}

impl Which {
    /// Its project and its name there.
    fn parts(&self) -> anyhow::Result<(Option<ProjectName>, &str)> {
        let full = self.robot.strip_prefix("robot").and_then(|rest| rest.strip_prefix(['+', '$']));
        let Some(full) = full else { return Ok((self.project.clone(), self.robot.as_str())) };
        if self.project.is_some() {
            bail!("{} names its project already: leave out --project, or the project in the name", self.robot);
        }
        match full.split_once('+') {
            Some((project, name)) => Ok((Some(project.parse()?), name)),
            None => Ok((None, full)),
        }
    }

    async fn find(&self, registry: &Registry) -> anyhow::Result<RobotSummary> {
        let (project, name) = self.parts()?;
        match all(registry, project.as_ref()).await?.into_iter().find(|robot| robot.name == name) {
            Some(robot) => Ok(robot),
            None => match project {
                Some(project) => bail!("the project {project} has no robot {name}"),
                None => bail!("the system has no robot {name}; one of a project is named with --project"),
            },
        }
    }
}

impl RobotCommand {
    /// Does it.
    pub fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(),
            Self::Create(create) => create.run(),
            Self::Set(set) => set.run(),
            Self::Rotate(rotate) => rotate.run(),
            Self::Disable(one) => one.set_disabled(true),
            Self::Enable(one) => one.set_disabled(false),
            Self::Delete(delete) => delete.run(),
        }
    }
}

impl List {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let robots = all(registry, self.project.as_ref()).await?;
            output::list(&robots, self.json, row)
        })
    }
}

impl Create {
    fn run(&self) -> anyhow::Result<()> {
        let (project, name) = self.which.parts()?;
        let robot = NewRobot {
            name: name.to_owned(),
            description: self.description.clone(),
            access: access(&self.may, places(&self.projects)),
            lifetime: lifetime(self.life.days, self.life.never).unwrap_or_default(),
        };
        on_registry(&self.settings, async |registry, _| {
            let created = registry.robots.create(&Actor::system(), project.as_ref(), &robot).await?;
            tell(&created, self.json)
        })
    }
}

impl Set {
    /// Where it may what it is given: other words do not take it into other projects.
    fn places(&self, robot: &RobotSummary) -> Vec<Option<String>> {
        if self.projects.is_empty() && !self.everywhere {
            return robot.access.iter().map(|given| given.project.clone()).collect();
        }
        places(&self.projects)
    }

    fn run(&self) -> anyhow::Result<()> {
        let Change { may, days, never, description } = &self.change;
        on_registry(&self.settings, async |registry, _| {
            let (robot, system) = (self.which.find(registry).await?, Actor::system());
            let change = RobotChange {
                description: description.clone(),
                access: (!may.is_empty()).then(|| access(may, self.places(&robot))),
                lifetime: lifetime(*days, *never),
            };
            let robot = RobotId(robot.id);
            registry.robots.update(&system, robot, &change).await?;
            output::rows(&[row(&registry.robots.get(&system, robot).await?)]);
            Ok(())
        })
    }
}

impl Rotate {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let robot = self.which.find(registry).await?;
            let (id, life) = (RobotId(robot.id), lifetime(self.life.days, self.life.never));
            let rotated = registry.robots.rotate(&Actor::system(), id, self.overlap, life, robot.rotated_at).await?;
            tell(&rotated, self.json)
        })
    }
}

impl One {
    fn set_disabled(&self, disabled: bool) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let robot = self.which.find(registry).await?;
            registry.robots.set_disabled(&Actor::system(), RobotId(robot.id), disabled).await?;
            let what = if disabled { "is disabled: its secret opens nothing" } else { "is enabled" };
            eprintln!("{} {what}.", robot.login);
            Ok(())
        })
    }
}

impl Delete {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let robot = self.which.find(registry).await?;
            output::confirm(&format!("Delete the robot {} for good?", robot.login), self.yes)?;
            registry.robots.delete(&Actor::system(), RobotId(robot.id)).await?;
            eprintln!("{} is gone for good.", robot.login);
            Ok(())
        })
    }
}

async fn all(registry: &Registry, project: Option<&ProjectName>) -> registry::Result<Vec<RobotSummary>> {
    let system = Actor::system();
    output::all(async |query| registry.robots.list(&system, project, &query).await).await
}

/// Prints a secret on standard output, and what it is on standard error.
fn tell(made: &CreatedRobot, json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(&made.shown());
    }
    let (safe, harbor, end) = (&made.safe_name, &made.name, credential::end(made.expires_at));
    eprintln!("{safe}, or {harbor}, signs in with this secret, which is shown this once; the robot {end}:");
    println!("{}", made.secret.expose());
    if let Some(previous) = made.previous_until {
        eprintln!("The secret before works until {}.", format::moment(Locale::En, previous));
    }
    Ok(())
}

/// A robot in a row: the name that signs in, how it stands, what it may, when it ends, when it was used.
fn row(robot: &RobotSummary) -> [String; 5] {
    let access = robot.access.iter().map(|given| {
        let words = permission::words(&given.may);
        match &given.project {
            Some(_) if robot.project.is_some() => words,
            Some(project) => format!("{words} in {project}"),
            None => format!("{words} in all projects"),
        }
    });
    [
        robot.login.clone(),
        credential::state(robot.state).to_owned(),
        access.collect::<Vec<_>>().join("; "),
        credential::end(robot.expires_at),
        credential::used(robot.last_used_at),
    ]
}
