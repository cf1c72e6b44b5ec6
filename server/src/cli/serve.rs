//! `slipway serve`.

use std::{io::IsTerminal, net::SocketAddr, sync::Arc};

use anyhow::{Context, bail};
use registry::{Database, Registry, SystemClock, content::Settled, people::DEFAULT_ADMIN_PASSWORD};
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
};

use crate::{
    app::{App, Parts},
    audit::forward::Forwarder,
    config::Config,
    descriptors,
    listener::{self, Drain, Limits, Tls, ToTls},
    log::Logs,
    secret_key::Keys,
    storage,
    workers::{self, Schedule},
};

/// What `--help` adds.
pub const HELP: &str = "\
Without any setting everything is kept in ./data and the console is at http://localhost:8080; sign in as admin.
SIGTERM or Ctrl-C stops: running requests go on for http.shutdown_grace, a second signal ends at once.

Examples:
  slipway serve --listen 127.0.0.1:5000 --data-dir /srv/slipway
  SLIPWAY_ADMIN_PASSWORD_FILE=/run/secrets/admin slipway serve
  slipway serve --set log.format=json --set trusted_proxies=10.0.0.0/8";

/// Connections at once that are sent from plain HTTP to TLS.
const REDIRECTED: usize = 256;
/// Threads for calls that block, of which reading and writing files are the most.
const BLOCKING_THREADS: usize = 128;

/// Serves until a signal stops it.
pub fn run(mut config: Config) -> anyhow::Result<()> {
    let logs = Logs::start(&config.log);
    config.http.max_connections = descriptors::connections(config.http.max_connections);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
        .context("cannot start threads")?;
    let result = runtime.block_on(serve(config, logs.clone()));
    // What is still running was told to end and did not.
    runtime.shutdown_background();
    logs.flush();
    result
}

async fn serve(config: Config, logs: Logs) -> anyhow::Result<()> {
    // First, as the most likely thing to fail, and so that early clients wait instead of being refused.
    let listener = listener::bind(config.listen).with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let tls = config.tls.as_ref().map(Tls::load).transpose().context("cannot speak TLS")?;
    let plain = config.tls.as_ref().and_then(|tls| tls.redirect_listen);
    let plain = plain.map(|at| listener::bind(at).with_context(|| format!("cannot listen on {at}"))).transpose()?;
    let drain = Drain::default();
    stop_on_signals(&drain, logs.clone())?;

    let keys = Keys::load(&config)?;
    let registry = open(&config).await?;
    match registry.maintenance.settle().await.context("cannot see whether the blobs are where this server stores")? {
        Settled::Here => {}
        Settled::Moved => let_others_hear(&config).await,
        Settled::Elsewhere(elsewhere) => bail!(super::storage::refusal(&elsewhere)),
    }
    let probed = registry.clone();
    // A bucket may be about to come up, as we are. Whoever asks whether we are alive shall not wait for it.
    tokio::spawn(async move {
        if let Err(error) = probed.probe().await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "database or store does not answer; /readyz says when both do");
        }
    });
    let parts = Parts { registry: registry.clone(), keys, logs, drain: drain.clone(), clock: Arc::new(SystemClock) };
    let app = App::new(&config, address.port(), parts);
    let counts = Arc::clone(&app.metrics().audit);
    let forwarder = config.audit_forward.clone().map(|target| Forwarder::start(&registry, target, counts));
    let workers = workers::start(registry.clone(), Schedule::of(&config), drain.clone());
    let limits = Limits::from(&config.http);
    let following = tls.clone().map(|tls| tokio::spawn(tls.follow(drain.clone())));
    let redirecting = plain.map(|plain| {
        let limits = Limits { max_connections: limits.max_connections.min(REDIRECTED), ..limits.clone() };
        let counters = Arc::clone(&app.metrics().connections);
        let handler = ToTls::new(config.public_url.clone(), address.port());
        tokio::spawn(listener::serve(plain, None, handler, limits, counters, drain.clone()))
    });
    let accepting = tokio::spawn(accept(listener, tls, app.clone(), limits, drain));
    greet(&config, address, registry.people.default_password_stands().await?);
    tokio::task::spawn_blocking(move || app.warm_up());

    accepting.await?;
    for task in [following, redirecting].into_iter().flatten() {
        task.await?;
    }
    workers.await?;
    // After the last request, so that nothing is missed.
    workers::flush(&registry).await;
    if let Some(forwarder) = forwarder {
        tokio::task::spawn_blocking(|| forwarder.finish()).await?;
    }
    tracing::info!("stopped");
    Ok(())
}

async fn accept(listener: TcpListener, tls: Option<Tls>, app: App, limits: Limits, drain: Drain) {
    let counters = Arc::clone(&app.metrics().connections);
    listener::serve(listener, tls, app, limits, counters, drain).await;
}

/// Opens store and database.
pub async fn open(config: &Config) -> anyhow::Result<Registry> {
    storage::open_registry(config, Arc::new(SystemClock)).await
}

/// Waits until other servers have looked where blobs are, which may take two periods.
pub(super) async fn let_others_hear(config: &Config) {
    if matches!(config.database, Database::Postgres(_)) {
        tokio::time::sleep(3 * workers::FOLLOW).await;
    }
}

/// The first signal stops gently, the second at once.
fn stop_on_signals(drain: &Drain, logs: Logs) -> anyhow::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let drain = drain.clone();
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("stopping: running requests may end; a second signal ends at once");
        drain.start();
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("stopped at once");
        logs.flush();
        std::process::exit(1);
    });
    Ok(())
}

async fn either(a: &mut Signal, b: &mut Signal) {
    tokio::select! {
        _ = a.recv() => {}
        _ = b.recv() => {}
    }
}

/// Says where the console is, and that the default password has to go.
fn greet(config: &Config, address: SocketAddr, default_password: bool) {
    let url = config.public_url.as_ref().map_or_else(|| local_url(address, config.tls.is_some()), ToString::to_string);
    let console = format!("console {url}   user admin");
    let warning = format!(
        "password {DEFAULT_ADMIN_PASSWORD}: everybody knows it, so it opens nothing but the form to choose another. \
         Sign in and change it now."
    );
    if std::io::stdout().is_terminal() {
        println!("{console}");
        if default_password {
            println!("{warning}");
        }
    } else {
        tracing::info!(%address, "{console}");
        if default_password {
            tracing::warn!("{warning}");
        }
    }
}

/// The address as a browser on this machine reaches it.
pub(super) fn local_url(address: SocketAddr, tls: bool) -> String {
    let ip = address.ip();
    let host = if ip.is_unspecified() || ip.is_loopback() {
        "localhost".to_owned()
    } else if ip.is_ipv6() {
        format!("[{ip}]")
    } else {
        ip.to_string()
    };
    let (scheme, own_port) = if tls { ("https", 443) } else { ("http", 80) };
    if address.port() == own_port {
        format!("{scheme}://{host}")
    } else {
        format!("{scheme}://{host}:{}", address.port())
    }
}
