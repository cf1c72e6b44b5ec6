//! Robots.

use reqwest::header;
use serde_json::{Value, json};

use super::{delete, get, problem, project, send, value};
use crate::harness::{Client, TestApp};

mod words;

fn wanted(project: &str, actions: &[&str]) -> Value {
    let access: Vec<_> = actions.iter().map(|action| json!({ "resource": "repository", "action": action })).collect();
    json!({
        "name": "ci", "level": "project", "duration": 30, "description": "for CI",
        "permissions": [{ "kind": "project", "namespace": project, "access": access }],
    })
}

/// A robot of a project that the administrator created, with its secret.
pub async fn create(app: &TestApp, project: &str, actions: &[&str]) -> Value {
    let answer = send(&app.admin(), "POST", "/robots", &wanted(project, actions)).await;
    let status = answer.status();
    let robot: Value = answer.json().await.unwrap();
    assert_eq!(status, 201, "{robot}");
    robot
}

fn client(app: &TestApp, name: &Value, secret: &Value) -> Client {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Client::new(app, Some((text(name), text(secret))))
}

#[tokio::test]
async fn a_robot_is_created_shown_changed_rotated_and_deleted() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let created = create(&app, "team", &["pull", "push"]).await;
    assert_eq!(created["name"], "robot$team+ci");
    let path = format!("/robots/{}", created["id"]);
    let robot = value(&admin, &path).await;
    assert_eq!(
        (&robot["level"], &robot["duration"], &robot["disable"]),
        (&json!("project"), &json!(30), &json!(false))
    );
    assert!(robot.get("secret").is_none(), "it was shown once");
    assert_eq!(robot["permissions"], wanted("team", &["pull", "push"])["permissions"]);
    let itself = client(&app, &created["name"], &created["secret"]);
    assert_eq!(get(&itself, "/projects/team").await.status(), 200);

    let again = send(&admin, "POST", "/robots", &wanted("team", &["pull"])).await;
    assert_eq!(problem(again).await.1, "CONFLICT");
    let change =
        json!({ "name": "robot$team+ci", "level": "project", "description": "other", "disable": true, "duration": 30 });
    assert_eq!(send(&admin, "PUT", &path, &change).await.status(), 200);
    let robot = value(&admin, &path).await;
    assert_eq!(
        (&robot["description"], &robot["disable"], &robot["duration"]),
        (&json!("other"), &json!(true), &json!(30))
    );
    assert_eq!(get(&itself, "/projects/team").await.status(), 401);
    assert_eq!(send(&admin, "PUT", &path, &json!({ "disable": false, "duration": -1 })).await.status(), 200);
    assert_eq!(value(&admin, &path).await["expires_at"], -1);

    let rotated: Value = send(&admin, "PATCH", &path, &json!({})).await.json().await.unwrap();
    assert_eq!(get(&client(&app, &created["name"], &rotated["secret"]), "/projects/team").await.status(), 200);
    app.clock.advance(time::Duration::seconds(2));
    assert_eq!(get(&itself, "/projects/team").await.status(), 401, "the secret before ends now");
    assert_eq!(delete(&admin, &path).await, 200);
    assert_eq!(delete(&admin, &path).await, 404);
}

#[tokio::test]
async fn robots_are_listed_of_the_system_or_of_a_project() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    create(&app, "team", &["pull"]).await;
    let system = json!({
        "name": "all", "level": "system", "duration": -1,
        "permissions": [{ "kind": "project", "namespace": "*", "access": [{ "resource": "repository", "action": "pull" }] }],
    });
    let answer = send(&admin, "POST", "/robots", &system).await;
    assert_eq!(answer.status(), 201);
    assert!(answer.headers()[header::LOCATION].to_str().unwrap().starts_with("/api/v2.0/robots/"));
    let names = |list: Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|robot| robot["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(value(&admin, "/robots").await), ["robot$all"]);
    assert_eq!(names(value(&admin, "/robots?q=Level%3Dsystem").await), ["robot$all"]);
    let id = value(&admin, "/projects/team").await["project_id"].clone();
    let of_project = format!("/robots?q=Level%3Dproject,ProjectID%3D{id}");
    assert_eq!(names(value(&admin, &of_project).await), ["robot$team+ci"]);
    let eve = app.user("eve").await;
    assert_eq!(get(&eve, &of_project).await.status(), 404, "of a project that she may not know of");
    for query in ["q=Level%3Dproject", "q=Level%3Dother", "q=Level%3Dproject,ProjectID%3Dx"] {
        assert_eq!(get(&admin, &format!("/robots?{query}")).await.status(), 400, "{query}");
    }
}

#[tokio::test]
async fn what_a_robot_cannot_be_given_is_refused() {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    let given = |resource: &str, action: &str, kind: &str, namespace: &str| {
        json!({
            "name": "ci", "level": "project", "duration": 30,
            "permissions": [{ "kind": kind, "namespace": namespace, "access": [{ "resource": resource, "action": action }] }],
        })
    };
    for (body, status) in [
        (given("scan", "create", "project", "team"), 400),
        (given("user", "create", "system", "/"), 400),
        (given("repository", "pull", "project", "*"), 400),
        (given("repository", "pull", "project", "none"), 404),
        (json!({ "name": "ci", "level": "project", "permissions": [] }), 400),
        (json!({ "name": "ci", "level": "system", "duration": 0, "permissions": [] }), 400),
        (json!({ "name": "ci", "level": "other", "permissions": [] }), 400),
    ] {
        let (found, _, message) = problem(send(&app.admin(), "POST", "/robots", &body).await).await;
        assert_eq!(found, status, "{body}: {message}");
    }
    let mut chosen = wanted("team", &["pull"]);
    chosen["secret"] = json!("Harbor12345");
    assert_eq!(send(&app.admin(), "POST", "/robots", &chosen).await.status(), 400);
    let all = value(&app.admin(), "/permissions").await;
    assert!(all["project"].as_array().unwrap().contains(&json!({ "resource": "repository", "action": "pull" })));
}

#[tokio::test]
async fn a_robot_of_a_project_is_given_nothing_in_another() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    project(&app, "other", false).await;
    let path = format!("/robots/{}", create(&app, "team", &["pull"]).await["id"]);
    let before = value(&admin, &path).await["permissions"].clone();
    let id = value(&admin, "/projects/team").await["project_id"].to_string();
    for namespace in ["other", "none", "No Name", "*", id.as_str()] {
        let permissions = wanted(namespace, &["push"])["permissions"].clone();
        let change = json!({ "permissions": permissions });
        let (status, code, message) = problem(send(&admin, "PUT", &path, &change).await).await;
        assert_eq!((status, code.as_str()), (400, "BAD_REQUEST"), "{namespace}: {message}");
        assert!(message.contains("a robot of "), "{namespace}: {message}");
        assert_eq!(value(&admin, &path).await["permissions"], before, "{namespace}");
    }
    let own = json!({ "permissions": wanted("team", &["push"])["permissions"] });
    assert_eq!(send(&admin, "PUT", &path, &own).await.status(), 200);
    assert_eq!(value(&admin, &path).await["permissions"], own["permissions"]);
}

#[tokio::test]
async fn a_namespace_of_digits_is_a_name() {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    let id = value(&app.admin(), "/projects/team").await["project_id"].to_string();
    let unknown = send(&app.admin(), "POST", "/robots", &wanted(&id, &["pull"])).await;
    assert_eq!(problem(unknown).await.0, 404, "it is the number of a project and the name of none");
    project(&app, &id, false).await;
    assert_eq!(create(&app, &id, &["pull"]).await["name"], format!("robot${id}+ci"));
}
