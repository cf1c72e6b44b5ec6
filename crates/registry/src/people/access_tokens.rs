//! Access tokens: what a person gives to their programs instead of the password.

use super::tokens::{self, TokenKind};
use crate::{
    Access, Actor, Clock, Error, Ground, Result, Secret, Subject,
    access::{AccessTokenId, TokenScope},
    db::{self, Db, access_tokens::NewAccessToken, audit},
};
use std::sync::Arc;
use time::OffsetDateTime;

/// The longest name, in characters.
const MAX_NAME: usize = 100;

/// The service of access tokens.
#[derive(Clone, Debug)]
pub struct AccessTokens {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
}

impl AccessTokens {
    pub(crate) fn new((db, access, clock): Ground) -> Self {
        Self { db, access, clock }
    }

    /// Creates a token of the actor's own. The secret is shown this once. Without an end it stands until it is revoked.
    ///
    /// # Errors
    /// [`Error::AccountNeeded`] for whoever is not a person with their own password: a token makes no tokens;
    /// [`Error::Invalid`] on `name`.
    pub async fn create(
        &self,
        actor: &Actor,
        name: &str,
        scope: TokenScope,
        expires_at: Option<OffsetDateTime>,
    ) -> Result<(AccessTokenId, Secret<String>)> {
        if !matches!(actor.subject(), Subject::User(_)) || actor.grants().is_some() {
            return Err(Error::AccountNeeded);
        }
        let user = self.access.person(actor).await?;
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME {
            return Err(Error::Invalid {
                field: "name",
                code: "token_name_length",
                message: format!("a token needs a name of at most {MAX_NAME} characters"),
            });
        }
        let secret = TokenKind::AccessToken.generate()?;
        let token = NewAccessToken {
            user,
            name: name.to_owned(),
            secret_hash: tokens::hash(secret.expose()),
            scope,
            expires_at: expires_at.map(db::micros),
            created_at: self.now(),
        };
        let event = audit::Event::new(actor, "access_token.create", name);
        let id = self
            .db
            .write((token, event), |txn, (token, event)| {
                Box::pin(async move {
                    let id = db::access_tokens::insert(txn, token).await?;
                    audit::record(txn, event, token.created_at).await?;
                    Ok(id)
                })
            })
            .await?;
        Ok((id, secret))
    }

    /// Ends a token of the actor's own at once. Idempotent; a token of somebody else is left alone.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for whoever is no person.
    pub async fn revoke(&self, actor: &Actor, token: AccessTokenId) -> Result<()> {
        let user = self.access.person(actor).await?;
        let event = audit::Event::new(actor, "access_token.revoke", token.0.to_string());
        self.db
            .write((token, user, event, self.now()), |txn, (token, user, event, now)| {
                Box::pin(async move {
                    if db::access_tokens::revoke(txn, *token, *user, *now).await? {
                        audit::record(txn, event, *now).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        self.access.forget();
        Ok(())
    }

    fn now(&self) -> i64 {
        db::micros(self.clock.now())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{access::TokenLevel, people::ClientInfo, testing::Lab};

    #[tokio::test]
    async fn a_token_stands_for_its_owner_until_the_owner_revokes_it() {
        let lab = Lab::new().await;
        let (ada, eve) = (lab.person("ada").await, lab.person("eve").await);
        let scope = TokenScope { level: TokenLevel::Write, projects: None };
        let (id, shown) = lab.access_tokens.create(&ada, "laptop", scope, None).await.unwrap();
        let client = ClientInfo { address: "192.0.2.1".parse().unwrap(), known_browser: false };
        let sign_in = async || lab.sign_in.with_credentials("ada", &shown, client).await;
        let actor = sign_in().await.unwrap();
        lab.access_tokens.revoke(&eve, id).await.unwrap();
        sign_in().await.unwrap();
        lab.access_tokens.revoke(&actor, id).await.unwrap();
        assert!(matches!(sign_in().await, Err(Error::WrongCredentials)), "at once");
        assert!(lab.sign_in.resume(actor.subject()).await.is_err());
    }

    #[tokio::test]
    async fn only_people_make_tokens_and_tokens_do_not() {
        let lab = Lab::new().await;
        let ada = lab.person("ada").await;
        let scope = || TokenScope { level: TokenLevel::Admin, projects: None };
        let (id, _) = lab.access_tokens.create(&ada, "laptop", scope(), None).await.unwrap();
        let token = Actor::new(Subject::AccessToken(id, crate::testing::user_of(&ada)), "ada");
        let narrowed = ada.clone().narrowed(vec![]);
        for actor in [token, narrowed, Actor::anonymous(), Actor::system()] {
            let refused = lab.access_tokens.create(&actor, "more", scope(), None).await;
            assert!(matches!(refused, Err(Error::AccountNeeded)), "{actor:?}");
        }
        for name in ["  ", "x".repeat(101).as_str()] {
            let refused = lab.access_tokens.create(&ada, name, scope(), None).await;
            assert!(matches!(refused, Err(Error::Invalid { field: "name", .. })));
        }
    }
}
