//! An HTTP/1.1 client that costs little: one connection, one request at a time, no allocation in the path of an answer.
//!
//! It shares the machine's cores with the servers it measures, so what it spends would be taken from them.

use std::{io, net::SocketAddr};

use anyhow::{Context, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::payload::{ChunkedStretches, Payload};

const INPUT: usize = 256 << 10;
const MAX_HEAD: usize = 64 << 10;

/// A request's head as bytes, so that it can be sent many times.
#[derive(Clone, Debug)]
pub struct Request {
    bytes: Vec<u8>,
    is_head: bool,
}

impl Request {
    /// A request line and the `Host` header.
    pub fn new(method: &str, target: &str) -> Self {
        Self::to("127.0.0.1", method, target)
    }

    /// The same to another host, of which a signature may depend on the name.
    pub fn to(host: &str, method: &str, target: &str) -> Self {
        let bytes = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: slipway-bench\r\n").into_bytes();
        Self { bytes, is_head: method == "HEAD" }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        self
    }

    /// Adds `Authorization`, where there is one.
    #[must_use]
    pub fn authorized(self, authorization: Option<&str>) -> Self {
        match authorization {
            Some(value) => self.header("Authorization", value),
            None => self,
        }
    }

    /// Ends the head and adds a body of known length, which may be empty.
    #[must_use]
    pub fn body(self, body: &[u8]) -> Self {
        let mut request = self.header("Content-Length", &body.len().to_string());
        request.bytes.extend_from_slice(b"\r\n");
        request.bytes.extend_from_slice(body);
        request
    }

    /// Ends the head of a request without a body.
    #[must_use]
    pub fn end(mut self) -> Self {
        self.bytes.extend_from_slice(b"\r\n");
        self
    }
}

#[derive(Clone, Copy, Debug)]
enum Body {
    Length(u64),
    Chunked,
}

/// One connection. After an error it is of no further use.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
    start: usize,
    end: usize,
    head: Vec<u8>,
    body: Body,
    closing: bool,
}

