//! What a registry holds, told by a model that is small enough to be right by looking at it.

use super::model::{NAMES, Step, bytes, manifest};
use crate::{Error, Result};
use oci::Digest;
use std::{
    collections::{BTreeMap, BTreeSet, btree_map},
    sync::Mutex,
};

/// The layers of an image, in order. All images have the configuration [`CONFIG`].
type Image = Vec<u8>;

const CONFIG: u8 = 0;

/// What an image names.
fn named(image: &Image) -> impl Iterator<Item = u8> {
    image.iter().copied().chain([CONFIG])
}

#[derive(Clone, Debug)]
struct Repository {
    project: &'static str,
    links: BTreeSet<u8>,
    /// Links that a deletion left without an image, and that nobody has asked for since.
    released: BTreeSet<u8>,
    images: BTreeSet<Image>,
    tags: BTreeMap<u8, Image>,
    /// When each tag was moved, or pushed again.
    moved: BTreeMap<u8, u32>,
    /// Whether it ever had an image.
    pushed: bool,
}

impl Repository {
    fn names(&self, blob: u8) -> bool {
        self.images.iter().flat_map(named).any(|named| named == blob)
    }
}

/// Something in the trash.
#[derive(Clone, Debug)]
struct Entry {
    name: usize,
    repository: usize,
    /// The whole repository, and not these.
    whole: bool,
    images: Vec<Image>,
    tags: Vec<(u8, Image)>,
    holds: BTreeSet<u8>,
}

#[derive(Clone, Debug)]
pub(super) struct Model {
    keeps: bool,
    repositories: Vec<Option<Repository>>,
    /// Which repository has a name.
    at: [Option<usize>; NAMES.len()],
    /// The newest last.
    trash: Vec<Entry>,
    /// Of `team`.
    quota: Option<u64>,
    now: u32,
}

/// Bytes used, allowed and needed.
type Refused = (u64, u64, u64);

/// What should come of a step.
#[derive(Debug)]
pub(super) enum Expected {
    Done,
    /// There was nothing to do it with, and nobody is told off.
    Nothing,
    Refused(Refused),
    Error,
}

fn project(name: usize) -> &'static str {
    NAMES[name].split_once('/').unwrap().0
}

fn size(blob: u8) -> u64 {
    bytes(blob).len() as u64
}

fn sum(blobs: &BTreeSet<u8>) -> u64 {
    blobs.iter().copied().map(size).sum()
}

/// Of an image; each is computed once.
fn digest(image: &Image) -> Digest {
    static KNOWN: Mutex<BTreeMap<Image, Digest>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap();
    known.entry(image.clone()).or_insert_with(|| super::digest_of(&manifest(image))).clone()
}

impl Model {
    pub(super) fn new(keeps: bool) -> Self {
        Self { keeps, repositories: Vec::new(), at: [None; NAMES.len()], trash: Vec::new(), quota: None, now: 0 }
    }

    pub(super) fn pass(&mut self, time: u32) {
        self.now += time;
    }

    fn held(&self, project: &str) -> BTreeSet<u8> {
        let own = self.repositories.iter().flatten().filter(|repository| repository.project == project);
        own.flat_map(|repository| repository.links.iter().copied()).collect()
    }

    /// Of what a project holds, what counts: of repositories that are there, what nobody has deleted.
    fn counted(&self, project: &str) -> BTreeSet<u8> {
        let there = self.at.iter().flatten().filter_map(|at| self.repositories[*at].as_ref());
        let own = there.filter(|repository| repository.project == project);
        own.flat_map(|repository| repository.links.difference(&repository.released).copied()).collect()
    }

    /// Whether these blobs may count for a project; as what it is refused otherwise.
    fn fits(&self, project: &str, blobs: impl IntoIterator<Item = u8>) -> std::result::Result<(), Refused> {
        let counted = self.counted(project);
        let used = sum(&counted);
        let needed = sum(&blobs.into_iter().filter(|blob| !counted.contains(blob)).collect());
        let allowed = self.quota.filter(|_| project == "team").unwrap_or(u64::MAX);
        if needed > 0 && used + needed > allowed { Err((used, allowed, needed)) } else { Ok(()) }
    }

