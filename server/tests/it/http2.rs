//! HTTP/2 of the whole server, with a client that is strict about it.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::harness::{ADMIN_PASSWORD, TestApp, digest_of};

/// One connection of the administrator.
struct Connection<'a> {
    app: &'a TestApp,
    sender: SendRequest<Empty<Bytes>>,
}

impl<'a> Connection<'a> {
    async fn open(app: &'a TestApp) -> Self {
        let io = TokioIo::new(TcpStream::connect(app.address).await.unwrap());
        let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        tokio::spawn(connection);
        Self { app, sender }
    }

    async fn ask(&mut self, method: Method, path: &str) -> (StatusCode, HeaderMap, Bytes) {
        let credentials = STANDARD.encode(format!("admin:{ADMIN_PASSWORD}"));
        let request = Request::builder()
            .method(method)
            .uri(self.app.url(path))
            .header(header::AUTHORIZATION, format!("Basic {credentials}"))
            .body(Empty::new())
            .unwrap();
        let (head, body) = self.sender.send_request(request).await.unwrap().into_parts();
        (head.status, head.headers, body.collect().await.unwrap().to_bytes())
    }
}

/// The client takes content after HEAD for a breach of the protocol, as curl and Go do.
#[tokio::test]
async fn head_is_answered_with_the_length_of_the_content_and_without_it() {
    let app = TestApp::start().await;
    let mut connection = Connection::open(&app).await;
    let blob = format!("/v2/library/a/blobs/{}", digest_of("nothing"));
    for (path, status) in [
        ("/healthz", StatusCode::OK),
        ("/v2/", StatusCode::OK),
        (blob.as_str(), StatusCode::NOT_FOUND),
        ("/api/v2.0/projects/nothing", StatusCode::NOT_FOUND),
    ] {
        let (got, _, content) = connection.ask(Method::GET, path).await;
        assert_eq!((got, content.is_empty()), (status, false), "{path}");
        let (got, headers, nothing) = connection.ask(Method::HEAD, path).await;
        assert_eq!((got, nothing.len()), (status, 0), "{path}");
        assert_eq!(headers[header::CONTENT_LENGTH].to_str().unwrap(), content.len().to_string(), "{path}");
    }
}
