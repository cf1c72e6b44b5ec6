//! The server and what it stands on, and what was found when it looked at itself from outside.

use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use time::OffsetDateTime;

/// What the page of the system shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// The database.
    pub database: DatabaseHealth,
    /// The store of blobs.
    pub store: StoreHealth,
    /// How much there is of everything.
    pub counts: SystemCounts,
    /// The process that answered.
    pub process: ProcessFacts,
    /// How the viewer reached it.
    pub visit: Visit,
    /// The last look from outside, by any process; absent before the first one.
    pub check: Option<CheckReport>,
}

/// The database at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseHealth {
    /// Which one.
    pub kind: DatabaseKind,
    /// Its version, as it tells it.
    pub version: String,
    /// How long a small statement took, in microseconds.
    pub latency: u64,
    /// Bytes.
    pub size: u64,
    /// Milliseconds that its clock is ahead of this process's; negative where it is behind. SQLite has none of its own.
    pub ahead: Option<i64>,
}

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseKind {
    /// A file beside the server.
    Sqlite,
    /// A server.
    Postgres,
}

/// The store at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreHealth {
    /// Where the blobs are.
    pub place: StorePlace,
    /// How long it took to prove that it takes bytes, in microseconds.
    pub latency: u64,
    /// Why it does not; absent where it does.
    pub problem: Option<String>,
    /// Bytes of all blobs, each once.
    pub stored: u64,
}

/// Where blobs are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StorePlace {
    /// In a folder of the server.
    Folder {
        /// Its path.
        path: String,
    },
    /// In a bucket of S3.
    Bucket {
        /// Its name, with the prefix after a slash.
        name: String,
        /// The server's URL, unless it is Amazon's.
        endpoint: Option<String>,
        /// Whether clients fetch blobs from it themselves.
        redirect: bool,
    },
}

/// How much there is of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemCounts {
    /// Projects.
    pub projects: u64,
    /// Repositories.
    pub repositories: u64,
    /// Tags.
    pub tags: u64,
    /// Blobs.
    pub blobs: u64,
    /// People.
    pub people: u64,
    /// Uploads under way.
    pub uploads: u64,
}

/// A process of Slipway and how it was told to see the outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessFacts {
    /// Slipway's version.
    pub version: String,
    /// The commit that it was built from, where that is known.
    pub commit: Option<String>,
    /// When it started.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// The address that is configured for everybody.
    pub public_url: Option<String>,
    /// Networks of trusted proxies.
    pub trusted_proxies: Vec<String>,
    /// Whether TLS ends in it.
    pub tls: bool,
}

/// A request as the server sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    /// Scheme and host under which the server was reached.
    pub url: String,
    /// The client's address, as far as trusted proxies tell.
    pub client: IpAddr,
}

/// What a look from outside found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The address that was looked at, where one is configured.
    pub url: Option<String>,
    /// What was found, in the order in which it was looked for.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// How many findings are that serious.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity() == severity).count()
    }
}

/// How serious a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As it should be.
    Passed,
    /// It works, and will not always or not for everybody.
    Warning,
    /// Somebody is kept from something.
    Failure,
}

/// One thing that was found. The words for each are in the console's catalogue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "finding", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the fields are named after what they are; each variant says what it means")]
pub enum Finding {
    /// No address is configured, so there is nothing to look at.
    NoPublicUrl,
    /// Something answers there.
    Reached { address: String, milliseconds: u64 },
    /// The host's name leads nowhere.
    NameUnknown { host: String, reason: String },
    /// Nothing can be connected to.
    NotReached { host: String, reason: String },

    /// The certificate is trusted and lasts.
    CertificateGood { days: u64 },
    /// It ends soon.
    CertificateEndsSoon { days: u64 },
    /// It has ended.
    CertificateExpired,
    /// It begins in the future.
    CertificateNotYetValid,
    /// No authority that is known here has signed it.
    CertificateUntrusted { reason: String },
    /// It is for other names.
    CertificateForOthers { host: String, names: Vec<String> },
    /// There is no TLS where there should be.
    NoTls { reason: String },
    /// The address is plain HTTP.
    PlainHttp { url: String },

    /// This installation answers.
    Ours { version: String },
    /// The address leads back to itself.
    RedirectLoop { location: String },
    /// The address leads elsewhere.
    RedirectedAway { location: String },
    /// A proxy answers that it cannot reach us.
    GatewayFailed { status: u16 },
    /// Something else answers, or an installation with another secret.
    SomebodyElse { status: u16 },

