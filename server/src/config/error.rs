//! What can be wrong with a configuration, said so that it can be put right at once.

use std::{
    fmt::{self, Display},
    path::PathBuf,
};

use super::keys::Key;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing sets it.
    Default,
    /// A line of a file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag of the command.
    Flag(String),
}

impl Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One mistake.
#[derive(Debug)]
pub enum ConfigError {
    /// A file cannot be read.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The key that names the file, unless it is the configuration itself.
        key: Option<&'static Key>,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not TOML.
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// No such key.
    UnknownKey {
        /// As it was written, in the form `table.key`.
        name: String,
        /// What was probably meant.
        nearest: Option<&'static Key>,
        /// Where it stands.
        source: Source,
    },
    /// The key does not take this value.
    InvalidValue {
        /// The key.
        key: &'static Key,
        /// The value, unless it is secret.
        value: Option<String>,
        /// Where it stands.
        source: Source,
    },
    /// The key does not take this value, for a reason that only whoever reads it can tell. The reason shows no secret.
    Refused {
        /// The key.
        key: &'static Key,
        /// Where the value stands.
        source: Source,
        /// Why.
        reason: String,
    },
    /// Two keys that do not go together.
    Conflict {
        /// One of them.
        a: &'static Key,
        /// Where it stands.
        a_source: Source,
        /// The other.
        b: &'static Key,
        /// Where that stands.
        b_source: Source,
        /// Why not.
        reason: &'static str,
    },
}

impl Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { path, key: None, error } => {
                write!(f, "cannot read the configuration {}: {error}", path.display())
            }
            Self::Unreadable { path, key: Some(key), error } => {
                write!(f, "cannot read {}, which `{}` names: {error}", path.display(), key.name)
            }
            Self::Syntax { path, line, message } => write!(f, "{}:{line}: {message}", path.display()),
            Self::UnknownKey { name, nearest, source } => {
                write!(f, "{source}: there is no key `{name}`")?;
                match (nearest, source) {
                    (Some(key), Source::Variable(_)) => {
                        write!(f, "; did you mean {}?", super::environment::variable(key.name))
                    }
                    (Some(key), _) => write!(f, "; did you mean `{}`?", key.name),
                    (None, _) => write!(f, "; `slipway config print` lists all of them"),
                }
            }
            Self::InvalidValue { key, value: Some(value), source } => {
                write!(f, "{source}: `{}` cannot be \"{value}\"; expected {}", key.name, key.expects)
            }
            Self::InvalidValue { key, value: None, source } => {
                write!(f, "{source}: the value of `{}` is not valid; expected {}", key.name, key.expects)
            }
            Self::Refused { key, source, reason } => {
                write!(f, "{source}: the value of `{}` is not valid: {reason}", key.name)
            }
            Self::Conflict { a, a_source, b, b_source, reason } => {
                write!(f, "`{}` ({a_source}) and `{}` ({b_source}) do not go together: {reason}", a.name, b.name)
            }
        }
    }
}

/// Everything that is wrong with a configuration.
#[derive(Debug)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration is not valid")?;
        self.0.iter().try_for_each(|error| write!(f, "\n  {error}"))
    }
}

impl std::error::Error for ConfigErrors {}
