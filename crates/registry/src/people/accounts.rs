//! Accounts.

use super::{
    guessing::Attempt,
    passwords::{MAX_INPUT, Passwords, Verdict},
    policy,
    sign_in::MAX_USERNAME,
};
use crate::{
    Access, Actor, Clock, Error, Ground, Result, Secret, Subject,
    access::{SecretMark, UserId},
    audit::gathered::Gathered,
    db::{
        self, Db, audit,
        users::{NewUser, UserRow},
    },
    settings::Settings,
};
use api_types::{PasswordRules, ProjectCreation, Viewer};
use std::{net::IpAddr, sync::Arc};

/// The password that `admin` has until it is replaced at the first sign-in, unless the operator set another.
pub const DEFAULT_ADMIN_PASSWORD: &str = "Harbor12345";

/// The first administrator's name.
pub const ADMIN: &str = "admin";

/// The service of accounts.
#[derive(Clone, Debug)]
pub struct People {
    pub(super) db: Db,
    pub(super) access: Access,
    clock: Arc<dyn Clock>,
    pub(super) passwords: Passwords,
    pub(super) settings: Settings,
    gathered: Gathered,
    pub(super) min_length: u32,
}

impl People {
    pub(crate) fn new(
        (db, access, clock): Ground,
        passwords: Passwords,
        settings: Settings,
        gathered: Gathered,
        min_length: u32,
    ) -> Self {
        Self { db, access, clock, passwords, settings, gathered, min_length }
    }

