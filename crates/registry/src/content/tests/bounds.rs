//! However much is in a manifest, its page and a list with it stay within bounds.

use super::{
    Lab, described,
    fsck::{NAME, location},
    proofs::quarantined,
    repo,
};
use crate::{content::Beside, numbered::NumberedQuery};
use blobstore::{BlobStore as _, MemoryStore};
use oci::{Digest, media_type};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// An image with this configuration and so many times one layer.
async fn push(lab: &Lab, tag: &str, config: &Value, layers: usize, annotations: &Value) {
    let (config, layer) = (config.to_string(), b"layer".as_slice());
    lab.push(NAME, config.as_bytes()).await;
    lab.push(NAME, layer).await;
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "annotations": annotations,
        "config": described(media_type::OCI_CONFIG, config.as_bytes()),
        "layers": vec![described(media_type::OCI_LAYER, layer); layers],
    });
    lab.put(NAME, tag, &manifest).await.unwrap();
}

/// `count` pairs.
fn pairs(count: usize) -> Value {
    Value::Object((0..count).map(|at| (format!("key{at:04}"), json!("value"))).collect::<Map<_, _>>())
}

#[tokio::test]
async fn a_page_shows_the_first_of_very_many_and_says_how_many_there_are() {
    let lab = Lab::new().await;
    let variables: Vec<_> = (0..300).map(|at| format!("V{at}=1")).collect();
    let config =
        json!({ "os": "linux", "architecture": "amd64", "config": { "Env": variables, "Labels": pairs(150) } });
    push(&lab, "v1", &config, 800, &json!({})).await;
    let page = lab.artifacts.get(&lab.actor, &repo(NAME), &"v1".parse().unwrap(), None, "").await.unwrap();
    let image = page.image.unwrap();
    assert_eq!((image.steps.len(), image.more_steps, image.layers_total), (500, 300, 800));
    assert_eq!(image.layers_size, 5, "each layer once");
    let config = image.config.unwrap();
    assert_eq!((config.environment.len(), config.more_variables), (200, 100));
    assert_eq!((config.labels.len(), config.labels_total), (100, 150));
}

#[tokio::test]
async fn a_list_leaves_long_annotations_to_the_artifact() {
    let lab = Lab::new().await;
    let config = json!({ "os": "linux", "architecture": "amd64" });
    push(&lab, "short", &config, 1, &pairs(3)).await;
    push(&lab, "long", &config, 2, &json!({ "long": "x".repeat(40_000) })).await;
    let query = NumberedQuery::default();
    let listed = lab.artifacts.list_records(&lab.actor, &repo(NAME), &query, Beside::default()).await.unwrap();
    let found: Vec<_> = listed.page.items.iter().map(|artifact| artifact.annotations.len()).collect();
    assert_eq!(found, [0, 3], "newest first");
    let (name, long) = (repo(NAME), "long".parse().unwrap());
    let one = lab.artifacts.get_record(&lab.actor, &name, &long, Beside::default());
    assert_eq!(one.await.unwrap().page.items[0].annotations["long"].len(), 40_000);
}

#[tokio::test]
async fn an_image_without_its_configuration_is_shown_and_says_so() {
    let store = MemoryStore::new();
    let lab = Lab::with(Arc::new(store.clone())).await;
    for (author, is_changed) in [("ada", true), ("bob", false)] {
        let config = json!({ "os": "linux", "architecture": "amd64", "author": author });
        push(&lab, "v1", &config, 2, &json!({})).await;
        let get = async || {
            let page = lab.artifacts.get(&lab.actor, &repo(NAME), &"v1".parse().unwrap(), None, "").await.unwrap();
            let image = page.image.unwrap();
            (image.config.is_some(), image.config_lost, image.layers_total)
        };
        let at = location(&lab, &Digest::sha256(config.to_string().as_bytes())).await;
        assert_eq!(get().await, (true, false, 2));
        if is_changed {
            store.flip(&at, 7);
        } else {
            store.delete_many(&[at]).await.unwrap();
        }
        assert_eq!(get().await, (false, true, 2));
        if is_changed {
            quarantined(&lab, &Digest::sha256(config.to_string().as_bytes())).await;
            assert_eq!(get().await, (false, true, 2), "and so when it is in quarantine");
        }
    }
}
