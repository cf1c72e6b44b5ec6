//! Which functions ask for the password again: each one that may change something, called by an administrator who signed in eleven
//! minutes ago.

use serde_json::Value;

use super::{World, ask::Ask, functions, outcome};

/// Robots, tokens, users and roles, renaming or deleting a project, letting something go for good, settings of the system.
const ASKING: &[&str] = &[
    "add_member",
    "change_member",
    "change_person",
    "create_access_token",
    "create_robot",
    "delete_entries",
    "delete_for_good",
    "delete_project",
    "invite_person",
    "remove_member",
    "rename_project",
    "reset_person",
    "rotate_robot",
    "update_robot",
    "update_settings",
];

/// Everything else that is sent by POST. `change_password` has a field of its own for the present one.
const NOT_ASKING: &[&str] = &[
    "accept_link",
    "add_tag",
    "cancel_job",
    "change_password",
    "check_connection",
    "check_password",
    "create_project",
    "delete_artifact",
    "delete_label",
    "delete_protection_rule",
    "delete_repository",
    "delete_retention_rule",
    "delete_robot",
    "delete_tags",
    "describe_repository",
    "dismiss_checklist",
    "end_other_sessions",
    "end_session",
    "label_artifact",
    "link_owner",
    "move_tag_back",
    "register",
    "request_backup",
    "request_collection",
    "request_fsck",
    "restore",
    "restore_entries",
    "revoke_access_token",
    "run_retention",
    "save_label",
    "save_protection_rule",
    "save_retention_rule",
    "schedule_retention",
    "set_language",
    "set_quota",
    "set_robot_disabled",
    "set_tag_columns",
    "set_theme",
    "sign_in",
    "sign_out",
    "stop_retention",
    "update_profile",
    "update_project",
];

/// Whether an answer refuses because the password has to be given.
fn asks(answer: &str) -> bool {
    let answer: Value = serde_json::from_str(answer).unwrap_or(Value::Null);
    let refused = &answer["Refused"];
    (refused["field"].as_str(), refused["code"].as_str()) == (Some("password"), Some("own_password_needed"))
}

#[tokio::test]
async fn a_sign_in_of_eleven_minutes_ago_is_enough_but_for_what_matters() {
    let mut world = World::new().await;
    world.let_sign_ins_age();
    let (mut asking, mut others) = (Vec::new(), Vec::new());
    for function in functions().into_iter().filter(|function| !function.reads) {
        let things = world.things(if Ask::has_place(&function.name) { "own" } else { "-" }).await;
        let mut ask = Ask::of(&function.name, &things);
        let (status, text) = outcome(world.send("sysadmin", &function, &ask).await).await;
        if function.name == "set_robot_disabled" {
            // Only what gives rights back matters.
            ask.0.retain(|(key, _)| *key != "disabled");
            ask.0.push(("disabled", "false".to_owned()));
            let (_, enabled) = outcome(world.send("sysadmin", &function, &ask).await).await;
            assert!(asks(&enabled), "{enabled}");
        }
        if function.name == "sign_out" {
            // Whoever was signed out has just signed in anew.
            world.let_sign_ins_age();
        }
        if asks(&text) {
            asking.push(function.name);
        } else {
            let signed_in = ![401, 403].contains(&status) || function.name == "sign_in";
            assert!(signed_in, "{}: {status} {text}", function.name);
            others.push(function.name);
        }
    }
    assert_eq!(asking, ASKING);
    assert_eq!(others, NOT_ASKING);
}
