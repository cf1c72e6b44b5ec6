//! The line of a request.

use std::{io::Write, net::IpAddr, time::Duration};

use time::OffsetDateTime;

/// What is said of a request: no headers but the browser's name, no query, nothing secret.
#[derive(Debug)]
pub struct Request<'a> {
    /// When its answer was out.
    pub at: OffsetDateTime,
    /// Its id, as the answer carries it.
    pub id: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path without the query.
    pub path: &'a str,
    /// The answer's status.
    pub status: u16,
    /// Bytes of the answer's body that went out.
    pub bytes: u64,
    /// From the end of the request's headers to the end of the answer.
    pub duration: Duration,
    /// Who asked, as far as trusted proxies tell.
    pub client: IpAddr,
    /// With what program.
    pub user_agent: Option<&'a str>,
    /// Whether the whole answer went out.
    pub complete: bool,
}

impl Request<'_> {
    /// One JSON object and a line break.
    pub fn write_json(&self, line: &mut Vec<u8>) {
        let level = if self.status >= 500 { "ERROR" } else { "INFO" };
        line.extend_from_slice(b"{\"timestamp\":\"");
        self.write_time(line, true);
        let _ = write!(line, "\",\"level\":\"{level}\",\"message\":\"request\",\"request_id\":");
        text(line, self.id);
        line.extend_from_slice(b",\"method\":");
        text(line, self.method);
        line.extend_from_slice(b",\"path\":");
        text(line, self.path);
        let micros = self.duration.as_micros();
        let _ = write!(
            line,
            ",\"status\":{},\"bytes\":{},\"duration_ms\":{}.{:03},\"client\":\"{}\"",
            self.status,
            self.bytes,
            micros / 1000,
            micros % 1000,
            self.client
        );
        if let Some(user_agent) = self.user_agent {
            line.extend_from_slice(b",\"user_agent\":");
            text(line, user_agent);
        }
        if !self.complete {
            line.extend_from_slice(b",\"aborted\":true");
        }
        line.extend_from_slice(b"}\n");
    }

    /// A line for eyes.
    pub fn write_human(&self, line: &mut Vec<u8>, colour: bool) {
        let (dim, paint, reset) = match (colour, self.status) {
            (false, _) => ("", "", ""),
            (true, 500..) => ("\x1b[2m", "\x1b[31m", "\x1b[0m"),
            (true, 400..) => ("\x1b[2m", "\x1b[33m", "\x1b[0m"),
            (true, _) => ("\x1b[2m", "\x1b[32m", "\x1b[0m"),
        };
        line.extend_from_slice(dim.as_bytes());
        self.write_time(line, false);
        let _ = write!(line, "{reset} {paint}{}{reset} {:<6} ", self.status, self.method);
        for c in self.path.chars() {
            if c.is_control() {
                let _ = write!(line, "{}", c.escape_default());
            } else {
                let _ = write!(line, "{c}");
            }
        }
        let micros = self.duration.as_micros();
        let _ = writeln!(
            line,
            " {dim}{} B, {}.{:01} ms, {}, {}{}{reset}",
            self.bytes,
            micros / 1000,
            micros % 1000 / 100,
            self.client,
            self.id,
            if self.complete { "" } else { ", aborted" }
        );
    }

    fn write_time(&self, line: &mut Vec<u8>, full: bool) {
        let at = self.at;
        if full {
            let _ = write!(line, "{:04}-{:02}-{:02}T", at.year(), u8::from(at.month()), at.day());
        }
        let _ = write!(line, "{:02}:{:02}:{:02}.", at.hour(), at.minute(), at.second());
        let _ = if full { write!(line, "{:06}Z", at.microsecond()) } else { write!(line, "{:03}", at.millisecond()) };
    }
}

/// A JSON string.
fn text(line: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(line, text).expect("a text always serializes into memory");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::Ipv4Addr;

    use time::macros::datetime;

    use super::*;

    fn request() -> Request<'static> {
        Request {
            at: datetime!(2026-11-23 01:02:03.004_005 UTC),
            id: "abc",
            method: "GET",
            path: "/v2/a\"\n\u{1b}/manifests/x",
            status: 404,
            bytes: 12,
            duration: Duration::from_micros(1_234),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: Some("docker\r\n{}"),
            complete: false,
        }
    }

    #[test]
    fn a_json_line_is_one_json_object() {
        let mut line = Vec::new();
        request().write_json(&mut line);
        assert_eq!(line.split(|byte| *byte == b'\n').count(), 2);
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert_eq!(value["timestamp"], "2026-11-23T01:02:03.004005Z");
        assert_eq!((&value["status"], &value["duration_ms"]), (&404.into(), &1.234.into()));
        assert_eq!((&value["path"], &value["user_agent"]), (&request().path.into(), &"docker\r\n{}".into()));
        assert_eq!(value["aborted"], true);
    }

    #[test]
    fn a_line_for_eyes_has_no_control_characters() {
        let mut line = Vec::new();
        request().write_human(&mut line, false);
        let line = String::from_utf8(line).unwrap();
        assert_eq!(
            line,
            "01:02:03.004 404 GET    /v2/a\"\\n\\u{1b}/manifests/x 12 B, 1.2 ms, 127.0.0.1, abc, aborted\n"
        );
    }
}
