//! Slowing down those who guess passwords, by account and by address, without ever locking anybody out for good.
//!
//! Only failures write. What is counted is in the database, so all replicas count together.

use super::sign_in::ClientInfo;
use crate::{
    Error, Result,
    access::SecretMark,
    db::{
        Db, locks,
        sign_in_attempts::{self, Attempts},
        users,
    },
};
use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

const SECOND: i64 = 1_000_000;

/// Wrong passwords of an account before it is slowed down.
const FREE: i64 = 5;

/// The longest wait for an account, in seconds.
const LONGEST: i64 = 900;

/// After this time without a failure an account starts anew, and its row can go.
pub(super) const FORGOTTEN_AFTER: i64 = 24 * 60 * 60 * SECOND;

/// How often an address may fail.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// At once.
    burst: i64,
    /// The time in which it gains one more try.
    refill: i64,
}

/// Wrong passwords: 30 at once, then ten a minute.
const PASSWORDS: Bucket = Bucket { burst: 30, refill: 6 * SECOND };

/// New accounts: 10 at once, then twenty an hour.
const REGISTRATIONS: Bucket = Bucket { burst: 10, refill: 180 * SECOND };

/// The keys under which an attempt is counted.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    account: Option<String>,
    address: Option<(String, Bucket)>,
    /// Whom the browser is known to, and with which password: it passes the account's delay while that is theirs.
    known: Option<(String, SecretMark)>,
}

impl Attempt {
    /// A password for an account.
    pub(super) fn at_password(username: &str, client: &ClientInfo) -> Self {
        Self {
            account: Some(account_key(username)),
            address: Some((address_key(client.origin.address), PASSWORDS)),
            known: client.known_browser.map(|shown| (username.to_owned(), shown)),
        }
    }

    /// A machine's secret: nobody guesses 256 bits, but nobody needs to try without end either.
    pub(super) fn at_secret(client: &ClientInfo) -> Self {
        Self { account: None, address: Some((address_key(client.origin.address), PASSWORDS)), known: None }
    }

    /// The old password in the form that changes it: counted apart, so that guesses from outside do not delay the owner, who is
    /// signed in.
    pub(super) fn at_change(username: &str) -> Self {
        Self { account: Some(format!("change:{}", username.to_lowercase())), address: None, known: None }
    }

    /// Forgets the failures of an account whose password the operator has set, who may be locked out by somebody's guesses.
    pub(super) async fn forgive(db: &Db, username: &str) -> Result<()> {
        Self { account: Some(account_key(username)), address: None, known: None }.succeeded(db).await
    }

    /// An account that somebody creates for themselves.
    pub(super) fn at_registration(client: &ClientInfo) -> Self {
        let address = format!("register-{}", address_key(client.origin.address));
        Self { account: None, address: Some((address, REGISTRATIONS)), known: None }
    }

    /// Whether another try is allowed now.
    ///
    /// # Errors
    /// [`Error::TooManyAttempts`] with the time to wait.
    pub(super) async fn check(&self, db: &Db, now: i64) -> Result<()> {
        let mut until = now;
        if let Some(account) = &self.account
            && let Some(attempts) = sign_in_attempts::find(db.reader(), account).await?
            && attempts.next_allowed_at > now
            && !self.is_known(db).await?
        {
            until = until.max(attempts.next_allowed_at);
        }
        if let Some((address, bucket)) = &self.address
            && let Some(attempts) = sign_in_attempts::find(db.reader(), address).await?
        {
            until = until.max(attempts.next_allowed_at - (bucket.burst - 1) * bucket.refill);
        }
        if until <= now {
            return Ok(());
        }
        let micros = u64::try_from(until - now).unwrap_or_default();
        // Whole seconds, rounded up: who comes back when told is let in.
        Err(Error::TooManyAttempts { retry_after: Duration::from_secs(micros.div_ceil(1_000_000)) })
    }

