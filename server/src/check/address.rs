//! What is at `public_url`, as clients meet it.

use std::net::IpAddr;

use api_types::{ClockPlace, Finding};
use axum::body::Body;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{HeaderMap, Method, Request, StatusCode, header};
use std::time::{Duration, Instant};

use super::{
    Examiner, certificate, clock, is_private,
    outgoing::{Answer, Host, Unreached},
    probe::{self, Seen},
};
use crate::outside::PublicUrl;

/// More than nginx takes where nobody has told it otherwise (1 MiB), and less than hurts anybody.
const BODY: u64 = 2 << 20;
/// As large as layers get. It is announced and not sent.
const HUGE: u64 = 8 << 30;
/// Whoever passes on what comes has done so by then.
const PASSED_ON: Duration = Duration::from_secs(4);
/// What a liar writes: an address of documentation (RFC 5737), which no client has.
pub(super) const FORGED: &str = "192.0.2.66";

/// Looks at the address. Returns where it is, for what else clients have to reach.
pub(super) async fn look(examiner: &Examiner, findings: &mut Vec<Finding>) -> Option<IpAddr> {
    let Some(url) = &examiner.public_url else {
        findings.push(Finding::NoPublicUrl);
        return None;
    };
    let (name, port) = url.host_and_port();
    let began = Instant::now();
    let host = match Host::find(url.is_https(), name, port, url.host()).await {
        Ok(host) => host,
        Err(unreached) => {
            findings.push(not_found(url, unreached));
            return None;
        }
    };
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    findings.push(Finding::Reached { address: host.address.to_string(), milliseconds });
    if look_at(examiner, url, &host, findings).await.is_none() {
        tracing::debug!("the look from outside ended early");
    }
    Some(host.address.ip())
}

/// What follows once it is reached; None where there is no point in going on.
async fn look_at(examiner: &Examiner, url: &PublicUrl, host: &Host, findings: &mut Vec<Finding>) -> Option<()> {
    let connection = match host.open().await {
        Ok(connection) => connection,
        Err(reason) => {
            let host = url.host().to_owned();
            findings.push(if url.is_https() {
                Finding::NoTls { reason }
            } else {
                Finding::NotReached { host, reason }
            });
            return None;
        }
    };
    if url.is_https() {
        let roots = tokio::task::spawn_blocking(certificate::authorities).await.ok()?;
        let (name, _) = url.host_and_port();
        findings.push(certificate::finding(&connection.chain, name, roots, examiner.clock.now()));
    } else if !is_private(host.address.ip()) {
        findings.push(Finding::PlainHttp { url: url.to_string() });
    }

    let asked = examiner.clock.now();
    let base = match connection.send(request(Method::GET, "/v2/", Body::empty())).await {
        Ok(answer) => answer,
        Err(reason) => {
            findings.push(Finding::NotReached { host: url.host().to_owned(), reason });
            return None;
        }
    };
    let answered = examiner.clock.now();
    if let Some(wrong) = leads_elsewhere(url, &base) {
        findings.push(wrong);
        return None;
    }

    let (seen, local) = match probe(examiner, host, Body::from("hello")).await? {
        Ok(seen) => seen,
        Err(status) => {
            findings.push(somebody_else(status));
            return None;
        }
    };
    findings.push(Finding::Ours { version: seen.version.clone() });
    findings.push(realm(url, base.status, &base.headers));
    findings.push(client(&seen, local, url.is_https() && !examiner.tls));
    findings.extend(clock::of_answer(ClockPlace::Outside, &base.headers, asked, answered));
    findings.push(bodies(examiner, host).await?);
    Some(())
}

/// Why nothing was found there.
fn not_found(url: &PublicUrl, unreached: Unreached) -> Finding {
    let (name, _) = url.host_and_port();
    match unreached {
        Unreached::Name(reason) => Finding::NameUnknown { host: name.to_owned(), reason },
        Unreached::Connection(reason) => Finding::NotReached { host: url.host().to_owned(), reason },
    }
}

/// A redirect of `/v2/`, which is no place for one.
pub(super) fn leads_elsewhere(url: &PublicUrl, answer: &Answer) -> Option<Finding> {
    let location = answer.headers.get(header::LOCATION).filter(|_| answer.status.is_redirection())?;
    let location = String::from_utf8_lossy(location.as_bytes()).into_owned();
    let absolute = if location.starts_with('/') { format!("{url}{location}") } else { location.clone() };
    let path = absolute.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find('/').unwrap_or(rest.len());
        let to = PublicUrl::parse(&format!("{scheme}://{}", &rest[..end])).ok()?;
        (to == *url).then(|| rest[end..].to_owned())
    });
    Some(match path.as_deref() {
        Some("/v2" | "/v2/") => Finding::RedirectLoop { location },
        _ => Finding::RedirectedAway { location },
    })
}

/// An answer that is not ours.
pub(super) fn somebody_else(status: StatusCode) -> Finding {
    let gateway = [StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE, StatusCode::GATEWAY_TIMEOUT];
    let is_gateway = gateway.contains(&status);
    let status = status.as_u16();
    if is_gateway { Finding::GatewayFailed { status } } else { Finding::SomebodyElse { status } }
}

