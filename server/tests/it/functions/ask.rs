//! What is sent for each server function.

use super::world::Things;

/// Where something is asked for: in `own`, private, everybody has the role of their column; `open` is public, and in it and in
/// `foreign`, which is private, only the system administrator has rights; `missing` does not exist.
pub const PLACES: [&str; 4] = ["own", "open", "foreign", "missing"];

/// The fields of a call.
pub struct Ask(pub Fields);

/// Functions that are about no project.
const WITHOUT_PLACE: &[&str] = &[
    "accept_link",
    "access_tokens",
    "background/backups",
    "background/fsck",
    "background/jobs",
    "cancel_job",
    "change_password",
    "change_person",
    "check_connection",
    "check_password",
    "check_project_name",
    "create_access_token",
    "create_project",
    "deleted_projects",
    "dismiss_checklist",
    "end_other_sessions",
    "end_session",
    "get_overview",
    "get_system",
    "invite_person",
    "job",
    "link_owner",
    "list_people",
    "list_projects",
    "person",
    "profile",
    "register",
    "registration",
    "request_backup",
    "request_collection",
    "request_fsck",
    "reset_person",
    "revoke_access_token",
    "search",
    "sessions",
    "set_language",
    "set_tag_columns",
    "set_theme",
    "settings",
    "sign_in",
    "sign_out",
    "update_profile",
    "update_settings",
];

impl Ask {
    /// Whether a function is about something in a project, or about a project.
    pub fn has_place(function: &str) -> bool {
        !WITHOUT_PLACE.contains(&function)
    }

    /// What is sent. It is right in every way, so that nothing but rights can be in its way, unless it would end more than it asks for.
    pub fn of(function: &str, things: &Things) -> Self {
        Self(about_no_place(function, things).unwrap_or_else(|| about_a_place(function, things)))
    }
}

