//! People.

use reqwest::header;
use serde_json::{Value, json};

use super::{delete, get, problem, project, send, value};
use crate::harness::{Client, TestApp};

const NEW: &str = "a wholly different wharf";

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|one| one["username"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_new_person_chooses_their_own_password_with_a_link_that_is_shown_once() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body = json!({ "username": "ada", "realname": "Ada Lovelace", "email": "ada@example.com", "comment": "" });
    let answer = send(&admin, "POST", "/users", &body).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()[header::CACHE_CONTROL]),
        (201, &"no-store".parse().unwrap())
    );
    let location = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    let created: Value = answer.json().await.unwrap();
    assert_eq!(location, format!("/api/v2.0/users/{}", created["user_id"]));
    let link = created["password_link"].as_str().unwrap();
    let key = link.strip_prefix(&app.url("/invitation?key=")).unwrap();
    let fields = [("link", key), ("new_password", NEW), ("again", NEW)];
    assert_eq!(app.browser().call("accept_link", &fields).await.status(), 200);
    let ada = Client::new(&app, Some(("ada".to_owned(), NEW.to_owned())));
    let own = value(&ada, "/users/current").await;
    assert_eq!((&own["user_id"], &own["realname"]), (&created["user_id"], &json!("Ada Lovelace")));
    assert_eq!((&own["email"], &own["sysadmin_flag"]), (&json!("ada@example.com"), &json!(false)));
    let seen = value(&admin, location.strip_prefix("/api/v2.0").unwrap()).await;
    assert_eq!(seen, own);

    let path = format!("/users/{}", created["user_id"]);
    for (client, method, path, body) in [
        (&admin, "POST", "/users", json!({ "username": "grace", "comment": "x" })),
        (&ada, "PUT", path.as_str(), json!({ "realname": "Other", "comment": "x" })),
    ] {
        let (status, _, message) = problem(send(client, method, path, &body).await).await;
        assert!(status == 400 && message.starts_with("comment: "), "{method}: {status} {message}");
    }
    assert_eq!(value(&ada, "/users/current").await, own, "nothing of it was done");
    assert_eq!(send(&ada, "PUT", &path, &json!({ "comment": "" })).await.status(), 200);

    let again = send(&admin, "POST", "/users", &json!({ "username": "ADA" })).await;
    assert_eq!(problem(again).await.1, "CONFLICT");
    let malformed = send(&admin, "POST", "/users", &json!({ "username": "a b" })).await;
    assert_eq!(problem(malformed).await.0, 400);
}

#[tokio::test]
async fn nobody_chooses_a_password_for_somebody_else() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let chosen = send(&admin, "POST", "/users", &json!({ "username": "ada", "password": NEW })).await;
    let (status, _, message) = problem(chosen).await;
    assert!(status == 400 && message.contains("link") && !message.contains(NEW), "{message}");
    assert_eq!(names(&value(&admin, "/users/search?username=ada").await), [] as [&str; 0], "nobody was created");
    let bob = app.user_id("bob").await.0;
    let body = json!({ "new_password": NEW });
    assert_eq!(send(&admin, "PUT", &format!("/users/{bob}/password"), &body).await.status(), 403);
    let changed = json!({ "realname": "Somebody" });
    assert_eq!(send(&admin, "PUT", &format!("/users/{bob}"), &changed).await.status(), 403);
    assert_eq!(send(&admin, "PUT", "/users/4711/password", &body).await.status(), 404);
}

#[tokio::test]
async fn people_are_listed_and_searched_by_administrators() {
    let app = TestApp::start().await;
    let admin = app.admin();
    for name in ["ada", "Bob", "adam"] {
        app.user(name).await;
    }
    assert_eq!(names(&value(&admin, "/users").await), ["ada", "adam", "admin", "Bob"]);
    for (query, expected) in [
        ("q=username%3D~AD", vec!["ada", "adam", "admin"]),
        ("q=sysadmin_flag%3Dtrue", vec!["admin"]),
        ("sort=-user_id&page_size=1", vec!["adam"]),
    ] {
        assert_eq!(names(&value(&admin, &format!("/users?{query}")).await), expected, "{query}");
    }
    let found = value(&admin, "/users/search?username=bo").await;
    assert_eq!(names(&found), ["Bob"]);
    assert_eq!(found[0].as_object().unwrap().len(), 2, "a search tells names and ids alone");
    assert_eq!(get(&admin, "/users/search").await.status(), 400);
    for query in ["q=password_hash%3D~a", "sort=password_hash", "q=link_hash%3Da"] {
        assert_eq!(get(&admin, &format!("/users?{query}")).await.status(), 400, "{query}");
    }
}

