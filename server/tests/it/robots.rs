//! Robots: from the console's forms to `docker login`.

use std::fmt::Write as _;

use api_types::NewProject;
use registry::{Actor, access::ProjectId};
use reqwest::{Method, Response, header};
use serde_json::{Value, json};

use crate::harness::{Browser, Client, FORM, Replica, TestApp};

async fn project(app: &TestApp, name: &str) -> ProjectId {
    let project = NewProject { name: name.to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap()
}

/// What an action answered: `Done`'s value, or the code of the refusal.
async fn answer(response: Response) -> Result<Value, String> {
    let status = response.status().as_u16();
    let mut value: Value = response.json().await.unwrap();
    match value.get_mut("Done") {
        Some(done) => Ok(done.take()),
        None => {
            let problem = value.get("Refused").unwrap_or(&value);
            Err(format!(
                "{} {}",
                if value.get("Refused").is_some() { 200 } else { status },
                problem["code"].as_str().unwrap()
            ))
        }
    }
}

const CI: [(&str, &str); 5] = [
    ("project", "team"),
    ("name", "ci"),
    ("may[]", "repository:pull"),
    ("may[]", "repository:push"),
    ("lifetime", "90"),
];

async fn create(browser: &mut Browser, fields: &[(&str, &str)]) -> Value {
    answer(browser.call("create_robot", fields).await).await.unwrap()
}

/// A robot with this secret, by either of its names.
fn robot(app: &TestApp, made: &Value, name: &str) -> Client {
    let text = |key: &str| made[key].as_str().unwrap().to_owned();
    Client::new(app, Some((text(name), text("secret"))))
}

async fn pull(client: &Client) -> u16 {
    client.repository("team/app").get("manifests/v1").await.status().as_u16()
}

#[tokio::test]
async fn a_robot_signs_in_in_both_spellings_everywhere_until_it_is_disabled() {
    let app = TestApp::start().await;
    project(&app, "team").await;
    app.admin().repository("team/app").push_image("v1", "one").await;
    let mut admin = app.signed_in("admin").await;
    let made = create(&mut admin, &CI).await;
    assert_eq!((made["login"].as_str(), made["harbor_login"].as_str()), (Some("robot+team+ci"), Some("robot$team+ci")));
    let robots = [robot(&app, &made, "login"), robot(&app, &made, "harbor_login")];
    let mut tokens = Vec::new();
    for robot in &robots {
        assert_eq!(robot.get("/v2/").send().await.unwrap().status(), 200);
        assert_eq!(pull(robot).await, 200);
        tokens.push(robot.bearer(&["repository:team/app:pull,push"]).await);
    }
    for name in ["login", "harbor_login"] {
        let form = [
            ("grant_type", "password"),
            ("username", made[name].as_str().unwrap()),
            ("password", made["secret"].as_str().unwrap()),
            ("scope", "repository:team/app:pull"),
        ];
        let answer = app.anonymous().post("/service/token").form(&form).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert_eq!(answer["scope"], "repository:team/app:pull");
        tokens.push(app.anonymous().with_token(answer["token"].as_str().unwrap()));
    }
    let everybody = async || {
        let mut statuses = Vec::new();
        for client in robots.iter().chain(&tokens) {
            statuses.push(pull(client).await);
        }
        statuses
    };
    assert_eq!(everybody().await, [200; 6]);
    let id = made["id"].to_string();
    let set = async |browser: &mut Browser, disabled: &str| {
        let fields = [("project", "team"), ("id", &*id), ("disabled", disabled)];
        answer(browser.call("set_robot_disabled", &fields).await).await.unwrap();
    };
    set(&mut admin, "true").await;
    assert_eq!(everybody().await, [401; 6], "at once in this process, registry tokens too");
    set(&mut admin, "false").await;
    assert_eq!(everybody().await, [200; 6]);
    answer(admin.call("delete_robot", &[("project", "team"), ("id", &id)]).await).await.unwrap();
    assert_eq!(everybody().await, [401; 6]);
}

#[tokio::test]
async fn a_rotated_secret_ends_when_the_overlap_does() {
    let app = TestApp::start().await;
    project(&app, "team").await;
    app.admin().repository("team/app").push_image("v1", "one").await;
    let mut admin = app.signed_in("admin").await;
    let first = create(&mut admin, &CI).await;
    let id = first["id"].to_string();
    let rotate = [("project", "team"), ("id", &*id), ("overlap", "hour"), ("lifetime", "30"), ("seen", "")];
    let second = answer(admin.call("rotate_robot", &rotate).await).await.unwrap();
    let (old, new) = (robot(&app, &first, "login"), robot(&app, &second, "login"));
    assert_eq!((pull(&old).await, pull(&new).await), (200, 200));
    // The form that was sent knows nothing of this rotation, and does not rotate again.
    assert_eq!(answer(admin.call("rotate_robot", &rotate).await).await.unwrap_err(), "200 robot_changed");
    app.clock.advance(time::Duration::minutes(59));
    let scope = ["repository:team/app:pull"];
    let tokens = [old.bearer(&scope).await, new.bearer(&scope).await];
    assert_eq!((pull(&tokens[0]).await, pull(&tokens[1]).await), (200, 200));
    app.clock.advance(time::Duration::minutes(1));
    assert_eq!((pull(&old).await, pull(&new).await), (401, 200));
    assert_eq!((pull(&tokens[0]).await, pull(&tokens[1]).await), (401, 200), "a token has the end of its secret");
}

/// Sends a form as a browser without scripts does.
async fn submit(browser: &mut Browser, function: &str, fields: &[(&str, &str)]) -> Response {
    let request = browser
        .request(Method::POST, &format!("/_fn/{function}"))
        .header("sec-fetch-site", "same-origin")
        .header(header::REFERER, "http://localhost/projects/team?tab=robots&new=1")
        .form(fields);
    browser.send(request).await
}

#[tokio::test]
async fn without_scripts_the_secret_is_on_the_page_that_answers_the_form_and_nowhere_else() {
    let app = TestApp::start().await;
    project(&app, "team").await;
    let mut admin = app.signed_in("admin").await;
    let form = admin.open("/projects/team?tab=robots&new=1").await.text().await.unwrap();
    assert!(form.contains(r#"action="/_fn/create_robot""#), "{form}");
    let answer = submit(&mut admin, "create_robot", &CI).await;
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    assert_eq!(headers[header::CACHE_CONTROL], "no-store");
    assert!(headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/html"));
    let page = answer.text().await.unwrap();
    let secret = page.split("slipway_robot_").nth(1).map(|rest| format!("slipway_robot_{}", &rest[..49])).unwrap();
    assert!(headers.values().all(|value| !value.to_str().unwrap().contains(&secret)), "{headers:?}");
    assert!(!page.contains(r#"<script type="module""#), "scripts know nothing of this address");
    let made = json!({ "login": "robot+team+ci", "secret": secret });
    assert_eq!(robot(&app, &made, "login").get("/v2/").send().await.unwrap().status(), 200);
    for path in ["/projects/team?tab=robots", "/projects/team?tab=robots&new=1", "/"] {
        let page = admin.open(path).await.text().await.unwrap();
        assert!(!page.contains("slipway_robot_"), "{path}");
    }

    // The same form again is refused, with everything that was typed, on a page of its own.
    let fields = [("description", "pushes <b>nightly</b>"), ("lifetime", "30"), ("preset", "own")];
    let fields: Vec<_> = CI[..3].iter().chain(&fields).copied().collect();
    let answer = submit(&mut admin, "create_robot", &fields).await;
    assert_eq!(answer.status(), 409);
    let page = answer.text().await.unwrap();
    for kept in [
        r#"value="ci""#,
        r#"value="pushes &lt;b&gt;nightly&lt;/b&gt;""#,
        r#"<option value="30" selected"#,
        r#"value="own" checked"#,
        "This name is taken",
    ] {
        assert!(page.contains(kept), "{kept} in {page}");
    }
    let ticked = |word: &str| {
        let tick = page.split(&format!("value=\"{word}\"")).nth(1).unwrap();
        tick.split('>').next().unwrap().contains("checked")
    };
    assert!(ticked("repository:pull") && !ticked("repository:push"), "what was unticked stays so");
}

#[tokio::test]
async fn who_may_call_what_of_robots() {
    let app = TestApp::start().await;
    let team = project(&app, "team").await;
    let mut admin = app.signed_in("admin").await;
    let of_team = create(&mut admin, &CI).await["id"].to_string();
    let of_system =
        create(&mut admin, &[("name", "ci"), ("may[]", "repository:pull"), ("lifetime", "never")]).await["id"]
            .to_string();
    let missing = "987654".to_owned();
    let roles = ["nobody", "stranger", "limited guest", "guest", "maintainer", "project admin", "sysadmin"];
    let mut told = String::new();
    for role in roles {
        let mut browser = match role {
            "nobody" => app.browser(),
            "sysadmin" => app.signed_in("admin").await,
            role => {
                let name = role.replace(' ', "-");
                if role != "stranger" {
                    let id = app.user_id(&name).await;
                    Replica::of(&app).await.give_role(team, id, role).await;
                    app.clock.advance(time::Duration::SECOND);
                }
                app.signed_in(&name).await
            }
        };
        let mut row = Vec::new();
        for path in ["robots?project=team", "robots", "robots?project=missing"] {
            row.push(browser.read(path).await.status().as_u16().to_string());
        }
        for id in [&of_team, &of_system, &missing] {
            row.push(browser.read(&format!("robot?id={id}")).await.status().as_u16().to_string());
        }
        let name = role.replace(' ', "-");
        for fields in [vec![("project", "team")], vec![], vec![("project", "missing")]] {
            let fields: Vec<_> =
                fields.into_iter().chain([("name", &*name), ("may[]", "repository:pull"), ("lifetime", "1")]).collect();
            row.push(outcome(browser.call("create_robot", &fields).await).await);
        }
        // A lifetime that is refused: whoever may, changes nothing.
        for (function, more) in [
            ("update_robot", vec![("may[]", "repository:pull"), ("lifetime", "0")]),
            ("rotate_robot", vec![("overlap", "none"), ("lifetime", "0")]),
            ("set_robot_disabled", vec![("disabled", "false")]),
        ] {
            for id in [&of_team, &of_system, &missing] {
                let fields: Vec<_> = [("id", &**id)].into_iter().chain(more.clone()).collect();
                row.push(outcome(browser.call(function, &fields).await).await);
            }
        }
        writeln!(told, "{role:14}{}", row.join(" ")).unwrap();
    }
    insta::assert_snapshot!(told);
    // Deleting is asked for last.
    for (role, expected) in [("guest", "403"), ("stranger", "404"), ("project-admin", "ok")] {
        let answer = app.signed_in(role).await.call("delete_robot", &[("id", &of_team)]).await;
        assert_eq!(outcome(answer).await, expected, "{role}");
    }
}

/// `ok`, or the status that stands for the refusal.
async fn outcome(response: Response) -> String {
    let status = response.status().as_u16();
    let value: Value = response.json().await.unwrap();
    if value.get("Done").is_some() {
        return "ok".to_owned();
    }
    match value.get("Refused") {
        Some(problem) if problem["kind"] == "forbidden" => "403".to_owned(),
        Some(problem) if problem["kind"] == "invalid" => "422".to_owned(),
        Some(problem) => problem["code"].as_str().unwrap().to_owned(),
        None => status.to_string(),
    }
}

#[tokio::test]
async fn an_old_sign_in_makes_and_changes_nothing_without_the_password_and_takes_away_all_the_same() {
    let app = TestApp::start().await;
    project(&app, "team").await;
    let mut admin = app.signed_in("admin").await;
    let id = create(&mut admin, &CI).await["id"].to_string();
    app.clock.advance(time::Duration::minutes(11));
    let more = [("project", "team"), ("name", "more"), ("may[]", "repository:pull")];
    let calls: [(&str, Vec<(&str, &str)>); 5] = [
        ("create_robot", more.to_vec()),
        ("update_robot", vec![("project", "team"), ("id", &id), ("may[]", "repository:pull")]),
        ("rotate_robot", vec![("project", "team"), ("id", &id), ("overlap", "none")]),
        ("set_robot_disabled", vec![("project", "team"), ("id", &id), ("disabled", "false")]),
        ("create_access_token", vec![("name", "laptop"), ("level", "read")]),
    ];
    for (function, fields) in &calls {
        let refused = answer(admin.call(function, fields).await).await.unwrap_err();
        assert_eq!(refused, "200 own_password_needed", "{function}");
    }
    let disable = [("project", "team"), ("id", &*id), ("disabled", "true")];
    answer(admin.call("set_robot_disabled", &disable).await).await.unwrap();
    let mut proven = more.to_vec();
    proven.push(("password", crate::harness::ADMIN_PASSWORD));
    create(&mut admin, &proven).await;
}

#[tokio::test]
async fn pages_of_robots_name_those_that_end_soon_until_they_have_a_later_end() {
    let app = TestApp::start().await;
    project(&app, "team").await;
    let mut admin = app.signed_in("admin").await;
    for (project, page) in [("team", "/projects/team?tab=robots"), ("", "/admin/robots")] {
        let short = [("project", project), ("name", "short"), ("may[]", "repository:pull"), ("lifetime", "7")];
        let id = create(&mut admin, &short).await["id"].to_string();
        let html = admin.open(page).await.text().await.unwrap();
        assert!(html.contains("A secret expires soon") && html.contains("short expires in"), "{page}");
        let later = [("project", project), ("id", &*id), ("may[]", "repository:pull"), ("lifetime", "90")];
        answer(admin.call("update_robot", &later).await).await.unwrap();
        let html = admin.open(page).await.text().await.unwrap();
        assert!(html.contains("short") && !html.contains("A secret expires soon"), "{page}");
    }
}

#[tokio::test]
async fn what_never_ends_is_told_without_saying_its_label_again() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    create(&mut admin, &[("name", "ci"), ("may[]", "repository:pull"), ("lifetime", "never")]).await;
    admin.cookies.insert("slipway_language".to_owned(), "ko".to_owned());
    let page = admin.open("/admin/robots").await.text().await.unwrap();
    assert!(page.contains("만료") && page.contains("없음") && !page.contains("만료 없음"), "{page}");
}

#[tokio::test]
async fn forms_from_elsewhere_make_no_robots() {
    let app = TestApp::start().await;
    project(&app, "team").await;
    let mut admin = app.signed_in("admin").await;
    let request = admin
        .request(Method::POST, "/_fn/create_robot")
        .header("sec-fetch-site", "cross-site")
        .header(header::CONTENT_TYPE, FORM)
        .form(&CI);
    let answer = admin.send(request).await;
    assert_eq!(answer.status(), 403);
    let listed: Value = admin.read("robots?project=team").await.json().await.unwrap();
    assert_eq!(listed["total"], 0);
}
