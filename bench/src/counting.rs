//! A way to a store that counts the requests on it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};

/// Passes connections on and counts the requests in them. It ends with the program.
#[derive(Clone, Debug)]
pub struct Counting {
    /// Where it listens.
    pub address: SocketAddr,
    requests: Arc<AtomicU64>,
}

impl Counting {
    /// Stands before the store at this address, on a thread of its own.
    pub fn before(store: SocketAddr) -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let counting = Self { address: listener.local_addr()?, requests: Arc::default() };
        let requests = Arc::clone(&counting.requests);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                while let Ok((client, _)) = listener.accept().await {
                    let requests = Arc::clone(&requests);
                    tokio::spawn(async move {
                        // Whoever breaks it off knows why.
                        let _ = pass(client, store, &requests).await;
                    });
                }
            });
        });
        Ok(counting)
    }

    /// How many requests there were so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}

async fn pass(client: TcpStream, store: SocketAddr, requests: &AtomicU64) -> Result<()> {
    let server = TcpStream::connect(store).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let back = tokio::spawn(async move {
        let _ = tokio::io::copy(&mut from_server, &mut to_client).await;
    });
    let mut from_client = BufReader::with_capacity(256 << 10, from_client);
    while let Some(head) = head(&mut from_client).await? {
        // Before anybody hears of it, so that whoever has an answer finds it counted.
        requests.fetch_add(1, Ordering::Relaxed);
        let body = length(&head)?;
        to_server.write_all(&head).await?;
        tokio::io::copy(&mut (&mut from_client).take(body), &mut to_server).await?;
        to_server.flush().await?;
    }
    to_server.shutdown().await?;
    back.await?;
    Ok(())
}

/// The head of a request. None: there is no further one.
async fn head(from: &mut (impl AsyncRead + Unpin)) -> Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match from.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) if head.is_empty() => return Ok(None),
            Err(error) => return Err(error).context("a request breaks off"),
        }
    }
    Ok(Some(head))
}

/// The length of a request's body. Clients of S3 always say one.
fn length(head: &[u8]) -> Result<u64> {
    let head = std::str::from_utf8(head).context("a head that is no text")?.to_ascii_lowercase();
    anyhow::ensure!(!head.contains("\r\ntransfer-encoding:"), "a body without a length");
    let line = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    line.map_or(Ok(0), |length| length.trim().parse().context("a length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_of_a_body_is_found() {
        let of = |head: &str| length(head.as_bytes());
        assert_eq!(of("GET / HTTP/1.1\r\nHost: a\r\n\r\n").ok(), Some(0));
        assert_eq!(of("PUT /x HTTP/1.1\r\nContent-Length: 17\r\n\r\n").ok(), Some(17));
        assert!(of("PUT /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[tokio::test]
    async fn requests_are_passed_on_and_counted() {
        let store = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let counting = Counting::before(store.local_addr().expect("it listens")).expect("a port");
        let mut client = TcpStream::connect(counting.address).await.expect("it listens");
        let requests = "PUT /x HTTP/1.1\r\nContent-Length: 4\r\n\r\nGET GET / HTTP/1.1\r\n\r\n";
        client.write_all(requests.as_bytes()).await.expect("it reads");
        let (mut server, _) = store.accept().await.expect("it connects");
        let mut seen = vec![0; requests.len()];
        server.read_exact(&mut seen).await.expect("it passes everything on");
        assert_eq!((seen.as_slice(), counting.requests()), (requests.as_bytes(), 2));
        server.write_all(b"HTTP/1.1 200 OK\r\n").await.expect("it takes the answer");
        let mut answer = [0; 17];
        client.read_exact(&mut answer).await.expect("it passes the answer back");
    }
}
