//! Repositories.

use serde_json::{Value, json};

use super::{delete, get, project, send, value};
use crate::harness::TestApp;

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn repositories_are_listed_found_described_and_deleted() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for name in ["team", "other"] {
        project(&app, name, false).await;
    }
    for name in ["team/a/b", "team/app", "other/x"] {
        admin.repository(name).push_image("1", name).await;
    }
    assert_eq!(names(&value(&admin, "/projects/team/repositories").await), ["team/a/b", "team/app"]);
    assert_eq!(names(&value(&admin, "/projects/team/repositories?q=name%3D~APP").await), ["team/app"]);
    assert_eq!(names(&value(&admin, "/repositories?sort=-name").await), ["team/app", "team/a/b", "other/x"]);
    assert_eq!(names(&value(&app.user("eve").await, "/repositories").await), [] as [&str; 0]);

    for path in ["/projects/team/repositories/a%252Fb", "/projects/team/repositories/a%2Fb"] {
        let one = value(&admin, path).await;
        assert_eq!((&one["name"], &one["artifact_count"]), (&json!("team/a/b"), &json!(1)), "{path}");
    }
    let path = "/projects/team/repositories/a%252Fb";
    let described = send(&admin, "PUT", path, &json!({ "description": "# Words" })).await;
    assert_eq!(described.status(), 200);
    assert_eq!(value(&admin, path).await["description"], "# Words");
    let long = send(&admin, "PUT", path, &json!({ "description": "a".repeat(70_000) })).await;
    assert_eq!(long.status(), 400);
    assert_eq!(delete(&admin, path).await, 200);
    assert_eq!(delete(&admin, path).await, 404);
    assert_eq!(get(&admin, path).await.status(), 404);
}

#[tokio::test]
async fn a_name_that_none_can_have_is_one_that_there_is_not() {
    let app = TestApp::start().await;
    for name in ["A", "a%252F", "..%252Fx", "a%2500", "%25FF", "a b"] {
        let answer = get(&app.admin(), &format!("/projects/library/repositories/{name}")).await;
        assert_eq!(answer.status(), 404, "{name}");
    }
}
