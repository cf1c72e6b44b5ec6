//! Connections: limits, pace, stopping.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use server::listener::Limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{PATIENCE, Raw, Toy, in_calm, relaxed};

const SHORT: Duration = Duration::from_millis(400);
const GET: &str = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

#[tokio::test]
async fn requests_follow_each_other_on_one_connection() {
    let toy = Toy::start(relaxed());
    let mut raw = Raw::connect(toy.address).await;
    for _ in 0..3 {
        raw.send(GET).await;
        assert_eq!(raw.status().await, 200);
    }
    raw.send([GET, GET, "GET /peer HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"].concat()).await;
    assert_eq!((raw.status().await, raw.status().await), (200, 200));
    assert_eq!(raw.answer().await.1, b"127.0.0.1");
    assert!(raw.until_closed().await.is_empty());
    assert_eq!(toy.counters.accepted.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_body_that_is_left_ends_the_connection_and_the_client_is_told() {
    let toy = Toy::start(relaxed());
    let mut raw = Raw::connect(toy.address).await;
    for body in ["content-length: 4\r\n\r\nbody", "transfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"] {
        raw.send(format!("POST /count HTTP/1.1\r\nhost: a\r\n{body}")).await;
        let (head, bytes) = raw.answer().await;
        assert_eq!(
            (head.to_lowercase().contains("connection: close"), bytes.as_slice()),
            (false, b"4".as_slice()),
            "{head}"
        );
    }
    raw.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 4000000\r\n\r\nbody").await;
    let (head, _) = raw.answer().await;
    assert!(head.starts_with("HTTP/1.1 200") && head.to_lowercase().contains("connection: close"), "{head}");
    assert!(raw.until_closed().await.is_empty());
}

#[tokio::test]
async fn http2_is_spoken_to_those_who_begin_with_it() {
    let toy = Toy::start(relaxed());
    let mut raw = Raw::connect(toy.address).await;
    raw.ask_in_http2(0x86, "hello").await;
}

#[tokio::test]
async fn headers_that_take_too_long_end_the_connection() {
    in_calm(async || {
        let toy = Toy::start(Limits { header_timeout: SHORT, ..relaxed() });
        let mut raw = Raw::connect(toy.address).await;
        raw.send(GET).await;
        assert_eq!(raw.status().await, 200);
        // The second request begins and then crawls: no byte of it extends its time.
        let began = Instant::now();
        raw.send("GET / HTTP/1.1\r\nhost: a\r\n").await;
        let crawl = async {
            loop {
                tokio::time::sleep(SHORT / 10).await;
                if tokio::io::AsyncWriteExt::write_all(&mut raw.0, b"x: y\r\n").await.is_err() {
                    break;
                }
            }
        };
        tokio::time::timeout(PATIENCE, crawl).await.expect("the server closes");
        assert!(began.elapsed() >= SHORT, "{:?}", began.elapsed());
        assert_eq!(toy.counters.timed_out.load(Ordering::Relaxed), 1);
    })
    .await;
}

#[tokio::test]
async fn a_connection_at_rest_is_closed() {
    in_calm(async || {
        let toy = Toy::start(Limits { idle_timeout: SHORT, ..relaxed() });
        let began = Instant::now();
        let (mut silent, mut rested) = (Raw::connect(toy.address).await, Raw::connect(toy.address).await);
        rested.send(GET).await;
        assert_eq!(rested.status().await, 200);
        assert!(rested.until_closed().await.is_empty());
        assert!(silent.until_closed().await.is_empty());
        assert!(began.elapsed() >= SHORT);
    })
    .await;
}

#[tokio::test]
async fn a_request_that_takes_long_is_not_at_rest() {
    in_calm(async || {
        let toy = Toy::start(Limits { idle_timeout: SHORT, header_timeout: SHORT, ..relaxed() });
        let mut raw = Raw::connect(toy.address).await;
        raw.send("GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await;
        tokio::time::sleep(SHORT * 3).await;
        toy.answers.go.notify_one();
        assert_eq!(raw.answer().await.1, b"waited");
    })
    .await;
}

#[tokio::test]
async fn headers_have_a_greatest_size_and_number() {
    let toy = Toy::start(relaxed());
    for request in [
        format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(16 << 10)),
        format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(101)),
    ] {
        let mut raw = Raw::connect(toy.address).await;
        raw.send(request).await;
        assert_eq!(raw.status().await, 431);
        raw.until_closed().await;
    }
    let mut raw = Raw::connect(toy.address).await;
    raw.send(format!("GET / HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "y".repeat(15 << 10))).await;
    assert_eq!(raw.status().await, 200);
}

#[tokio::test]
async fn a_body_that_crawls_is_given_up() {
    let toy = Toy::start(Limits { body_window: SHORT, min_body_rate: 1000, ..relaxed() });
    let mut raw = Raw::connect(toy.address).await;
    raw.send("PUT /count HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n").await;
    let (mut reader, mut writer) = raw.0.into_split();
    let crawl = tokio::spawn(async move {
        while tokio::io::AsyncWriteExt::write_all(&mut writer, b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 20).await;
        }
    });
    let mut seen = vec![0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut reader, &mut seen).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&seen), "HTTP/1.1 408");
    crawl.abort();
}

