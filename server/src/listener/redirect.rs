//! Plain HTTP where TLS ends here: everybody is sent to the same address over TLS.

use std::net::IpAddr;

use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, header};

use super::Handler;
use crate::{health, outside::PublicUrl};

/// Answers every request with the address to use instead.
#[derive(Clone, Debug)]
pub struct ToTls {
    public_url: Option<PublicUrl>,
    port: u16,
}

impl ToTls {
    /// To `public_url` where that is set, else to the host that was asked for at `port`.
    pub fn new(public_url: Option<PublicUrl>, port: u16) -> Self {
        Self { public_url, port }
    }

    fn address<B>(&self, request: &Request<B>) -> Option<HeaderValue> {
        let asked = || {
            let mut hosts = request.headers().get_all(header::HOST).iter();
            let host = hosts.next().and_then(|host| host.to_str().ok()).filter(|_| hosts.next().is_none())?;
            PublicUrl::over_tls(host, self.port)
        };
        let host = self.public_url.clone().or_else(asked)?;
        let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
        HeaderValue::try_from(format!("{host}{path}")).ok()
    }
}

impl Handler for ToTls {
    type Body = Body;

    async fn handle(&self, _: IpAddr, request: Request<Body>) -> Response<Body> {
        let Some(address) = self.address(&request) else {
            return health::text(StatusCode::BAD_REQUEST, "a request has one line with its host\n");
        };
        // The method stays as it is.
        let mut response = health::text(StatusCode::PERMANENT_REDIRECT, "use https:// instead of http://\n");
        response.headers_mut().insert(header::LOCATION, address);
        response
    }
}
