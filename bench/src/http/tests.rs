#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tokio::net::TcpListener;

use super::*;
use crate::servers::block_on;

/// A connection to a server that reads one request and answers with these pieces, a moment apart, and then closes.
async fn answered(pieces: &'static [&'static str]) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        for piece in pieces {
            stream.write_all(piece.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    Connection::open(address).await.unwrap()
}

fn exchange(pieces: &'static [&'static str]) -> Result<(u16, Connection, Vec<u8>)> {
    block_on(async {
        let mut connection = answered(pieces).await;
        let status = connection.send(&Request::new("GET", "/").end()).await?;
        let body = connection.collect().await?;
        Ok((status, connection, body))
    })
    .unwrap()
}

#[test]
fn a_body_of_known_length_is_read_whole_wherever_it_is_cut() {
    let (status, connection, body) =
        exchange(&["HTTP/1.1 20", "0 OK\r\nContent-Length: 5\r\nX-A", ": b \r\n\r", "\nhe", "llo"]).unwrap();
    assert_eq!((status, body.as_slice()), (200, &b"hello"[..]));
    assert_eq!(connection.header("x-a"), Some("b"));
    assert_eq!(connection.header("x-b"), None);
    assert!(!connection.is_closing());
}

#[test]
fn chunks_are_joined_wherever_they_are_cut() {
    let (_, connection, body) = exchange(&[
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        "3\r\nab",
        "c\r\na;x=y\r\n0123456789\r\n",
        "0\r\n\r",
        "\n",
    ])
    .unwrap();
    assert_eq!(body, b"abc0123456789");
    assert!(connection.is_closing());
}

#[test]
fn interim_answers_are_skipped() {
    let (status, ..) = exchange(&["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"]).unwrap();
    assert_eq!(status, 204);
}

#[test]
fn a_body_that_is_cut_short_is_an_error() {
    assert!(exchange(&["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell"]).is_err());
    assert!(exchange(&["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]).is_err());
    assert!(exchange(&["HTTP/1.1 200 OK\r\n\r\n"]).is_err());
    assert!(exchange(&[]).is_err());
}

#[test]
fn the_answer_to_head_has_a_length_and_no_body() {
    let status = block_on(async {
        let mut connection = answered(&["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"]).await;
        let status = connection.send(&Request::new("HEAD", "/").end()).await.unwrap();
        assert!(connection.collect().await.unwrap().is_empty());
        assert_eq!(connection.header("content-length"), Some("5"));
        status
    });
    assert_eq!(status.unwrap(), 200);
}

#[test]
fn a_body_is_the_payload_only_if_every_byte_is() {
    let payload = Payload::new(1, 10);
    block_on(async {
        let mut connection = answered(&["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"]).await;
        connection.send(&Request::new("GET", "/").end()).await.unwrap();
        assert!(!connection.is_payload(payload).await.unwrap());
    })
    .unwrap();
}
