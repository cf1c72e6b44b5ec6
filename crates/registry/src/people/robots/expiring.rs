//! Robots that somebody should look after, because their end is near or just past.

use super::{Robots, person};
use crate::{
    Actor, Result,
    access::{AuthorizedProject, may},
    db::{
        self,
        robots::{Administered, ExpiringRow},
    },
    people::lifetimes::WARNING,
};
use api_types::{CredentialKind, ExpiringCredential};
use oci::ProjectName;
use time::OffsetDateTime;

/// How many are told of.
const EXPIRING: u32 = 5;

impl Robots {
    /// Robots in use that end within two weeks or ended in the last two, first come first, the first few: of a project, or those
    /// of the system.
    ///
    /// # Errors
    /// [`crate::Error::ProjectNotFound`], [`crate::Error::Forbidden`] for those who do not administer the project,
    /// [`crate::Error::AdministratorsOnly`].
    pub async fn list_expiring(&self, actor: &Actor, project: Option<&ProjectName>) -> Result<Vec<ExpiringCredential>> {
        match project {
            Some(name) => {
                let project = self.access.project(actor, name, may::Administer).await?;
                self.expiring(actor, Some(&project)).await
            }
            None => {
                self.access.administrator(actor).await?;
                self.ending(Administered::System).await
            }
        }
    }

    /// The same of a project whose administration was proven, or of everything that the actor administers.
    pub(crate) async fn expiring(
        &self,
        actor: &Actor,
        project: Option<&AuthorizedProject<may::Administer>>,
    ) -> Result<Vec<ExpiringCredential>> {
        let administered = match (project, person(actor)) {
            (Some(project), _) => Administered::Project(project.id()),
            (None, _) if self.access.administrator(actor).await.is_ok() => Administered::Everything,
            (None, Some(user)) => Administered::By(user),
            (None, None) => return Ok(Vec::new()),
        };
        self.ending(administered).await
    }

    async fn ending(&self, administered: Administered) -> Result<Vec<ExpiringCredential>> {
        let now = self.clock.now();
        let around = (db::micros(now - WARNING), db::micros(now + WARNING));
        let rows = db::robots::list_expiring(self.db.reader(), administered, around, EXPIRING).await?;
        Ok(rows.into_iter().map(|row| expiring(row, now)).collect())
    }
}

fn expiring(row: ExpiringRow, now: OffsetDateTime) -> ExpiringCredential {
    let expires_at = db::from_micros(row.expires_at);
    ExpiringCredential {
        id: row.id,
        name: row.name,
        kind: row.project.map_or(CredentialKind::SystemRobot, CredentialKind::ProjectRobot),
        expires_at,
        expired: expires_at <= now,
    }
}
