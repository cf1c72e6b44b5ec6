//! Pushing and pulling blobs.

use super::{Lab, body, broken, noise, nothing, repo};
use crate::Error;
use oci::{Algorithm, Digest};

#[tokio::test]
async fn what_is_pushed_is_pulled_whatever_its_size() {
    let lab = Lab::new().await;
    for size in [0, 1, 4096, 256 * 1024, 256 * 1024 + 1, 3_000_000] {
        let bytes = noise(size as u64, size);
        let receipt = lab.push("team/app", &bytes).await;
        assert_eq!((receipt.size, &receipt.digest), (size as u64, &Digest::sha256(&bytes)));
        assert_eq!(lab.read("team/app", &receipt.digest).await.unwrap(), bytes, "{size}");
    }
}

#[tokio::test]
async fn an_upload_goes_on_over_several_requests() {
    let lab = Lab::new().await;
    let (actor, name) = (&lab.actor, &repo("team/app"));
    let bytes = noise(1, 1_000_000);
    let digest = Digest::sha256(&bytes);
    let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
    let status = lab.uploads.append(actor, name, &id, None, None, body(&bytes[..300_000])).await.unwrap();
    assert_eq!(status.offset, 300_000);
    let status =
        lab.uploads.append(actor, name, &id, Some(300_000), Some(400_000), body(&bytes[300_000..700_000])).await;
    assert_eq!(status.unwrap().offset, 700_000);
    let gap = lab.uploads.append(actor, name, &id, Some(700_001), None, body(&bytes[..1])).await;
    assert!(matches!(gap, Err(Error::UploadOutOfOrder { offset: 700_000, start: 700_001 })), "{gap:?}");
    assert_eq!(lab.uploads.status(actor, name, &id).await.unwrap().offset, 700_000);
    let last = body(&bytes[700_000..]);
    let receipt = lab.uploads.commit(actor, name, &id, &digest, Some(700_000), None, last).await.unwrap();
    assert_eq!(receipt.size, 1_000_000);
    assert_eq!(lab.read("team/app", &digest).await.unwrap(), bytes);
    assert!(matches!(lab.uploads.status(actor, name, &id).await, Err(Error::UploadNotFound)));
}

#[tokio::test]
async fn what_arrived_before_a_break_is_kept() {
    let lab = Lab::new().await;
    let (actor, name) = (&lab.actor, &repo("team/app"));
    let bytes = noise(2, 900_000);
    let digest = Digest::sha256(&bytes);
    let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
    let cut = lab.uploads.append(actor, name, &id, None, None, broken(&bytes[..500_000])).await;
    assert!(matches!(cut, Err(Error::BodyBroken(_))), "{cut:?}");
    let offset = lab.uploads.status(actor, name, &id).await.unwrap().offset;
    assert_eq!(offset, 500_000);
    let rest = broken(&bytes[500_000..600_000]);
    let cut = lab.uploads.commit(actor, name, &id, &digest, Some(offset), None, rest).await;
    assert!(matches!(cut, Err(Error::BodyBroken(_))), "{cut:?}");
    let rest = body(&bytes[600_000..]);
    lab.uploads.commit(actor, name, &id, &digest, Some(600_000), None, rest).await.unwrap();
    assert_eq!(lab.read("team/app", &digest).await.unwrap(), bytes);
}

#[tokio::test]
async fn few_bytes_wait_outside_the_store_until_they_are_many() {
    let lab = Lab::new().await;
    let (actor, name) = (&lab.actor, &repo("team/app"));
    let bytes = noise(4, 200_000);
    for end in [10, 65_536, 65_537, 200_000] {
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
            let mut at = 0;
            for next in [1, 10, 60_000, 65_536, 65_537, 150_000].into_iter().filter(|next| *next <= end) {
                // Every other request breaks at its end.
                let part = &bytes[at..next];
                let body = if next % 2 == 0 { body(part) } else { broken(part) };
                let appended = lab.uploads.append(actor, name, &id, Some(at as u64), None, body).await;
                assert!(matches!(appended, Ok(_) | Err(Error::BodyBroken(_))), "{appended:?}");
                assert_eq!(lab.uploads.status(actor, name, &id).await.unwrap().offset, next as u64);
                let in_store = lab.number("SELECT COUNT(*) FROM uploads WHERE store_state IS NOT NULL").await;
                let in_row = lab.number("SELECT COALESCE(SUM(LENGTH(held)), 0) FROM uploads").await;
                assert_eq!((in_store, in_row), if next <= 65_536 { (0, next as i64) } else { (1, 0) });
                at = next;
            }
            let digest = Digest::of(algorithm, &bytes[..end]);
            lab.uploads.commit(actor, name, &id, &digest, None, None, body(&bytes[at..end])).await.unwrap();
            assert_eq!(lab.read("team/app", &digest).await.unwrap(), bytes[..end], "{end}");
        }
    }
    assert_eq!(lab.number("SELECT COUNT(*) FROM uploads").await, 0);
    assert_eq!(lab.store.sweep(std::time::SystemTime::now()).await.unwrap().uploads, 0);
}

#[tokio::test]
async fn another_algorithm_at_the_end_is_hashed_again() {
    let lab = Lab::new().await;
    let (actor, name) = (&lab.actor, &repo("team/app"));
    let bytes = noise(3, 600_000);
    let digest = Digest::of(Algorithm::Sha512, &bytes);
    let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
    lab.uploads.append(actor, name, &id, None, None, body(&bytes)).await.unwrap();
    let receipt = lab.uploads.commit(actor, name, &id, &digest, None, None, nothing()).await.unwrap();
    assert_eq!(receipt.digest, digest);
    assert_eq!(lab.read("team/app", &digest).await.unwrap(), bytes);

    let id = lab.uploads.begin(actor, name, None).await.unwrap().id;
    lab.uploads.append(actor, name, &id, None, None, body(&bytes)).await.unwrap();
    let wrong = Digest::of(Algorithm::Sha512, b"other");
    let refused = lab.uploads.commit(actor, name, &id, &wrong, None, None, nothing()).await;
    assert!(matches!(refused, Err(Error::DigestMismatch { .. })), "{refused:?}");
    assert_eq!(lab.objects().await, 1);
}

#[tokio::test]
async fn an_image_is_pulled_by_tag_and_by_digest() {
    let lab = Lab::new().await;
    let digest = lab.image("team/app", "v1", "amd64", &[b"layer one", b"layer two"]).await;
    assert_eq!(lab.head("team/app", "v1").await.unwrap(), digest);
    assert_eq!(lab.head("team/app", digest.as_str()).await.unwrap(), digest);
    let names = lab.tags.names(&lab.actor, &repo("team/app"), 100, None).await.unwrap();
    assert_eq!((names.names.as_slice(), names.more), (["v1".to_owned()].as_slice(), false));
    let list = lab.tags.list(&lab.actor, &repo("team/app"), &api_types::ListQuery::default(), None).await.unwrap();
    assert_eq!(list.items[0].platforms[0].architecture, "amd64");
}

#[tokio::test]
async fn a_body_of_single_bytes_is_a_body() {
    use futures::{StreamExt as _, stream};
    let lab = Lab::new().await;
    let bytes = noise(4, 20_000);
    let digest = Digest::sha256(&bytes);
    let pieces: Vec<_> = bytes.iter().map(|byte| Ok(bytes::Bytes::copy_from_slice(&[*byte]))).collect();
    let body = stream::iter(pieces).boxed();
    lab.uploads.put(&lab.actor, &repo("team/app"), &digest, None, body).await.unwrap();
    assert_eq!(lab.read("team/app", &digest).await.unwrap(), bytes);
}
