//! Pages of the console, as many people open them.

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
