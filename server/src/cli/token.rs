//! `slipway token`: access tokens of people. Only their owners make them.

use anyhow::bail;
use api_types::{AccessTokenSummary, TokenLevel};
use clap::{Args, Subcommand};
use registry::{
    Actor, Registry,
    access::{AccessTokenId, UserId},
};

use super::{Settings, credential, output, people::on_registry};

/// What `--help` adds.
const HELP: &str = "\
People make access tokens for themselves, in the console; nobody makes one for somebody else.
Run it where a server runs, with the same settings; a token that is revoked opens nothing within a second.

Examples:
  slipway token list ada
  slipway token revoke ada laptop
  slipway token revoke ada --all
      After a leak, together with slipway admin reset-password ada --link.";

/// What is done with people's access tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Show a person's access tokens, the newest first: how far each goes, state, end, last use
    #[command(after_help = HELP)]
    List(List),
    /// End an access token of a person, or all of them
    #[command(after_help = HELP)]
    Revoke(Revoke),
}

/// Whose tokens.
#[derive(Debug, Args)]
pub struct List {
    /// The name that signs in
    #[arg(value_name = "PERSON")]
    person: String,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// Which tokens end.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The name that signs in
    #[arg(value_name = "PERSON")]
    person: String,
    /// The token's name, as the list shows it
    #[arg(value_name = "TOKEN", required_unless_present = "all", conflicts_with = "all")]
    token: Option<String>,
    /// End all that there are
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    settings: Settings,
}

impl TokenCommand {
    /// Does it.
    pub fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(),
            Self::Revoke(revoke) => revoke.run(),
        }
    }
}

impl List {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let (_, tokens) = of(registry, &self.person).await?;
            output::list(&tokens, self.json, row)
        })
    }
}

impl Revoke {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let (user, mut tokens) = of(registry, &self.person).await?;
            if let Some(name) = &self.token {
                tokens.retain(|token| token.name == name.trim());
                if tokens.is_empty() {
                    bail!("{0} has no access token {name}; `slipway token list {0}` shows all", self.person);
                }
            }
            for token in &tokens {
                registry.access_tokens.revoke_of(&Actor::system(), user, AccessTokenId(token.id)).await?;
            }
            let ended = output::counted(tokens.len() as u64, "access token", "access tokens");
            eprintln!("{ended} of {} revoked.", self.person);
            Ok(())
        })
    }
}

/// A person and their tokens that were not revoked.
async fn of(registry: &Registry, person: &str) -> anyhow::Result<(UserId, Vec<AccessTokenSummary>)> {
    let system = Actor::system();
    let user = registry.people.get_id(&system, person).await?;
    let tokens = output::all(async |query| registry.access_tokens.list_of(&system, user, &query).await).await?;
    Ok((user, tokens))
}

/// A token in a row: name, how far it goes, where, how it stands, when it ends, when it was used.
fn row(token: &AccessTokenSummary) -> [String; 6] {
    let level = match token.level {
        TokenLevel::Read => "read",
        TokenLevel::Write => "write",
        TokenLevel::Admin => "admin",
    };
    let projects = token.projects.as_ref().map(|projects| projects.join(","));
    [
        token.name.clone(),
        level.to_owned(),
        projects.unwrap_or_else(|| "all projects".to_owned()),
        credential::state(token.state).to_owned(),
        credential::end(token.expires_at),
        credential::used(token.last_used_at),
    ]
}
