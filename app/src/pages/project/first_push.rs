//! The empty state that teaches: sign in, name, push, for each client, with this host and this project filled in.

use crate::{
    boot::{use_boot, use_words},
    components::{Client, Clients, Command, Rich, Snippet},
    i18n::project::FirstPush,
    routes::Address,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// A program that pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pusher {
    Docker,
    Podman,
    Buildx,
    Crane,
    Helm,
    Oras,
}

/// A step: what, why, and the command.
type Step = (&'static str, String, Snippet);

impl Pusher {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Docker, "docker", "Docker"),
        (Self::Podman, "podman", "Podman"),
        (Self::Buildx, "buildx", "Buildx"),
        (Self::Crane, "crane", "Crane"),
        (Self::Helm, "helm", "Helm"),
        (Self::Oras, "oras", "ORAS"),
    ];

    fn find(word: &str) -> Self {
        Self::ALL.into_iter().find(|(_, id, _)| *id == word).map_or(Self::Docker, |(pusher, ..)| pusher)
    }

    fn steps(self, words: FirstPush, target: &Target) -> Vec<Step> {
        let Target { host, project, user, plain_http } = target;
        let flag = |flag: &'static str| if *plain_http { flag } else { "" };
        let image = format!("‹{host}/{project}/›my-app:1.0.0");
        let login = |command: String| (words.sign_in(), words.sign_in_text().to_owned(), Snippet::shell(command));
        let name = || words.name_text(format!("{project}/team/my-app"));
        let push = |command: String| (words.push(), words.push_text().to_owned(), Snippet::shell(command));
        match self {
            Self::Docker => vec![
                login(format!("docker login ‹{host}› -u ‹{user}›")),
                (words.name(), name(), Snippet::shell(format!("docker tag my-app:latest {image}"))),
                push(format!("docker push {image}")),
            ],
            Self::Podman => {
                let tls = flag(" --tls-verify=false");
                vec![
                    login(format!("podman login{tls} ‹{host}› -u ‹{user}›")),
                    (words.name(), name(), Snippet::shell(format!("podman tag my-app:latest {image}"))),
                    push(format!("podman push{tls} {image}")),
                ]
            }
            Self::Buildx => vec![
                login(format!("docker login ‹{host}› -u ‹{user}›")),
                (
                    words.build(),
                    words.build_text().to_owned(),
                    Snippet::shell(format!(
                        "docker buildx build --platform linux/amd64,linux/arm64 -t {image} --push ."
                    )),
                ),
            ],
            Self::Crane => vec![
                (
                    words.sign_in(),
                    words.sign_in_unasked().to_owned(),
                    Snippet::shell(format!(
                        "echo \"$PASSWORD\" | crane auth login ‹{host}› -u ‹{user}› --password-stdin"
                    )),
                ),
                (
                    words.copy(),
                    words.copy_text().to_owned(),
                    Snippet::shell(format!(
                        "crane copy{} busybox:1.37 ‹{host}/{project}/›busybox:1.37",
                        flag(" --insecure")
                    )),
                ),
            ],
            Self::Helm => {
                let tls = flag(" --plain-http");
                vec![
                    login(format!("helm registry login{tls} ‹{host}› -u ‹{user}›")),
                    (
                        words.chart(),
                        words.chart_text().to_owned(),
                        Snippet::shell(format!("helm push{tls} my-chart-1.0.0.tgz oci://‹{host}/{project}›")),
                    ),
                ]
            }
            Self::Oras => {
                let tls = flag(" --plain-http");
                vec![
                    login(format!("oras login{tls} ‹{host}› -u ‹{user}›")),
                    (
                        words.files(),
                        words.files_text().to_owned(),
                        Snippet::shell(format!(
                            "oras push{tls} ‹{host}/{project}/›my-files:1.0.0 --artifact-type application/vnd.example.files report.pdf"
                        )),
                    ),
                ]
            }
        }
    }
}

/// What the commands speak of.
#[derive(Clone, Debug)]
struct Target {
    host: String,
    project: String,
    user: String,
    plain_http: bool,
}

/// Numbered steps that push the first image, switched by client through the address.
#[component]
pub fn PushSteps(
    /// The project's name.
    #[prop(into)]
    project: String,
    /// The address of this page, to which the client is added.
    here: Address,
    /// What ends the rail.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let words = use_words().first_push;
    let boot = use_boot();
    let query = use_query_map();
    let target = Target {
        host: boot.site.host.clone(),
        project,
        user: boot.viewer.as_ref().map_or_else(String::new, |viewer| viewer.username.clone()),
        plain_http: boot.site.url.starts_with("http://"),
    };
    let pusher = Memo::new(move |_| Pusher::find(&query.with(|query| query.get("client").unwrap_or_default())));
    let clients = Signal::derive(move || {
        Pusher::ALL
            .into_iter()
            .map(|(candidate, id, name)| Client {
                name,
                href: here.clone().with("client", if candidate == Pusher::Docker { "" } else { id }).to_string(),
                current: candidate == pusher.get(),
            })
            .collect::<Vec<_>>()
    });
    let steps = move || {
        pusher
            .get()
            .steps(words, &target)
            .into_iter()
            .enumerate()
            .map(|(index, (title, text, snippet))| {
                view! {
                    <li class="step">
                        <span class="step-number" aria-hidden="true">{index + 1}</span>
                        <div class="step-body">
                            <h3>{title}</h3>
                            <p><Rich text /></p>
                            <Command snippet=Signal::stored(snippet) />
                        </div>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <div class="push-clients"><Clients clients /></div>
        <ol class="steps">{steps} {children.map(|children| children())}</ol>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    /// The text and the line of each step.
    fn steps(pusher: Pusher, plain_http: bool) -> Vec<(String, String)> {
        let target = Target {
            host: "registry.example.com".to_owned(),
            project: "team".to_owned(),
            user: "ada".to_owned(),
            plain_http,
        };
        let steps = pusher.steps(FirstPush::in_language(Locale::En), &target);
        steps.into_iter().map(|(_, text, snippet)| (text, snippet.text())).collect()
    }

    #[test]
    fn whoever_is_asked_for_the_password_is_told_so_and_crane_is_given_it() {
        for (pusher, ..) in Pusher::ALL {
            let (text, line) = steps(pusher, true).remove(0);
            let asks = !line.contains("--password-stdin");
            assert_eq!(text.contains("The terminal asks for the password"), asks, "{pusher:?}");
            assert_eq!(text.contains("`PASSWORD`"), line.contains("\"$PASSWORD\""), "{pusher:?}");
            assert!(!line.contains(" -p "), "{pusher:?}: a password on a command line is seen by others");
        }
        let line = "echo \"$PASSWORD\" | crane auth login registry.example.com -u ada --password-stdin";
        assert_eq!(steps(Pusher::Crane, true)[0].1, line);
    }

    #[test]
    fn a_builder_that_cannot_build_for_several_platforms_is_helped() {
        let [_, (text, line)] = <[_; 2]>::try_from(steps(Pusher::Buildx, false)).expect("two steps");
        assert!(line.contains("--platform linux/amd64,linux/arm64"));
        assert!(text.contains("`docker buildx create --use`"), "{text}");
    }

    #[test]
    fn charts_and_files_go_where_the_project_is() {
        assert_eq!(
            steps(Pusher::Helm, true)[1].1,
            "helm push --plain-http my-chart-1.0.0.tgz oci://registry.example.com/team"
        );
        assert_eq!(
            steps(Pusher::Oras, false)[1].1,
            "oras push registry.example.com/team/my-files:1.0.0 --artifact-type application/vnd.example.files report.pdf"
        );
    }
}
