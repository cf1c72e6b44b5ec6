//! Access tokens: from the console's form to `docker login`.

use api_types::NewProject;
use registry::{Actor, access::ProjectId};
use reqwest::{Method, Response, header};
use serde_json::Value;

use crate::harness::{Client, Replica, TestApp};

async fn project(app: &TestApp, name: &str) -> ProjectId {
    let project = NewProject { name: name.to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap()
}

async fn done(response: Response) -> Value {
    let answer: Value = response.json().await.unwrap();
    answer.get("Done").unwrap_or_else(|| panic!("{answer}")).clone()
}

#[tokio::test]
async fn a_token_opens_what_it_was_made_for_as_long_as_its_owner_may() {
    let app = TestApp::start().await;
    let team = project(&app, "team").await;
    project(&app, "other").await;
    for name in ["team/app", "other/app"] {
        app.admin().repository(name).push_image("v1", "one").await;
    }
    let mut admin = app.signed_in("admin").await;
    let fields = [("name", "laptop"), ("level", "read"), ("scope", "some"), ("projects", "team"), ("lifetime", "30")];
    let made = done(admin.call("create_access_token", &fields).await).await;
    let token = Client::new(&app, Some(("admin".to_owned(), made["secret"].as_str().unwrap().to_owned())));
    let ask = async |client: &Client, name: &str, method: Method| {
        let path = if method == Method::POST { "blobs/uploads/" } else { "manifests/v1" };
        client.repository(name).request(method, path).send().await.unwrap().status().as_u16()
    };
    let bearer = token.bearer(&["repository:team/app:pull,push", "repository:other/app:pull"]).await;
    for client in [&token, &bearer] {
        assert_eq!(ask(client, "team/app", Method::GET).await, 200);
        assert_ne!(ask(client, "team/app", Method::POST).await, 202);
        assert_ne!(ask(client, "other/app", Method::GET).await, 200);
    }
    let listed: Value = admin.read("access_tokens").await.json().await.unwrap();
    assert_eq!((&listed["total"], &listed["items"][0]["level"]), (&1.into(), &"read".into()));
    assert!(!listed.to_string().contains("slipway_pat_"), "shown once");
    let id = made["id"].to_string();
    done(admin.call("revoke_access_token", &[("id", &id)]).await).await;
    for client in [&token, &bearer] {
        assert_eq!(ask(client, "team/app", Method::GET).await, 401);
    }
    assert!(team.0 > 0);
}

#[tokio::test]
async fn tokens_are_their_owners_business_alone() {
    let app = TestApp::start().await;
    let team = project(&app, "team").await;
    let ada = app.user_id("ada").await;
    Replica::of(&app).await.give_role(team, ada, "developer").await;
    app.clock.advance(time::Duration::SECOND);
    let fields = [("name", "laptop"), ("level", "write"), ("lifetime", "30")];
    let mut browser = app.signed_in("ada").await;
    let made = done(browser.call("create_access_token", &fields).await).await;
    let token = Client::new(&app, Some(("ada".to_owned(), made["secret"].as_str().unwrap().to_owned())));
    let stands = async || token.get("/v2/").send().await.unwrap().status().as_u16();
    let id = made["id"].to_string();
    for name in ["eve", "admin"] {
        let mut other = app.signed_in(name).await;
        let listed: Value = other.read("access_tokens").await.json().await.unwrap();
        assert_eq!(listed["total"], 0, "{name}");
        done(other.call("revoke_access_token", &[("id", &id)]).await).await;
        assert_eq!(stands().await, 200, "{name}");
    }
    let mut nobody = app.browser();
    assert_eq!(nobody.read("access_tokens").await.status(), 401);
    assert_eq!(nobody.call("create_access_token", &fields).await.status(), 401);
    assert_eq!(nobody.call("revoke_access_token", &[("id", &id)]).await.status(), 401);
    // With another name it is a wrong password.
    let stolen = Client::new(&app, Some(("eve".to_owned(), made["secret"].as_str().unwrap().to_owned())));
    assert_eq!(stolen.get("/v2/").send().await.unwrap().status(), 401);
    Replica::of(&app).await.disable_user("ada").await;
    app.clock.advance(time::Duration::SECOND);
    assert_eq!(stands().await, 401);
}

#[tokio::test]
async fn without_scripts_a_token_is_shown_on_the_page_that_answers_the_form() {
    let app = TestApp::start().await;
    let mut browser = app.signed_in("ada").await;
    let send = async |browser: &mut crate::harness::Browser, fields: &[(&str, &str)]| {
        let request = browser
            .request(Method::POST, "/_fn/create_access_token")
            .header("sec-fetch-site", "same-origin")
            .header(header::REFERER, "http://localhost/account/tokens?new=1")
            .form(fields);
        browser.send(request).await
    };
    let fields =
        [("name", "laptop"), ("level", "write"), ("scope", "some"), ("projects", "missing"), ("lifetime", "30")];
    let refused = send(&mut browser, &fields).await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.unwrap();
    assert!(page.contains(r#"value="missing""#) && page.contains("Project missing does not exist."), "{page}");
    let answer = send(&mut browser, &[("name", "laptop"), ("level", "write"), ("lifetime", "30")]).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.text().await.unwrap().contains("slipway_pat_"));
    let list = browser.open("/account/tokens").await.text().await.unwrap();
    assert!(list.contains("laptop") && !list.contains("slipway_pat_"));
}
