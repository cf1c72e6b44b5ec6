//! How the outside sees this server, and who is asking.
//!
//! TLS usually ends before us, at a load balancer. What it says of the original request is believed only if the peer is
//! one of `trusted_proxies`; anybody else can write the same headers. One family of headers is read, the one that the
//! operator's proxies write: they pass the other on as the client sent it. `public_url`, where set, settles scheme and
//! host.

use std::{
    fmt::{self, Display},
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use http::{HeaderMap, HeaderValue, Uri, header};
use ipnet::IpNet;

/// Scheme and authority, without a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PublicUrl {
    https: bool,
    authority: Authority,
}

/// A host that was checked, with its port unless it is the scheme's own.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Authority(String);

/// Not a scheme and a host.
#[derive(Debug, thiserror::Error)]
#[error("expected http:// or https:// and a host")]
pub struct InvalidUrl;

impl PublicUrl {
    /// Parses `https://registry.example.com[:port]`, with or without a slash at the end.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidUrl)?;
        let https = is_https(scheme).ok_or(InvalidUrl)?;
        let authority = Authority::parse(rest.strip_suffix('/').unwrap_or(rest), https).ok_or(InvalidUrl)?;
        Ok(Self { https, authority })
    }

    /// The host of `authority`, which may have any port, over TLS at this port.
    pub fn over_tls(authority: &str, port: u16) -> Option<Self> {
        let Authority(authority) = Authority::parse(authority, false)?;
        let end = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']')).unwrap_or(authority.len());
        let authority = Authority::parse(&format!("{}:{port}", &authority[..end]), true)?;
        Some(Self { https: true, authority })
    }

    /// Name or address of the host without brackets, and the port.
    pub fn host_and_port(&self) -> (&str, u16) {
        let authority = self.host();
        let colon = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
        let (host, port) = colon.map_or((authority, ""), |colon| (&authority[..colon], &authority[colon + 1..]));
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        (host, port.parse().unwrap_or(own_port(self.https)))
    }

    /// Whether browsers reach us over TLS.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Host, and port unless it is the scheme's own: what stands first in an image's name.
    pub fn host(&self) -> &str {
        &self.authority.0
    }
}

impl Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.https { "https" } else { "http" }, self.authority.0)
    }
}

/// The headers that the operator's proxies write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyHeaders {
    /// `X-Forwarded-For`, `-Proto` and `-Host`.
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Stands for a client of which nothing can be said. No network that an operator allows holds it, except for the one of all.
pub const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

/// Whom to believe.
#[derive(Clone, Debug)]
pub struct Trust {
    public_url: Option<PublicUrl>,
    proxies: Vec<IpNet>,
    family: ProxyHeaders,
    /// Whether TLS ends here.
    tls: bool,
    /// Stands in where a request names no host.
    fallback: PublicUrl,
}

impl Trust {
    /// `port` is the one we listen on, for requests that name no host, and `tls` whether TLS is spoken there.
    pub fn new(public_url: Option<PublicUrl>, proxies: Vec<IpNet>, family: ProxyHeaders, port: u16, tls: bool) -> Self {
        let authority = if port == own_port(tls) { "localhost".to_owned() } else { format!("localhost:{port}") };
        let fallback = PublicUrl { https: tls, authority: Authority(authority) };
        Self { public_url, proxies, family, tls, fallback }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.proxies.iter().any(|network| network.contains(&address))
    }

    /// The address that a request came from: the peer, or what trusted peers say of it.
    ///
    /// The list is read from the right and believed up to the first address that is not trusted: what stands further
    /// left was written by that one. Where a trusted proxy names somebody in a way that cannot be read (`unknown`, the name of
    /// a socket), the client is [`UNKNOWN`]: it is not the proxy, and may not what the proxy may.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.chain(peer, headers).0
    }

    /// The client and how many trusted proxies stand between it and our peer.
    fn chain(&self, peer: IpAddr, headers: &HeaderMap) -> (IpAddr, usize) {
        let (mut client, mut hops) = (peer.to_canonical(), 0);
        if self.proxies.is_empty() || !self.trusts(client) {
            return (client, 0);
        }
        for entry in self.family.clients(headers) {
            let Some(address) = address(entry) else {
                client = UNKNOWN;
                break;
            };
            client = address;
            if !self.trusts(address) {
                break;
            }
            hops += 1;
        }
        (client, hops)
    }

    /// Scheme and host as the client sees them.
    pub fn outside(&self, peer: IpAddr, uri: &Uri, headers: &HeaderMap) -> PublicUrl {
        if let Some(url) = &self.public_url {
            return url.clone();
        }
        let https = self.is_https(peer, headers);
        let host = self
            .said(peer, headers, Said::Host)
            .and_then(|host| Authority::parse(host, https))
            .or_else(|| uri.authority().and_then(|authority| Authority::parse(authority.as_str(), https)))
            .or_else(|| headers.get(header::HOST)?.to_str().ok().and_then(|host| Authority::parse(host, https)));
        match host {
            Some(authority) => PublicUrl { https, authority },
            None => PublicUrl { https, ..self.fallback.clone() },
        }
    }

    /// Whether the client sees HTTPS.
    pub fn is_https(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        match &self.public_url {
            Some(url) => url.is_https(),
            None => self.said(peer, headers, Said::Proto).and_then(is_https).unwrap_or(self.tls),
        }
    }

    /// Whom the last proxy names as its client, whether or not it is believed; and whether it is.
    pub fn last_named(&self, peer: IpAddr, headers: &HeaderMap) -> (Option<String>, bool) {
        let named = self.family.clients(headers).next().filter(|name| !name.is_empty()).map(str::to_owned);
        (named, self.trusts(peer.to_canonical()))
    }

    /// The entry that the outermost of our proxies wrote, where each of them added one; else the leftmost that there is, as
    /// then the inner ones passed it on.
    fn said<'a>(&self, peer: IpAddr, headers: &'a HeaderMap, what: Said) -> Option<&'a str> {
        if self.proxies.is_empty() || !self.trusts(peer.to_canonical()) {
            return None;
        }
        let (_, hops) = self.chain(peer, headers);
        self.family.rightmost_first(headers, what).take(hops + 1).last()
    }
}

