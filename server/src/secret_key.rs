//! The installation's one secret and the keys that are derived from it.
//!
//! Servers that share a database share the secret: through `SLIPWAY_SECRET_KEY`, or as the file `secret.key` of the data
//! folder. Keys for different purposes are derived with HKDF (RFC 5869), so that none says anything of another. While a
//! previous secret is configured, what it signed is still accepted.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use hkdf::Hkdf;
use registry::Secret;
use sha2::Sha256;

use crate::config::Config;

/// The name of the file in the data folder.
pub const FILE: &str = "secret.key";

/// The least that counts as a secret, in characters.
const SHORTEST: usize = 32;

/// What a key is for; the text goes into its derivation and must never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The Ed25519 seed that signs registry tokens.
    TokenSigning,
    /// The key that authenticates cookies which are no sessions.
    Cookie,
    /// The key by which a server knows a look at itself from outside.
    Probe,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::TokenSigning => b"slipway token signing ed25519 1",
            Self::Cookie => b"slipway cookie hmac-sha256 1",
            Self::Probe => b"slipway probe hmac-sha256 1",
        }
    }
}

/// The keys of an installation.
#[derive(Clone, Debug)]
pub struct Keys {
    current: Secret<String>,
    previous: Option<Secret<String>>,
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file or its folder cannot be read or made.
    #[error("cannot keep the secret key in {path}")]
    File {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// Too little to derive keys from.
    #[error(
        "the secret key {origin} has fewer than {SHORTEST} characters; `openssl rand -base64 32` prints a good one"
    )]
    TooShort {
        /// Where it comes from.
        origin: String,
    },
    /// The machine gave no randomness.
    #[error("no randomness for a secret key")]
    NoRandomness(#[source] getrandom::Error),
}

impl Keys {
    /// The keys from the configured secret, or from the data folder's file, which is made where it is absent.
    pub fn load(config: &Config) -> Result<Self, KeyError> {
        let current = match &config.secret_key {
            Some(secret) => checked(secret.clone(), "of the configuration")?,
            None => read_or_make(&config.data_dir)?,
        };
        let previous =
            config.previous_secret_key.clone().map(|secret| checked(secret, "before the last change")).transpose()?;
        Ok(Self { current, previous })
    }

    /// The key to sign with.
    pub fn key(&self, purpose: Purpose) -> Secret<[u8; 32]> {
        derive(&self.current, purpose)
    }

    /// The key before the last change, whose signatures are still accepted.
    pub fn previous_key(&self, purpose: Purpose) -> Option<Secret<[u8; 32]>> {
        self.previous.as_ref().map(|secret| derive(secret, purpose))
    }
}

fn derive(secret: &Secret<String>, purpose: Purpose) -> Secret<[u8; 32]> {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(b"slipway"), secret.expose().as_bytes())
        .expand(purpose.info(), &mut key)
        .expect("32 bytes are within what HKDF-SHA256 gives");
    Secret::new(key)
}

fn checked(secret: Secret<String>, origin: &str) -> Result<Secret<String>, KeyError> {
    let long_enough = secret.expose().trim().len() >= SHORTEST;
    if long_enough { Ok(secret) } else { Err(KeyError::TooShort { origin: origin.to_owned() }) }
}

fn read_or_make(folder: &Path) -> Result<Secret<String>, KeyError> {
    let path = folder.join(FILE);
    let fail = |error| KeyError::File { path: path.clone(), error };
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(fail)?;
            make(folder, &path).and_then(|()| fs::read_to_string(&path)).map_err(fail)?
        }
        result => result.map_err(fail)?,
    };
    let mode = fs::metadata(&path).map_err(fail)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others can read the secret key: chmod 600 it");
    }
    checked(Secret::new(text.trim().to_owned()), &format!("in {}", path.display()))
}

/// Writes a new secret under another name and links it into place: it appears whole or not at all, and of two servers
/// that start at once, one wins and both read what it wrote.
fn make(folder: &Path, path: &Path) -> io::Result<()> {
    let mut random = [0; 40];
    getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
    let (secret, name) = random.split_at(32);
    let temporary = folder.join(format!(".{FILE}.{}", u64::from_le_bytes(name.try_into().expect("8 of 40 bytes"))));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let written = writeln!(file, "{}", STANDARD.encode(secret)).and_then(|()| file.sync_all());
    let linked = written.and_then(|()| match fs::hard_link(&temporary, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result,
    });
    fs::remove_file(&temporary)?;
    linked?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::Inputs;

    fn config(folder: &Path, more: &[(&str, &str)]) -> Config {
        let mut environment = vec![("SLIPWAY_DATA_DIR".to_owned(), folder.to_str().unwrap().to_owned())];
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Config::load(&Inputs { environment, ..Inputs::default() }).unwrap().0
    }

    fn key(keys: &Keys) -> [u8; 32] {
        *keys.key(Purpose::TokenSigning).expose()
    }

    #[test]
    fn a_key_is_made_once_and_readable_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("data");
        let first = Keys::load(&config(&folder, &[])).unwrap();
        let second = Keys::load(&config(&folder, &[])).unwrap();
        assert_eq!(key(&first), key(&second));
        let mode = fs::metadata(folder.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn servers_that_start_at_once_get_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), &[]);
        let keys: Vec<_> = std::thread::scope(|scope| {
            let started: Vec<_> = (0..8).map(|_| scope.spawn(|| key(&Keys::load(&config).unwrap()))).collect();
            started.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == keys[0]));
    }

    #[test]
    fn purposes_and_installations_have_different_keys() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, two) = (Keys::load(&config(one.path(), &[])).unwrap(), Keys::load(&config(two.path(), &[])).unwrap());
        assert_ne!(key(&one), key(&two));
        assert_ne!(one.key(Purpose::TokenSigning).expose(), one.key(Purpose::Cookie).expose());
    }

    #[test]
    fn after_a_rotation_the_previous_key_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = ("o".repeat(32), "n".repeat(32));
        let before = Keys::load(&config(folder.path(), &[("SLIPWAY_SECRET_KEY", &old)])).unwrap();
        let rotated = [("SLIPWAY_SECRET_KEY", new.as_str()), ("SLIPWAY_PREVIOUS_SECRET_KEY", old.as_str())];
        let after = Keys::load(&config(folder.path(), &rotated)).unwrap();
        assert_eq!(after.previous_key(Purpose::TokenSigning).unwrap().expose(), &key(&before));
        assert_ne!(key(&after), key(&before));
        assert!(!folder.path().join(FILE).exists(), "a configured secret needs no file");
    }

    #[test]
    fn a_short_secret_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = Keys::load(&config(folder.path(), &[("SLIPWAY_SECRET_KEY", "hunter2")])).unwrap_err();
        assert!(matches!(error, KeyError::TooShort { .. }) && !error.to_string().contains("hunter2"));
        fs::write(folder.path().join(FILE), "short\n").unwrap();
        assert!(matches!(Keys::load(&config(folder.path(), &[])), Err(KeyError::TooShort { .. })));
    }
}
