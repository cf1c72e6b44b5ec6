//! `slipway member` on the database of a running server.

use reqwest::StatusCode;
use serde_json::Value;

use super::{done, recorded, refused};
use crate::harness::{Client, TestApp};

/// A server with ada, grace, and a private project `team` in which nobody is; and ada with her password.
async fn start() -> (TestApp, Client) {
    let app = TestApp::start().await;
    let ada = app.user("ada").await;
    app.user("grace").await;
    done(&app, &["project", "create", "team"]).await;
    (app, ada)
}

async fn sees(client: &Client) -> bool {
    client.get("/api/v2.0/projects/team").send().await.unwrap().status() == StatusCode::OK
}

#[tokio::test]
async fn members_are_added_listed_changed_and_removed() {
    let (app, ada) = start().await;
    assert!(!sees(&ada).await);
    let (printed, told) = done(&app, &["member", "add", "team", "ada", "developer"]).await;
    assert!(printed.is_empty() && told.contains("ada is developer in team."), "{printed}{told}");
    assert!(sees(&ada).await);
    done(&app, &["member", "add", "team", "grace", "project-admin"]).await;
    let told = done(&app, &["member", "set", "team", "ADA", "limited-guest"]).await.1;
    assert!(told.contains("ada is limited-guest in team now, and was developer."), "{told}");
    let listed = done(&app, &["member", "list", "team"]).await.0;
    let rows: Vec<_> = listed.lines().map(|line| line.rsplit_once("\tsince ").unwrap().0).collect();
    assert_eq!(rows, ["ada\tlimited-guest\tactive", "grace\tproject-admin\tactive"]);
    let json: Value = serde_json::from_str(&done(&app, &["member", "list", "team", "--json"]).await.0).unwrap();
    assert_eq!((&json[0]["person"]["username"], &json[0]["role"]), (&"ada".into(), &"limited_guest".into()));
    let told = done(&app, &["member", "remove", "team", "ada"]).await.1;
    assert!(told.contains("ada is no member of team any more, and was limited-guest."), "{told}");
    assert!(!sees(&ada).await);
    assert_eq!(recorded(&app, "ada").await, ["member.remove", "member.change", "member.add", "user.create"]);
}

#[tokio::test]
async fn why_somebody_may_something_is_told_right_by_right() {
    let (app, _) = start().await;
    done(&app, &["member", "add", "team", "ada", "developer"]).await;
    let (told, beside) = done(&app, &["member", "why", "team", "ada"]).await;
    let lines: Vec<_> = told.lines().collect();
    for line in [
        "pull\tyes\tas developer",
        "push\tyes\tas developer",
        "delete\tno\ttakes maintainer",
        "administer\tno\ttakes project-admin",
    ] {
        assert!(lines.contains(&line), "{line} in\n{told}");
    }
    assert!(!beside.contains("ada"), "{beside}");
    let json: Value = serde_json::from_str(&done(&app, &["member", "why", "team", "ada", "--json"]).await.0).unwrap();
    assert_eq!((&json["role"], &json["public"]), (&"developer".into(), &false.into()));
    done(&app, &["project", "set", "team", "--public"]).await;
    done(&app, &["admin", "promote", "ada"]).await;
    done(&app, &["admin", "disable", "ada"]).await;
    let (told, beside) = done(&app, &["member", "why", "team", "ada"]).await;
    let pull = "pull\tyes\tas developer, as everybody, in a public project, as system administrator\n";
    assert!(told.starts_with(pull) && !told.contains("\tno\t"), "{told}");
    assert!(beside.contains("The account ada is disabled"), "{beside}");
}

#[tokio::test]
async fn what_cannot_be_done_with_a_member_says_why() {
    let (app, _) = start().await;
    done(&app, &["member", "add", "team", "ada", "guest"]).await;
    let cases: [(&[&str], &str); 8] = [
        (&["list", "nothing"], "project nothing does not exist"),
        (&["add", "nothing", "ada", "guest"], "project nothing does not exist"),
        (&["add", "team", "nobody", "guest"], "no account is called nobody"),
        (&["add", "team", "ada", "guest"], "ada is a member of project team already"),
        (
            &["add", "team", "ada", "owner"],
            "expected one of limited-guest, guest, developer, maintainer, project-admin",
        ),
        (&["set", "team", "admin", "guest"], "admin is no member of team; `slipway member list team` shows who is"),
        (&["remove", "team", "admin"], "admin is no member of team"),
        (&["why", "team", "nobody"], "user nobody does not exist"),
    ];
    for (arguments, why) in cases {
        let told = refused(&app, &[&["member"][..], arguments].concat()).await;
        assert!(told.contains(why), "{arguments:?}: {told}");
    }
}
