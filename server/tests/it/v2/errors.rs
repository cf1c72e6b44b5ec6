//! Texts that people read in their terminals.

use std::fmt::Write;

use api_types::{
    Lifetime, NewAccessToken, NewProject, NewRobot, Permission, ProjectCreation, RobotAccess, RuleScope, Selector,
    TokenLevel, Word,
};
use oci::ProjectName;
use registry::{Actor, Subject};
use reqwest::{Method, Response, header};
use serde_json::Value;
use server::config::Storage;

use crate::harness::{Client, Replica, TestApp, digest_of};

/// Status, what clients act on, and the body.
async fn shown(app: &TestApp, what: &str, answer: Response) -> String {
    let mut text = format!("# {what}\n{}\n", answer.status());
    for name in ["www-authenticate", "allow", "content-range", "retry-after", "range"] {
        if let Some(value) = answer.headers().get(name) {
            let _ = writeln!(text, "{name}: {}", value.to_str().unwrap());
        }
    }
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    let body: Value = answer.json().await.unwrap();
    let _ = writeln!(text, "{body:#}\n");
    text.replace(&app.address.to_string(), "registry.example.com").replace(&id, "[id]")
}

#[tokio::test]
async fn errors_say_what_happened_and_what_to_do() {
    let app = TestApp::start().await;
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    let team = app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    let ada = app.user("ada").await;
    Replica::of(&app).await.give_role(team, app.user_id("ada").await, "guest").await;
    let repository = app.admin().repository("team/app");
    let manifest = repository.image("one").await;
    repository.push_manifest("v1", &manifest).await;
    let layer = manifest["layers"][0]["digest"].as_str().unwrap().to_owned();
    let upload = repository.begin().await;
    let names = |pattern: &str| Selector { pattern: pattern.to_owned(), except: false };
    let scope = RuleScope { repositories: names("**"), tags: names("v1, v2") };
    let rules = &app.registry.protection;
    rules.create(&Actor::system(), &"team".parse().unwrap(), &scope, true).await.unwrap();
    app.clock.advance(time::Duration::SECOND);

    let admin = app.admin();
    let narrow = admin.bearer(&["repository:team/app:pull"]).await;
    let unknown = digest_of("unknown");
    let mut lacking = manifest.clone();
    lacking["layers"][0]["digest"] = Value::String(unknown.to_string());
    let mut text = String::new();
    for (what, request) in [
        ("nobody", app.anonymous().get("/v2/team/app/tags/list")),
        ("a wrong password", app.anonymous().get("/v2/").basic_auth("ada", Some("wrong"))),
        ("a token that is none", app.anonymous().get("/v2/").bearer_auth("x")),
        ("credentials without sense", app.anonymous().get("/v2/").header(header::AUTHORIZATION, "Digest x")),
        ("a token for something else", narrow.post("/v2/team/app/blobs/uploads/")),
        ("a guest pushes", ada.post("/v2/team/app/blobs/uploads/")),
        ("a guest deletes", ada.delete("/v2/team/app/manifests/v1")),
        ("a missing project", ada.post("/v2/organisation/app/blobs/uploads/")),
        ("a name without a project", admin.get("/v2/nginx/manifests/latest")),
        ("an unknown repository", admin.get("/v2/team/none/manifests/latest")),
        ("an unknown tag", admin.get("/v2/team/app/manifests/v2")),
        ("an unknown blob", admin.get(&format!("/v2/team/app/blobs/{unknown}"))),
        ("a malformed name", admin.get("/v2/Team/app/tags/list")),
        ("a malformed digest", admin.get("/v2/team/app/blobs/sha256:xyz")),
        ("no address", admin.get("/v2/team/app/nothing")),
        ("another method", admin.request(Method::PATCH, "/v2/team/app/manifests/v1")),
        ("an unknown upload", admin.get("/v2/team/app/blobs/uploads/gone")),
        ("a chunk out of order", admin.patch(&upload).header(header::CONTENT_RANGE, "5-9").body("56789")),
        ("an end without a digest", admin.put(&upload)),
        ("other content", admin.post(&format!("/v2/team/app/blobs/uploads/?digest={unknown}")).body("x")),
        ("a range outside", admin.get(&format!("/v2/team/app/blobs/{layer}")).header(header::RANGE, "bytes=99-")),
        ("a blob in use", admin.delete(&format!("/v2/team/app/blobs/{layer}"))),
        ("no manifest", admin.put("/v2/team/app/manifests/v2").body("{}")),
        ("a number that is none", admin.get("/v2/team/app/tags/list?n=x")),
        (
            "a manifest of what is missing",
            admin
                .put("/v2/team/app/manifests/v2")
                .header(header::CONTENT_TYPE, oci::media_type::OCI_IMAGE)
                .body(lacking.to_string()),
        ),
        ("a protected tag", admin.delete("/v2/team/app/manifests/v1")),
    ] {
        text.push_str(&shown(&app, what, request.send().await.unwrap()).await);
    }
    insta::assert_snapshot!("errors", text);
}

