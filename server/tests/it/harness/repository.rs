//! Pushing to and pulling from one repository.

use oci::Digest;
use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};

use super::Client;

/// A repository as somebody sees it. What pushes panics where it is refused.
#[derive(Clone)]
pub struct Repository {
    client: Client,
    name: String,
}

/// The SHA-256 of some bytes.
pub fn digest_of(bytes: impl AsRef<[u8]>) -> Digest {
    Digest::sha256(bytes.as_ref())
}

/// Status and code of an error, which has to have the specification's shape.
pub async fn problem(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json", "{status}");
    let body: oci::ErrorBody = response.json().await.unwrap();
    assert!(!body.errors[0].message.is_empty());
    (status, body.errors[0].code.to_string())
}

impl Repository {
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.to_owned() }
    }

    /// A request to an address below the repository, such as `tags/list`, or to a `Location`.
    pub fn request(&self, method: Method, rest: &str) -> RequestBuilder {
        if rest.starts_with('/') {
            return self.client.request(method, rest);
        }
        self.client.request(method, &format!("/v2/{}/{rest}", self.name))
    }

    pub async fn get(&self, rest: &str) -> Response {
        self.request(Method::GET, rest).send().await.unwrap()
    }

    pub async fn head(&self, rest: &str) -> Response {
        self.request(Method::HEAD, rest).send().await.unwrap()
    }

    pub async fn delete(&self, rest: &str) -> Response {
        self.request(Method::DELETE, rest).send().await.unwrap()
    }

    /// Begins an upload; its location.
    pub async fn begin(&self) -> String {
        let answer = self.request(Method::POST, "blobs/uploads/").send().await.unwrap();
        assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
        location(&answer)
    }

    /// Stores a blob in one request.
    pub async fn push_blob(&self, bytes: impl AsRef<[u8]>) -> Digest {
        let digest = digest_of(&bytes);
        let post = self.request(Method::POST, "blobs/uploads/").query(&[("digest", digest.as_str())]);
        let answer = post.body(bytes.as_ref().to_vec()).send().await.unwrap();
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
        digest
    }

    /// Sends a manifest.
    pub async fn put_manifest(&self, reference: &str, manifest: &Value) -> Response {
        let put = self.request(Method::PUT, &format!("manifests/{reference}"));
        let media_type = manifest["mediaType"].as_str().unwrap_or(oci::media_type::OCI_IMAGE).to_owned();
        put.header(header::CONTENT_TYPE, media_type).body(manifest.to_string()).send().await.unwrap()
    }

    /// Stores a manifest.
    pub async fn push_manifest(&self, reference: &str, manifest: &Value) -> Digest {
        let answer = self.put_manifest(reference, manifest).await;
        assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
        digest_of(manifest.to_string())
    }

    /// Stores what an image needs; its manifest.
    pub async fn image(&self, text: &str) -> Value {
        let config = format!(r#"{{"os":"linux","architecture":"amd64","author":"{text}"}}"#);
        let layer = format!("a layer of {text}");
        json!({
            "schemaVersion": 2,
            "mediaType": oci::media_type::OCI_IMAGE,
            "config": {
                "mediaType": oci::media_type::OCI_CONFIG, "size": config.len(), "digest": self.push_blob(&config).await
            },
            "layers": [{
                "mediaType": oci::media_type::OCI_LAYER, "size": layer.len(), "digest": self.push_blob(&layer).await
            }],
        })
    }

    /// Stores a whole image under a tag.
    pub async fn push_image(&self, tag: &str, text: &str) -> Digest {
        let manifest = self.image(text).await;
        self.push_manifest(tag, &manifest).await
    }
}

/// Where an answer points.
pub fn location(answer: &Response) -> String {
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}
