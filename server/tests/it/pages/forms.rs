//! Forms without scripts that are refused: what was typed stays, and the reason stands beside it.

use crate::{
    harness::{Repository, TestApp},
    members::{refused, submit},
};

#[tokio::test]
async fn a_tag_that_is_refused_stays_in_its_field() {
    let app = TestApp::start().await;
    let digest = Repository::new(app.admin(), "library/app").push_image("v1", "one").await.to_string();
    let mut admin = app.signed_in("admin").await;
    let fields = |tag| [("repository", "library/app"), ("digest", digest.as_str()), ("tag", tag)];
    let page = admin.open("/projects/library/app:v1?add-tag=1").await.text().await.unwrap();
    assert!(page.contains("name=\"tag\"") && !page.contains("class=\"field-error\""));
    let page = refused(&mut admin, "add_tag", &fields("-wrong")).await;
    assert!(page.contains("class=\"field-error\""), "the reason stands beside the field");
    assert!(page.contains("value=\"-wrong\""), "what was typed stays");
    assert_eq!(submit(&mut admin, "add_tag", &fields("right")).await, "/projects/library/app:right");
}

#[tokio::test]
async fn a_description_that_is_refused_stays_in_its_field() {
    let app = TestApp::start().await;
    Repository::new(app.admin(), "library/app").push_image("v1", "one").await;
    let mut admin = app.signed_in("admin").await;
    let fields = |description| [("repository", "library/app"), ("description", description)];
    let long = format!("What it does.{}", "x".repeat(64 * 1024));
    let page = refused(&mut admin, "describe_repository", &fields(&long)).await;
    assert!(page.contains("The description is too long."), "the reason stands beside the field");
    assert!(page.contains("class=\"field-error\"") && page.contains("<textarea"));
    assert!(page.contains(&long), "what was typed stays");
    let next = submit(&mut admin, "describe_repository", &fields("What it does.")).await;
    assert_eq!(next, "/projects/library/app?tab=about");
    assert!(admin.open(&next).await.text().await.unwrap().contains("What it does."));
}
