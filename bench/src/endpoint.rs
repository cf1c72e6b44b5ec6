//! How a client gets in: the address, and the token that the server wants.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    client::{Client, excerpt},
    http::Request,
    servers::Kind,
};

/// The administrator's password of every Slipway that is started here.
pub const PASSWORD: &str = "kelp-Anchor-71-brass-winch";

/// A server as its clients know it.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// Which server it is.
    pub kind: Kind,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Endpoint {
    /// What to send as `Authorization`: a bearer token for these scopes from the token realm that the server names, or nothing
    /// where the server asks for nothing.
    pub async fn authorization(&self, scopes: &[String]) -> Result<Option<Arc<str>>> {
        match self.kind {
            Kind::Slipway => Ok(Some(self.token(scopes).await?)),
            Kind::Distribution | Kind::Nginx => Ok(None),
        }
    }

    /// The credentials themselves, for long preparations that would outlive a token.
    pub fn basic(&self) -> Option<Arc<str>> {
        (self.kind == Kind::Slipway).then(|| basic().into())
    }

    async fn token(&self, scopes: &[String]) -> Result<Arc<str>> {
        let mut client = Client::open(self.address, None).await?;
        let request = self.token_request(scopes).await?;
        let status = client.connection.send(&request).await?;
        let body = client.connection.collect().await?;
        ensure!(status == 200, "the token realm answers {status}: {}", excerpt(&body));
        let json: serde_json::Value = serde_json::from_slice(&body).context("the token realm's answer")?;
        let token = json["token"].as_str().or(json["access_token"].as_str()).context("the answer has no token")?;
        Ok(format!("Bearer {token}").into())
    }

    /// The request for a token, as Docker makes it: with the password, at the realm that `/v2/` names.
    pub async fn token_request(&self, scopes: &[String]) -> Result<Request> {
        let mut client = Client::open(self.address, None).await?;
        client.expect(401, &Request::new("GET", "/v2/").end(), "GET of /v2/").await?;
        let challenge = client.connection.header("www-authenticate").context("no WWW-Authenticate")?;
        let parameter = |name: &str| {
            let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        };
        let realm = parameter("realm").with_context(|| format!("no realm in {challenge}"))?;
        let path = realm.split_once("://").and_then(|(_, rest)| rest.split_once('/')).context("an absolute realm")?.1;
        let service = parameter("service").unwrap_or_default();
        let scopes: String = scopes.iter().fold(String::new(), |text, scope| text + "&scope=" + scope);
        let target = format!("/{path}?service={}&account=admin{scopes}", service.replace(':', "%3A"));
        Ok(Request::new("GET", &target).header("Authorization", &basic()).end())
    }

    /// A client with a token for pulling from and pushing to a repository.
    pub async fn client(&self, repository: &str) -> Result<Client> {
        let authorization = self.authorization(&[pull_and_push(repository)]).await?;
        Client::open(self.address, authorization).await
    }
}

/// The scope of a token that may pull and push.
pub fn pull_and_push(repository: &str) -> String {
    format!("repository:{repository}:pull,push")
}

fn basic() -> String {
    format!("Basic {}", STANDARD.encode(format!("admin:{PASSWORD}")))
}
