//! A secret that is shown once, with everything that is done with it.

use super::{Command, Notice, NoticeTone, Picks, Rich, Snippet};
use crate::{
    boot::{use_boot, use_words},
    browser,
    i18n::format,
};
use api_types::ShownSecret;
use leptos::prelude::*;

/// The name, the secret, and the lines for Docker, Kubernetes and pipelines, filled in.
#[component]
pub fn SecretPanel(
    /// What was made.
    secret: ShownSecret,
    /// What it is called.
    #[prop(into)]
    title: String,
    /// Whether there was one before.
    #[prop(optional)]
    rotated: bool,
    /// Where one goes on.
    children: Children,
) -> impl IntoView {
    let words = use_words();
    let text = words.secret;
    let boot = use_boot();
    let target = Target {
        host: boot.site.host.clone(),
        plain_http: boot.site.url.starts_with("http://"),
        login: secret.login.clone(),
        secret: secret.secret.clone(),
        auth: secret.auth.clone(),
    };
    // Whoever reads with the keyboard goes on here.
    Effect::new(move || browser::focus("secret-title"));
    let mut facts = vec![match secret.expires_at {
        Some(at) => text.expires(format::full_day(words.locale, at.date())),
        None => text.never_expires().to_owned(),
    }];
    if rotated {
        facts.push(match secret.previous_until {
            Some(at) => text.previous_until(format::moment(words.locale, at)),
            None => text.previous_ended().to_owned(),
        });
    }
    let line = |title: &'static str, value: String| {
        view! { <Command title snippet=Signal::stored(Snippet::file(format!("‹{value}›"))) /> }
    };
    let picks = vec![
        ("Docker", shown(text.docker_text(), vec![("", target.docker())])),
        ("Podman", shown(text.podman_text(), vec![("", target.podman())])),
        (text.config(), shown(text.config_text(), vec![("", target.config())])),
        ("Kubernetes", shown(text.kubernetes_text(), vec![("", target.kubernetes()), (text.pod(), target.pod())])),
        (
            "GitHub Actions",
            shown(text.github_text(), vec![("", target.github_secrets()), (text.workflow(), target.workflow())]),
        ),
        (
            "GitLab CI",
            shown(text.gitlab_text(), vec![("", target.gitlab_variable()), (text.pipeline(), target.pipeline())]),
        ),
    ];
    view! {
        <section class="stack secret-panel" aria-labelledby="secret-title">
            <h2 id="secret-title" class="secret-title" tabindex="-1">{title}</h2>
            <Notice tone=NoticeTone::Warning title=text.once() text=text.once_text() />
            <div class="secret-lines">
                {line(text.user_name(), secret.login.clone())}
                {secret.harbor_login.clone().map(|name| view! {
                    <p class="second">{text.harbor_name()}": "<code>{name}</code></p>
                })}
                {line(text.secret(), secret.secret.clone())}
            </div>
            <p class="second">{facts.join(" ")}</p>
            <h3 class="secret-use">{text.use_it()}</h3>
            <Picks name="secret-use" label=text.use_it() picks />
            <div class="form-end">{children()}</div>
        </section>
    }
}

/// A sentence, and snippets with their titles.
fn shown(text: &'static str, snippets: Vec<(&'static str, Snippet)>) -> AnyView {
    view! {
        <p><Rich text /></p>
        {snippets
            .into_iter()
            .map(|(title, snippet)| {
                let snippet = Signal::stored(snippet);
                if title.is_empty() {
                    view! { <Command snippet /> }.into_any()
                } else {
                    view! { <Command title snippet /> }.into_any()
                }
            })
            .collect_view()}
    }
    .into_any()
}

/// What the snippets speak of.
#[derive(Clone, Debug)]
struct Target {
    host: String,
    plain_http: bool,
    login: String,
    secret: String,
    auth: String,
}

impl Target {
    fn docker(&self) -> Snippet {
        self.sign_in("docker login")
    }

    fn podman(&self) -> Snippet {
        self.sign_in(if self.plain_http { "podman login --tls-verify=false" } else { "podman login" })
    }

    /// The line that signs a client in, by the command that does it.
    fn sign_in(&self, command: &str) -> Snippet {
        let Self { host, secret, .. } = self;
        let login = quoted(&self.login);
        Snippet::shell(format!("echo ‹{secret}› | {command} ‹{host}› -u ‹{login}› --password-stdin"))
    }

    fn config(&self) -> Snippet {
        let Self { host, auth, .. } = self;
        Snippet::file(format!(
            "{{\n  \"auths\": {{\n    \"‹{host}›\": {{\n      \"auth\": \"‹{auth}›\"\n    }}\n  }}\n}}"
        ))
    }

    /// A name for a secret of Kubernetes: letters, digits and hyphens.
    fn resource(&self) -> String {
        let name: String =
            self.login.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
        format!("slipway-{}", name.trim_matches('-'))
    }

