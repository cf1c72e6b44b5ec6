//! What every page knows of the server.

use serde::{Deserialize, Serialize};

/// The server as the outside sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// `https://registry.example.com`, without a slash at the end.
    pub url: String,
    /// What stands before the first slash of an image name: host, and port unless it is the scheme's own.
    pub host: String,
    /// Slipway's version.
    pub version: String,
    /// Whether database and store answer.
    pub healthy: bool,
    /// For how many seconds what was deleted can be restored; 0 where nothing is kept.
    pub kept_seconds: u64,
}
