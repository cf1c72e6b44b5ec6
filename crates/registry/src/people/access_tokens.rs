//! Access tokens: what a person gives to their programs instead of the password.
//!
//! A token is its owner with less: at each use it has what the person may at that moment, narrowed by its level and its
//! projects.

use super::{
    lifetimes::{self, WARNING, end_of},
    tokens::{self, TokenKind},
};
use crate::{
    Access, Actor, Clock, Error, Ground, Result, Secret, Subject,
    access::{AccessTokenId, TokenScope, UserId, may},
    db::{
        self, Db,
        access_tokens::{AccessToken, NewRow},
        audit,
    },
    numbered::{Numbered, NumberedQuery},
};
use api_types::{AccessTokenSummary, CredentialKind, ExpiringCredential, ListQuery, NewAccessToken, Page, ShownSecret};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use oci::ProjectName;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};
use time::OffsetDateTime;

/// The longest name, in characters.
const MAX_NAME: usize = 100;

/// The most projects that a token can be narrowed to; more are better served by all.
const MAX_PROJECTS: usize = 100;

/// How many expiring ones are told of.
const EXPIRING: u32 = 5;

/// The service of access tokens.
#[derive(Clone, Debug)]
pub struct AccessTokens {
    db: Db,
    access: Access,
    clock: Arc<dyn Clock>,
}

/// A token that was created. The secret is shown this once.
#[derive(Clone, Debug)]
pub struct CreatedToken {
    /// Its immutable id.
    pub id: AccessTokenId,
    /// The name that signs in with it: its owner's.
    pub owner: String,
    /// The token.
    pub secret: Secret<String>,
    /// When it ends by itself.
    pub expires_at: Option<OffsetDateTime>,
}

impl CreatedToken {
    /// As a page shows it.
    pub fn shown(&self) -> ShownSecret {
        let secret = self.secret.expose().clone();
        ShownSecret {
            id: self.id.0,
            login: self.owner.clone(),
            harbor_login: None,
            auth: STANDARD.encode(format!("{}:{secret}", self.owner)),
            secret,
            expires_at: self.expires_at,
            previous_until: None,
        }
    }
}

impl AccessTokens {
    pub(crate) fn new((db, access, clock): Ground) -> Self {
        Self { db, access, clock }
    }

    /// The actor's own tokens that were not revoked, newest first.
    ///
    /// # Errors
    /// [`Error::AccountNeeded`] for whoever is not a person with their own password; [`Error::Invalid`] for a cursor that is
    /// none.
    pub async fn list(&self, actor: &Actor, query: &ListQuery) -> Result<Page<AccessTokenSummary>> {
        let user = self.owner(actor).await?;
        self.page(actor, user, query).await
    }

    /// Somebody's tokens that were not revoked, newest first.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`]; [`Error::Invalid`] for a cursor that is none.
    pub async fn list_of(&self, actor: &Actor, user: UserId, query: &ListQuery) -> Result<Page<AccessTokenSummary>> {
        self.access.administrator(actor).await?;
        self.page(actor, user, query).await
    }

    async fn page(&self, actor: &Actor, user: UserId, query: &ListQuery) -> Result<Page<AccessTokenSummary>> {
        let page = db::access_tokens::list(self.db.reader(), user, query).await?;
        let names = self.project_names(actor, &page.items).await?;
        Ok(Page {
            items: page.items.into_iter().map(|token| self.summary(token, &names)).collect(),
            total: page.total,
            offset: page.offset,
            next: page.next,
            previous: page.previous,
        })
    }

    /// The actor's own tokens that were not revoked, by the number of a page.
    ///
    /// # Errors
    /// [`Error::AccountNeeded`] for whoever is not a person with their own password; [`Error::Invalid`] on `q` or `sort`.
    pub async fn list_numbered(&self, actor: &Actor, query: &NumberedQuery) -> Result<Numbered<AccessTokenSummary>> {
        let user = self.owner(actor).await?;
        let page = db::access_tokens::list_numbered(self.db.reader(), user, query).await?;
        let names = self.project_names(actor, &page.items).await?;
        Ok(page.map(|token| self.summary(token, &names)))
    }

    /// Creates a token of the actor's own.
    ///
    /// # Errors
    /// [`Error::AccountNeeded`] for whoever is not a person with their own password: a token makes no tokens;
    /// [`Error::AccessTokenNameTaken`]; [`Error::Invalid`] on `name`, on `projects` for one that the person may not know of, for
    /// none and for too many, on `lifetime`.
    pub async fn create(&self, actor: &Actor, token: &NewAccessToken) -> Result<CreatedToken> {
        let user = self.owner(actor).await?;
        let secret = TokenKind::AccessToken.generate()?;
        let now = self.now();
        let row = NewRow {
            user,
            name: name(&token.name)?,
            secret_hash: tokens::hash(secret.expose()),
            scope: TokenScope { level: token.level, projects: self.projects(actor, token).await? },
            expires_at: end_of(token.lifetime, now)?,
            created_at: now,
        };
        let expires_at = row.expires_at.map(db::from_micros);
        let event = audit::Event::new(actor, "access_token.create", row.name.as_str())
            .with(serde_json::json!({ "level": token.level, "projects": token.projects }));
        let id = self
            .db
            .write((row, event), |txn, (row, event)| {
                Box::pin(async move {
                    let id = db::access_tokens::insert(txn, row).await?;
                    audit::record(txn, event, row.created_at).await?;
                    Ok(id)
                })
            })
            .await?;
        Ok(CreatedToken { id, owner: actor.name().to_owned(), secret, expires_at })
    }

