//! A look at this server from outside, and at what it stands on: what is wrong is named before a client meets it.
//!
//! Nothing is asked but the addresses that are configured: `public_url`, and the bucket where clients are sent to it. Each host is
//! looked up once, every request goes to the very address that answered, and no redirect is followed to another host.
//!
//! A file holds what is looked at, with one function for each [`Finding`] that judges what was seen and asks nobody, so that
//! tests need no network. To add one: a variant of `Finding`, its words in `app/src/i18n/connection.rs`, a function here.

mod address;
mod bucket;
mod certificate;
mod clock;
mod outgoing;
mod probe;

use std::{net::IpAddr, pin::Pin, sync::Arc, time::Duration};

use api_types::{CheckReport, Finding, ProcessFacts, StorePlace};
use registry::{Actor, Clock, Registry};
use time::OffsetDateTime;
use tokio::sync::Mutex;

pub use self::probe::{Probe, ProbeKey};
use crate::{
    build_info,
    config::{Config, Storage},
    outside::PublicUrl,
};

/// How long the database may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks at one installation.
#[derive(Debug)]
pub struct Examiner {
    public_url: Option<PublicUrl>,
    /// Whether TLS ends in the server that is looked at.
    tls: bool,
    key: ProbeKey,
    /// Absent where the database cannot be opened, with the reason.
    registry: Result<Registry, String>,
    clock: Arc<dyn Clock>,
    place: StorePlace,
    /// Whether the store of before is configured.
    has_previous: bool,
    process: ProcessFacts,
    /// One look at a time.
    looking: Mutex<()>,
}

impl Examiner {
    /// Looks with these settings. Without a registry it says why there is none.
    pub fn new(config: &Config, key: ProbeKey, registry: Result<Registry, String>, clock: Arc<dyn Clock>) -> Self {
        let public_url = config.public_url.clone();
        let process = ProcessFacts {
            version: build_info::VERSION.to_owned(),
            commit: build_info::COMMIT.map(str::to_owned),
            started_at: clock.now(),
            public_url: public_url.as_ref().map(ToString::to_string),
            trusted_proxies: config.trusted_proxies.iter().map(ToString::to_string).collect(),
            tls: config.tls.is_some(),
        };
        let (tls, place) = (config.tls.is_some(), place(&config.storage));
        let has_previous = config.previous_storage.is_some();
        Self { public_url, tls, key, registry, clock, place, has_previous, process, looking: Mutex::default() }
    }

    /// Looks at everything.
    pub async fn look(&self) -> CheckReport {
        let _alone = self.looking.lock().await;
        let at = self.clock.now();
        let mut findings = Vec::new();
        let address = address::look(self, &mut findings).await;
        self.look_at_database(&mut findings).await;
        if let Ok(registry) = &self.registry {
            let host = self.public_url.as_ref().map(|url| url.host_and_port().0);
            let outside = bucket::Outside { host, address };
            bucket::look(registry, &self.place, outside, || self.clock.now(), &mut findings).await;
            // Where the database does not answer that is told already.
            if self.has_previous && registry.maintenance.follow_home().await.unwrap_or_default() {
                findings.push(Finding::BlobsMoved);
            }
        }
        CheckReport { at, url: self.public_url.as_ref().map(ToString::to_string), findings }
    }

    async fn look_at_database(&self, findings: &mut Vec<Finding>) {
        let failed = |reason: String| Finding::DatabaseFailed { reason };
        let health = match &self.registry {
            Err(reason) => return findings.push(failed(reason.clone())),
            Ok(registry) => tokio::time::timeout(PATIENCE, registry.system.database(&Actor::system())).await,
        };
        match health {
            Ok(Ok(health)) => {
                let version = format!("{:?} {}", health.kind, health.version);
                findings.push(Finding::DatabaseGood { version, microseconds: health.latency });
                if let Some(ahead) = health.ahead {
                    findings.push(clock::finding(api_types::ClockPlace::Database, ahead));
                }
            }
            Ok(Err(error)) => findings.push(failed(reason_of(&error))),
            Err(_) => findings.push(failed(format!("no answer in {} s", PATIENCE.as_secs()))),
        }
    }
}

impl app::ssr::Examiner for Examiner {
    fn process(&self) -> ProcessFacts {
        self.process.clone()
    }

    fn place(&self) -> StorePlace {
        self.place.clone()
    }

    fn examine(&self) -> Pin<Box<dyn Future<Output = CheckReport> + Send + '_>> {
        Box::pin(self.look())
    }
}

/// An error with all its causes.
pub fn reason_of(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let word = error.to_string();
        // Some say in their own words all that their cause says.
        if !text.contains(&word) {
            text = format!("{text}: {word}");
        }
        cause = error.source();
    }
    text
}

fn place(storage: &Storage) -> StorePlace {
    match storage {
        Storage::Folder { path, .. } => StorePlace::Folder { path: path.display().to_string() },
        Storage::S3(options) => {
            let slash = if options.prefix.is_empty() { "" } else { "/" };
            StorePlace::Bucket {
                name: format!("{}{slash}{}", options.bucket, options.prefix),
                endpoint: options.endpoint.clone(),
                redirect: options.redirect,
            }
        }
    }
}

/// Whether an address leads nowhere from the internet.
fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified()
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

/// Milliseconds from one moment to another.
fn milliseconds(from: OffsetDateTime, to: OffsetDateTime) -> i64 {
    i64::try_from((to - from).whole_milliseconds()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
