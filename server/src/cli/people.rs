//! `slipway admin` on people: `create-user`, `invite`, `list-users`, `promote`, `demote`, `disable`, `enable`, `sign-out` and
//! `delete-user`.

use anyhow::bail;
use api_types::{PersonState, PersonSummary};
use clap::Args;
use registry::{Actor, Registry, people::IssuedLink};

use super::{Settings, output, serve};
use crate::{config::Config, listener::Drain, workers};

/// What `--help` adds to `create-user`.
pub const CREATE_HELP: &str = "\
The link is printed once. It works for three days and lets the person choose a password; nobody else learns it.

Examples:
  slipway admin create-user ada
  slipway admin create-user ada --admin";

/// Creates a person and prints their one-time link.
#[derive(Debug, Args)]
pub struct CreateUser {
    /// The name that signs in
    #[arg(value_name = "USER")]
    user: String,
    /// Makes them a system administrator
    #[arg(long)]
    admin: bool,
    #[command(flatten)]
    settings: Settings,
}

/// What `--help` adds to `invite`.
pub const INVITE_HELP: &str = "\
The link is printed once, works for three days, and voids the one before. Whoever has a password keeps it: for them there is
slipway admin reset-password USER --link.

Examples:
  slipway admin invite ada";

/// What `--help` adds to `delete-user`.
pub const DELETE_HELP: &str = "\
What they pushed and did stays, with their name. Without a terminal to ask at, --yes is needed. To shut somebody out and keep what
they had, there is slipway admin disable.

Examples:
  slipway admin delete-user ada
  slipway admin delete-user ada --yes";

/// Prints a new one-time link for somebody who has not chosen a password yet.
#[derive(Debug, Args)]
pub struct Invite {
    /// Whom
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    settings: Settings,
}

/// Ends all of somebody's sessions.
#[derive(Debug, Args)]
pub struct SignOut {
    /// Whom
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    settings: Settings,
}

/// Deletes somebody.
#[derive(Debug, Args)]
pub struct DeleteUser {
    /// Whom
    #[arg(value_name = "USER")]
    user: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Shows everybody with an account.
#[derive(Debug, Args)]
pub struct ListUsers {
    /// Print them as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Makes somebody a system administrator.
#[derive(Debug, Args)]
pub struct Promote {
    /// Whom
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    settings: Settings,
}

/// Takes somebody's rights of a system administrator.
#[derive(Debug, Args)]
pub struct Demote {
    /// Whom
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    settings: Settings,
}

/// Shuts somebody out.
#[derive(Debug, Args)]
pub struct Disable {
    /// Whom
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    settings: Settings,
}

/// Lets a disabled person sign in again.
#[derive(Debug, Args)]
pub struct Enable {
    /// Whom
    #[arg(value_name = "USER")]
    user: String,
    #[command(flatten)]
    settings: Settings,
}

/// Runs some work on the registry that the settings name.
pub fn on_registry<T>(
    settings: &Settings,
    work: impl AsyncFnOnce(&Registry, &Config) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let (config, _) = settings.load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let registry = serve::open(&config).await?;
        // Work may take days. This ends with the runtime.
        tokio::spawn(workers::follow_home(registry.clone(), Drain::default()));
        work(&registry, &config).await
    })
}

/// Prints a one-time link on standard output, and what it is on standard error.
pub fn print_link(config: &Config, link: &IssuedLink) {
    let path = app::routes::invitation(link.key.expose());
    let base = config.public_url.as_ref().map_or_else(
        || serve::local_url(config.listen, config.tls.is_some()),
        |url| url.to_string().trim_end_matches('/').to_owned(),
    );
    eprintln!("{} chooses a password with this link, once, until {}:", link.username, link.expires_at);
    println!("{base}{path}");
}

