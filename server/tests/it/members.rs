//! Members, rights and names of projects, as the console's server functions and pages have them.

use api_types::{NewProject, Role};
use oci::ProjectName;
use registry::{Actor, access::MemberId};
use reqwest::{Method, header};
use serde_json::Value;

use crate::harness::{Browser, TestApp};

/// Answers by request (rows) and by who asks (columns): in `team`, private, where everybody has the role of their column. `done`,
/// or the code of the problem.
const TABLE: &str = "\
                  nobody           stranger           limited    guest      developer  maintainer admin  sysadmin
members           unauthenticated  project_not_found  forbidden  done       done       done       done   done
member            unauthenticated  project_not_found  forbidden  done       done       done       done   done
find_people       unauthenticated  project_not_found  forbidden  forbidden  forbidden  forbidden  done   done
explain_oneself   unauthenticated  project_not_found  done       done       done       done       done   done
explain_another   unauthenticated  project_not_found  forbidden  forbidden  forbidden  forbidden  done   done
add_member        unauthenticated  project_not_found  forbidden  forbidden  forbidden  forbidden  done   done
change_member     unauthenticated  project_not_found  forbidden  forbidden  forbidden  forbidden  done   done
remove_member     unauthenticated  project_not_found  forbidden  forbidden  forbidden  forbidden  done   done
check_new_name    unauthenticated  project_not_found  forbidden  forbidden  forbidden  forbidden  done   done
rename_project    unauthenticated  project_not_found  forbidden  forbidden  forbidden  forbidden  done   done
";

const ROLES: [(&str, Role); 5] = [
    ("limited", Role::LimitedGuest),
    ("guest", Role::Guest),
    ("developer", Role::Developer),
    ("maintainer", Role::Maintainer),
    ("admin", Role::ProjectAdmin),
];

pub fn team() -> ProjectName {
    "team".parse().unwrap()
}

/// A private project `team` with somebody in each role, called `in-<role>`.
pub async fn start() -> TestApp {
    let app = TestApp::start().await;
    let project = NewProject { name: "team".to_owned(), public: false, description: String::new() };
    app.registry.projects.create(&Actor::system(), &project).await.unwrap();
    for (name, role) in ROLES {
        add(&app, &format!("in-{name}"), role).await;
    }
    app
}

async fn add(app: &TestApp, name: &str, role: Role) -> MemberId {
    app.user(name).await;
    app.registry.members.add(&Actor::system(), &team(), name, role).await.unwrap()
}

pub async fn browser_of(app: &TestApp, column: &str) -> (Browser, String) {
    let name = match column {
        "nobody" => return (app.browser(), String::new()),
        "sysadmin" => "admin".to_owned(),
        "stranger" => "stranger".to_owned(),
        role => format!("in-{role}"),
    };
    (app.signed_in(&name).await, name)
}

/// `done`, or the code of the problem; a page that answers 200 has done it.
pub async fn outcome(answer: reqwest::Response) -> String {
    let status = answer.status();
    let body: Value = answer.json().await.unwrap();
    let problem = if status == 200 { body.get("Refused").cloned() } else { Some(body.clone()) };
    match problem {
        None => "done".to_owned(),
        Some(problem) => problem["code"].as_str().unwrap_or_else(|| panic!("{status}: {problem}")).to_owned(),
    }
}

async fn ask(app: &TestApp, browser: &mut Browser, name: &str, row: &str, project: &str) -> String {
    // A member of its own for each, so that nobody's change meets another's.
    app.user("victim").await;
    let present = app.registry.members.add(&Actor::system(), &team(), "victim", Role::Guest).await;
    let id = present.map_or(0, |id| id.0);
    let member = id.to_string();
    let answer = match row {
        "members" => browser.read(&format!("members?project={project}&query[filter]=")).await,
        "member" => browser.read(&format!("member?project={project}&member={member}")).await,
        "find_people" => browser.read(&format!("find_people?project={project}&text=vic")).await,
        "explain_oneself" => {
            browser
                .read(&format!(
                    "explain_rights?project={project}&person={}",
                    if name.is_empty() { "admin" } else { name }
                ))
                .await
        }
        "explain_another" => browser.read(&format!("explain_rights?project={project}&person=victim")).await,
        "check_new_name" => browser.read(&format!("check_new_name?project={project}&name=crew")).await,
        "add_member" => {
            app.user("newcomer").await;
            browser.call("add_member", &[("project", project), ("username", "newcomer"), ("role", "guest")]).await
        }
        "change_member" => {
            browser.call("change_member", &[("project", project), ("member", &member), ("role", "developer")]).await
        }
        "remove_member" => browser.call("remove_member", &[("project", project), ("member", &member)]).await,
        "rename_project" => browser.call("rename_project", &[("project", project), ("name", "crew")]).await,
        other => panic!("{other}"),
    };
    let outcome = outcome(answer).await;
    if outcome == "done" && row == "rename_project" {
        app.registry.projects.rename(&Actor::system(), &"crew".parse().unwrap(), "team").await.unwrap();
    }
    let query = api_types::ListQuery::default();
    for left in app.registry.members.list(&Actor::system(), &team(), &query).await.unwrap().items {
        if ["victim", "newcomer"].contains(&left.person.username.as_str()) {
            app.registry.members.remove(&Actor::system(), &team(), MemberId(left.id)).await.unwrap();
        }
    }
    outcome
}

