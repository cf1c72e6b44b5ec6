//! Several entries of the trash together: each by itself, so that one that cannot be does not keep the rest from it.

use super::Trash;
use crate::{Actor, Error, Result, access::may};
use api_types::{Restored, TRASH_PAGE};
use oci::ProjectName;
use std::cmp::Reverse;

/// How often an entry is tried at most.
const LOOKS: u32 = 4;

/// What became of one of several entries.
#[derive(Debug)]
pub struct Attempt<T> {
    /// What it is called: where it was, and which tags or artifact; its number where the actor may not know of it.
    pub name: String,
    /// What came of it.
    pub result: Result<T>,
}

impl Trash {
    /// Puts entries of a project back, or deleted projects where none is named. One may need another, so what failed is tried again
    /// while others come back: the newest first, as the image of a tag that was deleted before it, then the other way round, as the
    /// parts of an index that were deleted before it, and so on.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more than [`TRASH_PAGE`]; as [`crate::Access::project`] for deleting. What is wrong with an entry is told
    /// with it, as by [`Trash::restore`].
    pub async fn restore_each(
        &self,
        actor: &Actor,
        project: Option<&ProjectName>,
        ids: &[i64],
    ) -> Result<Vec<Attempt<Restored>>> {
        self.may_change(actor, project).await?;
        let mut attempts = Vec::new();
        let mut waiting = newest_first(ids)?;
        for look in 1..=LOOKS {
            let (before, mut failed) = (attempts.len(), Vec::new());
            for id in std::mem::take(&mut waiting) {
                let name = self.name_of(actor, id).await;
                let attempt = Attempt { name, result: self.restore(actor, id).await };
                if attempt.result.is_ok() {
                    attempts.push(attempt);
                } else {
                    failed.push((id, attempt));
                }
            }
            if look == LOOKS || attempts.len() == before {
                attempts.extend(failed.into_iter().map(|(_, attempt)| attempt));
                break;
            }
            waiting = failed.into_iter().rev().map(|(id, _)| id).collect();
        }
        Ok(attempts)
    }

    /// Lets entries of a project go before their time, or deleted projects where none is named.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`]; as [`Trash::restore_each`]. What is wrong with an entry is told with it, as by
    /// [`Trash::delete_now`].
    pub async fn delete_each(
        &self,
        actor: &Actor,
        project: Option<&ProjectName>,
        ids: &[i64],
    ) -> Result<Vec<Attempt<()>>> {
        self.content.access.administrator(actor).await?;
        self.may_change(actor, project).await?;
        let mut attempts = Vec::new();
        for id in newest_first(ids)? {
            let name = self.name_of(actor, id).await;
            attempts.push(Attempt { name, result: self.delete_now(actor, id).await });
        }
        Ok(attempts)
    }

    /// Whether the actor may change the trash of a project, or that of projects.
    async fn may_change(&self, actor: &Actor, project: Option<&ProjectName>) -> Result<()> {
        match project {
            Some(project) => self.content.access.project(actor, project, may::Delete).await.map(drop),
            None => self.content.access.creator(actor).await.map(drop),
        }
    }

    async fn name_of(&self, actor: &Actor, id: i64) -> String {
        match self.get(actor, id).await {
            Ok(entry) if entry.name.is_empty() => entry.place(),
            Ok(entry) => format!("{}: {}", entry.place(), entry.name),
            Err(_) => id.to_string(),
        }
    }
}

/// Each once.
fn newest_first(ids: &[i64]) -> Result<Vec<i64>> {
    if ids.len() > TRASH_PAGE as usize {
        return Err(Error::Invalid {
            field: "ids",
            code: "too_many_entries",
            message: format!("at most {TRASH_PAGE} entries of the trash can be chosen together"),
        });
    }
    let mut ids = ids.to_vec();
    ids.sort_unstable_by_key(|id| Reverse(*id));
    ids.dedup();
    Ok(ids)
}
