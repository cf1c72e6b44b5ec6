//! The domain of the registry: who may do what, and push, pull, tag, delete, projects, people, sessions.
//!
//! One struct per aggregate holds the methods of its noun; each method takes the [`Actor`] first and reads
//! *authorize, load, decide, write in one transaction, return plain data*. Nothing here knows HTTP, and nothing outside
//! the private `db` module knows sea-orm. Sizes are bytes, times are UTC.
//!
//! To add a noun: a migration, `db/<noun>.rs` with its statements, a service file here, a field of [`Registry`].

pub mod access;
pub mod audit;
pub mod backup;
pub mod clock;
pub mod content;
pub mod database;
mod db;
pub mod error;
mod freshness;
pub mod jobs;
pub mod labels;
pub mod maintenance;
pub mod numbered;
pub mod overview;
pub mod people;
pub mod projects;
pub mod rules;
pub mod search;
pub mod secret;
pub mod settings;
pub mod system;
#[cfg(test)]
mod testing;

pub use access::{Access, Actor, Grant, Origin, Permission, Subject};
pub use clock::{Clock, SystemClock};
pub use database::{Database, Postgres};
pub use error::{Error, Result};
pub use secret::Secret;

use blobstore::BlobStore;
use content::Content;
use db::Db;
use people::{first_run, passwords::Passwords};
use std::{sync::Arc, time::Duration};

/// How a registry is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the metadata is.
    pub database: Database,
    /// The first administrator's password; [`people::DEFAULT_ADMIN_PASSWORD`] where absent. Only read when no user exists.
    pub admin_password: Option<Secret<String>>,
    /// Shortest password that the policy accepts, at least 8.
    pub password_min_length: u32,
    /// How long an upload may rest before it is removed.
    pub upload_expiry: Duration,
    /// How long collection leaves a link that no manifest names to the client that is about to name it. Zero is safe: clients
    /// may only have to push something again.
    pub link_grace: Duration,
    /// How long what is deleted can be restored; nothing can where it is zero.
    pub trash_time: Duration,
    /// Bytes a second that a deep check reads; as many as there are where it is 0.
    pub read_rate: u64,
    /// Where copies of the database go.
    pub backups: backup::Plan,
    /// Manifests kept in memory by digest, in bytes.
    pub manifest_cache: u64,
}

/// Everything the registry does, one field per noun. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Registry {
    /// Who may do what.
    pub access: Access,
    /// Checks passwords, robots' secrets and access tokens.
    pub sign_in: people::SignIn,
    /// Browser sessions.
    pub sessions: people::Sessions,
    /// Accounts and their passwords.
    pub people: people::People,
    /// People's access tokens.
    pub access_tokens: people::AccessTokens,
    /// Robots.
    pub robots: people::Robots,
    /// Projects.
    pub projects: projects::Projects,
    /// Who is in a project.
    pub members: projects::Members,
    /// Tags that nobody can overwrite or delete.
    pub protection: rules::ProtectionRules,
    /// What artifacts are marked with.
    pub labels: labels::Labels,
    /// Which tags stay.
    pub retention: content::RetentionRules,
    /// Repositories and the catalog.
    pub repositories: content::Repositories,
    /// Tags.
    pub tags: content::Tags,
    /// Manifests and referrers.
    pub manifests: content::Manifests,
    /// Blobs: stat, read, mount, delete.
    pub blobs: content::Blobs,
    /// What was deleted and can be restored.
    pub trash: content::Trash,
    /// Who holds how much.
    pub storage: content::Storage,
    /// What the last check of the store found.
    pub damages: content::Damages,
    /// Uploads of blobs.
    pub uploads: content::Uploads,
    /// Artifacts as the console shows them.
    pub artifacts: content::Artifacts,
    /// The first page.
    pub overview: overview::OverviewService,
    /// The audit log.
    pub audit: audit::Audit,
    /// Everything that has a name.
    pub search: search::Search,
    /// Settings in the database.
    pub settings: settings::Settings,
    /// The installation itself.
    pub system: system::System,
    /// Copies of the database.
    pub backups: backup::Backups,
    /// Work that runs beside requests.
    pub maintenance: maintenance::Maintenance,
    /// Long work that one process does for all.
    pub jobs: jobs::Jobs,
    content: Content,
}

