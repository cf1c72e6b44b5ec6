//! Tags: `end-8a`, `end-8b`.

use http::header;
use oci::{ErrorCode, RepositoryName};
use registry::content::NamePage;
use serde::Serialize;

use super::{Answer, Call, error::Failure, headers, json};

/// The most that one answer lists, and what it lists where the client does not say.
const MOST: u32 = 1000;

#[derive(Serialize)]
struct TagList<'a> {
    name: &'a RepositoryName,
    tags: &'a [String],
}

/// `GET /v2/<name>/tags/list?n=&last=`
pub async fn list(call: &Call<'_>, name: &RepositoryName) -> Answer {
    let limit = limit(call)?;
    let page = call.registry.tags.names(&call.caller.actor, name, limit, call.query.get("last")).await?;
    let body = serde_json::to_vec(&TagList { name, tags: &page.names }).expect("names always serialize");
    let mut response = json(body);
    if let Some(link) = next(&format!("/v2/{name}/tags/list"), limit, &page) {
        response.headers_mut().insert(header::LINK, link);
    }
    Ok(response)
}

/// `n`: how many names are wanted; more than there are in one answer is as many as there can be.
pub fn limit(call: &Call<'_>) -> Result<u32, Failure> {
    match call.query.get("n") {
        None => Ok(MOST),
        Some(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Ok(text.parse().unwrap_or(MOST).min(MOST))
        }
        Some(_) => Err(Failure::Invalid(
            ErrorCode::PaginationNumberInvalid,
            format!("n is how many names to list, a whole number (at most {MOST} are listed at a time)"),
        )),
    }
}

/// The next page, if there is one (RFC 8288). Names need no escaping in a query.
pub fn next(path: &str, limit: u32, page: &NamePage) -> Option<http::HeaderValue> {
    let last = page.names.last().filter(|_| page.more)?;
    Some(headers::ascii(format!(r#"<{path}?n={limit}&last={last}>; rel="next""#)))
}
