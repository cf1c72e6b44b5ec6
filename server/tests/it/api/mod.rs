//! REST under `/api/v2.0`.

mod access;
mod access_tokens;
mod artifacts;
mod audit;
mod authz_matrix;
mod configurations;
mod conventions;
mod immutable_tag_rules;
mod labels;
mod members;
mod openapi;
mod projects;
mod quotas;
mod repositories;
mod retentions;
mod robots;
mod sessions;
mod users;

use std::sync::LazyLock;

use reqwest::Response;
use serde_json::{Value, json};

use crate::harness::{Client, TestApp};

/// Where it is.
pub const BASE: &str = "/api/v2.0";

/// A request below the base as somebody, and its answer.
pub async fn get(client: &Client, path: &str) -> Response {
    let answer = client.get(&format!("{BASE}{path}")).send().await.unwrap();
    assert_documented("GET", path, answer.status().as_u16());
    answer
}

/// What is there, which has to be there.
pub async fn value(client: &Client, path: &str) -> Value {
    let answer = get(client, path).await;
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert_eq!(status, 200, "{path}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Sends a body.
pub async fn send(client: &Client, method: &str, path: &str, body: &Value) -> Response {
    let request = client.request(method.parse().unwrap(), &format!("{BASE}{path}"));
    let answer = request.json(body).send().await.unwrap();
    assert_documented(method, path, answer.status().as_u16());
    answer
}

/// Deletes what is there; the status.
pub async fn delete(client: &Client, path: &str) -> u16 {
    let status = client.delete(&format!("{BASE}{path}")).send().await.unwrap().status().as_u16();
    assert_documented("DELETE", path, status);
    status
}

/// Fails where an operation answered what the document does not say of it.
fn assert_documented(method: &str, path: &str, status: u16) {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(server::api::document()).unwrap());
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |address: &str| {
        let wanted: Vec<&str> = address.split('/').collect();
        wanted.len() == parts.len()
            && wanted.iter().zip(&parts).all(|(wanted, part)| wanted.starts_with('{') || wanted == part)
    };
    let addresses = DOCUMENT["paths"].as_object().unwrap().iter().filter(|(address, _)| fits(address));
    // Words come before variables: `/users/current` is nobody's id.
    let Some((address, item)) = addresses.min_by_key(|(address, _)| address.matches('{').count()) else { return };
    if let Some(operation) = item.get(method.to_lowercase()) {
        let known = operation["responses"].get(status.to_string()).is_some();
        assert!(known, "{method} {address} answers {status}, and its document does not say so");
    } else {
        assert_eq!(status, 405, "{method} {address} is none");
    }
}

/// Status, code and message of an error, which has to have Harbor's shape.
pub async fn problem(answer: Response) -> (u16, String, String) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.unwrap();
    let error = &body["errors"][0];
    let text = |key: &str| error[key].as_str().unwrap().to_owned();
    assert_eq!(body["errors"].as_array().unwrap().len(), 1);
    (status, text("code"), text("message"))
}

/// A project of the administrator's.
pub async fn project(app: &TestApp, name: &str, public: bool) {
    let body = json!({ "project_name": name, "metadata": { "public": public.to_string() } });
    let answer = send(&app.admin(), "POST", "/projects", &body).await;
    assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
}