    /// Ends a token of the actor's own at once; `false` where there is none, as one of somebody else is left alone.
    ///
    /// # Errors
    /// [`Error::AccountNeeded`] for whoever is not a person with their own password; but a token may end itself.
    pub async fn revoke(&self, actor: &Actor, token: AccessTokenId) -> Result<bool> {
        let user = match *actor.subject() {
            Subject::AccessToken(own, _) if own == token && actor.grants().is_none() => {
                self.access.person(actor).await?
            }
            _ => self.owner(actor).await?,
        };
        self.end(user, token, audit::Event::new(actor, "access_token.revoke", "")).await
    }

    /// Ends somebody's token at once: it has leaked, or its owner is not there to do it; `false` where there is none, as one of
    /// anybody else is left alone.
    ///
    /// # Errors
    /// [`Error::AdministratorsOnly`], [`Error::UserNotFound`].
    pub async fn revoke_of(&self, actor: &Actor, user: UserId, token: AccessTokenId) -> Result<bool> {
        self.access.administrator(actor).await?;
        let owner = db::users::find_by_id(self.db.reader(), user).await?;
        let owner = owner.ok_or_else(|| Error::UserNotFound { name: user.0.to_string() })?;
        let event = audit::Event::new(actor, "access_token.revoke", "");
        self.end(user, token, event.with(serde_json::json!({ "owner": owner.username }))).await
    }

    /// Ends a token; the event is given its name.
    async fn end(&self, user: UserId, token: AccessTokenId, event: audit::Event) -> Result<bool> {
        let ended = self
            .db
            .write((token, user, event, self.now()), |txn, (token, user, event, now)| {
                Box::pin(async move {
                    let Some(name) = db::access_tokens::revoke(txn, *token, *user, *now).await? else {
                        return Ok(false);
                    };
                    let mut event = event.clone();
                    event.rename(name);
                    audit::record(txn, &event, *now).await?;
                    Ok(true)
                })
            })
            .await?;
        self.access.forget();
        Ok(ended)
    }

    /// The actor's own tokens that end within two weeks or ended in the last two, first come first.
    pub(crate) async fn expiring(&self, actor: &Actor) -> Result<Vec<ExpiringCredential>> {
        let Ok(user) = self.owner(actor).await else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let around = (db::micros(now - WARNING), db::micros(now + WARNING));
        let rows = db::access_tokens::list_expiring(self.db.reader(), user, around, EXPIRING).await?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let expires_at = db::from_micros(row.expires_at);
                let (id, name, expired) = (row.id, row.name, expires_at <= now);
                ExpiringCredential { id, name, kind: CredentialKind::AccessToken, expires_at, expired }
            })
            .collect())
    }

    /// The person, who shows their own credentials and not a token.
    async fn owner(&self, actor: &Actor) -> Result<UserId> {
        if !matches!(actor.subject(), Subject::User(_)) || actor.grants().is_some() {
            return Err(Error::AccountNeeded);
        }
        self.access.person(actor).await
    }

    /// The projects that a token is narrowed to, by id.
    async fn projects(&self, actor: &Actor, token: &NewAccessToken) -> Result<Option<Arc<[i64]>>> {
        let Some(names) = &token.projects else { return Ok(None) };
        let refuse = |code, message: String| Err(Error::Invalid { field: "projects", code, message });
        if names.is_empty() {
            return refuse("projects_empty", "name at least one project, or choose all".to_owned());
        }
        if names.len() > MAX_PROJECTS {
            return refuse("projects_many", format!("name at most {MAX_PROJECTS} projects, or choose all"));
        }
        let mut projects = BTreeSet::new();
        for name in names {
            let unknown = || refuse("project_unknown", format!("project {name} does not exist"));
            let Ok(name) = name.parse::<ProjectName>() else { return unknown() };
            match self.access.project(actor, &name, may::Pull).await {
                Ok(project) => projects.insert(project.id().0),
                Err(Error::ProjectNotFound { .. }) => return unknown(),
                Err(error) => return Err(error),
            };
        }
        Ok(Some(projects.into_iter().collect()))
    }

    /// The present names of the projects of tokens, as far as their owner may know them.
    async fn project_names(&self, actor: &Actor, tokens: &[AccessToken]) -> Result<HashMap<i64, String>> {
        let ids: BTreeSet<i64> = tokens
            .iter()
            .filter_map(|token| token.scope.projects.as_ref())
            .flat_map(|ids| ids.iter().copied())
            .collect();
        let ids: Vec<i64> = ids.into_iter().collect();
        let mut names = db::projects::names(self.db.reader(), &ids).await?;
        let mut hidden = Vec::new();
        for (id, name) in &names {
            let known = match name.parse::<ProjectName>() {
                Ok(name) => self.access.project(actor, &name, may::Pull).await.is_ok(),
                Err(_) => false,
            };
            if !known {
                hidden.push(*id);
            }
        }
        names.retain(|id, _| !hidden.contains(id));
        Ok(names)
    }

    fn summary(&self, token: AccessToken, names: &HashMap<i64, String>) -> AccessTokenSummary {
        let projects = token.scope.projects.map(|ids| {
            let mut names: Vec<_> = ids.iter().filter_map(|id| names.get(id).cloned()).collect();
            names.sort();
            names
        });
        AccessTokenSummary {
            id: token.id.0,
            name: token.name,
            level: token.scope.level,
            projects,
            state: lifetimes::state(false, token.expires_at, self.clock.now()),
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            last_used_from: token.last_used_from,
            created_at: token.created_at,
        }
    }

    fn now(&self) -> i64 {
        db::micros(self.clock.now())
    }
}

fn name(text: &str) -> Result<String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME {
        return Err(Error::Invalid {
            field: "name",
            code: "token_name_length",
            message: format!("a token needs a name of at most {MAX_NAME} characters"),
        });
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests;