#[tokio::test]
async fn robots_and_access_tokens_are_told_who_can_help() {
    let app = TestApp::start().await;
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    let robot = async |home: Option<ProjectName>| {
        let robot = NewRobot {
            name: "ci".to_owned(),
            description: String::new(),
            access: vec![RobotAccess::new(None, Word::all_of(&[Permission::Pull]))],
            lifetime: Lifetime::Never,
        };
        let made = app.registry.robots.create(&Actor::system(), home.as_ref(), &robot).await.unwrap();
        Client::new(&app, Some((made.name, made.secret.expose().clone())))
    };
    let own = robot(Some("team".parse().unwrap())).await;
    let system = robot(None).await;
    let admin = app.registry.people.get_id(&Actor::system(), "admin").await.unwrap();
    let admin = Actor::new(Subject::User(admin), "admin");
    let token = NewAccessToken {
        name: "reader".to_owned(),
        level: TokenLevel::Read,
        projects: None,
        lifetime: Lifetime::Never,
    };
    let made = app.registry.access_tokens.create(&admin, &token).await.unwrap();
    let token = Client::new(&app, Some((made.owner, made.secret.expose().clone())));
    for (client, project, expected) in [
        (
            &own,
            "team",
            "robot$team+ci: the robot was not given it; whoever administers team can give it to the robot at \
             http://registry.example.com/projects/team?tab=robots",
        ),
        (
            &own,
            "library",
            "robot$team+ci: a robot of project team works in team alone; use a robot of library, or have a system \
             administrator create one of the system at http://registry.example.com/admin/robots",
        ),
        (
            &system,
            "library",
            "robot$ci: the robot was not given it; a system administrator can give it to the robot at \
             http://registry.example.com/admin/robots",
        ),
        (
            &token,
            "library",
            "admin: the access token was not made for it; create another one at \
             http://registry.example.com/account/tokens",
        ),
    ] {
        let repository = client.repository(&format!("{project}/app"));
        let answer = repository.request(Method::POST, "blobs/uploads/").send().await.unwrap();
        assert_eq!(answer.status(), 403, "{expected}");
        let body: Value = answer.json().await.unwrap();
        let error = &body["errors"][0];
        let message = error["message"].as_str().unwrap().replace(&app.address.to_string(), "registry.example.com");
        assert_eq!(message, format!("push in project {project} is not allowed for {expected}"));
        assert_eq!(error["detail"], serde_json::json!({ "project": project }));
    }
}

