//! TLS that ends here: a certificate from files, read again when they change.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio_rustls::{
    Accept, TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
        server::{ClientHello, ResolvesServerCert},
        sign::CertifiedKey,
    },
};

use super::{drain::Drain, stream::ObservedStream};
use crate::config;

/// How often the files are looked at: they are small, and a clock that they are dated by may be wrong.
const LOOK: Duration = Duration::from_secs(10);

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is missing, or not ours to read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is something else in a file.
    #[error("{} holds no {expected} in PEM", .path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        expected: &'static str,
        /// What the parser says.
        source: pem::Error,
    },
    /// The two are not a pair, or of a kind that cannot be used.
    #[error("the certificate in {} and the key in {} cannot be used together", .certificate.display(), .key.display())]
    NoPair {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// Why.
        source: rustls::Error,
    },
}

/// Speaks TLS 1.2 and 1.3, and HTTP/2 with those who can. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    pair: Arc<Pair>,
}

/// The certificate of this moment, and where the next one comes from.
#[derive(Debug)]
struct Pair {
    files: config::Tls,
    current: RwLock<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    key: Arc<CertifiedKey>,
    /// What the files held when they were last read, whether or not it could be used.
    seen: Option<Contents>,
}

#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads the files.
    pub fn load(files: &config::Tls) -> Result<Self, TlsError> {
        let seen = Contents::read(files)?;
        let key = Arc::new(seen.certified(files)?);
        let pair = Arc::new(Pair { files: files.clone(), current: RwLock::new(Loaded { key, seen: Some(seen) }) });
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider has suites for the versions that are safe");
        let mut config = config.with_no_client_auth().with_cert_resolver(Arc::clone(&pair) as _);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), pair })
    }

    /// Uses what is put into the files, until the server stops. Connections go on with the certificate that they began with.
    pub async fn follow(self, drain: Drain) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = drain.started() => return,
            }
            let tls = self.clone();
            let _ = tokio::task::spawn_blocking(move || tls.look()).await;
        }
    }

    /// Reads the files, and uses what is in them if it is new and fit. What is not is said once, and the certificate that there
    /// is stays in use.
    pub fn look(&self) {
        let files = &self.pair.files;
        let contents = Contents::read(files);
        let mut current = self.pair.current.write().unwrap_or_else(PoisonError::into_inner);
        // Which of the two is missing changes nothing: a file that is being replaced is away for a moment.
        if contents.as_ref().ok() == current.seen.as_ref() {
            return;
        }
        let (read, seen) = match contents {
            Ok(contents) => (contents.certified(files), Some(contents)),
            Err(error) => (Err(error), None),
        };
        match read {
            Ok(key) => {
                current.key = Arc::new(key);
                tracing::info!(certificate = %files.certificate.display(), "a new certificate is in use");
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the new certificate cannot be used; the one before stays in use");
            }
        }
        current.seen = seen;
    }

    /// Begins a handshake.
    pub(super) fn accept(&self, stream: ObservedStream) -> Accept<ObservedStream> {
        self.acceptor.accept(stream)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("files", &self.pair.files).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Pair {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).key))
    }
}

impl Contents {
    fn read(files: &config::Tls) -> Result<Self, TlsError> {
        let read =
            |path: &Path| std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source });
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)? })
    }

    fn certified(&self, files: &config::Tls) -> Result<CertifiedKey, TlsError> {
        let not_pem =
            |path: &Path, expected: &'static str, source| TlsError::NotPem { path: path.to_owned(), expected, source };
        let chain = CertificateDer::pem_slice_iter(&self.certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) });
        let chain = chain.map_err(|error| not_pem(&files.certificate, "certificate", error))?;
        let key = PrivateKeyDer::from_pem_slice(&self.key);
        let key = key.map_err(|error| not_pem(&files.key, "private key", error))?;
        CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider()).map_err(|source| TlsError::NoPair {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            source,
        })
    }
}

/// The key is nobody's to see.
impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents").finish_non_exhaustive()
    }
}
