//! The box that shows how to pull: for each client that can, by tag or by digest. What is chosen stands in the address.

use crate::{
    boot::{use_boot, use_words},
    components::{Client, Clients, Command, Segment, Segmented, Snippet},
    routes::Address,
};
use api_types::ArtifactKind;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// A program that pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Puller {
    Docker,
    Podman,
    Containerd,
    Crane,
    Kubernetes,
    HelmPull,
    HelmInstall,
    OrasPull,
    OrasCopy,
}

/// A program with its word in the address and its name.
type Offer = (Puller, &'static str, &'static str);

impl Puller {
    /// What pulls something of a kind; the first one is shown where none is chosen.
    fn offered(kind: ArtifactKind) -> &'static [Offer] {
        match kind {
            ArtifactKind::Image | ArtifactKind::Index => &[
                (Self::Docker, "docker", "Docker"),
                (Self::Podman, "podman", "Podman"),
                (Self::Containerd, "containerd", "containerd"),
                (Self::Crane, "crane", "Crane"),
                (Self::Kubernetes, "kubernetes", "Kubernetes"),
            ],
            ArtifactKind::HelmChart => {
                &[(Self::HelmPull, "helm", "helm pull"), (Self::HelmInstall, "helm-install", "helm install")]
            }
            ArtifactKind::Sbom | ArtifactKind::Other => &[(Self::OrasPull, "oras", "ORAS")],
            // Their layers have no names of files, and `oras pull` leaves out what has none.
            ArtifactKind::Signature | ArtifactKind::Attestation => &[(Self::OrasCopy, "oras", "ORAS")],
        }
    }

    /// The one of a word, or the first.
    fn find(offers: &[Offer], word: &str) -> Self {
        let found = offers.iter().find(|(_, id, _)| *id == word).or(offers.first());
        found.map_or(Self::Docker, |(puller, ..)| *puller)
    }

    fn snippet(self, thing: &Thing, by_digest: bool) -> Snippet {
        let flag = |flag: &'static str| if thing.plain_http { flag } else { "" };
        let image = format!("{}‹{}›", thing.place(), thing.reference(by_digest));
        match self {
            Self::Docker => Snippet::shell(format!("docker pull {image}")),
            Self::Podman => Snippet::shell(format!("podman pull{} {image}", flag(" --tls-verify=false"))),
            // It knows no sign-in but its own; given a name alone it asks for the password.
            Self::Containerd => {
                let user = thing.user.as_ref().map_or_else(String::new, |user| format!(" --user ‹{user}›"));
                Snippet::shell(format!("ctr images pull{}{user} {image}", flag(" --plain-http")))
            }
            Self::Crane => Snippet::shell(format!("crane pull{} {image} image.tar", flag(" --insecure"))),
            Self::Kubernetes => Snippet::file(format!(
                "containers:\n  - name: app\n    image: {image}\nimagePullSecrets:\n  - name: slipway"
            )),
            Self::HelmPull => Snippet::shell(format!("helm pull{} {}", flag(" --plain-http"), thing.chart(by_digest))),
            Self::HelmInstall => {
                // A release's name is a label of DNS.
                let name = thing.repository.rsplit('/').next().unwrap_or_default().replace('_', "-");
                Snippet::shell(format!("helm install{} {name} {}", flag(" --plain-http"), thing.chart(by_digest)))
            }
            Self::OrasPull => Snippet::shell(format!("oras pull{} {image}", flag(" --plain-http"))),
            Self::OrasCopy => {
                Snippet::shell(format!("oras copy{} {image} --to-oci-layout layout", flag(" --from-plain-http")))
            }
        }
    }
}

/// What is pulled, from where and by whom.
#[derive(Clone, Debug)]
struct Thing {
    host: String,
    plain_http: bool,
    /// The repository's full name.
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
    /// Who has to sign in; absent where everybody may pull.
    user: Option<String>,
}

impl Thing {
    fn place(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }

