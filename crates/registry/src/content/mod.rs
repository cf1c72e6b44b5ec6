//! What is stored: repositories, tags, manifests, blobs and uploads.

mod artifacts;
mod blobs;
mod manifests;
mod repositories;
mod tags;
mod uploads;

pub use artifacts::Artifacts;
pub use blobs::{BlobInfo, BlobReader, Blobs};
pub use manifests::{ManifestReceipt, Manifests, NewManifest, ReferrerPage, StoredManifest};
pub use repositories::{NamePage, Repositories};
pub use tags::Tags;
pub use uploads::{BlobReceipt, UploadBody, UploadStatus, Uploads};
