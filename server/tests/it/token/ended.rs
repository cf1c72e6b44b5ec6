//! Tokens end with the password or the secret that was shown for them.

use reqwest::header;

use crate::harness::{ADMIN_PASSWORD, Client, Replica, TestApp, process::beside};

const SCOPE: &str = "repository:library/app:pull";

const NEW: &str = "a wholly different wharf";

async fn with_image() -> TestApp {
    let app = TestApp::start().await;
    app.admin().repository("library/app").push_image("v1", "one").await;
    app
}

async fn pull(client: &Client) -> u16 {
    client.repository("library/app").get("manifests/v1").await.status().as_u16()
}

#[tokio::test]
async fn a_token_ends_when_its_owner_changes_the_password() {
    let app = with_image().await;
    let old = app.admin().bearer(&[SCOPE]).await;
    assert_eq!(pull(&old).await, 200);
    let mut browser = app.signed_in("admin").await;
    let fields = [("current", ADMIN_PASSWORD), ("new_password", NEW), ("again", NEW), ("next", "/")];
    assert!(browser.call("change_password", &fields).await.status().is_success());
    let refused = old.get("/v2/library/app/manifests/v1").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let challenge = refused.headers()[header::WWW_AUTHENTICATE].to_str().unwrap();
    assert!(challenge.ends_with(r#"error="invalid_token""#), "a client is sent for a new one: {challenge}");
    let admin = Client::new(&app, Some(("admin".to_owned(), NEW.to_owned())));
    assert_eq!(pull(&admin.bearer(&[SCOPE]).await).await, 200);
}

#[tokio::test]
async fn a_token_ends_when_an_administrator_or_the_operator_resets_the_password() {
    let app = with_image().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let id = app.user_id("ada").await;
    // What an access token got has nothing to do with the password.
    let machine = Replica::of(&app).await.access_token(&app, ("ada", id), "read").await.bearer(&[SCOPE]).await;
    let (ada, bob) = (ada.bearer(&[SCOPE]).await, bob.bearer(&[SCOPE]).await);
    assert_eq!((pull(&ada).await, pull(&bob).await, pull(&machine).await), (200, 200, 200));
    let mut admin = app.signed_in("admin").await;
    let person = id.0.to_string();
    assert!(admin.call("reset_person", &[("person", &person)]).await.status().is_success());
    assert_eq!((pull(&ada).await, pull(&bob).await, pull(&machine).await), (401, 200, 200));

    let reset = beside(&app, &["admin", "reset-password", "bob"]).await;
    assert!(reset.status.success(), "{}", String::from_utf8_lossy(&reset.stderr));
    app.clock.advance(time::Duration::SECOND);
    assert_eq!((pull(&bob).await, pull(&machine).await), (401, 200), "another process did it");
    let password = String::from_utf8(reset.stdout).unwrap();
    let bob = Client::new(&app, Some(("bob".to_owned(), password.trim_end().to_owned())));
    assert_eq!(pull(&bob.bearer(&[SCOPE]).await).await, 200);
}
