//! What the REST API under `/api/v2.0` takes and gives: Harbor's shapes, one file a noun.
//!
//! Only the server needs these, so they are a feature of this crate. Fields that Harbor has and Slipway has nothing for are left
//! out; what a client sends beside what is listed here is ignored, as Harbor does.

mod access_tokens;
mod artifacts;
mod audit;
mod configurations;
mod errors;
mod labels;
mod members;
mod projects;
mod quotas;
mod repositories;
mod retentions;
mod robots;
mod rules;
mod sessions;
mod system;
mod trash;
mod users;

pub use access_tokens::*;
pub use artifacts::*;
pub use audit::*;
pub use configurations::*;
pub use errors::*;
pub use labels::*;
pub use members::*;
pub use projects::*;
pub use quotas::*;
pub use repositories::*;
pub use retentions::*;
pub use robots::*;
pub use rules::*;
pub use sessions::*;
pub use system::*;
pub use trash::*;
pub use users::*;
