//! Labels in the console: who may see, make and put them, and the pages without scripts.

use api_types::{Label, LabelSummary, NewLabel};
use registry::{Actor, access::LabelId};

use crate::{
    harness::{Browser, TestApp},
    members::{browser_of, outcome, refused, start, submit, team},
};

/// Answers by request (rows) and by who asks (columns): in `team`, private, where everybody has the role of their column. `done`,
/// or the code of the problem.
const TABLE: &str = "\
                nobody           stranger           limited          guest      developer  maintainer admin  sysadmin
labels          unauthenticated  project_not_found  forbidden        done       done       done       done   done
usable_labels   unauthenticated  project_not_found  forbidden        done       done       done       done   done
create_label    unauthenticated  project_not_found  forbidden        forbidden  forbidden  done       done   done
change_label    unauthenticated  label_not_found    label_not_found  forbidden  forbidden  done       done   done
delete_label    unauthenticated  label_not_found    label_not_found  forbidden  forbidden  done       done   done
label_artifact  unauthenticated  project_not_found  forbidden        forbidden  done       done       done   done
";

/// A label of `team`, and nothing else there.
async fn only(app: &TestApp) -> String {
    let labels = &app.registry.labels;
    for left in labels.list(&Actor::system(), Some(&team())).await.unwrap() {
        labels.delete(&Actor::system(), LabelId(left.label.id)).await.unwrap();
    }
    let label = NewLabel { name: "old".to_owned(), ..NewLabel::default() };
    labels.create(&Actor::system(), Some(&team()), &label).await.unwrap().0.to_string()
}

async fn ask(app: &TestApp, browser: &mut Browser, row: &str, digest: &str) -> String {
    let label = only(app).await;
    let answer = match row {
        "labels" | "usable_labels" => browser.read(&format!("{row}?project=team")).await,
        "create_label" | "change_label" => {
            let label = if row == "create_label" { "0" } else { &label };
            browser.call("save_label", &[("project", "team"), ("label", label), ("name", "stable")]).await
        }
        "delete_label" => browser.call("delete_label", &[("project", "team"), ("label", &label)]).await,
        "label_artifact" => {
            let fields = [("repository", "team/app"), ("digest", digest), ("labels[]", &label)];
            browser.call("label_artifact", &fields).await
        }
        other => panic!("{other}"),
    };
    outcome(answer).await
}

#[tokio::test]
async fn who_may_see_make_and_put_labels() {
    let app = start().await;
    let digest = app.admin().repository("team/app").push_image("v1", "one").await;
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
            assert_eq!(ask(&app, browser, row, digest.as_str()).await, expected, "{row} as {column}");
        }
    }
}

#[tokio::test]
async fn labels_of_the_system_are_for_administrators() {
    let app = start().await;
    let label = NewLabel { name: "approved".to_owned(), ..NewLabel::default() };
    let id = app.registry.labels.create(&Actor::system(), None, &label).await.unwrap().0.to_string();
    for (column, expected) in [("nobody", "unauthenticated"), ("admin", "administrators_only"), ("sysadmin", "done")] {
        let mut browser = browser_of(&app, column).await.0;
        assert_eq!(outcome(browser.read("labels").await).await, expected, "{column}");
        for label in ["0", &id] {
            let saved =
                browser.call("save_label", &[("label", label), ("name", &format!("by-{column}-{label}"))]).await;
            assert_eq!(outcome(saved).await, expected, "{column} {label}");
        }
    }
    let mut admin = app.signed_in("admin").await;
    let page = admin.open("/admin/labels").await.text().await.unwrap();
    assert!(page.contains(&format!("by-sysadmin-{id}")) && page.contains("On no artifact"), "{page}");
    let page = app.signed_in("in-admin").await.open("/admin/labels").await;
    assert_eq!(page.status(), 403);
}

