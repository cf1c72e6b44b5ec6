//! The proof: everything that was acknowledged is there, byte for byte, and nothing is there by halves.

use std::{collections::BTreeSet, sync::Arc};

use bench::{client::excerpt, http::Request, image::Blob};
use futures::{StreamExt, stream};
use oci::{Digest, media_type::OCI_IMAGE};

use crate::{
    journal::{BlobEntry, ManifestEntry, Name, Place},
    session::{Session, Step, Stop},
    world::World,
};

const CONNECTIONS: usize = 8;

/// What the proof looked at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Acknowledged blobs that were compared.
    pub blobs: usize,
    /// Acknowledged manifests that were compared, with what they name.
    pub manifests: usize,
    /// Tags.
    pub tags: usize,
}

#[derive(Clone, Debug)]
enum Item {
    Blob(Place, BlobEntry),
    Manifest(Place, ManifestEntry),
    Tag(Name, BTreeSet<Option<Digest>>),
    List(String),
}

/// Compares everything in the journal with what the server has now; what is wrong goes to [`World::wrong`].
pub async fn verify(world: &Arc<World>) -> Seen {
    let mut seen = Seen::default();
    let mut items = Vec::new();
    {
        let journal = world.journal();
        for (place, entry) in journal.blobs() {
            seen.blobs += usize::from(entry.acknowledged);
            items.push(Item::Blob(place.clone(), entry.clone()));
        }
        for (place, entry) in journal.manifests() {
            seen.manifests += usize::from(entry.acknowledged);
            items.push(Item::Manifest(place.clone(), entry.clone()));
        }
        for (repository, tag) in journal.tags() {
            seen.tags += 1;
            items.push(Item::Tag((repository.clone(), tag.clone()), journal.allowed(repository, tag)));
        }
        let repositories: BTreeSet<_> = journal.tags().map(|(repository, _)| repository.clone()).collect();
        items.extend(repositories.into_iter().map(Item::List));
    }
    let repositories: BTreeSet<String> = world.journal().blobs().keys().map(|(name, _)| name.clone()).collect();
    let repositories: Vec<String> = repositories.into_iter().collect();
    let share = items.len().div_ceil(CONNECTIONS).max(1);
    stream::iter(items.chunks(share))
        .for_each_concurrent(CONNECTIONS, |items| {
            let mut prover = Prover { world: Arc::clone(world), session: Session::new(world, &repositories) };
            async move {
                for item in items {
                    if let Err(stop) = prover.look_at(item).await {
                        prover.session.judge(stop);
                    }
                }
            }
        })
        .await;
    seen
}

struct Prover {
    world: Arc<World>,
    session: Session,
}

impl Prover {
    async fn look_at(&mut self, item: &Item) -> Step<()> {
        match item {
            Item::Blob((repository, digest), entry) => self.blob(repository, digest, entry).await,
            Item::Manifest((repository, digest), entry) => self.manifest(repository, digest, entry).await,
            Item::Tag((repository, tag), allowed) => self.tag(repository, tag, allowed).await,
            Item::List(repository) => self.list(repository).await,
        }
    }

    async fn get(&mut self, target: &str) -> Step<(u16, Vec<u8>)> {
        let request: Request = self.session.request("GET", target).await?.header("Accept", OCI_IMAGE).end();
        let answer = self.session.ask(&request).await?;
        Ok((answer.status, answer.body))
    }

    async fn blob(&mut self, repository: &str, digest: &Digest, entry: &BlobEntry) -> Step<()> {
        let (status, body) = self.get(&format!("/v2/{repository}/blobs/{digest}")).await?;
        let is_whole = body.len() as u64 == entry.payload.size && entry.payload.matches(0, &body);
        let name = format!("{repository}@{digest} of {} bytes", entry.payload.size);
        match (status, entry.acknowledged) {
            (200, _) if is_whole => Ok(()),
            (200, _) => {
                Err(Stop::Wrong(format!("blob {name} has other bytes than were pushed ({} bytes)", body.len())))
            }
            (404, false) => Ok(()),
            (404, true) => Err(Stop::Wrong(format!("blob {name} was acknowledged and is lost"))),
            _ => Err(Stop::Wrong(format!("blob {name}: {status}: {}", excerpt(&body)))),
        }
    }