    /// Whether the browser signed in with the password that there is now. One that knew another may be why there is a new one.
    async fn is_known(&self, db: &Db) -> Result<bool> {
        let Some((username, shown)) = &self.known else { return Ok(false) };
        let user = users::find(db.reader(), username).await?;
        Ok(user.is_some_and(|user| SecretMark::of_password(user.password_version) == *shown))
    }

    /// Counts a failure.
    pub(super) async fn failed(&self, db: &Db, now: i64) -> Result<()> {
        db.write((self.clone(), now), |txn, (attempt, now)| {
            Box::pin(async move {
                if let Some(account) = &attempt.account {
                    locks::name(txn, "attempt", account).await?;
                    let before = sign_in_attempts::find(txn, account).await?;
                    sign_in_attempts::save(txn, account, &account_after(before, *now)).await?;
                }
                if let Some((address, bucket)) = &attempt.address {
                    locks::name(txn, "attempt", address).await?;
                    let before = sign_in_attempts::find(txn, address).await?;
                    sign_in_attempts::save(txn, address, &address_after(*bucket, before, *now)).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Forgives the account's failures; writes only if there were some. The address keeps its count, or one known
    /// password would pay for guessing others.
    pub(super) async fn succeeded(&self, db: &Db) -> Result<()> {
        let Some(account) = &self.account else { return Ok(()) };
        if sign_in_attempts::find(db.reader(), account).await?.is_none() {
            return Ok(());
        }
        db.write(account.clone(), |txn, account| Box::pin(async move { sign_in_attempts::delete(txn, account).await }))
            .await
    }
}

/// What guesses at an account's password from outside are counted under.
fn account_key(username: &str) -> String {
    format!("account:{}", username.to_lowercase())
}

fn account_after(before: Option<Attempts>, now: i64) -> Attempts {
    let failures =
        before.filter(|before| now - before.updated_at < FORGOTTEN_AFTER).map_or(0, |before| before.failures);
    let failures = failures + 1;
    let wait = match failures - FREE {
        over if over < 0 => 0,
        over => 1_i64.checked_shl(u32::try_from(over).unwrap_or(u32::MAX)).filter(|wait| *wait > 0).unwrap_or(LONGEST),
    };
    Attempts { failures, next_allowed_at: now + wait.min(LONGEST) * SECOND, updated_at: now }
}

/// A bucket of tries that regains one after the other, kept as the time at which it will be full again.
fn address_after(bucket: Bucket, before: Option<Attempts>, now: i64) -> Attempts {
    let full_at = before.map_or(now, |before| before.next_allowed_at.max(now));
    let failures = before.map_or(0, |before| before.failures).saturating_add(1);
    Attempts { failures, next_allowed_at: full_at + bucket.refill, updated_at: now }
}

/// One key for an IPv4 address or for a /64 of IPv6, which is what one customer has.
fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => format!("address:{address}"),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("address:{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_account_has_five_free_tries_and_then_waits_twice_as_long_each_time() {
        let mut attempts = None;
        let mut waits = Vec::new();
        for _ in 0..20 {
            let after = account_after(attempts, 0);
            waits.push(after.next_allowed_at / SECOND);
            attempts = Some(after);
        }
        let expected = [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900, 900, 900];
        assert_eq!(waits, expected);
    }

    #[test]
    fn even_a_thousand_failures_wait_no_longer() {
        let many = Attempts { failures: 1_000, next_allowed_at: 0, updated_at: 0 };
        assert_eq!(account_after(Some(many), SECOND).next_allowed_at, (LONGEST + 1) * SECOND);
    }

    #[test]
    fn a_day_without_a_failure_is_a_new_start() {
        let many = Attempts { failures: 50, next_allowed_at: 0, updated_at: 0 };
        assert_eq!(account_after(Some(many), FORGOTTEN_AFTER).failures, 1);
    }

    #[test]
    fn addresses_count_by_what_one_customer_has() {
        let key = |address: &str| address_key(address.parse().unwrap());
        assert_eq!(key("192.0.2.7"), "address:192.0.2.7");
        assert_eq!(key("::ffff:192.0.2.7"), "address:192.0.2.7");
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::"), key("2001:db8:1:3::"));
    }
}