    fn find(&mut self, name: usize) -> Option<&mut Repository> {
        self.repositories[self.at[name]?].as_mut()
    }

    fn link(&mut self, name: usize, blob: u8) -> std::result::Result<(), Refused> {
        self.fits(project(name), [blob])?;
        if self.find(name).is_none() {
            self.at[name] = Some(self.repositories.len());
            self.repositories.push(Some(Repository {
                project: project(name),
                links: BTreeSet::new(),
                released: BTreeSet::new(),
                images: BTreeSet::new(),
                tags: BTreeMap::new(),
                moved: BTreeMap::new(),
                pushed: false,
            }));
        }
        let found = self.find(name).unwrap();
        found.links.insert(blob);
        found.released.remove(&blob);
        Ok(())
    }

    /// Puts images and tags of a repository into the trash, where there is one.
    fn throw(&mut self, name: usize, images: Vec<Image>, tags: Vec<(u8, Image)>) {
        let repository = self.at[name].unwrap();
        let found = self.repositories[repository].as_mut().unwrap();
        found.images.retain(|image| !images.contains(image));
        found.tags.retain(|tag, _| !tags.iter().any(|(gone, _)| gone == tag));
        let holds: BTreeSet<u8> = images.iter().flat_map(named).collect();
        let released: Vec<u8> = holds.iter().copied().filter(|blob| !found.names(*blob)).collect();
        found.released.extend(released);
        if self.keeps {
            self.trash.push(Entry { name, repository, whole: false, images, tags, holds });
        }
    }

    fn remove(&mut self, repository: usize) {
        self.repositories[repository] = None;
        self.trash.retain(|entry| entry.repository != repository);
    }

    /// What everybody sees.
    pub(super) fn told(&self) -> Vec<String> {
        let mut told = Vec::from_iter(self.quota.map(|bytes| format!("quota team {bytes}")));
        for project in ["team", "other"] {
            told.push(format!("used {project} {}", sum(&self.held(project))));
            told.push(format!("counted {project} {}", sum(&self.counted(project))));
        }
        for (name, at) in NAMES.iter().zip(self.at) {
            let Some(found) = at.and_then(|at| self.repositories[at].as_ref()) else { continue };
            told.push(format!("repository {name}"));
            let released = |blob: &u8| if found.released.contains(blob) { " released" } else { "" };
            let link = |blob: &u8| format!("link {name} {}{}", Digest::sha256(&bytes(*blob)), released(blob));
            told.extend(found.links.iter().map(link));
            told.extend(found.images.iter().map(|found| format!("image {name} {}", digest(found))));
            let moved = |tag: &u8| found.moved[tag];
            told.extend(found.tags.iter().map(|(tag, of)| format!("tag {name}:t{tag} {} {}", digest(of), moved(tag))));
        }
        let kind = |entry: &Entry| if entry.whole { "whole" } else { "part" };
        told.extend(self.trash.iter().map(|entry| format!("trash {} {}", NAMES[entry.name], kind(entry))));
        told.sort();
        told
    }

    /// Does the same, and says whether it should have happened.
    pub(super) fn follow(&mut self, step: &Step, outcome: &Result<bool>) {
        if let (Step::Restore { nth }, Err(error)) = (step, outcome) {
            // Why something cannot be put back is not for the model, unless it is the quota.
            assert!(*nth < self.trash.len(), "{outcome:?}");
            if let Error::RestoreExceedsQuota { used, allowed, needed, .. } = error {
                assert_eq!(self.restored(*nth).1, Err((*used, *allowed, *needed)));
            }
            return;
        }
        if let (Step::Restore { nth }, Ok(true)) = (step, outcome) {
            let (after, fits) = self.restored(*nth);
            assert_eq!(fits, Ok(()));
            *self = after;
            return;
        }
        match (self.apply(step), outcome) {
            (Expected::Done, Ok(true)) | (Expected::Nothing, Ok(false)) | (Expected::Error, Err(_)) => {}
            (Expected::Refused(expected), Err(Error::QuotaExceeded { used, allowed, needed, .. })) => {
                assert_eq!((*used, *allowed, *needed), expected);
            }
            (expected, outcome) => panic!("{step:?}: {outcome:?}, and not {expected:?}"),
        }
    }

