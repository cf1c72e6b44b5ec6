//! The whole server as one function from requests to answers.

use std::{any::Any, net::IpAddr, panic::AssertUnwindSafe, sync::Arc};

use api_types::{Problem, ProblemKind};
use axum::body::Body;
use futures::FutureExt;
use http::{HeaderValue, Method, Request, Response, StatusCode, Version, header};
use ipnet::IpNet;
use registry::{Clock, Registry, Secret};

use crate::{
    api::Api,
    arrival::Arrival,
    assets,
    check::{Examiner, Probe, ProbeKey},
    config::Config,
    console::{Console, headers, known_browsers::KnownBrowsers, sessions::Sessions},
    health::{self, Health},
    listener::{Drain, Handler},
    log::Logs,
    metrics::{self, Metrics},
    observed::{Observation, Observed, Observer},
    outside::Trust,
    problem, request_id,
    route::Part,
    secret_key::{Keys, Purpose},
    token::{KeyRing, Realm},
    v2::V2,
    whole::Room,
};

/// Answers every request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    trust: Arc<Trust>,
    observer: Arc<Observer>,
    v2: V2,
    realm: Realm,
    api: Api,
    console: Console,
    probe: Probe,
    health: Health,
    metrics_allow: Vec<IpNet>,
}

/// What the server is made of.
#[derive(Debug)]
pub struct Parts {
    /// The services.
    pub registry: Registry,
    /// The installation's keys.
    pub keys: Keys,
    /// Where requests are logged.
    pub logs: Logs,
    /// How the server stops.
    pub drain: Drain,
    /// What tells the time.
    pub clock: Arc<dyn Clock>,
}

impl App {
    /// Puts the parts together. `port` is the one that is listened on.
    pub fn new(config: &Config, port: u16, parts: Parts) -> Self {
        let Parts { registry, keys, logs, drain, clock } = parts;
        let (url, proxies) = (config.public_url.clone(), config.trusted_proxies.clone());
        let trust = Trust::new(url, proxies, config.proxy_headers, port, config.tls.is_some());
        let trust = Arc::new(trust);
        let (signing, before) = (keys.key(Purpose::TokenSigning), keys.previous_key(Purpose::TokenSigning));
        let ring = KeyRing::new(signing.expose(), before.as_ref().map(Secret::expose));
        let ring = ring.expect("any 32 bytes are the seed of an Ed25519 key");
        // Apart, so that forms, which anybody may send, take nothing from those who push.
        let half = config.http.body_budget / 2;
        let (manifests, forms) = (Room::new(half), Room::new(half));
        let realm = Realm::new(registry.clone(), ring, Arc::clone(&trust), Arc::clone(&clock), forms.clone());
        let health = Health::new(registry.clone(), drain);
        let probe_key = ProbeKey::new(&keys);
        let probe = Probe::new(probe_key.clone(), Arc::clone(&trust), Arc::clone(&clock));
        let examiner = Examiner::new(config, probe_key, Ok(registry.clone()), Arc::clone(&clock));
        let known = KnownBrowsers::new(keys);
        let sessions = Sessions::new(registry.clone(), known, Arc::clone(&clock), config.sessions);
        let sign_in = registry.sign_in.clone();
        let metrics = Metrics::new(Arc::new(move || i64::try_from(sign_in.passwords_waiting()).unwrap_or(i64::MAX)));
        let uploads = metrics.uploads_running.clone();
        Self(Arc::new(Inner {
            v2: V2::new(registry.clone(), realm.clone(), Arc::clone(&trust), uploads, manifests),
            realm,
            trust,
            observer: Arc::new(Observer { metrics, logs, clock: Arc::clone(&clock) }),
            api: Api::new(registry.clone(), sessions.clone(), health.clone(), Arc::clone(&clock), forms.clone()),
            console: Console::new(registry, sessions, health.clone(), Arc::new(examiner), clock, forms),
            probe,
            health,
            metrics_allow: config.metrics_allow.clone(),
        }))
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.0.observer.metrics
    }

