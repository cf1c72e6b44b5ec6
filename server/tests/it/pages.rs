//! Pages of the console, as many people open them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use futures::future::join_all;

use crate::harness::TestApp;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_are_whole_however_many_open_them_at_once() {
    let app = TestApp::start().await;
    let browser = app.signed_in("admin").await;
    let cookie = format!("slipway={}", browser.cookies["slipway"]);
    for path in ["/", "/projects", "/projects/library", "/projects/library?tab=settings&delete=1"] {
        let opened = (0..64).map(|_| {
            browser
                .request(reqwest::Method::GET, path)
                .header("cookie", &cookie)
                .header("sec-fetch-site", "none")
                .send()
        });
        for answer in join_all(opened).await {
            let answer = answer.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            assert!(answer.text().await.unwrap().contains("</main>"), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn pages_are_whole_while_other_servers_start_in_the_same_process() {
    let app = Arc::new(TestApp::start().await);
    let mut browser = app.signed_in("admin").await;
    let enough = Arc::new(AtomicBool::new(false));
    let starting = tokio::task::spawn_blocking({
        let (app, enough) = (Arc::clone(&app), Arc::clone(&enough));
        move || {
            while !enough.load(Ordering::Relaxed) {
                app.sibling().warm_up();
            }
        }
    });
    let mut answers = Vec::new();
    for path in ["/", "/projects", "/projects/library"].repeat(8) {
        answers.push((path, browser.open(path).await.status()));
        if answers.last().is_some_and(|(_, status)| *status != 200) {
            break;
        }
    }
    enough.store(true, Ordering::Relaxed);
    starting.await.unwrap();
    assert!(answers.iter().all(|(_, status)| *status == 200), "{answers:?}");
}
