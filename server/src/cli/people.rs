//! `slipway admin create-user`, `list-users`, `promote`, `demote`, `disable` and `enable`: for whoever is locked out.

use clap::Args;
use registry::{Actor, Registry, people::IssuedLink};

use super::{Settings, serve};
use crate::config::Config;

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

/// Shows everybody with an account.
#[derive(Debug, Args)]
pub struct ListUsers {
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

impl ListUsers {
    /// Prints them, a line each, by name.
    pub fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let mut query = api_types::ListQuery { limit: 100, ..api_types::ListQuery::default() };
            loop {
                let page = registry.people.list(&Actor::system(), &query).await?;
                for person in page.items {
                    let state = match person.state {
                        api_types::PersonState::Active => "active",
                        api_types::PersonState::Invited => "invited",
                        api_types::PersonState::LinkExpired => "link expired",
                        api_types::PersonState::Disabled => "disabled",
                    };
                    let rights = if person.is_admin { "administrator" } else { "user" };
                    println!("{}\t{rights}\t{state}", person.username);
                }
                let Some(next) = page.next else { return Ok(()) };
                query.cursor = next;
            }
        })
    }
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
