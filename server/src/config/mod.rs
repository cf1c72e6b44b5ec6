//! What an operator can set: a TOML file, then the environment, then flags; the last one that names a key wins.
//!
//! Every key stands once in [`KEYS`] with its default and what it expects, and is read once in [`Config::read`].
//! To add a key, add a row there, a field here, a line in [`Config::read`] and a section in `docs/configuration.md`
//! (a test compares the table with the page). A key that nothing reads does not exist: it is an error to set it.

mod database;
mod environment;
mod error;
mod file;
mod keys;
mod print;
mod storage;
mod tls;
pub(crate) mod units;
mod values;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ipnet::IpNet;
use registry::{Database, Secret};

pub use self::{
    error::{ConfigError, ConfigErrors, Source},
    keys::{KEYS, Key},
    print::print,
    storage::Storage,
    tls::Tls,
    values::Values,
};
use crate::{
    audit::forward::Target,
    outside::{ProxyHeaders, PublicUrl},
};

/// Where configuration comes from, before any of it is read.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The file to read; without it the first that exists of [`DEFAULT_FILES`].
    pub file: Option<PathBuf>,
    /// The process's environment, or a test's.
    pub environment: Vec<(String, String)>,
    /// What flags set: the key, its value, and the flag's name for messages.
    pub flags: Vec<(String, String, String)>,
}

/// Files that are read when none is named.
pub const DEFAULT_FILES: [&str; 2] = ["slipway.toml", "/etc/slipway/slipway.toml"];

/// Manifests kept in memory, in bytes.
const MANIFEST_CACHE: u64 = 16 << 20;

/// The effective configuration, validated.
#[derive(Clone, Debug)]
pub struct Config {
    /// The address to accept connections on.
    pub listen: SocketAddr,
    /// How the outside reaches this server, where the operator says so.
    pub public_url: Option<PublicUrl>,
    /// Peers whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Which headers those peers write.
    pub proxy_headers: ProxyHeaders,
    /// The folder of the secret key and of the embedded database.
    pub data_dir: PathBuf,
    /// The first administrator's password, where the well-known default shall not be used.
    pub admin_password: Option<Secret<String>>,
    /// The installation's secret, where it is not a file in the data folder.
    pub secret_key: Option<Secret<String>>,
    /// The secret before the last rotation.
    pub previous_secret_key: Option<Secret<String>>,
    /// Where the metadata is.
    pub database: Database,
    /// Where the blobs are.
    pub storage: Storage,
    /// Where they were before, as long as some of them still are.
    pub previous_storage: Option<Storage>,
    /// Limits of connections and requests.
    pub http: Http,
    /// The certificate, where TLS ends here.
    pub tls: Option<Tls>,
    /// How long people stay signed in.
    pub sessions: Sessions,
    /// The least number of characters of a new password.
    pub password_min_length: u32,
    /// How long an upload may rest before it is given up.
    pub upload_expiry: Duration,
    /// How long what is deleted can be restored.
    pub trash_time: Duration,
    /// When what nothing names any more is taken away.
    pub collection: Collection,
    /// Bytes a second that a deep check reads; as many as there are where it is 0.
    pub read_rate: u64,
    /// Copies of the database that are made by themselves.
    pub backup: Backup,
    /// To whom audit events are told as they happen.
    pub audit_forward: Option<Target>,
    /// What is logged and how.
    pub log: Log,
    /// Which clients may read `/metrics`.
    pub metrics_allow: Vec<IpNet>,
}

/// Limits of connections and requests.
#[derive(Clone, Debug)]
pub struct Http {
    /// From the first byte of a request to the end of its headers.
    pub header_timeout: Duration,
    /// How long a connection may rest between requests.
    pub idle_timeout: Duration,
    /// How long a client may take none of an answer's bytes.
    pub write_timeout: Duration,
    /// Request line and headers together, in bytes.
    pub max_header_bytes: usize,
    /// Connections that are served at once; more wait in the kernel's queue.
    pub max_connections: usize,
    /// Concurrent requests of one HTTP/2 connection.
    pub max_streams: u32,
    /// The least a request body must bring, in bytes a second, averaged over [`Http::body_window`].
    pub min_body_rate: u64,
    /// Over how much waiting the body rate is averaged.
    pub body_window: Duration,
    /// Bytes of manifests, forms and JSON that are in memory at once, beyond the first 16 KiB of each.
    pub body_budget: usize,
    /// How long connections are still accepted after a signal to stop.
    pub shutdown_delay: Duration,
    /// How long running requests may go on after that.
    pub shutdown_grace: Duration,
}

/// How long people stay signed in.
#[derive(Clone, Copy, Debug)]
pub struct Sessions {
    /// After this long without anything they did.
    pub idle: Duration,
    /// After this long in any case.
    pub absolute: Duration,
}

/// When what nothing names any more is taken away.
#[derive(Clone, Copy, Debug)]
pub struct Collection {
    /// How often, over all processes; never by itself where absent.
    pub interval: Option<Duration>,
    /// How long a blob that no manifest names is kept for the client that is about to push one.
    pub grace: Duration,
}

/// Copies of the database that are made by themselves.
#[derive(Clone, Debug)]
pub struct Backup {
    /// The folder that they are in; in the bucket of the blobs where absent.
    pub path: Option<PathBuf>,
    /// How often, over all processes; never by themselves where absent.
    pub interval: Option<Duration>,
    /// How many are kept.
    pub keep: usize,
    /// How long blobs are kept for the sake of a copy that was taken away.
    pub hold: Duration,
}

/// What is logged and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// The shape of a line.
    pub format: LogFormat,
    /// A level, or directives such as `info,server=debug`.
    pub level: String,
    /// Which requests get a line.
    pub access: AccessLog,
}

