//! A client that pushes without pause and remembers what it was promised.

use std::sync::Arc;

use bench::{
    image::{Blob, Image},
    random::Random,
    servers::Kind,
};
use oci::media_type::OCI_IMAGE;

use crate::{
    session::{Session, Step, Stop},
    upload::{Upload, Uploader},
    world::{World, count},
};

/// The repository into which every client pushes.
pub const SHARED: &str = "library/shared";
/// Blobs of these identities are pushed by all clients, often at the same time.
const COMMON: u64 = 1 << 60;

/// The repository of one client.
pub fn own(index: u64) -> String {
    format!("library/client-{index}")
}

/// One client.
#[derive(Debug)]
pub struct Pusher {
    world: Arc<World>,
    session: Session,
    random: Random,
    index: u64,
    made: u64,
    /// Images that were acknowledged in the client's own repository.
    images: Vec<Image>,
    /// Blobs that were acknowledged there, the newest last.
    blobs: Vec<Blob>,
    upload: Option<Upload>,
    /// Whether a kill has interrupted this client since its last step.
    shaken: bool,
}

impl Pusher {
    /// A client with its own part of the seed's dice.
    pub fn new(world: &Arc<World>, index: u64, seed: u64) -> Self {
        Self {
            world: Arc::clone(world),
            session: Session::new(world, &[own(index), SHARED.to_owned()]),
            random: Random::stream(seed, index),
            index,
            made: 0,
            images: Vec::new(),
            blobs: Vec::new(),
            upload: None,
            shaken: false,
        }
    }

    /// Pushes until the last kill: the upload that it has interrupted, if any.
    pub async fn run(mut self) -> Option<Upload> {
        loop {
            match self.step().await {
                Ok(()) => (),
                Err(Stop::Over) => return self.upload,
                Err(stop) => {
                    self.session.judge(stop);
                    self.shaken = true;
                }
            }
        }
    }

    async fn step(&mut self) -> Step<()> {
        if std::mem::take(&mut self.shaken) {
            self.look_back().await?;
        }
        if let Some(mut upload) = self.upload.take() {
            let resumed = self.uploader().resume(&mut upload).await;
            return self.end(upload, resumed);
        }
        match self.random.below(100) {
            0..30 => self.push_image().await,
            30..60 => {
                let (repository, blob) = (self.repository(), self.new_blob());
                self.push(&repository, blob).await
            }
            60..75 => self.tag_again().await,
            75..80 => self.delete_tag().await,
            80..85 => self.push_broken_image().await,
            85..92 => self.mount().await,
            _ => self.look_back().await,
        }
    }

