//! Telling a syslog (RFC 5424), or whoever reads standard output, of each event of this process once it is committed.
//!
//! Events go through a bounded queue to a thread of their own, so that no request waits for a collector. What finds no room is
//! counted and dropped: the log itself is the database. A datagram that is longer than its way takes is sent without the details.

use std::{
    fmt,
    io::{self, Write},
    net::{TcpStream, ToSocketAddrs, UdpSocket},
    os::unix::net::UnixDatagram,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    time::{Duration, Instant},
};

use api_types::{AuditEvent, AuditResult};
use registry::{Registry, audit::Sink};
use rustix::io::Errno;

/// Events that wait for the collector.
const QUEUE: usize = 10_000;
/// How long one event may take to be handed over.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long after a failure the collector is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long what is queued may take when the server stops.
const FAREWELL: Duration = Duration::from_secs(2);
/// `local` priorities of RFC 5424: facility 13 is the audit log, 6 is informational, 4 a warning.
const DONE: u8 = 13 * 8 + 6;
const FAILED: u8 = 13 * 8 + 4;

/// To whom events are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output, one JSON object a line.
    Stdout,
    /// A datagram for each event.
    Udp(String),
    /// A connection, with messages framed by their length (RFC 6587).
    Tcp(String),
    /// A datagram for each event into a socket of this machine.
    Unix(PathBuf),
}

impl Target {
    /// `stdout`, `syslog+udp://HOST:PORT`, `syslog+tcp://HOST:PORT`, `syslog+unix:PATH`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "stdout" {
            return Some(Self::Stdout);
        }
        let rest = text.strip_prefix("syslog+")?;
        let address = |text: &str| {
            let (host, port) = text.rsplit_once(':')?;
            (!host.is_empty() && !host.contains('/') && port.parse::<u16>().is_ok()).then(|| text.to_owned())
        };
        if let Some(place) = rest.strip_prefix("udp://") {
            return address(place).map(Self::Udp);
        }
        if let Some(place) = rest.strip_prefix("tcp://") {
            return address(place).map(Self::Tcp);
        }
        let path = rest.strip_prefix("unix:").filter(|path| path.starts_with('/'))?;
        Some(Self::Unix(PathBuf::from(path)))
    }
}

/// What became of events.
#[derive(Debug, Default)]
pub struct Counts {
    /// Handed over.
    pub forwarded: AtomicU64,
    /// For which there was no room, in the queue or in a datagram.
    pub dropped: AtomicU64,
}

/// The queue's end at which events come in.
struct Queue {
    events: SyncSender<AuditEvent>,
    counts: Arc<Counts>,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").field("counts", &self.counts).finish_non_exhaustive()
    }
}

