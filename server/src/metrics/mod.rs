//! What the server counts, as `/metrics` shows it to Prometheus.
//!
//! A request costs a few additions to atomic numbers; families and labels are only put together when somebody asks.
//! To add a figure: a field here that is written where it happens, and a line in its registration.

mod process;
mod requests;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text},
    metrics::{counter::ConstCounter, gauge::ConstGauge, info::Info},
    registry::Registry,
};

pub use self::requests::Requests;
use crate::{audit::forward::Counts, build_info, listener::Counters};

/// The `Content-Type` of the page.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Requests, by part and status.
    pub requests: Arc<Requests>,
    /// What the listener counts.
    pub connections: Arc<Counters>,
    /// Uploads whose bodies are being received.
    pub uploads_running: Running,
    /// Audit events on their way to a collector.
    pub audit: Arc<Counts>,
    page: Arc<Registry>,
}

/// Counts what is under way.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<AtomicI64>);

/// One thing that is under way, until it is dropped.
#[derive(Debug)]
pub struct Underway(Arc<AtomicI64>);

impl Running {
    /// One more, for as long as the value lives.
    pub fn begin(&self) -> Underway {
        self.0.fetch_add(1, Ordering::Relaxed);
        Underway(Arc::clone(&self.0))
    }

    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many passwords wait to be checked, as the registry tells.
pub type PasswordsWaiting = Arc<dyn Fn() -> i64 + Send + Sync>;

impl Metrics {
    /// All at zero.
    pub fn new(passwords_waiting: PasswordsWaiting) -> Self {
        let (requests, connections) = (Arc::<Requests>::default(), Arc::<Counters>::default());
        let uploads_running = Running::default();
        let audit = Arc::<Counts>::default();
        let mut page = Registry::with_prefix("slipway");
        let labels = [("version", build_info::VERSION), ("commit", build_info::COMMIT.unwrap_or("unknown"))];
        page.register("build", "What is running", Info::new(labels));
        page.register_collector(Box::new(requests::Table(Arc::clone(&requests))));
        page.register_collector(Box::new(Figures {
            connections: Arc::clone(&connections),
            uploads_running: uploads_running.clone(),
            audit: Arc::clone(&audit),
            passwords_waiting,
        }));
        page.register_collector(Box::new(process::Process));
        Self { requests, connections, uploads_running, audit, page: Arc::new(page) }
    }

    /// The page in the `OpenMetrics` text format.
    pub fn page(&self) -> String {
        let mut page = String::new();
        text::encode(&mut page, &self.page).expect("writing into memory does not fail");
        page
    }
}

/// Single numbers.
struct Figures {
    connections: Arc<Counters>,
    uploads_running: Running,
    audit: Arc<Counts>,
    passwords_waiting: PasswordsWaiting,
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Figures").field("connections", &self.connections).finish_non_exhaustive()
    }
}

impl Collector for Figures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let count = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
        let open = i64::try_from(count(&self.connections.open)).unwrap_or(i64::MAX);
        gauge(&mut encoder, "connections_open", "Connections that are open", open)?;
        gauge(&mut encoder, "uploads_running", "Uploads that are being received", self.uploads_running.now())?;
        let waiting = (self.passwords_waiting)();
        gauge(&mut encoder, "passwords_waiting", "Passwords that wait to be checked", waiting)?;
        for (name, help, number) in [
            ("connections_accepted", "Connections that were accepted", &self.connections.accepted),
            ("connections_timed_out", "Connections that were closed at a time limit", &self.connections.timed_out),
            ("received_bytes", "Bytes read from clients", &self.connections.received),
            ("sent_bytes", "Bytes written to clients", &self.connections.sent),
            ("audit_events_forwarded", "Audit events that the collector was told", &self.audit.forwarded),
            (
                "audit_events_dropped",
                "Audit events that found no room on their way there, in the queue or in a datagram",
                &self.audit.dropped,
            ),
        ] {
            let counter = ConstCounter::new(count(number));
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}

fn gauge(encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str, value: i64) -> Result<(), fmt::Error> {
    let gauge = ConstGauge::new(value);
    gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::route::Part;

    #[test]
    fn the_page_shows_what_was_counted() {
        let metrics = Metrics::new(Arc::new(|| 3));
        metrics.requests.record(Part::Manifests, 200, Duration::from_millis(3));
        metrics.requests.record(Part::Manifests, 404, Duration::from_micros(30));
        let upload = metrics.uploads_running.begin();
        let page = metrics.page();
        for line in [
            "slipway_requests_total{part=\"manifests\",status=\"200\"} 1",
            "slipway_requests_total{part=\"manifests\",status=\"404\"} 1",
            "slipway_request_duration_seconds_bucket{le=\"0.001\",part=\"manifests\"} 1",
            "slipway_request_duration_seconds_bucket{le=\"0.005\",part=\"manifests\"} 2",
            "slipway_request_duration_seconds_count{part=\"manifests\"} 2",
            "slipway_uploads_running 1",
            "slipway_passwords_waiting 3",
            "slipway_connections_open 0",
            "# EOF",
        ] {
            assert!(page.contains(line), "{line} is missing in\n{page}");
        }
        assert!(
            page.contains("slipway_process_resident_memory_bytes ")
                && page.contains("slipway_process_cpu_seconds_total ")
        );
        assert!(page.contains("slipway_build_info{version="));
        drop(upload);
        assert!(metrics.page().contains("slipway_uploads_running 0"));
    }
}
