//! Repositories, blobs, manifests, labels, tags and uploads.

use super::{
    big, big_null, bytes, count, flag, holds, id, index, owned_by, primary_key, small, table, text, text_null,
    text_or_empty, unique,
};
use sea_orm_migration::prelude::*;

#[expect(clippy::too_many_lines, reason = "a list of tables reads best in one place")]
pub(super) fn tables() -> Vec<TableCreateStatement> {
    vec![
        // `path` is the name after the project's. Counts and sums are kept in the transaction that changes them;
        // `tagged_size` is what a pull of every tag would move.
        table(
            "repositories",
            [
                id(),
                big("project_id"),
                text("path"),
                text_or_empty("description"),
                count("tag_count"),
                count("tagged_size"),
                count("manifest_count"),
                count("storage_used"),
                count("pull_count"),
                big_null("last_pushed_at"),
                big_null("last_pulled_at"),
                big("created_at"),
            ],
        )
        .foreign_key(&mut owned_by("project_id", "projects"))
        .take(),
        // `state` is `live`, `damaged` or `deleting`; the digest of a row that is not live counts as absent. A `damaged` one is in
        // quarantine: its object is gone or not what it was, and who pushes the digest again gives it another. A `stray` is an
        // object that had no row: it takes the location until nobody can come late to give it one.
        // `link_count` counts repositories that link the blob; `garbage_since` is when collection first found none, where it has
        // to keep the blob for the sake of a backup.
        table(
            "blobs",
            [
                id(),
                text("digest"),
                big("size"),
                text("location"),
                text("state"),
                count("link_count"),
                big_null("garbage_since"),
                big("created_at"),
            ],
        ),
        // The right to read a blob through a repository, and the lease that protects a push: below 0 where a deletion has released
        // it.
        table("repository_blobs", [big("repository_id"), big("blob_id"), big("project_id"), big("leased_at")])
            .primary_key(&mut primary_key(&["repository_id", "blob_id"]))
            .foreign_key(&mut holds(&["repository_id"], "repositories", &["id"]))
            .foreign_key(&mut holds(&["blob_id"], "blobs", &["id"]))
            .take(),
        // Which distinct blobs a project links, and through how many repositories: the base of its storage. The blob's size is
        // kept here too, and where it is only one repository, which.
        table(
            "project_blobs",
            [big("project_id"), big("blob_id"), count("link_count"), big("size"), big_null("only_repository_id")],
        )
        .primary_key(&mut primary_key(&["project_id", "blob_id"]))
        .foreign_key(&mut owned_by("project_id", "projects"))
        .foreign_key(&mut holds(&["blob_id"], "blobs", &["id"]))
        .take(),
        // `content_size` is the manifest's own length, `size` what a pull moves. One that is `damaged` counts as absent until it is
        // pushed again: its content is not what it was, or names what is not there any more. `platforms` is JSON:
        // `[{"os","architecture","variant"}]`. `kind` is a word of the API (`image`, `index`, `helm_chart`, …).
        table(
            "manifests",
            [
                id(),
                big("repository_id"),
                text("digest"),
                text("media_type"),
                text("kind"),
                text_null("artifact_type"),
                text_null("config_media_type"),
                text_null("config_digest"),
                text_null("subject_digest"),
                text("platforms"),
                text("annotations"),
                big("size"),
                big("content_size"),
                bytes("content"),
                flag("is_child"),
                flag("damaged"),
                flag("has_signature"),
                flag("has_sbom"),
                flag("has_provenance"),
                small("pushed_by_kind"),
                big_null("pushed_by_id"),
                text("pushed_by_name"),
                big("pushed_at"),
                count("pull_count"),
                big_null("last_pulled_at"),
            ],
        )
        .foreign_key(&mut holds(&["repository_id"], "repositories", &["id"]))
        .take(),
        // What artifacts can be marked with: in one project, or everywhere where there is none. `color` is `#rrggbb`, or empty.
        table(
            "labels",
            [
                id(),
                big_null("project_id"),
                text("name"),
                text_or_empty("description"),
                text_or_empty("color"),
                big("created_at"),
                big("updated_at"),
            ],
        )
        .foreign_key(&mut owned_by("project_id", "projects"))
        .take(),
        table("artifact_labels", [big("manifest_id"), big("label_id"), big("created_at")])
            .primary_key(&mut primary_key(&["manifest_id", "label_id"]))
            .foreign_key(&mut owned_by("manifest_id", "manifests"))
            .foreign_key(&mut owned_by("label_id", "labels"))
            .take(),
        // What a manifest names: blobs through the repository's own link, children as manifests of the repository.
        // `kind` is `config`, `layer` or `child`. A child that a person deleted leaves its digest and no id.
        table(
            "manifest_references",
            [
                big("manifest_id"),
                big("position"),
                text("kind"),
                text("digest"),
                big("repository_id"),
                big_null("blob_id"),
                big_null("child_id"),
            ],
        )
        .primary_key(&mut primary_key(&["manifest_id", "position"]))
        .foreign_key(&mut owned_by("manifest_id", "manifests"))
        .foreign_key(&mut holds(&["repository_id", "blob_id"], "repository_blobs", &["repository_id", "blob_id"]))
        .foreign_key(
            &mut ForeignKey::create()
                .from_col("child_id")
                .to_tbl("manifests")
                .to_col("id")
                .on_delete(ForeignKeyAction::SetNull)
                .take(),
        )
        .take(),
        // `version_key` sorts versions naturally.
        table(
            "tags",
            [
                id(),
                big("repository_id"),
                text("name"),
                text("version_key"),
                big("manifest_id"),
                small("pushed_by_kind"),
                big_null("pushed_by_id"),
                text("pushed_by_name"),
                big("pushed_at"),
                count("pull_count"),
                big_null("last_pulled_at"),
            ],
        )
        .foreign_key(&mut holds(&["repository_id"], "repositories", &["id"]))
        .foreign_key(&mut holds(&["manifest_id"], "manifests", &["id"]))
        .take(),
        // Every move of a tag: `digest` is absent when it was deleted, `previous_digest` when it was new.
        table(
            "tag_events",
            [
                id(),
                big("project_id"),
                big("repository_id"),
                text("tag"),
                text_null("digest"),
                text_null("previous_digest"),
                small("actor_kind"),
                big_null("actor_id"),
                text("actor_name"),
                big("at"),
            ],
        )
        .foreign_key(&mut owned_by("repository_id", "repositories"))
        .take(),
        // What was deleted and can be restored until `expires_at`: tags, artifacts with their tags, or a whole repository or project,
        // which stays under a path or name that is none. `name` says for people what it is, and is a project's; `path` is the
        // repository's, and `public` whether the project was.
        table(
            "trash",
            [
                id(),
                big("project_id"),
                big_null("repository_id"),
                text("kind"),
                text("path"),
                text("name"),
                flag("public"),
                count("tags"),
                count("artifacts"),
                small("deleted_by_kind"),
                big_null("deleted_by_id"),
                text("deleted_by_name"),
                big_null("last_pushed_at"),
                big("deleted_at"),
                big("expires_at"),
            ],
        )
        .foreign_key(&mut owned_by("project_id", "projects"))
        .foreign_key(&mut holds(&["repository_id"], "repositories", &["id"]))
        .take(),
        table("trash_tags", [big("trash_id"), text("name"), text("digest")])
            .primary_key(&mut primary_key(&["trash_id", "name"]))
            .foreign_key(&mut owned_by("trash_id", "trash"))
            .take(),
        // The columns that do not follow from the content, or cost a look into the store.
        table(
            "trash_manifests",
            [
                big("trash_id"),
                text("digest"),
                text("media_type"),
                text("platforms"),
                bytes("content"),
                small("pushed_by_kind"),
                big_null("pushed_by_id"),
                text("pushed_by_name"),
                big("pushed_at"),
                count("pull_count"),
                big_null("last_pulled_at"),
            ],
        )
        .primary_key(&mut primary_key(&["trash_id", "digest"]))
        .foreign_key(&mut owned_by("trash_id", "trash"))
        .take(),
        // What a deleted manifest was marked with. A label that is deleted meanwhile does not come back.
        table("trash_labels", [big("trash_id"), text("digest"), big("label_id")])
            .primary_key(&mut primary_key(&["trash_id", "digest", "label_id"]))
            .foreign_key(&mut owned_by("trash_id", "trash"))
            .foreign_key(&mut owned_by("label_id", "labels"))
            .take(),
        // What keeps the blobs of deleted manifests from being collected.
        table("trash_blobs", [big("trash_id"), big("repository_id"), big("blob_id")])
            .primary_key(&mut primary_key(&["repository_id", "blob_id", "trash_id"]))
            .foreign_key(&mut owned_by("trash_id", "trash"))
            .foreign_key(&mut holds(&["repository_id", "blob_id"], "repository_blobs", &["repository_id", "blob_id"]))
            .take(),
        // `version` is the optimistic lock; `hash_state` and `store_state` let any process go on at `stored`.
        table(
            "uploads",
            [
                text("id").primary_key().take(),
                big("repository_id"),
                text("algorithm"),
                big("stored"),
                ColumnDef::new("hash_state").blob().null().take(),
                ColumnDef::new("store_state").blob().null().take(),
                ColumnDef::new("held").blob().null().take(),
                big("version"),
                small("created_by_kind"),
                big_null("created_by_id"),
                big("created_at"),
                big("touched_at"),
            ],
        )
        .foreign_key(&mut holds(&["repository_id"], "repositories", &["id"]))
        .take(),
        // Manifests pushed and pulled on a day (days since 1970, UTC).
        table("traffic_days", [big("repository_id"), big("day"), big("project_id"), count("pushes"), count("pulls")])
            .primary_key(&mut primary_key(&["repository_id", "day"]))
            .foreign_key(&mut owned_by("repository_id", "repositories"))
            .take(),
    ]
}