#[tokio::test]
async fn people_see_and_change_themselves_and_nobody_else() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let (own, other) = (app.user_id("ada").await.0, app.user_id("bob").await.0);
    let path = format!("/users/{own}");
    assert_eq!(value(&ada, &path).await["username"], "ada");
    let changed = send(&ada, "PUT", &path, &json!({ "realname": "Ada", "email": "a@b.c" })).await;
    assert_eq!((changed.status().as_u16(), changed.text().await.unwrap().as_str()), (200, ""));
    assert_eq!(send(&ada, "PUT", &path, &json!({ "realname": "Ada L." })).await.status(), 200);
    let now = value(&ada, &path).await;
    assert_eq!((&now["realname"], &now["email"]), (&json!("Ada L."), &json!("a@b.c")), "what is left out stays");
    assert_eq!(send(&ada, "PUT", &path, &json!({ "email": "no address" })).await.status(), 400);
    for id in [other, 4711] {
        let mut told = Vec::new();
        for (method, path, body) in [
            ("GET", format!("/users/{id}"), json!({})),
            ("PUT", format!("/users/{id}"), json!({})),
            ("PUT", format!("/users/{id}/password"), json!({ "new_password": NEW })),
            ("PUT", format!("/users/{id}/sysadmin"), json!({ "sysadmin_flag": true })),
            ("DELETE", format!("/users/{id}"), json!({})),
        ] {
            told.push(problem(send(&ada, method, &path, &body).await).await);
        }
        assert!(told.iter().all(|told| *told == told_of_administrators()), "{id}: {told:?}");
    }
    assert_eq!(send(&ada, "PUT", &format!("{path}/sysadmin"), &json!({ "sysadmin_flag": true })).await.status(), 403);
}

fn told_of_administrators() -> (u16, String, String) {
    (403, "FORBIDDEN".to_owned(), registry::Error::AdministratorsOnly.to_string())
}

#[tokio::test]
async fn ones_own_password_is_changed_by_who_knows_it_and_ends_all_sessions() {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    let mut browser = app.signed_in("ada").await;
    let path = format!("/users/{}/password", app.user_id("ada").await.0);
    for (body, word) in [
        (json!({ "new_password": NEW }), "present password"),
        (json!({ "old_password": "wrong", "new_password": NEW }), "present password"),
        (json!({ "old_password": password_of(&app).await, "new_password": "short" }), ""),
    ] {
        let (status, _, message) = problem(send(&ada, "PUT", &path, &body).await).await;
        assert!(status == 400 && message.contains(word), "{body}: {status} {message}");
    }
    let body = json!({ "old_password": password_of(&app).await, "new_password": NEW });
    assert_eq!(send(&ada, "PUT", &path, &body).await.status(), 200);
    app.clock.advance(time::Duration::SECOND);
    assert_eq!(get(&ada, "/users/current").await.status(), 401, "the old one opens nothing");
    let new = Client::new(&app, Some(("ada".to_owned(), NEW.to_owned())));
    assert_eq!(get(&new, "/users/current").await.status(), 200);
    assert_ne!(browser.open("/projects").await.status(), 200, "the session has ended");
}

/// What the harness gave `ada`.
async fn password_of(app: &TestApp) -> String {
    let request = app.user("ada").await.get("/").build().unwrap();
    let basic = request.headers()[header::AUTHORIZATION].to_str().unwrap().strip_prefix("Basic ").unwrap().to_owned();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, basic).unwrap();
    String::from_utf8(bytes).unwrap().split_once(':').unwrap().1.to_owned()
}

#[tokio::test]
async fn an_access_token_changes_no_password() {
    let app = TestApp::start().await;
    let id = app.user_id("ada").await;
    let token = crate::harness::Replica::of(&app).await.access_token(&app, ("ada", id), "admin").await;
    let body = json!({ "old_password": password_of(&app).await, "new_password": NEW });
    assert_eq!(send(&token, "PUT", &format!("/users/{}/password", id.0), &body).await.status(), 403);
    assert_eq!(value(&token, "/users/current").await["username"], "ada");
}

#[tokio::test]
async fn administrators_promote_and_delete_others_but_never_the_last_one() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let ada = app.user_id("ada").await.0;
    let own = value(&admin, "/users/current").await["user_id"].as_i64().unwrap();
    let flag = |flag: bool| json!({ "sysadmin_flag": flag });
    let last = send(&admin, "PUT", &format!("/users/{own}/sysadmin"), &flag(false)).await;
    assert_eq!(problem(last).await.1, "CONFLICT");
    let path = format!("/users/{ada}");
    assert_eq!(send(&admin, "PUT", &format!("{path}/sysadmin"), &flag(true)).await.status(), 200);
    assert_eq!(value(&admin, &path).await["sysadmin_flag"], true);
    assert_eq!(get(&app.user("ada").await, "/users").await.status(), 200);
    assert_eq!(delete(&admin, &format!("/users/{own}")).await, 409, "one's own account");
    assert_eq!(delete(&admin, &path).await, 200);
    assert_eq!((delete(&admin, &path).await, get(&admin, &path).await.status().as_u16()), (404, 404));
}

