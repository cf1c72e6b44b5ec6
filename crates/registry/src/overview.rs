//! The first page after signing in.

use crate::{Actor, Result};
use api_types::Overview;

/// The service of the overview.
#[derive(Clone, Debug)]
pub struct OverviewService {}

impl OverviewService {
    /// What is going on, as far as the actor may see.
    pub async fn get(&self, actor: &Actor) -> Result<Overview> {
        unimplemented!()
    }
}