impl Registry {
    /// Connects, migrates, and on the first start creates user `admin` and the public project `library`.
    ///
    /// # Errors
    /// [`Error::Database`] if the database cannot be opened or migrated, [`Error::Store`] if the store does not answer,
    /// [`Error::Invalid`] if the operator's password for `admin` is too short.
    pub async fn open(options: Options, store: Arc<dyn BlobStore>, clock: Arc<dyn Clock>) -> Result<Self> {
        let mut copied = None;
        let keep = Box::pin(async {
            copied = Some(backup::keep_before_migration(&options.database, &options.backups, clock.now()).await?);
            Ok(())
        });
        let db = Db::open_keeping(&options.database, keep).await?;
        let passwords = Passwords::new();
        first_run::run(&db, &passwords, &options, db::micros(clock.now())).await?;
        let access = Access::new(db.clone(), Arc::clone(&clock));
        let ground = || (db.clone(), access.clone(), Arc::clone(&clock));
        let uses = people::uses::Uses::default();
        let settings = settings::Settings::new(ground());
        let gathered = audit::gathered::Gathered::default();
        let people = people::People::new(
            ground(),
            passwords.clone(),
            settings.clone(),
            gathered.clone(),
            options.password_min_length,
        );
        let robots = people::Robots::new(ground());
        let projects = projects::Projects::new(ground(), robots.clone(), settings.clone(), options.trash_time);
        let access_tokens = people::AccessTokens::new(ground());
        let sessions = people::Sessions::new(ground());
        let audit = audit::Audit::new(ground(), settings.clone());
        let content = Content::new(ground(), store, gathered.clone(), &options);
        content.follow().await?;
        let backups = backup::Backups::new(content.clone(), options.database.clone(), options.backups.clone());
        // The copy is there and the database is migrated: nothing is worth ending the start for.
        if let Some(copy) = copied
            && let Err(error) = backups.adopt(copy).await
        {
            tracing::error!(error = &error as &dyn std::error::Error, "a copy from before the migration is not listed");
        }
        let jobs = jobs::Jobs::new(content.clone(), backups.clone(), options.link_grace, options.read_rate);
        Ok(Self {
            sign_in: people::SignIn::new(ground(), passwords, uses.clone(), gathered)?,
            overview: overview::OverviewService::new(
                ground(),
                people.clone(),
                projects.clone(),
                settings.clone(),
                (robots.clone(), access_tokens.clone()),
            ),
            members: projects::Members::new(ground()),
            protection: rules::ProtectionRules::new(ground()),
            labels: labels::Labels::new(ground()),
            repositories: content::Repositories::new(content.clone()),
            tags: content::Tags::new(content.clone()),
            manifests: content::Manifests::new(content.clone()),
            blobs: content::Blobs::new(content.clone()),
            damages: content::Damages::new(content.clone()),
            uploads: content::Uploads::new(content.clone()),
            trash: content::Trash::new(content.clone()),
            storage: content::Storage::new(content.clone()),
            artifacts: content::Artifacts::new(content.clone()),
            system: system::System::new(ground(), content.clone()),
            backups,
            retention: content::RetentionRules::new(content.clone(), jobs.clone()),
            jobs,
            maintenance: maintenance::Maintenance::new(
                content.clone(),
                sessions.clone(),
                projects.clone(),
                (uses, audit.clone()),
            ),
            audit,
            search: search::Search::new(ground()),
            access,
            access_tokens,
            people,
            projects,
            robots,
            sessions,
            settings,
            content,
        })
    }

    /// Whether database and store answer; for `/readyz`.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Store`], or [`Error::StorageFull`] if nothing more can be stored.
    pub async fn probe(&self) -> Result<()> {
        self.content.db.probe().await?;
        content::stored(self.content.store.probe().await)
    }
}

/// What most services stand on: the metadata, who may do what, and the time.
pub(crate) type Ground = (Db, Access, Arc<dyn Clock>);
