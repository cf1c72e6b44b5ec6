//! `end-3`, `end-7`, `end-9`.

use oci::{Algorithm, Digest, media_type};
use reqwest::{Method, Response, header};
use serde_json::{Value, json};

use crate::harness::{Raw, Repository, TestApp, digest_of, problem, repository::location};

fn repository(app: &TestApp) -> Repository {
    app.admin().repository("library/manifests")
}

fn text<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("-", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_manifest_comes_back_byte_for_byte_under_tag_and_digest() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let manifest = repository.image("one").await;
    // Space that means nothing is content nevertheless.
    let bytes = format!("{manifest:#}\n \n");
    let put = repository.request(Method::PUT, "manifests/v1").header(header::CONTENT_TYPE, media_type::OCI_IMAGE);
    let answer = put.body(bytes.clone()).send().await.unwrap();
    let digest = digest_of(&bytes);
    assert_eq!(answer.status(), 201);
    assert_eq!(location(&answer), format!("/v2/library/manifests/manifests/{digest}"));
    assert_eq!(text(&answer, "docker-content-digest"), digest.as_str());
    assert_eq!((text(&answer, "oci-tag"), text(&answer, "oci-subject")), ("-", "-"));

    for reference in ["v1", digest.as_str()] {
        for method in [Method::GET, Method::HEAD] {
            let get = repository.request(method.clone(), &format!("manifests/{reference}"));
            let answer = get.header(header::ACCEPT, "text/html").send().await.unwrap();
            assert_eq!(answer.status(), 200);
            assert_eq!(text(&answer, "content-type"), media_type::OCI_IMAGE);
            assert_eq!(text(&answer, "content-length"), bytes.len().to_string());
            assert_eq!(text(&answer, "docker-content-digest"), digest.as_str());
            assert_eq!(text(&answer, "etag"), format!("\"{digest}\""));
            let expected = if method == Method::HEAD { "" } else { &bytes };
            assert_eq!(answer.text().await.unwrap(), expected);
        }
    }
}

#[tokio::test]
async fn whoever_has_it_already_is_told_so() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let digest = repository.push_image("v1", "one").await;
    for reference in ["v1", digest.as_str()] {
        for method in [Method::GET, Method::HEAD] {
            let request = repository.request(method, &format!("manifests/{reference}"));
            let answer = request.header(header::IF_NONE_MATCH, format!("W/\"{digest}\"")).send().await.unwrap();
            assert_eq!((answer.status().as_u16(), text(&answer, "docker-content-digest")), (304, digest.as_str()));
            assert!(answer.bytes().await.unwrap().is_empty());
        }
    }
    let other = repository.push_image("v1", "two").await;
    let request = repository.request(Method::GET, "manifests/v1");
    let answer = request.header(header::IF_NONE_MATCH, format!("\"{digest}\"")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), text(&answer, "docker-content-digest")), (200, other.as_str()));
}

#[tokio::test]
async fn all_kinds_of_manifests_keep_their_types() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let image = repository.image("one").await;
    let child = repository.push_manifest("child", &image).await;
    let mut docker = image.clone();
    docker["mediaType"] = json!(media_type::DOCKER_IMAGE);
    let entry = json!({"mediaType": media_type::OCI_IMAGE, "digest": child, "size": image.to_string().len()});
    let index =
        |media_type: &str, entries: Value| json!({"schemaVersion": 2, "mediaType": media_type, "manifests": entries});
    let oci = index(media_type::OCI_INDEX, json!([entry]));
    let nested = json!({"mediaType": media_type::OCI_INDEX, "digest": digest_of(oci.to_string()), "size": oci.to_string().len()});
    let mut custom = image.clone();
    custom["org.example.custom"] = json!({"kept": [1, 2.5, null]});
    let mut embedded = image.clone();
    embedded["artifactType"] = json!("application/vnd.example");
    embedded["config"] = json!({
        "mediaType": media_type::OCI_EMPTY, "size": 2, "digest": repository.push_blob("{}").await, "data": "e30=",
    });
    for (tag, manifest) in [
        ("docker", docker),
        ("list", index(media_type::DOCKER_LIST, json!([entry]))),
        ("index", oci),
        ("nested", index(media_type::OCI_INDEX, json!([nested]))),
        ("empty", index(media_type::OCI_INDEX, json!([]))),
        ("custom", custom),
        ("embedded", embedded),
    ] {
        repository.push_manifest(tag, &manifest).await;
        let answer = repository.get(&format!("manifests/{tag}")).await;
        assert_eq!(text(&answer, "content-type"), manifest["mediaType"].as_str().unwrap(), "{tag}");
        assert_eq!(answer.text().await.unwrap(), manifest.to_string(), "{tag}");
    }
}