#[tokio::test]
async fn who_finds_no_project_is_told_what_helps_them_and_never_whether_it_is_there() {
    const CREATOR: &str = "project [name] does not exist, or you have no access to it: create it at \
                           http://registry.example.com/projects/new, or ask those who administer it for access";
    const PERSON: &str = "project [name] does not exist, or you have no access to it: ask a system administrator for a new \
                          project, or those who administer this one for access";
    const ROBOT: &str = "project [name] does not exist, or this robot has no right in it: robots create no projects, so have \
                         it created at http://registry.example.com/projects/new; where it exists, use a robot of [name], or \
                         have a system administrator give one of the system the right at \
                         http://registry.example.com/admin/robots";
    let app = TestApp::start().await;
    for name in ["foreign", "home"] {
        let project = NewProject { name: name.to_owned(), public: false, description: String::new() };
        app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    }
    let robot = async |home: Option<&str>, project: Option<&str>| {
        let robot = NewRobot {
            name: "ci".to_owned(),
            description: String::new(),
            access: vec![RobotAccess::new(project.map(ToOwned::to_owned), Word::all_of(&[Permission::Push]))],
            lifetime: Lifetime::Never,
        };
        let home: Option<ProjectName> = home.map(|home| home.parse().unwrap());
        let made = app.registry.robots.create(&Actor::system(), home.as_ref(), &robot).await.unwrap();
        Client::new(&app, Some((made.name, made.secret.expose().clone())))
    };
    let (own, system) = (robot(Some("home"), None).await, robot(None, Some("home")).await);
    let ada = app.user("ada").await;
    let reader = Replica::of(&app).await.access_token(&app, ("ada", app.user_id("ada").await), "read").await;
    for creation in [ProjectCreation::Everyone, ProjectCreation::Administrators] {
        let settings = &app.registry.settings;
        settings.change(&Actor::system(), move |settings| settings.project_creation = creation).await.unwrap();
        let person = if creation == ProjectCreation::Everyone { CREATOR } else { PERSON };
        for (client, expected) in [(&ada, person), (&reader, person), (&own, ROBOT), (&system, ROBOT)] {
            for project in ["foreign", "missing"] {
                let name = format!("{project}/app");
                let token = client.bearer(&[format!("repository:{name}:pull,push").as_str()]).await;
                for client in [client, &token] {
                    let repository = client.repository(&name);
                    let begin = repository.request(Method::POST, "blobs/uploads/").send().await.unwrap();
                    for answer in [begin, repository.get("manifests/v1").await] {
                        assert_eq!(answer.status(), 404, "{name}: {expected}");
                        let text =
                            answer.text().await.unwrap().replace(&app.address.to_string(), "registry.example.com");
                        let body: Value = serde_json::from_str(&text).unwrap();
                        let error = &body["errors"][0];
                        assert_eq!(error["message"], expected.replace("[name]", project));
                        assert_eq!(error["code"], "NAME_UNKNOWN");
                        assert_eq!(error["detail"], serde_json::json!({ "project": project }));
                    }
                }
            }
        }
    }
    let missing = app.admin().repository("missing/app").get("manifests/v1").await.text().await.unwrap();
    assert!(missing.contains("create it at"), "administrators always may: {missing}");
}

#[tokio::test]
async fn the_default_password_leads_to_the_console() {
    let app = TestApp::builder().with_default_password().start().await;
    let default = registry::people::DEFAULT_ADMIN_PASSWORD;
    let mut text = String::new();
    for path in ["/v2/", "/service/token?account=admin&service=slipway"] {
        let answer = app.anonymous().get(path).basic_auth("admin", Some(default)).send().await.unwrap();
        text.push_str(&shown(&app, path, answer).await);
    }
    insta::assert_snapshot!("default_password", text);
}

#[tokio::test]
async fn a_failure_of_ours_has_an_id_and_tells_nothing_else() {
    let app = TestApp::start().await;
    let repository = app.admin().repository("library/app");
    let small = repository.push_blob("small").await;
    // The bytes are lost; the database still knows of them.
    let mut lost = 0;
    let Storage::Folder { path: blobs, .. } = &app.config.storage else { panic!("blobs are in a folder by default") };
    for folder in std::fs::read_dir(blobs).unwrap().map(|entry| entry.unwrap()) {
        if folder.file_name().len() == 2 {
            for file in std::fs::read_dir(folder.path()).unwrap() {
                std::fs::remove_file(file.unwrap().path()).unwrap();
                lost += 1;
            }
        }
    }
    assert_eq!(lost, 1);
    let answer = repository.get(&format!("blobs/{small}")).await;
    insta::assert_snapshot!("lost_blob", shown(&app, "a blob whose bytes are lost", answer).await);
}
