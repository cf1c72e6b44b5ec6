//! `slipway robot` on the database of a running server.

use serde_json::Value;

use super::{done, recorded, refused};
use crate::harness::{Client, TestApp};

/// A server with a private project `team`, in which there is `team/app:v1`.
async fn start() -> TestApp {
    let app = TestApp::start().await;
    done(&app, &["project", "create", "team"]).await;
    app.admin().repository("team/app").push_image("v1", "one").await;
    app
}

/// A robot with a secret that was printed alone.
fn robot(app: &TestApp, name: &str, printed: &str) -> Client {
    let secret = printed.strip_suffix('\n').unwrap();
    assert!(secret.starts_with("slipway_robot_") && !secret.contains(char::is_whitespace), "{printed}");
    Client::new(app, Some((name.to_owned(), secret.to_owned())))
}

async fn pull(client: &Client) -> u16 {
    client.repository("team/app").get("manifests/v1").await.status().as_u16()
}

#[tokio::test]
async fn a_robot_signs_in_with_the_printed_secret_until_it_is_disabled_or_deleted() {
    let app = start().await;
    let create = ["robot", "create", "ci", "--project", "team", "--may", "pull,push", "--days", "30"];
    let (secret, told) = done(&app, &create).await;
    assert!(told.contains("robot+team+ci, or robot$team+ci, signs in") && told.contains("the robot ends "), "{told}");
    assert!(!told.contains(secret.trim_end()), "the secret is on standard output alone");
    let mut clients = Vec::new();
    for name in ["robot+team+ci", "robot$team+ci"] {
        let robot = robot(&app, name, &secret);
        clients.push(robot.bearer(&["repository:team/app:pull,push"]).await);
        clients.push(robot);
    }
    let everybody = async || {
        let mut statuses = Vec::new();
        for client in &clients {
            statuses.push(pull(client).await);
        }
        statuses
    };
    assert_eq!(everybody().await, [200; 4]);
    let listed = done(&app, &["robot", "list", "--project", "team"]).await.0;
    assert!(listed.starts_with("robot+team+ci\tactive\tpull,push\tends ") && listed.lines().count() == 1, "{listed}");
    let told = done(&app, &["robot", "disable", "robot$team+ci"]).await.1;
    assert!(told.contains("robot+team+ci is disabled"), "{told}");
    assert_eq!(everybody().await, [401; 4]);
    done(&app, &["robot", "enable", "ci", "--project", "team"]).await;
    assert_eq!(everybody().await, [200; 4]);
    let question = refused(&app, &["robot", "delete", "robot+team+ci"]).await;
    assert!(question.contains("Delete the robot robot+team+ci for good?") && question.contains("--yes"), "{question}");
    assert_eq!(everybody().await, [200; 4]);
    done(&app, &["robot", "delete", "robot+team+ci", "--yes"]).await;
    assert_eq!(everybody().await, [401; 4]);
    assert_eq!(done(&app, &["robot", "list", "--project", "team"]).await.0, "");
    let actions = ["robot.delete", "robot.enable", "robot.disable", "robot.create"];
    assert_eq!(recorded(&app, "robot$team+ci").await, actions);
}

#[tokio::test]
async fn a_rotated_robot_has_another_secret_and_the_old_one_for_as_long_as_was_said() {
    let app = start().await;
    let first = done(&app, &["robot", "create", "ci", "--project", "team", "--may", "pull"]).await.0;
    let (second, told) = done(&app, &["robot", "rotate", "ci", "--project", "team"]).await;
    assert!(told.contains("The secret before works until "), "{told}");
    let clients = [&first, &second].map(|secret| robot(&app, "robot+team+ci", secret));
    assert_eq!((pull(&clients[0]).await, pull(&clients[1]).await), (200, 200));
    let rotate = ["robot", "rotate", "robot+team+ci", "--overlap", "none", "--never", "--json"];
    let third: Value = serde_json::from_str(&done(&app, &rotate).await.0).unwrap();
    assert_eq!((&third["login"], &third["harbor_login"]), (&"robot+team+ci".into(), &"robot$team+ci".into()));
    assert_eq!(third["expires_at"], Value::Null);
    let newest = robot(&app, "robot+team+ci", &format!("{}\n", third["secret"].as_str().unwrap()));
    assert_eq!((pull(&clients[0]).await, pull(&clients[1]).await, pull(&newest).await), (401, 401, 200));
}