    /// The person as the console shows them; `None` once the account is gone or disabled.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn find_viewer(&self, user: UserId) -> Result<Option<Viewer>> {
        let mut viewer = db::users::find_viewer(self.db.reader(), user).await?;
        if let Some(viewer) = &mut viewer {
            viewer.may_create_projects |= self.settings.system().await?.project_creation == ProjectCreation::Everyone;
        }
        Ok(viewer)
    }

    /// Whether an account still has the default password, for the start-up message.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn default_password_stands(&self) -> Result<bool> {
        db::users::default_password_stands(self.db.reader()).await
    }

    /// How a password stands against the policy for this actor. Writes and logs nothing.
    pub fn password_rules(&self, actor: &Actor, password: &Secret<String>) -> PasswordRules {
        policy::rules(password.expose(), actor.name(), self.min_length)
    }

    /// Replaces the actor's own password. `current` is needed unless the default one is being replaced right after
    /// signing in with it. Ends all sessions of the account, this browser's too: it is to be given a new one, and is known by the new
    /// password, of which the mark comes back.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for whoever is not a person with a session of their own; [`Error::Invalid`] on `current` if
    /// that is wrong, and on `new` if the policy refuses it or it is the old one; [`Error::TooManyAttempts`].
    pub async fn change_password(
        &self,
        actor: &Actor,
        current: Option<&Secret<String>>,
        new: &Secret<String>,
    ) -> Result<SecretMark> {
        let Subject::User(user) = *actor.subject() else { return Err(Error::Unauthenticated) };
        if actor.grants().is_some() {
            return Err(Error::Unauthenticated);
        }
        let row = db::users::find_by_id(self.db.reader(), user).await?;
        let row = row.filter(|row| row.disabled_at.is_none()).ok_or(Error::Unauthenticated)?;
        if !row.must_change_password {
            let checked = self.check_own(&row, "current", current).await;
            if current.is_some() && checked.is_err() {
                let event = audit::Event::new(actor, "password.change", row.username.as_str());
                let address = actor.origin().map(|origin| origin.address);
                self.note_proof(actor, event, address, &checked).await?;
            }
            checked?;
        }
        policy::check("new", new.expose(), &row.username, self.min_length)?;
        if row.password_hash.is_some() && self.verify(&row, new).await? != Verdict::Wrong {
            return Err(Error::Invalid {
                field: "new",
                code: "password_unchanged",
                message: "this is the old password; choose a new one".to_owned(),
            });
        }
        self.set_password(actor, &row, new, false).await
    }

    /// Whether the actor knows their own password, for what asks for it again.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `password` if it is absent or wrong; [`Error::TooManyAttempts`]; [`Error::Unauthenticated`] for
    /// whoever is not a person with a session of their own.
    pub async fn confirm_password(
        &self,
        actor: &Actor,
        password: Option<&Secret<String>>,
        address: IpAddr,
    ) -> Result<()> {
        let Subject::User(user) = *actor.subject() else { return Err(Error::Unauthenticated) };
        if actor.grants().is_some() {
            return Err(Error::Unauthenticated);
        }
        let row = db::users::find_by_id(self.db.reader(), user).await?;
        let row = row.filter(|row| row.disabled_at.is_none()).ok_or(Error::Unauthenticated)?;
        let checked = self.check_own(&row, "password", password).await;
        if password.is_some() {
            let event = audit::Event::new(actor, "password.confirm", row.username.as_str()).at_address(address);
            self.note_proof(actor, event, Some(address), &checked).await?;
        }
        checked
    }

    /// Records how it ended that somebody gave their own password. What came too fast is gathered: it costs whoever sends it
    /// nothing, and is not to fill the log.
    async fn note_proof(
        &self,
        actor: &Actor,
        event: audit::Event,
        address: Option<IpAddr>,
        checked: &Result<()>,
    ) -> Result<()> {
        if matches!(checked, Err(Error::TooManyAttempts { .. })) {
            self.gathered.slowed(actor, event, address, self.now());
            return Ok(());
        }
        let event = if checked.is_ok() { event } else { event.failed() };
        self.db
            .write((event, self.now()), |txn, (event, now)| {
                Box::pin(async move { audit::record(txn, event, *now).await })
            })
            .await
    }

    /// Sets somebody's password and ends all their sessions; for the operator ([`Actor::system`]) and administrators. One that
    /// an administrator set must be changed at the next sign-in.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UserNotFound`], and [`Error::Invalid`] on `new` if the policy refuses it.
    pub async fn reset_password(&self, actor: &Actor, username: &str, new: &Secret<String>) -> Result<()> {
        self.access.administrator(actor).await?;
        let row = db::users::find(self.db.reader(), username).await?;
        let row = row.ok_or_else(|| Error::UserNotFound { name: username.to_owned() })?;
        policy::check("new", new.expose(), &row.username, self.min_length)?;
        let is_operator = *actor.subject() == Subject::System;
        self.set_password(actor, &row, new, !is_operator).await?;
        if is_operator { Attempt::forgive(&self.db, &row.username).await } else { Ok(()) }
    }

    /// Puts the first-day checklist away.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for whoever is no person.
    pub async fn dismiss_checklist(&self, actor: &Actor) -> Result<()> {
        let user = self.access.person(actor).await?;
        self.db
            .write((user, self.now()), |txn, (user, now)| {
                Box::pin(async move { db::users::dismiss_checklist(txn, *user, *now).await })
            })
            .await
    }

    /// Creates a person; for administrators and the operator.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UsernameTaken`], and [`Error::Invalid`] on `username` or `password`.
    pub async fn create(
        &self,
        actor: &Actor,
        username: &str,
        password: &Secret<String>,
        admin: bool,
    ) -> Result<UserId> {
        self.access.administrator(actor).await?;
        check_username(username)?;
        policy::check("password", password.expose(), username, self.min_length)?;
        let user = NewUser {
            username: username.to_owned(),
            password_hash: Some(self.passwords.hash(password).await?),
            password_version: 1,
            must_change_password: false,
            is_admin: admin,
            created_at: self.now(),
            ..NewUser::default()
        };
        let event = audit::Event::new(actor, "user.create", username).with(serde_json::json!({ "admin": admin }));
        self.db
            .write((user, event), |txn, (user, event)| {
                Box::pin(async move {
                    let id = db::users::insert(txn, user).await?;
                    audit::record(txn, event, user.created_at).await?;
                    Ok(id)
                })
            })
            .await
    }

    /// Compares what was typed into `field` with the account's own password, and slows down those who guess.
    async fn check_own(&self, row: &UserRow, field: &'static str, typed: Option<&Secret<String>>) -> Result<()> {
        let Some(typed) = typed else {
            let message = "your present password is needed".to_owned();
            return Err(Error::Invalid { field, code: "own_password_needed", message });
        };
        let attempt = Attempt::at_change(&row.username);
        attempt.check(&self.db, self.now()).await?;
        if self.verify(row, typed).await? == Verdict::Wrong {
            attempt.failed(&self.db, self.now()).await?;
            let message = "this is not your present password".to_owned();
            return Err(Error::Invalid { field, code: "current_password_wrong", message });
        }
        attempt.succeeded(&self.db).await
    }

    async fn verify(&self, row: &UserRow, password: &Secret<String>) -> Result<Verdict> {
        if password.expose().len() > MAX_INPUT {
            return Ok(Verdict::Wrong);
        }
        let stored = row.password_hash.as_deref().map(|hash| (UserId(row.id), hash));
        self.passwords.turn().await?.verify(password, stored).await
    }

    async fn set_password(
        &self,
        actor: &Actor,
        row: &UserRow,
        new: &Secret<String>,
        must_change: bool,
    ) -> Result<SecretMark> {
        let hash = self.passwords.hash(new).await?;
        let event = audit::Event::new(actor, "password.change", row.username.as_str());
        let shown = self
            .db
            .write(
                (UserId(row.id), hash, must_change, event, self.now()),
                |txn, (user, hash, must_change, event, now)| {
                    Box::pin(async move {
                        let shown = db::users::set_password(txn, *user, hash, *must_change, *now).await?;
                        db::sessions::delete_of(txn, *user, None).await?;
                        audit::record(txn, event, *now).await?;
                        Ok(shown)
                    })
                },
            )
            .await?;
        self.access.forget();
        Ok(shown)
    }

    pub(super) fn now(&self) -> i64 {
        db::micros(self.clock.now())
    }
}

