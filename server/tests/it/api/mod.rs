//! REST under `/api/v2.0`.

mod access;
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
mod users;

use reqwest::Response;
use serde_json::{Value, json};

use crate::harness::{Client, TestApp};

/// Where it is.
pub const BASE: &str = "/api/v2.0";

/// A request below the base as somebody, and its answer.
pub async fn get(client: &Client, path: &str) -> Response {
    client.get(&format!("{BASE}{path}")).send().await.unwrap()
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
    let method = method.parse().unwrap();
    client.request(method, &format!("{BASE}{path}")).json(body).send().await.unwrap()
}

/// Deletes what is there; the status.
pub async fn delete(client: &Client, path: &str) -> u16 {
    client.delete(&format!("{BASE}{path}")).send().await.unwrap().status().as_u16()
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
