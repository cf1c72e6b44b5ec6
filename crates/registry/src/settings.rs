//! Settings that live in the database.

/// The service of settings.
#[derive(Clone, Debug)]
pub struct Settings {}
