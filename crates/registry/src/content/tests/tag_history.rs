//! Where a tag has pointed, and moving it back.

use super::{Lab, repo, tag};
use crate::{Actor, Error};

const NAME: &str = "team/app";

#[tokio::test]
async fn a_tag_is_moved_back_to_where_it_pointed_before() {
    let lab = Lab::new().await;
    let first = lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.pass(1);
    let second = lab.image(NAME, "v1", "amd64", &[b"two"]).await;
    let moves = lab.tags.history(&lab.actor, &repo(NAME), &tag("v1")).await.unwrap();
    let told: Vec<_> = moves
        .iter()
        .map(|moved| (moved.digest.as_deref(), moved.previous.as_deref(), moved.current, moved.present))
        .collect();
    assert_eq!(
        told,
        [(Some(second.as_str()), Some(first.as_str()), true, true), (Some(first.as_str()), None, false, true)]
    );
    assert_eq!(moves[0].by.name, "system");
    assert!(moves[0].at > moves[1].at);

    lab.tags.create(&lab.actor, &repo(NAME), &tag("v1"), &first).await.unwrap();
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), first);
    let moves = lab.tags.history(&lab.actor, &repo(NAME), &tag("v1")).await.unwrap();
    assert_eq!((moves.len(), moves[0].previous.as_deref()), (3, Some(second.as_str())));
}

#[tokio::test]
async fn a_deleted_tag_keeps_its_history_and_comes_back_while_its_manifest_is_there() {
    let lab = Lab::new().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    lab.delete(NAME, "v1").await.unwrap();
    let moves = lab.tags.history(&lab.actor, &repo(NAME), &tag("v1")).await.unwrap();
    assert_eq!((moves[0].digest.as_deref(), moves[0].current), (None, false));
    assert!(moves[1].present);
    lab.tags.create(&lab.actor, &repo(NAME), &tag("v1"), &digest).await.unwrap();
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);

    lab.delete(NAME, digest.as_str()).await.unwrap();
    let moves = lab.tags.history(&lab.actor, &repo(NAME), &tag("v1")).await.unwrap();
    assert!(moves.iter().all(|moved| !moved.present && !moved.current), "{moves:?}");
    let gone = lab.tags.create(&lab.actor, &repo(NAME), &tag("v1"), &digest).await;
    assert!(matches!(gone, Err(Error::ManifestNotFound { .. })), "{gone:?}");
}

#[tokio::test]
async fn the_history_of_a_tag_is_for_those_who_may_pull_it() {
    let lab = Lab::new().await;
    lab.image(NAME, "v1", "amd64", &[b"one"]).await;
    let hidden = lab.tags.history(&Actor::anonymous(), &repo(NAME), &tag("v1")).await;
    assert!(matches!(hidden, Err(Error::ProjectNotFound { .. } | Error::Unauthenticated)), "{hidden:?}");
    let unknown = lab.tags.history(&lab.actor, &repo(NAME), &tag("v9")).await;
    assert!(matches!(unknown, Err(Error::TagNotFound { .. })), "{unknown:?}");
}
