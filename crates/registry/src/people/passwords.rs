//! Hashing and checking passwords with argon2id, off the async threads and never more at once than there are cores.

use super::tokens;
use crate::{Error, Result, Secret, access::UserId};
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::{
    num::NonZero,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Passwords that may wait to be checked; whoever comes on top is sent away.
const WAITING: usize = 32;

/// When one who was sent away may come again.
const COME_AGAIN: Duration = Duration::from_secs(1);

/// The longest input that is hashed, in bytes.
pub(super) const MAX_INPUT: usize = 1024;

/// Checks and makes hashes. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Passwords(Arc<Gate>);

#[derive(Debug)]
struct Gate {
    cores: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// A hash of nothing that anybody knows, for names that do not exist.
    dummy: OnceLock<String>,
}

/// A place at a core. Whoever holds it hashes; dropping it lets the next one in, once the hashing that it began has ended.
pub(super) struct Turn {
    gate: Arc<Gate>,
    permit: Arc<OwnedSemaphorePermit>,
}

/// How a password stands to a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Another password.
    Wrong,
    /// The right one.
    Right,
    /// The right one, but the hash was made with less effort than is asked for now.
    RightButWeak,
}

/// Counts one as waiting for as long as it lives.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Passwords {
    pub(crate) fn new() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Gate {
            cores: Arc::new(Semaphore::new(cores)),
            waiting: AtomicUsize::new(0),
            dummy: OnceLock::new(),
        }))
    }

    /// How many wait for a core.
    pub(super) fn waiting(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// Waits for a core.
    ///
    /// # Errors
    /// [`Error::TooManyAttempts`] when too many wait already.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let stopped = |_| Error::TooManyAttempts { retry_after: COME_AGAIN };
        let turn = |permit| Turn { gate: Arc::clone(&self.0), permit: Arc::new(permit) };
        if let Ok(permit) = Arc::clone(&self.0.cores).try_acquire_owned() {
            return Ok(turn(permit));
        }
        let queue = self.0.waiting.fetch_add(1, Ordering::AcqRel);
        let waiting = Waiting(&self.0.waiting);
        if queue >= WAITING {
            return Err(Error::TooManyAttempts { retry_after: COME_AGAIN });
        }
        let permit = Arc::clone(&self.0.cores).acquire_owned().await.map_err(stopped)?;
        drop(waiting);
        Ok(turn(permit))
    }

    /// The PHC string of a password under a fresh salt. It waits for a core like those who guess, but is not sent away when many
    /// wait: whoever sets a password has been let in already. For whoever was not, there is [`Turn::hash`].
    pub(crate) async fn hash(&self, password: &Secret<String>) -> Result<String> {
        let stopped = |_| Error::TooManyAttempts { retry_after: COME_AGAIN };
        let permit = Arc::clone(&self.0.cores).acquire_owned().await.map_err(stopped)?;
        hash_with(Arc::new(permit), password).await
    }
}

/// The place at the core is kept until the work is done, also where the caller goes away.
async fn hash_with(permit: Arc<OwnedSemaphorePermit>, password: &Secret<String>) -> Result<String> {
    let password = password.clone();
    off_thread(move || {
        let _permit = permit;
        hash(password.expose().as_bytes())
    })
    .await
}

impl Turn {
    /// The PHC string of a password under a fresh salt.
    pub(super) async fn hash(&self, password: &Secret<String>) -> Result<String> {
        hash_with(Arc::clone(&self.permit), password).await
    }

    /// Compares a password with a user's stored hash; without one it costs the same and is wrong.
    ///
    /// # Errors
    /// [`Error::Inconsistent`] if the stored hash is none.
    pub(super) async fn verify(&self, password: &Secret<String>, stored: Option<(UserId, &str)>) -> Result<Verdict> {
        let stored = stored.map(|(user, hash)| (user, hash.to_owned()));
        let (password, gate) = (password.clone(), Arc::clone(&self.gate));
        // A caller that goes away leaves the work running, so the work keeps the place.
        let permit = Arc::clone(&self.permit);
        off_thread(move || {
            let _permit = permit;
            let password = password.expose().as_bytes();
            if let Some((user, stored)) = stored {
                return verify(password, &stored).ok_or_else(|| unreadable(user));
            }
            verify(password, gate.dummy()?);
            Ok(Verdict::Wrong)
        })
        .await
    }
}

