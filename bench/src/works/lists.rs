//! Pages of long lists: tags of a repository, repositories of the catalog.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::Path,
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use super::{Contestant, REGISTRIES, REPOSITORY, REQUESTS, Scale, Work, provide, reads::repeat};
use crate::{
    image::{Blob, Image},
    load,
    measure::{Bar, Sample, Unit, count},
    random::Random,
    report::figure,
    servers::{Kind, Server},
};

const PAGE: usize = 100;
const CONNECTIONS: usize = 8;
/// From how many places in the list pages are asked for.
const PLACES: usize = 40;

/// Which list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The tags of one repository.
    Tags,
    /// The repositories that the caller may see.
    Repositories,
}

/// Pages of 100 from all over a list.
pub struct List {
    /// How long the list is.
    pub scale: Scale,
    /// Which list it is.
    pub of: Of,
}

impl List {
    fn names(&self) -> Vec<String> {
        let name = |i| match self.of {
            Of::Tags => format!("t{i:05}"),
            Of::Repositories => format!("library/r{i:05}"),
        };
        (0..self.scale.names).map(name).collect()
    }

    fn target(&self, last: &str) -> String {
        match self.of {
            Of::Tags => format!("/v2/{REPOSITORY}/tags/list?n={PAGE}&last={last}"),
            Of::Repositories => format!("/v2/_catalog?n={PAGE}&last={last}"),
        }
    }

    /// Makes the list through the interface: manifests by tag, or a mount and a manifest for each repository.
    fn push(&self, server: &Server, names: &[String], image: &Image) -> Result<()> {
        let authorization = server.endpoint.basic();
        let config = &image.blobs[0].digest;
        load::drive(server, self.scale.load(16), authorization.as_ref(), async |index, mut client| {
            for name in names.iter().skip(index).step_by(16) {
                if self.of == Of::Tags {
                    client.push_manifest(REPOSITORY, name, &image.manifest).await?;
                    continue;
                }
                let target = format!("/v2/{name}/blobs/uploads/?mount={config}&from={REPOSITORY}");
                let mount = client.request("POST", &target).body(b"");
                client.expect(201, &mount, "mount of a blob").await?;
                client.push_manifest(name, "latest", &image.manifest).await?;
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Distribution keeps lists as folders, and is too slow at pushing them: the folder of what was pushed once is copied.
    fn copy(&self, server: &Server, names: &[String]) -> Result<()> {
        let repositories = server.folder.join("data/docker/registry/v2/repositories");
        for name in names {
            match self.of {
                Of::Tags => {
                    let tags = repositories.join(REPOSITORY).join("_manifests/tags");
                    copy_folder(&tags.join("latest"), &tags.join(name))?;
                }
                Of::Repositories => copy_folder(&repositories.join(REPOSITORY), &repositories.join(name))?,
            }
        }
        let first = match self.of {
            Of::Tags => repositories.join(REPOSITORY).join("_manifests/tags/latest"),
            Of::Repositories => repositories.join(REPOSITORY),
        };
        Ok(fs::remove_dir_all(first)?)
    }

    /// Whether a page is what the list says. Distribution 2.8 knows no pages of tags: it may answer with the whole list.
    fn check(&self, kind: Kind, page: &[u8], names: &[String], after: usize) -> Result<()> {
        let json: serde_json::Value = serde_json::from_slice(page).context("a page's JSON")?;
        let key = if self.of == Of::Tags { "tags" } else { "repositories" };
        let listed: Vec<&str> = json[key].as_array().context(key)?.iter().filter_map(|name| name.as_str()).collect();
        let expected: Vec<&str> = names[after + 1..].iter().take(PAGE).map(String::as_str).collect();
        let all: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        let whole =
            kind == Kind::Distribution && self.of == Of::Tags && listed.iter().copied().collect::<BTreeSet<_>>() == all;
        ensure!(
            listed == expected || whole,
            "{} names after {} instead of {PAGE}, from {:?}",
            listed.len(),
            names[after],
            listed.first()
        );
        Ok(())
    }
}

impl Work for List {
    fn name(&self) -> &'static str {
        if self.of == Of::Tags { "tags" } else { "catalog" }
    }

    fn title(&self) -> String {
        let list = if self.of == Of::Tags { "tags list" } else { "`_catalog`" };
        format!("{list} of {} names, n={PAGE}, {CONNECTIONS} connections", figure(count(self.scale.names)))
    }

    fn unit(&self) -> Unit {
        REQUESTS
    }

    fn servers(&self) -> &'static [Kind] {
        REGISTRIES
    }

    fn bars(&self) -> Vec<Bar> {
        vec![Bar::Times(if self.of == Of::Tags { 50.0 } else { 20.0 }, Kind::Distribution)]
    }

    fn prepare(&self, server: &Server) -> Result<()> {
        let image = Image::of(vec![Blob::new(1, 1024)]);
        let names = self.names();
        if server.endpoint.kind == Kind::Distribution {
            provide(server, REPOSITORY, &image.blobs, &[("latest", &image)])?;
            self.copy(server, &names)
        } else {
            provide(server, REPOSITORY, &image.blobs, &[])?;
            self.push(server, &names, &image)
        }
    }

    fn round(&self, contestant: &mut Contestant, round: u64) -> Result<Sample> {
        let (server, names) = (&contestant.server, self.names());
        repeat(server, self.scale, CONNECTIONS, async |index, mut client, until| {
            let mut random = Random::stream(round, index as u64);
            let mut checked: HashMap<usize, Vec<u8>> = HashMap::new();
            let mut requests = 0;
            while Instant::now() < until {
                let place = usize::try_from(random.below(PLACES as u64))?;
                let after = place * (names.len() - PAGE - 1) / PLACES;
                let request = client.request("GET", &self.target(&names[after])).end();
                let page = client.expect(200, &request, "GET of a page").await?;
                if let Some(first) = checked.get(&after) {
                    ensure!(*first == page, "a page changes though the list does not");
                } else {
                    self.check(server.endpoint.kind, &page, &names, after)?;
                    checked.insert(after, page);
                }
                requests += 1;
            }
            Ok(requests)
        })
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