    /// Clients are sent to the right place for their tokens.
    RealmGood { realm: String },
    /// They are sent over plain HTTP.
    RealmScheme { realm: String, expected: String },
    /// They are sent to another host or port.
    RealmHost { realm: String, expected: String },
    /// They are sent nowhere.
    RealmMissing { status: u16 },

    /// Requests come straight from clients.
    ClientDirect { client: IpAddr },
    /// A trusted proxy says who asks.
    ClientKnown { client: IpAddr, peer: IpAddr },
    /// A proxy says who asks, and is not trusted.
    ProxyUntrusted { peer: IpAddr },
    /// A proxy does not say who asks.
    ClientHidden { peer: IpAddr },
    /// A trusted proxy passes on what clients say of themselves.
    ClientForged { peer: IpAddr },

    /// Large bodies come through.
    BodyPassed { bytes: u64 },
    /// A body is refused.
    BodyRefused { bytes: u64, status: u16 },
    /// A body breaks off.
    BodyBroke { bytes: u64, reason: String },
    /// A body is held back until it is whole.
    BodyHeldBack,

    /// Clocks agree.
    ClockGood { place: ClockPlace, milliseconds: i64 },
    /// A clock is off.
    ClockOff { place: ClockPlace, milliseconds: i64 },

    /// The database answers.
    DatabaseGood { version: String, microseconds: u64 },
    /// It does not.
    DatabaseFailed { reason: String },

    /// The store does all that is asked of it.
    StoreGood { milliseconds: u64 },
    /// All blobs have moved into it, and the place of before is still configured.
    BlobsMoved,
    /// It refuses something.
    StoreRefused { step: StoreStep, reason: String },
    /// Clients can fetch blobs from the bucket.
    BucketReached { host: String },
    /// They cannot.
    BucketNotReached { host: String, reason: String },
    /// They can from here, but not from everywhere.
    BucketPrivate { host: String, address: IpAddr },
    /// They can from here, by a name that is hardly known elsewhere.
    BucketShortName { host: String },
    /// The bucket refuses the URLs that are signed for clients.
    BucketRefused { host: String, status: u16 },
}

/// Whose clock it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockPlace {
    /// The server's, or its proxy's, as the outside sees it.
    Outside,
    /// The database's.
    Database,
    /// The bucket's.
    Bucket,
}

/// What serving needs of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoreStep {
    /// Storing an object.
    Put,
    /// Reading it.
    Get,
    /// Beginning an upload in parts, and giving it up.
    Multipart,
    /// Finding uploads that were left behind.
    List,
    /// Removing an object.
    Delete,
}

/// Clocks that are further apart make signatures of the bucket and tokens fail some day, in milliseconds.
pub const CLOCK_WARNING: u64 = 5_000;

/// Tokens are taken for that long before and after their time, in milliseconds.
pub const CLOCK_FAILURE: u64 = 60_000;

impl Finding {
    /// How serious it is.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Reached { .. }
            | Self::CertificateGood { .. }
            | Self::Ours { .. }
            | Self::RealmGood { .. }
            | Self::ClientDirect { .. }
            | Self::ClientKnown { .. }
            | Self::BodyPassed { .. }
            | Self::ClockGood { .. }
            | Self::DatabaseGood { .. }
            | Self::StoreGood { .. }
            | Self::BlobsMoved
            | Self::BucketReached { .. } => Severity::Passed,
            Self::NoPublicUrl
            | Self::CertificateEndsSoon { .. }
            | Self::PlainHttp { .. }
            | Self::ProxyUntrusted { .. }
            | Self::ClientHidden { .. }
            | Self::BodyHeldBack
            | Self::BucketPrivate { .. }
            | Self::BucketShortName { .. } => Severity::Warning,
            Self::ClockOff { milliseconds, .. } if milliseconds.unsigned_abs() < CLOCK_FAILURE => Severity::Warning,
            Self::ClockOff { .. }
            | Self::NameUnknown { .. }
            | Self::NotReached { .. }
            | Self::CertificateExpired
            | Self::CertificateNotYetValid
            | Self::CertificateUntrusted { .. }
            | Self::CertificateForOthers { .. }
            | Self::NoTls { .. }
            | Self::RedirectLoop { .. }
            | Self::RedirectedAway { .. }
            | Self::GatewayFailed { .. }
            | Self::SomebodyElse { .. }
            | Self::RealmScheme { .. }
            | Self::RealmHost { .. }
            | Self::RealmMissing { .. }
            | Self::ClientForged { .. }
            | Self::BodyRefused { .. }
            | Self::BodyBroke { .. }
            | Self::DatabaseFailed { .. }
            | Self::StoreRefused { .. }
            | Self::BucketNotReached { .. }
            | Self::BucketRefused { .. } => Severity::Failure,
        }
    }
}
