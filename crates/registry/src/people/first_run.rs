//! What the first start creates: an administrator and a public project.

use super::{
    ADMIN, DEFAULT_ADMIN_PASSWORD,
    passwords::{MAX_INPUT, Passwords},
    policy::SHORTEST_MIN_LENGTH,
};
use crate::{
    Actor, Error, Options, Result, Secret,
    access::ProjectId,
    db::{
        self, Db, audit,
        projects::NewRow,
        users::{NewUser, none_exists},
    },
    settings::FIRST_START,
};

/// The public project that exists from the start.
pub(crate) const LIBRARY: &str = "library";

/// Creates user `admin` and project `library` if nobody exists. Idempotent, also when several processes start at once.
///
/// # Errors
/// [`Error::Invalid`] on `admin_password` if the operator's password is shorter than 8 characters or longer than 1 KiB; the policy
/// does not ask more of an operator.
pub(crate) async fn run(db: &Db, passwords: &Passwords, options: &Options, now: i64) -> Result<()> {
    if !none_exists(db.reader()).await? {
        return Ok(());
    }
    let chosen = options.admin_password.as_ref();
    if let Some(password) = chosen
        && (password.expose().chars().count() < SHORTEST_MIN_LENGTH as usize || password.expose().len() > MAX_INPUT)
    {
        return Err(Error::Invalid {
            field: "admin_password",
            code: "admin_password_length",
            message: format!(
                "the first administrator's password needs {SHORTEST_MIN_LENGTH} characters to {MAX_INPUT} bytes"
            ),
        });
    }
    let is_default = chosen.is_none_or(|password| password.expose() == DEFAULT_ADMIN_PASSWORD);
    let default = Secret::new(DEFAULT_ADMIN_PASSWORD.to_owned());
    let user = NewUser {
        username: ADMIN.to_owned(),
        password_hash: Some(passwords.hash(chosen.unwrap_or(&default)).await?),
        password_version: i64::from(!is_default),
        must_change_password: is_default,
        is_admin: true,
        created_at: now,
        ..NewUser::default()
    };
    db.write(user, |txn, user| {
        Box::pin(async move {
            // Another process may have been quicker.
            db::locks::name(txn, "start", ADMIN).await?;
            if !none_exists(txn).await? {
                return Ok(());
            }
            let now = user.created_at;
            db::users::insert(txn, user).await?;
            let project = NewRow { name: LIBRARY.to_owned(), public: true, created_at: now, ..NewRow::default() };
            let project: ProjectId = db::projects::insert(txn, &project).await?;
            db::settings::set_if_absent(txn, FIRST_START, &now.to_string(), now).await?;
            let system = Actor::system();
            audit::record(txn, &audit::Event::new(&system, "user.create", ADMIN), now).await?;
            let created = audit::Event::new(&system, "project.create", LIBRARY).in_project(project);
            audit::record(txn, &created, now).await
        })
    })
    .await
}
