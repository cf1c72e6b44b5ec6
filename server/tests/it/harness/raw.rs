//! A connection whose every byte the test decides.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

/// Longer than any limit that a test sets, shorter than those that no test runs into.
pub const PATIENCE: Duration = Duration::from_secs(60);

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

    /// Begins HTTP/2 and asks for this path of authority `a` in stream 1. All but these two is from HPACK's static table; the scheme
    /// is 0x86 for http, 0x87 for https.
    pub async fn begin_http2(&mut self, scheme: u8, path: &str) {
        self.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        self.send([0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
        // HEADERS of stream 1, complete: GET, the scheme, the path, the authority.
        let length = u8::try_from(path.len()).unwrap();
        let block = [&[0x82, scheme, 0x04, length][..], path.as_bytes(), &[0x41, 1, b'a'][..]].concat();
        let length = u8::try_from(block.len()).unwrap();
        self.send([&[0, 0, length, 1, 5, 0, 0, 0, 1], block.as_slice()].concat()).await;
    }

    /// Asks for `/` in HTTP/2, and waits until this text has come.
    pub async fn ask_in_http2(&mut self, scheme: u8, expected: &str) {
        self.begin_http2(scheme, "/").await;
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