#[tokio::test]
async fn a_robot_is_changed_and_keeps_its_secret() {
    let app = start().await;
    let secret = done(&app, &["robot", "create", "ci", "--project", "team", "--may", "pull", "--days", "1"]).await.0;
    let robot = robot(&app, "robot+team+ci", &secret);
    let row = done(&app, &["robot", "set", "ci", "--project", "team", "--never"]).await.0;
    assert!(row.starts_with("robot+team+ci\tactive\tpull\tnever ends\t"), "{row}");
    assert_eq!(pull(&robot).await, 200);
    let row = done(&app, &["robot", "set", "ci", "--project", "team", "--may", "member:list,robot:read"]).await.0;
    assert!(row.starts_with("robot+team+ci\tactive\tmember:list,robot:read\tnever ends\t"), "{row}");
    assert_ne!(pull(&robot).await, 200);
}

#[tokio::test]
async fn a_robot_of_the_system_may_in_the_named_projects_or_in_all() {
    let app = start().await;
    let some = ["robot", "create", "some", "--may", "pull", "--in", "library,team", "--never"];
    let some = robot(&app, "robot+some", &done(&app, &some).await.0);
    let other = ["robot", "create", "other", "--may", "pull", "--in", "library", "--never"];
    let other = robot(&app, "robot+other", &done(&app, &other).await.0);
    let all = robot(&app, "robot$all", &done(&app, &["robot", "create", "all", "--may", "pull", "--never"]).await.0);
    assert_eq!((pull(&some).await, pull(&all).await), (200, 200));
    assert_ne!(pull(&other).await, 200, "library alone");
    let listed = done(&app, &["robot", "list"]).await.0;
    let expected = "robot+all\tactive\tpull in all projects\tnever ends\tnever used\n\
                    robot+other\tactive\tpull in library\tnever ends\tnever used\n\
                    robot+some\tactive\tpull in library; pull in team\tnever ends\tnever used\n";
    assert_eq!(listed, expected);
    let json: Value = serde_json::from_str(&done(&app, &["robot", "list", "--json"]).await.0).unwrap();
    assert_eq!((&json[0]["login"], json.as_array().unwrap().len()), (&"robot+all".into(), 3));
}

#[tokio::test]
async fn other_words_take_a_robot_into_no_other_project() {
    let app = start().await;
    done(&app, &["robot", "create", "some", "--may", "pull", "--in", "library,team", "--never"]).await;
    let cases: [(&[&str], &str); 3] = [
        (&["--may", "pull,push"], "pull,push in library; pull,push in team"),
        (&["--may", "pull", "--in", "team"], "pull in team"),
        (&["--may", "pull", "--everywhere"], "pull in all projects"),
    ];
    for (change, may) in cases {
        let row = done(&app, &[&["robot", "set", "some"], change].concat()).await.0;
        assert!(row.starts_with(&format!("robot+some\tactive\t{may}\t")), "{row}");
    }
}

#[tokio::test]
async fn what_cannot_be_done_with_a_robot_says_why() {
    let app = start().await;
    done(&app, &["robot", "create", "ci", "--project", "team", "--may", "pull"]).await;
    let cases: [(&[&str], &str); 14] = [
        (&["create", "x", "--project", "nothing", "--may", "pull"], "project nothing does not exist"),
        (&["create", "ci", "--project", "team", "--may", "pull"], "robot ci exists already"),
        (&["create", "x", "--project", "team"], "--may"),
        (
            &["create", "x", "--project", "team", "--may", "pull,own"],
            "expected everything, pull, push, delete, or a resource and an action",
        ),
        (&["create", "x", "--project", "team", "--may", "pull", "--days", "0"], "1 to 3650 days"),
        (&["create", "x", "--project", "team", "--may", "pull", "--in", "library"], "--project"),
        (&["create", "robot+team+x", "--may", "pull", "--in", "library"], "has rights in team only"),
        (&["create", "x", "--may", "pull", "--in", "nothing"], "project nothing does not exist"),
        (&["set", "ci", "--project", "team"], "--never"),
        (&["rotate", "x", "--project", "team"], "the project team has no robot x"),
        (&["rotate", "ci", "--project", "team", "--overlap", "year"], "expected none, hour, day or week"),
        (&["disable", "ci"], "the system has no robot ci"),
        (&["disable", "robot+team+ci", "--project", "team"], "leave out --project"),
        (&["list", "--project", "nothing"], "project nothing does not exist"),
    ];
    for (arguments, why) in cases {
        let told = refused(&app, &[&["robot"][..], arguments].concat()).await;
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
    assert_eq!(done(&app, &["robot", "list"]).await.0, "", "none was created");
}
