//! What holds of every address: errors, paging, filters, names, ids of requests.

use registry::Actor;
use reqwest::header;
use serde_json::{Value, json};

use super::{get, problem, project, send, value};
use crate::harness::TestApp;

async fn names(app: &TestApp, path: &str) -> Vec<String> {
    let list = value(&app.admin(), path).await;
    list.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_say_how_many_there_are_and_lead_to_each_other() {
    let app = TestApp::start().await;
    for number in 0..5 {
        project(&app, &format!("p{number}"), false).await;
    }
    let path = "/projects?sort=name&page=2&page_size=2&q=name%3D~p";
    let answer = get(&app.admin(), path).await;
    assert_eq!(answer.headers()["x-total-count"], "5");
    let link = answer.headers()[header::LINK].to_str().unwrap().to_owned();
    let to = |page: u32, rel: &str| {
        format!("</api/v2.0/projects?sort=name&q=name%3D~p&page={page}&page_size=2>; rel=\"{rel}\"")
    };
    assert_eq!(link, format!("{}, {}", to(1, "prev"), to(3, "next")));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body[0]["name"], "p2");
    let last = get(&app.admin(), "/projects?page=3&page_size=2&q=name%3D~p").await;
    assert!(!last.headers()[header::LINK].to_str().unwrap().contains("next"));
    let beyond = get(&app.admin(), "/projects?page=4000000000&page_size=100").await;
    assert_eq!((beyond.status().as_u16(), beyond.text().await.unwrap().as_str()), (200, "[]"));
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    for query in ["page=0", "page=-1", "page=x", "page_size=0", "page_size=101", "page_size=x"] {
        let (status, code, _) = problem(get(&app.admin(), &format!("/projects?{query}")).await).await;
        assert_eq!((status, code.as_str()), (400, "BAD_REQUEST"), "{query}");
    }
}

