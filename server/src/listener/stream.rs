//! The stream of a connection: TCP, observed, and maybe TLS over it.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use tokio_rustls::server::TlsStream;

use super::{Counters, activity::Activity};

/// A stream that tells the connection's [`Activity`] and the server's [`Counters`] what passes.
#[derive(Debug)]
pub struct ObservedStream {
    pub inner: TcpStream,
    pub activity: Arc<Activity>,
    pub counters: Arc<Counters>,
}

impl ObservedStream {
    fn wrote(&self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &result {
            Poll::Ready(Ok(n)) => {
                self.activity.sent(*n as u64);
                self.counters.sent.fetch_add(*n as u64, Relaxed);
            }
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.activity.stalled(),
        }
        result
    }
}

impl AsyncRead for ObservedStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(cx, buf);
        let received = buf.filled().len() - before;
        if received > 0 {
            self.activity.received();
            self.counters.received.fetch_add(received as u64, Relaxed);
        }
        result
    }
}

impl AsyncWrite for ObservedStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write(cx, buf);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.inner).poll_write_vectored(cx, bufs);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

/// What requests come over. One type, so that HTTP is compiled once.
#[derive(Debug)]
pub enum Transport {
    Plain(ObservedStream),
    Tls(Box<TlsStream<ObservedStream>>),
}

/// The most that a record of TLS holds.
const RECORD: usize = 16 << 10;

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let stream = match self.get_mut() {
            Self::Plain(stream) => return Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => stream,
        };
        // A read gives one record. Whoever reads bodies works in larger pieces, so all that has come is given at once.
        let start = buf.filled().len();
        loop {
            let before = buf.filled().len();
            let read = Pin::new(&mut *stream).poll_read(cx, buf);
            if buf.filled().len() == before {
                // What is wrong is said when it is asked for again.
                return if before > start { Poll::Ready(Ok(())) } else { read };
            }
            if buf.remaining() < RECORD {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

macro_rules! pass_on {
    ($self:expr, $stream:ident => $call:expr) => {
        match $self.get_mut() {
            Self::Plain(inner) => {
                let $stream = Pin::new(inner);
                $call
            }
            Self::Tls(inner) => {
                let $stream = Pin::new(inner);
                $call
            }
        }
    };
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        pass_on!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        pass_on!(self, stream => stream.poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(stream) => stream.is_write_vectored(),
            Self::Tls(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pass_on!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        pass_on!(self, stream => stream.poll_shutdown(cx))
    }
}
