//! What a registry's client does, in the order in which Docker does it.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result, bail, ensure};
use oci::Digest;

use crate::{
    http::{Connection, Request},
    payload::Payload,
};

/// A connection with its credentials.
#[derive(Debug)]
pub struct Client {
    /// The connection, for requests that are not of the usual kind.
    pub connection: Connection,
    authorization: Option<Arc<str>>,
}

impl Client {
    /// Connects. `authorization` is the value of the header, where the server wants one.
    pub async fn open(address: SocketAddr, authorization: Option<Arc<str>>) -> Result<Self> {
        let connection = Connection::open(address).await.with_context(|| format!("connecting to {address}"))?;
        Ok(Self { connection, authorization })
    }

    /// The start of a request with the credentials.
    pub fn request(&self, method: &str, target: &str) -> Request {
        Request::new(method, target).authorized(self.authorization.as_deref())
    }

    /// Sends, reads the whole answer and fails unless it has this status.
    pub async fn expect(&mut self, status: u16, request: &Request, what: &str) -> Result<Vec<u8>> {
        let got = self.connection.send(request).await.with_context(|| what.to_owned())?;
        self.answered(status, got, what).await
    }

    async fn answered(&mut self, expected: u16, got: u16, what: &str) -> Result<Vec<u8>> {
        let body = self.connection.collect().await.with_context(|| what.to_owned())?;
        ensure!(got == expected, "{what}: {got} instead of {expected}: {}", excerpt(&body));
        Ok(body)
    }

    /// Pushes a blob as Docker does: HEAD, POST, one chunked PATCH, PUT.
    pub async fn push_blob(&mut self, repository: &str, payload: Payload, digest: &Digest) -> Result<()> {
        let head = self.request("HEAD", &format!("/v2/{repository}/blobs/{digest}")).end();
        self.expect(404, &head, "HEAD of a new blob").await?;
        let upload = self.begin_upload(repository).await?;
        let patch = self.request("PATCH", &upload).header("Content-Type", "application/octet-stream");
        let status = self.connection.send_streamed(patch, payload).await?;
        self.answered(202, status, "PATCH of an upload").await?;
        let upload = self.location()?;
        let put = self.request("PUT", &with_query(&upload, &format!("digest={digest}"))).body(b"");
        self.expect(201, &put, "PUT of an upload").await?;
        self.says_digest(digest)
    }

    /// Begins an upload: its address on the server.
    pub async fn begin_upload(&mut self, repository: &str) -> Result<String> {
        let post = self.request("POST", &format!("/v2/{repository}/blobs/uploads/")).body(b"");
        self.expect(202, &post, "POST of an upload").await?;
        self.location()
    }

    /// Pushes a manifest by tag or digest.
    pub async fn push_manifest(&mut self, repository: &str, reference: &str, manifest: &[u8]) -> Result<()> {
        let put = self.request("PUT", &format!("/v2/{repository}/manifests/{reference}"));
        let put = put.header("Content-Type", oci::media_type::OCI_IMAGE).body(manifest);
        self.expect(201, &put, "PUT of a manifest").await?;
        self.says_digest(&Digest::sha256(manifest))
    }

    /// Pulls a blob and compares every byte.
    pub async fn pull_blob(&mut self, repository: &str, payload: Payload, digest: &Digest) -> Result<()> {
        let get = self.request("GET", &format!("/v2/{repository}/blobs/{digest}")).end();
        let status = self.connection.send(&get).await?;
        if status == 307 {
            return self.pull_from_store(payload).await;
        }
        if status != 200 {
            self.answered(200, status, "GET of a blob").await?;
        }
        ensure!(self.connection.is_payload(payload).await?, "GET of a blob: other bytes than were pushed");
        Ok(())
    }

    /// Goes where the last answer leads, over a connection of its own, as clients do at each redirect.
    async fn pull_from_store(&mut self, payload: Payload) -> Result<()> {
        let location = self.connection.header("location").context("a redirect without Location")?.to_owned();
        self.connection.discard().await?;
        let (host, _) =
            location.strip_prefix("http://").and_then(|rest| rest.split_once('/')).context("a store's URL")?;
        let mut store = Connection::open(host.parse().context("a store's address")?).await?;
        let status = store.send(&Request::to(host, "GET", &without_host(&location)).end()).await?;
        ensure!(status == 200, "the store answers {status}");
        ensure!(store.is_payload(payload).await?, "GET of a blob: other bytes than were pushed");
        Ok(())
    }

    /// Pulls a manifest and compares every byte.
    pub async fn pull_manifest(&mut self, repository: &str, reference: &str, manifest: &[u8]) -> Result<()> {
        let get = self.request("GET", &format!("/v2/{repository}/manifests/{reference}"));
        let get = get.header("Accept", oci::media_type::OCI_IMAGE).end();
        let body = self.expect(200, &get, "GET of a manifest").await?;
        ensure!(body == manifest, "GET of a manifest: other bytes than were pushed");
        Ok(())
    }

    /// The address in the last answer's `Location`, without scheme and host.
    pub fn location(&self) -> Result<String> {
        self.connection.header("location").map(without_host).context("the answer has no Location")
    }

    fn says_digest(&self, digest: &Digest) -> Result<()> {
        match self.connection.header("docker-content-digest") {
            Some(said) if said == digest.to_string() => Ok(()),
            said => bail!("the server acknowledged {said:?} instead of {digest}"),
        }
    }
}

/// An address without scheme and host.
fn without_host(location: &str) -> String {
    match location.find("://") {
        Some(scheme) => {
            let rest = &location[scheme + 3..];
            rest[rest.find('/').unwrap_or(rest.len())..].to_owned()
        }
        None => location.to_owned(),
    }
}

/// An address with one more parameter.
pub fn with_query(address: &str, parameter: &str) -> String {
    format!("{address}{}{parameter}", if address.contains('?') { '&' } else { '?' })
}

/// The beginning of a body, for a message.
pub fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(300)]).trim().to_owned()
}
