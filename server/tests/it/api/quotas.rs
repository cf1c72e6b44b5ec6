//! Quotas.

use serde_json::json;

use super::{get, problem, project, send, value};
use crate::harness::TestApp;

#[tokio::test]
async fn administrators_read_and_set_quotas() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let library = value(&admin, "/projects/library").await["project_id"].as_i64().unwrap();
    project(&app, "team", false).await;
    let all = value(&admin, "/quotas").await;
    assert_eq!((&all[0]["ref"]["name"], &all[0]["hard"]["storage"]), (&json!("library"), &json!(-1)));
    let path = format!("/quotas/{library}");
    let set = send(&admin, "PUT", &path, &json!({ "hard": { "storage": 1_000_000 } })).await;
    assert_eq!((set.status().as_u16(), set.text().await.unwrap().as_str()), (200, ""));
    let one = value(&admin, &path).await;
    assert_eq!((&one["id"], &one["hard"]["storage"]), (&json!(library), &json!(1_000_000)));
    let summary = value(&admin, "/projects/library/summary").await;
    assert_eq!(summary["quota"]["hard"]["storage"], 1_000_000);
    let found = value(&admin, &format!("/quotas?reference=project&reference_id={library}")).await;
    assert_eq!(found, json!([one]));
    assert_eq!(send(&admin, "PUT", &path, &json!({ "hard": { "storage": -1 } })).await.status(), 200);
    assert_eq!(value(&admin, &path).await["hard"]["storage"], -1);
    assert_eq!(get(&admin, "/quotas/4711").await.status(), 404);
    assert_eq!(send(&admin, "PUT", "/quotas/4711", &json!({ "hard": { "storage": 5 } })).await.status(), 404);
    assert_eq!(get(&admin, "/quotas?reference=user").await.status(), 400);
    for wrong in [json!({ "hard": { "storage": 0 } }), json!({ "hard": { "storage": -2 } }), json!({})] {
        assert_eq!(send(&admin, "PUT", &path, &wrong).await.status(), 400, "{wrong}");
    }
    let eve = app.user("eve").await;
    for path in ["/quotas".to_owned(), path, "/quotas/4711".to_owned()] {
        assert_eq!(get(&eve, &path).await.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn a_project_is_created_with_a_limit_by_administrators() {
    let app = TestApp::start().await;
    let (admin, eve) = (app.admin(), app.user("eve").await);
    let create = async |client, name: &str, limit: i64| {
        let body = json!({ "project_name": name, "storage_limit": limit });
        send(client, "POST", "/projects", &body).await
    };
    assert_eq!(create(&admin, "limited", 5_000).await.status(), 201);
    assert_eq!(value(&admin, "/projects/limited/summary").await["quota"]["hard"]["storage"], 5_000);
    let (status, code, _) = problem(create(&eve, "mine", 5_000).await).await;
    assert_eq!((status, code.as_str()), (403, "FORBIDDEN"));
    assert_eq!(create(&eve, "mine", -1).await.status(), 201);
    assert_eq!(value(&eve, "/projects/mine/summary").await["quota"]["hard"]["storage"], -1);

    let changed = send(&admin, "PUT", "/projects/mine", &json!({ "storage_limit": 7_000 })).await;
    assert_eq!(changed.status(), 200);
    assert_eq!(value(&eve, "/projects/mine/summary").await["quota"]["hard"]["storage"], 7_000);
    assert_eq!(send(&eve, "PUT", "/projects/mine", &json!({ "storage_limit": 9_000 })).await.status(), 403);
    let no_limit = json!({ "storage_limit": -1 });
    assert_eq!(send(&eve, "PUT", "/projects/mine", &no_limit).await.status(), 403);
    assert_eq!(value(&eve, "/projects/mine/summary").await["quota"]["hard"]["storage"], 7_000);
    assert_eq!(send(&admin, "PUT", "/projects/mine", &no_limit).await.status(), 200);
    assert_eq!(value(&eve, "/projects/mine/summary").await["quota"]["hard"]["storage"], -1);
    assert_eq!(send(&eve, "PUT", "/projects/mine", &no_limit).await.status(), 200, "it takes none away");
}
