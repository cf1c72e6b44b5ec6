//! URLs with which clients fetch objects themselves.

use std::time::Duration;

use aws_sdk_s3::{Client, presigning::PresigningConfig};

use super::failure::{Failure, failure};
use crate::StoreError;

/// Signs URLs for the name under which clients know the server.
#[derive(Debug, Clone)]
pub(super) struct Signer(Client);

impl Signer {
    pub(super) fn new(client: Client) -> Self {
        Self(client)
    }

    /// A URL that serves for as long as `expires`, and whose answer has this type and is a file to be saved, whatever the
    /// object says of itself: nobody can make a page of it under the name of the store.
    pub(super) async fn url(
        &self,
        bucket: &str,
        key: &str,
        content_type: &str,
        expires: Duration,
    ) -> Result<String, StoreError> {
        let config = PresigningConfig::expires_in(expires).map_err(|error| Failure::because("GetObject", error))?;
        let request = self.0.get_object().bucket(bucket).key(key);
        let request = request.response_content_type(content_type).response_content_disposition("attachment");
        let signed = request.presigned(config).await.map_err(|error| failure("GetObject", error))?;
        Ok(signed.uri().to_owned())
    }
}