/// What a proxy says of the request it got.
#[derive(Clone, Copy)]
enum Said {
    For,
    Proto,
    Host,
}

impl ProxyHeaders {
    /// Whom each proxy passed on, the last one first. A header without anything in it names nobody: a request of the proxy itself
    /// looks so.
    fn clients(self, headers: &HeaderMap) -> impl Iterator<Item = &str> {
        let name = match self {
            Self::XForwarded => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        };
        let says = headers.get_all(name).iter().any(|line| !line.as_bytes().trim_ascii().is_empty());
        self.rightmost_first(headers, Said::For).take(if says { usize::MAX } else { 0 })
    }

    /// What each proxy said, the last one first; bounded, as clients write these headers too. A proxy that said nothing
    /// of it has an empty entry.
    fn rightmost_first(self, headers: &HeaderMap, said: Said) -> impl Iterator<Item = &str> {
        let (name, parameter) = match (self, said) {
            (Self::XForwarded, Said::For) => ("x-forwarded-for", ""),
            (Self::XForwarded, Said::Proto) => ("x-forwarded-proto", ""),
            (Self::XForwarded, Said::Host) => ("x-forwarded-host", ""),
            (Self::Forwarded, Said::For) => ("forwarded", "for"),
            (Self::Forwarded, Said::Proto) => ("forwarded", "proto"),
            (Self::Forwarded, Said::Host) => ("forwarded", "host"),
        };
        let lines: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
        let entries = lines.into_iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
        // What a client wrote to the left of a proxy's entry makes nobody overlook that entry.
        let entries = entries.take(32).map(|entry| str::from_utf8(entry).unwrap_or("?"));
        entries.map(move |entry| match self {
            Self::XForwarded => entry.trim(),
            Self::Forwarded => parameter_of(entry, parameter),
        })
    }
}

/// A parameter of a `Forwarded` element, without quotes. Addresses and hosts hold no comma, semicolon or escape, so
/// what splits a quoted text there makes an entry that nothing takes.
fn parameter_of<'a>(element: &'a str, name: &str) -> &'a str {
    let pairs = element.split(';').filter_map(|pair| pair.trim().split_once('='));
    let value = pairs.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next();
    let value = value.unwrap_or_default();
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

fn is_https(scheme: &str) -> Option<bool> {
    if scheme.eq_ignore_ascii_case("https") {
        Some(true)
    } else if scheme.eq_ignore_ascii_case("http") {
        Some(false)
    } else {
        None
    }
}

/// The port that a URL of this scheme need not name.
fn own_port(https: bool) -> u16 {
    if https { 443 } else { 80 }
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip())).ok()?;
    Some(address.to_canonical())
}

impl Authority {
    /// A name, an IPv4 address or a bracketed IPv6 address, and maybe a port; nothing that could end a header, a URL's
    /// authority or an attribute.
    fn parse(text: &str, https: bool) -> Option<Self> {
        if text.is_empty() || text.len() > 255 {
            return None;
        }
        let (host, port) = if let Some(rest) = text.strip_prefix('[') {
            let (address, rest) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (&text[..address.len() + 2], rest.strip_prefix(':').or((rest.is_empty()).then_some(""))?)
        } else {
            let (host, port) = text.split_once(':').unwrap_or((text, ""));
            let label = |label: &str| {
                !label.is_empty()
                    && label.len() <= 63
                    && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
            };
            if !host.strip_suffix('.').unwrap_or(host).split('.').all(label) {
                return None;
            }
            (host, port)
        };
        if text.ends_with(':') {
            return None;
        }
        let host = host.to_ascii_lowercase();
        if port.is_empty() {
            return Some(Self(host));
        }
        let port = port.parse::<u16>().ok().filter(|number| *number > 0 && number.to_string() == port)?;
        Some(Self(if port == own_port(https) { host } else { format!("{host}:{port}") }))
    }
}

#[cfg(test)]
mod tests;
