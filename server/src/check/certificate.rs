//! Whether the certificate that the outside shows is one that clients take.

use std::{sync::Arc, time::Duration};

use api_types::Finding;
use time::OffsetDateTime;
use tokio_rustls::rustls::{
    self, CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{self, CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// Sooner than this is soon: whoever renews does it with more time left.
const SOON: u64 = 14;

/// Nobody issues for longer.
const LONGEST: u64 = 3660;

/// Authorities that this machine trusts: those of the system (`SSL_CERT_FILE` adds more), or the public ones that came with the program
/// where the system has none, as in a container without them.
pub fn authorities() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// What clients would say of a chain that was shown for `host` at `now`.
pub fn finding(chain: &[CertificateDer<'_>], host: &str, roots: RootCertStore, now: OffsetDateTime) -> Finding {
    let untrusted = |reason: &str| Finding::CertificateUntrusted { reason: reason.to_owned() };
    let Some((leaf, others)) = chain.split_first() else { return untrusted("none was shown") };
    let Ok(name) = ServerName::try_from(host) else { return untrusted("it cannot be for such a host") };
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(aws_lc_rs::default_provider()));
    let Ok(verifier) = verifier.build() else { return untrusted("this machine trusts no authority at all") };
    let now = u64::try_from(now.unix_timestamp()).unwrap_or(0);
    let on = |seconds| {
        let moment = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        verifier.verify_server_cert(leaf, others, &name, &[], moment)
    };
    match on(now) {
        Ok(_) => {
            let good = |days: u64| on(now + days * 24 * 3600).is_ok();
            let days = last(LONGEST, good);
            if days < SOON { Finding::CertificateEndsSoon { days } } else { Finding::CertificateGood { days } }
        }
        Err(rustls::Error::InvalidCertificate(error)) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Finding::CertificateExpired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Finding::CertificateNotYetValid
            }
            CertificateError::NotValidForName => {
                Finding::CertificateForOthers { host: host.to_owned(), names: Vec::new() }
            }
            CertificateError::NotValidForNameContext { presented, .. } => {
                Finding::CertificateForOthers { host: host.to_owned(), names: presented }
            }
            error => untrusted(&error.to_string()),
        },
        Err(error) => untrusted(&error.to_string()),
    }
}

/// The last number up to `most` that is good, where those above it are not.
fn last(most: u64, good: impl Fn(u64) -> bool) -> u64 {
    let (mut low, mut high) = (0, most + 1);
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if good(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// Takes any certificate, so that it can be looked at, and everything behind it. The handshake is checked all the same.
#[derive(Debug)]
pub struct TakesAny(pub Arc<CryptoProvider>);

impl ServerCertVerifier for TakesAny {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        crypto::verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
