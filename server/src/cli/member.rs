//! `slipway member`.

use anyhow::bail;
use api_types::{Barrier, ExplainedRight, Explanation, Member, RightSource, Role};
use app::i18n::{Locale, format};
use clap::{Args, Subcommand};
use oci::ProjectName;
use registry::{Actor, Registry, access::MemberId};

use super::{Settings, output, people::on_registry, permission};

/// What `--help` adds.
const HELP: &str = "\
A ROLE is one of limited-guest, guest, developer, maintainer, project-admin; each may what those before it may.
Run it where a server runs, with the same settings; a change counts within a second on servers that are running.

Examples:
  slipway member list team
  slipway member add team ada developer
  slipway member set team ada maintainer
  slipway member remove team ada
  slipway member why team ada
      Which rule gives her each right, or which role she would need.";

/// What is done with the members of a project.
#[derive(Debug, Subcommand)]
pub enum MemberCommand {
    /// Show who has which role in a project, by name
    #[command(after_help = HELP)]
    List(List),
    /// Give a person a role in a project
    #[command(after_help = HELP)]
    Add(Given),
    /// Give a member another role
    #[command(after_help = HELP)]
    Set(Given),
    /// Take a person out of a project
    #[command(after_help = HELP)]
    Remove(Who),
    /// Tell which rule gives a person each right in a project, or what they lack
    #[command(after_help = HELP)]
    Why(Why),
}

/// The members of a project.
#[derive(Debug, Args)]
pub struct List {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: ProjectName,
    /// Print them as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

/// A role for a person.
#[derive(Debug, Args)]
pub struct Given {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: ProjectName,
    /// The name that signs in
    #[arg(value_name = "PERSON")]
    person: String,
    /// What they may: limited-guest, guest, developer, maintainer or project-admin
    #[arg(value_name = "ROLE", value_parser = role)]
    role: Role,
    #[command(flatten)]
    settings: Settings,
}

/// A member who goes.
#[derive(Debug, Args)]
pub struct Who {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: ProjectName,
    /// The name that signs in
    #[arg(value_name = "PERSON")]
    person: String,
    #[command(flatten)]
    settings: Settings,
}

/// What somebody may.
#[derive(Debug, Args)]
pub struct Why {
    /// The project
    #[arg(value_name = "PROJECT")]
    project: ProjectName,
    /// The name that signs in; they need not be a member
    #[arg(value_name = "PERSON")]
    person: String,
    /// Print it as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

fn role(text: &str) -> Result<Role, String> {
    let found = Role::ALL.into_iter().find(|role| word(*role) == text);
    found.ok_or_else(|| format!("expected one of {}", Role::ALL.map(word).join(", ")))
}

/// The word for a role.
fn word(role: Role) -> &'static str {
    match role {
        Role::LimitedGuest => "limited-guest",
        Role::Guest => "guest",
        Role::Developer => "developer",
        Role::Maintainer => "maintainer",
        Role::ProjectAdmin => "project-admin",
    }
}

impl MemberCommand {
    /// Does it.
    pub fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(),
            Self::Add(given) => given.add(),
            Self::Set(given) => given.set(),
            Self::Remove(who) => who.remove(),
            Self::Why(why) => why.run(),
        }
    }
}

impl List {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let members = all(registry, &self.project).await?;
            output::list(&members, self.json, row)
        })
    }
}

impl Given {
    fn add(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            registry.members.add(&Actor::system(), &self.project, &self.person, self.role).await?;
            eprintln!("{} is {} in {}.", self.person, word(self.role), self.project);
            Ok(())
        })
    }

    fn set(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let member = get(registry, &self.project, &self.person).await?;
            registry.members.change(&Actor::system(), &self.project, MemberId(member.id), self.role).await?;
            let (name, was) = (member.person.username, word(member.role));
            eprintln!("{name} is {} in {} now, and was {was}.", word(self.role), self.project);
            Ok(())
        })
    }
}

impl Who {
    fn remove(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let member = get(registry, &self.project, &self.person).await?;
            registry.members.remove(&Actor::system(), &self.project, MemberId(member.id)).await?;
            let (name, was) = (member.person.username, word(member.role));
            eprintln!("{name} is no member of {} any more, and was {was}.", self.project);
            Ok(())
        })
    }
}

impl Why {
    fn run(&self) -> anyhow::Result<()> {
        on_registry(&self.settings, async |registry, _| {
            let told = registry.access.explain(&Actor::system(), &self.project, &self.person).await?;
            if self.json {
                return output::json(&told);
            }
            if let Some(barrier) = barrier(&told) {
                eprintln!("{barrier}");
            }
            output::rows(&told.rights.iter().map(reasons).collect::<Vec<_>>());
            Ok(())
        })
    }
}

async fn all(registry: &Registry, project: &ProjectName) -> registry::Result<Vec<Member>> {
    let system = Actor::system();
    output::all(async |query| registry.members.list(&system, project, &query).await).await
}

/// The member of a name; in upper or lower case, where nobody is called exactly so.
async fn get(registry: &Registry, project: &ProjectName, person: &str) -> anyhow::Result<Member> {
    let mut members = all(registry, project).await?;
    let exactly = members.iter().position(|member| member.person.username == person);
    let lower = person.to_lowercase();
    let found = exactly.or_else(|| members.iter().position(|member| member.person.username.to_lowercase() == lower));
    match found {
        Some(at) => Ok(members.swap_remove(at)),
        None => bail!("{person} is no member of {project}; `slipway member list {project}` shows who is"),
    }
}

/// A member in a row: name, role, whether the account is disabled, since when.
fn row(member: &Member) -> [String; 4] {
    let state = if member.disabled { "disabled" } else { "active" };
    let since = format::moment(Locale::En, member.since);
    [member.person.username.clone(), word(member.role).to_owned(), state.to_owned(), format!("since {since}")]
}

/// What keeps somebody from using what they may.
fn barrier(told: &Explanation) -> Option<String> {
    let name = &told.person.username;
    Some(match told.barrier? {
        Barrier::Disabled => format!("The account {name} is disabled: until it is enabled none of this counts."),
        Barrier::PasswordChange => format!("{name} has to choose another password before any of this counts."),
    })
}

/// A right in a row: its word, whether there is one, and why or what it takes.
fn reasons(right: &ExplainedRight) -> [String; 3] {
    let sources: Vec<_> = right.sources.iter().copied().map(source).collect();
    let (has, why) =
        if sources.is_empty() { ("no", format!("takes {}", word(right.needed))) } else { ("yes", sources.join(", ")) };
    [permission::right(right.right).to_owned(), has.to_owned(), why]
}

/// A rule in words.
fn source(source: RightSource) -> String {
    match source {
        RightSource::Role(role) => format!("as {}", word(role)),
        RightSource::Public => "as everybody, in a public project".to_owned(),
        RightSource::Administrator => "as system administrator".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_has_a_word_that_leads_back_to_it() {
        for one in Role::ALL {
            assert_eq!(role(word(one)), Ok(one));
        }
        assert!(role("owner").is_err_and(|told| told.contains("maintainer, project-admin")));
    }
}
