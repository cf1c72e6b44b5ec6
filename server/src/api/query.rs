//! Parameters after the question mark.

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::{Api, Failure};

/// Parameters of one address; what it does not know is ignored, as Harbor does.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Query<T> {
    type Rejection = Failure;

    async fn from_request_parts(head: &mut Parts, _: &Api) -> Result<Self, Failure> {
        let query = head.uri.query().unwrap_or_default();
        let value = serde_urlencoded::from_str(query);
        value.map(Self).map_err(|error| Failure::Invalid(format!("a parameter is not what is needed: {error}")))
    }
}
