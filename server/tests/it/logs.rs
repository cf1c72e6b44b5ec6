//! The line of a request.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use server::log::Sink;

use crate::harness::TestApp;

/// What was logged so far.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// The line of a path, once it is there.
    async fn of(&self, path: &str) -> serde_json::Value {
        for _ in 0..6000 {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            let found = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            if let Some(line) = found.into_iter().find(|line| line["path"] == path) {
                return line;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no line for {path}");
    }
}

#[tokio::test]
async fn a_request_is_one_line_without_anything_secret() {
    let lines = Lines::default();
    let app = TestApp::builder().log_to(Sink::to(lines.clone())).start().await;
    let request = app
        .admin()
        .get("/no/such/page?password=hunter2")
        .header("cookie", "slipway=hunter2")
        .header("x-request-id", "my-id");
    request.send().await.unwrap().bytes().await.unwrap();
    let line = lines.of("/no/such/page").await;
    assert_eq!(line["request_id"], "my-id");
    assert_eq!((&line["method"], &line["client"]), (&"GET".into(), &"127.0.0.1".into()));
    assert!(line["bytes"].as_u64().unwrap() > 0 && line["duration_ms"].as_f64().unwrap() > 0.0);
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("hunter2") && !text.contains("unusual-harbour") && !text.to_lowercase().contains("basic "));
}

#[tokio::test]
async fn health_checks_that_go_well_are_no_news() {
    let lines = Lines::default();
    let app = TestApp::builder().log_to(Sink::to(lines.clone())).start().await;
    app.anonymous().get("/healthz").send().await.unwrap().bytes().await.unwrap();
    app.anonymous().get("/pkg/nothing").send().await.unwrap().bytes().await.unwrap();
    lines.of("/pkg/nothing").await;
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("healthz"), "{text}");
}