impl Connection {
    /// Connects, without Nagle's delay.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            input: vec![0; INPUT],
            start: 0,
            end: 0,
            head: Vec::new(),
            body: Body::Length(0),
            closing: false,
        })
    }

    /// Whether the server said that it closes the connection after the last answer.
    pub fn is_closing(&self) -> bool {
        self.closing
    }

    /// Sends a request and reads the answer's head: its status. The body must be read next.
    pub async fn send(&mut self, request: &Request) -> Result<u16> {
        self.write(&request.bytes).await?;
        self.answer(request.is_head).await
    }

    /// Sends bytes of a request, for callers that send a body piece by piece; [`Connection::answer`] reads the answer.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.stream.write_all(bytes).await.context("sending a request")
    }

    /// Sends the head of a chunked request.
    pub async fn begin_chunked(&mut self, request: Request) -> Result<()> {
        self.write(&request.header("Transfer-Encoding", "chunked").end().bytes).await
    }

    /// Sends a payload as one chunked body, as Docker sends a layer, and reads the answer's head.
    pub async fn send_streamed(&mut self, request: Request, payload: Payload) -> Result<u16> {
        self.begin_chunked(request).await?;
        let mut stretches = ChunkedStretches::new(payload);
        while let Some(framed) = stretches.next_stretch() {
            self.stream.write_all(framed).await.context("streaming a layer")?;
        }
        self.write(b"0\r\n\r\n").await?;
        self.answer(false).await
    }

    /// Reads the head of an answer: its status. Interim answers (1xx) are skipped.
    pub async fn answer(&mut self, to_head: bool) -> Result<u16> {
        loop {
            let status = self.read_head().await?;
            if status >= 200 {
                let bodyless = to_head || status == 204 || status == 304;
                self.body = if bodyless { Body::Length(0) } else { self.framing()? };
                self.closing = self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
                return Ok(status);
            }
        }
    }

    /// A header of the last answer; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            line[..colon].eq_ignore_ascii_case(name.as_bytes()).then_some(())?;
            std::str::from_utf8(&line[colon + 1..]).ok().map(str::trim)
        })
    }

    /// Gives the body to `sink` in the pieces in which it comes.
    pub async fn body(&mut self, mut sink: impl FnMut(&[u8])) -> Result<()> {
        match self.body {
            Body::Length(length) => self.pieces(length, &mut sink).await,
            Body::Chunked => loop {
                let line = self.line().await?;
                let size = line.split(|byte| *byte == b';').next().and_then(|size| std::str::from_utf8(size).ok());
                let size = size.and_then(|size| u64::from_str_radix(size.trim(), 16).ok()).context("a chunk's size")?;
                self.pieces(size, &mut sink).await?;
                ensure!(self.line().await?.is_empty(), "a chunk does not end where it said");
                if size == 0 {
                    return Ok(());
                }
            },
        }
    }

    /// Reads the body whole.
    pub async fn collect(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.body(|piece| bytes.extend_from_slice(piece)).await?;
        Ok(bytes)
    }

    /// Reads the body and forgets it.
    pub async fn discard(&mut self) -> Result<()> {
        self.body(|_| ()).await
    }

    /// Reads the body and says whether it is exactly the payload.
    pub async fn is_payload(&mut self, payload: Payload) -> Result<bool> {
        let (mut offset, mut same) = (0, true);
        self.body(|piece| {
            same = same && payload.matches(offset, piece);
            offset += piece.len() as u64;
        })
        .await?;
        Ok(same && offset == payload.size)
    }

    async fn read_head(&mut self) -> Result<u16> {
        let mut searched = 0;
        loop {
            let unread = &self.input[self.start..self.end];
            let from = usize::saturating_sub(searched, 3);
            if let Some(at) = unread[from..].windows(4).position(|four| four == b"\r\n\r\n") {
                let length = from + at + 4;
                self.head.clear();
                self.head.extend_from_slice(&unread[..length]);
                self.start += length;
                let status = self.head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok());
                let status = status.and_then(|digits| digits.parse().ok());
                ensure!(self.head.starts_with(b"HTTP/1.1 "), "the answer is not HTTP/1.1");
                return status.context("the answer has no status");
            }
            searched = unread.len();
            ensure!(searched < MAX_HEAD, "the answer's head is over {MAX_HEAD} bytes");
            self.fill().await?;
        }
    }

    fn framing(&self) -> Result<Body> {
        if let Some(length) = self.header("content-length") {
            return Ok(Body::Length(length.parse().context("content-length")?));
        }
        ensure!(self.header("transfer-encoding").is_some_and(|value| value == "chunked"), "a body without a length");
        Ok(Body::Chunked)
    }

    async fn pieces(&mut self, length: u64, sink: &mut impl FnMut(&[u8])) -> Result<()> {
        let mut left = length;
        while left > 0 {
            if self.start == self.end {
                self.fill().await?;
            }
            let unread = self.end - self.start;
            let take = usize::try_from(left).map_or(unread, |left| left.min(unread));
            sink(&self.input[self.start..self.start + take]);
            self.start += take;
            left -= take as u64;
        }
        Ok(())
    }

    /// A line without its end.
    async fn line(&mut self) -> Result<Vec<u8>> {
        loop {
            let unread = &self.input[self.start..self.end];
            if let Some(at) = unread.windows(2).position(|pair| pair == b"\r\n") {
                let line = unread[..at].to_vec();
                self.start += at + 2;
                return Ok(line);
            }
            ensure!(unread.len() < MAX_HEAD, "a line over {MAX_HEAD} bytes");
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.input.len() {
            self.input.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let read = self.stream.read(&mut self.input[self.end..]).await.context("reading an answer")?;
        if read == 0 {
            bail!("the server closed the connection");
        }
        self.end += read;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
