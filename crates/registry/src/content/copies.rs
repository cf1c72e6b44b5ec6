//! Copies of artifacts from one repository into another. No bytes move: blobs are mounted and manifests pushed as clients do it, so
//! that whatever holds of pushes (protected tags, quotas, the audit log, the history of tags) holds of copies.

use super::{Artifacts, Blobs, Manifests, NewManifest, graph::Graph, kind};
use crate::{
    Actor, Error, Result,
    access::{AuthorizedRepository, RepositoryId, may},
    db::{self, manifests::Found, tags::TagRow},
    rules::in_words,
};
use bytes::Bytes;
use oci::{Digest, Reference, RepositoryName, Tag};
use std::collections::{HashMap, HashSet};

/// Manifests that one copy takes at most.
const MOST: usize = 1_000;

/// Tags that one push sets at most, as in `/v2`.
const TAGS: usize = 100;

/// What is copied.
struct Plan {
    /// Children before whatever names them.
    order: Vec<Digest>,
    /// What they shall be called, by their rows.
    tags: HashMap<i64, Vec<Tag>>,
}

impl Artifacts {
    /// Copies what a tag or digest stands for into another repository: with its children, what is attached to any of them, and all
    /// of its own tags. What cosign attached with tags comes along where the target has no such tag.
    ///
    /// A protected tag that would move is refused before anything is copied. A copy that breaks off leaves what a broken push leaves,
    /// and asking for it again completes it.
    ///
    /// # Errors
    /// [`Error::ManifestNotFound`], [`Error::RepositoryNotFound`]; [`Error::TagProtected`]; [`Error::QuotaExceeded`];
    /// [`Error::ManifestReferenceUnknown`] for an index that lost a child; [`Error::Invalid`] on `from` for too many manifests; as
    /// [`crate::Access::repository`] for pulling from `source`, and for pushing to `target`.
    pub async fn copy(
        &self,
        actor: &Actor,
        (source, reference): (&RepositoryName, &Reference),
        target: &RepositoryName,
    ) -> Result<()> {
        let to = self.content.access.repository(actor, target, may::Push).await?;
        let from = self.content.access.repository(actor, source, may::Pull).await?;
        let id = from.get_id()?;
        let reader = self.content.db.reader();
        let missing = || Error::ManifestNotFound { name: source.clone(), reference: reference.clone() };
        let (root, _) = self.read(id, reference).await?.ok_or_else(missing)?;
        let Plan { order, mut tags } = self.plan(id, &root, &to).await?;
        let (blobs, manifests) = (Blobs::new(self.content.clone()), Manifests::new(self.content.clone()));
        let (mut mounted, mut is_there): (HashSet<Digest>, bool) = (HashSet::new(), false);
        for digest in order {
            let reference = Reference::Digest(digest);
            // Whatever names what has gone meanwhile is refused; where nothing does, it is not attached any more.
            let Some((found, bytes)) = self.read(id, &reference).await? else { continue };
            for blob in db::references::blob_digests(reader, found.id).await? {
                if mounted.insert(blob.clone()) {
                    blobs.mount(actor, target, &blob, Some(source)).await?;
                }
            }
            let mut tags = tags.remove(&found.id).unwrap_or_default();
            loop {
                let rest = tags.split_off(tags.len().min(TAGS));
                let (reference, content_type) = (reference.clone(), Some(found.media_type.to_string()));
                let new = NewManifest { reference, tags, content_type, bytes: bytes.clone() };
                manifests.put(actor, target, new).await?;
                if rest.is_empty() {
                    break;
                }
                tags = rest;
            }
            is_there |= found.digest == root.digest;
        }
        if is_there { Ok(()) } else { Err(missing()) }
    }

    /// A manifest and its bytes, unless it has gone or is damaged.
    async fn read(&self, repository: RepositoryId, reference: &Reference) -> Result<Option<(Found, Bytes)>> {
        let found = db::manifests::find(self.content.db.reader(), repository, reference).await?;
        let Some(found) = found.filter(|found| !found.damaged) else { return Ok(None) };
        Ok(self.content.body(&found).await?.map(|bytes| (found, bytes)))
    }

    async fn plan(&self, source: RepositoryId, root: &Found, to: &AuthorizedRepository<may::Push>) -> Result<Plan> {
        let reader = self.content.db.reader();
        let own = db::tags::of_manifests(reader, &[root.id]).await?;
        self.refuse_moves(to, root, &own).await?;
        let mut start = vec![root.id];
        let mut order = self.order(source, &start).await?;
        let mut digests = db::manifests::digests(reader, &order).await?;
        let named: Vec<String> = digests.values().flat_map(kind::cosign_tags).collect();
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        let mut attached = db::tags::among(reader, source, &named).await?;
        if let Some(target) = to.id() {
            let there = db::tags::among(reader, target, &named).await?;
            let there: HashSet<&str> = there.iter().map(|row| row.name.as_str()).collect();
            attached.retain(|row| !there.contains(row.name.as_str()));
        }
        if !attached.is_empty() {
            start.extend(attached.iter().map(|row| row.manifest));
            order = self.order(source, &start).await?;
            digests = db::manifests::digests(reader, &order).await?;
        }
        let mut tags: HashMap<i64, Vec<Tag>> = HashMap::new();
        for row in own.into_iter().chain(attached) {
            let tag = row.name.parse::<Tag>().map_err(|_| Error::Inconsistent {
                table: "tags",
                column: "name",
                row: row.id.to_string(),
            })?;
            tags.entry(row.manifest).or_default().push(tag);
        }
        Ok(Plan { order: order.iter().filter_map(|row| digests.remove(row)).collect(), tags })
    }

    /// Manifests with all that hangs on them, children before whatever names them.
    async fn order(&self, source: RepositoryId, start: &[i64]) -> Result<Vec<i64>> {
        let graph = Graph::beneath(self.content.db.reader(), source, start, MOST).await?;
        let too_large = || Error::Invalid {
            field: "from",
            code: "copy_too_large",
            message: format!(
                "this is more than {MOST} manifests with all that hangs on it, which is all that can be copied at once: \
                 copy its parts, or push it with a client"
            ),
        };
        Ok(graph.ok_or_else(too_large)?.in_order(start))
    }

    /// Refuses to move a protected tag, before anything is copied.
    async fn refuse_moves(&self, to: &AuthorizedRepository<may::Push>, root: &Found, tags: &[TagRow]) -> Result<()> {
        let Some(id) = to.id() else { return Ok(()) };
        let reader = self.content.db.reader();
        let protection = db::protection::read(reader, to.project().id()).await?;
        let names: Vec<&str> = tags.iter().map(|row| row.name.as_str()).collect();
        let there = db::tags::among(reader, id, &names).await?;
        let mut moved = there.iter().filter(|row| row.digest != root.digest.as_str());
        match moved.find_map(|row| Some((row, protection.of(to.path(), &row.name)?))) {
            None => Ok(()),
            Some((row, rule)) => {
                let (name, tag) = (to.name().to_string(), row.name.clone());
                Err(Error::TagProtected { name, tag, rule: in_words(rule) })
            }
        }
    }
}