impl Sink for Queue {
    fn take(&self, event: AuditEvent) {
        if self.events.try_send(event).is_err() {
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The thread that tells; see [`Forwarder::finish`].
#[derive(Debug)]
pub struct Forwarder {
    ended: Receiver<()>,
    stop: SyncSender<()>,
}

impl Forwarder {
    /// Tells the target of every event of this process from now on.
    pub fn start(registry: &Registry, target: Target, counts: Arc<Counts>) -> Self {
        let (events, queue) = mpsc::sync_channel(QUEUE);
        let (stop, stopped) = mpsc::sync_channel(1);
        let (end, ended) = mpsc::sync_channel(1);
        registry.audit.forward_to(Arc::new(Queue { events, counts: Arc::clone(&counts) }));
        std::thread::Builder::new()
            .name("audit".to_owned())
            .spawn(move || {
                Line { target, open: None, said: false }.run(&queue, &stopped, &counts);
                let _ = end.send(());
            })
            .expect("the system has room for one more thread at the start");
        Self { ended, stop }
    }

    /// Hands over what is queued, but does not wait for ever: the collector may be gone.
    pub fn finish(self) {
        let _ = self.stop.send(());
        let _ = self.ended.recv_timeout(FAREWELL);
    }
}

/// The way to the collector.
struct Line {
    target: Target,
    open: Option<Open>,
    /// Whether it was logged that the collector does not answer.
    said: bool,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Yes,
    /// It can be tried again.
    NotNow,
    /// However often it is tried, it does not fit.
    TooLong,
}

enum Open {
    Stdout,
    Udp(UdpSocket),
    Tcp(TcpStream),
    Unix(UnixDatagram),
}

impl Line {
    fn run(&mut self, queue: &Receiver<AuditEvent>, stopped: &Receiver<()>, counts: &Counts) {
        let mut until = None;
        loop {
            if until.is_none() && stopped.try_recv().is_ok() {
                until = Some(Instant::now() + FAREWELL);
            }
            match queue.recv_timeout(Duration::from_millis(100)) {
                Ok(event) => {
                    let wait = || {
                        if until.is_some_and(|until| Instant::now() >= until) {
                            return false;
                        }
                        until = until.or_else(|| stopped.try_recv().ok().map(|()| Instant::now() + FAREWELL));
                        std::thread::sleep(PAUSE);
                        true
                    };
                    match self.hand_over(event, wait) {
                        Told::Yes => counts.forwarded.fetch_add(1, Ordering::Relaxed),
                        Told::TooLong => counts.dropped.fetch_add(1, Ordering::Relaxed),
                        Told::NotNow => return,
                    };
                }
                Err(RecvTimeoutError::Timeout) if until.is_none() => {}
                Err(_) => return,
            }
        }
    }

    /// Tells of an event, again and again until `wait` says to give up.
    fn hand_over(&mut self, mut event: AuditEvent, mut wait: impl FnMut() -> bool) -> Told {
        let mut message = self.message(&event);
        let mut is_whole = true;
        loop {
            match self.tell(&message) {
                Told::NotNow if wait() => {}
                Told::TooLong if std::mem::take(&mut is_whole) => {
                    leave_details_out(&mut event);
                    message = self.message(&event);
                }
                Told::TooLong => {
                    tracing::warn!(
                        event = event.id,
                        action = event.action.as_str(),
                        bytes = message.len(),
                        "an audit event is too long for the way to its collector, and is not forwarded"
                    );
                    return Told::TooLong;
                }
                told => return told,
            }
        }
    }

    fn message(&self, event: &AuditEvent) -> String {
        let json = json(event);
        if self.target == Target::Stdout { json } else { message(event, &json) }
    }

    fn tell(&mut self, message: &str) -> Told {
        let told = self.try_to_tell(message);
        match &told {
            Ok(()) if self.said => {
                self.said = false;
                tracing::info!("audit events are forwarded again");
            }
            // The way is well; another attempt with the same bytes would hold up all that wait behind them.
            Err(error) if Errno::from_io_error(error) == Some(Errno::MSGSIZE) => return Told::TooLong,
            Err(error) => {
                self.open = None;
                if !std::mem::replace(&mut self.said, true) {
                    tracing::warn!(error = error as &dyn std::error::Error, "audit events wait for their collector");
                }
            }
            Ok(()) => {}
        }
        if told.is_ok() { Told::Yes } else { Told::NotNow }
    }

    fn try_to_tell(&mut self, message: &str) -> io::Result<()> {
        let open = match &mut self.open {
            Some(open) => open,
            closed => closed.insert(open(&self.target)?),
        };
        match open {
            Open::Stdout => {
                let mut out = io::stdout().lock();
                writeln!(out, "{message}")?;
                out.flush()
            }
            Open::Udp(socket) => socket.send(message.as_bytes()).map(drop),
            Open::Unix(socket) => socket.send(message.as_bytes()).map(drop),
            Open::Tcp(stream) => stream.write_all(format!("{} {message}", message.len()).as_bytes()),
        }
    }
}

fn open(target: &Target) -> io::Result<Open> {
    match target {
        Target::Stdout => Ok(Open::Stdout),
        Target::Udp(place) => {
            let address = resolve(place)?;
            let any = if address.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
            let socket = UdpSocket::bind(any)?;
            socket.connect(address)?;
            Ok(Open::Udp(socket))
        }
        Target::Tcp(place) => {
            let stream = TcpStream::connect_timeout(&resolve(place)?, PATIENCE)?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(Open::Tcp(stream))
        }
        Target::Unix(path) => {
            let socket = UnixDatagram::unbound()?;
            socket.connect(path)?;
            socket.set_write_timeout(Some(PATIENCE))?;
            Ok(Open::Unix(socket))
        }
    }
}

fn resolve(place: &str) -> io::Result<std::net::SocketAddr> {
    let none = || io::Error::new(io::ErrorKind::NotFound, "the collector's name has no address");
    place.to_socket_addrs()?.next().ok_or_else(none)
}

fn json(event: &AuditEvent) -> String {
    serde_json::to_string(event).unwrap_or_default()
}

/// Says in place of the details how many bytes they have: `{"left_out": 81920}`.
fn leave_details_out(event: &mut AuditEvent) {
    event.details = serde_json::json!({ "left_out": event.details.to_string().len() });
}

/// The event as RFC 5424 has it, with its JSON as the text.
fn message(event: &AuditEvent, json: &str) -> String {
    let priority = if event.result == AuditResult::Success { DONE } else { FAILED };
    let at = event.at.replace_nanosecond(event.at.nanosecond() / 1_000 * 1_000).unwrap_or(event.at);
    let at = at.format(&time::format_description::well_known::Rfc3339).unwrap_or_else(|_| "-".to_owned());
    format!("<{priority}>1 {at} {} slipway {} audit - {json}", host(), std::process::id())
}

fn host() -> &'static str {
    static HOST: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let name: String = name.trim().chars().filter(char::is_ascii_graphic).take(255).collect();
        if name.is_empty() { "-".to_owned() } else { name }
    });
    &HOST
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use api_types::{ActorKind, ActorSummary};