#[tokio::test]
async fn who_may_see_and_change_members_names_and_rights() {
    let app = start().await;
    let mut lines = TABLE.lines();
    let columns: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    let mut browsers = Vec::new();
    for column in &columns {
        browsers.push(browser_of(&app, column).await);
    }
    for line in lines {
        let mut cells = line.split_whitespace();
        let row = cells.next().unwrap();
        for ((column, expected), (browser, name)) in columns.iter().zip(cells).zip(&mut browsers) {
            assert_eq!(ask(&app, browser, name, row, "team").await, expected, "{row} as {column}");
            // What does not exist is told as what is foreign.
            let missing = ask(&app, browser, name, row, "none").await;
            let unknown = if *column == "nobody" { "unauthenticated" } else { "project_not_found" };
            assert_eq!(missing, unknown, "{row} of a missing project as {column}");
        }
    }
}

#[tokio::test]
async fn a_role_that_is_taken_ends_a_session_s_and_a_token_s_rights() {
    let app = start().await;
    app.admin().repository("team/app").push_image("v1", "app").await;
    let id = add(&app, "eve", Role::Guest).await;
    let mut eve = app.signed_in("eve").await;
    let token = app.user("eve").await.bearer(&["repository:team/app:pull"]).await.repository("team/app");
    assert_eq!(eve.open("/projects/team").await.status(), 200);
    assert_eq!(token.get("manifests/v1").await.status(), 200);
    let mut admin = app.signed_in("in-admin").await;
    let removed = admin.call("remove_member", &[("project", "team"), ("member", &id.0.to_string())]).await;
    assert_eq!(outcome(removed).await, "done");
    assert_eq!(eve.open("/projects/team").await.status(), 404);
    assert_eq!(token.get("manifests/v1").await.status(), 404);
}

/// Sends a form as a browser without scripts does.
async fn send(browser: &mut Browser, function: &str, fields: &[(&str, &str)]) -> reqwest::Response {
    let request = browser.request(Method::POST, &format!("/_fn/{function}"));
    browser.send(request.header("sec-fetch-site", "same-origin").form(fields)).await
}