#[tokio::test]
async fn lists_are_filtered_and_ordered_by_keys_that_they_know() {
    let app = TestApp::start().await;
    for (name, public) in [("alpha", true), ("beta", false), ("alp_ine", false)] {
        project(&app, name, public).await;
    }
    for (query, expected) in [
        ("q=name%3Dbeta", vec!["beta"]),
        ("q=name%3D~LP_", vec!["alp_ine"]),
        ("q=name%3D%7Balpha%20beta%7D", vec!["alpha", "beta"]),
        ("q=public%3Dtrue", vec!["alpha", "library"]),
        ("q=public%3Dtrue,name%3D~a%2Cname%3D~ph", vec!["alpha"]),
        ("q=creation_time%3D%5B%222020-01-01 00:00:00%22~%5D&sort=-name&page_size=1", vec!["library"]),
        ("q=creation_time%3D%5B~2020-01-01T00:00:00Z%5D", vec![]),
        ("name=ALP&sort=-name", vec!["alpha", "alp_ine"]),
        ("public=true", vec!["alpha", "library"]),
        ("owner=admin&name=bet", vec!["beta"]),
        ("owner=nobody", vec![]),
    ] {
        assert_eq!(names(&app, &format!("/projects?{query}")).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_key_reaches_no_column_that_a_list_does_not_name() {
    let app = TestApp::start().await;
    for query in [
        "sort=password_hash",
        "sort=p.id",
        "sort=name%3BDROP%20TABLE%20users",
        "sort=name%20DESC",
        "q=password_hash%3D~a",
        "q=u.password_hash%3Da",
        "q=1%3D1",
        "q=name",
        "q=project_id%3Dx",
        "q=project_id%3D~1",
        "q=public%3Dperhaps",
        "q=creation_time%3Dyesterday",
        "q=name%3D%7B%7D",
    ] {
        let (status, _, message) = problem(get(&app.admin(), &format!("/projects?{query}")).await).await;
        assert_eq!(status, 400, "{query}: {message}");
    }
    let harmless = "/projects?q=name%3D'%20OR%201%3D1%20--";
    assert_eq!(get(&app.admin(), harmless).await.status(), 400, "a quote stays open");
    assert_eq!(names(&app, "/projects?q=name%3D%22x%27%20OR%201%3D1%20--%22").await, [] as [String; 0]);
}

#[tokio::test]
async fn what_is_not_there_says_so_in_harbors_shape() {
    let app = TestApp::start().await;
    for (method, path, status, code) in [
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("GET", "", 404, "NOT_FOUND"),
        ("GET", "/projects/none", 404, "NOT_FOUND"),
        ("GET", "/projects/library/repositories/none", 404, "NOT_FOUND"),
        ("PATCH", "/projects", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/projects/library/metadatas", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/projects/library/repositories/app/artifacts", 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/auditlog-exts/events", 501, "NOT_IMPLEMENTED"),
        ("GET", "/scanners", 501, "NOT_IMPLEMENTED"),
        ("POST", "/projects/library/webhook/policies", 501, "NOT_IMPLEMENTED"),
        ("GET", "/replication/policies", 501, "NOT_IMPLEMENTED"),
    ] {
        let (found, word, message) = problem(send(&app.admin(), method, path, &json!({})).await).await;
        assert_eq!((found, word.as_str()), (status, code), "{method} {path}: {message}");
    }
    let answer = app.admin().patch("/api/v2.0/projects").send().await.unwrap();
    let allowed = answer.headers()[header::ALLOW].to_str().unwrap();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    let old = app.admin().get("/api/v1.0/projects").send().await.unwrap();
    assert_eq!(problem(old).await.0, 404);
}

#[tokio::test]
async fn a_body_that_makes_no_sense_is_refused() {
    let app = TestApp::start().await;
    let post = || app.admin().post("/api/v2.0/projects");
    let json = "application/json";
    for (request, status) in [
        (post().header(header::CONTENT_TYPE, json).body("{"), 400),
        (post().header(header::CONTENT_TYPE, json).body("{} {}"), 400),
        (post().header(header::CONTENT_TYPE, json).body(r#"{"project_name":7}"#), 400),
        (post().header(header::CONTENT_TYPE, json).body(r#"{"project_name":"No Name"}"#), 400),
        (post().header(header::CONTENT_TYPE, "text/plain").body("{}"), 415),
        (post().header(header::CONTENT_TYPE, json).body(format!("\"{}\"", "a".repeat(1 << 20))), 413),
    ] {
        let (found, _, message) = problem(request.send().await.unwrap()).await;
        assert_eq!(found, status, "{message}");
    }
}

#[tokio::test]
async fn digits_are_an_id_unless_the_request_says_that_they_are_a_name() {
    let app = TestApp::start().await;
    project(&app, "42", false).await;
    let id = value(&app.admin(), "/projects?q=name%3D42").await[0]["project_id"].as_i64().unwrap();
    assert_eq!(value(&app.admin(), &format!("/projects/{id}")).await["name"], "42");
    assert_eq!(get(&app.admin(), "/projects/42").await.status(), 404, "no project has this id");
    let named = app.admin().get("/api/v2.0/projects/42").header("x-is-resource-name", "true");
    assert_eq!(named.send().await.unwrap().status(), 200);
    for number in ["99999999999999999999", "0", "00000000000000000000000000000000001"] {
        let answer = get(&app.admin(), &format!("/projects/{number}")).await;
        assert!([200, 404].contains(&answer.status().as_u16()), "{number}");
    }
}

#[tokio::test]
async fn a_former_name_reads_and_changes_nothing() {
    let app = TestApp::start().await;
    project(&app, "old", false).await;
    app.admin().repository("old/app").push_image("1", "one").await;
    app.registry.projects.rename(&Actor::system(), &"old".parse().unwrap(), "next").await.unwrap();
    assert_eq!(value(&app.admin(), "/projects/old").await["name"], "next");
    for (method, path) in [
        ("PUT", "/projects/old"),
        ("DELETE", "/projects/old"),
        ("GET", "/projects/old/members"),
        ("GET", "/projects/old/members/1"),
        ("GET", "/projects/old/immutabletagrules"),
        ("GET", "/projects/old/trash"),
        ("PUT", "/projects/old/repositories/app"),
        ("DELETE", "/projects/old/repositories/app"),
        ("DELETE", "/projects/old/repositories/app/artifacts/1"),
        ("DELETE", "/projects/old/repositories/app/artifacts/1/tags/1"),
    ] {
        let (status, code, message) = problem(send(&app.admin(), method, path, &json!({})).await).await;
        assert_eq!((status, code.as_str()), (409, "CONFLICT"), "{method} {path}: {message}");
        assert!(message.contains("next"), "{method} {path}: {message}");
    }
    assert_eq!(get(&app.admin(), "/projects/next/repositories/app/artifacts/1").await.status(), 200);
}

#[tokio::test]
async fn the_id_of_a_request_is_taken_and_echoed() {
    let app = TestApp::start().await;
    let answer = app.anonymous().get("/api/v2.0/ping").header("x-request-id", "abc-1").send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "abc-1");
    assert_eq!(answer.text().await.unwrap(), "Pong");
}

#[tokio::test]
async fn answers_are_kept_by_nobody_and_shown_as_no_page() {
    let app = TestApp::start().await;
    for path in ["/projects", "/ping", "/nothing", "/openapi.json"] {
        let answer = get(&app.admin(), path).await;
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store", "{path}");
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(policy, "default-src 'none'; frame-ancestors 'none'", "{path}");
    }
}

#[tokio::test]
async fn json_that_is_nested_too_deeply_is_refused() {
    let app = TestApp::start().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let objects = format!("{}1{}", r#"{"metadata":"#.repeat(10_000), "}".repeat(10_000));
    for body in [deep.clone(), format!(r#"{{"project_name":{deep}}}"#), objects] {
        let request = app.admin().post("/api/v2.0/projects").header(header::CONTENT_TYPE, "application/json");
        let (status, code, _) = problem(request.body(body).send().await.unwrap()).await;
        assert_eq!((status, code.as_str()), (400, "BAD_REQUEST"));
    }
}

#[tokio::test]
async fn the_server_says_how_it_is_and_how_much_there_is() {
    let app = TestApp::start().await;
    let health = value(&app.anonymous(), "/health").await;
    assert_eq!((&health["status"], &health["components"][1]["status"]), (&json!("healthy"), &json!("healthy")));
    assert!(value(&app.anonymous(), "/systeminfo").await.get("harbor_version").is_none());
    let info = value(&app.admin(), "/systeminfo").await;
    assert_eq!(info["registry_url"], app.address.to_string());
    project(&app, "closed", false).await;
    app.admin().repository("closed/app").push_image("1", "one").await;
    let all = value(&app.admin(), "/statistics").await;
    assert_eq!((&all["private_project_count"], &all["total_repo_count"]), (&json!(1), &json!(1)));
    assert!(all["total_storage_consumption"].as_u64().unwrap() > 0);
    let stranger = value(&app.user("eve").await, "/statistics").await;
    assert_eq!((&stranger["private_project_count"], &stranger["total_repo_count"]), (&json!(0), &json!(0)));
    assert!(stranger.get("total_storage_consumption").is_none());
}

#[tokio::test]
async fn a_search_finds_what_the_caller_sees() {
    let app = TestApp::start().await;
    project(&app, "closed", false).await;
    app.admin().repository("closed/library-tools").push_image("1", "one").await;
    let found = value(&app.admin(), "/search?q=LIBRARY").await;
    assert_eq!(found["project"][0]["name"], "library");
    assert_eq!(found["repository"][0]["repository_name"], "closed/library-tools");
    assert_eq!(found["repository"][0]["project_public"], false);
    let nobody = value(&app.anonymous(), "/search?q=library").await;
    assert_eq!((nobody["project"].as_array().unwrap().len(), nobody["repository"].as_array().unwrap().len()), (1, 0));
    assert_eq!(get(&app.admin(), "/search").await.status(), 400);
}
