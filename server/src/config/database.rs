//! Where the metadata is: a file of SQLite, or a database on a PostgreSQL server.

use std::path::Path;

use registry::{Database, Postgres};

use super::{ConfigError, Values, units};

const URL: &str = "database.url";

/// Keys that mean something only where there is a server.
const OF_A_SERVER: [&str; 7] = [
    "database.password",
    "database.password_file",
    "database.max_connections",
    "database.acquire_timeout",
    "database.statement_timeout",
    "database.idle_timeout",
    "database.max_lifetime",
];

/// Reads all keys of the table; a file in the data folder where nothing is said.
pub(super) fn read(values: &Values, data_dir: &Path, errors: &mut Vec<ConfigError>) -> Database {
    let file = || Database::Sqlite(data_dir.join("slipway.db"));
    let password = values.secret("database.password", "database.password_file", errors);
    let max_connections = values.parse("database.max_connections", connections, errors);
    let acquire_timeout = values.parse("database.acquire_timeout", units::duration, errors);
    let statement_timeout = values.parse("database.statement_timeout", units::duration, errors);
    let idle_timeout = values.parse("database.idle_timeout", units::duration, errors);
    let max_lifetime = values.parse("database.max_lifetime", units::duration, errors);
    let url = values.text(URL);
    let url = url.trim();
    if url.starts_with("postgres") {
        return match Postgres::new(url, password.as_ref()) {
            Ok(mut server) => {
                server.max_connections = max_connections;
                server.acquire_timeout = acquire_timeout;
                server.statement_timeout = statement_timeout;
                server.idle_timeout = idle_timeout;
                server.max_lifetime = max_lifetime;
                Database::Postgres(Box::new(server))
            }
            Err(error) => {
                errors.push(values.refused(URL, error.to_string()));
                file()
            }
        };
    }
    if let Some(key) = OF_A_SERVER.into_iter().find(|key| values.is_set(key)) {
        errors.push(values.conflict(key, URL, "only a server has this; set its URL"));
    }
    values.optional(URL, sqlite, errors).unwrap_or_else(file)
}

/// `sqlite:` and a path.
fn sqlite(text: &str) -> Option<Database> {
    text.strip_prefix("sqlite:").filter(|path| !path.is_empty()).map(|path| Database::Sqlite(path.into()))
}

/// One to read with and one to write with, at least.
fn connections(text: &str) -> Option<u32> {
    text.parse().ok().filter(|count| (2..=10_000).contains(count))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;
    use crate::config::{Config, Inputs, print};

    fn load(pairs: &[(&str, &str)]) -> Result<(Config, Values), String> {
        let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Config::load(&Inputs { environment, ..Inputs::default() }).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_server_is_named_by_its_url_and_the_rest_has_defaults() {
        let url = ("SLIPWAY_DATABASE_URL", "postgres://slipway@db.example.com/registry?sslmode=require");
        let (config, _) = load(&[url, ("SLIPWAY_DATABASE__MAX_CONNECTIONS", "7")]).unwrap();
        let Database::Postgres(server) = config.database else { panic!("{:?}", config.database) };
        assert_eq!((server.max_connections, server.acquire_timeout), (7, Duration::from_secs(3)));
    }

    #[test]
    fn the_password_may_come_from_a_file_and_is_shown_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        std::fs::write(&file, "hunter2\n").unwrap();
        let file = ("SLIPWAY_DATABASE__PASSWORD_FILE", file.to_str().unwrap());
        let plain = "postgres://slipway@db/registry";
        let inside = "postgres://slipway:hunter2@db/registry";
        for pairs in [vec![("SLIPWAY_DATABASE__URL", inside)], vec![("SLIPWAY_DATABASE__URL", plain), file]] {
            let (config, values) = load(&pairs).unwrap();
            let shown = format!("{config:?} {}", print(&values));
            assert!(shown.contains("db/registry") && !shown.contains("hunter2"), "{shown}");
        }
        for pairs in [
            vec![("SLIPWAY_DATABASE__URL", inside), file],
            vec![("SLIPWAY_DATABASE__URL", "postgres://slipway:hunter2@db")],
            vec![("SLIPWAY_DATABASE__URL", "postgres://slipway:hunter2@db/registry?sslmode=perhaps")],
            vec![("SLIPWAY_DATABASE__URL", "mysql://slipway:hunter2@db/registry")],
        ] {
            let error = load(&pairs).unwrap_err();
            assert!(error.contains("`database.url`") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn what_only_a_server_has_needs_one() {
        let error = load(&[("SLIPWAY_DATABASE__MAX_CONNECTIONS", "7")]).unwrap_err();
        assert!(error.contains("database.max_connections") && error.contains("set its URL"), "{error}");
        let error = load(&[("SLIPWAY_DATABASE__URL", "postgres://db/x"), ("SLIPWAY_DATABASE__MAX_CONNECTIONS", "1")]);
        assert!(error.unwrap_err().contains("a whole number from 2"));
    }
}
