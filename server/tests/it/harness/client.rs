//! A client without cookies.

use reqwest::{Method, RequestBuilder, redirect::Policy};

use super::{Repository, TestApp};

/// Speaks to the server in somebody's name. It follows no redirects.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    credentials: Option<(String, String)>,
    token: Option<String>,
}

impl Client {
    pub fn new(app: &TestApp, credentials: Option<(String, String)>) -> Self {
        Self::at(app.url(""), credentials)
    }

    /// Speaks to a server at this address.
    pub fn at(base: String, credentials: Option<(String, String)>) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).timeout(super::PATIENCE).build().unwrap();
        Self { http, base, credentials, token: None }
    }

    /// A registry token for these scopes, in this name.
    pub async fn token(&self, scopes: &[&str]) -> String {
        let query: Vec<_> = scopes.iter().map(|scope| ("scope", *scope)).collect();
        let answer = self.get("/service/token").query(&query).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
        answer.json::<serde_json::Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }

    /// The same client, showing a token instead of its credentials.
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// The same client, showing a new token for these scopes.
    pub async fn bearer(&self, scopes: &[&str]) -> Self {
        self.with_token(self.token(scopes).await)
    }

    /// A repository as this client sees it.
    pub fn repository(&self, name: &str) -> Repository {
        Repository::new(self.clone(), name)
    }

    /// A request in this name; `path` begins with a slash, or is a whole address.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with('/') { format!("{}{path}", self.base) } else { path.to_owned() };
        let request = self.http.request(method, url);
        match (&self.token, &self.credentials) {
            (Some(token), _) => request.bearer_auth(token),
            (None, Some((name, password))) => request.basic_auth(name, Some(password)),
            (None, None) => request,
        }
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub fn head(&self, path: &str) -> RequestBuilder {
        self.request(Method::HEAD, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    pub fn put(&self, path: &str) -> RequestBuilder {
        self.request(Method::PUT, path)
    }

    pub fn patch(&self, path: &str) -> RequestBuilder {
        self.request(Method::PATCH, path)
    }

    pub fn delete(&self, path: &str) -> RequestBuilder {
        self.request(Method::DELETE, path)
    }
}
