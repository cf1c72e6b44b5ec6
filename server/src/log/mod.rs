//! Logs: one line for each event and request on standard error, for eyes on a terminal, JSON otherwise.
//!
//! Lines are gathered in memory and written by a thread of their own, so that a request never waits for a pipe. When
//! nobody reads the pipe, lines are counted and dropped, not kept.

mod access;
mod json;
mod sink;

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt};

pub(crate) use self::json::causes;
pub use self::{access::Request, sink::Sink};
use crate::config::{self, LogFormat};

/// Where request lines go, and how they look.
#[derive(Clone, Debug)]
pub struct Logs {
    sink: Sink,
    style: Style,
    access: config::AccessLog,
}

/// How lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For eyes, maybe in colour.
    Human {
        /// Whether the terminal shows colours.
        colour: bool,
    },
    /// One JSON object a line.
    Json,
}

impl Logs {
    /// Request lines into a sink.
    pub fn new(sink: Sink, style: Style, access: config::AccessLog) -> Self {
        Self { sink, style, access }
    }

    /// No lines at all.
    pub fn nowhere() -> Self {
        Self::new(Sink::nowhere(), Style::Json, config::AccessLog::Nothing)
    }

    /// Starts logging for the whole process. Call it once.
    pub fn start(config: &config::Log) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let style = match config.format {
            LogFormat::Json => Style::Json,
            LogFormat::Auto if !terminal => Style::Json,
            LogFormat::Human | LogFormat::Auto => {
                Style::Human { colour: terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) }
            }
        };
        let sink = Sink::to_stderr();
        let filter = EnvFilter::new(&config.level);
        let events = fmt::layer().with_writer(sink.clone());
        let registry = tracing_subscriber::registry().with(filter);
        let started = match style {
            Style::Json => registry.with(events.event_format(json::Json)).try_init(),
            Style::Human { colour } => registry.with(events.compact().with_ansi(colour).with_target(false)).try_init(),
        };
        started.expect("logging is started once");
        std::panic::set_hook(Box::new(|info| {
            let message = info.payload_as_str().unwrap_or("unknown");
            let location = info.location().map(ToString::to_string).unwrap_or_default();
            let backtrace = std::backtrace::Backtrace::capture();
            tracing::error!(message, location, %backtrace, "panicked");
        }));
        Self::new(sink, style, config.access)
    }

    /// Whether a request gets a line. `quiet` ones do only when they fail.
    pub fn wants(&self, status: u16, quiet: bool) -> bool {
        match self.access {
            config::AccessLog::All => !quiet || status >= 400,
            config::AccessLog::Failures => status >= 400,
            config::AccessLog::Nothing => false,
        }
    }

    /// Writes a request's line.
    pub fn request(&self, request: &Request<'_>) {
        self.sink.line(|line| match self.style {
            Style::Json => request.write_json(line),
            Style::Human { colour } => request.write_human(line, colour),
        });
    }

    /// Writes out what is gathered; before the process ends.
    pub fn flush(&self) {
        self.sink.flush();
    }
}
