//! In which words robots are given something, and what each opens.

use super::*;
use crate::harness::Browser;

/// Every word of administration.
const ADMINISTRATION: [&str; 12] = [
    "project:update",
    "project:delete",
    "metadata:create",
    "metadata:update",
    "metadata:delete",
    "member:create",
    "member:update",
    "member:delete",
    "robot:create",
    "robot:update",
    "robot:delete",
    "log:list",
];

fn given(words: &[&str]) -> Value {
    let access = words.iter().map(|word| {
        let (resource, action) = word.split_once(':').unwrap();
        json!({ "resource": resource, "action": action })
    });
    json!([{ "kind": "project", "namespace": "team", "access": access.collect::<Vec<_>>() }])
}

#[tokio::test]
async fn a_word_of_administration_alone_does_not_give_all_of_it() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let create = |words: &[&str]| json!({ "name": "ci", "level": "project", "permissions": given(words) });
    for word in ADMINISTRATION {
        let others: Vec<_> = ADMINISTRATION.into_iter().filter(|other| *other != word).collect();
        for (words, named) in [(vec!["repository:pull", word], word), (others.clone(), others[0])] {
            let (status, _, message) = problem(send(&admin, "POST", "/robots", &create(&words)).await).await;
            assert!(status == 400 && message.starts_with(&format!("{named} ")), "{words:?}: {status} {message}");
        }
    }
    let created: Value = send(&admin, "POST", "/robots", &create(&["repository:pull"])).await.json().await.unwrap();
    let path = format!("/robots/{}", created["id"]);
    let before = value(&admin, &path).await["permissions"].clone();
    let change = json!({ "permissions": given(&["repository:pull", "log:list"]) });
    let (status, _, message) = problem(send(&admin, "PUT", &path, &change).await).await;
    assert!(status == 400 && message.starts_with("log:list "), "{status} {message}");
    assert_eq!(value(&admin, &path).await["permissions"], before);

    let change = json!({ "permissions": given(&ADMINISTRATION) });
    assert_eq!(send(&admin, "PUT", &path, &change).await.status(), 200);
    let robot = value(&admin, &path).await;
    assert_eq!(robot["permissions"], given(&ADMINISTRATION), "what was asked for is shown");
    // What Harbor's clients do: the whole robot is sent back.
    assert_eq!(send(&admin, "PUT", &path, &robot).await.status(), 200);
    assert_eq!(value(&admin, &path).await["permissions"], robot["permissions"]);
}

#[tokio::test]
async fn every_word_is_told_as_it_was_asked_for_or_refused_with_those_that_belong_beside_it() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let path = format!("/robots/{}", create(&app, "team", &["pull"]).await["id"]);
    let give = async |words: &[&str]| {
        let change = json!({ "permissions": given(words) });
        let answer = send(&admin, "PUT", &path, &change).await;
        if answer.status() == 200 {
            assert_eq!(value(&admin, &path).await["permissions"], change["permissions"], "{words:?}");
            return Ok(());
        }
        let (status, _, message) = problem(answer).await;
        assert_eq!(status, 400, "{words:?}: {message}");
        Err(message)
    };
    let all = value(&admin, "/permissions").await["project"].clone();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    let all: Vec<String> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{}:{}", text(one, "resource"), text(one, "action")))
        .collect();
    let mut single = Vec::new();
    for word in &all {
        match give(&[word.as_str()]).await {
            Ok(()) => single.push(word.as_str()),
            Err(message) => {
                let others = message.strip_prefix(&format!("{word} is given only together with ")).unwrap();
                let others = others.split(": add").next().unwrap();
                let words: Vec<_> = [word.as_str()].into_iter().chain(others.split(", ")).collect();
                give(&words).await.unwrap();
            }
        }
    }
    for word in ["repository:pull", "repository:push", "tag:delete", "artifact:delete", "member:list", "label:read"] {
        assert!(single.contains(&word), "{word}");
    }
    for word in ["tag:list", "log:list", "tag-retention:read", "quota:read"] {
        assert!(!single.contains(&word), "{word}");
    }
    give(&all.iter().map(String::as_str).collect::<Vec<_>>()).await.unwrap();
    for unknown in ["*:*", "repository:*", "*:pull", "tag:pull", "scan:create"] {
        let message = give(&["repository:pull", unknown]).await.unwrap_err();
        assert!(message.contains("/permissions lists all"), "{message}");
    }
}

