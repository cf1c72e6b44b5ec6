//! What is known of a request when it arrives.

use std::net::IpAddr;

use http::{Request, header::HeaderMap};

use registry::Origin;

use crate::{
    outside::{PublicUrl, Trust},
    request_id::{self, RequestId},
    route::Part,
};

/// What is known of a request before anybody looks at what it wants.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its id, the one it brought if that looks like an id.
    pub id: RequestId,
    /// Which part of the server it is for.
    pub part: Part,
    /// The other end of the connection.
    pub peer: IpAddr,
    /// Who asks, as far as trusted proxies tell.
    pub client: IpAddr,
}

impl Arrival {
    /// Looks at a request, and leaves its id in the `X-Request-Id` header for whoever answers.
    pub fn of<B>(peer: IpAddr, request: &mut Request<B>, trust: &Trust) -> Self {
        let id = RequestId::of(request.headers());
        let part = Part::of(request.uri().path());
        let client = trust.client(peer, request.headers());
        request.headers_mut().insert(request_id::HEADER, id.header().clone());
        Self { id, part, peer, client }
    }

    /// Where it comes from, as the audit log keeps it.
    pub fn origin(&self) -> Origin {
        Origin { address: self.client, request_id: self.id.as_str().into() }
    }

    /// Scheme and host as the client sees them.
    pub fn outside(&self, trust: &Trust, uri: &http::Uri, headers: &HeaderMap) -> PublicUrl {
        trust.outside(self.peer, uri, headers)
    }
}
