//! Labels: names in a color that artifacts are marked with. Those of a project are its maintainers', those of the system, which
//! every project can use, the administrators'. Whoever may push may mark.

mod marks;

use crate::{
    Access, Actor, Clock, Error, Ground, Result,
    access::{LabelId, ProjectId, may},
    db::{self, Db, audit},
    numbered::{Numbered, NumberedQuery},
};
use api_types::{Label, LabelChange, LabelSummary, NewLabel};
use oci::ProjectName;
use std::sync::Arc;
use time::OffsetDateTime;

/// The longest name and the longest description, in characters.
const LONGEST_NAME: usize = 128;
const LONGEST_DESCRIPTION: usize = 500;

/// A label with all that its row has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRecord {
    /// The label.
    pub label: Label,
    /// The project that it belongs to; absent for one of the system.
    pub project: Option<ProjectId>,
    /// When it was created.
    pub created_at: OffsetDateTime,
    /// When it was last changed.
    pub updated_at: OffsetDateTime,
}

/// The service of labels.
#[derive(Clone, Debug)]
pub struct Labels {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
}

impl Labels {
    pub(crate) fn new((db, access, clock): Ground) -> Self {
        Self { db, access, clock }
    }

    /// The labels of a project, or without one those of the system, by name, with how many artifacts have each.
    ///
    /// # Errors
    /// As [`Access::project`] for seeing labels; [`Error::AdministratorsOnly`] without a project: the counts are of all projects.
    pub async fn list(&self, actor: &Actor, project: Option<&ProjectName>) -> Result<Vec<LabelSummary>> {
        let home = match project {
            Some(name) => Some(self.access.project(actor, name, may::SeeLabels).await?.id()),
            None => {
                self.access.administrator(actor).await?;
                None
            }
        };
        db::labels::list(self.db.reader(), home).await
    }

    /// What artifacts of a project can be marked with: its own labels, then those of the system.
    ///
    /// # Errors
    /// As [`Access::project`] for seeing labels.
    pub async fn list_usable(&self, actor: &Actor, project: &ProjectName) -> Result<Vec<Label>> {
        let project = self.access.project(actor, project, may::SeeLabels).await?;
        db::labels::list_usable(self.db.reader(), project.id()).await
    }

    /// The labels of a project, or without one those of the system, by the number of the page. Those of the system are for
    /// everybody who is signed in.
    ///
    /// # Errors
    /// As [`Access::project`] for seeing labels; [`Error::Unauthenticated`]; [`Error::Invalid`] on `q` or `sort`.
    pub async fn list_numbered(
        &self,
        actor: &Actor,
        project: Option<&ProjectName>,
        query: &NumberedQuery,
    ) -> Result<Numbered<LabelRecord>> {
        let home = match project {
            Some(name) => Some(self.access.project(actor, name, may::SeeLabels).await?.id()),
            None => {
                self.access.visibility(actor).await?;
                if actor.is_anonymous() {
                    return Err(Error::Unauthenticated);
                }
                None
            }
        };
        db::labels::list_numbered(self.db.reader(), home, query).await
    }

    /// One label.
    ///
    /// # Errors
    /// [`Error::LabelNotFound`], also where it is not for the actor to know of; [`Error::Unauthenticated`] in its place for the
    /// anonymous.
    pub async fn get(&self, actor: &Actor, label: LabelId) -> Result<LabelRecord> {
        self.seen(actor, label).await.map(|(label, _)| label)
    }

    /// Creates a label of a project, or without one of the system.
    ///
    /// # Errors
    /// [`Error::LabelNameTaken`]; [`Error::Invalid`] on `name`, `description` or `color`; as [`Access::project`] for deleting;
    /// [`Error::AdministratorsOnly`] for one of the system.
    pub async fn create(&self, actor: &Actor, project: Option<&ProjectName>, label: &NewLabel) -> Result<LabelId> {
        let home = match project {
            Some(name) => Some(self.access.project(actor, name, may::CreateLabels).await?.id()),
            None => {
                self.access.administrator(actor).await?;
                None
            }
        };
        let label = NewLabel {
            name: name(&label.name)?,
            description: description(&label.description)?,
            color: color(&label.color)?,
        };
        let event = event(actor, "label.create", home, &label.name).with(serde_json::json!({ "color": label.color }));
        let created = self.db.write((home, label, event, self.now()), |txn, (home, label, event, now)| {
            Box::pin(async move {
                let id = db::labels::insert(txn, *home, label, *now).await?;
                audit::record(txn, event, *now).await?;
                Ok(id)
            })
        });
        created.await
    }

