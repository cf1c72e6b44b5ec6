//! Where the metadata is, and how it is reached.

use crate::Secret;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::{fmt, path::PathBuf, time::Duration};

/// Where the metadata is.
#[derive(Clone, Debug)]
pub enum Database {
    /// A SQLite file, created where absent. One process serves from it.
    Sqlite(PathBuf),
    /// A database on a PostgreSQL server, which any number of processes share.
    Postgres(Box<Postgres>),
}

/// A database on a PostgreSQL server, and how many connections are made to it.
#[derive(Clone)]
pub struct Postgres {
    pub(crate) options: PgConnectOptions,
    /// Connections at most, of which half are for writing. At least 2.
    pub max_connections: u32,
    /// How long a request may wait for a connection, and so for a server that restarts.
    pub acquire_timeout: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// After how long without work a connection is closed.
    pub idle_timeout: Duration,
    /// After how long a connection is replaced.
    pub max_lifetime: Duration,
}

/// What is wrong with an address of PostgreSQL. Never holds the password.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidAddress(String);

/// Parameters that a URL may have; whatever else it says would be passed over in silence.
const PARAMETERS: [&str; 13] = [
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

impl Postgres {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…&sslrootcert=…`; what it leaves out comes from the variables and
    /// the password file of libpq (`PGHOST`, `~/.pgpass`, …). `password` stands for one that the URL does not have.
    ///
    /// # Errors
    /// [`InvalidAddress`] for what is no such URL, has a parameter that does not exist, a certificate file that cannot be read, or
    /// two passwords.
    pub fn new(url: &str, password: Option<&Secret<String>>) -> Result<Self, InvalidAddress> {
        let wrong = |reason: &str| InvalidAddress(reason.to_owned());
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
        let rest = rest.ok_or_else(|| wrong("it has to begin with postgres:// or postgresql://"))?;
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        for name in query.split('&').filter(|part| !part.is_empty()).map(|part| part.split('=').next().unwrap_or(part))
        {
            if !PARAMETERS.contains(&name) && !name.starts_with("options[") {
                return Err(InvalidAddress(format!("it has no parameter {name}; there are {}", PARAMETERS.join(", "))));
            }
        }
        let mut options: PgConnectOptions = url.parse().map_err(|error| InvalidAddress(reason_of(&error)))?;
        if let Some(password) = password {
            if Self::has_password(url) {
                return Err(wrong("it has a password, and another one is set beside it: keep one of them"));
            }
            options = options.password(password.expose());
        }
        if options.get_database().is_none_or(str::is_empty) {
            return Err(wrong("it names no database after the host, as in postgres://slipway@db.example.com/slipway"));
        }
        readable(&options, query)?;
        Ok(Self {
            options: options.application_name("slipway"),
            max_connections: 20,
            acquire_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_mins(10),
            max_lifetime: Duration::from_mins(30),
        })
    }
}

impl Postgres {
    /// Whether a URL may hold a password.
    pub fn has_password(url: &str) -> bool {
        Self::without_password(url) != url
    }

    /// A URL to be shown: with `[redacted]` for what may be a password.
    pub fn without_password(url: &str) -> String {
        let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
        let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
        let mut shown = match place.rsplit_once('@') {
            Some((user, host)) if user.contains(':') => {
                format!("{scheme}://{}:[redacted]@{host}", user.split(':').next().unwrap_or_default())
            }
            _ => format!("{scheme}://{place}"),
        };
        if let Some(query) = query {
            let part = |part: &str| match part.split_once('=') {
                Some((name, _)) if name.contains("pass") || name.contains('%') => format!("{name}=[redacted]"),
                _ => part.to_owned(),
            };
            shown.push('?');
            shown.push_str(&query.split('&').map(part).collect::<Vec<_>>().join("&"));
        }
        shown
    }
}

/// The files that the URL names; without a look at them a start would fail late and name none.
fn readable(options: &PgConnectOptions, query: &str) -> Result<(), InvalidAddress> {
    for (name, path) in query.split('&').filter_map(|part| part.split_once('=')) {
        if matches!(name, "sslrootcert" | "sslcert" | "sslkey") && !matches!(options.get_ssl_mode(), PgSslMode::Disable)
        {
            let path = percent_decoded(path);
            if let Err(error) = std::fs::File::open(&path) {
                return Err(InvalidAddress(format!("its {name} {path} cannot be read: {error}")));
            }
        }
    }
    Ok(())
}

/// The parser's word without what it quotes of the URL.
fn reason_of(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(cause) => cause.to_string(),
        _ => "it cannot be understood".to_owned(),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres")
            .field("host", &self.options.get_host())
            .field("database", &self.options.get_database())
            .field("max_connections", &self.max_connections)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn refused(url: &str) -> String {
        Postgres::new(url, None).unwrap_err().to_string()
    }

    #[test]
    fn a_wrong_address_is_refused_with_what_is_wrong_about_it() {
        for (url, word) in [
            ("mysql://db/slipway", "postgres://"),
            ("postgres://ada:hunter2@db.example.com", "no database"),
            ("postgres://ada:hunter2@db/slipway?sslmod=require", "sslmod"),
            ("postgres://ada:hunter2@db/slipway?sslmode=sometimes", "sometimes"),
            ("postgres://ada:hunter2@db:port/slipway", "port"),
            ("postgres://ada:hunter2@db/slipway?sslmode=verify-full&sslrootcert=%2Fno%2Fsuch.pem", "/no/such.pem"),
        ] {
            let reason = refused(url);
            assert!(reason.contains(word), "{url}: {reason}");
            assert!(!reason.contains("hunter2"), "{reason}");
        }
    }

    #[test]
    fn a_password_stands_in_one_place() {
        let password = Secret::new("hunter2".to_owned());
        assert!(Postgres::new("postgres://ada@db/slipway", Some(&password)).is_ok());
        for url in ["postgres://ada:x@db/slipway", "postgres://ada@db/slipway?password=x"] {
            let error = Postgres::new(url, Some(&password)).unwrap_err();
            assert!(error.to_string().contains("keep one"), "{error}");
        }
    }

    #[test]
    fn nothing_prints_the_password() {
        let database = Postgres::new("postgres://ada:hunter2@db.example.com/slipway", None).unwrap();
        let printed = format!("{database:?} {:?}", Database::Postgres(Box::new(database.clone())));
        assert!(printed.contains("db.example.com") && !printed.contains("hunter2"), "{printed}");
    }
}
