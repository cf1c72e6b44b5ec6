//! How objects are kept, and whom a store trusts.

use test_s3::{Attributes, LEAST_PART, Memory};

use super::{InProxy, MIB, S3Store, Tuning, noise, options, read, write};
use crate::{BlobStore as _, Location, StoreError, s3::Encryption};

const PART: usize = 64 << 10;

/// One object of each way to store one: a request, parts, parts that are put together; and a tail that stays behind.
async fn one_of_each(store: &S3Store) -> [Location; 3] {
    let small = store.put(noise(1000)).await.unwrap();
    let mut locations = vec![small];
    for length in [2 * PART + 10, 9 * PART + 10] {
        let mut writer = store.begin().await.unwrap();
        write(&mut *writer, &noise(length)).await.unwrap();
        locations.push(writer.commit().await.unwrap());
    }
    let mut writer = store.begin().await.unwrap();
    write(&mut *writer, &noise(1000)).await.unwrap();
    writer.pause().await.unwrap();
    locations.try_into().unwrap()
}

async fn kept(encryption: Option<Encryption>, class: Option<&str>) -> (Vec<Attributes>, Vec<Attributes>) {
    let memory = Memory::new(0);
    let mut options = options(&memory.serve().await);
    options.encryption = encryption;
    options.storage_class = class.map(str::to_owned);
    options.part_budget = 2 * PART as u64;
    let tuning = Tuning { first_part: PART as u64, big: Some((3, 4 * PART as u64)), ..Tuning::default() };
    let store = S3Store::with(&options, tuning).await.unwrap();
    for (location, length) in one_of_each(&store).await.iter().zip([1000, 2 * PART + 10, 9 * PART + 10]) {
        assert!(read(&store, location).await.unwrap() == noise(length));
    }
    let (tails, objects): (Vec<_>, Vec<_>) = memory.keys().into_iter().partition(|key| key.starts_with("uploads/"));
    assert_eq!((objects.len(), tails.len()), (3, 1));
    let attributes = |keys: Vec<String>| keys.iter().map(|key| memory.attributes(key).unwrap()).collect();
    (attributes(objects), attributes(tails))
}

fn attributes(encryption: Option<&str>, kms_key: Option<&str>, class: Option<&str>) -> Attributes {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Attributes { encryption: owned(encryption), kms_key: owned(kms_key), class: owned(class) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_word_the_bucket_decides() {
    let (objects, tails) = kept(None, None).await;
    assert!(objects.iter().chain(&tails).all(|kept| *kept == Attributes::default()), "{objects:?} {tails:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_encrypted_as_it_shall_be() {
    for (encryption, expected) in [
        (Encryption::Aes256, attributes(Some("AES256"), None, None)),
        (Encryption::Kms(None), attributes(Some("aws:kms"), None, None)),
        (Encryption::Kms(Some("alias/registry".to_owned())), attributes(Some("aws:kms"), Some("alias/registry"), None)),
    ] {
        let (objects, tails) = kept(Some(encryption), None).await;
        assert!(objects.iter().chain(&tails).all(|kept| *kept == expected), "{objects:?} {tails:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn objects_have_their_storage_class_and_what_lives_briefly_has_none() {
    let (objects, tails) = kept(None, Some("INTELLIGENT_TIERING")).await;
    let expected = attributes(None, None, Some("INTELLIGENT_TIERING"));
    assert!(objects.iter().all(|kept| *kept == expected), "{objects:?}");
    assert_eq!(tails, [Attributes::default()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_of_a_private_authority_is_trusted_with_its_certificate_and_not_without() {
    let memory = Memory::new(LEAST_PART);
    let (url, authority) = memory.serve_tls().await;
    let mut options = options(&url);
    options.ca_bundle = Some(authority.clone().into_bytes());
    let store = S3Store::open(&options).await.unwrap();
    let location = store.put(noise(1000)).await.unwrap();
    assert!(read(&store, &location).await.unwrap() == noise(1000));
    let mut writer = store.begin().await.unwrap();
    write(&mut *writer, &noise(9 << 20)).await.unwrap();
    let location = writer.commit().await.unwrap();
    assert!(read(&store, &location).await.unwrap() == noise(9 << 20));

    let (other, _) = Memory::new(LEAST_PART).serve_tls().await;
    options.endpoint = Some(other);
    let stranger = S3Store::open(&options).await.unwrap();
    let Err(StoreError::Io(error)) = stranger.put(noise(10)).await else { panic!("it is somebody else's") };
    assert!(error.to_string().contains("certificate"), "the error names what is wrong: {error}");
}

#[tokio::test]
async fn a_bundle_without_certificates_is_refused_at_the_start() {
    let mut options = options("https://127.0.0.1:1");
    options.ca_bundle = Some(b"not a certificate".to_vec());
    let error = S3Store::open(&options).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("certificates"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_not_those_of_the_server_are_an_error_that_says_so() {
    let subject = InProxy::patient(PART as u64, MIB).await;
    let mut options = subject.options.clone();
    options.keys.as_mut().unwrap().secret_key = "another".to_owned();
    let store = S3Store::with(&options, subject.tuning).await.unwrap();
    let Err(StoreError::Io(error)) = store.probe().await else { panic!("the signature is wrong") };
    assert!(error.to_string().contains("SignatureDoesNotMatch"), "{error}");
}