/// Where clients are sent for tokens.
pub(super) fn realm(url: &PublicUrl, status: StatusCode, headers: &HeaderMap) -> Finding {
    let challenge = headers.get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    let realm = challenge.and_then(|challenge| challenge.split_once("realm=\"")?.1.split('"').next());
    let Some(realm) = realm.map(str::to_owned) else { return Finding::RealmMissing { status: status.as_u16() } };
    let expected = format!("{url}/service/token");
    let without_scheme = |text: &str| text.split_once("://").map(|(_, rest)| rest.to_owned());
    if realm == expected {
        Finding::RealmGood { realm }
    } else if without_scheme(&realm) == without_scheme(&expected) {
        Finding::RealmScheme { realm, expected }
    } else {
        Finding::RealmHost { realm, expected }
    }
}

/// Whether the server knows who asks. `local` is our own end of the connection, and `ends_elsewhere` tells that TLS certainly ended
/// before the server.
///
/// The request carried a forged address in the headers of proxies: whoever passes on another one after it is a proxy that says
/// who asks.
pub(super) fn client(seen: &Seen, local: IpAddr, ends_elsewhere: bool) -> Finding {
    let peer = seen.peer;
    let forged_is_last = seen.named.as_deref() == Some(FORGED);
    let straight = forged_is_last && !ends_elsewhere && peer.to_canonical() == local.to_canonical();
    if straight {
        Finding::ClientDirect { client: peer }
    } else if forged_is_last && seen.trusted {
        Finding::ClientForged { peer }
    } else if forged_is_last || seen.named.is_none() {
        Finding::ClientHidden { peer }
    } else if seen.trusted {
        Finding::ClientKnown { client: seen.client, peer }
    } else {
        Finding::ProxyUntrusted { peer }
    }
}

/// Whether bodies come through: one that is larger than a proxy takes by itself, then the announcement of a huge one.
async fn bodies(examiner: &Examiner, host: &Host) -> Option<Finding> {
    let sent = usize::try_from(BODY).ok()?;
    let whole = ask(examiner, host, Body::from(vec![0; sent]), None).await?;
    let (_, proof) = (&whole.0, &whole.1);
    let finding = body(BODY, whole.2.as_ref().map(|answer| (answer.status, seen(answer, proof))));
    if !matches!(finding, Finding::BodyPassed { .. }) {
        return Some(finding);
    }
    let beginning = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(&[0; 1024]))]);
    let endless = Body::from_stream(beginning.chain(stream::pending()));
    let huge = ask(examiner, host, endless, Some(HUGE)).await?;
    Some(match huge.2 {
        Ok(answer) if answer.status == StatusCode::OK => Finding::BodyPassed { bytes: HUGE },
        Ok(answer) => Finding::BodyRefused { bytes: HUGE, status: answer.status.as_u16() },
        Err(reason) if reason.is_empty() => Finding::BodyHeldBack,
        Err(reason) => Finding::BodyBroke { bytes: HUGE, reason },
    })
}

/// What became of a body of so many bytes: the status, and what the server said of it, or why there is no answer.
pub(super) fn body(bytes: u64, outcome: Result<(StatusCode, Option<Seen>), &String>) -> Finding {
    match outcome {
        Ok((_, Some(seen))) if seen.bytes == bytes => Finding::BodyPassed { bytes },
        Ok((status, None)) => Finding::BodyRefused { bytes, status: status.as_u16() },
        Ok((_, Some(seen))) => {
            Finding::BodyBroke { bytes, reason: format!("only {} bytes reached the server", seen.bytes) }
        }
        Err(reason) => Finding::BodyBroke { bytes, reason: reason.clone() },
    }
}

/// Asks what the server sees; the status where it is not ours that answers.
async fn probe(examiner: &Examiner, host: &Host, body: Body) -> Option<Result<(Seen, IpAddr), StatusCode>> {
    let (local, proof, answer) = ask(examiner, host, body, None).await?;
    let answer = answer.ok()?;
    Some(seen(&answer, &proof).map(|seen| (seen, local)).ok_or(answer.status))
}

/// Our end of the connection, what the answer has to prove, and the answer or the reason why there is none. An empty reason: nothing
/// came while the body was awaited.
async fn ask(
    examiner: &Examiner,
    host: &Host,
    body: Body,
    announced: Option<u64>,
) -> Option<(IpAddr, String, Result<Answer, String>)> {
    let (token, proof) = examiner.key.token(examiner.clock.now()).ok()?;
    let mut request = request(Method::POST, probe::PATH, body);
    let headers = request.headers_mut();
    headers.insert(probe::TOKEN, token.try_into().ok()?);
    headers.insert("x-forwarded-for", FORGED.try_into().ok()?);
    headers.insert("forwarded", format!("for={FORGED}").try_into().ok()?);
    let connection = host.open().await.ok()?;
    let local = connection.local.ip();
    let answer = match announced {
        None => connection.send(request).await,
        Some(bytes) => {
            request.headers_mut().insert(probe::ANNOUNCED, "1".try_into().ok()?);
            request.headers_mut().insert(header::CONTENT_LENGTH, bytes.into());
            connection.send_within(PASSED_ON, request).await.unwrap_or_else(|| Err(String::new()))
        }
    };
    Some((local, proof, answer))
}

/// What our server says, if it is our server that says it.
fn seen(answer: &Answer, proof: &str) -> Option<Seen> {
    let seen: Seen = serde_json::from_slice(&answer.body).ok()?;
    (answer.status == StatusCode::OK && seen.proof == proof).then_some(seen)
}

fn request(method: Method, path: &'static str, body: Body) -> Request<Body> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = http::Uri::from_static(path);
    request
}