    fn kubernetes(&self) -> Snippet {
        let Self { host, auth, .. } = self;
        let name = self.resource();
        Snippet::file(format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: ‹{name}›\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  \
             .dockerconfigjson: '{{\"auths\": {{\"‹{host}›\": {{\"auth\": \"‹{auth}›\"}}}}}}'"
        ))
    }

    fn pod(&self) -> Snippet {
        Snippet::file(format!("imagePullSecrets:\n  - name: ‹{}›", self.resource()))
    }

    fn github_secrets(&self) -> Snippet {
        let (login, secret) = (quoted(&self.login), &self.secret);
        Snippet::shell(format!(
            "gh secret set SLIPWAY_USERNAME --body ‹{login}›\ngh secret set SLIPWAY_PASSWORD --body ‹{secret}›"
        ))
    }

    fn workflow(&self) -> Snippet {
        let host = &self.host;
        Snippet::file(format!(
            "- uses: docker/login-action@v3\n  with:\n    registry: ‹{host}›\n    username: ${{{{ secrets.SLIPWAY_USERNAME }}}}\n    \
             password: ${{{{ secrets.SLIPWAY_PASSWORD }}}}"
        ))
    }

    fn gitlab_variable(&self) -> Snippet {
        Snippet::shell(format!("glab variable set SLIPWAY_PASSWORD ‹{}› --masked", self.secret))
    }

    fn pipeline(&self) -> Snippet {
        let (host, login) = (&self.host, quoted(&self.login));
        Snippet::file(format!(
            "before_script:\n  - echo \"$SLIPWAY_PASSWORD\" | docker login ‹{host}› -u ‹{login}› --password-stdin"
        ))
    }
}

/// A word of a shell; names of robots need no quotes.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_' | '@');
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(login: &str) -> Target {
        Target {
            host: "registry.example.com".to_owned(),
            plain_http: false,
            login: login.to_owned(),
            secret: "slipway_robot_x".to_owned(),
            auth: "YTpi".to_owned(),
        }
    }

    #[test]
    fn names_that_a_shell_would_take_apart_are_quoted() {
        assert_eq!(quoted("robot+team+ci"), "robot+team+ci");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("robot$team+ci"), "'robot$team+ci'");
        assert_eq!(quoted("o'neil;ls"), r"'o'\''neil;ls'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn github_gets_both_as_secrets_and_the_workflow_names_them() {
        let target = target("robot$team+ci");
        assert_eq!(
            target.github_secrets().text(),
            "gh secret set SLIPWAY_USERNAME --body 'robot$team+ci'\n\
             gh secret set SLIPWAY_PASSWORD --body slipway_robot_x"
        );
        assert_eq!(
            target.workflow().text(),
            "- uses: docker/login-action@v3\n  with:\n    registry: registry.example.com\n    \
             username: ${{ secrets.SLIPWAY_USERNAME }}\n    password: ${{ secrets.SLIPWAY_PASSWORD }}"
        );
    }

    #[test]
    fn gitlab_gets_the_secret_as_a_masked_variable_and_the_pipeline_names_it() {
        let target = target("robot$team+ci");
        assert_eq!(target.gitlab_variable().text(), "glab variable set SLIPWAY_PASSWORD slipway_robot_x --masked");
        assert_eq!(
            target.pipeline().text(),
            "before_script:\n  - echo \"$SLIPWAY_PASSWORD\" | docker login registry.example.com \
             -u 'robot$team+ci' --password-stdin"
        );
    }

    #[test]
    fn each_client_has_one_line_and_podman_is_told_of_plain_http() {
        let mut target = target("robot+team+ci");
        assert_eq!(
            target.docker().text(),
            "echo slipway_robot_x | docker login registry.example.com -u robot+team+ci --password-stdin"
        );
        assert!(target.podman().text().contains("| podman login registry.example.com "));
        target.plain_http = true;
        assert!(target.podman().text().contains("| podman login --tls-verify=false registry.example.com "));
        assert_eq!(target.docker().text().lines().count(), 1);
    }

    #[test]
    fn files_are_what_their_readers_expect() {
        let target = target("robot+team+ci_1");
        let config: serde_json::Value = serde_json::from_str(&target.config().text()).expect("JSON");
        assert_eq!(config["auths"]["registry.example.com"]["auth"], "YTpi");
        assert_eq!(target.resource(), "slipway-robot-team-ci-1");
        let yaml = target.kubernetes().text();
        let inner = yaml.split('\'').nth(1).expect("a quoted value");
        let inner: serde_json::Value = serde_json::from_str(inner).expect("JSON");
        assert_eq!(inner["auths"]["registry.example.com"]["auth"], "YTpi");
        assert!(target.workflow().text().ends_with("password: ${{ secrets.SLIPWAY_PASSWORD }}"));
    }
}