    /// What follows the repository's name.
    fn reference(&self, by_digest: bool) -> String {
        match (&self.tag, &self.digest) {
            (Some(tag), _) if !by_digest => format!(":{tag}"),
            (_, Some(digest)) => format!("@{digest}"),
            (Some(tag), None) => format!(":{tag}"),
            (None, None) => String::new(),
        }
    }

    /// How Helm names it.
    fn chart(&self, by_digest: bool) -> String {
        match self.tag.as_deref().and_then(version) {
            Some(version) if !by_digest => format!("oci://{} --version ‹{version}›", self.place()),
            _ => format!("oci://{}‹{}›", self.place(), self.reference(true)),
        }
    }
}

/// The version of a chart by its tag: a tag has no `+`, and Helm writes `_` for it. A tag that is no version is of no use to Helm.
fn version(tag: &str) -> Option<String> {
    let core = tag.split(['-', '_']).next().unwrap_or_default();
    let core = core.strip_prefix('v').unwrap_or(core);
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (core.split('.').count() == 3 && core.split('.').all(number)).then(|| tag.replace('_', "+"))
}

/// How to pull one thing.
#[component]
pub fn PullBox(
    /// The repository's full name.
    #[prop(into)]
    repository: String,
    /// The tag, where there is one.
    tag: Option<String>,
    /// The digest, where it is known.
    digest: Option<String>,
    /// What it is: programs that cannot do anything with it are not offered.
    kind: ArtifactKind,
    /// Whether everybody may pull it.
    public: bool,
    /// The address of this page, to which the choice is added.
    here: Address,
) -> impl IntoView {
    let words = use_words().pull;
    let boot = use_boot();
    let query = use_query_map();
    let offers = Puller::offered(kind);
    let by_tag = match kind {
        ArtifactKind::HelmChart => tag.as_deref().and_then(version).is_some(),
        _ => tag.is_some(),
    };
    let both = by_tag && digest.is_some();
    let thing = Thing {
        host: boot.site.host.clone(),
        plain_http: boot.site.url.starts_with("http://"),
        repository,
        tag,
        digest,
        user: boot.viewer.as_ref().filter(|_| !public).map(|viewer| viewer.username.clone()),
    };
    let chosen = Memo::new(move |_| {
        query.with(|query| (query.get("client").unwrap_or_default(), query.get("by").unwrap_or_default()))
    });
    let by_digest = Signal::derive(move || !by_tag || (both && chosen.get().1 == "digest"));
    let snippet = Signal::derive(move || Puller::find(offers, &chosen.get().0).snippet(&thing, by_digest.get()));
    let address = move |client: &str, by: &str| here.clone().with("client", client).with("by", by).to_string();
    let clients = {
        let address = address.clone();
        Signal::derive(move || {
            let (client, by) = chosen.get();
            let current = Puller::find(offers, &client);
            let first = Puller::find(offers, "");
            offers
                .iter()
                .map(|&(puller, id, name)| Client {
                    name,
                    href: address(if puller == first { "" } else { id }, &by),
                    current: puller == current,
                })
                .collect::<Vec<_>>()
        })
    };
    let segments = Signal::derive(move || {
        let (client, _) = chosen.get();
        let by_digest = by_digest.get();
        vec![
            Segment { name: words.tag().to_owned(), href: address(&client, ""), current: !by_digest },
            Segment { name: words.digest().to_owned(), href: address(&client, "digest"), current: by_digest },
        ]
    });
    view! {
        <Command snippet title=words.title()>
            <Clients clients />
            {both
                .then(|| {
                    view! {
                        <span class="command-by">
                            <span class="wide-only second">{words.by()}</span>
                            <Segmented label=words.reference_by() segments />
                        </span>
                    }
                })}
        </Command>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing(repository: &str, tag: &str) -> Thing {
        Thing {
            host: "registry.example.com".to_owned(),
            plain_http: false,
            repository: repository.to_owned(),
            tag: Some(tag.to_owned()),
            digest: Some("sha256:abc".to_owned()),
            user: Some("ada".to_owned()),
        }
    }

    /// The lines for all that is offered, over TLS or not.
    fn lines(thing: Thing, kind: ArtifactKind, plain_http: bool, by_digest: bool) -> Vec<String> {
        let thing = Thing { plain_http, ..thing };
        Puller::offered(kind).iter().map(|(puller, ..)| puller.snippet(&thing, by_digest).text()).collect()
    }

    #[test]
    fn an_image_is_offered_to_the_clients_of_images_and_containerd_is_given_the_name_where_it_is_needed() {
        let app = thing("team/app", "v1");
        let shown = lines(app.clone(), ArtifactKind::Image, false, false);
        assert_eq!(
            shown[..4],
            [
                "docker pull registry.example.com/team/app:v1",
                "podman pull registry.example.com/team/app:v1",
                "ctr images pull --user ada registry.example.com/team/app:v1",
                "crane pull registry.example.com/team/app:v1 image.tar",
            ]
        );
        assert!(shown[4].contains("    image: registry.example.com/team/app:v1\n"));
        let shown = lines(app.clone(), ArtifactKind::Index, true, true);
        assert_eq!(shown[2], "ctr images pull --plain-http --user ada registry.example.com/team/app@sha256:abc");
        let public = Thing { user: None, ..app };
        let shown = lines(public, ArtifactKind::Image, true, false);
        assert_eq!(shown[2], "ctr images pull --plain-http registry.example.com/team/app:v1");
    }

    #[test]
    fn a_chart_is_for_helm_which_names_its_version() {
        let chart = thing("team/charts/web_app", "1.1.0-rc.1_build.5");
        assert_eq!(
            lines(chart.clone(), ArtifactKind::HelmChart, true, false),
            [
                "helm pull --plain-http oci://registry.example.com/team/charts/web_app --version 1.1.0-rc.1+build.5",
                "helm install --plain-http web-app oci://registry.example.com/team/charts/web_app \
                 --version 1.1.0-rc.1+build.5",
            ]
        );
        assert_eq!(
            lines(chart, ArtifactKind::HelmChart, false, true)[0],
            "helm pull oci://registry.example.com/team/charts/web_app@sha256:abc"
        );
        for tag in ["latest", "1.0", "1.x.0", "v1", "sha256-abc.sig"] {
            let shown = lines(thing("team/web", tag), ArtifactKind::HelmChart, false, false);
            assert_eq!(shown[0], "helm pull oci://registry.example.com/team/web@sha256:abc", "{tag}");
        }
        for tag in ["1.0.0", "v1.0.0", "10.20.30-alpha"] {
            assert_eq!(version(tag).as_deref(), Some(tag));
        }
    }

    #[test]
    fn other_things_are_for_oras() {
        let files = thing("team/files", "1.0.0");
        assert_eq!(
            lines(files.clone(), ArtifactKind::Other, true, false),
            ["oras pull --plain-http registry.example.com/team/files:1.0.0"]
        );
        assert_eq!(
            lines(files.clone(), ArtifactKind::Sbom, false, true),
            ["oras pull registry.example.com/team/files@sha256:abc"]
        );
        assert_eq!(
            lines(files, ArtifactKind::Signature, true, true),
            ["oras copy --from-plain-http registry.example.com/team/files@sha256:abc --to-oci-layout layout"]
        );
    }

    #[test]
    fn what_is_not_offered_gives_way_to_the_first() {
        for kind in ArtifactKind::ALL {
            let offers = Puller::offered(kind);
            for (puller, id, _) in offers {
                assert_eq!(Puller::find(offers, id), *puller);
            }
            assert_eq!(Puller::find(offers, "nothing"), offers[0].0, "{kind:?}");
        }
        assert_eq!(Puller::find(Puller::offered(ArtifactKind::HelmChart), "podman"), Puller::HelmPull);
    }
}
