//! A database that is stopped and started while clients push and pull without pause.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use oci::Digest;
use reqwest::{Method, RequestBuilder, Response, header};
use serde_json::{Value, json};
use test_postgres::Cluster;

use super::healed_within;
use crate::harness::{Repository, TestApp, digest_of, problem, repository::location};

const CLIENTS: usize = 4;

/// No answer takes longer, whether there is a database or not; all wait a hundredth of this for a connection.
const BOUND: Duration = Duration::from_secs(30);

/// Answers in which several images are pushed and pulled.
const SOME: u32 = 40;

/// How long the database is away: longer than anybody waits for a connection.
const AWAY: Duration = Duration::from_secs(1);

/// Somebody who pushes images and pulls each of them, one after the other.
struct Visitor {
    repository: Repository,
    /// How many requests were a success, for whoever watches.
    answers: Arc<AtomicU32>,
    /// How many were refused.
    refused: Arc<AtomicU32>,
    stop: Arc<AtomicBool>,
    pushed: Vec<(String, Digest)>,
}

impl Visitor {
    /// The answer if it is a success; nothing if it is the one of a server whose database is away. There must be no other.
    async fn ask(&mut self, request: RequestBuilder) -> Option<Response> {
        let asked = Instant::now();
        let answer = request.send().await.unwrap();
        assert!(asked.elapsed() < BOUND, "{} took {:?}", answer.url(), asked.elapsed());
        if answer.status().is_success() {
            self.answers.fetch_add(1, Ordering::Relaxed);
            return Some(answer);
        }
        assert_eq!(answer.status(), 503, "{}", answer.text().await.unwrap());
        assert_eq!(answer.headers()[header::RETRY_AFTER], "1");
        assert_eq!(problem(answer).await, (503, "UNAVAILABLE".to_owned()));
        self.refused.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(50)).await;
        None
    }

    /// One attempt at an image; its digest once that is acknowledged.
    async fn push(&mut self, tag: &str) -> Option<Digest> {
        let config = format!(r#"{{"os":"linux","architecture":"amd64","author":"{tag}"}}"#);
        let layer = format!("a layer of {tag}");
        let (config_digest, layer_digest) = (digest_of(&config), digest_of(&layer));
        let whole = self.repository.request(Method::POST, "blobs/uploads/");
        self.ask(whole.query(&[("digest", config_digest.as_str())]).body(config.clone())).await?;

        // As Docker does it; what breaks off is begun anew.
        let (first, second) = layer.split_at(8);
        let begun = self.ask(self.repository.request(Method::POST, "blobs/uploads/")).await?;
        let part = self.repository.request(Method::PATCH, &location(&begun)).body(first.to_owned());
        let part = location(&self.ask(part).await?);
        let last = format!("{part}{}digest={layer_digest}", if part.contains('?') { '&' } else { '?' });
        self.ask(self.repository.request(Method::PUT, &last).body(second.to_owned())).await?;

        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": oci::media_type::OCI_IMAGE,
            "config": { "mediaType": oci::media_type::OCI_CONFIG, "size": config.len(), "digest": config_digest },
            "layers": [{ "mediaType": oci::media_type::OCI_LAYER, "size": layer.len(), "digest": layer_digest }],
        });
        let manifest = manifest.to_string();
        let put = self.repository.request(Method::PUT, &format!("manifests/{tag}"));
        self.ask(put.header(header::CONTENT_TYPE, oci::media_type::OCI_IMAGE).body(manifest.clone())).await?;
        Some(digest_of(&manifest))
    }

    /// One attempt to get an image back, which is what was pushed.
    async fn pull(&mut self, tag: &str, digest: &Digest) -> Option<()> {
        let manifest = self.ask(self.repository.request(Method::GET, &format!("manifests/{tag}"))).await?;
        let manifest = manifest.bytes().await.unwrap();
        assert_eq!(digest_of(&manifest), *digest, "{tag}");
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        for blob in [&manifest["config"], &manifest["layers"][0]] {
            let blob = blob["digest"].as_str().unwrap();
            let answer = self.ask(self.repository.request(Method::GET, &format!("blobs/{blob}"))).await?;
            assert_eq!(digest_of(answer.bytes().await.unwrap()).as_str(), blob, "{tag}");
        }
        Some(())
    }

    /// Goes on until it is told to stop. What was refused is tried again.
    async fn run(mut self) -> Self {
        while !self.stop.load(Ordering::Relaxed) {
            let tag = format!("v{}", self.pushed.len());
            let digest = loop {
                if let Some(digest) = self.push(&tag).await {
                    break digest;
                }
            };
            self.pushed.push((tag.clone(), digest.clone()));
            while self.pull(&tag, &digest).await.is_none() {}
        }
        self
    }
}

/// Waits until each of them had so many more answers of a kind. The second of them is to a request that was sent after now.
async fn go_on(answers: &[Arc<AtomicU32>], more: u32, patience: Duration) {
    let began = Instant::now();
    let before: Vec<_> = answers.iter().map(|answers| answers.load(Ordering::Relaxed)).collect();
    let is_behind = |(answers, before): (&Arc<AtomicU32>, &u32)| answers.load(Ordering::Relaxed) < before + more;
    while answers.iter().zip(&before).any(is_behind) {
        assert!(began.elapsed() < patience, "somebody had no answers for {patience:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL"]
async fn a_restart_under_load_is_answered_with_503_loses_nothing_and_heals_by_itself_within_seconds() {
    // What it acknowledges has to outlive a crash.
    let cluster = Arc::new(Cluster::durable());
    let url = cluster.url("postgres");
    let app = TestApp::builder().set("database.url", &url).set("database.acquire_timeout", "300ms").start().await;
    let stop = Arc::<AtomicBool>::default();
    let (mut answers, mut refused, mut visitors) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..CLIENTS {
        let name = format!("library/app-{number}");
        let scope = format!("repository:{name}:pull,push");
        let client = if number.is_multiple_of(2) { app.admin() } else { app.admin().bearer(&[&scope]).await };
        let visitor = Visitor {
            repository: client.repository(&name),
            answers: Arc::default(),
            refused: Arc::default(),
            stop: Arc::clone(&stop),
            pushed: Vec::new(),
        };
        answers.push(Arc::clone(&visitor.answers));
        refused.push(Arc::clone(&visitor.refused));
        visitors.push(tokio::spawn(visitor.run()));
    }
    for end in [Cluster::halt as fn(&Cluster), Cluster::crash] {
        go_on(&answers, SOME, Duration::from_secs(60)).await;
        let ended = Arc::clone(&cluster);
        tokio::task::spawn_blocking(move || end(&ended)).await.unwrap();
        tokio::time::sleep(AWAY).await;
        // Everybody misses the database.
        go_on(&refused, 1, Duration::from_secs(60)).await;
        let (resumed, started) = (Arc::clone(&cluster), Instant::now());
        tokio::task::spawn_blocking(move || resumed.resume()).await.unwrap();
        go_on(&answers, 2, healed_within(started.elapsed())).await;
    }
    go_on(&answers, SOME, Duration::from_secs(60)).await;
    stop.store(true, Ordering::Relaxed);
    for visitor in visitors {
        let mut visitor = visitor.await.unwrap();
        for (tag, digest) in std::mem::take(&mut visitor.pushed) {
            assert!(visitor.pull(&tag, &digest).await.is_some(), "{tag} after all was well");
        }
    }
}
