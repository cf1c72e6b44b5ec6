//! People, their passwords and their sessions.

mod people;
mod sessions;
mod sign_in;

pub use people::{DEFAULT_ADMIN_PASSWORD, People};
pub use sessions::{SessionRecord, Sessions};
pub use sign_in::{ClientInfo, SignIn, SignedIn};
