//! Rules of a project about its tags: over `/v2`, in the console, and who may see and change them.

use api_types::{Keep, RetentionRule, RuleScope, ScheduleCheck, ScheduleShape, Selector};
use registry::Actor;
use reqwest::header;
use serde_json::Value;

use crate::{
    harness::{Browser, Repository, TestApp, digest_of, problem},
    members::{browser_of, outcome, start, team},
};

/// Answers by request (rows) and by who asks (columns): in `team`, private, where everybody has the role of their column. `done`,
/// or the code of the problem.
const TABLE: &str = "\
                        nobody           stranger           limited    guest      developer  maintainer admin  sysadmin
protection_rules        unauthenticated  project_not_found  done       done       done       done       done   done
protection_preview      unauthenticated  project_not_found  forbidden  forbidden  done       done       done   done
create_protection_rule  unauthenticated  project_not_found  forbidden  forbidden  forbidden  done       done   done
change_protection_rule  unauthenticated  project_not_found  forbidden  forbidden  forbidden  done       done   done
delete_protection_rule  unauthenticated  project_not_found  forbidden  forbidden  forbidden  done       done   done
";

fn scope(tags: &str) -> RuleScope {
    let selector = |pattern: &str| Selector { pattern: pattern.to_owned(), except: false };
    RuleScope { repositories: selector("**"), tags: selector(tags) }
}

/// Rules are asked for by number, so there is always one.
async fn ask(app: &TestApp, browser: &mut Browser, row: &str, project: &str) -> String {
    let rules = &app.registry.protection;
    for left in rules.list(&Actor::system(), &team()).await.unwrap() {
        rules.delete(&Actor::system(), &team(), left.id).await.unwrap();
    }
    let rule = rules.create(&Actor::system(), &team(), &scope("old-*"), true).await.unwrap().to_string();
    let save = |rule: &str| {
        let fields =
            [("project", project), ("rule", rule), ("tags", "v*"), ("repositories", "**"), ("enabled", "true")];
        fields.map(|(name, value)| (name, value.to_owned()))
    };
    let answer = match row {
        "protection_rules" => browser.read(&format!("protection_rules?project={project}")).await,
        "protection_preview" => browser.read(&format!("protection_preview?project={project}&cursor=")).await,
        "create_protection_rule" | "change_protection_rule" => {
            let number = if row.starts_with("create") { "0" } else { &rule };
            let fields = save(number);
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.call("save_protection_rule", &fields).await
        }
        "delete_protection_rule" => {
            browser.call("delete_protection_rule", &[("project", project), ("rule", &rule)]).await
        }
        other => panic!("{other}"),
    };
    outcome(answer).await
}

#[tokio::test]
async fn who_may_see_and_change_what_protects_tags() {
    let app = start().await;
    let mut lines = TABLE.lines();
    let columns: Vec<_> = lines.next().unwrap().split_whitespace().collect();
    let mut browsers = Vec::new();
    for column in &columns {
        browsers.push(browser_of(&app, column).await.0);
    }
    for line in lines {
        let mut cells = line.split_whitespace();
        let row = cells.next().unwrap();
        for ((column, expected), browser) in columns.iter().zip(cells).zip(&mut browsers) {
            assert_eq!(ask(&app, browser, row, "team").await, expected, "{row} as {column}");
            let missing = ask(&app, browser, row, "none").await;
            let unknown = if *column == "nobody" { "unauthenticated" } else { "project_not_found" };
            assert_eq!(missing, unknown, "{row} of a missing project as {column}");
        }
    }
}

async fn protect(app: &TestApp, project: &str, tags: &str) {
    app.registry.protection.create(&Actor::system(), &project.parse().unwrap(), &scope(tags), true).await.unwrap();
}