    async fn manifest(&mut self, repository: &str, digest: &Digest, entry: &ManifestEntry) -> Step<()> {
        let (status, body) = self.get(&format!("/v2/{repository}/manifests/{digest}")).await?;
        let name = format!("{repository}@{digest}");
        match (status, entry.acknowledged) {
            (200, _) if body == entry.bytes => (),
            (200, _) => return Err(Stop::Wrong(format!("manifest {name} has other bytes than were pushed"))),
            (404, false) => return Ok(()),
            (404, true) => return Err(Stop::Wrong(format!("manifest {name} was acknowledged and is lost"))),
            _ => return Err(Stop::Wrong(format!("manifest {name}: {status}: {}", excerpt(&body)))),
        }
        for Blob { digest: blob, .. } in &entry.blobs {
            let head = self.session.request("HEAD", &format!("/v2/{repository}/blobs/{blob}")).await?.end();
            self.session
                .ask(&head)
                .await?
                .expect(&[200], &format!("blob {repository}@{blob}, which {digest} names"))?;
        }
        Ok(())
    }

    async fn tag(&mut self, repository: &str, tag: &str, allowed: &BTreeSet<Option<Digest>>) -> Step<()> {
        let (status, body) = self.get(&format!("/v2/{repository}/manifests/{tag}")).await?;
        let found = match status {
            200 => Some(Digest::sha256(&body)),
            404 => None,
            _ => return Err(Stop::Wrong(format!("tag {repository}:{tag}: {status}: {}", excerpt(&body)))),
        };
        if allowed.contains(&found) {
            return Ok(());
        }
        let show = |value: &Option<Digest>| value.as_ref().map_or("absent".to_owned(), ToString::to_string);
        let allowed: Vec<_> = allowed.iter().map(show).collect();
        Err(Stop::Wrong(format!("tag {repository}:{tag} is {}, not {}", show(&found), allowed.join(" or "))))
    }

    /// The list names what is there, and nothing that was never pushed.
    async fn list(&mut self, repository: &str) -> Step<()> {
        let (status, body) = self.get(&format!("/v2/{repository}/tags/list?n=1000")).await?;
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        if status == 404 || json["tags"].is_null() {
            let journal = self.world.journal();
            let mut tags = journal.tags().filter(|(name, _)| name == repository);
            return match tags.find(|(_, tag)| !journal.allowed(repository, tag).contains(&None)) {
                Some((_, tag)) => Err(Stop::Wrong(format!("the tags of {repository} ({status}) miss {tag}"))),
                None => Ok(()),
            };
        }
        let listed: BTreeSet<&str> =
            json["tags"].as_array().into_iter().flatten().filter_map(|tag| tag.as_str()).collect();
        let journal = self.world.journal();
        let known: BTreeSet<&str> =
            journal.tags().filter(|(name, _)| name == repository).map(|(_, tag)| tag.as_str()).collect();
        if let Some(stranger) = listed.difference(&known).next() {
            return Err(Stop::Wrong(format!("the tags of {repository} name {stranger}, which was never pushed")));
        }
        for tag in known {
            let allowed = journal.allowed(repository, tag);
            let (must, may_not) = (!allowed.contains(&None), allowed.len() == 1 && allowed.contains(&None));
            if (must && !listed.contains(tag)) || (may_not && listed.contains(tag)) {
                let is = if must { "miss" } else { "still name" };
                return Err(Stop::Wrong(format!("the tags of {repository} {is} {tag}")));
            }
        }
        Ok(())
    }
}
