//! Bodies of requests.

use axum::extract::{FromRequest, Request};
use http::header;
use serde::de::DeserializeOwned;

use super::{Api, Asked, Failure};
use crate::whole::Incomplete;

/// The largest body that is read.
const LARGEST: usize = 1 << 20;

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Api> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let media_type = request.headers().get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
        if media_type.is_some_and(|media_type| !is_json(media_type)) {
            return Err(Failure::MediaType);
        }
        let asked = request.extensions().get::<Asked>().cloned();
        let whole = api.0.room.whole(request.into_body(), LARGEST).await;
        let (bytes, taken) = whole.map_err(|error| match error {
            Incomplete::TooLarge => Failure::TooLarge,
            Incomplete::NoRoom => Failure::NoRoom,
            Incomplete::Broken(error) => registry::Error::BodyBroken(Box::new(error)).into(),
        })?;
        // What is read from it stays until the request is answered.
        if let Some(asked) = asked {
            let _ = asked.0.taken.set(taken);
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| Failure::Invalid(format!("the body is not what is needed: {error}")))?;
        json.end().map_err(|_| Failure::Invalid("the body goes on after its JSON".to_owned()))?;
        Ok(Self(value))
    }
}

fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