#[tokio::test]
async fn a_client_is_refused_with_words_that_it_prints_and_a_status_that_does_not_ask_for_credentials() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let digest = repository.push_image("v1", "one").await;
    let other = repository.image("other").await;
    protect(&app, "library", "v*").await;
    for answer in [
        repository.put_manifest("v1", &other).await,
        repository.put_manifest(&format!("{}?tag=new&tag=v1", digest_of(other.to_string())), &other).await,
        repository.delete("manifests/v1").await,
        repository.delete(&format!("manifests/{digest}")).await,
    ] {
        assert!(!answer.headers().contains_key(header::WWW_AUTHENTICATE));
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert_eq!((status.as_u16(), &body["errors"][0]["code"]), (412, &Value::from("DENIED")), "{body}");
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with("v1 of library/app is protected") && message.contains("`v*`"), "{message}");
    }
    assert_eq!(repository.get("manifests/new").await.status(), 404);
    assert_eq!(repository.head("manifests/v1").await.headers()["docker-content-digest"], digest.as_str());
    // The same once more is no overwriting.
    assert_eq!(repository.push_image("v1", "one").await, digest);
    repository.push_image("edge", "one").await;
    let other = repository.push_image("edge", "other").await;
    assert_eq!(repository.delete(&format!("manifests/{other}")).await.status(), 202);
    let layer = format!("blobs/{}", digest_of("a layer of one"));
    assert_eq!(problem(repository.delete(&layer).await).await.0, 405);
}

#[tokio::test]
async fn the_console_shows_what_is_protected_and_why_it_cannot_be_deleted() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    let digest = repository.push_image("v1", "one").await;
    repository.push_image("edge", "two").await;
    protect(&app, "library", "v*").await;
    let mut admin = app.signed_in("admin").await;
    let page = async |browser: &mut Browser, path: &str| {
        let answer = browser.open(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.unwrap()
    };
    for list in ["/projects/library/app", "/projects/library?tab=storage&in=app"] {
        let told = page(&mut admin, list).await;
        assert_eq!(
            told.matches("Protected: nobody overwrites or deletes tags v*").count(),
            2,
            "a title, and its words"
        );
        for (tag, is_protected) in [("v1", true), ("edge", false)] {
            let tick = format!(r#"aria-label="Select {tag}" disabled"#);
            assert_eq!(told.contains(&tick), is_protected, "{list} {tag}");
        }
    }
    let asked = page(&mut admin, "/projects/library/app?delete=v1&delete=edge").await;
    assert!(asked.contains("v1 is protected") && !asked.contains("Delete 2 tags<"), "{asked}");
    let asked = page(&mut admin, "/projects/library/app?delete=edge").await;
    assert!(asked.contains("Delete edge?") && asked.contains("Delete 1 tag") && !asked.contains("is protected"));
    for artifact in ["/projects/library/app:v1", &format!("/projects/library/app@{digest}")] {
        let asked = page(&mut admin, &format!("{artifact}?delete=1")).await;
        assert!(asked.contains("v1 is protected") && asked.contains("This cannot be deleted"), "{artifact}");
    }
    let rules = page(&mut admin, "/projects/library?tab=rules").await;
    assert!(rules.contains("Protected tags") && rules.contains("v*") && rules.contains("All repositories"));
    for (function, fields) in [
        ("delete_tags", vec![("repository", "library/app"), ("tags", "v1,edge")]),
        ("delete_artifact", vec![("repository", "library/app"), ("digest", digest.as_str())]),
        ("delete_repository", vec![("repository", "library/app")]),
        ("delete_project", vec![("project", "library"), ("confirmation", "library")]),
    ] {
        let answer = admin.call(function, &fields).await.text().await.unwrap();
        assert!(answer.contains("tag_protected"), "{function}: {answer}");
    }
    assert_eq!(repository.head("manifests/v1").await.headers()["docker-content-digest"], digest.as_str());
    assert_eq!(repository.get("manifests/edge").await.status(), 200);
}

#[tokio::test]
async fn a_form_without_scripts_makes_changes_and_deletes_a_rule_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in("admin").await;
    let save =
        [("project", "library"), ("rule", "0"), ("tags", "[v"), ("repositories", "team/**"), ("enabled", "true")];
    let refused = crate::members::refused(&mut admin, "save_protection_rule", &save).await;
    assert!(refused.contains("value=\"[v\"") && refused.contains("value=\"team/**\""), "{refused}");
    assert!(refused.contains("has a [ without its ]"), "{refused}");
    let fields = [("project", "library"), ("rule", "0"), ("tags", "v*"), ("repositories", "**"), ("enabled", "true")];
    let led = crate::members::submit(&mut admin, "save_protection_rule", &fields).await;
    assert_eq!(led, "/projects/library?tab=rules&done=saved");
    // A box that is not ticked is not sent.
    let off = [("project", "library"), ("rule", "1"), ("tags", "v*"), ("tags_except", "true"), ("repositories", "**")];
    crate::members::submit(&mut admin, "save_protection_rule", &off).await;
    let rules: Vec<Value> = admin.read("protection_rules?project=library").await.json().await.unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!((&rules[0]["enabled"], &rules[0]["scope"]["tags"]["except"]), (&false.into(), &true.into()));
    let led =
        crate::members::submit(&mut admin, "delete_protection_rule", &[("project", "library"), ("rule", "1")]).await;
    assert_eq!(led, "/projects/library?tab=rules&done=removed");
    let page = admin.open(&led).await.text().await.unwrap();
    assert!(page.contains("No tag is protected") && page.contains("The rule was deleted."), "{page}");
}

