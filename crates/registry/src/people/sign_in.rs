//! Signing in.

use super::{
    guessing::Attempt,
    passwords::{MAX_INPUT, Passwords, Verdict},
    remembered::Remembered,
    tokens::{self, TokenKind},
    uses::Uses,
};
use crate::{
    Access, Actor, Clock, Error, Ground, Origin, Result, Secret, Subject,
    access::{Account, RobotId, SecretMark, UserId},
    audit::gathered::Gathered,
    db::{self, Db, audit, users::UserRow},
    settings,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use subtle::ConstantTimeEq;
use time::{Duration, OffsetDateTime};

/// How long after the start the default password still opens the form that replaces it.
const DEFAULT_PASSWORD_LIFETIME: Duration = Duration::hours(24);

/// How long a checked password is remembered. It is void earlier if the account changes.
const PASSWORD_REMEMBERED: Duration = Duration::minutes(5);

/// How long a machine's secret is remembered; a rotation ends it sooner.
const SECRET_REMEMBERED: Duration = Duration::seconds(1);

/// The longest name, in bytes.
pub(super) const MAX_USERNAME: usize = 255;

/// Checks credentials, slowly for guessers and quickly for those who showed the right ones a moment ago.
#[derive(Clone, Debug)]
pub struct SignIn(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
    passwords: Passwords,
    started_at: OffsetDateTime,
    remembered: Remembered,
    uses: Uses,
    gathered: Gathered,
    /// Whether it is on record that somebody came from a terminal.
    login_noted: AtomicBool,
}

/// Where an attempt comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// The request.
    pub origin: Origin,
    /// With which password this browser signed in to the same account before (a cookie proves it): it passes the account's delay
    /// for as long as that is the password.
    pub known_browser: Option<SecretMark>,
}

/// A person who gave the right password.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub user: UserId,
    /// As an actor.
    pub actor: Actor,
    /// Which password they gave.
    pub shown: SecretMark,
    /// Whether the default password must be replaced before anything else.
    pub must_change_password: bool,
}

