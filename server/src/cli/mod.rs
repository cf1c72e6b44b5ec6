//! The command line.

mod admin;
mod backup;
mod check;
mod credential;
mod fsck;
mod gc;
mod job;
mod member;
mod output;
mod people;
mod permission;
mod project;
mod quota;
mod restore;
mod robot;
mod serve;
mod storage;
mod token;
mod trash;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::{
    build_info,
    config::{self, Config, Inputs, Values},
};

const EXAMPLES: &str = "\
Examples:
  slipway serve
      Start with everything in ./data: open http://localhost:8080, sign in as admin.
  slipway serve --data-dir /var/lib/slipway --public-url https://registry.example.com
      The same behind a load balancer that ends TLS.
  slipway config print
      Show every setting and where it comes from.
  slipway check
      Look at the running server from outside, and say what is wrong and how to mend it.
  slipway gc --dry-run
      Count what deleted images have left behind; without --dry-run take it away.
  slipway fsck
      Check that everything that was stored is there.
  slipway admin reset-password
      Give admin a new password, which is printed.
  slipway project create team
  slipway member add team ada developer
  slipway robot create ci --project team --may pull,push
      A project, somebody in it, and the secret of a robot for its pipelines.

Settings come from slipway.toml, then from SLIPWAY_… variables, then from flags.";

/// A container registry with a console, in one program.
#[derive(Debug, Parser)]
#[command(
    name = "slipway",
    version = build_info::VERSION,
    long_version = build_info::LONG,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the registry and the console
    #[command(after_help = serve::HELP)]
    Serve(Settings),
    /// Look at the running server from outside: address, certificate, proxy, clocks, store
    #[command(after_help = check::HELP)]
    Check(check::Check),
    /// Take away what nothing names any more, beside running servers
    #[command(after_help = gc::HELP)]
    Gc(gc::Gc),
    /// Copy the database, beside running servers
    #[command(after_help = backup::HELP)]
    Backup(backup::Backup),
    /// Restore a copy into a new database
    #[command(after_help = restore::HELP)]
    Restore(restore::Restore),
    /// Check whether everything that was stored is there and is what it was, beside running servers
    #[command(after_help = fsck::HELP)]
    Fsck(fsck::Fsck),
    /// Look at projects, create, change, rename and delete them, beside running servers
    #[command(subcommand, arg_required_else_help = true)]
    Project(project::ProjectCommand),
    /// Look at who is in a project and why they may what they may; add, change and remove members
    #[command(subcommand, arg_required_else_help = true)]
    Member(member::MemberCommand),
    /// Look at robots, create, change, rotate, disable and delete them
    #[command(subcommand, arg_required_else_help = true)]
    Robot(robot::RobotCommand),
    /// Look at people's access tokens, and revoke them
    #[command(subcommand, arg_required_else_help = true)]
    Token(token::TokenCommand),
    /// Look at what was deleted, restore it, or let it go for good
    #[command(subcommand, arg_required_else_help = true)]
    Trash(trash::TrashCommand),
    /// Look at how much projects hold and may hold, set it, or recount it
    #[command(subcommand, arg_required_else_help = true)]
    Quota(quota::QuotaCommand),
    /// Move the blobs into another folder or bucket, or go on without a place that is lost
    #[command(subcommand, arg_required_else_help = true)]
    Storage(StorageCommand),
    /// What an operator does without signing in
    #[command(subcommand, arg_required_else_help = true)]
    Admin(AdminCommand),
    /// Look at the configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Give a person a new password and end their sessions; the server may be running
    #[command(after_help = admin::HELP)]
    ResetPassword(admin::ResetPassword),
    /// Create a person and print the link with which they choose a password
    #[command(after_help = people::CREATE_HELP)]
    CreateUser(people::CreateUser),
    /// Print a new link for a person who has not chosen a password yet
    #[command(after_help = people::INVITE_HELP)]
    Invite(people::Invite),
    /// Show everybody with an account: name, rights, status
    ListUsers(people::ListUsers),
    /// Make a person a system administrator
    Promote(people::Promote),
    /// Take a person's rights of a system administrator, unless nobody else would have them
    Demote(people::Demote),
    /// Shut a person out with everything they have, until they are enabled; not the last administrator
    Disable(people::Disable),
    /// Let a disabled person sign in again
    Enable(people::Enable),
    /// End all of a person's sessions in the console; they sign in anew
    SignOut(people::SignOut),
    /// Delete a person with their roles and access tokens; not the last administrator
    #[command(after_help = people::DELETE_HELP)]
    DeleteUser(people::DeleteUser),
}

