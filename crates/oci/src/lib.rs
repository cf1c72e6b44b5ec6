//! The vocabulary of the registry protocol: names, digests, manifests, ranges, error codes and the `/v2` path grammar.
//!
//! It follows the OCI distribution specification 1.1 and the OCI image specification 1.1 and keeps their words (blob,
//! manifest, index, descriptor, subject, referrer, reference). There is no I/O in here and the crate compiles for
//! wasm32, so the server and the console share one understanding of every string that crosses the wire.
//!
//! A type says what was proven: a [`Digest`], a [`RepositoryName`] or a [`Tag`] cannot be made except through its
//! [`FromStr`](std::str::FromStr) (serde goes through the same door), and nothing here panics on any input. To add one
//! more name, write its grammar as a function over bytes and give it to `parsed_string!` in `parsed.rs`.

mod content_range;
mod descriptor;
mod digest;
mod digest_hasher;
mod error_code;
mod history;
mod image_config;
mod manifest;
pub mod media_type;
mod parsed;
mod project_name;
mod range;
mod reference;
mod repository_name;
mod route;
mod strict_json;
mod tag;
mod upload_id;
mod version;
mod version_key;

pub use content_range::{ContentRange, ContentRangeError};
pub use descriptor::{Descriptor, Platform};
pub use digest::{Algorithm, Digest, DigestError};
pub use digest_hasher::{DigestHasher, HashStateError};
pub use error_code::{ErrorBody, ErrorCode, ErrorEntry, UnknownErrorCode};
pub use history::HistoryStep;
pub use image_config::{History, ImageConfigFile, RootFs, RuntimeConfig};
pub use manifest::{MAX_MANIFEST_SIZE, Manifest, ManifestError, ManifestKind};
pub use project_name::ProjectName;
pub use range::{ByteRange, RangeOutcome};
pub use reference::{Reference, ReferenceError};
pub use repository_name::{NameError, RepositoryName};
pub use route::{Route, RouteError};
pub use tag::{Tag, TagError};
pub use upload_id::{UploadId, UploadIdError};
pub use version::Version;