/// The same; where it leads.
pub async fn submit(browser: &mut Browser, function: &str, fields: &[(&str, &str)]) -> String {
    let answer = send(browser, function, fields).await;
    assert_eq!(answer.status(), 302, "{function}: {}", answer.text().await.unwrap());
    answer.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

/// The same; the page that a refused form is answered with.
pub async fn refused(browser: &mut Browser, function: &str, fields: &[(&str, &str)]) -> String {
    let answer = send(browser, function, fields).await;
    assert!(answer.status() != 302, "{function}: {:?}", answer.headers());
    answer.text().await.unwrap()
}

#[tokio::test]
async fn without_scripts_a_member_is_added_changed_and_removed() {
    let app = start().await;
    app.user("eve").await;
    let mut admin = app.signed_in("in-admin").await;
    let page = "/projects/team?tab=members&add=1";
    assert!(admin.open(page).await.text().await.unwrap().contains("name=\"username\""));
    let fields = |username, role| [("project", "team"), ("username", username), ("role", role)];
    let refused = refused(&mut admin, "add_member", &fields("nobody-here", "maintainer")).await;
    assert!(refused.contains("Nobody has an account of this name"), "the reason stands beside the field");
    assert!(refused.contains("value=\"nobody-here\""), "what was typed stays");
    assert!(refused.contains("value=\"maintainer\" checked"), "what was chosen stays");
    let next = submit(&mut admin, "add_member", &fields("eve", "developer")).await;
    let listed = admin.open(&next).await.text().await.unwrap();
    assert!(listed.contains("The member was added.") && listed.contains(">eve"));
    let query = api_types::ListQuery { filter: "eve".to_owned(), ..Default::default() };
    let member = app.registry.members.list(&Actor::system(), &team(), &query).await.unwrap().items.remove(0);
    let id = member.id.to_string();
    let dialog = format!("/projects/team?tab=members&role={id}");
    assert!(admin.open(&dialog).await.text().await.unwrap().contains("value=\"developer\" checked"));
    let next = submit(&mut admin, "change_member", &[("project", "team"), ("member", &id), ("role", "guest")]).await;
    assert!(admin.open(&next).await.text().await.unwrap().contains("The role was changed."));
    let dialog = format!("/projects/team?tab=members&remove={id}");
    assert!(admin.open(&dialog).await.text().await.unwrap().contains("loses the role guest at once"));
    let next = submit(&mut admin, "remove_member", &[("project", "team"), ("member", &id)]).await;
    let listed = admin.open(&next).await.text().await.unwrap();
    assert!(listed.contains("The member was removed.") && !listed.contains(">eve"));
}

#[tokio::test]
async fn whoever_removes_themself_is_told_and_led_out() {
    let app = start().await;
    let query = api_types::ListQuery { filter: "in-admin".to_owned(), ..Default::default() };
    let member = app.registry.members.list(&Actor::system(), &team(), &query).await.unwrap().items.remove(0);
    let id = member.id.to_string();
    let mut admin = app.signed_in("in-admin").await;
    let dialog = format!("/projects/team?tab=members&remove={id}");
    assert!(admin.open(&dialog).await.text().await.unwrap().contains("Only another project admin"));
    let next = submit(&mut admin, "remove_member", &[("project", "team"), ("member", &id)]).await;
    assert_eq!(next, "/projects");
    assert_eq!(admin.open("/projects/team?tab=members").await.status(), 404);
}

#[tokio::test]
async fn rights_are_explained_in_words() {
    let app = start().await;
    let mut limited = app.signed_in("in-limited").await;
    let page = limited.open("/projects/team?why=in-limited").await.text().await.unwrap();
    assert!(page.contains("Limited guest role"), "what gives a right");
    assert!(page.contains("Not allowed. Developer and stronger roles may."), "what is missing");
    let mut admin = app.signed_in("in-admin").await;
    let page = admin.open("/projects/team?tab=members&why=no-such-person").await.text().await.unwrap();
    assert!(page.contains("No account is called"));
}

#[tokio::test]
async fn a_project_is_renamed_and_its_old_addresses_lead_to_the_new_ones() {
    let app = start().await;
    app.admin().repository("team/a/b").push_image("v1", "app").await;
    let mut admin = app.signed_in("in-admin").await;
    let refused = refused(&mut admin, "rename_project", &[("project", "team"), ("name", "Crew")]).await;
    assert!(refused.contains("A name has no capital letters.") && refused.contains("value=\"Crew\""));
    let next = submit(&mut admin, "rename_project", &[("project", "team"), ("name", "crew")]).await;
    assert_eq!(next, "/projects/crew?tab=settings&renamed=1");
    let renamed = admin.open(&next).await.text().await.unwrap().replace("<!>", "");
    assert!(renamed.contains("The project is called crew now.") && renamed.contains("<code>team</code>"));
    for (old, new) in [
        ("/projects/team", "/projects/crew"),
        ("/projects/team?tab=settings", "/projects/crew?tab=settings"),
        ("/projects/team/a/b?tab=about", "/projects/crew/a/b?tab=about"),
        ("/projects/team/a/b:v1", "/projects/crew/a/b:v1"),
    ] {
        let answer = admin.open(old).await;
        assert_eq!(
            (answer.status().as_u16(), answer.headers()[header::LOCATION].to_str().unwrap()),
            (302, new),
            "{old}"
        );
    }
    let stale = admin.call("update_project", &[("project", "team"), ("public", "true"), ("description", "")]).await;
    assert_eq!(outcome(stale).await, "project_renamed");
    let mut stranger = app.signed_in("stranger").await;
    for gone in ["/projects/team", "/projects/crew", "/projects/none"] {
        assert_eq!(stranger.open(gone).await.status(), 404, "{gone}");
    }
}
