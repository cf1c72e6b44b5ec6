//! `end-8a`, `end-8b`.

use reqwest::header;
use serde_json::{Value, json};

use crate::harness::{Repository, TestApp, problem};

async fn with_tags(app: &TestApp, tags: &[&str]) -> Repository {
    let repository = app.admin().repository("library/tags");
    let manifest = repository.image("one").await;
    for tag in tags {
        repository.push_manifest(tag, &manifest).await;
    }
    repository
}

/// The tags of a page, and the address of the next.
async fn page(repository: &Repository, rest: &str) -> (Vec<String>, Option<String>) {
    let answer = repository.get(rest).await;
    assert_eq!(answer.status(), 200, "{rest}");
    let link = answer.headers().get(header::LINK).map(|link| link.to_str().unwrap().to_owned());
    let next = link.map(|link| link.strip_prefix('<').unwrap().strip_suffix(r#">; rel="next""#).unwrap().to_owned());
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["name"], "library/tags");
    (serde_json::from_value(body["tags"].clone()).unwrap(), next)
}

#[tokio::test]
async fn tags_come_in_the_order_of_their_bytes() {
    let app = TestApp::start().await;
    let repository = with_tags(&app, &["v10", "b", "A", "v9", "_x", "a.b", "B", "a-b", "0"]).await;
    let (tags, next) = page(&repository, "tags/list").await;
    assert_eq!(tags, ["0", "A", "B", "_x", "a-b", "a.b", "b", "v10", "v9"]);
    assert_eq!(next, None);
}

#[tokio::test]
async fn pages_lead_to_the_end_and_no_further() {
    let app = TestApp::start().await;
    let repository = with_tags(&app, &["a", "b", "c", "d", "e"]).await;
    for (n, sizes) in [(1, vec![1, 1, 1, 1, 1]), (2, vec![2, 2, 1]), (5, vec![5]), (9, vec![5])] {
        let (mut all, mut got, mut next) = (Vec::new(), Vec::new(), Some(format!("tags/list?n={n}")));
        while let Some(address) = next {
            let (tags, link) = page(&repository, &address).await;
            got.push(tags.len());
            all.extend(tags);
            next = link;
        }
        assert_eq!((all.concat().as_str(), got), ("abcde", sizes), "n={n}");
    }
}

#[tokio::test]
async fn a_list_goes_on_after_any_text() {
    let app = TestApp::start().await;
    let repository = with_tags(&app, &["a", "b", "c"]).await;
    for (rest, expected) in [
        ("tags/list?last=a", vec!["b", "c"]),
        ("tags/list?n=1&last=a", vec!["b"]),
        ("tags/list?last=aa", vec!["b", "c"]),
        ("tags/list?last=%27%3B--", vec!["a", "b", "c"]),
        ("tags/list?last=c", vec![]),
        ("tags/list?last=", vec!["a", "b", "c"]),
    ] {
        assert_eq!(page(&repository, rest).await.0, expected, "{rest}");
    }
}

#[tokio::test]
async fn nothing_is_what_one_gets_who_asks_for_nothing() {
    let app = TestApp::start().await;
    let repository = with_tags(&app, &["a", "b"]).await;
    assert_eq!(page(&repository, "tags/list?n=0").await, (vec![], None));
    assert_eq!(app.admin().repository("library/none").get("tags/list?n=0").await.status(), 404);
}

#[tokio::test]
async fn a_page_has_a_thousand_tags_at_most() {
    let app = TestApp::start().await;
    let repository = with_tags(&app, &[]).await;
    let manifest = repository.image("one").await;
    let digest = crate::harness::digest_of(manifest.to_string());
    for batch in 0..11 {
        let tags: Vec<_> = (0..100).map(|number| format!("tag=t{:04}", batch * 100 + number)).collect();
        let answer = repository.put_manifest(&format!("{digest}?{}", tags.join("&")), &manifest).await;
        assert_eq!(answer.status(), 201);
    }
    for rest in ["tags/list", "tags/list?n=1000", "tags/list?n=5000", "tags/list?n=99999999999999999999"] {
        let (tags, next) = page(&repository, rest).await;
        assert_eq!((tags.len(), tags[999].as_str()), (1000, "t0999"), "{rest}");
        assert_eq!(page(&repository, &next.unwrap()).await.0.len(), 100, "{rest}");
    }
}

#[tokio::test]
async fn a_number_that_is_none_is_refused() {
    let app = TestApp::start().await;
    let repository = with_tags(&app, &["a"]).await;
    for n in ["", "-1", "x", "1.5", "%2B1"] {
        let answer = repository.get(&format!("tags/list?n={n}")).await;
        assert_eq!(problem(answer).await, (400, "PAGINATION_NUMBER_INVALID".to_owned()), "{n}");
    }
}

#[tokio::test]
async fn a_repository_without_tags_has_an_empty_list_and_an_unknown_one_none() {
    let app = TestApp::start().await;
    let repository = with_tags(&app, &[]).await;
    assert_eq!(page(&repository, "tags/list").await, (vec![], None));
    let unknown = app.admin().repository("library/unknown").get("tags/list").await;
    assert_eq!(problem(unknown).await, (404, "NAME_UNKNOWN".to_owned()));
}

#[tokio::test]
async fn head_says_how_long_the_list_is() {
    let app = TestApp::start().await;
    let repository = with_tags(&app, &["a"]).await;
    let answer = repository.head("tags/list").await;
    let expected = json!({"name": "library/tags", "tags": ["a"]}).to_string();
    assert_eq!(answer.headers()[header::CONTENT_LENGTH], expected.len().to_string());
    assert_eq!(repository.get("tags/list").await.text().await.unwrap(), expected);
}