    /// Changes a label; what is marked with it stays so.
    ///
    /// # Errors
    /// [`Error::LabelNotFound`]; as [`Labels::create`].
    pub async fn update(&self, actor: &Actor, label: LabelId, change: &LabelChange) -> Result<()> {
        let record = self.changeable(actor, label, may::UpdateLabels).await?;
        let change = LabelChange {
            name: change.name.as_deref().map(name).transpose()?,
            description: change.description.as_deref().map(description).transpose()?,
            color: change.color.as_deref().map(color).transpose()?,
        };
        let mut event = event(actor, "label.update", record.project, &record.label.name);
        for (key, value) in [("name", &change.name), ("color", &change.color)] {
            if let Some(value) = value {
                event.detail(key, value.as_str().into());
            }
        }
        let args = (record.project, label, change, event, self.now());
        let updated = self.db.write(args, |txn, (home, label, change, event, now)| {
            Box::pin(async move {
                let updated = db::labels::update(txn, *home, *label, change, *now).await?;
                if updated {
                    audit::record(txn, event, *now).await?;
                }
                Ok(updated)
            })
        });
        if updated.await? { Ok(()) } else { Err(Error::LabelNotFound) }
    }

    /// Deletes a label, also from every artifact that is marked with it. The artifacts stay.
    ///
    /// # Errors
    /// [`Error::LabelNotFound`]; [`Error::Forbidden`] and [`Error::AdministratorsOnly`] for those who may only see it.
    pub async fn delete(&self, actor: &Actor, label: LabelId) -> Result<()> {
        let record = self.changeable(actor, label, may::DeleteLabels).await?;
        let event = event(actor, "label.delete", record.project, &record.label.name);
        let deleted = self.db.write((label, event, self.now()), |txn, (label, event, now)| {
            Box::pin(async move {
                let deleted = db::labels::delete(txn, *label).await?;
                if deleted {
                    audit::record(txn, event, *now).await?;
                }
                Ok(deleted)
            })
        });
        if deleted.await? { Ok(()) } else { Err(Error::LabelNotFound) }
    }

    /// A label that the actor may know of, and its project.
    async fn seen(&self, actor: &Actor, label: LabelId) -> Result<(LabelRecord, Option<ProjectName>)> {
        self.access.visibility(actor).await?;
        let hidden = || if actor.is_anonymous() { Error::Unauthenticated } else { Error::LabelNotFound };
        let (record, project) = db::labels::find(self.db.reader(), label).await?.ok_or_else(hidden)?;
        let Some(project) = project else {
            return if actor.is_anonymous() { Err(hidden()) } else { Ok((record, None)) };
        };
        // The name of a project that was deleted is none.
        let name: ProjectName = project.parse().map_err(|_| hidden())?;
        match self.access.project(actor, &name, may::ReadLabel).await {
            Ok(project) if Some(project.id()) == record.project => Ok((record, Some(name))),
            // Its project was renamed, or deleted and made anew, a moment ago.
            Ok(_) | Err(Error::ProjectNotFound { .. } | Error::Forbidden { .. } | Error::ProjectRenamed { .. }) => {
                Err(hidden())
            }
            Err(error) => Err(error),
        }
    }

    /// A label that the actor may change, or delete.
    async fn changeable<R: may::Right>(&self, actor: &Actor, label: LabelId, right: R) -> Result<LabelRecord> {
        let (record, project) = self.seen(actor, label).await?;
        match project {
            Some(project) => self.access.project(actor, &project, right).await.map(drop)?,
            None => self.access.administrator(actor).await.map(drop)?,
        }
        Ok(record)
    }

    fn now(&self) -> i64 {
        db::micros(self.clock.now())
    }
}

fn event(actor: &Actor, action: &'static str, home: Option<ProjectId>, label: &str) -> audit::Event {
    let event = audit::Event::new(actor, action, label);
    match home {
        Some(project) => event.in_project(project),
        None => event,
    }
}

fn name(text: &str) -> Result<String> {
    let text = text.trim();
    let wrong = |code, message| Error::Invalid { field: "name", code, message };
    if text.is_empty() {
        return Err(wrong("name_empty", "a label needs a name".to_owned()));
    }
    if text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        let message = format!("the name of a label is one line of at most {LONGEST_NAME} characters");
        return Err(wrong("label_name_malformed", message));
    }
    Ok(text.to_owned())
}

fn description(text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > LONGEST_DESCRIPTION {
        return Err(Error::Invalid {
            field: "description",
            code: "description_too_long",
            message: format!("the description may have at most {LONGEST_DESCRIPTION} characters"),
        });
    }
    Ok(text.to_owned())
}

fn color(text: &str) -> Result<String> {
    let text = text.trim();
    let is_color = text.strip_prefix('#').is_some_and(|hex| {
        let digits = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits && hex.len() == 6
    });
    if is_color || text.is_empty() {
        return Ok(text.to_owned());
    }
    Err(Error::Invalid {
        field: "color",
        code: "color_malformed",
        message: "a color is # and six hexadecimal digits, such as #48960C".to_owned(),
    })
}

#[cfg(test)]
mod tests;