#[tokio::test]
async fn an_effect_is_told_where_it_was_written() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let path = format!("/robots/{}", create(&app, "team", &["pull"]).await["id"]);
    let mut permissions = given(&["repository:pull", "tag:list"]);
    for access in permissions[0]["access"].as_array_mut().unwrap() {
        access["effect"] = json!("allow");
    }
    assert_eq!(send(&admin, "PUT", &path, &json!({ "permissions": permissions })).await.status(), 200);
    assert_eq!(value(&admin, &path).await["permissions"], permissions);
    permissions[0]["access"][0]["effect"] = json!("deny");
    assert_eq!(send(&admin, "PUT", &path, &json!({ "permissions": permissions })).await.status(), 400);
}

#[tokio::test]
async fn a_robot_that_may_delete_tags_deletes_neither_artifacts_nor_repositories() {
    let app = TestApp::start().await;
    project(&app, "team", false).await;
    app.admin().repository("team/app").push_image("v1", "one").await;
    app.admin().repository("team/app").push_image("v2", "two").await;
    let of = async |name: &str, words: &[&str]| {
        let body = json!({ "name": name, "level": "project", "permissions": given(words) });
        let made: Value = send(&app.admin(), "POST", "/robots", &body).await.json().await.unwrap();
        client(&app, &made["name"], &made["secret"])
    };
    let repository = "/projects/team/repositories/app";
    let tags = of("tags", &["tag:delete"]).await;
    assert_eq!(get(&tags, &format!("{repository}/artifacts/v1")).await.status(), 403, "it does not read");
    assert_eq!(delete(&tags, &format!("{repository}/artifacts/v1")).await, 403);
    assert_eq!(delete(&tags, repository).await, 403);
    let digest =
        value(&app.admin(), &format!("{repository}/artifacts/v2")).await["digest"].as_str().unwrap().to_owned();
    let by_protocol = async |client: &Client, reference: &str| {
        let path = format!("/v2/team/app/manifests/{reference}");
        client.delete(&path).send().await.unwrap().status().as_u16()
    };
    assert_eq!(by_protocol(&tags, &digest).await, 403);
    assert_eq!(delete(&tags, &format!("{repository}/artifacts/v1/tags/v1")).await, 200);
    assert_eq!(by_protocol(&tags, "v2").await, 202);
    let artifacts = of("artifacts", &["artifact:delete"]).await;
    assert_eq!(delete(&artifacts, repository).await, 403);
    assert_eq!(by_protocol(&artifacts, &digest).await, 202);
    let repositories = of("repositories", &["repository:delete"]).await;
    assert_eq!(delete(&repositories, repository).await, 200);
}

#[tokio::test]
async fn the_console_and_the_rest_api_see_what_the_other_gave() {
    let app = TestApp::start().await;
    let admin = app.admin();
    project(&app, "team", false).await;
    let mut browser = app.signed_in("admin").await;
    let call = async |browser: &mut Browser, function: &str, fields: &[(&str, &str)]| -> Value {
        let answer: Value = browser.call(function, fields).await.json().await.unwrap();
        assert!(answer.get("Done").is_some(), "{answer}");
        answer["Done"].clone()
    };
    let made = call(&mut browser, "create_robot", &[("project", "team"), ("name", "ci"), ("preset", "push")]).await;
    let (id, path) = (made["id"].to_string(), format!("/robots/{}", made["id"]));
    assert_eq!(value(&admin, &path).await["permissions"], given(&["repository:pull", "repository:push"]));

    let change = json!({ "permissions": given(&["tag:delete", "repository:pull"]) });
    assert_eq!(send(&admin, "PUT", &path, &change).await.status(), 200);
    let page = browser.open(&format!("/projects/team?tab=robots&edit={id}")).await.text().await.unwrap();
    let ticked = |value: &str| {
        let input = page.split("<input").find(|input| input.contains(&format!("value=\"{value}\""))).unwrap();
        input.split('>').next().unwrap().contains("checked")
    };
    for (value, expected) in [
        ("own", true),
        ("push", false),
        ("tag:delete", true),
        ("repository:pull", true),
        ("tag:list", false),
        ("artifact:delete", false),
    ] {
        assert_eq!(ticked(value), expected, "{value}: {page}");
    }

    let words = [("may[]", "repository:pull"), ("may[]", "tag:list"), ("may[]", "repository:delete")];
    let mut fields = vec![("project", "team"), ("id", &*id), ("preset", "own")];
    fields.extend(words);
    call(&mut browser, "update_robot", &fields).await;
    let told = given(&["repository:pull", "tag:list", "repository:delete"]);
    assert_eq!(value(&admin, &path).await["permissions"], told);

    let alone = [("project", "team"), ("id", &*id), ("preset", "own"), ("may[]", "tag:list")];
    let refused: Value = browser.call("update_robot", &alone).await.json().await.unwrap();
    assert_eq!(refused["Refused"]["code"], "permissions_incomplete", "{refused}");
    assert_eq!(value(&admin, &path).await["permissions"], told);
}
