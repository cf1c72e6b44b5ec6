//! The wire types of the console and of the REST API: one shape per thing, without behaviour.
//!
//! Every type is plain data that serializes with serde; times are RFC 3339, sizes are bytes.
//! Whatever a list shows is a field here, so that no page computes what the database knows.
//! To add a shape, put it into the module of its noun and give it one doc sentence per field
//! whose unit or absence is not obvious.

pub mod artifacts;
pub mod audit;
pub mod backups;
pub mod fsck;
pub mod history;
pub mod jobs;
pub mod labels;
pub mod members;
pub mod overview;
pub mod page;
pub mod people;
pub mod problem;
pub mod projects;
pub mod repositories;
#[cfg(feature = "rest")]
pub mod rest;
pub mod robots;
pub mod rules;
pub mod search;
pub mod settings;
pub mod site;
mod storage;
pub mod system;
pub mod trash;
pub mod words;

pub use artifacts::*;
pub use audit::*;
pub use backups::*;
pub use fsck::*;
pub use history::*;
pub use jobs::*;
pub use labels::*;
pub use members::*;
pub use overview::*;
pub use page::*;
pub use people::*;
pub use problem::*;
pub use projects::*;
pub use repositories::*;
pub use robots::*;
pub use rules::*;
pub use search::*;
pub use settings::*;
pub use site::*;
pub use storage::*;
pub use system::*;
pub use trash::*;
pub use words::*;
