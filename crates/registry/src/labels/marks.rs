//! Marking artifacts with labels.

use super::Labels;
use crate::{
    Actor, Error, Result,
    access::{LabelId, RepositoryId, may},
    audit::artifact,
    db::{self, audit},
};
use oci::{Reference, RepositoryName};

/// Labels of an artifact at most.
const MOST: u64 = 50;

impl Labels {
    /// Marks what a tag or digest stands for with a label of its project or of the system.
    ///
    /// # Errors
    /// [`Error::LabelNotFound`], also for one of another project; [`Error::LabelPlaced`] where it is marked so already;
    /// [`Error::Invalid`] on `labels` for one too many; [`Error::ManifestNotFound`], [`Error::RepositoryNotFound`]; as
    /// [`crate::Access::repository`] for pushing.
    pub async fn add(&self, actor: &Actor, name: &RepositoryName, reference: &Reference, label: LabelId) -> Result<()> {
        self.mark(actor, (name, reference), Marking { add: vec![label], remove: Vec::new(), strict: true }, may::Mark)
            .await
    }

    /// Takes a label from what a tag or digest stands for.
    ///
    /// # Errors
    /// [`Error::LabelNotFound`] where it is not marked so; as [`Labels::add`].
    pub async fn remove(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        reference: &Reference,
        label: LabelId,
    ) -> Result<()> {
        self.mark(actor, (name, reference), Marking { add: Vec::new(), remove: vec![label], strict: true }, may::Unmark)
            .await
    }

    /// Puts some labels on what a tag or digest stands for and takes others away, all or none. What is so already stays so.
    ///
    /// # Errors
    /// [`Error::LabelNotFound`] for one to be put that there is not; as [`Labels::add`].
    pub async fn change(
        &self,
        actor: &Actor,
        name: &RepositoryName,
        reference: &Reference,
        add: Vec<LabelId>,
        remove: Vec<LabelId>,
    ) -> Result<()> {
        self.mark(actor, (name, reference), Marking { add, remove, strict: false }, may::ChangeMarks).await
    }

    async fn mark<R: may::Right>(
        &self,
        actor: &Actor,
        (name, reference): (&RepositoryName, &Reference),
        marking: Marking,
        right: R,
    ) -> Result<()> {
        let repository = self.access.repository(actor, name, right).await?;
        let resource = artifact(name, reference.tag().into_iter(), reference.digest());
        let event = |action| audit::Event::new(actor, action, resource.clone()).in_project(repository.project().id());
        let args = Args {
            repository: repository.get_id()?,
            name: name.clone(),
            reference: reference.clone(),
            marking,
            added: event("label.add"),
            removed: event("label.remove"),
            resource,
            now: self.now(),
        };
        self.db.write(args, |txn, args| Box::pin(args.run(txn))).await
    }
}

/// What becomes of an artifact's labels.
#[derive(Clone, Debug)]
struct Marking {
    add: Vec<LabelId>,
    remove: Vec<LabelId>,
    /// Whether what is so already is an error.
    strict: bool,
}

struct Args {
    repository: RepositoryId,
    name: RepositoryName,
    reference: Reference,
    marking: Marking,
    added: audit::Event,
    removed: audit::Event,
    resource: String,
    now: i64,
}

impl Args {
    async fn run(&self, txn: &db::Transaction) -> Result<()> {
        let Marking { add, remove, strict } = &self.marking;
        // So that the artifact does not go meanwhile.
        let held = db::held::repository(txn, self.repository, &self.name).await?;
        let found = db::manifests::find(txn, held.id, &self.reference).await?;
        let manifest = found
            .ok_or_else(|| Error::ManifestNotFound { name: self.name.clone(), reference: self.reference.clone() })?;
        for label in remove {
            let known = db::labels::hold_usable(txn, held.project, *label).await?;
            match known {
                Some(known) if db::labels::unmark(txn, manifest.id, *label).await? => {
                    self.record(txn, &self.removed, &known.name, &manifest.digest).await?;
                }
                _ if *strict => return Err(Error::LabelNotFound),
                _ => {}
            }
        }
        for label in add {
            let known = db::labels::hold_usable(txn, held.project, *label).await?.ok_or(Error::LabelNotFound)?;
            if db::labels::mark(txn, manifest.id, *label, self.now).await? {
                self.record(txn, &self.added, &known.name, &manifest.digest).await?;
            } else if *strict {
                return Err(Error::LabelPlaced { label: known.name, artifact: self.resource.clone() });
            }
        }
        if !add.is_empty() && db::labels::count_of(txn, manifest.id).await? > MOST {
            return Err(Error::Invalid {
                field: "labels",
                code: "too_many_marks",
                message: format!("an artifact has at most {MOST} labels: take one away first"),
            });
        }
        Ok(())
    }

    async fn record(
        &self,
        txn: &db::Transaction,
        event: &audit::Event,
        label: &str,
        digest: &oci::Digest,
    ) -> Result<()> {
        let details = serde_json::json!({ "label": label, "digest": digest });
        audit::record(txn, &event.clone().with(details), self.now).await
    }
}