#[derive(Debug, Subcommand)]
enum StorageCommand {
    /// Copy all blobs from the place in storage.previous to the one in [storage], beside running servers
    #[command(after_help = storage::MIGRATE_HELP)]
    Migrate(storage::Migrate),
    /// Let servers start in another place than all blobs are known to be in, where that one is lost
    #[command(after_help = storage::ACCEPT_HELP)]
    Accept(storage::Accept),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Show the settings that count, as TOML, each with where it comes from; secrets are not shown
    Print(Settings),
}

/// Flags that every command takes.
#[derive(Debug, Args)]
struct Settings {
    /// The file to read instead of ./slipway.toml or /etc/slipway/slipway.toml
    #[arg(long, value_name = "FILE", env = "SLIPWAY_CONFIG")]
    config: Option<PathBuf>,
    /// The address and port to accept connections on, such as 127.0.0.1:8080 or :8080
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How the outside reaches this server, such as `https://registry.example.com`
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// The folder of the database, the secret key and the blobs
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Any other setting, such as `http.idle_timeout=5m`; can be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_and_value)]
    set: Vec<(String, String)>,
}

impl Settings {
    fn load(&self) -> anyhow::Result<(Config, Values)> {
        let named = [("listen", &self.listen), ("public_url", &self.public_url), ("data_dir", &self.data_dir)];
        let named = named
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value.clone()?, format!("--{}", key.replace('_', "-")))));
        let set = self.set.iter().map(|(key, value)| (key.clone(), value.clone(), format!("--set {key}")));
        let inputs = Inputs {
            file: self.config.clone(),
            environment: std::env::vars_os().filter_map(as_text).collect(),
            flags: named.chain(set).collect(),
        };
        Ok(Config::load(&inputs)?)
    }
}

/// Variables that are no text are nobody's settings.
fn as_text((name, value): (OsString, OsString)) -> Option<(String, String)> {
    Some((name.into_string().ok()?, value.into_string().ok()?))
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, such as http.idle_timeout=5m")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

fn done(result: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    result.map(|()| ExitCode::SUCCESS)
}

/// Runs the command of this process.
pub fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(settings) => done(settings.load().and_then(|(config, _)| serve::run(config))),
        Command::Check(command) => command.run(),
        Command::Gc(command) => done(command.run()),
        Command::Backup(command) => done(command.run()),
        Command::Restore(command) => command.run(),
        Command::Fsck(command) => command.run(),
        Command::Project(command) => done(command.run()),
        Command::Member(command) => done(command.run()),
        Command::Robot(command) => done(command.run()),
        Command::Token(command) => done(command.run()),
        Command::Trash(command) => done(command.run()),
        Command::Quota(command) => done(command.run()),
        Command::Storage(StorageCommand::Migrate(command)) => command.run(),
        Command::Storage(StorageCommand::Accept(command)) => done(command.run()),
        Command::Admin(AdminCommand::ResetPassword(command)) => done(command.run()),
        Command::Admin(AdminCommand::CreateUser(command)) => done(command.run()),
        Command::Admin(AdminCommand::Invite(command)) => done(command.run()),
        Command::Admin(AdminCommand::ListUsers(command)) => done(command.run()),
        Command::Admin(AdminCommand::Promote(command)) => done(command.run()),
        Command::Admin(AdminCommand::Demote(command)) => done(command.run()),
        Command::Admin(AdminCommand::Disable(command)) => done(command.run()),
        Command::Admin(AdminCommand::Enable(command)) => done(command.run()),
        Command::Admin(AdminCommand::SignOut(command)) => done(command.run()),
        Command::Admin(AdminCommand::DeleteUser(command)) => done(command.run()),
        Command::Config(ConfigCommand::Print(settings)) => done(settings.load().map(|(_, values)| {
            print!("{}", config::print(&values));
        })),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("slipway: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_commands_are_consistent() {
        Cli::command().debug_assert();
    }
}