impl CreateUser {
    /// Creates them.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, config| {
            let person = api_types::NewPerson { username: self.user.clone(), ..api_types::NewPerson::default() };
            let link = registry.people.invite(&Actor::system(), &person, self.admin).await?;
            print_link(config, &link);
            Ok(())
        })
    }
}

impl Invite {
    /// Gives them another link, if they have no password.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, config| {
            let system = Actor::system();
            let user = registry.people.get_id(&system, &self.user).await?;
            match registry.people.get(&system, user).await?.summary.state {
                PersonState::Invited | PersonState::LinkExpired => {}
                PersonState::Active => bail!(
                    "{0} has a password already; `slipway admin reset-password {0} --link` takes it and prints a link",
                    self.user
                ),
                PersonState::Disabled => {
                    bail!("{0} is disabled; `slipway admin enable {0}` comes first", self.user)
                }
            }
            print_link(config, &registry.people.reset(&system, user).await?);
            Ok(())
        })
    }
}

impl SignOut {
    /// Ends them.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let system = Actor::system();
            let user = registry.people.get_id(&system, &self.user).await?;
            registry.sessions.end_all_of(&system, user).await?;
            eprintln!("{} is signed out of the console everywhere; password and access tokens still work.", self.user);
            Ok(())
        })
    }
}

impl DeleteUser {
    /// Deletes them, once that is certain.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let system = Actor::system();
            let user = registry.people.get_id(&system, &self.user).await?;
            let person = registry.people.get(&system, user).await?;
            let roles = output::counted(person.projects, "project", "projects");
            let tokens = output::counted(person.access_tokens, "access token", "access tokens");
            let mut question = format!("Delete {} with roles in {roles} and {tokens}?", self.user);
            if person.alone_in_charge > 0 {
                let alone = output::counted(person.alone_in_charge, "project", "projects");
                question = format!("Nobody but {} is project admin of {alone}. {question}", self.user);
            }
            output::confirm(&question, self.yes)?;
            registry.people.delete(&system, user).await?;
            eprintln!("{} is gone; what they pushed stays, with their name.", self.user);
            Ok(())
        })
    }
}

impl ListUsers {
    /// Prints them, a line each, by name.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let system = Actor::system();
            let people = output::all(async |query| registry.people.list(&system, &query).await).await?;
            output::list(&people, self.json, row)
        })
    }
}

/// A person in a row: name, rights, state.
fn row(person: &PersonSummary) -> [String; 3] {
    let rights = if person.is_admin { "administrator" } else { "user" };
    let state = match person.state {
        PersonState::Active => "active",
        PersonState::Invited => "invited",
        PersonState::LinkExpired => "link expired",
        PersonState::Disabled => "disabled",
    };
    [person.username.clone(), rights.to_owned(), state.to_owned()]
}

impl Promote {
    /// Gives them the rights.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let system = Actor::system();
            let user = registry.people.get_id(&system, &self.user).await?;
            registry.people.set_admin(&system, user, true).await?;
            eprintln!("{} is an administrator; all their sessions are ended.", self.user);
            Ok(())
        })
    }
}

impl Demote {
    /// Takes the rights.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let system = Actor::system();
            let user = registry.people.get_id(&system, &self.user).await?;
            registry.people.set_admin(&system, user, false).await?;
            eprintln!("{} is no administrator; all their sessions are ended.", self.user);
            Ok(())
        })
    }
}

impl Disable {
    /// Shuts them out.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let system = Actor::system();
            let user = registry.people.get_id(&system, &self.user).await?;
            registry.people.set_disabled(&system, user, true).await?;
            eprintln!("{} can sign in no more; all their sessions are ended.", self.user);
            Ok(())
        })
    }
}

impl Enable {
    /// Lets them in.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let system = Actor::system();
            let user = registry.people.get_id(&system, &self.user).await?;
            registry.people.set_disabled(&system, user, false).await?;
            eprintln!("{} can sign in again.", self.user);
            Ok(())
        })
    }
}
