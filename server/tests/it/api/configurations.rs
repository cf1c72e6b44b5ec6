//! Settings of the system.

use serde_json::{Value, json};

use super::{problem, send, value};
use crate::harness::TestApp;

fn item(value: impl Into<Value>, editable: bool) -> Value {
    json!({ "value": value.into(), "editable": editable })
}

#[tokio::test]
async fn settings_are_read_changed_in_part_and_hold_at_once() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let before = value(&admin, "/configurations").await;
    assert_eq!(before["self_registration"], item(false, true));
    assert_eq!(before["project_creation_restriction"], item("everyone", true));
    assert_eq!(before["audit_retention_days"], item(365, true));
    assert_eq!(before["auth_mode"], item("db_auth", false));
    assert_eq!(before["storage_per_project"], item(-1, true));
    let body = json!({ "project_creation_restriction": "adminonly", "audit_retention_days": 30, "storage_per_project": 1_000_000 });
    let changed = send(&admin, "PUT", "/configurations", &body).await;
    assert_eq!((changed.status().as_u16(), changed.text().await.unwrap().as_str()), (200, ""));
    let after = value(&admin, "/configurations").await;
    assert_eq!(after["project_creation_restriction"], item("adminonly", true));
    assert_eq!(after["audit_retention_days"], item(30, true));
    assert_eq!(after["storage_per_project"], item(1_000_000, true));
    assert_eq!(after["self_registration"], item(false, true), "what is left out stays");
    assert_eq!(value(&app.anonymous(), "/systeminfo").await["project_creation_restriction"], "adminonly");
    let refused = send(&app.user("ada").await, "POST", "/projects", &json!({ "project_name": "own" })).await;
    assert_eq!(refused.status(), 403);
    let logged = value(&admin, "/audit-logs?q=resource_type%3Dsettings").await;
    assert_eq!((logged.as_array().unwrap().len(), &logged[0]["operation"]), (1, &json!("update")));
}

#[tokio::test]
async fn a_setting_that_there_is_not_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for (body, word) in [
        (json!({ "self_registration": true, "auth_mode": "ldap_auth" }), "auth_mode"),
        (json!({ "self_registration": true, "ldap_url": "ldap://x" }), "ldap_url"),
        (json!({ "self_registration": true, "read_only": true }), "read_only"),
        (json!({ "self_registration": true, "token_expiration": 60 }), "token_expiration"),
        (json!({ "self_registration": true, "storage_per_project": -2 }), "storage_per_project"),
        (json!({ "self_registration": true, "audit_retention_days": 99_999 }), "days"),
        (json!({ "self_registration": true, "project_creation_restriction": "nobody" }), "adminonly"),
        (json!({ "self_registration": "yes" }), "boolean"),
    ] {
        let (status, _, message) = problem(send(&admin, "PUT", "/configurations", &body).await).await;
        assert!(status == 400 && message.contains(word), "{body}: {status} {message}");
    }
    assert_eq!(value(&admin, "/configurations").await["self_registration"], item(false, true));
    let harmless = json!({ "auth_mode": "db_auth", "read_only": false, "ldap_url": "", "oidc_name": null });
    assert_eq!(send(&admin, "PUT", "/configurations", &harmless).await.status(), 200);
}
