//! `end-12a`, `end-12b`.

use oci::{Digest, MAX_MANIFEST_SIZE, media_type};
use reqwest::{Response, header};
use serde_json::{Value, json};

use crate::harness::{Replica, Repository, TestApp, digest_of, problem};

/// An artifact about `subject`; its descriptor as a list has it.
async fn attach(repository: &Repository, subject: &Digest, artifact_type: &str, text: &str) -> Value {
    let empty = json!({"mediaType": media_type::OCI_EMPTY, "size": 2, "digest": repository.push_blob("{}").await});
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "artifactType": artifact_type,
        "config": empty, "layers": [empty],
        "subject": {"mediaType": media_type::OCI_IMAGE, "size": 10, "digest": subject},
        "annotations": {"org.example.text": text},
    });
    let digest = digest_of(manifest.to_string());
    repository.push_manifest(digest.as_str(), &manifest).await;
    json!({
        "mediaType": media_type::OCI_IMAGE, "digest": digest, "size": manifest.to_string().len(),
        "artifactType": artifact_type, "annotations": {"org.example.text": text},
    })
}

async fn index(answer: Response) -> Vec<Value> {
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()[header::CONTENT_TYPE], media_type::OCI_INDEX);
    let body: Value = answer.json().await.unwrap();
    assert_eq!((&body["schemaVersion"], &body["mediaType"]), (&json!(2), &json!(media_type::OCI_INDEX)));
    body["manifests"].as_array().unwrap().clone()
}

fn sorted(mut list: Vec<Value>) -> Vec<Value> {
    list.sort_by_key(|entry| entry["digest"].as_str().unwrap().to_owned());
    list
}

#[tokio::test]
async fn what_refers_to_a_manifest_is_listed_with_its_annotations() {
    let app = TestApp::start().await;
    let repository = app.admin().repository("library/referrers");
    let image = repository.image("one").await;
    let subject = digest_of(image.to_string());
    // Before the subject itself, and after.
    let signature = attach(&repository, &subject, "application/vnd.example.signature", "1").await;
    repository.push_manifest("v1", &image).await;
    let sbom = attach(&repository, &subject, "application/vnd.example.sbom+json", "2").await;
    let listed = index(repository.get(&format!("referrers/{subject}")).await).await;
    assert_eq!(sorted(listed), sorted(vec![signature, sbom.clone()]));

    let path = format!("referrers/{subject}?artifactType=application/vnd.example.sbom%2Bjson");
    let answer = repository.get(&path).await;
    assert_eq!(answer.headers()["oci-filters-applied"], "artifactType");
    assert_eq!(index(answer).await, [sbom]);
    let answer = repository.get(&format!("referrers/{subject}?artifactType=application/none")).await;
    assert_eq!(answer.headers()["oci-filters-applied"], "artifactType");
    assert_eq!(index(answer).await, [] as [Value; 0]);
}

#[tokio::test]
async fn there_is_always_a_list() {
    let app = TestApp::start().await;
    let nowhere = digest_of("nowhere");
    let answer = app.admin().repository("library/nothing").get(&format!("referrers/{nowhere}")).await;
    assert!(!answer.headers().contains_key("oci-filters-applied"));
    assert_eq!(index(answer).await, [] as [Value; 0]);
    let malformed = app.admin().repository("library/nothing").get("referrers/sha256:ab").await;
    assert_eq!(problem(malformed).await, (400, "DIGEST_INVALID".to_owned()));
}

#[tokio::test]
async fn a_deleted_referrer_is_listed_no_more() {
    let app = TestApp::start().await;
    let repository = app.admin().repository("library/referrers");
    let subject = repository.push_image("v1", "one").await;
    let entry = attach(&repository, &subject, "application/vnd.example", "1").await;
    let digest = entry["digest"].as_str().unwrap();
    assert_eq!(repository.delete(&format!("manifests/{digest}")).await.status(), 202);
    assert!(index(repository.get(&format!("referrers/{subject}")).await).await.is_empty());
}

#[tokio::test]
async fn referrers_of_another_repository_are_not_listed() {
    let app = TestApp::start().await;
    let (here, there) = (app.admin().repository("library/here"), app.admin().repository("library/there"));
    let subject = here.push_image("v1", "one").await;
    there.push_image("v1", "one").await;
    attach(&there, &subject, "application/vnd.example", "1").await;
    assert!(index(here.get(&format!("referrers/{subject}")).await).await.is_empty());
}

#[tokio::test]
async fn ten_thousand_referrers_come_in_pages_bounded_in_rows_and_bytes_and_the_filter_goes_along() {
    const ALL: usize = 10_000;
    let app = TestApp::start().await;
    let token = app.admin().bearer(&["repository:library/referrers:pull,push"]).await;
    let repository = token.repository("library/referrers");
    let subject = digest_of("popular");
    // Less than a thousand of this size are as large as a page may be.
    let first = attach(&repository, &subject, "application/vnd.example+json", &"x".repeat(5_000)).await;
    let digest = first["digest"].as_str().unwrap();
    Replica::of(&app).await.copy_referrer(digest, 9_999, 2_000).await;
    for filter in ["", "?artifactType=application/vnd.example%2Bjson"] {
        let mut seen = std::collections::HashSet::new();
        let mut sizes = Vec::new();
        let mut next = Some(format!("referrers/{subject}{filter}"));
        while let Some(path) = next {
            let answer = repository.get(&path).await;
            next = answer.headers().get(header::LINK).map(|link| {
                let link = link.to_str().unwrap();
                link.strip_prefix('<').unwrap().strip_suffix(r#">; rel="next""#).unwrap().to_owned()
            });
            assert_eq!(answer.headers().contains_key("oci-filters-applied"), !filter.is_empty());
            let length: usize = answer.headers()[header::CONTENT_LENGTH].to_str().unwrap().parse().unwrap();
            assert!(length <= MAX_MANIFEST_SIZE, "{length}");
            let page = index(answer).await;
            sizes.push(page.len());
            seen.extend(page.into_iter().map(|entry| entry["digest"].to_string()));
        }
        assert_eq!((seen.len(), sizes.iter().sum::<usize>()), (ALL, ALL), "each once: {filter} {sizes:?}");
        assert!(sizes[0] < 1_000, "bounded in bytes: {sizes:?}");
        assert!(sizes.iter().all(|size| *size <= 1_000) && sizes.contains(&1_000), "bounded in rows: {sizes:?}");
        assert!(sizes.len() <= 12, "{sizes:?}");
    }
}
