//! What was asked of the server and what it has acknowledged: the only memory that survives its deaths.

use std::collections::{BTreeMap, BTreeSet};

use bench::{
    image::{Blob, Image},
    payload::Payload,
};
use oci::Digest;

/// A blob or manifest in a repository.
pub type Place = (String, Digest);
/// A tag in a repository.
pub type Name = (String, String);

/// A blob that was pushed, or was on its way.
#[derive(Clone, Debug)]
pub struct BlobEntry {
    /// Its content.
    pub payload: Payload,
    /// Whether the server said 201 (or, asked after a crash, that it has the blob).
    pub acknowledged: bool,
}

/// A manifest that was pushed, or was on its way.
#[derive(Clone, Debug)]
pub struct ManifestEntry {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it names.
    pub blobs: Vec<Blob>,
    /// Whether the server said 201.
    pub acknowledged: bool,
}

/// An attempt to set a tag, or to delete it (`None`).
#[derive(Clone, Debug)]
struct Write {
    value: Option<Digest>,
    begun: u64,
    /// When its answer came, or when its connection was found broken; the write cannot happen after that, as its server is dead.
    ended: Option<u64>,
    acknowledged: bool,
}

/// Where a write stands in the journal.
#[derive(Clone, Debug)]
pub struct WriteId(Name, usize);

/// All of it.
#[derive(Debug, Default)]
pub struct Journal {
    clock: u64,
    blobs: BTreeMap<Place, BlobEntry>,
    manifests: BTreeMap<Place, ManifestEntry>,
    tags: BTreeMap<Name, Vec<Write>>,
}

impl Journal {
    /// A blob is about to be pushed.
    pub fn attempt_blob(&mut self, repository: &str, blob: &Blob) {
        let entry = BlobEntry { payload: blob.payload, acknowledged: false };
        self.blobs.entry((repository.to_owned(), blob.digest.clone())).or_insert(entry);
    }

    /// The blob is there, the server says.
    pub fn acknowledge_blob(&mut self, repository: &str, blob: &Blob) {
        let entry = BlobEntry { payload: blob.payload, acknowledged: true };
        self.blobs.insert((repository.to_owned(), blob.digest.clone()), entry);
    }

    /// A manifest is about to be pushed.
    pub fn attempt_manifest(&mut self, repository: &str, image: &Image) {
        let entry = ManifestEntry { bytes: image.manifest.clone(), blobs: image.blobs.clone(), acknowledged: false };
        self.manifests.entry((repository.to_owned(), image.digest.clone())).or_insert(entry);
    }

    /// The manifest is there, the server says.
    pub fn acknowledge_manifest(&mut self, repository: &str, image: &Image) {
        if let Some(entry) = self.manifests.get_mut(&(repository.to_owned(), image.digest.clone())) {
            entry.acknowledged = true;
        }
    }

    /// A tag is about to be set, or deleted.
    pub fn begin_write(&mut self, repository: &str, tag: &str, value: Option<&Digest>) -> WriteId {
        self.clock += 1;
        let name = (repository.to_owned(), tag.to_owned());
        let writes = self.tags.entry(name.clone()).or_default();
        writes.push(Write { value: value.cloned(), begun: self.clock, ended: None, acknowledged: false });
        WriteId(name, writes.len() - 1)
    }

    /// The write's answer came, or will never come.
    pub fn end_write(&mut self, id: &WriteId, acknowledged: bool) {
        self.clock += 1;
        if let Some(write) = self.tags.get_mut(&id.0).and_then(|writes| writes.get_mut(id.1)) {
            (write.ended, write.acknowledged) = (Some(self.clock), acknowledged);
        }
    }

    /// What a tag may point at now; `None` in it: it may be absent.
    ///
    /// A value is excluded if it was certainly replaced: its write had ended when another one began that was acknowledged.
    pub fn allowed(&self, repository: &str, tag: &str) -> BTreeSet<Option<Digest>> {
        let writes = self.tags.get(&(repository.to_owned(), tag.to_owned())).map_or(&[][..], Vec::as_slice);
        let replaced_before =
            writes.iter().filter(|write| write.acknowledged).map(|write| write.begun).max().unwrap_or(0);
        let mut allowed: BTreeSet<_> = writes
            .iter()
            .filter(|write| write.ended.is_none_or(|ended| ended > replaced_before))
            .map(|write| write.value.clone())
            .collect();
        if replaced_before == 0 {
            allowed.insert(None);
        }
        allowed
    }

    /// Every blob.
    pub fn blobs(&self) -> &BTreeMap<Place, BlobEntry> {
        &self.blobs
    }

    /// Every manifest.
    pub fn manifests(&self) -> &BTreeMap<Place, ManifestEntry> {
        &self.manifests
    }

    /// Every tag.
    pub fn tags(&self) -> impl Iterator<Item = &Name> {
        self.tags.keys()
    }

    /// How many writes of tags were acknowledged.
    pub fn acknowledged_writes(&self) -> usize {
        self.tags.values().flatten().filter(|write| write.acknowledged).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(text: &str) -> Digest {
        Digest::sha256(text.as_bytes())
    }

    fn write(journal: &mut Journal, value: Option<&Digest>, acknowledged: bool) {
        let id = journal.begin_write("r", "t", value);
        journal.end_write(&id, acknowledged);
    }

    #[test]
    fn a_tag_that_was_never_acknowledged_may_be_absent_or_at_any_attempt() {
        let mut journal = Journal::default();
        assert_eq!(journal.allowed("r", "t"), [None].into());
        write(&mut journal, Some(&digest("a")), false);
        assert_eq!(journal.allowed("r", "t"), [None, Some(digest("a"))].into());
    }

    #[test]
    fn an_acknowledged_write_replaces_everything_before_it() {
        let mut journal = Journal::default();
        write(&mut journal, Some(&digest("a")), true);
        write(&mut journal, Some(&digest("b")), false);
        write(&mut journal, Some(&digest("c")), true);
        assert_eq!(journal.allowed("r", "t"), [Some(digest("c"))].into());
        write(&mut journal, None, false);
        assert_eq!(journal.allowed("r", "t"), [None, Some(digest("c"))].into());
    }

    #[test]
    fn writes_at_the_same_time_may_end_in_either_order() {
        let mut journal = Journal::default();
        let first = journal.begin_write("r", "t", Some(&digest("a")));
        let second = journal.begin_write("r", "t", Some(&digest("b")));
        journal.end_write(&second, true);
        journal.end_write(&first, true);
        assert_eq!(journal.allowed("r", "t"), [Some(digest("a")), Some(digest("b"))].into());
    }
}