#[tokio::test]
async fn a_type_without_its_parameters_is_what_is_kept() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let mut manifest = repository.image("one").await;
    manifest.as_object_mut().unwrap().remove("mediaType");
    let put = repository.request(Method::PUT, "manifests/v1");
    let put = put.header(header::CONTENT_TYPE, format!("{}; charset=utf-8", media_type::OCI_IMAGE));
    assert_eq!(put.body(manifest.to_string()).send().await.unwrap().status(), 201);
    let answer = repository.head("manifests/v1").await;
    assert_eq!(text(&answer, "content-type"), media_type::OCI_IMAGE);
}

#[tokio::test]
async fn what_is_no_manifest_is_refused() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let image = repository.image("one").await;
    let mut both = image.clone();
    both["manifests"] = json!([]);
    let mut page = image.clone();
    page["mediaType"] = json!("text/html");
    for (name, content_type, body) in [
        ("nothing", media_type::OCI_IMAGE, String::new()),
        ("no JSON", media_type::OCI_IMAGE, "{".to_owned()),
        ("both", media_type::OCI_IMAGE, both.to_string()),
        ("another type", media_type::OCI_INDEX, image.to_string()),
        ("a page", "text/html", page.to_string()),
        ("twice", media_type::OCI_IMAGE, image.to_string().replacen('{', r#"{"schemaVersion":2,"#, 1)),
        ("deep", media_type::OCI_IMAGE, format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
        ("schema 1", media_type::DOCKER_SCHEMA_1_SIGNED, r#"{"schemaVersion":1}"#.to_owned()),
    ] {
        let put = repository.request(Method::PUT, "manifests/v1").header(header::CONTENT_TYPE, content_type);
        let answer = put.body(body).send().await.unwrap();
        assert_eq!(problem(answer).await, (400, "MANIFEST_INVALID".to_owned()), "{name}");
    }
    assert_eq!(repository.get("manifests/v1").await.status(), 404);
}

#[tokio::test]
async fn a_manifest_of_four_mebibytes_is_taken_and_a_larger_one_refused() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let mut bytes = repository.image("one").await.to_string();
    bytes.push_str(&" ".repeat(4 * 1024 * 1024 - bytes.len()));
    let put = |bytes: String| {
        let request = repository.request(Method::PUT, "manifests/v1");
        request.header(header::CONTENT_TYPE, media_type::OCI_IMAGE).body(bytes).send()
    };
    assert_eq!(put(bytes.clone()).await.unwrap().status(), 201);
    assert_eq!(repository.get("manifests/v1").await.text().await.unwrap().len(), bytes.len());
    bytes.push(' ');
    assert_eq!(problem(put(bytes.clone()).await.unwrap()).await, (413, "MANIFEST_INVALID".to_owned()));
    let chunks = futures::stream::iter([Ok::<_, std::io::Error>(bytes)]);
    let request = repository.request(Method::PUT, "manifests/v1").header(header::CONTENT_TYPE, media_type::OCI_IMAGE);
    let answer = request.body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    assert_eq!(problem(answer).await, (413, "MANIFEST_INVALID".to_owned()), "also where its length is not announced");
}

#[tokio::test]
async fn what_a_manifest_names_has_to_be_there() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let mut manifest = repository.image("one").await;
    let missing = digest_of("missing");
    let elsewhere = app.admin().repository("library/elsewhere").push_blob("elsewhere").await;
    manifest["layers"].as_array_mut().unwrap().extend([
        json!({"mediaType": media_type::OCI_LAYER, "size": 7, "digest": missing}),
        json!({"mediaType": media_type::OCI_LAYER, "size": 9, "digest": elsewhere}),
    ]);
    let answer = repository.put_manifest("v1", &manifest).await;
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["errors"][0]["code"], "MANIFEST_BLOB_UNKNOWN");
    let named = body["errors"][0]["detail"]["missing"].as_array().unwrap();
    assert!(named.contains(&json!(missing)) && named.contains(&json!(elsewhere)), "{body}");
    assert_eq!(repository.get("manifests/v1").await.status(), 404);

    // Of very many the first ones are named.
    let missing_layer =
        |at: usize| json!({"mediaType": media_type::OCI_LAYER, "size": 7, "digest": digest_of(at.to_string())});
    manifest["layers"] = (0..1_000).map(missing_layer).collect();
    let body: Value = repository.put_manifest("v1", &manifest).await.json().await.unwrap();
    assert_eq!(body["errors"][0]["detail"]["missing"].as_array().unwrap().len(), 20);
    assert!(body["errors"][0]["message"].as_str().unwrap().contains(" and 980 more "), "{body}");

    manifest["layers"] = json!([{
        "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar", "size": 7, "digest": missing,
        "urls": ["https://example.com/layer"]
    }]);
    repository.push_manifest("v1", &manifest).await;
}

