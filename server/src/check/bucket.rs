//! Whether the store does what is asked of it, and whether clients reach the bucket where they are sent to it.

use std::{net::IpAddr, time::Instant};

use api_types::{ClockPlace, Finding, StorePlace};
use axum::body::Body;
use http::{Request, StatusCode, Uri, header, uri::Authority};
use registry::{Actor, Registry};
use time::OffsetDateTime;

use super::{
    certificate, clock, is_private,
    outgoing::{Answer, Host, Unreached},
    reason_of,
};

/// Where clients reach the server.
#[derive(Clone, Copy)]
pub(super) struct Outside<'a> {
    /// The host of `public_url`.
    pub(super) host: Option<&'a str>,
    /// The address that answered there.
    pub(super) address: Option<IpAddr>,
}

/// Tries the store.
pub(super) async fn look(
    registry: &Registry,
    place: &StorePlace,
    outside: Outside<'_>,
    now: impl Fn() -> OffsetDateTime,
    findings: &mut Vec<Finding>,
) {
    let began = Instant::now();
    let trial = match registry.system.try_store(&Actor::system()).await {
        Ok(trial) => trial,
        Err(error) => {
            let (step, reason) = (api_types::StoreStep::Put, reason_of(&error));
            return findings.push(Finding::StoreRefused { step, reason });
        }
    };
    let milliseconds = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let mut of_clients = Vec::new();
    // Where nothing could be stored there is nothing to fetch.
    if let Some(url) = &trial.url
        && matches!(place, StorePlace::Bucket { redirect: true, .. })
    {
        fetch(url, trial.sample, outside, now, &mut of_clients).await;
    }
    let refused = trial.end().await;
    if refused.is_empty() {
        findings.push(Finding::StoreGood { milliseconds });
    }
    findings.extend(refused.into_iter().map(|(step, reason)| Finding::StoreRefused { step, reason }));
    findings.extend(of_clients);
}

/// Fetches an object as a client does that was redirected to it.
async fn fetch(
    url: &str,
    sample: &[u8],
    outside: Outside<'_>,
    now: impl Fn() -> OffsetDateTime,
    findings: &mut Vec<Finding>,
) {
    let parsed = url.parse::<Uri>().ok();
    let Some((uri, authority)) = parsed.and_then(|uri| Some((uri.clone(), uri.authority()?.clone()))) else {
        let reason = "the signed URL cannot be read".to_owned();
        return findings.push(Finding::BucketNotReached { host: String::new(), reason });
    };
    let https = uri.scheme_str() == Some("https");
    let name = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = authority.port_u16().unwrap_or(if https { 443 } else { 80 });
    let unreached = |reason| Finding::BucketNotReached { host: authority.to_string(), reason };
    let host = match Host::find(https, &name, port, authority.as_str()).await {
        Ok(host) => host,
        Err(Unreached::Name(reason) | Unreached::Connection(reason)) => return findings.push(unreached(reason)),
    };
    let connection = match host.open().await {
        Ok(connection) => connection,
        Err(reason) => return findings.push(unreached(reason)),
    };
    if https {
        let Ok(roots) = tokio::task::spawn_blocking(certificate::authorities).await else { return };
        let judged = certificate::finding(&connection.chain, &name, roots, now());
        if let Some(reason) = certificate_problem(judged) {
            return findings.push(unreached(reason));
        }
    }
    let mut request = Request::new(Body::empty());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = path.parse().unwrap_or_default();
    let asked = now();
    match connection.send(request).await {
        Ok(answer) => {
            findings.push(answered(&authority, host.address.ip(), outside, &answer, sample));
            findings.extend(clock::of_answer(ClockPlace::Bucket, &answer.headers, asked, now()));
        }
        Err(reason) => findings.push(unreached(reason)),
    }
}

/// What the answer to a client is worth.
pub(super) fn answered(
    authority: &Authority,
    address: IpAddr,
    outside: Outside<'_>,
    answer: &Answer,
    sample: &[u8],
) -> Finding {
    let host = authority.to_string();
    if answer.status != StatusCode::OK || answer.body != sample {
        let leads = answer.headers.contains_key(header::LOCATION) && answer.status.is_redirection();
        let reason = "it answers by a redirect: is the region right?".to_owned();
        return if leads {
            Finding::BucketNotReached { host, reason }
        } else {
            Finding::BucketRefused { host, status: answer.status.as_u16() }
        };
    }
    let is_loopback = |address: IpAddr| address.to_canonical().is_loopback();
    let ends_before =
        |wide: IpAddr| (is_private(address) && !is_private(wide)) || (is_loopback(address) && !is_loopback(wide));
    if outside.address.is_some_and(ends_before) {
        return Finding::BucketPrivate { host, address };
    }
    let name = authority.host();
    if is_short(name) && !is_loopback(address) && outside.host.is_some_and(|host| !host.eq_ignore_ascii_case(name)) {
        return Finding::BucketShortName { host };
    }
    Finding::BucketReached { host }
}

/// Whether a name has no domain, as those that containers give each other. Addresses have dots, or brackets around them.
fn is_short(name: &str) -> bool {
    !name.starts_with('[') && !name.trim_end_matches('.').contains('.')
}

/// Why clients would not take a certificate, in the words of a reason.
fn certificate_problem(finding: Finding) -> Option<String> {
    match finding {
        Finding::CertificateGood { .. } | Finding::CertificateEndsSoon { .. } => None,
        Finding::CertificateUntrusted { reason } => Some(format!("its certificate is not trusted: {reason}")),
        Finding::CertificateForOthers { names, .. } => Some(format!("its certificate is for {}", names.join(", "))),
        Finding::CertificateExpired => Some("its certificate has expired".to_owned()),
        _ => Some("its certificate is not valid yet".to_owned()),
    }
}