    /// As it is once something is put back, and whether that fits.
    fn restored(&self, nth: usize) -> (Self, std::result::Result<(), Refused>) {
        let at = self.trash.len() - nth - 1;
        let (mut after, project) = (self.clone(), project(self.trash[at].name));
        after.restore(at);
        let fits = self.fits(project, after.counted(project));
        (after, fits)
    }

    /// Does the same, and says what should have come of it. What is put back has to be possible.
    pub(super) fn apply(&mut self, step: &Step) -> Expected {
        match step {
            Step::Push { name, blob } => self.link(*name, *blob).map_or_else(Expected::Refused, |()| Expected::Done),
            Step::Mount { name, from, blob } => {
                if self.find(*from).is_none_or(|source| !source.links.contains(blob)) {
                    return Expected::Nothing;
                }
                self.link(*name, *blob).map_or_else(Expected::Refused, |()| Expected::Done)
            }
            Step::Quota { bytes } => {
                self.quota = bytes.map(u64::from);
                Expected::Done
            }
            Step::Collect { grace } => {
                self.collect(*grace);
                Expected::Done
            }
            Step::Image { name, blobs, .. } if self.has(*name, blobs) => {
                if let Err(refused) = self.fits(project(*name), named(blobs)) {
                    return Expected::Refused(refused);
                }
                self.change(step);
                Expected::Done
            }
            Step::Retain { count } => {
                self.retain(usize::from(*count));
                Expected::Done
            }
            Step::Expire => {
                for entry in std::mem::take(&mut self.trash) {
                    if entry.whole {
                        self.remove(entry.repository);
                    }
                }
                Expected::Done
            }
            Step::Restore { nth } | Step::Forget { nth } => {
                let Some(at) = self.trash.len().checked_sub(nth + 1) else { return Expected::Nothing };
                if matches!(step, Step::Restore { .. }) {
                    self.restore(at);
                } else {
                    let entry = self.trash.remove(at);
                    if entry.whole {
                        self.remove(entry.repository);
                    }
                }
                Expected::Done
            }
            step => {
                if self.change(step) {
                    Expected::Done
                } else {
                    Expected::Error
                }
            }
        }
    }

    /// Whether a repository has all that an image names.
    fn has(&mut self, name: usize, image: &Image) -> bool {
        self.find(name).is_some_and(|found| named(image).all(|blob| found.links.contains(&blob)))
    }

    /// What changes one repository; whether it could.
    fn change(&mut self, step: &Step) -> bool {
        let name = match step {
            Step::Unlink { name, .. }
            | Step::Image { name, .. }
            | Step::Tag { name, .. }
            | Step::DeleteTag { name, .. }
            | Step::DeleteTags { name, .. }
            | Step::DeleteManifest { name, .. }
            | Step::DeleteRepository { name } => *name,
            step => unreachable!("{step:?}"),
        };
        let now = self.now;
        let Some(found) = self.find(name) else { return false };
        match step {
            Step::Unlink { blob, .. } => {
                if found.names(*blob) || !found.links.remove(blob) {
                    return false;
                }
                found.released.remove(blob);
                let repository = self.at[name];
                for entry in self.trash.iter_mut().filter(|entry| Some(entry.repository) == repository) {
                    entry.holds.remove(blob);
                }
            }
            Step::Image { tag, blobs, .. } => {
                if !named(blobs).all(|blob| found.links.contains(&blob)) {
                    return false;
                }
                found.released.retain(|blob| !named(blobs).any(|named| named == *blob));
                found.images.insert(blobs.clone());
                found.tags.insert(*tag, blobs.clone());
                found.moved.insert(*tag, now);
                found.pushed = true;
            }
            Step::Tag { tag, blobs, .. } => {
                if !found.images.contains(blobs) {
                    return false;
                }
                found.tags.insert(*tag, blobs.clone());
                found.moved.insert(*tag, now);
            }
            Step::DeleteTag { tag, .. } => {
                let Some(image) = found.tags.get(tag).cloned() else { return false };
                self.throw(name, Vec::new(), vec![(*tag, image)]);
            }
            Step::DeleteTags { tags, .. } => {
                let going: BTreeMap<_, _> =
                    found.tags.clone().into_iter().filter(|(tag, _)| tags.contains(tag)).collect();
                if !tags.iter().all(|tag| going.contains_key(tag)) {
                    return false;
                }
                self.untag(name, going);
            }
            Step::DeleteManifest { blobs, .. } => {
                if !found.images.contains(blobs) {
                    return false;
                }
                let tags = found.tags.clone().into_iter().filter(|(_, image)| image == blobs).collect();
                self.throw(name, vec![blobs.clone()], tags);
            }
            _ => {
                let pushed = found.pushed;
                let repository = self.at[name].take().unwrap();
                if self.keeps && pushed {
                    let (images, tags, holds) = (Vec::new(), Vec::new(), BTreeSet::new());
                    self.trash.push(Entry { name, repository, whole: true, images, tags, holds });
                } else {
                    self.remove(repository);
                }
            }
        }
        true
    }

