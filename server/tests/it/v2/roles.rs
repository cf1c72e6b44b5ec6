//! A bucket without keys in the configuration: what hands out the credentials of a role is asked.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use test_s3::{AUTHORIZATION, Asked, LEAST_PART, Memory, ROLE, Roles, WEB_IDENTITY};

use crate::harness::{Client, Process, digest_of};

const HOUR: Duration = Duration::from_hours(1);

/// The program before a bucket, with what the environment of a role has beside it.
async fn start(memory: &Memory, variables: &[(&str, &str)]) -> Process {
    let endpoint = memory.serve().await;
    let mut all = vec![
        ("SLIPWAY_STORAGE__S3__BUCKET", test_s3::BUCKET),
        ("SLIPWAY_STORAGE__S3__ENDPOINT", &endpoint),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    all.extend(variables);
    Process::start(&all)
}

/// A push and a pull, through the server and from the bucket itself.
async fn works(admin: &Client, bytes: &[u8]) {
    let repository = admin.repository("library/app");
    let digest = repository.push_blob(bytes).await;
    assert_eq!(digest, digest_of(bytes));
    let answer = repository.get(&format!("blobs/{digest}")).await;
    assert_eq!(answer.status(), 307);
    let location = answer.headers()["location"].to_str().unwrap();
    let fetched = reqwest::Client::builder().no_proxy().build().unwrap().get(location).send().await.unwrap();
    assert_eq!(fetched.status(), 200);
    assert_eq!(fetched.bytes().await.unwrap(), bytes);
}

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The first key that a role got.
const FIRST: &str = "ASIA0000000000000001";

#[tokio::test(flavor = "multi_thread")]
async fn the_role_of_an_instance_needs_no_keys_and_no_region() {
    let memory = Memory::new(LEAST_PART);
    let roles = Roles::of(&memory, HOUR).await;
    let endpoint = memory.serve().await;
    let server = Process::start(&[
        ("SLIPWAY_STORAGE__S3__BUCKET", test_s3::BUCKET),
        ("SLIPWAY_STORAGE__S3__PATH_STYLE", "true"),
        ("AWS_ENDPOINT_URL_S3", &endpoint),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &roles.url),
    ]);
    works(&server.admin(), b"some bytes").await;
    assert_eq!((roles.asked(), memory.signers()), (vec![Asked::Instance], vec![FIRST.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_account_shows_its_web_identity() {
    let memory = Memory::new(LEAST_PART);
    let roles = Roles::of(&memory, HOUR).await;
    let folder = tempfile::tempdir().unwrap();
    let token = write(folder.path(), "token", WEB_IDENTITY);
    let variables = [
        ("SLIPWAY_STORAGE__S3__REGION", "ap-southeast-1"),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &*token),
        ("AWS_ENDPOINT_URL_STS", &*roles.url),
    ];
    works(&start(&memory, &variables).await.admin(), b"some bytes").await;
    assert_eq!((roles.asked(), memory.signers()), (vec![Asked::WebIdentity], vec![FIRST.to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_shows_its_authorization() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(folder.path(), "token", AUTHORIZATION);
    for variable in [
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", AUTHORIZATION),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file.as_str()),
    ] {
        let memory = Memory::new(LEAST_PART);
        let roles = Roles::of(&memory, HOUR).await;
        let url = format!("{}/container", roles.url);
        let server = start(&memory, &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", &url), variable]).await;
        works(&server.admin(), b"some bytes").await;
        assert_eq!((roles.asked(), memory.signers()), (vec![Asked::Container], vec![FIRST.to_owned()]), "{variable:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_from_the_environment_and_from_profiles() {
    let memory = Memory::new(LEAST_PART);
    let variables = [("AWS_ACCESS_KEY_ID", test_s3::ACCESS_KEY), ("AWS_SECRET_ACCESS_KEY", test_s3::SECRET_KEY)];
    works(&start(&memory, &variables).await.admin(), b"some bytes").await;

    let folder = tempfile::tempdir().unwrap();
    let (access_key, secret_key) = (test_s3::ACCESS_KEY, test_s3::SECRET_KEY);
    let text = format!("[registry]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret_key}\n");
    let path = write(folder.path(), "credentials", &text);
    let variables = [("AWS_SHARED_CREDENTIALS_FILE", path.as_str()), ("AWS_PROFILE", "registry")];
    works(&start(&memory, &variables).await.admin(), b"other bytes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_from_files_that_the_configuration_names() {
    let memory = Memory::new(LEAST_PART);
    let folder = tempfile::tempdir().unwrap();
    let access_key = write(folder.path(), "access-key", &format!("{}\n", test_s3::ACCESS_KEY));
    let secret_key = write(folder.path(), "secret-key", &format!("{}\n", test_s3::SECRET_KEY));
    let variables = [
        ("SLIPWAY_STORAGE__S3__ACCESS_KEY_FILE", access_key.as_str()),
        ("SLIPWAY_STORAGE__S3__SECRET_KEY_FILE", secret_key.as_str()),
        // What is configured goes before what is around.
        ("AWS_ACCESS_KEY_ID", "somebody"),
        ("AWS_SECRET_ACCESS_KEY", "else"),
    ];
    works(&start(&memory, &variables).await.admin(), b"some bytes").await;
    assert_eq!(memory.signers(), [test_s3::ACCESS_KEY]);
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_renewed_before_they_end_and_no_request_notices() {
    let memory = Memory::new(LEAST_PART);
    let roles = Roles::of(&memory, Duration::from_secs(26)).await;
    let variables = [("AWS_EC2_METADATA_DISABLED", "false"), ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*roles.url)];
    let started = Instant::now();
    let server = start(&memory, &variables).await;
    let admin = server.admin();
    let mut pushed = 0_u32;
    // Past the end of the first, which half of its life renews.
    let serving = Instant::now();
    while serving.elapsed() < Duration::from_secs(30) {
        works(&admin, &pushed.to_le_bytes()).await;
        pushed += 1;
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    // What was handed out last may have signed nothing yet.
    let (signers, asked) = (memory.signers(), roles.asked());
    assert!(signers.len() >= 2 && asked.len() <= signers.len() + 1, "{asked:?} {signers:?}");
    // Half of a life is thirteen seconds.
    let most = 1 + started.elapsed().as_secs() / 12;
    assert!(asked.len() as u64 <= most, "not once for each request: {asked:?}, {pushed} pushes");
    assert!(asked.iter().all(|asked| *asked == Asked::Instance), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_credentials_the_log_says_where_they_were_looked_for() {
    let memory = Memory::new(LEAST_PART);
    let server = start(&memory, &[]).await;
    assert_eq!(server.admin().get("/readyz").send().await.unwrap().status(), 503);
    for words in ["there are no credentials", "environment", "web identity", "instance"] {
        server.logs(words);
    }
}
