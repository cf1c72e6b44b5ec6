//! How values are spelled. Every function answers `None` for what it does not take; the key says what it expects.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use ipnet::IpNet;

use super::{AccessLog, LogFormat};
use crate::outside::ProxyHeaders;

/// `[::]:8080`, `127.0.0.1:8080`, `localhost:8080`, `:8080`.
pub fn listen(text: &str) -> Option<SocketAddr> {
    let port = |text: &str| text.parse::<u16>().ok();
    if let Some(rest) = text.strip_prefix(':') {
        return Some(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port(rest)?));
    }
    if let Some(rest) = text.strip_prefix("localhost:") {
        return Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port(rest)?));
    }
    text.parse().ok()
}

/// `10.0.0.0/8`, `2001:db8::/32`, or one address.
pub fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Any path that is not empty.
pub fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

/// `true` or `false`.
pub fn switch(text: &str) -> Option<bool> {
    text.parse().ok()
}

/// `500ms`, `75s`, `30m`, `12h`, `7d`, and sums such as `1h30m`; more than nothing.
pub fn duration(text: &str) -> Option<Duration> {
    delay(text).filter(|duration| !duration.is_zero())
}

/// As [`duration`], or `0s`.
pub fn delay(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let milliseconds = match &rest[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(milliseconds)?))?;
        rest = &rest[letters..];
    }
    (!text.is_empty() && total <= Duration::from_hours(24 * 3660)).then_some(total)
}

/// `1024`, `64KiB`, `8MiB`, `1GiB`.
pub fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let factor = match text[digits..].trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// From 8 KiB, the least that a parser needs, to 256 KiB.
pub fn header_bytes(text: &str) -> Option<usize> {
    bytes(text).filter(|size| (8 << 10..=256 << 10).contains(size)).and_then(|size| usize::try_from(size).ok())
}

/// From 8 MiB on: half of it has to hold the largest manifest.
pub fn body_budget(text: &str) -> Option<usize> {
    bytes(text).filter(|size| *size >= 8 << 20).and_then(|size| usize::try_from(size).ok())
}

/// One or more.
pub fn positive<T: TryFrom<u32>>(text: &str) -> Option<T> {
    text.parse::<u32>().ok().filter(|number| *number >= 1).and_then(|number| T::try_from(number).ok())
}

/// 8 to 128.
pub fn password_length(text: &str) -> Option<u32> {
    text.parse().ok().filter(|length| (8..=128).contains(length))
}

/// `x-forwarded`, `forwarded`.
pub fn proxy_headers(text: &str) -> Option<ProxyHeaders> {
    match text {
        "x-forwarded" => Some(ProxyHeaders::XForwarded),
        "forwarded" => Some(ProxyHeaders::Forwarded),
        _ => None,
    }
}

/// `auto`, `human`, `json`.
pub fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "auto" => Some(LogFormat::Auto),
        "human" => Some(LogFormat::Human),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

/// A level or directives.
pub fn log_level(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| tracing_subscriber::EnvFilter::try_new(text).ok())?.map(|_| text.to_owned())
}

/// `all`, `failures`, `none`.
pub fn access_log(text: &str) -> Option<AccessLog> {
    match text {
        "all" => Some(AccessLog::All),
        "failures" => Some(AccessLog::Failures),
        "none" => Some(AccessLog::Nothing),
        _ => None,
    }
}