    fn event() -> AuditEvent {
        AuditEvent {
            id: 0,
            at: time::macros::datetime!(2026-11-28 19:02:03.123_456_789 UTC),
            last_at: None,
            times: 1,
            actor: ActorSummary { kind: ActorKind::User, name: "ada".to_owned() },
            action: "manifest.push".to_owned(),
            result: AuditResult::Success,
            project: None,
            resource: "payments/api:1.2".to_owned(),
            address: Some("10.0.0.7".to_owned()),
            request_id: None,
            details: serde_json::json!({ "text": "two\nlines" }),
        }
    }

    #[test]
    fn a_target_is_spelled_with_its_way() {
        assert_eq!(Target::parse("stdout"), Some(Target::Stdout));
        assert_eq!(Target::parse("syslog+udp://logs:514"), Some(Target::Udp("logs:514".into())));
        assert_eq!(Target::parse("syslog+tcp://[::1]:601"), Some(Target::Tcp("[::1]:601".into())));
        assert_eq!(Target::parse("syslog+unix:/dev/log"), Some(Target::Unix("/dev/log".into())));
        for wrong in ["", "syslog", "syslog+udp://logs", "syslog+udp://:514", "syslog+unix:log", "http://logs:514"] {
            assert_eq!(Target::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_message_is_one_line_with_its_head() {
        let text = message(&event(), &json(&event()));
        assert!(text.starts_with("<110>1 2026-11-28T19:02:03.123456Z "), "{text}");
        assert!(text.contains(" slipway ") && text.contains(" audit - {") && !text.contains('\n'), "{text}");
        let refused = AuditEvent { result: AuditResult::Failure, ..event() };
        assert!(message(&refused, "{}").starts_with("<108>1 "));
    }

    #[test]
    fn over_tcp_a_message_says_how_long_it_is() {
        let collector = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::Tcp(collector.local_addr().unwrap().to_string());
        let mut line = Line { target, open: None, said: false };
        assert_eq!((line.tell("hello"), line.tell("again")), (Told::Yes, Told::Yes));
        drop(line);
        let mut heard = String::new();
        io::Read::read_to_string(&mut collector.accept().unwrap().0, &mut heard).unwrap();
        assert_eq!(heard, "5 hello5 again");
    }

    /// Longer than any datagram here.
    fn long() -> String {
        "x".repeat(8 << 20)
    }

    /// Tells a target of events until there are no more; how many were forwarded, and how many dropped.
    fn told(target: Target, events: Vec<AuditEvent>) -> (u64, u64) {
        let (queue, events_of) = mpsc::sync_channel(events.len());
        for event in events {
            queue.send(event).unwrap();
        }
        drop(queue);
        let (_stop, stopped) = mpsc::sync_channel(1);
        let counts = Counts::default();
        Line { target, open: None, said: false }.run(&events_of, &stopped, &counts);
        (counts.forwarded.load(Ordering::Relaxed), counts.dropped.load(Ordering::Relaxed))
    }

    /// The event in a message.
    fn heard(message: &[u8]) -> AuditEvent {
        let text = std::str::from_utf8(message).unwrap();
        serde_json::from_str(&text[text.find('{').unwrap()..]).unwrap()
    }

    #[test]
    fn what_no_datagram_takes_goes_without_its_details_or_not_at_all_and_stops_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let collector = UnixDatagram::bind(&path).unwrap();
        collector.set_read_timeout(Some(PATIENCE)).unwrap();
        let detailed = AuditEvent { id: 1, details: serde_json::json!({ "tags": [long()] }), ..event() };
        let hopeless = AuditEvent { id: 2, resource: long(), ..event() };
        let counted = told(Target::Unix(path), vec![detailed, hopeless, AuditEvent { id: 3, ..event() }]);
        assert_eq!(counted, (2, 1));
        let mut bytes = vec![0; 1 << 16];
        let mut next = || {
            let length = collector.recv(&mut bytes).unwrap();
            heard(&bytes[..length])
        };
        let cut = next();
        assert_eq!((cut.id, cut.details), (1, serde_json::json!({ "left_out": (8 << 20) + 13 })));
        assert_eq!(next(), AuditEvent { id: 3, ..event() });
    }

    #[test]
    fn over_udp_each_event_is_a_datagram() {
        let collector = UdpSocket::bind("127.0.0.1:0").unwrap();
        collector.set_read_timeout(Some(PATIENCE)).unwrap();
        let target = Target::Udp(collector.local_addr().unwrap().to_string());
        let detailed = AuditEvent { details: serde_json::json!({ "tags": [long()] }), ..event() };
        assert_eq!(told(target, vec![event(), detailed]), (2, 0));
        let mut bytes = vec![0; 1 << 16];
        let length = collector.recv(&mut bytes).unwrap();
        assert!(bytes.starts_with(b"<110>1 "));
        assert_eq!(heard(&bytes[..length]), event());
        let length = collector.recv(&mut bytes).unwrap();
        assert!(heard(&bytes[..length]).details["left_out"].is_u64());
    }

    #[test]
    fn standard_output_has_an_object_a_line_without_a_head() {
        let line = Line { target: Target::Stdout, open: None, said: false };
        let text = line.message(&event());
        assert!(text.starts_with('{') && !text.contains('\n'), "{text}");
        assert_eq!(heard(text.as_bytes()), event());
        assert_eq!(told(Target::Stdout, vec![event()]), (1, 0));
    }

    #[test]
    fn what_finds_no_room_is_counted_and_nobody_waits() {
        let (events, _nobody_reads) = mpsc::sync_channel(2);
        let queue = Queue { events, counts: Arc::default() };
        for _ in 0..5 {
            queue.take(event());
        }
        assert_eq!(queue.counts.dropped.load(Ordering::Relaxed), 3);
    }
}
