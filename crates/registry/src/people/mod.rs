//! People, their passwords, tokens and sessions, and robots.

mod access_tokens;
mod accounts;
mod administration;
pub(crate) mod first_run;
mod guessing;
mod lifetimes;
mod links;
pub(crate) mod passwords;
pub mod policy;
mod profile;
mod remembered;
mod robots;
mod sessions;
mod sign_in;
pub(crate) mod tokens;
pub(crate) mod uses;

pub use access_tokens::{AccessTokens, CreatedToken};
pub use accounts::{ADMIN, DEFAULT_ADMIN_PASSWORD, People};
pub(crate) use first_run::LIBRARY;
pub use links::IssuedLink;
pub use robots::{CreatedRobot, Robots};
pub use sessions::{SessionRecord, Sessions};
pub use sign_in::{ClientInfo, SignIn, SignedIn};
