//! A client that keeps cookies and says where its requests come from, as browsers do.

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder, Response, header, redirect::Policy};

use super::TestApp;

/// The media type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A browser with cookies; it follows no redirects.
pub struct Browser {
    http: reqwest::Client,
    base: String,
    /// By their names.
    pub cookies: BTreeMap<String, String>,
    /// Headers of every request, such as those of a proxy in between.
    pub headers: Vec<(&'static str, String)>,
}

impl Browser {
    pub fn new(app: &TestApp) -> Self {
        let http = reqwest::Client::builder().redirect(Policy::none()).timeout(super::PATIENCE).build().unwrap();
        Self { http, base: app.url(""), cookies: BTreeMap::new(), headers: Vec::new() }
    }

    /// Sends a request with cookies and keeps those of the answer.
    pub async fn send(&mut self, request: RequestBuilder) -> Response {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = request;
        if !pairs.is_empty() {
            request = request.header(header::COOKIE, pairs.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = request.send().await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let cookie = cookie.to_str().unwrap();
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        response
    }

    /// A request to be changed and sent.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base)).header(header::ACCEPT, "text/html")
    }

    /// Opens a page.
    pub async fn open(&mut self, path: &str) -> Response {
        let request = self.request(Method::GET, path).header("sec-fetch-site", "none");
        self.send(request).await
    }

    /// Calls a server function, as a script of our page does.
    pub async fn call(&mut self, function: &str, fields: &[(&str, &str)]) -> Response {
        let request = self
            .http
            .request(Method::POST, format!("{}/_fn/{function}", self.base))
            .header(header::ACCEPT, "application/json")
            .header("sec-fetch-site", "same-origin")
            .form(fields);
        self.send(request).await
    }

    /// Calls a server function that reads, as a script of our page does.
    pub async fn read(&mut self, function: &str) -> Response {
        let request = self.http.get(format!("{}/_fn/{function}", self.base));
        let request = request.header(header::ACCEPT, "application/json").header("sec-fetch-site", "same-origin");
        self.send(request).await
    }

    /// Signs in through the console's form.
    pub async fn sign_in(&mut self, _app: &TestApp, username: &str, password: &str) {
        let response = self.call("sign_in", &[("username", username), ("password", password), ("next", "/")]).await;
        assert!(response.status().is_success(), "{}", response.status());
        assert!(self.cookies.keys().any(|name| name.ends_with("slipway")), "a session was opened");
    }
}
