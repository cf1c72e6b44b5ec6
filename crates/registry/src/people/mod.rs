//! People, their passwords, tokens and sessions, and robots.

mod access_tokens;
pub(crate) mod first_run;
mod guessing;
pub(crate) mod passwords;
mod people;
pub mod policy;
mod remembered;
mod robots;
mod sessions;
mod sign_in;
pub(crate) mod tokens;

pub use access_tokens::AccessTokens;
pub(crate) use first_run::LIBRARY;
pub use people::{ADMIN, DEFAULT_ADMIN_PASSWORD, People};
pub use robots::{CreatedRobot, Robots};
pub use sessions::{SessionRecord, Sessions};
pub use sign_in::{ClientInfo, SignIn, SignedIn};