impl Gate {
    fn dummy(&self) -> Result<&str> {
        if let Some(dummy) = self.dummy.get() {
            return Ok(dummy);
        }
        let made = hash(&tokens::random_bytes::<32>()?)?;
        Ok(self.dummy.get_or_init(|| made))
    }
}

/// m = 19,456 KiB, t = 2, p = 1.
fn argon2id() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

fn hash(password: &[u8]) -> Result<String> {
    let hash: PasswordHash = argon2id().hash_password(password).map_err(failed)?;
    Ok(hash.to_string())
}

fn failed(error: argon2::password_hash::Error) -> Error {
    Error::Internal(Box::new(error))
}

fn unreadable(user: UserId) -> Error {
    Error::Inconsistent { table: "users", column: "password_hash", row: user.0.to_string() }
}

/// `None` if the stored hash is none.
fn verify(password: &[u8], stored: &str) -> Option<Verdict> {
    let stored = PasswordHash::new(stored).ok()?;
    match argon2id().verify_password(password, &stored) {
        Ok(()) if is_weak(&stored) => Some(Verdict::RightButWeak),
        Ok(()) => Some(Verdict::Right),
        Err(argon2::password_hash::Error::PasswordInvalid) => Some(Verdict::Wrong),
        Err(_) => None,
    }
}

fn is_weak(stored: &PasswordHash) -> bool {
    Params::try_from(stored).map_or(true, |params| {
        stored.algorithm != Algorithm::Argon2id.ident()
            || params.m_cost() < Params::DEFAULT.m_cost()
            || params.t_cost() < Params::DEFAULT.t_cost()
    })
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::Internal(Box::new(error)))?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use argon2::ParamsBuilder;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new();
        let stored = passwords.hash(&secret("pflaumenmus")).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        let turn = passwords.turn().await.unwrap();
        assert_eq!(turn.verify(&secret("pflaumenmus"), Some((UserId(1), &stored))).await.unwrap(), Verdict::Right);
        assert_eq!(turn.verify(&secret("Pflaumenmus"), Some((UserId(1), &stored))).await.unwrap(), Verdict::Wrong);
        drop(turn);
        assert_ne!(stored, passwords.hash(&secret("pflaumenmus")).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_name_is_wrong_after_the_same_work() {
        let passwords = Passwords::new();
        let turn = passwords.turn().await.unwrap();
        assert_eq!(turn.verify(&secret(""), None).await.unwrap(), Verdict::Wrong);
        assert!(passwords.0.dummy.get().unwrap().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    }

    #[tokio::test]
    async fn a_hash_of_less_effort_is_to_be_made_again() {
        let params = ParamsBuilder::new().m_cost(4096).t_cost(2).p_cost(1).build().unwrap();
        let weak = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let weak: PasswordHash = weak.hash_password(b"pflaumenmus").unwrap();
        let passwords = Passwords::new();
        let turn = passwords.turn().await.unwrap();
        let verdict = turn.verify(&secret("pflaumenmus"), Some((UserId(1), &weak.to_string()))).await.unwrap();
        assert_eq!(verdict, Verdict::RightButWeak);
    }

    #[tokio::test]
    async fn a_stored_hash_that_is_none_is_an_inconsistency() {
        let passwords = Passwords::new();
        let turn = passwords.turn().await.unwrap();
        assert!(matches!(turn.verify(&secret("x"), Some((UserId(1), "plain"))).await, Err(Error::Inconsistent { .. })));
    }

    #[tokio::test]
    async fn thirty_two_wait_and_the_next_one_is_sent_away() {
        let passwords = Passwords::new();
        let cores = passwords.0.cores.available_permits();
        let mut turns = Vec::new();
        for _ in 0..cores {
            turns.push(passwords.turn().await.unwrap());
        }
        let waiting: Vec<_> = (0..WAITING)
            .map(|_| {
                let passwords = passwords.clone();
                tokio::spawn(async move { passwords.turn().await.is_ok() })
            })
            .collect();
        while passwords.0.waiting.load(Ordering::Acquire) < WAITING {
            tokio::task::yield_now().await;
        }
        assert!(matches!(passwords.turn().await, Err(Error::TooManyAttempts { .. })));
        drop(turns);
        for one in waiting {
            assert!(one.await.unwrap());
        }
        assert!(passwords.turn().await.is_ok());
    }
}