pub(super) fn indexes() -> Vec<IndexCreateStatement> {
    vec![
        unique("repositories_project_path", "repositories", &["project_id", "path"]),
        index("repositories_last_pushed", "repositories", &["project_id", "last_pushed_at", "id"]),
        index("repository_blobs_blob", "repository_blobs", &["blob_id", "project_id"]),
        index("project_blobs_blob", "project_blobs", &["blob_id"]),
        index("project_blobs_only", "project_blobs", &["project_id", "only_repository_id", "size"]),
        index("blobs_state", "blobs", &["state", "link_count", "id"]),
        unique("blobs_location", "blobs", &["location"]),
        unique("manifests_repository_digest", "manifests", &["repository_id", "digest"]),
        index("manifests_repository_pushed", "manifests", &["repository_id", "pushed_at", "id"]),
        index("manifests_repository_size", "manifests", &["repository_id", "size", "id"]),
        index("manifests_repository_kind", "manifests", &["repository_id", "kind", "pushed_at", "id"]),
        index("manifests_digest", "manifests", &["digest"]),
        index("manifests_subject", "manifests", &["repository_id", "subject_digest", "id"]),
        index("manifest_references_blob", "manifest_references", &["repository_id", "blob_id"]),
        index("manifest_references_child", "manifest_references", &["child_id"]),
        index("labels_project", "labels", &["project_id", "name"]),
        index("artifact_labels_label", "artifact_labels", &["label_id"]),
        index("trash_labels_label", "trash_labels", &["label_id"]),
        unique("tags_repository_name", "tags", &["repository_id", "name"]),
        index("tags_repository_pushed", "tags", &["repository_id", "pushed_at", "id"]),
        index("tags_repository_version", "tags", &["repository_id", "version_key", "name"]),
        index("tags_manifest", "tags", &["manifest_id"]),
        index("tags_name", "tags", &["name"]),
        index("tag_events_tag", "tag_events", &["repository_id", "tag", "id"]),
        index("tag_events_project", "tag_events", &["project_id", "id"]),
        index("trash_project", "trash", &["project_id", "id"]),
        index("trash_repository", "trash", &["repository_id"]),
        index("trash_expires", "trash", &["expires_at"]),
        index("trash_blobs_trash", "trash_blobs", &["trash_id"]),
        index("uploads_touched", "uploads", &["touched_at"]),
        index("uploads_repository", "uploads", &["repository_id"]),
        index("traffic_days_day", "traffic_days", &["day", "project_id"]),
    ]
}
