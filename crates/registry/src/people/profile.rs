//! What people say about themselves, and accounts that they create for themselves.

use super::{ClientInfo, People, SignedIn, accounts::check_username, guessing::Attempt, policy};
use crate::{
    Actor, Error, Result, Secret, Subject,
    access::SecretMark,
    db::{self, audit, users::NewUser},
};
use api_types::{NewPerson, PasswordRules, PersonSummary};

/// The longest name that is shown, in characters.
const MAX_DISPLAY_NAME: usize = 100;

/// The longest address, in bytes (RFC 5321, section 4.5.3.1.3).
const MAX_EMAIL: usize = 254;

impl People {
    /// What the actor's own account says.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for whoever is no person.
    pub async fn own_profile(&self, actor: &Actor) -> Result<PersonSummary> {
        let user = self.access.person(actor).await?;
        let person = db::people::find(self.db.reader(), user, self.now()).await?;
        person.map(|person| person.summary).ok_or(Error::Unauthenticated)
    }

    /// Changes the actor's own name that is shown, and address; each may be empty.
    ///
    /// # Errors
    /// [`Error::AccountNeeded`] for tokens; [`Error::Unauthenticated`] for whoever is no person; [`Error::Invalid`] on
    /// `display_name` or `email`.
    pub async fn update_profile(&self, actor: &Actor, display_name: &str, email: &str) -> Result<()> {
        let user = self.access.person(actor).await?;
        if !matches!(actor.subject(), Subject::User(_)) || actor.grants().is_some() {
            return Err(Error::AccountNeeded);
        }
        let event = audit::Event::new(actor, "user.update", actor.name());
        let args = (user, check_display_name(display_name)?, check_email(email)?, event, self.now());
        self.db
            .write(args, |txn, (user, display_name, email, event, now)| {
                Box::pin(async move {
                    db::people::set_profile(txn, *user, display_name, email.as_deref()).await?;
                    audit::record(txn, event, *now).await
                })
            })
            .await
    }

    /// Creates an account for whoever asks, where the settings allow that. It is no administrator. An address creates ten at once,
    /// then twenty an hour.
    ///
    /// # Errors
    /// [`Error::RegistrationClosed`]; [`Error::TooManyAttempts`]; [`Error::UsernameTaken`]; [`Error::Invalid`] on `username`,
    /// `display_name`, `email` or `new`.
    pub async fn register(
        &self,
        person: &NewPerson,
        password: &Secret<String>,
        client: ClientInfo,
    ) -> Result<SignedIn> {
        self.registration_is_open().await?;
        let mut user = new_user(person)?;
        let attempt = Attempt::at_registration(&client);
        attempt.check(&self.db, self.now()).await?;
        policy::check("new", password.expose(), &user.username, self.min_length)?;
        let turn = self.passwords.turn().await?;
        // Whoever succeeds counts too: it is accounts that are rare.
        attempt.failed(&self.db, self.now()).await?;
        user.password_hash = Some(turn.hash(password).await?);
        drop(turn);
        user.password_version = 1;
        let shown = SecretMark::of_password(user.password_version);
        user.created_at = self.now();
        let (user, actor) = self
            .db
            .write((user, client.origin), |txn, (user, origin)| {
                Box::pin(async move {
                    let id = db::users::insert(txn, user).await?;
                    db::users::note_sign_in(txn, id, user.created_at).await?;
                    let actor = Actor::new(Subject::User(id), user.username.as_str());
                    let event = audit::Event::new(&actor, "user.register", user.username.as_str());
                    audit::record(txn, &event.coming_from(origin), user.created_at).await?;
                    Ok((id, actor))
                })
            })
            .await?;
        self.access.forget();
        Ok(SignedIn { user, actor, shown, must_change_password: false })
    }

    /// How a password stands against the policy for somebody who is about to register.
    ///
    /// # Errors
    /// [`Error::RegistrationClosed`].
    pub async fn password_rules_to_register(&self, username: &str, password: &Secret<String>) -> Result<PasswordRules> {
        self.registration_is_open().await?;
        Ok(policy::rules(password.expose(), username, self.min_length))
    }

    /// Whether people may create their own accounts.
    ///
    /// # Errors
    /// [`Error::RegistrationClosed`] if not.
    pub async fn registration_is_open(&self) -> Result<()> {
        if self.settings.system().await?.self_registration { Ok(()) } else { Err(Error::RegistrationClosed) }
    }
}

/// The row of a person who is created, without password, rights and time.
pub(super) fn new_user(person: &NewPerson) -> Result<NewUser> {
    let username = person.username.trim();
    check_username(username)?;
    Ok(NewUser {
        username: username.to_owned(),
        display_name: check_display_name(&person.display_name)?,
        email: check_email(&person.email)?,
        ..NewUser::default()
    })
}

fn check_display_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.chars().count() > MAX_DISPLAY_NAME || name.chars().any(char::is_control) {
        return Err(Error::Invalid {
            field: "display_name",
            code: "display_name_malformed",
            message: format!("the name that is shown may have at most {MAX_DISPLAY_NAME} characters, on one line"),
        });
    }
    Ok(name.to_owned())
}

/// Nothing is sent to it, so it is enough that it looks like one.
fn check_email(email: &str) -> Result<Option<String>> {
    let email = email.trim();
    if email.is_empty() {
        return Ok(None);
    }
    let looks_right = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !looks_right || email.len() > MAX_EMAIL || email.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Error::Invalid {
            field: "email",
            code: "email_malformed",
            message: "this is no e-mail address; it may also stay empty".to_owned(),
        });
    }
    Ok(Some(email.to_owned()))
}

#[cfg(test)]
mod tests;
