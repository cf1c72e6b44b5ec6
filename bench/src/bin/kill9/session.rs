//! One client's connection, which the kills cut off again and again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::anyhow;
use bench::{
    client::{Client, excerpt},
    http::Request,
};

use crate::world::{Phase, World, count};

/// Why a step ends early.
#[derive(Debug)]
pub enum Stop {
    /// The connection broke or the answer made no sense: a kill, or else a defect.
    Broken(anyhow::Error),
    /// The server does not know an upload that it knew before.
    Gone(String),
    /// The server did something that it must never do.
    Wrong(String),
    /// The last kill has happened.
    Over,
}

impl From<anyhow::Error> for Stop {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

/// The result of a step.
pub type Step<T> = Result<T, Stop>;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// `Location`, without scheme and host.
    pub location: Option<String>,
    /// `Range`.
    pub range: Option<String>,
    /// `Docker-Content-Digest`.
    pub digest: Option<String>,
}

impl Answer {
    /// Reads the rest of an answer whose head has come.
    pub async fn read(client: &mut Client, status: u16) -> anyhow::Result<Self> {
        let body = client.connection.collect().await?;
        let header = |name| client.connection.header(name).map(str::to_owned);
        Ok(Self {
            status,
            body,
            location: client.location().ok(),
            range: header("range"),
            digest: header("docker-content-digest"),
        })
    }

    /// Fails unless the status is one of these.
    pub fn expect(self, statuses: &[u16], what: &str) -> Step<Self> {
        if statuses.contains(&self.status) {
            return Ok(self);
        }
        let message = format!("{what}: {} instead of {statuses:?}: {}", self.status, excerpt(&self.body));
        if self.status == 404 && String::from_utf8_lossy(&self.body).contains("BLOB_UPLOAD_UNKNOWN") {
            return Err(Stop::Gone(message));
        }
        Err(Stop::Wrong(message))
    }
}

/// Tokens live for 300 s.
const RENEW: Duration = Duration::from_secs(150);
const PATIENCE: Duration = Duration::from_secs(120);
const NOT_NOW: Duration = Duration::from_secs(60);

/// A connection, made anew when the server is back.
#[derive(Debug)]
pub struct Session {
    world: Arc<World>,
    scopes: Vec<String>,
    token: Option<(Instant, Option<Arc<str>>)>,
    client: Option<Client>,
    /// How many kills there had been when this connection was made.
    kills: u64,
}

impl Session {
    /// A session for these repositories, not yet connected.
    pub fn new(world: &Arc<World>, repositories: &[String]) -> Self {
        let scope = |name: &String| format!("repository:{name}:pull,push,delete");
        let scopes = repositories.iter().map(scope).collect();
        Self { world: Arc::clone(world), scopes, token: None, client: None, kills: 0 }
    }

    /// The connection; waits until the server is up.
    pub async fn client(&mut self) -> Step<&mut Client> {
        let is_fresh = self.token.as_ref().is_some_and(|(since, _)| since.elapsed() < RENEW);
        let is_usable = self.client.as_ref().is_some_and(|client| !client.connection.is_closing());
        if !is_usable || !is_fresh {
            self.client = None;
            let mut state = self.world.state.clone();
            let now = *state.wait_for(|state| state.phase != Phase::Down).await.map_err(|_| Stop::Over)?;
            if now.phase == Phase::Over {
                return Err(Stop::Over);
            }
            self.kills = now.kills;
            if !is_fresh {
                self.token = Some((Instant::now(), self.world.endpoint.authorization(&self.scopes).await?));
            }
            let token = self.token.as_ref().and_then(|(_, token)| token.clone());
            self.client = Some(Client::open(self.world.endpoint.address, token).await?);
        }
        self.client.as_mut().ok_or(Stop::Over)
    }

    /// Starts a request with the credentials.
    pub async fn request(&mut self, method: &str, target: &str) -> Step<Request> {
        Ok(self.client().await?.request(method, target))
    }

    /// Sends a request and reads the answer. "Not now" (503, 429) is answered by another try, for a minute.
    pub async fn ask(&mut self, request: &Request) -> Step<Answer> {
        let until = Instant::now() + NOT_NOW;
        loop {
            let answer = self.once(request).await?;
            if !matches!(answer.status, 429 | 503) || Instant::now() > until {
                return Ok(answer);
            }
            count(&self.world.tally.busy);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn once(&mut self, request: &Request) -> Step<Answer> {
        let client = self.client().await?;
        let exchange = async {
            let status = client.connection.send(request).await?;
            Answer::read(client, status).await
        };
        within_patience(exchange).await
    }

    /// After an error: what to make of it. A broken connection is a defect unless the server was killed meanwhile.
    pub fn judge(&mut self, stop: Stop) {
        self.client = None;
        match stop {
            Stop::Over => (),
            Stop::Wrong(message) | Stop::Gone(message) => self.world.wrong(message),
            Stop::Broken(_) if self.world.state.borrow().kills > self.kills => count(&self.world.tally.interrupted),
            Stop::Broken(error) => self.world.wrong(format!("{error:#}, though the server was not killed")),
        }
    }
}

/// Gives up on an answer that does not come.
pub async fn within_patience<T>(exchange: impl Future<Output = anyhow::Result<T>>) -> Step<T> {
    let timed = tokio::time::timeout(PATIENCE, exchange).await;
    Ok(timed.map_err(|_| anyhow!("no answer in {} s", PATIENCE.as_secs()))??)
}