    /// Does what the first request for a page would have to wait for.
    pub fn warm_up(&self) {
        self.0.console.warm_up();
    }

    async fn route(&self, arrival: &Arrival, request: Request<Body>) -> Response<Body> {
        if !names_one_host(&request) {
            return health::text(StatusCode::BAD_REQUEST, "a request has one line with its host\n");
        }
        if arrival.part.is_protocol() || arrival.part == Part::Token {
            let https = self.0.trust.is_https(arrival.peer, request.headers());
            let mut response = match arrival.part {
                Part::Base => self.base(arrival, request).await,
                Part::Token => self.0.realm.answer(arrival, request).await,
                _ => self.0.v2.answer(arrival, request).await,
            };
            headers::keep_to_tls(response.headers_mut(), https);
            return response;
        }
        let outside = arrival.outside(&self.0.trust, request.uri(), request.headers());
        let mut response = match arrival.part {
            Part::Asset => {
                let mut response = assets::answer(request.method(), request.uri().path(), request.headers());
                headers::asset(response.headers_mut(), outside.is_https());
                return response;
            }
            Part::Health => {
                let (head, _) = request.into_parts();
                self.0.health.answer(&head.method, head.uri.path()).await
            }
            Part::Metrics => self.metrics_page(arrival, request.method()),
            Part::Api => return self.0.api.answer(arrival, &outside, request).await,
            _ => return Box::pin(self.0.console.answer(arrival, &outside, request)).await,
        };
        headers::data(response.headers_mut(), outside.is_https());
        response
    }

    /// `/v2/` itself and what is no known address below it, among that the look from outside.
    async fn base(&self, arrival: &Arrival, request: Request<Body>) -> Response<Body> {
        match self.0.probe.asked(&request) {
            Some(proof) => self.0.probe.answer(arrival, proof, request).await,
            None => self.0.v2.answer(arrival, request).await,
        }
    }

    fn metrics_page(&self, arrival: &Arrival, method: &Method) -> Response<Body> {
        if !self.0.metrics_allow.iter().any(|network| network.contains(&arrival.client)) {
            return health::text(StatusCode::NOT_FOUND, "not found\n");
        }
        if !matches!(*method, Method::GET | Method::HEAD) {
            return health::text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        }
        let mut response = Response::new(Body::from(self.metrics().page()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(metrics::CONTENT_TYPE));
        response
    }
}

impl Handler for App {
    type Body = Observed;

    async fn handle(&self, peer: IpAddr, mut request: Request<Body>) -> Response<Observed> {
        let arrival = Arrival::of(peer, &mut request, &self.0.trust);
        let observation = Observation::begin(&self.0.observer, &arrival, &request);
        let shown = problem::is_shown(request.headers());
        let answered = AssertUnwindSafe(self.route(&arrival, request)).catch_unwind().await;
        let mut response = answered.unwrap_or_else(|panic| after_panic(&arrival, shown, &*panic));
        response.headers_mut().insert(request_id::HEADER, arrival.id.header().clone());
        observation.watch(response)
    }
}

/// Whether a proxy before us and we cannot take the request for one to different hosts: more than one `Host` line is refused,
/// as is none in HTTP/1.1 (RFC 9112, section 3.2).
fn names_one_host<B>(request: &Request<B>) -> bool {
    match request.headers().get_all(header::HOST).iter().count() {
        0 => request.version() != Version::HTTP_11,
        lines => lines == 1,
    }
}

/// The panic itself was logged where it happened; this says whose request it was.
fn after_panic(arrival: &Arrival, shown: bool, _panic: &(dyn Any + Send)) -> Response<Body> {
    tracing::error!(request_id = arrival.id.as_str(), "a request ended in a panic");
    let message = "The server made a mistake. It is in the log; nothing that was acknowledged is lost.";
    let mut response = problem::answer(Problem::new(ProblemKind::Internal, "internal", message), &arrival.id, shown);
    headers::data(response.headers_mut(), false);
    response
}
