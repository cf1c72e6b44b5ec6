//! The services that hand out the credentials of a role: the metadata of an instance (`IMDSv2`), the endpoint that
//! containers ask (ECS, and Pod Identity of EKS), and STS, which takes the token of a web identity (IRSA).
//!
//! They insist on what the real ones insist on: a session for metadata, the container's authorization, the token.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use s3s::dto::{Timestamp, TimestampFormat};
use tokio::net::TcpListener;

use crate::{Memory, access::Temporary};

/// The role that there is.
pub const ROLE: &str = "arn:aws:iam::123456789012:role/registry";
/// What a web identity shows to STS.
pub const WEB_IDENTITY: &str = "the.token.of-a-web-identity";
/// What a container shows.
pub const AUTHORIZATION: &str = "the-authorization-of-a-container";

const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";
const SESSION: &str = "the-session-of-an-instance";

/// Who asked for credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// An instance.
    Instance,
    /// A container.
    Container,
    /// A web identity.
    WebIdentity,
}

/// All of the services, at one address.
pub struct Roles {
    /// The URL of the metadata and of STS; `/container` below it is for containers.
    pub url: String,
    state: Arc<State>,
}

struct State {
    memory: Memory,
    life: Duration,
    sessions: AtomicUsize,
    asked: Mutex<Vec<Asked>>,
}

impl Roles {
    /// Hands out credentials for a bucket, each of which lives for `life`.
    pub async fn of(memory: &Memory, life: Duration) -> Self {
        let state =
            Arc::new(State { memory: memory.clone(), life, sessions: AtomicUsize::new(0), asked: Mutex::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = state.clone();
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                let state = served.clone();
                tokio::spawn(async move {
                    let answer = service_fn(move |request| {
                        let state = state.clone();
                        async move { Ok::<_, Infallible>(state.answer(request).await) }
                    });
                    let connection = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = connection.serve_connection(TokioIo::new(socket), answer).await;
                });
            }
        });
        Self { url, state }
    }

    /// Who got credentials, in order.
    pub fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl State {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        match (head.method.clone(), head.uri.path()) {
            (Method::PUT, "/latest/api/token") => {
                let seconds = header(TTL).to_owned();
                if !seconds.parse().is_ok_and(|seconds: u32| (1..=21600).contains(&seconds)) {
                    return text(StatusCode::BAD_REQUEST, "");
                }
                let session = self.sessions.fetch_add(1, Ordering::Relaxed);
                let mut answer = text(StatusCode::OK, &format!("{SESSION}-{session}"));
                answer.headers_mut().insert(TTL, seconds.parse().unwrap());
                answer
            }
            (Method::GET, path) if path.starts_with("/latest/meta-data/") => {
                // Without a session it would be the first version of the protocol.
                if !header("x-aws-ec2-metadata-token").starts_with(SESSION) {
                    return text(StatusCode::UNAUTHORIZED, "");
                }
                match path.strip_prefix("/latest/meta-data/").unwrap_or_default() {
                    "placement/region" => text(StatusCode::OK, "ap-southeast-1"),
                    "iam/security-credentials/" => text(StatusCode::OK, "registry"),
                    "iam/security-credentials/registry" => text(StatusCode::OK, &json(&self.issue(Asked::Instance))),
                    _ => text(StatusCode::NOT_FOUND, ""),
                }
            }
            (Method::GET, "/container") if header("authorization") == AUTHORIZATION => {
                text(StatusCode::OK, &json(&self.issue(Asked::Container)))
            }
            (Method::GET, "/container") => text(StatusCode::UNAUTHORIZED, "{}"),
            (Method::POST, "/") => {
                let form = body.collect().await.unwrap().to_bytes();
                let form: Vec<&[u8]> = form.split(|byte| *byte == b'&').collect();
                let has = |pair: String| form.contains(&pair.as_bytes());
                let right = has("Action=AssumeRoleWithWebIdentity".to_owned())
                    && has(format!("RoleArn={}", ROLE.replace(':', "%3A").replace('/', "%2F")))
                    && has(format!("WebIdentityToken={WEB_IDENTITY}"));
                if right { text(StatusCode::OK, &xml(&self.issue(Asked::WebIdentity))) } else { refused() }
            }
            _ => text(StatusCode::NOT_FOUND, ""),
        }
    }

    fn issue(&self, asked: Asked) -> Temporary {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
        self.memory.keys_of_roles().issue(self.life)
    }
}

fn text(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(Bytes::from(text.to_owned())));
    *answer.status_mut() = status;
    answer
}

fn end(issued: &Temporary) -> String {
    let mut text = Vec::new();
    Timestamp::from(issued.end).format(TimestampFormat::DateTime, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn json(issued: &Temporary) -> String {
    let Temporary { access_key, secret_key, token, .. } = issued;
    let end = end(issued);
    format!(
        r#"{{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"{access_key}","SecretAccessKey":"{secret_key}","Token":"{token}","Expiration":"{end}"}}"#
    )
}

fn xml(issued: &Temporary) -> String {
    let Temporary { access_key, secret_key, token, .. } = issued;
    let end = end(issued);
    format!(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>{access_key}</AccessKeyId>\
         <SecretAccessKey>{secret_key}</SecretAccessKey><SessionToken>{token}</SessionToken>\
         <Expiration>{end}</Expiration></Credentials><AssumedRoleUser><Arn>{ROLE}/session</Arn>\
         <AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser></AssumeRoleWithWebIdentityResult>\
         <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>"
    )
}

fn refused() -> Response<Full<Bytes>> {
    let body = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                <Code>InvalidIdentityToken</Code><Message>the token is not known</Message></Error>\
                <RequestId>1</RequestId></ErrorResponse>";
    text(StatusCode::BAD_REQUEST, body)
}
