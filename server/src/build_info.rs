//! What this program is.

/// The version, as in the changelog.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit it was built from, where the build knows.
pub const COMMIT: Option<&str> = option_env!("SLIPWAY_BUILD_COMMIT");

/// Version and commit for `--version`.
pub const LONG: &str = env!("SLIPWAY_BUILD_LONG");
