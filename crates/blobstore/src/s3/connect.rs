//! The way to the server: connections, credentials, patience.

use std::{io, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Builder, Credentials, IdentityCache, Region, RequestChecksumCalculation,
        ResponseChecksumValidation, SharedHttpClient, StalledStreamProtectionConfig,
        retry::{RetryConfig, RetryPartition, TokenBucket},
        timeout::TimeoutConfig,
    },
};
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};

use super::{credentials::Renewing, options::S3Options};

/// The region that servers other than Amazon's go by.
const ANYWHERE: &str = "us-east-1";

/// To open a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// A body that moves more slowly than this, in bytes a second, does not move.
const SLOWEST: u64 = 256 * 1024;

/// How often a request is sent at most. With the pauses between, it takes some ten seconds to give up.
const ATTEMPTS: u32 = 7;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long one attempt of a request with `bytes` to send may take.
pub(super) fn patience(answer: Duration, bytes: u64) -> TimeoutConfig {
    let attempt = answer + Duration::from_secs(bytes / SLOWEST);
    TimeoutConfig::builder().connect_timeout(CONNECT).operation_attempt_timeout(attempt).build()
}

/// One client to work with, and one that signs URLs for others.
pub(super) async fn clients(options: &S3Options, answer: Duration) -> io::Result<(Client, Option<Client>)> {
    let http = http_client(options.ca_bundle.as_deref())?;
    let config = match &options.keys {
        Some(_) => SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build(),
        // Looks at the environment and at files, and asks the instance for its region where nothing else says it.
        None => {
            let mut environment = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
            if let Some(region) = &options.region {
                environment = environment.region(Region::new(region.clone()));
            }
            environment.load().await
        }
    };
    let mut builder = Builder::from(&config)
        .http_client(http)
        .force_path_style(options.path_style.unwrap_or(options.endpoint.is_some()))
        .retry_config(retries())
        .retry_partition(RetryPartition::custom("slipway-s3").token_bucket(TokenBucket::unlimited()).build())
        .timeout_config(patience(answer, 0))
        // Parts are sent from memory, and what is read is watched by its reader.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .identity_cache(IdentityCache::no_cache())
        // Checksums are asked for where bytes are stored. Elsewhere they only disturb servers that do not know them.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    if let Some(keys) = &options.keys {
        let keys = Credentials::new(&keys.access_key, &keys.secret_key, None, None, "configuration");
        builder = builder.credentials_provider(keys);
    } else if let Some(source) = config.credentials_provider() {
        builder = builder.credentials_provider(Renewing::new(source));
    }
    match (&options.region, &options.endpoint, config.region()) {
        (Some(region), _, _) => builder = builder.region(Region::new(region.clone())),
        (None, Some(_), _) => builder = builder.region(Region::from_static(ANYWHERE)),
        (None, None, Some(_)) => {}
        (None, None, None) => {
            let message = "the region of the bucket is not known: neither configuration nor environment has one";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    if let Some(endpoint) = &options.endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    let signer = options.redirect.then(|| {
        let mut builder = builder.clone();
        if let Some(endpoint) = &options.public_endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        Client::from_conf(builder.build())
    });
    Ok((Client::from_conf(builder.build()), signer))
}

/// Every request may be repeated: each writes to a name of its own.
fn retries() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(FIRST_PAUSE)
        .with_max_backoff(LONGEST_PAUSE)
}

/// Trusts the system's certificates and those of the bundle.
fn http_client(ca_bundle: Option<&[u8]>) -> io::Result<SharedHttpClient> {
    let mut trust = TrustStore::default();
    if let Some(bundle) = ca_bundle {
        if !bundle.windows(BEGIN.len()).any(|window| window == BEGIN) {
            let message = "the bundle of certificates holds none in PEM";
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        trust = trust.with_pem_certificate(bundle);
    }
    let tls = TlsContext::builder().with_trust_store(trust).build().map_err(io::Error::other)?;
    let builder = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    Ok(builder.tls_context(tls).build_https())
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
