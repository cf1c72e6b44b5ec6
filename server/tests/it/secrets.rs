//! What opens something is stored nowhere.

use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{ADMIN_PASSWORD, Browser, Client, Replica, TestApp};

const CHOSEN: &str = "a wholly different wharf";

const MISTYPED: &str = "a wholly mistaken wharf";

async fn done(browser: &mut Browser, function: &str, fields: &[(&str, &str)]) -> Value {
    let answer: Value = browser.call(function, fields).await.json().await.unwrap();
    answer.get("Done").unwrap_or_else(|| panic!("{function}: {answer}")).clone()
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap().to_owned()
}

/// The key of the link with which somebody chooses their first password.
async fn invite(admin: &mut Browser, name: &str) -> String {
    let link = done(admin, "invite_person", &[("username", name)]).await;
    let key = text(&link, "address").split("key=").nth(1).unwrap().to_owned();
    assert!(key.len() > 40, "{key}");
    key
}

/// The rows of the database, and the files beside it: for SQLite the database itself and what is not yet in its main file.
async fn stored(app: &TestApp) -> String {
    let mut stored = String::new();
    if app.database.is_some() {
        stored.push_str(&Replica::of(app).await.rows_in_words().await);
    }
    for entry in std::fs::read_dir(app.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            stored.push_str(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()));
        }
    }
    stored
}

#[tokio::test]
async fn the_database_holds_nothing_that_opens_anything() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    let mut secrets: Vec<String> = [ADMIN_PASSWORD, CHOSEN, MISTYPED].map(str::to_owned).into();
    secrets.push(admin.cookies["slipway"].clone());

    done(&mut admin, "create_project", &[("name", "team")]).await;
    let fields = [("project", "team"), ("name", "unloader"), ("may[]", "repository:pull"), ("lifetime", "90")];
    let robot = done(&mut admin, "create_robot", &fields).await;
    let id = robot["id"].to_string();
    let fields = [("project", "team"), ("id", &*id), ("overlap", "hour"), ("lifetime", "30"), ("seen", "")];
    let rotated = done(&mut admin, "rotate_robot", &fields).await;
    let fields = [("name", "gangway"), ("level", "read"), ("lifetime", "30")];
    let token = done(&mut admin, "create_access_token", &fields).await;
    for made in [&robot, &rotated, &token] {
        let client = Client::new(&app, Some((text(made, "login"), text(made, "secret"))));
        assert_eq!(client.get("/v2/").send().await.unwrap().status(), StatusCode::OK, "all of them work");
        secrets.extend([text(made, "secret"), text(made, "auth"), client.token(&["repository:team/app:pull"]).await]);
    }

    let (used, open) = (invite(&mut admin, "ada").await, invite(&mut admin, "grace").await);
    let mut ada = app.browser();
    done(&mut ada, "accept_link", &[("link", &*used), ("new_password", CHOSEN), ("again", CHOSEN)]).await;
    let fields = [("username", "ada"), ("password", MISTYPED), ("next", "/")];
    let refused: Value = app.browser().call("sign_in", &fields).await.json().await.unwrap();
    assert_eq!(refused["Refused"]["code"], "wrong_credentials");
    secrets.extend([used, open, ada.cookies["slipway"].clone()]);

    let stored = stored(&app).await;
    for name in ["unloader", "gangway", "ada", "grace"] {
        assert!(stored.contains(name), "{name} is not where this looks");
    }
    for secret in &secrets {
        // PostgreSQL writes bytes in hexadecimal digits.
        let hex = secret.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        assert!(!stored.contains(secret) && !stored.contains(&hex), "{secret}");
    }
}
