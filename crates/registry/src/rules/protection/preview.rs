//! Which tags are protected, and by which rules, before anybody is refused.

use super::{Protection, ProtectionRules, stored};
use crate::{Actor, Result, access::may, db, rules::Window};
use api_types::{ProtectionPreview, ProtectionVerdict};
use oci::ProjectName;

/// Which part of it is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProtectionQuery {
    /// Where the page begins, as the page before says it; empty for the first.
    pub cursor: String,
    /// Only what is protected, or only what is not.
    pub protected: Option<bool>,
    /// Only what this rule protects, as if it held where it does not.
    pub rule: Option<i64>,
}

impl ProtectionRules {
    /// Which tags of a project the rules protect now, and which ones they do not: by repository, those that were pushed last first.
    ///
    /// All tags are asked about for each page, as their count is told with it.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] for a cursor that is none; as [`crate::Access::project`] for retaining.
    pub async fn preview(
        &self,
        actor: &Actor,
        project: &ProjectName,
        query: &ProtectionQuery,
    ) -> Result<ProtectionPreview> {
        let project = self.access.project(actor, project, may::Retain).await?;
        let mut rows = Window::at(&query.cursor)?;
        let reader = self.db.reader();
        let rules = stored(&db::protection::find(reader, project.id()).await?, project.id())?.rules().to_vec();
        let protection = Protection::holding(&rules, query.rule, project.id())?;
        let (mut protected, mut unprotected) = (0, 0);
        let mut next = Some(0);
        while let Some(after) = next {
            let (repositories, rest) = db::retention::repositories(reader, project.id(), after).await?;
            next = rest;
            for (id, path) in &repositories {
                for tag in db::retention::tags(reader, *id).await? {
                    let by: Vec<i64> = protection.rules_of(path, &tag.name).collect();
                    let is_protected = !by.is_empty();
                    if is_protected {
                        protected += 1;
                    } else {
                        unprotected += 1;
                    }
                    if query.protected.is_none_or(|wanted| wanted == is_protected)
                        && query.rule.is_none_or(|rule| by.contains(&rule))
                    {
                        rows.take(|| ProtectionVerdict {
                            repository: path.clone(),
                            tag: tag.name,
                            pushed_at: db::from_micros(tag.pushed_at),
                            rules: by,
                        });
                    }
                }
            }
        }
        Ok(ProtectionPreview { rules, page: rows.page(), protected, unprotected })
    }
}