#[tokio::test]
async fn the_digest_in_the_address_has_to_be_the_manifests() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let manifest = repository.image("one").await;
    let other = repository.put_manifest(digest_of("other").as_str(), &manifest).await;
    assert_eq!(problem(other).await, (400, "DIGEST_INVALID".to_owned()));
    for (reference, code) in [("sha256:baddigeststring", "DIGEST_INVALID"), (".bad", "TAG_INVALID")] {
        let answer = repository.put_manifest(reference, &manifest).await;
        assert_eq!(problem(answer).await, (400, code.to_owned()), "{reference}");
    }
    assert_eq!(problem(repository.get("manifests/.bad").await).await, (404, "MANIFEST_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn a_manifest_under_sha512_has_that_name_everywhere() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let manifest = repository.image("one").await;
    let digest = Digest::of(Algorithm::Sha512, manifest.to_string().as_bytes());
    let answer = repository.put_manifest(&format!("{digest}?tag=v1"), &manifest).await;
    assert_eq!((answer.status().as_u16(), text(&answer, "docker-content-digest")), (201, digest.as_str()));
    for reference in ["v1", digest.as_str()] {
        let answer = repository.head(&format!("manifests/{reference}")).await;
        assert_eq!((answer.status().as_u16(), text(&answer, "docker-content-digest")), (200, digest.as_str()));
    }
}

#[tokio::test]
async fn one_push_by_digest_sets_many_tags() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let manifest = repository.image("one").await;
    let digest = digest_of(manifest.to_string());
    let tags: Vec<_> = (0..20).map(|number| format!("tag={number}")).collect();
    let answer = repository.put_manifest(&format!("{digest}?{}", tags.join("&")), &manifest).await;
    assert_eq!(answer.status(), 201);
    let named: Vec<_> = text(&answer, "oci-tag").split(", ").map(str::to_owned).collect();
    assert_eq!(named.len(), 20);
    for tag in named {
        let answer = repository.head(&format!("manifests/{tag}")).await;
        assert_eq!(text(&answer, "docker-content-digest"), digest.as_str(), "{tag}");
    }
}

#[tokio::test]
async fn tags_that_are_none_or_too_many_store_nothing() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let manifest = repository.image("one").await;
    let digest = digest_of(manifest.to_string());
    let bad = repository.put_manifest(&format!("{digest}?tag=good&tag=.bad"), &manifest).await;
    assert_eq!(problem(bad).await, (400, "TAG_INVALID".to_owned()));
    let many: Vec<_> = (0..101).map(|number| format!("tag={number}")).collect();
    let many = repository.put_manifest(&format!("{digest}?{}", many.join("&")), &manifest).await;
    assert_eq!(problem(many).await, (414, "TAG_INVALID".to_owned()));
    for reference in ["good", "0", digest.as_str()] {
        assert_eq!(repository.get(&format!("manifests/{reference}")).await.status(), 404, "{reference}");
    }
}