#[tokio::test]
async fn a_form_without_scripts_makes_changes_and_deletes_a_label_and_keeps_what_was_typed() {
    let app = start().await;
    let mut maintainer = browser_of(&app, "maintainer").await.0;
    let settings = "/projects/team?tab=settings";
    let page = maintainer.open(settings).await.text().await.unwrap();
    assert!(page.contains("There are no labels yet"), "{page}");
    assert!(!page.contains("Danger zone"), "the rest of the settings is for project admins");
    let page = maintainer.open(&format!("{settings}&label=new")).await.text().await.unwrap();
    assert!(page.contains("New label") && page.contains("Violet"), "{page}");
    let fields = |label, name, color| {
        [("project", "team"), ("label", label), ("name", name), ("color", color), ("description", "Ready to go")]
    };
    let page = refused(&mut maintainer, "save_label", &fields("0", "  ", "#48960C")).await;
    assert!(page.contains("Give it a name.") && page.contains("value=\"Ready to go\""), "{page}");
    assert!(page.contains("value=\"#48960C\" checked"), "what was chosen stays: {page}");
    let led = submit(&mut maintainer, "save_label", &fields("0", "stable", "#48960C")).await;
    assert_eq!(led, "/projects/team?tab=settings&done=label-saved");
    let page = maintainer.open(&led).await.text().await.unwrap();
    assert!(page.contains("The label was saved.") && page.contains("label-chip label-green"), "{page}");
    let page = refused(&mut maintainer, "save_label", &fields("0", "stable", "#0065AB")).await;
    assert!(page.contains("This name is taken."), "{page}");

    let labels: Vec<LabelSummary> = maintainer.read("labels?project=team").await.json().await.unwrap();
    let id = labels[0].label.id.to_string();
    let page = maintainer.open(&format!("{settings}&label={id}")).await.text().await.unwrap();
    assert!(page.contains("Edit this label") && page.contains("value=\"stable\""), "{page}");
    submit(&mut maintainer, "save_label", &fields(&id, "<b>safe</b>", "#C92100")).await;
    let page = maintainer.open(settings).await.text().await.unwrap();
    assert!(page.contains("&lt;b>safe") || page.contains("&lt;b&gt;safe"), "{page}");
    let page = maintainer.open(&format!("{settings}&remove-label={id}")).await.text().await.unwrap();
    assert!(page.contains("No artifact is marked with it."), "{page}");
    let led = submit(&mut maintainer, "delete_label", &[("project", "team"), ("label", &id)]).await;
    assert_eq!(led, "/projects/team?tab=settings&done=label-removed");
    assert!(maintainer.open(&led).await.text().await.unwrap().contains("The label was deleted."));
}

#[tokio::test]
async fn a_form_without_scripts_puts_labels_on_an_artifact_and_takes_them_off() {
    let app = start().await;
    let digest = app.admin().repository("team/app").push_image("v1", "one").await;
    let mut ids = Vec::new();
    for (project, name) in [(Some(team()), "stable"), (Some(team()), "edge"), (None, "approved")] {
        let label = NewLabel { name: name.to_owned(), color: "#0065AB".to_owned(), ..NewLabel::default() };
        let id = app.registry.labels.create(&Actor::system(), project.as_ref(), &label).await.unwrap();
        ids.push(id.0.to_string());
    }
    let (stable, edge, approved) = (ids[0].as_str(), ids[1].as_str(), ids[2].as_str());
    let mut developer = browser_of(&app, "developer").await.0;
    let page = developer.open("/projects/team/app:v1").await.text().await.unwrap();
    assert!(page.contains("Add labels") && !page.contains("label-chip"), "{page}");
    let page = developer.open("/projects/team/app:v1?labels=1").await.text().await.unwrap();
    for name in ["stable", "edge", "approved", "Label of the system"] {
        assert!(page.contains(name), "{name}: {page}");
    }
    let base = [("repository", "team/app"), ("digest", digest.as_str())];
    let fields = |more: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        let all = base.iter().chain(more);
        all.map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    let send = async |browser: &mut Browser, more: &[(&'static str, &str)]| {
        let fields = fields(more);
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        submit(browser, "label_artifact", &fields).await
    };
    let led = send(&mut developer, &[("tag", "v1"), ("labels[]", stable), ("labels[]", approved)]).await;
    assert_eq!(led, "/projects/team/app:v1");
    let shown = async |browser: &mut Browser| {
        let page = browser.open("/projects/team/app?tab=artifacts").await.text().await.unwrap();
        ["stable", "edge", "approved"].map(|name| page.contains(&format!(">{name}<")))
    };
    assert_eq!(shown(&mut developer).await, [true, false, true]);
    let page = developer.open("/projects/team/app:v1").await.text().await.unwrap();
    assert!(page.contains("Change labels") && page.contains(">stable<") && page.contains("label-blue"), "{page}");
    // `edge` was put by somebody else since the form was opened, so it stays.
    let reference = "v1".parse().unwrap();
    let put = vec![LabelId(edge.parse().unwrap())];
    app.registry.labels.change(&Actor::system(), &"team/app".parse().unwrap(), &reference, put, vec![]).await.unwrap();
    let led = send(&mut developer, &[("labels[]", approved), ("shown[]", stable), ("shown[]", approved)]).await;
    assert_eq!(led, format!("/projects/team/app@{digest}"));
    assert_eq!(shown(&mut developer).await, [false, true, true]);

    // Guests see them and change nothing; limited guests see nothing of them.
    let page = browser_of(&app, "guest").await.0.open("/projects/team/app:v1?labels=1").await.text().await.unwrap();
    assert!(page.contains(">edge<") && !page.contains("Change labels") && !page.contains("Save labels"), "{page}");
    let mut limited = browser_of(&app, "limited").await.0;
    assert_eq!(shown(&mut limited).await, [false, false, false]);
    let page = limited.open("/projects/team/app:v1").await.text().await.unwrap();
    assert!(!page.contains("label-chip"), "{page}");
    let usable: Vec<Label> = developer.read("usable_labels?project=team").await.json().await.unwrap();
    assert_eq!(usable.iter().map(|label| label.name.as_str()).collect::<Vec<_>>(), ["edge", "stable", "approved"]);
}
