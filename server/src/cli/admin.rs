//! `slipway admin`.

use std::{io::Read, path::PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use registry::{Actor, Secret};

use super::{
    Settings,
    people::{on_registry, print_link},
};

/// What `--help` adds.
pub const HELP: &str = "\
Run it where the server runs, with the same settings; it writes to the database.

Examples:
  slipway admin reset-password
      Makes up a password for admin and prints it.
  slipway admin reset-password ada --password-file /run/secrets/ada
  slipway admin reset-password ada --link
  pass show slipway/ada | slipway admin reset-password ada --password-file -";

/// Letters and digits that are not mistaken for each other.
const ALPHABET: &[u8; 56] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ2345678";
/// Of these 22 have over 127 bits.
const LENGTH: usize = 22;
/// Longer input than any password.
const LONGEST: u64 = 4096;

/// Gives somebody a new password.
#[derive(Debug, Args)]
pub struct ResetPassword {
    /// Whose password
    #[arg(value_name = "USER", default_value = "admin")]
    user: String,
    /// A file that holds the new password, or - for standard input; without it one is made up and printed
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Print a one-time link with which they choose a password themselves; the old one stops working
    #[arg(long, conflicts_with = "password_file")]
    link: bool,
    #[command(flatten)]
    settings: Settings,
}

impl ResetPassword {
    /// Sets the password in the database.
    pub fn run(&self) -> anyhow::Result<()> {
        if self.link {
            return on_registry(&self.settings, async |registry, config| {
                let system = Actor::system();
                let user = registry.people.get_id(&system, &self.user).await?;
                print_link(config, &registry.people.reset(&system, user).await?);
                Ok(())
            });
        }
        let given = self.password_file.as_ref().map(read).transpose()?;
        let made_up = given.is_none();
        let password = given.map_or_else(make_up, Ok)?;
        let secret = Secret::new(password.clone());
        on_registry(&self.settings, async |registry, _| {
            Ok(registry.people.reset_password(&Actor::system(), &self.user, &secret).await?)
        })?;
        eprintln!("{} has a new password; all their sessions are ended.", self.user);
        if made_up {
            println!("{password}");
        }
        Ok(())
    }
}

/// The first line of a file or of standard input.
fn read(path: &PathBuf) -> anyhow::Result<String> {
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().take(LONGEST).read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        let file = std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        file.take(LONGEST).read_to_string(&mut text).with_context(|| format!("cannot read {}", path.display()))?;
    }
    let password = text.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("there is no password in {}", path.display());
    }
    Ok(password.to_owned())
}

fn make_up() -> anyhow::Result<String> {
    let mut password = String::with_capacity(LENGTH);
    while password.len() < LENGTH {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).context("no randomness for a password")?;
        // Only what divides evenly, so that every letter is as likely.
        let letters = bytes.iter().filter_map(|byte| ALPHABET.get(usize::from(*byte & 63)));
        password.extend(letters.take(LENGTH - password.len()).map(|letter| char::from(*letter)));
    }
    Ok(password)
}