#[tokio::test]
async fn a_body_that_keeps_the_pace_may_take_any_time() {
    in_calm(async || {
        let toy = Toy::start(Limits { body_window: SHORT, min_body_rate: 1000, ..relaxed() });
        let mut raw = Raw::connect(toy.address).await;
        raw.send("PUT /count HTTP/1.1\r\nhost: a\r\ncontent-length: 16000\r\n\r\n").await;
        for _ in 0..16 {
            raw.send([b'x'; 1000]).await;
            tokio::time::sleep(SHORT / 4).await;
        }
        assert_eq!(raw.answer().await.1, b"16000");
    })
    .await;
}

#[tokio::test]
async fn the_pace_of_a_handler_is_not_the_clients_fault() {
    in_calm(async || {
        let toy = Toy::start(Limits { body_window: SHORT, min_body_rate: 1 << 20, ..relaxed() });
        let mut raw = Raw::connect(toy.address).await;
        raw.send("PUT /sleepy HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello").await;
        assert_eq!(raw.answer().await.1, b"5");
    })
    .await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_dropped() {
    let toy = Toy::start(Limits { write_timeout: SHORT, ..relaxed() });
    let mut raw = Raw::connect(toy.address).await;
    raw.send("GET /endless HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let dropped = async {
        while toy.counters.open.load(Ordering::Relaxed) > 0 || toy.counters.accepted.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, dropped).await.expect("the server drops it");
}

#[tokio::test]
async fn a_client_of_http2_that_makes_no_room_is_dropped_whatever_else_it_says() {
    in_calm(async || {
        let toy = Toy::start(Limits { write_timeout: 2 * SHORT, ..relaxed() });
        let mut raw = Raw::connect(toy.address).await;
        raw.begin_http2(0x86, "/endless").await;
        let (mut reader, mut writer) = raw.0.into_split();
        let reading = tokio::spawn(async move {
            let mut buffer = vec![0; 64 << 10];
            while reader.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
        });
        // Slowly, but for longer than the limit: WINDOW_UPDATE, 16 KiB for the connection and the stream.
        let began = Instant::now();
        while began.elapsed() < 5 * SHORT {
            for stream in [0, 1] {
                writer.write_all(&[0, 0, 4, 8, 0, 0, 0, 0, stream, 0, 0, 0x40, 0]).await.unwrap();
            }
            tokio::time::sleep(SHORT / 8).await;
        }
        assert!(!reading.is_finished(), "who takes the answer may take any time");
        assert_eq!(toy.counters.timed_out.load(Ordering::Relaxed), 0);
        let pings = async {
            while !reading.is_finished() {
                // The server may drop it in between.
                let _ = writer.write_all(&[0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]).await;
                tokio::time::sleep(SHORT / 8).await;
            }
        };
        tokio::time::timeout(PATIENCE, pings).await.expect("the server drops it");
        assert_eq!(toy.counters.timed_out.load(Ordering::Relaxed), 1);
    })
    .await;
}

#[tokio::test]
async fn connections_over_the_limit_wait_their_turn() {
    let toy = Toy::start(Limits { max_connections: 2, ..relaxed() });
    let (mut a, mut b) = (Raw::connect(toy.address).await, Raw::connect(toy.address).await);
    for raw in [&mut a, &mut b] {
        raw.send(GET).await;
        assert_eq!(raw.status().await, 200);
    }
    let mut waiting = Raw::connect(toy.address).await;
    waiting.send(GET).await;
    assert!(tokio::time::timeout(SHORT, waiting.status()).await.is_err(), "there was no place");
    drop(a);
    assert_eq!(waiting.status().await, 200);
}

#[tokio::test]
async fn stopping_lets_running_requests_end_and_takes_no_more() {
    let toy = Toy::start(relaxed());
    let mut resting = Raw::connect(toy.address).await;
    resting.send(GET).await;
    assert_eq!(resting.status().await, 200);
    let mut running = Raw::connect(toy.address).await;
    running.send("GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await;
    toy.answers.arrived.notified().await;

    toy.drain.start();
    assert!(resting.until_closed().await.is_empty(), "it is closed at once");
    let refused = async {
        while tokio::net::TcpStream::connect(toy.address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, refused).await.expect("nothing listens any more");
    assert!(!toy.task.is_finished());
    toy.answers.go.notify_one();
    let (head, body) = running.answer().await;
    assert_eq!((head.to_lowercase().contains("connection: close"), body.as_slice()), (true, b"waited".as_slice()));
    tokio::time::timeout(PATIENCE, toy.task).await.expect("it has stopped").unwrap();
}

#[tokio::test]
async fn a_server_that_stops_serves_who_comes_until_the_delay_is_over() {
    in_calm(async || {
        let toy = Toy::start(Limits { shutdown_delay: 4 * SHORT, ..relaxed() });
        let mut resting = Raw::connect(toy.address).await;
        resting.send(GET).await;
        assert_eq!(resting.status().await, 200);
        toy.drain.start();
        let mut late = Raw::connect(toy.address).await;
        for raw in [&mut late, &mut resting] {
            raw.send(GET).await;
            let (head, _) = raw.answer().await;
            assert!(head.starts_with("HTTP/1.1 200") && head.to_lowercase().contains("connection: close"), "{head}");
            assert!(raw.until_closed().await.is_empty());
        }
        tokio::time::timeout(PATIENCE, toy.task).await.expect("it has stopped").unwrap();
        assert!(tokio::net::TcpStream::connect(toy.address).await.is_err());
    })
    .await;
}

#[tokio::test]
async fn an_upload_that_outlasts_the_grace_is_told_so_that_it_can_be_put_aside() {
    let toy = Toy::start(Limits { shutdown_grace: SHORT, ..relaxed() });
    let mut raw = Raw::connect(toy.address).await;
    raw.send("PUT /count HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhello").await;
    toy.answers.arrived.notified().await;
    let began = Instant::now();
    toy.drain.start();
    let (head, body) = raw.answer().await;
    assert!(head.starts_with("HTTP/1.1 503") && began.elapsed() >= SHORT, "{head}");
    assert_eq!(body, b"5");
    tokio::time::timeout(PATIENCE, toy.task).await.expect("it has stopped").unwrap();
}

#[tokio::test]
async fn a_handler_that_never_ends_does_not_keep_the_server_from_stopping() {
    let toy = Toy::start(Limits { shutdown_grace: SHORT, ..relaxed() });
    let mut raw = Raw::connect(toy.address).await;
    raw.send("GET /wait HTTP/1.1\r\nhost: a\r\n\r\n").await;
    toy.answers.arrived.notified().await;
    toy.drain.start();
    tokio::time::timeout(PATIENCE, toy.task).await.expect("it has stopped").unwrap();
    assert!(raw.until_closed().await.is_empty());
}