type Fields = Vec<(&'static str, String)>;

fn text(key: &'static str, value: &str) -> (&'static str, String) {
    (key, value.to_owned())
}

fn id(key: &'static str, id: i64) -> (&'static str, String) {
    (key, id.to_string())
}

fn query() -> (&'static str, String) {
    text("query[filter]", "")
}

fn about_no_place(function: &str, things: &Things) -> Option<Fields> {
    let new = format!("new-{}", things.unique);
    Some(match function {
        // Nobody has this link.
        "link_owner" => vec![text("link", "none")],
        "accept_link" => vec![text("link", "none"), text("new_password", "a"), text("again", "a")],
        "access_tokens" | "list_people" | "list_projects" => vec![query()],
        "background/backups" | "background/fsck" | "background/jobs" | "request_backup" | "check_connection"
        | "deleted_projects" | "dismiss_checklist" | "end_other_sessions" | "get_overview" | "get_system"
        | "profile" | "registration" | "sessions" | "settings" | "sign_out" => Vec::new(),
        "cancel_job" | "job" => vec![id("id", things.job)],
        // Whoever may is told that these differ.
        "change_password" => vec![text("new_password", "a"), text("again", "b"), text("next", "/")],
        "change_person" => vec![id("person", things.newcomer), text("change", "disable")],
        "check_password" => vec![text("password", "a")],
        "create_access_token" => vec![("name", new), text("level", "read")],
        "check_project_name" | "create_project" => vec![("name", new)],
        "end_session" => vec![id("session", things.session)],
        "invite_person" => vec![("username", new)],
        "person" | "reset_person" => vec![id("person", things.newcomer)],
        // It is closed.
        "register" => vec![("username", new), text("new_password", "a"), text("again", "a")],
        "request_collection" => vec![text("dry_run", "true")],
        "request_fsck" => vec![text("deep", "false")],
        "revoke_access_token" => vec![id("id", things.token)],
        "search" => vec![text("text", "app")],
        "set_language" => vec![text("language", "en")],
        "set_tag_columns" => vec![text("shown[]", "digest")],
        "set_theme" => vec![text("theme", "dark")],
        // Nobody signs in by this.
        "sign_in" => vec![text("username", ""), text("password", ""), text("next", "/")],
        "update_profile" => vec![text("display_name", "")],
        "update_settings" => vec![
            text("self_registration", "false"),
            text("project_creation", "everyone"),
            text("audit_retention_days", "365"),
        ],
        _ => return None,
    })
}

fn about_a_place(function: &str, things: &Things) -> Fields {
    let new = format!("new-{}", things.unique);
    let project = || ("project", things.place.clone());
    let repository = || ("repository", format!("{}/app", things.place));
    match function {
        "activity" => vec![("query[project]", things.place.clone())],
        "add_member" => vec![project(), ("username", things.newcomer_name.clone()), text("role", "guest")],
        "add_tag" => vec![repository(), text("digest", &things.digest), ("tag", new)],
        "artifact" => {
            vec![repository(), text("reference", &things.digest), text("platform", ""), text("whole_manifest", "false")]
        }
        "artifacts" => vec![repository(), query()],
        "change_member" => vec![project(), id("member", things.member), text("role", "developer")],
        "check_new_name" => vec![project(), ("name", new)],
        "check_schedule" => vec![project(), text("cron", "0 3 * * *")],
        "create_robot" => vec![project(), ("name", new), text("may[]", "repository:pull"), text("lifetime", "1")],
        "delete_artifact" => vec![repository(), text("digest", &things.digest)],
        "delete_entries" | "restore_entries" => vec![project(), id("ids[]", things.trashed)],
        "delete_for_good" => vec![id("id", things.trashed), project()],
        "delete_label" => vec![project(), id("label", things.label)],
        "label_artifact" => vec![repository(), text("digest", &things.digest), id("labels[]", things.label)],
        "save_label" => vec![project(), id("label", things.label), ("name", new)],
        "delete_project" => vec![project(), ("confirmation", things.place.clone())],
        "delete_protection_rule" => vec![project(), id("rule", things.rule)],
        "delete_repository" | "tag_storage" => vec![repository()],
        "delete_retention_rule" => vec![project(), id("rule", things.kept)],
        "delete_robot" => vec![project(), id("id", things.robot)],
        "delete_tags" | "tag_deletion" => vec![repository(), text("tags", "tagged")],
        "describe_repository" => vec![repository(), text("description", "words")],
        "explain_rights" => vec![project(), ("person", things.newcomer_name.clone())],
        "find_people" => vec![project(), text("text", "new")],
        "member" | "remove_member" => vec![project(), id("member", things.member)],
        "members" | "project_storage" | "repositories" | "robots" => vec![project(), query()],
        "move_tag_back" => vec![repository(), text("tag", "tagged"), text("digest", &things.digest)],
        "background/project_has_content"
        | "background/retention_runs"
        | "expiring_robots"
        | "labels"
        | "protection_rules"
        | "retention"
        | "run_retention"
        | "trash"
        | "usable_labels" => vec![project()],
        "project" => vec![("name", things.place.clone())],
        // Whoever may is told that it is called so already.
        "rename_project" => vec![project(), ("name", things.place.clone())],
        "repository" => vec![("name", format!("{}/app", things.place))],
        "restore" => vec![id("id", things.trashed)],
        "protection_preview" => vec![project(), text("cursor", "")],
        "retention_preview" => vec![project(), text("cursor", ""), text("only_deletes", "false")],
        "robot" => vec![id("id", things.robot)],
        "rotate_robot" => {
            vec![project(), id("id", things.robot), text("overlap", "none"), text("lifetime", "1"), text("seen", "")]
        }
        // About a repository that is not there.
        "save_protection_rule" => {
            vec![project(), id("rule", things.rule), text("tags", "none"), text("repositories", "none")]
        }
        "save_retention_rule" => vec![
            project(),
            id("rule", things.kept),
            text("kind", "always"),
            text("tags", "none"),
            text("repositories", "none"),
        ],
        "schedule_retention" => vec![project(), text("preset", "never")],
        "set_quota" => vec![project(), text("quota", "")],
        "set_robot_disabled" => vec![project(), id("id", things.robot), text("disabled", "true")],
        "stop_retention" => vec![project(), id("run", things.run)],
        "tag_history" => vec![repository(), text("tag", "tagged")],
        "tags" => vec![repository(), query(), text("platform", "")],
        "update_project" => {
            vec![project(), text("public", &(things.place == "open").to_string()), text("description", "")]
        }
        "update_robot" => {
            vec![project(), id("id", things.robot), text("may[]", "repository:pull"), text("lifetime", "1")]
        }
        other => {
            panic!("{other}: say in Ask::of what is sent, and in WITHOUT_PLACE whether it is about no project")
        }
    }
}
