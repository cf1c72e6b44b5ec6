//! TLS that ends here, for servers without a proxy before them.

use std::{net::SocketAddr, path::PathBuf};

use super::{ConfigError, Values, units};

/// The files of the certificate, and where plain HTTP is sent away from.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate and what leads to its authority, in PEM, the server's own first.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
    /// An address where plain HTTP is answered by the same address over TLS.
    pub redirect_listen: Option<SocketAddr>,
}

const CERTIFICATE: &str = "tls.certificate";
const KEY: &str = "tls.key";
const REDIRECT: &str = "tls.redirect_listen";

/// Reads all keys of the table; nothing where no certificate is named.
pub(super) fn read(values: &Values, errors: &mut Vec<ConfigError>) -> Option<Tls> {
    let certificate = values.optional(CERTIFICATE, units::path, errors);
    let key = values.optional(KEY, units::path, errors);
    let redirect_listen = values.optional(REDIRECT, units::listen, errors);
    match (certificate, key) {
        (Some(certificate), Some(key)) => return Some(Tls { certificate, key, redirect_listen }),
        (None, None) if redirect_listen.is_some() => {
            errors.push(values.conflict(
                REDIRECT,
                CERTIFICATE,
                "there is nowhere to redirect to without a certificate",
            ));
        }
        (None, None) => {}
        _ => errors.push(values.conflict(CERTIFICATE, KEY, "set both, or neither")),
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{Config, Inputs};

    fn load(pairs: &[(&str, &str)]) -> Result<Config, String> {
        let pairs = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned(), format!("--{key}")));
        let inputs = Inputs { flags: pairs.collect(), ..Inputs::default() };
        Config::load(&inputs).map(|(config, _)| config).map_err(|errors| errors.to_string())
    }

    #[test]
    fn a_certificate_and_its_key_turn_tls_on() {
        assert!(load(&[]).unwrap().tls.is_none());
        let pair = [("tls.certificate", "/c.pem"), ("tls.key", "/k.pem"), ("tls.redirect_listen", ":80")];
        let tls = load(&pair).unwrap().tls.unwrap();
        assert_eq!(tls.redirect_listen.unwrap().port(), 80);
    }

    #[test]
    fn what_does_not_go_together_is_named() {
        let both = [("tls.certificate", "/c.pem"), ("tls.key", "/k.pem")];
        for (pairs, named) in [
            (&[both[0]][..], "set both"),
            (&[both[1]], "set both"),
            (&[("tls.redirect_listen", ":80")], "nowhere to redirect to"),
            (&[both[0], both[1], ("public_url", "http://registry.example.com")], "write `https://`"),
        ] {
            let message = load(pairs).unwrap_err();
            assert!(message.contains(named) && message.lines().count() == 2, "{message}");
        }
    }
}
