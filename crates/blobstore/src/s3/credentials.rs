//! Credentials that end, renewed while there is time.
//!
//! A role's credentials live for an hour or some. They are renewed beside the requests that use them, from some minutes
//! before their end on, so that no request waits for a renewal and none fails because the service that hands them out
//! does for a while.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::{self, error::CredentialsError, future};
use aws_sdk_s3::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use tokio::time::timeout;

/// How long before their end credentials are renewed. URLs that are signed for clients end with the credentials.
const BEFORE_END: Duration = Duration::from_mins(5);

/// So close to their end credentials are not used: a request takes its time, and clocks differ.
const TOO_LATE: Duration = Duration::from_secs(10);

/// When credentials without an end are asked for again: somebody may have changed the file that they come from.
const WITHOUT_END: Duration = Duration::from_mins(15);

/// How long after a renewal, which may have failed or brought nothing new, another is tried.
const PAUSE: Duration = Duration::from_secs(10);

/// How long the service may take to hand them out.
const PATIENCE: Duration = Duration::from_secs(20);

/// The time, which tests choose.
type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Keeps the credentials of a source. Clones share them.
#[derive(Clone)]
pub(super) struct Renewing(Arc<Inner>);

struct Inner {
    source: SharedCredentialsProvider,
    clock: Clock,
    kept: Mutex<Kept>,
    /// Held by the one who asks the source.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Kept {
    credentials: Option<Credentials>,
    /// When they are to be renewed.
    renew: Option<SystemTime>,
}

/// What can be done with credentials.
enum Usable {
    Yes(Credentials),
    /// Use them, and renew them.
    Ending(Credentials),
    No,
}

impl Renewing {
    pub(super) fn new(source: SharedCredentialsProvider) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the ends of credentials are told by the clock of the world")]
        let clock = Arc::new(SystemTime::now);
        Self::with_clock(source, clock)
    }

    fn with_clock(source: SharedCredentialsProvider, clock: Clock) -> Self {
        Self(Arc::new(Inner { source, clock, kept: Mutex::default(), turn: tokio::sync::Mutex::default() }))
    }

    async fn credentials(&self) -> provider::Result {
        match self.usable() {
            Usable::Yes(credentials) => return Ok(credentials),
            Usable::Ending(credentials) => {
                let this = self.clone();
                tokio::spawn(async move { this.renew().await });
                return Ok(credentials);
            }
            Usable::No => {}
        }
        let _turn = self.0.turn.lock().await;
        // Somebody else may have had the turn before.
        match self.usable() {
            Usable::Yes(credentials) | Usable::Ending(credentials) => Ok(credentials),
            Usable::No => self.ask().await,
        }
    }

    /// Asks for others while those that there are can still be used.
    async fn renew(&self) {
        let Ok(_turn) = self.0.turn.try_lock() else { return };
        if let Usable::Yes(_) = self.usable() {
            return;
        }
        if let Err(error) = self.ask().await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(
                error,
                "credentials for the bucket could not be renewed yet; those that there are still serve"
            );
        }
        let mut kept = self.kept();
        let next = (self.0.clock)() + PAUSE;
        kept.renew = kept.renew.max(Some(next));
    }

    async fn ask(&self) -> provider::Result {
        let asked = timeout(PATIENCE, self.0.source.provide_credentials()).await;
        let credentials = asked.map_err(|_| CredentialsError::provider_timed_out(PATIENCE))??;
        let now = (self.0.clock)();
        let renew = match credentials.expiry() {
            None => now + WITHOUT_END,
            Some(end) => {
                let left = end.duration_since(now).unwrap_or_default();
                end - BEFORE_END.min(left / 2)
            }
        };
        *self.kept() = Kept { credentials: Some(credentials.clone()), renew: Some(renew) };
        Ok(credentials)
    }

    fn usable(&self) -> Usable {
        self.kept().usable((self.0.clock)())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn usable(&self, now: SystemTime) -> Usable {
        let Some(credentials) = self.credentials.clone() else { return Usable::No };
        if credentials.expiry().is_some_and(|end| end <= now + TOO_LATE) {
            return Usable::No;
        }
        if self.renew.is_none_or(|renew| renew <= now) { Usable::Ending(credentials) } else { Usable::Yes(credentials) }
    }
}

