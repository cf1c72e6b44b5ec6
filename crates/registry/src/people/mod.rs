//! People, their passwords, tokens and sessions, and robots.

mod access_tokens;
mod accounts;
pub(crate) mod first_run;
mod guessing;
mod lifetimes;
pub(crate) mod passwords;
pub mod policy;
mod remembered;
mod robots;
mod sessions;
mod sign_in;
pub(crate) mod tokens;
pub(crate) mod uses;

pub use access_tokens::{AccessTokens, CreatedToken};
pub use accounts::{ADMIN, DEFAULT_ADMIN_PASSWORD, People};
pub(crate) use first_run::LIBRARY;
pub use robots::{CreatedRobot, Robots};
pub use sessions::{SessionRecord, Sessions};
pub use sign_in::{ClientInfo, SignIn, SignedIn};
