//! A connection whose every byte the test decides.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// Longer than any limit of a test, shorter than any patience.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A connection, of TCP unless it says otherwise.
pub struct Raw<S = TcpStream>(pub S);

impl Raw {
    pub async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Raw<S> {
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

    /// Begins HTTP/2, asks for `/` of authority `a`, and waits until this text has come. All is from HPACK's static table; the scheme
    /// is 0x86 for http, 0x87 for https.
    pub async fn ask_in_http2(&mut self, scheme: u8, expected: &str) {
        self.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        self.send([0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
        // HEADERS of stream 1, complete: GET, `/`, the scheme, the authority.
        let block = [0x82, 0x84, scheme, 0x41, 1, b'a'];
        self.send([&[0, 0, 6, 1, 5, 0, 0, 0, 1], block.as_slice()].concat()).await;
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(expected) {
            let mut buffer = [0; 1024];
            let n = self.0.read(&mut buffer).await.unwrap();
            assert!(n > 0, "closed after {seen:?}");
            seen.extend_from_slice(&buffer[..n]);
        }
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