/// What a name may not hold: Harbor's list, and the colon, which ends the name in Basic credentials.
const FORBIDDEN_IN_NAMES: [char; 8] = [',', '"', '~', '#', '%', '$', ':', '/'];

/// Whether a character leaves nothing to be seen, or turns the order of those around it: those with `Default_Ignorable_Code_Point`
/// (Unicode 17.0, `DerivedCoreProperties.txt`), and the format characters and the blank
/// of Braille beside them. Those that join letters are among them: they change what is seen too little to tell names apart.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Refuses names that could not sign in everywhere or that look like a robot's.
pub(super) fn check_username(name: &str) -> Result<()> {
    let refuse = |code, message: String| Err(Error::Invalid { field: "username", code, message });
    if name.is_empty() {
        return refuse("username_empty", "a user name is needed".to_owned());
    }
    if name.len() > MAX_USERNAME {
        return refuse("username_too_long", format!("a user name may have at most {MAX_USERNAME} bytes"));
    }
    if name.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("username_space", "a user name has no spaces".to_owned());
    }
    if name.chars().any(is_invisible) {
        let message = "a user name has only characters that can be seen: two people might look the same".to_owned();
        return refuse("username_invisible", message);
    }
    if !name.chars().any(char::is_alphanumeric) {
        return refuse("username_letters", "a user name has at least one letter or digit".to_owned());
    }
    if let Some(c) = name.chars().find(|c| FORBIDDEN_IN_NAMES.contains(c)) {
        return refuse("username_character", format!("a user name may not contain {c}"));
    }
    if db::robots::parse_name(name).is_some() || name == "anonymous" || name == "system" {
        return refuse("username_reserved", format!("the name {name} is reserved"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