#[tokio::test]
async fn which_tags_are_protected_and_by_which_rule_is_shown_without_scripts() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    for tag in ["v1", "v2", "edge"] {
        repository.push_image(tag, tag).await;
    }
    protect(&app, "library", "v*").await;
    let library = "library".parse().unwrap();
    app.registry.protection.create(&Actor::system(), &library, &scope("edge"), false).await.unwrap();
    let mut admin = app.signed_in("admin").await;
    let rules = admin.open("/projects/library?tab=rules").await.text().await.unwrap();
    let dry = "/projects/library?tab=rules&amp;view=protected";
    assert!(rules.contains(&format!("{dry}\"")) && rules.contains(&format!("{dry}&amp;by=2\"")), "{rules}");
    let open = async |browser: &mut Browser, query: &str| {
        let path = format!("/projects/library?tab=rules&view=protected{query}");
        browser.open(&path).await.text().await.unwrap()
    };
    let has = |page: &str, tags: [bool; 3]| {
        for (tag, there) in ["v1", "v2", "edge"].into_iter().zip(tags) {
            assert_eq!(page.contains(&format!("library/app:{tag}\"")), there, "{tag}: {page}");
        }
    };
    let all = open(&mut admin, "").await;
    has(&all, [true, true, true]);
    for told in ["2 tags protected", "1 tag not protected", "Tags v* in repositories **", "No rule matches"] {
        assert!(all.contains(told), "{told}: {all}");
    }
    has(&open(&mut admin, "&show=protected").await, [true, true, false]);
    has(&open(&mut admin, "&show=open").await, [false, false, true]);
    has(&open(&mut admin, "&by=1").await, [true, true, false]);
    let off = open(&mut admin, "&by=2").await;
    has(&off, [false, false, true]);
    assert!(off.contains("This rule is disabled") && off.contains("3 tags protected"), "{off}");
}

