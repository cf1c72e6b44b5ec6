//! People, robots, access tokens, sessions, projects and members.

use super::{
    big, big_null, bytes, bytes_null, count, flag, id, index, owned_by, small, small_null, table, text, text_null,
    text_or_empty, unique,
};
use sea_orm_migration::prelude::*;

#[expect(clippy::too_many_lines, reason = "a list of tables reads best in one place")]
pub(super) fn tables() -> Vec<TableCreateStatement> {
    vec![
        // `password_version` counts changes: what was remembered of an older password is void. `link_hash` is the SHA-256 of the
        // key of a one-time link, with which the person chooses a password until `link_expires_at`.
        table(
            "users",
            [
                id(),
                text("username"),
                text_or_empty("display_name"),
                text_null("email"),
                text_null("password_hash"),
                count("password_version"),
                big_null("password_changed_at"),
                flag("must_change_password"),
                bytes_null("link_hash"),
                big_null("link_expires_at"),
                flag("is_admin"),
                big_null("disabled_at"),
                big_null("checklist_dismissed_at"),
                big_null("last_sign_in_at"),
                big("created_at"),
            ],
        ),
        // `deleted_at`: out of sight under a name that is none, while what it holds is being removed.
        // `protection` is JSON: the rules that protect tags, and the last number that one had; empty where there never was one.
        // `retention` is the same of the rules that say which tags stay, with the schedule of which `retention_at` is the next time.
        // Who created it is kept as they were called then: the name outlives the account.
        table(
            "projects",
            [
                id(),
                text("name"),
                flag("public"),
                text_or_empty("description"),
                big_null("storage_quota"),
                count("storage_used"),
                count("repository_count"),
                big_null("last_pushed_at"),
                big_null("created_by"),
                text_null("created_by_name"),
                big("created_at"),
                big("updated_at"),
                big_null("deleted_at"),
                text_or_empty("protection"),
                text_or_empty("retention"),
                big_null("retention_at"),
            ],
        ),
        // Names that projects had before; each leads to its project until a project takes it.
        table("project_aliases", [text("name").primary_key().take(), big("project_id"), big("created_at")])
            .foreign_key(&mut owned_by("project_id", "projects"))
            .take(),
        // `role` has Harbor's numbers: 1 project admin, 2 developer, 3 guest, 4 maintainer, 5 limited guest.
        // Who added somebody is kept as they were called then.
        table(
            "members",
            [
                id(),
                big("project_id"),
                big("user_id"),
                small("role"),
                big("created_at"),
                small_null("added_by_kind"),
                big_null("added_by_id"),
                text_null("added_by_name"),
            ],
        )
        .foreign_key(&mut owned_by("project_id", "projects"))
        .foreign_key(&mut owned_by("user_id", "users"))
        .take(),
        // `permissions` is JSON: the words that were given (`tag:list`), by project. A robot without a project belongs to the
        // system.
        // `previous_secret_hash` works until `previous_until`, so that a rotation breaks no pipeline; `rotated_at` is that of
        // the present secret, absent while it is the first one. Who created it is kept as with projects.
        table(
            "robots",
            [
                id(),
                big_null("project_id"),
                text("name"),
                text_or_empty("description"),
                bytes("secret_hash"),
                bytes_null("previous_secret_hash"),
                big_null("previous_until"),
                big_null("rotated_at"),
                text("permissions"),
                big_null("expires_at"),
                big_null("disabled_at"),
                big_null("last_used_at"),
                text_null("last_used_from"),
                big_null("created_by"),
                text_null("created_by_name"),
                big("created_at"),
            ],
        )
        .foreign_key(&mut owned_by("project_id", "projects"))
        .take(),
        // `scope` is JSON: what of the person's rights the token has.
        table(
            "access_tokens",
            [
                id(),
                big("user_id"),
                text("name"),
                bytes("secret_hash"),
                text("scope"),
                big_null("expires_at"),
                big_null("revoked_at"),
                big_null("last_used_at"),
                text_null("last_used_from"),
                big("created_at"),
            ],
        )
        .foreign_key(&mut owned_by("user_id", "users"))
        .take(),
        table(
            "sessions",
            [
                id(),
                bytes("id_hash"),
                big_null("user_id"),
                bytes("data"),
                text_null("address"),
                text_null("user_agent"),
                big("created_at"),
                big("last_seen_at"),
                big("expires_at"),
            ],
        )
        .foreign_key(&mut owned_by("user_id", "users"))
        .take(),
        // `key` is `account:<name>` or `address:<prefix>`.
        table(
            "sign_in_attempts",
            [text("key").primary_key().take(), count("failures"), big("next_allowed_at"), big("updated_at")],
        ),
    ]
}

pub(super) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("users_username", "users", &["username"]),
        unique("users_link", "users", &["link_hash"]),
        unique("projects_name", "projects", &["name"]),
        index("project_aliases_project", "project_aliases", &["project_id"]),
        index("projects_retention_at", "projects", &["retention_at"]),
        index("projects_deleted", "projects", &["deleted_at"]),
        index("projects_last_pushed", "projects", &["last_pushed_at", "id"]),
        unique("members_project_user", "members", &["project_id", "user_id"]),
        index("members_user", "members", &["user_id"]),
        unique("robots_secret", "robots", &["secret_hash"]),
        unique("robots_project_name", "robots", &["project_id", "name"]),
        index("robots_expires", "robots", &["expires_at"]),
        unique("access_tokens_secret", "access_tokens", &["secret_hash"]),
        index("access_tokens_user", "access_tokens", &["user_id"]),
        unique("sessions_id_hash", "sessions", &["id_hash"]),
        index("sessions_user", "sessions", &["user_id"]),
        index("sessions_expires", "sessions", &["expires_at"]),
        index("sign_in_attempts_updated", "sign_in_attempts", &["updated_at"]),
    ]
}