impl ProvideCredentials for Renewing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewing").field("source", &self.0.source).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// Hands out credentials with a number.
    #[derive(Debug, Default)]
    struct Service {
        asked: AtomicU32,
        seconds: Mutex<Duration>,
        life: Option<Duration>,
        fails: Mutex<bool>,
        /// Until it is opened nothing is handed out.
        gate: tokio::sync::Mutex<()>,
    }

    impl Service {
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH + 1000 * HOUR + *self.seconds.lock().unwrap()
        }

        fn pass(&self, time: Duration) {
            *self.seconds.lock().unwrap() += time;
        }

        fn asked(&self) -> u32 {
            self.asked.load(Ordering::Relaxed)
        }

        async fn hand_out(&self) -> provider::Result {
            let number = self.asked.fetch_add(1, Ordering::Relaxed) + 1;
            let _open = self.gate.lock().await;
            if *self.fails.lock().unwrap() {
                return Err(CredentialsError::provider_error("the service is down"));
            }
            let end = self.life.map(|life| self.now() + life);
            Ok(Credentials::new(number.to_string(), "secret", None, end, "test"))
        }
    }

    #[derive(Debug)]
    struct Source(Arc<Service>);

    impl ProvideCredentials for Source {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(self.0.hand_out())
        }
    }

    fn service(life: Option<Duration>) -> (Arc<Service>, Renewing) {
        let service = Arc::new(Service { life, ..Service::default() });
        let clock = service.clone();
        let source = SharedCredentialsProvider::new(Source(service.clone()));
        (service, Renewing::with_clock(source, Arc::new(move || clock.now())))
    }

    /// The number of the credentials that a request gets.
    async fn used(renewing: &Renewing) -> Result<String, CredentialsError> {
        renewing.credentials().await.map(|credentials| credentials.access_key_id().to_owned())
    }

    /// Lets work beside requests come to its end.
    async fn settle() {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn credentials_are_renewed_before_their_end_and_beside_requests() {
        let (service, renewing) = service(Some(HOUR));
        assert_eq!(used(&renewing).await.unwrap(), "1");
        service.pass(Duration::from_secs(55 * 60 - 1));
        assert_eq!(used(&renewing).await.unwrap(), "1");
        settle().await;
        assert_eq!(service.asked(), 1, "it is too early");

        service.pass(Duration::from_secs(2));
        let closed = service.gate.lock().await;
        for _ in 0..10 {
            assert_eq!(used(&renewing).await.unwrap(), "1", "no request waits");
        }
        settle().await;
        assert_eq!(service.asked(), 2, "one asks for all");
        drop(closed);
        settle().await;
        assert_eq!(used(&renewing).await.unwrap(), "2");
    }

    #[tokio::test]
    async fn while_the_service_is_down_those_that_there_are_serve_to_their_end() {
        let (service, renewing) = service(Some(HOUR));
        used(&renewing).await.unwrap();
        *service.fails.lock().unwrap() = true;
        service.pass(Duration::from_mins(55));
        for _ in 0..3 {
            assert_eq!(used(&renewing).await.unwrap(), "1");
            settle().await;
        }
        assert_eq!(service.asked(), 2, "not every request asks again");
        service.pass(PAUSE);
        assert_eq!(used(&renewing).await.unwrap(), "1");
        settle().await;
        assert_eq!(service.asked(), 3);

        service.pass(Duration::from_secs(5 * 60 - 10 - 10));
        let error = used(&renewing).await.unwrap_err();
        assert!(matches!(error, CredentialsError::ProviderError(_)), "they have ended: {error:?}");
        *service.fails.lock().unwrap() = false;
        assert_eq!(used(&renewing).await.unwrap(), "5");
    }

    #[tokio::test]
    async fn at_the_start_all_wait_for_one() {
        let (service, renewing) = service(Some(HOUR));
        let all = futures::future::join_all((0..10).map(|_| used(&renewing))).await;
        assert!(all.into_iter().all(|number| number.unwrap() == "1"));
        assert_eq!(service.asked(), 1);
    }

    #[tokio::test]
    async fn credentials_without_an_end_are_read_again_now_and_then() {
        let (service, renewing) = service(None);
        used(&renewing).await.unwrap();
        service.pass(WITHOUT_END);
        assert_eq!(used(&renewing).await.unwrap(), "1");
        settle().await;
        assert_eq!(used(&renewing).await.unwrap(), "2");
    }

    #[tokio::test]
    async fn those_that_live_briefly_are_renewed_at_half_of_their_life() {
        let (service, renewing) = service(Some(Duration::from_mins(2)));
        used(&renewing).await.unwrap();
        service.pass(Duration::from_secs(59));
        used(&renewing).await.unwrap();
        settle().await;
        assert_eq!(service.asked(), 1);
        service.pass(Duration::from_secs(1));
        used(&renewing).await.unwrap();
        settle().await;
        assert_eq!(service.asked(), 2);
    }
}
