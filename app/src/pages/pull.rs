//! The box that shows how to pull: for each client, by tag or by digest. What is chosen stands in the address.

use crate::{
    boot::{use_boot, use_words},
    components::{Client, Clients, Command, Segment, Segmented, Snippet},
    routes::Address,
};
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
}

impl Puller {
    const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Docker, "docker", "Docker"),
        (Self::Podman, "podman", "Podman"),
        (Self::Containerd, "containerd", "containerd"),
        (Self::Crane, "crane", "Crane"),
        (Self::Kubernetes, "kubernetes", "Kubernetes"),
    ];

    fn find(word: &str) -> Self {
        Self::ALL.into_iter().find(|(_, id, _)| *id == word).map_or(Self::Docker, |(puller, ..)| puller)
    }

    /// The lines that pull `image`, whose last part is `reference`.
    fn snippet(self, image: &str, reference: &str, plain_http: bool) -> Snippet {
        let flag = |flag: &'static str| if plain_http { flag } else { "" };
        match self {
            Self::Docker => Snippet::shell(format!("docker pull {image}‹{reference}›")),
            Self::Podman => Snippet::shell(format!("podman pull{} {image}‹{reference}›", flag(" --tls-verify=false"))),
            Self::Containerd => {
                Snippet::shell(format!("ctr images pull{} {image}‹{reference}›", flag(" --plain-http")))
            }
            Self::Crane => Snippet::shell(format!("crane pull{} {image}‹{reference}› image.tar", flag(" --insecure"))),
            Self::Kubernetes => Snippet::file(format!(
                "containers:\n  - name: app\n    image: {image}‹{reference}›\nimagePullSecrets:\n  - name: slipway"
            )),
        }
    }
}

/// How to pull one image.
#[component]
pub fn PullBox(
    /// The repository's full name.
    #[prop(into)]
    repository: String,
    /// The tag, where there is one.
    tag: Option<String>,
    /// The digest, where it is known.
    digest: Option<String>,
    /// The address of this page, to which the choice is added.
    here: Address,
) -> impl IntoView {
    let words = use_words().pull;
    let boot = use_boot();
    let query = use_query_map();
    let plain_http = boot.site.url.starts_with("http://");
    let image = format!("{}/{repository}", boot.site.host);
    let chosen = Memo::new(move |_| {
        query.with(|query| (query.get("client").unwrap_or_default(), query.get("by").unwrap_or_default()))
    });
    let both = tag.is_some() && digest.is_some();
    let by_digest = {
        let no_tag = tag.is_none();
        Signal::derive(move || no_tag || (both && chosen.get().1 == "digest"))
    };
    let snippet = Signal::derive(move || {
        let reference = match (&tag, &digest) {
            (Some(tag), _) if !by_digest.get() => format!(":{tag}"),
            (_, Some(digest)) => format!("@{digest}"),
            (Some(tag), None) => format!(":{tag}"),
            (None, None) => String::new(),
        };
        Puller::find(&chosen.get().0).snippet(&image, &reference, plain_http)
    });
    let address = move |client: &str, by: &str| here.clone().with("client", client).with("by", by).to_string();
    let clients = {
        let address = address.clone();
        Signal::derive(move || {
            let (client, by) = chosen.get();
            let current = Puller::find(&client);
            Puller::ALL
                .into_iter()
                .map(|(puller, id, name)| Client {
                    name,
                    href: address(if puller == Puller::Docker { "" } else { id }, &by),
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