    /// Throws tags away, with the images that no other tag has.
    fn untag(&mut self, name: usize, going: BTreeMap<u8, Image>) {
        let tags = self.find(name).unwrap().tags.clone();
        let stays = |image: &Image| tags.iter().any(|(tag, of)| of == image && !going.contains_key(tag));
        let images: BTreeSet<_> = going.values().filter(|image| !stays(image)).cloned().collect();
        self.throw(name, images.into_iter().collect(), going.into_iter().collect());
    }

    /// Keeps the tags of each repository of `team` that were pushed last.
    fn retain(&mut self, count: usize) {
        let mut names: Vec<(usize, usize)> = (0..NAMES.len())
            .filter(|name| project(*name) == "team")
            .filter_map(|name| Some((self.at[name]?, name)))
            .collect();
        names.sort_unstable();
        for (_, name) in names {
            let found = self.find(name).unwrap();
            let mut newest: Vec<u8> = found.tags.keys().copied().collect();
            newest.sort_by_key(|tag| (std::cmp::Reverse(found.moved[tag]), *tag));
            let going: BTreeMap<_, _> =
                newest.into_iter().skip(count).map(|tag| (tag, found.tags[&tag].clone())).collect();
            if !going.is_empty() {
                self.untag(name, going);
            }
        }
    }

    fn restore(&mut self, at: usize) {
        let now = self.now;
        let entry = self.trash.remove(at);
        if entry.whole {
            assert_eq!(self.at[entry.name], None);
            self.at[entry.name] = Some(entry.repository);
            return;
        }
        assert_eq!(self.at[entry.name], Some(entry.repository));
        let found = self.repositories[entry.repository].as_mut().unwrap();
        assert!(entry.images.iter().flat_map(named).all(|blob| found.links.contains(&blob)));
        found.released.retain(|blob| !entry.images.iter().flat_map(named).any(|named| named == *blob));
        found.images.extend(entry.images);
        for (tag, image) in entry.tags {
            // What points at something newer stays.
            if let btree_map::Entry::Vacant(free) = found.tags.entry(tag) {
                free.insert(image);
                found.moved.insert(tag, now);
            }
        }
    }

    /// Without a grace, takes what nothing names; what only the trash names does not count any more. Within a grace all was touched.
    fn collect(&mut self, grace: bool) {
        if grace {
            return;
        }
        for (at, repository) in self.repositories.iter_mut().enumerate() {
            let Some(repository) = repository else { continue };
            let entries = self.trash.iter().filter(|entry| entry.repository == at);
            let trash: BTreeSet<u8> = entries.flat_map(|entry| entry.holds.iter().copied()).collect();
            let idle: BTreeSet<u8> = repository.links.iter().copied().filter(|blob| !repository.names(*blob)).collect();
            for blob in idle {
                if trash.contains(&blob) {
                    repository.released.insert(blob);
                } else {
                    repository.links.remove(&blob);
                    repository.released.remove(&blob);
                }
            }
        }
    }
}
