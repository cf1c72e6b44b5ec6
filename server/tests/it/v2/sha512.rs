//! Content whose digests are all of SHA-512.

use oci::{Algorithm, Digest, media_type};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{Repository, TestApp, digest_of, problem};

fn described(media_type: &str, bytes: &str) -> Value {
    json!({"mediaType": media_type, "size": bytes.len(), "digest": Digest::of(Algorithm::Sha512, bytes.as_bytes())})
}

fn digest(descriptor: &Value) -> &str {
    descriptor["digest"].as_str().unwrap()
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("-", |value| value.to_str().unwrap())
}

/// Stores a blob; its descriptor.
async fn push_blob(repository: &Repository, media_type: &str, bytes: &str) -> Value {
    let blob = described(media_type, bytes);
    let post = repository.request(Method::POST, "blobs/uploads/").query(&[("digest", digest(&blob))]);
    let answer = post.body(bytes.to_owned()).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "docker-content-digest")), (201, digest(&blob)));
    blob
}

/// Stores a manifest under its digest and a tag; its descriptor.
async fn push_manifest(repository: &Repository, tag: &str, manifest: &Value) -> Value {
    let pushed = described(manifest["mediaType"].as_str().unwrap(), &manifest.to_string());
    let answer = repository.put_manifest(&format!("{}?tag={tag}", digest(&pushed)), manifest).await;
    assert_eq!((answer.status().as_u16(), header(&answer, "docker-content-digest")), (201, digest(&pushed)));
    let subject = if manifest["subject"].is_null() { "-" } else { digest(&manifest["subject"]) };
    assert_eq!(header(&answer, "oci-subject"), subject);
    pushed
}

async fn referrers(repository: &Repository, subject: &str) -> Vec<Value> {
    let answer = repository.get(&format!("referrers/{subject}")).await;
    assert_eq!(answer.status(), 200);
    let body: Value = answer.json().await.unwrap();
    body["manifests"].as_array().unwrap().clone()
}

#[tokio::test]
async fn images_indexes_and_what_is_attached_live_under_it_alone() {
    let app = TestApp::start().await;
    let repository = app.admin().repository("library/strong");
    let config = push_blob(&repository, media_type::OCI_CONFIG, r#"{"os":"linux","architecture":"amd64"}"#).await;
    let layer = push_blob(&repository, media_type::OCI_LAYER, "a layer").await;
    let image = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "config": config, "layers": [layer],
    });
    let child = push_manifest(&repository, "amd64", &image).await;
    let mut entry = child.clone();
    entry["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [entry]});
    let whole = push_manifest(&repository, "v1", &index).await;
    let empty = push_blob(&repository, media_type::OCI_EMPTY, "{}").await;
    let signature = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "artifactType": "application/vnd.example.signature",
        "config": empty, "layers": [empty], "subject": whole,
    });
    let attached = push_manifest(&repository, "signature", &signature).await;

    for (tag, pushed, manifest) in
        [("amd64", &child, &image), ("v1", &whole, &index), ("signature", &attached, &signature)]
    {
        for reference in [tag, digest(pushed)] {
            let answer = repository.get(&format!("manifests/{reference}")).await;
            assert_eq!((answer.status().as_u16(), header(&answer, "docker-content-digest")), (200, digest(pushed)));
            assert_eq!(answer.text().await.unwrap(), manifest.to_string());
        }
        let other_name = format!("manifests/{}", digest_of(manifest.to_string()));
        assert_eq!(repository.get(&other_name).await.status(), 404, "{tag}: it was not pushed under the other name");
    }
    let listed = referrers(&repository, digest(&whole)).await;
    assert_eq!(listed.len(), 1);
    for key in ["mediaType", "digest", "size"] {
        assert_eq!(listed[0][key], attached[key], "{key}");
    }
    assert_eq!(listed[0]["artifactType"], signature["artifactType"]);
    assert_eq!(referrers(&repository, digest_of(index.to_string()).as_str()).await, [] as [Value; 0]);
}

#[tokio::test]
async fn it_is_mounted_and_deleted_like_everything() {
    let app = TestApp::start().await;
    let (source, target) = (app.admin().repository("library/strong"), app.admin().repository("library/target"));
    let config = push_blob(&source, media_type::OCI_CONFIG, r#"{"os":"linux","architecture":"amd64"}"#).await;
    let layer = push_blob(&source, media_type::OCI_LAYER, "a layer").await;
    let image = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "config": config, "layers": [layer],
    });
    let pushed = push_manifest(&source, "v1", &image).await;
    for blob in [&config, &layer] {
        let query = [("mount", digest(blob)), ("from", "library/strong")];
        let answer = target.request(Method::POST, "blobs/uploads/").query(&query).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "docker-content-digest")), (201, digest(blob)));
    }
    push_manifest(&target, "v1", &image).await;

    let (layer, manifest) = (format!("blobs/{}", digest(&layer)), format!("manifests/{}", digest(&pushed)));
    assert_eq!(problem(source.delete(&layer).await).await, (405, "UNSUPPORTED".to_owned()), "the image names it");
    assert_eq!(source.delete(&manifest).await.status(), 202);
    for gone in [manifest.as_str(), "manifests/v1"] {
        assert_eq!(problem(source.get(gone).await).await, (404, "MANIFEST_UNKNOWN".to_owned()), "{gone}");
    }
    assert_eq!(source.delete(&layer).await.status(), 202);
    assert_eq!(source.get(&layer).await.status(), 404);
    assert_eq!(target.get(&layer).await.text().await.unwrap(), "a layer");
    assert_eq!(target.get(&manifest).await.text().await.unwrap(), image.to_string());
}