#[tokio::test]
async fn retention_is_set_up_and_shown_without_scripts() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    for tag in ["v1", "v2", "edge"] {
        repository.push_image(tag, tag).await;
        app.clock.advance(time::Duration::minutes(1));
    }
    let mut admin = app.signed_in("admin").await;
    let rule = |number: &'static str| {
        let kept = [("kind", "newest_pushed"), ("number", number), ("tags", "v*"), ("repositories", "**")];
        [vec![("project", "library"), ("rule", "0"), ("enabled", "true")], kept.to_vec()].concat()
    };
    let refused = crate::members::refused(&mut admin, "save_retention_rule", &rule("none")).await;
    assert!(refused.contains("Enter a number from 1 on.") && refused.contains("value=\"none\""), "{refused}");
    let led = crate::members::submit(&mut admin, "save_retention_rule", &rule("1")).await;
    assert_eq!(led, "/projects/library?tab=rules&done=kept");
    let wrong = [("project", "library"), ("preset", "own"), ("cron", "* * * * *")];
    let refused = crate::members::refused(&mut admin, "schedule_retention", &wrong).await;
    assert!(refused.contains("once an hour"), "{refused}");
    let told = admin.read("check_schedule?project=library&cron=30%202%20*%20*%201-5").await;
    let told: ScheduleCheck = told.json().await.unwrap();
    assert!(matches!(told.shape, ScheduleShape::Sometimes(_)) && told.next.len() == 3, "{told:?}");
    let daily = [("project", "library"), ("preset", "daily")];
    let led = crate::members::submit(&mut admin, "schedule_retention", &daily).await;
    let page = admin.open(&led).await.text().await.unwrap();
    assert!(page.contains("The tag pushed last") && page.contains("Every day at 03:00 UTC"), "{page}");
    let dry = admin.open("/projects/library?tab=rules&view=dry-run").await.text().await.unwrap();
    for told in ["1 tag to delete", "2 tags kept", "Not kept by", "Not covered by any rule"] {
        assert!(dry.contains(told), "{told}: {dry}");
    }
    let going = admin.open("/projects/library?tab=rules&view=dry-run&show=going&by=1").await.text().await.unwrap();
    assert!(going.contains("library/app:v1") && !going.contains("library/app:v2"), "{going}");
}

#[tokio::test]
async fn retention_is_run_stopped_and_told_of_without_scripts() {
    let app = TestApp::start().await;
    let repository = Repository::new(app.admin(), "library/app");
    for tag in ["v1", "v2", "edge"] {
        repository.push_image(tag, tag).await;
        app.clock.advance(time::Duration::minutes(1));
    }
    let rule = RetentionRule { id: 0, scope: scope("v*"), keep: Keep::NewestPushed { count: 1 }, enabled: true };
    let library = "library".parse().unwrap();
    app.registry.retention.create(&Actor::system(), &library, &rule).await.unwrap();
    let mut admin = app.signed_in("admin").await;
    let asked = admin.open("/projects/library?tab=rules&run=1").await.text().await.unwrap();
    assert!(asked.contains("Run retention now?") && asked.contains("1 tag to delete"), "{asked}");

    let led = crate::members::submit(&mut admin, "run_retention", &[("project", "library")]).await;
    assert_eq!(led, "/projects/library?tab=rules&done=asked");
    let again = crate::members::refused(&mut admin, "run_retention", &[("project", "library")]).await;
    assert!(again.contains("is not finished") && again.contains("Run retention now?"), "{again}");
    for place in ["/projects/library?tab=rules", "/admin/system"] {
        let page = admin.open(place).await.text().await.unwrap();
        assert!(page.contains("Retention in library"), "{place}: {page}");
    }
    let run = app.registry.retention.runs(&Actor::system(), &library).await.unwrap()[0].id.to_string();
    let stop = [("project", "library"), ("run", run.as_str())];
    let led = crate::members::submit(&mut admin, "stop_retention", &stop).await;
    let page = admin.open(&led).await.text().await.unwrap();
    assert!(page.contains("Stopped") && !page.contains("Retention in library"), "{page}");

    crate::members::submit(&mut admin, "run_retention", &[("project", "library")]).await;
    app.registry.jobs.run(None, std::future::pending()).await.unwrap();
    for (tag, status) in [("v1", 404), ("v2", 200), ("edge", 200)] {
        assert_eq!(repository.get(&format!("manifests/{tag}")).await.status(), status, "{tag}");
    }
    let page = admin.open("/projects/library?tab=rules").await.text().await.unwrap();
    assert!(page.contains("Tags kept: 2; deleted: 1; images deleted: 1"), "{page}");
    let trash = admin.open("/projects/library?tab=trash").await.text().await.unwrap();
    assert!(trash.contains("v1"), "{trash}");
    let system = admin.open("/admin/system").await.text().await.unwrap();
    assert!(!system.contains("Retention in library"), "{system}");
    let nothing = admin.open("/projects/library?tab=rules&run=1").await.text().await.unwrap();
    assert!(nothing.contains("nothing goes now"), "{nothing}");
}