#[tokio::test]
async fn a_subject_is_named_in_the_answer_whether_it_is_there_or_not() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let mut manifest = repository.image("one").await;
    let subject = digest_of("not there");
    manifest["subject"] = json!({"mediaType": media_type::OCI_IMAGE, "size": 9, "digest": subject});
    for reference in ["v1", digest_of(manifest.to_string()).as_str()] {
        let answer = repository.put_manifest(reference, &manifest).await;
        assert_eq!((answer.status().as_u16(), text(&answer, "oci-subject")), (201, subject.as_str()));
    }
}

#[tokio::test]
async fn a_tag_moves_and_what_it_left_stays() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let first = repository.push_image("latest", "one").await;
    let second = repository.push_image("latest", "two").await;
    assert_eq!(text(&repository.head("manifests/latest").await, "docker-content-digest"), second.as_str());
    assert_eq!(repository.get(&format!("manifests/{first}")).await.status(), 200);
}

#[tokio::test]
async fn a_tag_is_deleted_alone_and_a_manifest_with_its_tags() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let digest = repository.push_image("v1", "one").await;
    repository.push_image("v2", "one").await;
    assert_eq!(repository.delete("manifests/v1").await.status(), 202);
    assert_eq!(repository.get("manifests/v1").await.status(), 404);
    assert_eq!(repository.get("manifests/v2").await.status(), 200);
    assert_eq!(repository.get(&format!("manifests/{digest}")).await.status(), 200);
    assert_eq!(problem(repository.delete("manifests/v1").await).await, (404, "MANIFEST_UNKNOWN".to_owned()));

    assert_eq!(repository.delete(&format!("manifests/{digest}")).await.status(), 202);
    for reference in ["v2", digest.as_str()] {
        assert_eq!(repository.head(&format!("manifests/{reference}")).await.status(), 404, "{reference}");
        assert_eq!(repository.delete(&format!("manifests/{reference}")).await.status(), 404, "{reference}");
    }
}

#[tokio::test]
async fn one_tag_pushed_by_many_at_once_is_one_of_them_whole() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    let pushes = (0..16).map(|number| {
        let repository = &repository;
        async move { repository.push_image("latest", &format!("image {number}")).await }
    });
    let digests = futures::future::join_all(pushes).await;
    let answer = repository.get("manifests/latest").await;
    let digest: Digest = text(&answer, "docker-content-digest").parse().unwrap();
    assert!(digests.contains(&digest));
    assert_eq!(digest_of(answer.text().await.unwrap()), digest);
    for digest in digests {
        assert_eq!(repository.head(&format!("manifests/{digest}")).await.status(), 200);
    }
}

#[tokio::test]
async fn unknown_repositories_and_manifests_are_not_found() {
    let app = TestApp::start().await;
    let repository = repository(&app);
    assert_eq!(problem(repository.get("manifests/latest").await).await, (404, "NAME_UNKNOWN".to_owned()));
    repository.push_blob("so that it exists").await;
    for reference in ["latest", digest_of("x").as_str()] {
        let answer = repository.get(&format!("manifests/{reference}")).await;
        assert_eq!(problem(answer).await, (404, "MANIFEST_UNKNOWN".to_owned()));
        let head = repository.head(&format!("manifests/{reference}")).await;
        assert_eq!((head.status().as_u16(), head.bytes().await.unwrap().len()), (404, 0));
    }
}

#[tokio::test]
async fn a_manifest_of_somebody_who_may_not_push_is_not_read() {
    let app = TestApp::start().await;
    let token = app.anonymous().token(&["repository:library/a:pull"]).await;
    let mut raw = Raw::connect(app.address).await;
    raw.send(format!(
        "PUT /v2/library/a/manifests/v1 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         expect: 100-continue\r\ncontent-length: 1000\r\n\r\n"
    ))
    .await;
    assert_eq!(raw.status().await, 401, "and no 100 before it");
}
