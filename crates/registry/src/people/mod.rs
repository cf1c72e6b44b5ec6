//! People, their passwords and their sessions.

pub(crate) mod first_run;
mod guessing;
pub(crate) mod passwords;
mod people;
pub mod policy;
mod remembered;
mod sessions;
mod sign_in;
pub(crate) mod tokens;

pub(crate) use first_run::LIBRARY;
pub use people::{ADMIN, DEFAULT_ADMIN_PASSWORD, People};
pub use sessions::{SessionRecord, Sessions};
pub use sign_in::{ClientInfo, SignIn, SignedIn};
