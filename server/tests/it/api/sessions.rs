//! Where one is signed in to the console.

use serde_json::Value;

use super::{delete, get, value};
use crate::harness::TestApp;

const SESSIONS: &str = "/users/current/sessions";

fn ids(list: &Value) -> Vec<i64> {
    list.as_array().unwrap().iter().map(|one| one["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn people_see_and_end_their_own_sessions_alone() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.user("ada").await, app.user("eve").await);
    let mut browsers = Vec::new();
    for _ in 0..3 {
        browsers.push(app.signed_in("ada").await);
        app.clock.advance(time::Duration::SECOND);
    }
    let mut of_eve = app.signed_in("eve").await;
    let own = ids(&value(&ada, SESSIONS).await);
    assert_eq!(own.len(), 3);
    assert_eq!(ids(&value(&ada, &format!("{SESSIONS}?page=2&page_size=2")).await), own[2..]);
    assert_eq!(get(&ada, &format!("{SESSIONS}?sort=id")).await.status(), 400, "it has one order");

    let newest = format!("{SESSIONS}/{}", own[0]);
    assert_eq!(delete(&eve, &newest).await, 404, "it is somebody else's");
    assert_eq!((delete(&ada, &newest).await, delete(&ada, &newest).await), (200, 404));
    assert_ne!(browsers[2].open("/projects").await.status(), 200);
    assert_eq!(browsers[1].open("/projects").await.status(), 200);
    assert_eq!(delete(&ada, SESSIONS).await, 200);
    assert_eq!(value(&ada, SESSIONS).await, serde_json::json!([]));
    for browser in &mut browsers {
        assert_ne!(browser.open("/projects").await.status(), 200);
    }
    assert_eq!(of_eve.open("/projects").await.status(), 200, "of somebody else");
    assert_eq!(get(&ada, "/users/current").await.status(), 200, "the password is as good as before");
}

#[tokio::test]
async fn access_tokens_look_after_no_sessions() {
    let app = TestApp::start().await;
    let id = app.user_id("ada").await;
    let token = crate::harness::Replica::of(&app).await.access_token(&app, ("ada", id), "admin").await;
    let mut browser = app.signed_in("ada").await;
    assert_eq!((get(&token, SESSIONS).await.status().as_u16(), delete(&token, SESSIONS).await), (403, 403));
    assert_eq!(browser.open("/projects").await.status(), 200);
}
