//! How a server knows a look at itself from outside, and what it answers.
//!
//! `POST /v2/_probe` with a token that only this installation can make counts the bytes of a body, keeps none, and says how the
//! request arrived. No repository can have that name. Without the token there is no such address.

use std::{net::IpAddr, sync::Arc};

use axum::body::Body;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use registry::{Clock, Secret};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use time::OffsetDateTime;

use crate::{
    arrival::Arrival,
    build_info, health,
    outside::Trust,
    secret_key::{Keys, Purpose},
    v2,
};

/// Where it is.
pub const PATH: &str = "/v2/_probe";
/// The header with the token.
pub const TOKEN: HeaderName = HeaderName::from_static("slipway-probe");
/// The header of a request whose body need not be waited for.
pub const ANNOUNCED: HeaderName = HeaderName::from_static("slipway-probe-announced");

/// Seconds that a token is good for. Clocks that are off are something to be found, not to fail by.
const LIFE: i64 = 15 * 60;
/// More is not counted.
const LARGEST: u64 = 8 << 20;

/// Makes and knows tokens.
#[derive(Clone, Debug)]
pub struct ProbeKey {
    current: Secret<[u8; 32]>,
    previous: Option<Secret<[u8; 32]>>,
}

/// What a server says of a request that reached it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// That it is of this installation.
    pub proof: String,
    /// Its version.
    pub version: String,
    /// Bytes of the body.
    pub bytes: u64,
    /// The other end of its connection.
    pub peer: IpAddr,
    /// Who asks, as far as it believes what it is told.
    pub client: IpAddr,
    /// Whom the last proxy names as its client.
    pub named: Option<String>,
    /// Whether that proxy is trusted.
    pub trusted: bool,
}

impl ProbeKey {
    /// The key of an installation.
    pub fn new(keys: &Keys) -> Self {
        Self { current: keys.key(Purpose::Probe), previous: keys.previous_key(Purpose::Probe) }
    }

    /// A token, and what its answer has to prove.
    pub fn token(&self, now: OffsetDateTime) -> Result<(String, String), getrandom::Error> {
        let mut nonce = [0; 16];
        getrandom::fill(&mut nonce)?;
        let until = now.unix_timestamp() + LIFE;
        let asked = format!("{until}.{}", URL_SAFE_NO_PAD.encode(nonce));
        let sign = |what: &str| URL_SAFE_NO_PAD.encode(mac(&self.current, what, &asked).finalize().into_bytes());
        Ok((format!("{asked}.{}", sign("ask")), sign("answer")))
    }

    /// What an answer to this token has to prove; None for one of somebody else, or of another time.
    fn proof(&self, token: &str, now: OffsetDateTime) -> Option<String> {
        let (asked, signature) = token.rsplit_once('.')?;
        let until: i64 = asked.split_once('.')?.0.parse().ok()?;
        let left = until.checked_sub(now.unix_timestamp())?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let keys = std::iter::once(&self.current).chain(&self.previous);
        let mut known = keys.filter(|key| mac(key, "ask", asked).verify_slice(&signature).is_ok());
        let key = known.next().filter(|_| (0..=2 * LIFE).contains(&left))?;
        Some(URL_SAFE_NO_PAD.encode(mac(key, "answer", asked).finalize().into_bytes()))
    }
}

fn mac(key: &Secret<[u8; 32]>, what: &str, asked: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("HMAC takes keys of any length");
    mac.update(what.as_bytes());
    mac.update(b" ");
    mac.update(asked.as_bytes());
    mac
}

/// Answers who looks from outside.
#[derive(Clone, Debug)]
pub struct Probe {
    key: ProbeKey,
    trust: Arc<Trust>,
    clock: Arc<dyn Clock>,
}

impl Probe {
    /// Answers those who have a token of this key.
    pub fn new(key: ProbeKey, trust: Arc<Trust>, clock: Arc<dyn Clock>) -> Self {
        Self { key, trust, clock }
    }

    /// What the answer has to prove, if a request is for us.
    pub fn asked<B>(&self, request: &Request<B>) -> Option<String> {
        if request.uri().path() != PATH || request.method() != Method::POST {
            return None;
        }
        self.key.proof(request.headers().get(&TOKEN)?.to_str().ok()?, self.clock.now())
    }

    /// Counts the body and says how the request arrived.
    pub async fn answer(&self, arrival: &Arrival, proof: String, request: Request<Body>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let bytes = if head.headers.contains_key(&ANNOUNCED) { Some(0) } else { count(body).await };
        let Some(bytes) = bytes else {
            return health::text(StatusCode::PAYLOAD_TOO_LARGE, "more than anybody looks with, or broken off\n");
        };
        let (named, trusted) = self.trust.last_named(arrival.peer, &head.headers);
        let seen = Seen {
            proof,
            version: build_info::VERSION.to_owned(),
            bytes,
            peer: arrival.peer,
            client: arrival.client,
            named,
            trusted,
        };
        let mut response = v2::json(serde_json::to_vec(&seen).expect("names and numbers serialize"));
        v2::protect(response.headers_mut());
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

async fn count(mut body: Body) -> Option<u64> {
    let mut bytes = 0;
    while let Some(frame) = body.frame().await {
        bytes += frame.ok()?.data_ref().map_or(0, bytes::Bytes::len) as u64;
        if bytes > LARGEST {
            return None;
        }
    }
    Some(bytes)
}