    fn uploader(&mut self) -> Uploader<'_> {
        Uploader { world: &self.world, session: &mut self.session, random: &mut self.random }
    }

    fn repository(&mut self) -> String {
        if self.random.chance(25) { SHARED.to_owned() } else { own(self.index) }
    }

    fn tag(&mut self) -> String {
        format!("t{}", self.random.below(12))
    }

    /// Mostly small, at times some hundred KiB, rarely some MiB; as long as the budget lasts.
    fn new_blob(&mut self) -> Blob {
        self.made += 1;
        let size = match self.random.below(100) {
            0..75 => self.random.between(1, 8 << 10),
            75..95 => self.random.between(8 << 10, 256 << 10),
            _ => self.random.between(256 << 10, 3 << 20),
        };
        if self.random.chance(10) {
            let id = COMMON + self.made / 4;
            return Blob::new(id, 1000 + id % 5000);
        }
        let size = if self.world.may_push(size) { size } else { size % 1024 + 1 };
        Blob::new(((self.index + 1) << 32) + self.made, size)
    }

    async fn push(&mut self, repository: &str, blob: Blob) -> Step<()> {
        let mut upload = Upload::new(repository, blob);
        let pushed = self.uploader().push(&mut upload).await;
        self.end(upload, pushed)
    }

    /// Keeps what was interrupted, and what was acknowledged.
    fn end(&mut self, upload: Upload, result: Step<()>) -> Step<()> {
        match &result {
            Ok(()) if upload.repository == own(self.index) => self.blobs.push(upload.blob),
            Err(Stop::Broken(_) | Stop::Over) => self.upload = Some(upload),
            _ => (),
        }
        result
    }

    /// A configuration and layers, some of them new, and then the manifest, mostly by tag.
    async fn push_image(&mut self) -> Step<()> {
        let repository = own(self.index);
        let mut blobs = Vec::new();
        for _ in 0..self.random.between(1, 4) {
            if !self.blobs.is_empty() && self.random.chance(40) {
                let known = self.random.below(self.blobs.len() as u64);
                blobs.push(self.blobs[usize::try_from(known).unwrap_or(0)].clone());
            } else {
                let blob = self.new_blob();
                self.push(&repository, blob.clone()).await?;
                blobs.push(blob);
            }
        }
        let image = Image::of(blobs);
        if self.random.chance(80) {
            let tag = self.tag();
            self.put_manifest(&repository, Some(&tag), &image).await
        } else {
            self.put_manifest(&repository, None, &image).await
        }
    }

    async fn put_manifest(&mut self, repository: &str, tag: Option<&str>, image: &Image) -> Step<()> {
        let reference = tag.map_or_else(|| image.digest.to_string(), str::to_owned);
        let target = format!("/v2/{repository}/manifests/{reference}");
        let put = self.session.request("PUT", &target).await?.header("Content-Type", OCI_IMAGE).body(&image.manifest);
        let write = {
            let mut journal = self.world.journal();
            journal.attempt_manifest(repository, image);
            tag.map(|tag| journal.begin_write(repository, tag, Some(&image.digest)))
        };
        let answer = self.session.ask(&put).await.and_then(|answer| answer.expect(&[201], "PUT of a manifest"));
        let mut journal = self.world.journal();
        if let Some(write) = write {
            journal.end_write(&write, answer.is_ok());
        }
        answer?;
        journal.acknowledge_manifest(repository, image);
        drop(journal);
        if repository == own(self.index) && !self.images.iter().any(|known| known.digest == image.digest) {
            self.images.push(image.clone());
        }
        Ok(())
    }

    /// Points a tag at an image that is there.
    async fn tag_again(&mut self) -> Step<()> {
        let Some(image) = self.known_image() else { return Ok(()) };
        let (repository, tag) = (self.repository(), self.tag());
        if repository == SHARED {
            for blob in &image.blobs {
                self.push(SHARED, blob.clone()).await?;
            }
        }
        self.put_manifest(&repository, Some(&tag), &image).await
    }

    fn known_image(&mut self) -> Option<Image> {
        let index = self.random.below(self.images.len() as u64);
        self.images.get(usize::try_from(index).ok()?).cloned()
    }

    async fn delete_tag(&mut self) -> Step<()> {
        if self.world.endpoint.kind == Kind::Distribution {
            return Ok(());
        }
        let (repository, tag) = (self.repository(), self.tag());
        let delete = self.session.request("DELETE", &format!("/v2/{repository}/manifests/{tag}")).await?.end();
        let write = self.world.journal().begin_write(&repository, &tag, None);
        let answer = self.session.ask(&delete).await.and_then(|answer| answer.expect(&[202, 404], "DELETE of a tag"));
        self.world.journal().end_write(&write, answer.is_ok());
        answer.map(|_| ())
    }

    /// A manifest that names a blob which was never completed must be refused.
    async fn push_broken_image(&mut self) -> Step<()> {
        let repository = own(self.index);
        let (there, missing) = (self.new_blob(), Blob::new(u64::MAX - self.made - (self.index << 32), 2048));
        self.push(&repository, there.clone()).await?;
        let image = Image::of(vec![there, missing]);
        let target = format!("/v2/{repository}/manifests/broken");
        let put = self.session.request("PUT", &target).await?.header("Content-Type", OCI_IMAGE).body(&image.manifest);
        let answer =
            self.session.ask(&put).await?.expect(&[400, 404], "PUT of a manifest that names a missing blob")?;
        if !String::from_utf8_lossy(&answer.body).contains("MANIFEST_BLOB_UNKNOWN") {
            return Err(Stop::Wrong("a missing blob is refused without MANIFEST_BLOB_UNKNOWN".to_owned()));
        }
        count(&self.world.tally.refused);
        Ok(())
    }

    /// Links a blob of the own repository into the shared one.
    async fn mount(&mut self) -> Step<()> {
        let Some(blob) = self.blobs.last().cloned() else { return Ok(()) };
        let target = format!("/v2/{SHARED}/blobs/uploads/?mount={}&from={}", blob.digest, own(self.index));
        let post = self.session.request("POST", &target).await?.body(b"");
        self.world.journal().attempt_blob(SHARED, &blob);
        self.session.ask(&post).await?.expect(&[201], "mount of a blob that is there")?;
        self.world.journal().acknowledge_blob(SHARED, &blob);
        Ok(())
    }

    /// The newest blob and a random tag of the own repository must be what was acknowledged.
    async fn look_back(&mut self) -> Step<()> {
        let repository = own(self.index);
        if let Some(blob) = self.blobs.last().cloned() {
            let get = self.session.request("GET", &format!("/v2/{repository}/blobs/{}", blob.digest)).await?.end();
            let answer = self.session.ask(&get).await?.expect(&[200], "GET of an acknowledged blob")?;
            if !(answer.body.len() as u64 == blob.payload.size && blob.payload.matches(0, &answer.body)) {
                return Err(Stop::Wrong(format!("{repository}@{} has other bytes than were pushed", blob.digest)));
            }
        }
        let tag = self.tag();
        let get = self.session.request("GET", &format!("/v2/{repository}/manifests/{tag}")).await?;
        let get = get.header("Accept", OCI_IMAGE).end();
        let answer = self.session.ask(&get).await?.expect(&[200, 404], "GET of a tag")?;
        let found = (answer.status == 200).then(|| oci::Digest::sha256(&answer.body));
        let allowed = self.world.journal().allowed(&repository, &tag);
        if !allowed.contains(&found) {
            return Err(Stop::Wrong(format!("{repository}:{tag} is {found:?}, not one of {allowed:?}")));
        }
        Ok(())
    }
}
