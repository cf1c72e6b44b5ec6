//! A connection whose every byte the test decides.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Longer than any limit of a test, shorter than any patience.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A TCP connection.
pub struct Raw(pub TcpStream);

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// One answer: the head as text, and as much of a body as `Content-Length` says. Panics if the connection ends.
    pub async fn answer(&mut self) -> (String, Vec<u8>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(tokio::time::timeout(PATIENCE, self.0.read_u8()).await.expect("an answer in time").unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut body).await.unwrap();
        (head, body)
    }

    /// The answer's status.
    pub async fn status(&mut self) -> u16 {
        self.answer().await.0.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// What comes until the server closes, which it must. A reset is an end too.
    pub async fn until_closed(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("the server closes");
        rest
    }
}