#[tokio::test]
async fn administrators_disable_and_enable_others_and_never_the_last_one_of_them() {
    let app = TestApp::start().await;
    let (admin, ada) = (app.admin(), app.user("ada").await);
    let id = app.user_id("ada").await.0;
    let path = format!("/users/{id}");
    let own = value(&admin, "/users/current").await["user_id"].as_i64().unwrap();
    let mut browser = app.signed_in("ada").await;
    assert_eq!(value(&admin, &path).await["disabled"], false);
    for (disabled, status) in [(true, 401), (true, 401), (false, 200)] {
        let answer = send(&admin, "PUT", &format!("{path}/disabled"), &json!({ "disabled": disabled })).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, ""));
        assert_eq!(value(&admin, &path).await["disabled"], disabled);
        // What a disabled person shows counts as a guess.
        app.clock.advance(time::Duration::minutes(20));
        assert_eq!(get(&ada, "/users/current").await.status(), status, "{disabled}");
    }
    assert_ne!(browser.open("/projects").await.status(), 200, "the session has ended");
    for id in [own, 4711] {
        let refused = send(&admin, "PUT", &format!("/users/{id}/disabled"), &json!({ "disabled": true })).await;
        assert_eq!(refused.status(), if id == own { 409 } else { 404 });
        let refused = send(&admin, "POST", &format!("/users/{id}/invitation"), &json!({})).await;
        assert_eq!(refused.status(), if id == own { 409 } else { 404 });
    }
    for (method, action) in [("PUT", "disabled"), ("POST", "invitation")] {
        let body = json!({ "disabled": true });
        let refused = problem(send(&ada, method, &format!("/users/{own}/{action}"), &body).await).await;
        assert_eq!(refused, told_of_administrators(), "{action}");
    }
}

#[tokio::test]
async fn an_invitation_takes_the_password_and_ends_the_link_before() {
    let app = TestApp::start().await;
    let (admin, ada) = (app.admin(), app.user("ada").await);
    let path = format!("/users/{}/invitation", app.user_id("ada").await.0);
    let mut keys = Vec::new();
    for _ in 0..2 {
        let answer = send(&admin, "POST", &path, &json!({})).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()[header::CACHE_CONTROL]),
            (200, &"no-store".parse().unwrap())
        );
        let link: Value = answer.json().await.unwrap();
        assert_eq!(link["username"], "ada");
        let address = link["password_link"].as_str().unwrap();
        keys.push(address.strip_prefix(&app.url("/invitation?key=")).unwrap().to_owned());
    }
    app.clock.advance(time::Duration::SECOND);
    assert_eq!(get(&ada, "/users/current").await.status(), 401, "the password is gone");
    let new = Client::new(&app, Some(("ada".to_owned(), NEW.to_owned())));
    for (key, status) in keys.iter().zip([401, 200]) {
        let fields = [("link", key.as_str()), ("new_password", NEW), ("again", NEW)];
        app.browser().call("accept_link", &fields).await;
        app.clock.advance(time::Duration::minutes(20));
        assert_eq!(get(&new, "/users/current").await.status(), status);
    }
}

#[tokio::test]
async fn everybody_learns_what_they_may_in_a_project_and_nothing_of_others() {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    let ada = app.user("ada").await;
    let body = json!({ "role_id": 3, "member_user": { "username": "ada" } });
    assert_eq!(send(&app.admin(), "POST", "/projects/team/members", &body).await.status(), 201);
    let id = value(&app.admin(), "/projects/team").await["project_id"].as_i64().unwrap();
    let scope = format!("/users/current/permissions?scope=%2Fproject%2F{id}");
    let own = value(&ada, &format!("{scope}&relative=true")).await;
    let may = |resource: &str, action: &str| json!({ "resource": resource, "action": action });
    let own = own.as_array().unwrap();
    assert!(own.contains(&may("repository", "pull")) && own.contains(&may("member", "list")));
    assert!(!own.contains(&may("repository", "push")));
    let absolute = value(&ada, &scope).await;
    assert!(absolute.as_array().unwrap().contains(&may(&format!("/project/{id}/repository"), "pull")));
    let everything = value(&app.admin(), &format!("{scope}&relative=true")).await;
    assert!(everything.as_array().unwrap().contains(&may("member", "create")));
    let eve = app.user("eve").await;
    for scope in [format!("/project/{id}"), "/project/4711".to_owned(), "/project/x y".to_owned(), String::new()] {
        let path = "/api/v2.0/users/current/permissions";
        let answer = eve.get(path).query(&[("scope", &scope)]).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "[]"), "{scope}");
    }
}

#[tokio::test]
async fn a_password_of_the_delivery_is_replaced_in_the_console_alone() {
    let app = TestApp::builder().with_default_password().start().await;
    let admin = Client::new(&app, Some(("admin".to_owned(), registry::people::DEFAULT_ADMIN_PASSWORD.to_owned())));
    let body = json!({ "old_password": registry::people::DEFAULT_ADMIN_PASSWORD, "new_password": NEW });
    assert_eq!(send(&admin, "PUT", "/users/1/password", &body).await.status(), 403);
    let new = Client::new(&app, Some(("admin".to_owned(), NEW.to_owned())));
    assert_eq!(get(&new, "/users/current").await.status(), 401);
}
