//! The catalog: Docker's list of all repositories.

use http::header;
use serde::Serialize;

use super::{Answer, Call, json, tags};

#[derive(Serialize)]
struct Catalog<'a> {
    repositories: &'a [String],
}

/// `GET /v2/_catalog?n=&last=`: the repositories that the account may pull from.
pub async fn list(call: &Call<'_>) -> Answer {
    let limit = tags::limit(call)?;
    let page = call.registry.repositories.catalog(&call.caller.actor, limit, call.query.get("last")).await?;
    let body = serde_json::to_vec(&Catalog { repositories: &page.names }).expect("names always serialize");
    let mut response = json(body);
    if let Some(link) = tags::next("/v2/_catalog", limit, &page) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}
