//! Audit, jobs and settings.

use super::{big, big_null, count, flag, id, index, small, table, text, text_null, text_or_empty};
use sea_orm_migration::prelude::*;

pub(super) fn tables() -> Vec<TableCreateStatement> {
    vec![
        // Names are kept as they were: an event outlives what it speaks of. `details` is JSON. What happens often is gathered: it
        // happened `times` times, the first time `at`, the last time `last_at`.
        table(
            "audit_events",
            [
                id(),
                big("at"),
                small("actor_kind"),
                big_null("actor_id"),
                text("actor_name"),
                text("action"),
                text("result"),
                big_null("project_id"),
                text_or_empty("resource"),
                text_null("address"),
                text_null("request_id"),
                text("details"),
                ColumnDef::new("times").big_integer().not_null().default(1).take(),
                big_null("last_at"),
            ],
        ),
        // A lease has a fencing token that grows with each holder; payload, progress and log are JSON. `cancelled_at` asks the
        // holder to stop. `project_id` is 0 for what is about no project, as no two NULLs are one for a unique index.
        table(
            "jobs",
            [
                id(),
                text("kind"),
                text("state"),
                text("payload"),
                text("progress"),
                text("log"),
                text("requested_by"),
                count("project_id"),
                flag("dry_run"),
                count("attempts"),
                text_null("lease_owner"),
                big_null("lease_until"),
                count("fence"),
                text_null("error"),
                big_null("cancelled_at"),
                big("run_at"),
                big("created_at"),
                big_null("started_at"),
                big_null("finished_at"),
            ],
        ),
        // What the last check of the store found, and what pulls have found since (`by_pull`). `tags` is JSON, of the repository;
        // `tag_count` may be more than that.
        table(
            "damages",
            [
                id(),
                text("kind"),
                text("subject"),
                big_null("blob_id"),
                big_null("manifest_id"),
                big_null("repository_id"),
                text_or_empty("repository"),
                text("tags"),
                count("tag_count"),
                big("at"),
                flag("by_pull"),
            ],
        ),
        // Copies of the database: those that are kept, those that are being made (no `finished_at`), and those that somebody took
        // away. What they name is not collected until they are removed here, or until `held_until`.
        table(
            "backups",
            [
                id(),
                text("name"),
                text("place"),
                big("begun_at"),
                big_null("finished_at"),
                big_null("held_until"),
                count("row_count"),
                count("size"),
            ],
        ),
        table("settings", [text("key").primary_key().take(), text("value"), big("updated_at")]),
    ]
}

pub(super) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        index("audit_events_at", "audit_events", &["at", "id"]),
        index("audit_events_project", "audit_events", &["project_id", "at", "id"]),
        index("audit_events_actor", "audit_events", &["actor_name", "at", "id"]),
        index("audit_events_action", "audit_events", &["action", "at", "id"]),
        index("audit_events_resource", "audit_events", &["resource"]),
        index("damages_subject", "damages", &["subject"]),
        index("jobs_state", "jobs", &["state", "run_at"]),
        index("jobs_kind", "jobs", &["kind", "project_id", "id"]),
    ]
}