/// The shape of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Human on a terminal, JSON otherwise.
    Auto,
    /// For eyes.
    Human,
    /// One JSON object a line.
    Json,
}

/// Which requests get a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessLog {
    /// Every request but health checks, metrics and assets that went well.
    All,
    /// Those answered with 400 or above.
    Failures,
    /// None.
    Nothing,
}

impl Config {
    /// Reads file, environment and flags and validates the result.
    ///
    /// All mistakes are reported at once. The values come back too, so that they can be printed with their origin.
    pub fn load(inputs: &Inputs) -> Result<(Self, Values), ConfigErrors> {
        let mut values = Values::default();
        let mut errors = Vec::new();
        let found = || DEFAULT_FILES.iter().map(PathBuf::from).find(|path| path.exists());
        if let Some(path) = inputs.file.clone().or_else(found) {
            match std::fs::read_to_string(&path) {
                Ok(text) => file::read(&path, &text, &mut values, &mut errors),
                Err(error) => errors.push(ConfigError::Unreadable { path, key: None, error }),
            }
        }
        environment::read(&inputs.environment, &mut values, &mut errors);
        for (key, value, flag) in &inputs.flags {
            values.set(key, values::Raw::Text(value.clone()), Source::Flag(flag.clone()), &mut errors);
        }
        let config = Self::read(&values, &mut errors);
        if errors.is_empty() { Ok((config, values)) } else { Err(ConfigErrors(errors)) }
    }

    /// What the registry needs of it, and where copies of the database go.
    pub fn registry_options(&self, backups: registry::backup::Plan) -> registry::Options {
        registry::Options {
            database: self.database.clone(),
            admin_password: self.admin_password.clone(),
            password_min_length: self.password_min_length,
            upload_expiry: self.upload_expiry,
            link_grace: self.collection.grace,
            trash_time: self.trash_time,
            read_rate: self.read_rate,
            backups,
            manifest_cache: MANIFEST_CACHE,
        }
    }

    /// One line for each key; where a value is wrong, the default stands in so that all mistakes are found.
    fn read(values: &Values, errors: &mut Vec<ConfigError>) -> Self {
        let data_dir = PathBuf::from(values.text("data_dir"));
        let mut config = Self {
            listen: values.parse("listen", units::listen, errors),
            public_url: values.optional("public_url", |text| PublicUrl::parse(text).ok(), errors),
            trusted_proxies: values.list("trusted_proxies", units::network, errors),
            proxy_headers: values.parse("proxy_headers", units::proxy_headers, errors),
            admin_password: values.secret("admin_password", "admin_password_file", errors),
            secret_key: values.secret("secret_key", "secret_key_file", errors),
            previous_secret_key: values.secret("previous_secret_key", "previous_secret_key_file", errors),
            database: database::read(values, &data_dir, errors),
            storage: storage::read(values, &data_dir, errors),
            previous_storage: storage::previous(values, errors),
            http: Http {
                header_timeout: values.parse("http.header_timeout", units::duration, errors),
                idle_timeout: values.parse("http.idle_timeout", units::duration, errors),
                write_timeout: values.parse("http.write_timeout", units::duration, errors),
                max_header_bytes: values.parse("http.max_header_bytes", units::header_bytes, errors),
                max_connections: values.parse("http.max_connections", units::positive, errors),
                max_streams: values.parse("http.max_streams", units::positive, errors),
                min_body_rate: values.parse("http.min_body_rate", units::bytes, errors),
                body_window: values.parse("http.body_window", units::duration, errors),
                body_budget: values.parse("http.body_budget", units::body_budget, errors),
                shutdown_delay: values.parse("http.shutdown_delay", units::delay, errors),
                shutdown_grace: values.parse("http.shutdown_grace", units::duration, errors),
            },
            tls: tls::read(values, errors),
            sessions: Sessions {
                idle: values.parse("sessions.idle", units::duration, errors),
                absolute: values.parse("sessions.absolute", units::duration, errors),
            },
            password_min_length: values.parse("passwords.min_length", units::password_length, errors),
            upload_expiry: values.parse("uploads.expiry", units::duration, errors),
            trash_time: values.parse("trash.keep", units::delay, errors),
            collection: Collection {
                interval: Some(values.parse("collection.interval", units::delay, errors))
                    .filter(|interval| !interval.is_zero()),
                grace: values.parse("collection.grace", units::delay, errors),
            },
            read_rate: values.parse("fsck.rate", units::bytes, errors),
            backup: Backup {
                path: values.optional("backup.path", units::path, errors),
                interval: Some(values.parse("backup.interval", units::delay, errors))
                    .filter(|interval| !interval.is_zero()),
                keep: values.parse("backup.keep", units::positive, errors),
                hold: values.parse("backup.hold", units::delay, errors),
            },
            audit_forward: values.optional("audit.forward", Target::parse, errors),
            log: Log {
                format: values.parse("log.format", units::log_format, errors),
                level: values.parse("log.level", units::log_level, errors),
                access: values.parse("log.access", units::access_log, errors),
            },
            metrics_allow: values.list("metrics.allow", units::network, errors),
            data_dir,
        };
        if config.backup.path.is_none() && matches!(config.storage, Storage::Folder { .. }) {
            config.backup.path = Some(config.data_dir.join("backups"));
        }
        if config.sessions.idle > config.sessions.absolute {
            errors.push(values.conflict(
                "sessions.idle",
                "sessions.absolute",
                "a session cannot rest longer than it may last",
            ));
        }
        if config.tls.is_some() && config.public_url.as_ref().is_some_and(|url| !url.is_https()) {
            let reason = "with a certificate this server speaks TLS; write `https://`";
            errors.push(values.conflict("public_url", "tls.certificate", reason));
        }
        config
    }
}

#[cfg(test)]
mod tests;
