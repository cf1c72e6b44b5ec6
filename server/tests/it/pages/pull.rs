//! Pull lines are those of clients that can do something with what is there.

use api_types::NewProject;
use registry::Actor;
use serde_json::json;

use crate::harness::{Browser, Repository, TestApp};

/// The first line that a page offers to copy, without its markup.
async fn line(browser: &mut Browser, path: &str) -> String {
    let page = browser.open(path).await.text().await.unwrap();
    let (_, rest) = page.split_once("command-line").unwrap_or_else(|| panic!("{path} has no line"));
    let (_, rest) = rest.split_once("<code>").unwrap();
    let (code, _) = rest.split_once("</code>").unwrap();
    code.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect()
}

#[tokio::test]
async fn containerd_is_given_a_name_where_the_project_is_private() {
    let app = TestApp::start().await;
    let team = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &team).await.unwrap();
    let mut browser = app.signed_in("admin").await;
    for (project, user) in [("team", "--user admin "), ("library", "")] {
        let name = format!("{project}/app");
        Repository::new(app.admin(), &name).push_image("v1", "one").await;
        let expected = format!("ctr images pull --plain-http {user}{}/{name}:v1", app.address);
        for page in ["", ":v1"] {
            let path = format!("/projects/{name}{page}?client=containerd");
            assert_eq!(line(&mut browser, &path).await, expected, "{path}");
        }
    }
}

#[tokio::test]
async fn charts_are_for_helm_and_what_is_no_image_is_for_oras() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("admin").await;
    let host = app.address;
    for (name, tag, config, query, expected) in [
        (
            "library/chart",
            "1.0.0_5",
            oci::media_type::HELM_CONFIG,
            "",
            format!("helm pull --plain-http oci://{host}/library/chart --version 1.0.0+5"),
        ),
        (
            "library/chart",
            "1.0.0_5",
            oci::media_type::HELM_CONFIG,
            "?client=helm-install",
            format!("helm install --plain-http chart oci://{host}/library/chart --version 1.0.0+5"),
        ),
        (
            "library/files",
            "v1",
            "application/vnd.example.files",
            "?client=podman",
            format!("oras pull --plain-http {host}/library/files:v1"),
        ),
        (
            "library/app",
            "v1",
            oci::media_type::OCI_CONFIG,
            "?client=helm",
            format!("docker pull {host}/library/app:v1"),
        ),
    ] {
        let repository = Repository::new(app.admin(), name);
        let mut manifest = repository.image("it").await;
        manifest["config"]["mediaType"] = json!(config);
        let digest = repository.push_manifest(tag, &manifest).await;
        for page in [String::new(), format!(":{tag}")] {
            let path = format!("/projects/{name}{page}{query}");
            assert_eq!(line(&mut browser, &path).await, expected, "{path}");
        }
        let path = format!("/projects/{name}@{digest}{query}");
        let shown = line(&mut browser, &path).await;
        assert!(shown.ends_with(&format!("/{name}@{digest}")), "{path}: {shown}");
        assert_eq!(shown.split(' ').next(), expected.split(' ').next(), "{path}");
    }
}