impl SignIn {
    pub(crate) fn new(
        (db, access, clock): Ground,
        passwords: Passwords,
        uses: Uses,
        gathered: Gathered,
    ) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            db,
            access,
            started_at: clock.now(),
            clock,
            passwords,
            remembered: Remembered::new()?,
            uses,
            gathered,
            login_noted: AtomicBool::new(false),
        })))
    }

    /// A person at the console. The default password signs in, with `must_change_password`.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`], the same for an unknown name, a wrong password and a disabled account, after the same
    /// work; [`Error::TooManyAttempts`] without looking at the password; [`Error::DefaultPasswordLocked`] for the right default
    /// password, a day after the start.
    pub async fn with_password(
        &self,
        username: &str,
        password: &Secret<String>,
        client: ClientInfo,
    ) -> Result<SignedIn> {
        let user = self.check_password(username, password, &client).await?;
        let actor = Actor::new(Subject::User(UserId(user.id)), user.username.as_str()).coming_from(client.origin);
        self.note_sign_in(&actor, UserId(user.id)).await?;
        let shown = SecretMark::of_password(user.password_version);
        Ok(SignedIn { user: UserId(user.id), actor, shown, must_change_password: user.must_change_password })
    }

    /// A client of `/v2`, the token realm or REST: a person's password or access token, or a robot's secret.
    ///
    /// A right password is remembered for a few minutes under a keyed hash, so that it costs one argon2 and not a thousand;
    /// disabling the account or changing its password ends that within a second.
    ///
    /// # Errors
    /// As [`SignIn::with_password`]; [`Error::PasswordChangeRequired`] for the right default password.
    pub async fn with_credentials(&self, username: &str, secret: &Secret<String>, client: ClientInfo) -> Result<Actor> {
        Ok(self.for_token(username, secret, client).await?.0)
    }

    /// As [`SignIn::with_credentials`], with what a registry token has to say of the secret: see [`SignIn::resume_token`].
    ///
    /// # Errors
    /// As [`SignIn::with_credentials`].
    pub async fn for_token(
        &self,
        username: &str,
        secret: &Secret<String>,
        client: ClientInfo,
    ) -> Result<(Actor, SecretMark)> {
        let (actor, shown) = self.identify(username, secret, &client).await?;
        self.0.uses.note(actor.subject(), client.origin.address, self.now());
        let actor = actor.coming_from(client.origin);
        self.0.gathered.used(&actor, self.now());
        Ok((actor, shown))
    }

    async fn identify(
        &self,
        username: &str,
        secret: &Secret<String>,
        client: &ClientInfo,
    ) -> Result<(Actor, SecretMark)> {
        if username.contains('\0') {
            return Err(Error::WrongCredentials);
        }
        let key = self.0.remembered.key(username, secret.expose());
        if let Some(known) = self.recall(&key).await? {
            return Ok(known);
        }
        let check = self.0.remembered.check(&key);
        let _only = check.lock().await;
        if let Some(known) = self.recall(&key).await? {
            return Ok(known);
        }
        let now = self.0.clock.now();
        let (subject, shown, lifetime) = self.check_credentials(username, secret, client).await?;
        let account = self.0.access.find_account(&subject).await?.ok_or(Error::WrongCredentials)?;
        let actor = actor_of(subject.clone(), &account)?;
        self.0.remembered.keep(key, subject, shown, now + lifetime);
        self.note_login().await?;
        Ok((actor, shown))
    }

    /// How many passwords wait for a core to be checked on.
    pub fn passwords_waiting(&self) -> usize {
        self.0.passwords.waiting()
    }

    /// Who showed these credentials a moment ago, if nothing has changed since.
    async fn recall(&self, key: &[u8; 32]) -> Result<Option<(Actor, SecretMark)>> {
        let now = self.0.clock.now();
        if let Some((subject, shown)) = self.0.remembered.find(key, now)
            && let Some(account) = self.0.access.find_account(&subject).await?
            && account.still_takes(shown, now)
        {
            return Ok(Some((actor_of(subject, &account)?, shown)));
        }
        Ok(None)
    }

    /// The account of a registry token's subject as it is now, while the secret that was shown for the token is right: it ends with
    /// the password that is changed or reset, and with the robot's secret that a rotation ends. Costs no statement while the
    /// account was looked up within the last second, unless the token has ended or is newer than what is remembered.
    ///
    /// # Errors
    /// As [`SignIn::resume`]; [`Error::WrongCredentials`] also where the secret was replaced.
    pub async fn resume_token(&self, subject: &Subject, shown: SecretMark) -> Result<Actor> {
        if *subject == Subject::Anonymous {
            return Ok(Actor::anonymous());
        }
        let now = self.0.clock.now();
        let mut account = self.0.access.find_account(subject).await?;
        if account.as_ref().is_some_and(|account| !account.still_takes(shown, now)) {
            // The token of another process may be about a newer secret than what this one remembers of the account.
            account = self.0.access.read_account(subject).await?.filter(|account| account.still_takes(shown, now));
        }
        let account = account.ok_or(Error::WrongCredentials)?;
        actor_of(subject.clone(), &account)
    }

    /// The account of a session's subject as it is now. Costs no statement while that was looked up within the last second.
    ///
    /// # Errors
    /// [`Error::WrongCredentials`] when it is gone, disabled or expired; [`Error::PasswordChangeRequired`] while it has the
    /// default password.
    pub async fn resume(&self, subject: &Subject) -> Result<Actor> {
        if *subject == Subject::Anonymous {
            return Ok(Actor::anonymous());
        }
        let account = self.0.access.find_account(subject).await?.ok_or(Error::WrongCredentials)?;
        actor_of(subject.clone(), &account)
    }

    /// The subject behind credentials, which of its secrets they hold, and how long they may be remembered.
    async fn check_credentials(
        &self,
        username: &str,
        secret: &Secret<String>,
        client: &ClientInfo,
    ) -> Result<(Subject, SecretMark, Duration)> {
        let checked = if let Some((project, name)) = db::robots::parse_name(username) {
            let robot = self.check_robot(project, name, secret).await?;
            robot.map(|(robot, shown)| (Subject::Robot(robot), shown))
        } else if TokenKind::AccessToken.recognises(secret.expose()) {
            self.check_access_token(username, secret).await?.map(|subject| (subject, SecretMark::NONE))
        } else {
            let user = self.check_password(username, secret, client).await?;
            // Not the account's present version: the password may have been changed since the row was read.
            let shown = SecretMark::of_password(user.password_version);
            return Ok((Subject::User(UserId(user.id)), shown, PASSWORD_REMEMBERED));
        };
        // An account that does not stand is refused like a secret that does not fit, and counts like one.
        if let Some((subject, shown)) = checked
            && self.0.access.find_account(&subject).await?.is_some()
        {
            // However many others fail from this address: nobody guesses 256 bits, and one pipeline with an old secret
            // must not stop the others behind the same address.
            return Ok((subject, shown, SECRET_REMEMBERED));
        }
        let attempt = Attempt::at_secret(client);
        self.allow(username, &attempt, client).await?;
        Err(self.refuse(username, &attempt, client).await?)
    }

    /// Checks a person's password; a `client.known_browser` passes the account's delay.
    pub(super) async fn check_password(
        &self,
        username: &str,
        password: &Secret<String>,
        client: &ClientInfo,
    ) -> Result<UserRow> {
        if username.is_empty() || username.len() > MAX_USERNAME || password.expose().len() > MAX_INPUT {
            return Err(Error::WrongCredentials);
        }
        // Nobody has such a name, and no database of ours can look for it.
        if username.contains('\0') {
            return Err(Error::WrongCredentials);
        }
        let attempt = Attempt::at_password(username, client);
        // Once before waiting for a core, so that a flood of guesses leaves the queue to others, and once after, so that
        // guesses sent at the same time are counted like those sent one by one: a turn ends after its failure is on record.
        self.allow(username, &attempt, client).await?;
        let turn = self.0.passwords.turn().await?;
        self.allow(username, &attempt, client).await?;
        let user = db::users::find(self.0.db.reader(), username).await?;
        let stored = user.as_ref().and_then(|user| Some((UserId(user.id), user.password_hash.as_deref()?)));
        let verdict = turn.verify(password, stored).await?;
        let Some(user) = user.filter(|user| verdict != Verdict::Wrong && user.disabled_at.is_none()) else {
            return Err(self.refuse(username, &attempt, client).await?);
        };
        drop(turn);
        attempt.succeeded(&self.0.db).await?;
        if user.has_default_password() && self.0.clock.now() - self.0.started_at >= DEFAULT_PASSWORD_LIFETIME {
            return Err(Error::DefaultPasswordLocked);
        }
        if verdict == Verdict::RightButWeak {
            self.rehash(&user, password).await?;
        }
        Ok(user)
    }

    async fn check_robot(
        &self,
        project: Option<&str>,
        name: &str,
        secret: &Secret<String>,
    ) -> Result<Option<(RobotId, SecretMark)>> {
        if secret.expose().len() > MAX_INPUT {
            return Ok(None);
        }
        let shown = tokens::hash(secret.expose());
        let Some(robot) = db::robots::find_secrets(self.0.db.reader(), project, name).await? else { return Ok(None) };
        let previous = robot.previous_secret_hash.filter(|_| robot.previous_until.is_some_and(|end| self.now() < end));
        let fits = robot.secret_hash.ct_eq(&shown) | previous.unwrap_or_default().ct_eq(&shown);
        Ok(bool::from(fits).then(|| (RobotId(robot.id), SecretMark::of_robot(&shown))))
    }

    async fn check_access_token(&self, username: &str, secret: &Secret<String>) -> Result<Option<Subject>> {
        let found = db::access_tokens::find(self.0.db.reader(), &tokens::hash(secret.expose())).await?;
        Ok(found.filter(|(_, _, owner)| owner == username).map(|(token, owner, _)| Subject::AccessToken(token, owner)))
    }

    /// Whether another try is allowed now; one that is not is recorded like one that failed.
    async fn allow(&self, username: &str, attempt: &Attempt, client: &ClientInfo) -> Result<()> {
        let allowed = attempt.check(&self.0.db, self.now()).await;
        if matches!(allowed, Err(Error::TooManyAttempts { .. })) {
            self.note_refusal(username, &client.origin);
        }
        allowed
    }

    /// Counts and records a failure; the error to answer with.
    async fn refuse(&self, username: &str, attempt: &Attempt, client: &ClientInfo) -> Result<Error> {
        attempt.failed(&self.0.db, self.now()).await?;
        self.note_refusal(username, &client.origin);
        Ok(Error::WrongCredentials)
    }

    fn note_refusal(&self, username: &str, origin: &Origin) {
        let name = &username[..username.floor_char_boundary(MAX_USERNAME)];
        self.0.gathered.refused(name, origin, self.now());
    }

    async fn note_sign_in(&self, actor: &Actor, user: UserId) -> Result<()> {
        let event = audit::Event::new(actor, "sign_in", actor.name());
        self.0
            .db
            .write((event, user, self.now()), |txn, (event, user, now)| {
                Box::pin(async move {
                    db::users::note_sign_in(txn, *user, *now).await?;
                    audit::record(txn, event, *now).await
                })
            })
            .await
    }

    /// Records once that a terminal signed in: a step of the first day.
    async fn note_login(&self) -> Result<()> {
        if self.0.login_noted.load(Ordering::Acquire) {
            return Ok(());
        }
        settings::note(&self.0.db, settings::FIRST_REGISTRY_LOGIN, self.now()).await?;
        self.0.login_noted.store(true, Ordering::Release);
        Ok(())
    }

    async fn rehash(&self, user: &UserRow, password: &Secret<String>) -> Result<()> {
        let hash = self.0.passwords.hash(password).await?;
        let args = (UserId(user.id), user.password_version, hash);
        self.0
            .db
            .write(args, |txn, (user, version, hash)| {
                Box::pin(async move { db::users::rehash(txn, *user, *version, hash).await })
            })
            .await
    }

    fn now(&self) -> i64 {
        db::micros(self.0.clock.now())
    }
}

fn actor_of(subject: Subject, account: &Account) -> Result<Actor> {
    if account.must_change_password() {
        return Err(Error::PasswordChangeRequired);
    }
    Ok(Actor::new(subject, Arc::clone(&account.name)))
}

#[cfg(test)]
mod tests;
