//! Work that runs beside requests.

use crate::Result;

/// The service of background work.
#[derive(Clone, Debug)]
pub struct Maintenance {}

impl Maintenance {
    /// Writes gathered pull counts; called every few seconds and at shutdown.
    pub async fn flush_traffic(&self) -> Result<()> {
        unimplemented!()
    }

    /// Removes expired uploads and sessions and what crashed uploads left in the store; called every few minutes.
    pub async fn sweep(&self) -> Result<()> {
        unimplemented!()
    }
}
