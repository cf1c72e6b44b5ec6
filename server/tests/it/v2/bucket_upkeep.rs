//! What pushes to a bucket cost: requests, memory, and what is left behind.

use std::{cell::Cell, time::Duration};

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use server::storage;
use test_s3::{
    Fault, LEAST_PART, Memory,
    Operation::{self, Complete, Create, Delete, Get, Head, Part, Parts, Put},
    Proxy,
};

use super::bucket::{large, start};
use crate::harness::{PATIENCE, Process, Repository, digest_of};

/// A push as Docker does it: begin, all bytes, end. The status of the last request that was made.
async fn push(repository: &Repository, bytes: &[u8]) -> u16 {
    let location = |answer: &reqwest::Response| answer.headers()["location"].to_str().unwrap().to_owned();
    let begun = repository.request(Method::POST, "blobs/uploads/").send().await.unwrap();
    if begun.status() != 202 {
        return begun.status().as_u16();
    }
    let patched = repository.request(Method::PATCH, &location(&begun)).body(bytes.to_vec()).send().await.unwrap();
    if patched.status() != 202 {
        return patched.status().as_u16();
    }
    let end = repository.request(Method::PUT, &location(&patched)).query(&[("digest", digest_of(bytes).as_str())]);
    end.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_push_makes_few_requests_and_no_copy() {
    let (app, _, proxy) = start(&[]).await;
    let repository = app.admin().repository("library/app");
    for (length, expected) in [
        (1_000, vec![(Put, 1)]),
        (100_000, vec![(Put, 2), (Get, 1), (Head, 1), (Delete, 1)]),
        (
            19_000_001,
            vec![(Put, 1), (Get, 1), (Head, 1), (Delete, 1), (Create, 1), (Part, 3), (Parts, 1), (Complete, 1)],
        ),
    ] {
        proxy.take_counts();
        assert_eq!(push(&repository, &large()[..length]).await, 201);
        assert_eq!(proxy.take_counts(), expected, "{length} bytes in three requests");
    }
    for (length, expected) in
        [(2_000, vec![(Put, 1)]), (19_000_000, vec![(Head, 1), (Create, 1), (Part, 3), (Complete, 1)])]
    {
        proxy.take_counts();
        repository.push_blob(&large()[..length]).await;
        assert_eq!(proxy.take_counts(), expected, "{length} bytes in one request");
    }
    proxy.take_counts();
    repository.push_image("v1", "an image").await;
    assert_eq!(proxy.take_counts(), [(Put, 2), (Get, 1)], "config and layer; of the config a summary is made");
    let digest = repository.push_blob("pulled").await;
    proxy.take_counts();
    assert_eq!(repository.get(&format!("blobs/{digest}")).await.status(), 307);
    assert_eq!(repository.head(&format!("blobs/{digest}")).await.status(), 200);
    assert_eq!(proxy.take_counts(), [], "a pull asks the bucket for nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pushes_at_once_keep_to_the_budget_of_memory() {
    const BUDGET: u64 = 32 << 20;
    const UPLOADS: u32 = 16;
    let memory = Memory::new(LEAST_PART);
    let proxy = Proxy::before(&memory.serve().await).await;
    // A slow bucket, so that memory is what the pushes wait for.
    proxy.fail_always(Part, Fault::Delay(Duration::from_millis(150)));
    let server = Process::start(&[
        ("SLIPWAY_STORAGE__S3__BUCKET", test_s3::BUCKET),
        ("SLIPWAY_STORAGE__S3__ENDPOINT", &proxy.url),
        ("SLIPWAY_STORAGE__S3__ACCESS_KEY", test_s3::ACCESS_KEY),
        ("SLIPWAY_STORAGE__S3__SECRET_KEY", test_s3::SECRET_KEY),
        ("SLIPWAY_STORAGE__S3__PART_BUDGET", "32MiB"),
    ]);
    let repository = server.admin().repository("library/app");
    repository.push_blob("a first one, so that all is loaded").await;
    let before = server.peak_memory();
    let bytes = large();
    let pushes = (0..UPLOADS).map(|index| {
        let bytes = [&index.to_le_bytes(), &bytes[..]].concat();
        let repository = repository.clone();
        async move { push(&repository, &bytes).await }
    });
    assert_eq!(join_all(pushes).await, [201; UPLOADS as usize]);
    let used = server.peak_memory() - before;
    // Each connection and each hash has some buffers of its own, and what is freed is not given back at once.
    let most = BUDGET + u64::from(UPLOADS) * (4 << 20);
    assert!(used < most, "{} MiB were used for {} MiB of parts", used >> 20, BUDGET >> 20);
}

#[tokio::test]
async fn what_crashed_and_vanished_leave_behind_is_removed_in_time_and_not_before() {
    let (app, memory, _) = start(&[]).await;
    let repository = app.admin().repository("library/app");
    let kept = repository.push_blob("a blob").await;
    // A client that vanished, and a server that crashed: nobody knows of its upload.
    let location = repository.begin().await;
    assert_eq!(repository.request(Method::PATCH, &location).body(large()).send().await.unwrap().status(), 202);
    let crashed = storage::open(&app.config).await.unwrap().store;
    let mut writer = crashed.begin().await.unwrap();
    writer.write(large().into()).await.unwrap();
    std::mem::forget(writer);
    let found = async || {
        while memory.uploads() < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, found()).await.expect("both have sent parts");
    app.registry.maintenance.sweep().await.unwrap();
    assert_eq!((memory.uploads(), memory.keys().len()), (2, 2), "they may be about to go on");

    app.clock.advance(time::Duration::hours(25));
    app.registry.maintenance.sweep().await.unwrap();
    assert_eq!((memory.uploads(), memory.keys().len()), (0, 1));
    assert_eq!(repository.get(&format!("blobs/{kept}")).await.status(), 307);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_fault_of_the_bucket_breaks_a_push_or_leaves_anything_behind() {
    let (app, memory, proxy) = start(&[("redirect", "false")]).await;
    let repository = app.admin().repository("library/app");
    let faults =
        [Fault::Internal, Fault::SlowDown, Fault::ErrorInBody, Fault::Reset, Fault::LoseAnswer, Fault::Truncate];
    let (mut pushed, bytes) = (0_u32, large());
    for operation in [Put, Create, Part, Complete, Head, Get, Parts, Delete] {
        for fault in faults {
            // No server does that: these answers have no body, or the body is the object.
            if fault == Fault::ErrorInBody && matches!(operation, Head | Get) {
                continue;
            }
            pushed += 1;
            let bytes = [&bytes[..9_000_000], &pushed.to_le_bytes()].concat();
            proxy.fail_nth(operation, 1, fault);
            assert_eq!(push(&repository, &bytes).await, 201, "{operation:?} {fault:?}");
            let blob = repository.get(&format!("blobs/{}", digest_of(&bytes))).await;
            assert!(blob.bytes().await.unwrap() == bytes, "{operation:?} {fault:?}");
        }
    }
    assert_eq!(proxy.faults(), u64::from(pushed), "each fault happened");
    app.clock.advance(time::Duration::hours(25));
    app.registry.maintenance.sweep().await.unwrap();
    assert_eq!((memory.uploads(), memory.keys().len()), (0, pushed as usize), "one object for each blob");
    assert_eq!(proxy.count(Operation::Copy), 0);
}

/// A push of a whole image, one blob after the other; its manifest, if all of it was acknowledged.
async fn push_image(repository: &Repository, tag: &str, layer: &[u8]) -> Option<Value> {
    let config = format!(r#"{{"os":"linux","architecture":"amd64","author":"{tag}"}}"#);
    for bytes in [config.as_bytes(), layer] {
        if push(repository, bytes).await != 201 {
            return None;
        }
    }
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": oci::media_type::OCI_IMAGE,
        "config": { "mediaType": oci::media_type::OCI_CONFIG, "size": config.len(), "digest": digest_of(&config) },
        "layers": [{ "mediaType": oci::media_type::OCI_LAYER, "size": layer.len(), "digest": digest_of(layer) }],
    });
    (repository.put_manifest(tag, &manifest).await.status() == 201).then_some(manifest)
}

#[tokio::test(flavor = "multi_thread")]
async fn images_that_were_acknowledged_in_a_storm_are_whole() {
    let (app, _, proxy) = start(&[("redirect", "false")]).await;
    let repository = app.admin().repository("library/app");
    let (bytes, over, meanwhile) = (large(), Cell::new(false), Cell::new(0_u32));
    proxy.storm(0x9E37_79B9, 20);
    let pushers = (0..12_usize).map(|pusher| {
        let (repository, bytes, over, meanwhile) = (&repository, &bytes, &over, &meanwhile);
        async move {
            let mut images = Vec::new();
            // As large as what is held in a row, is kept as a tail, and is sent in parts.
            for (round, length) in [1_000, 100_000, 9_000_000].into_iter().cycle().skip(pusher).enumerate() {
                if over.get() {
                    break;
                }
                let tag = format!("{pusher}-{round}");
                let layer = [tag.as_bytes(), &bytes[..length]].concat();
                if let Some(manifest) = push_image(repository, &tag, &layer).await {
                    meanwhile.set(meanwhile.get() + u32::from(!over.get()));
                    images.push((tag, manifest));
                }
            }
            images
        }
    });
    let storm = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        // It rages for longer where pushes take longer.
        let enough = async {
            while meanwhile.get() == 0 || proxy.faults() < 10 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, enough).await;
        over.set(true);
        proxy.heal();
    };
    let (images, ()) = tokio::join!(join_all(pushers), storm);
    assert!(meanwhile.get() > 0, "some got through");
    assert!(proxy.faults() >= 10, "it was a storm");
    for (tag, manifest) in images.iter().flatten() {
        let pulled = repository.get(&format!("manifests/{tag}")).await;
        assert_eq!(pulled.text().await.unwrap(), manifest.to_string(), "{tag}");
        for blob in [&manifest["config"], &manifest["layers"][0]] {
            let pulled = repository.get(&format!("blobs/{}", blob["digest"].as_str().unwrap())).await;
            assert_eq!(pulled.status(), 200, "{tag}");
            assert_eq!(blob["digest"], digest_of(pulled.bytes().await.unwrap()).as_str(), "{tag}");
        }
    }
}
