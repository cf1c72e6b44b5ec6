//! The whole server.

use std::{net::SocketAddr, sync::Arc};

use blobstore::BlobStore;
use registry::{Actor, Clock, Registry, Secret, access::UserId, content::Settled};
use server::{
    app::{App, Parts},
    assets::{self, Asset},
    check::{Examiner, ProbeKey},
    config::{Config, Inputs},
    listener::{self, Drain, Limits, Tls},
    log::{Logs, Sink, Style},
    secret_key::Keys,
    storage,
};
use tempfile::TempDir;
use test_postgres::TestDatabase;
use tokio::task::JoinHandle;

use super::{Browser, Client, TestClock};

/// What the administrator signs in with, unless a test wants the default.
pub const ADMIN_PASSWORD: &str = "unusual-harbour-9431";

/// What `cargo xtask console` left, as the program has it.
static ASSETS: &[Asset] = include!(env!("SLIPWAY_ASSETS"));

/// A running server. It stops when the test ends.
pub struct TestApp {
    pub address: SocketAddr,
    pub registry: Registry,
    pub clock: TestClock,
    pub drain: Drain,
    pub config: Config,
    pub keys: Keys,
    pub folder: Arc<TempDir>,
    /// Absent on SQLite.
    pub database: Option<Arc<TestDatabase>>,
    pub task: JoinHandle<()>,
}

/// A server that is about to start.
#[derive(Default)]
pub struct Builder {
    environment: Vec<(String, String)>,
    default_password: bool,
    log: Option<Sink>,
    store: Option<Arc<dyn BlobStore>>,
    beside: Option<Ground>,
}

/// What servers beside each other share.
struct Ground {
    folder: Arc<TempDir>,
    database: Option<Arc<TestDatabase>>,
    clock: TestClock,
}

impl Builder {
    /// A setting, such as `("http.idle_timeout", "1s")`.
    pub fn set(mut self, key: &str, value: &str) -> Self {
        self.environment.push((format!("SLIPWAY_{}", key.replace('.', "__").to_uppercase()), value.to_owned()));
        self
    }

    /// The administrator has the default password, as at a first start without any setting.
    pub fn with_default_password(mut self) -> Self {
        self.default_password = true;
        self
    }

    /// Request lines go here, as JSON.
    pub fn log_to(mut self, sink: Sink) -> Self {
        self.log = Some(sink);
        self
    }

    /// Blobs are here, whatever the settings say.
    pub fn store(mut self, store: Arc<dyn BlobStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// Another server with the same folder, database and clock.
    pub fn beside(mut self, app: &TestApp) -> Self {
        let (folder, database) = (Arc::clone(&app.folder), app.database.clone());
        self.beside = Some(Ground { folder, database, clock: app.clock.clone() });
        self
    }

    pub async fn start(self) -> TestApp {
        Box::pin(self.begin()).await
    }

    async fn begin(self) -> TestApp {
        assets::embed(ASSETS);
        let ground = match self.beside {
            Some(ground) => ground,
            None => {
                Ground { folder: Arc::new(tempfile::tempdir().unwrap()), database: None, clock: TestClock::default() }
            }
        };
        let Ground { folder, mut database, clock } = ground;
        let mut environment = vec![
            ("SLIPWAY_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
            ("SLIPWAY_DATA_DIR".to_owned(), folder.path().to_str().unwrap().to_owned()),
        ];
        if !self.default_password {
            environment.push(("SLIPWAY_ADMIN_PASSWORD".to_owned(), ADMIN_PASSWORD.to_owned()));
        }
        environment.extend(self.environment);
        let elsewhere = environment.iter().any(|(variable, _)| variable == DATABASE_URL);
        if test_postgres::is_chosen() && database.is_none() && !elsewhere {
            database = Some(Arc::new(on_server(&environment).await));
        }
        if let Some(database) = &database {
            environment.push((DATABASE_URL.to_owned(), database.url()));
            // Many tests wait for one machine.
            if !environment.iter().any(|(variable, _)| variable == ACQUIRE_TIMEOUT) {
                environment.push((ACQUIRE_TIMEOUT.to_owned(), "60s".to_owned()));
            }
        }
        let (config, _) = Config::load(&Inputs { environment, ..Inputs::default() }).unwrap();

        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let keys = Keys::load(&config).unwrap();
        let registry = match self.store {
            None => storage::open_registry(&config, Arc::clone(&shared)).await.unwrap(),
            Some(store) => {
                let backups = storage::open(&config).await.unwrap().backups;
                Registry::open(config.registry_options(backups), store, Arc::clone(&shared)).await.unwrap()
            }
        };
        let settled = registry.maintenance.settle().await.unwrap();
        assert!(!matches!(settled, Settled::Elsewhere(_)), "{settled:?}");
        let listener = listener::bind(config.listen).unwrap();
        let address = listener.local_addr().unwrap();
        let drain = Drain::default();
        let logs = self.log.map_or_else(Logs::nowhere, |sink| Logs::new(sink, Style::Json, config.log.access));
        let parts = Parts { registry: registry.clone(), keys: keys.clone(), logs, drain: drain.clone(), clock: shared };
        let app = App::new(&config, address.port(), parts);
        let (limits, counters) = (Limits::from(&config.http), Arc::clone(&app.metrics().connections));
        let tls = config.tls.as_ref().map(|files| Tls::load(files).unwrap());
        let task = tokio::spawn(listener::serve(listener, tls, app, limits, counters, drain.clone()));
        TestApp { address, registry, clock, drain, config, keys, folder, database, task }
    }
}

/// The variable that names the database.
const DATABASE_URL: &str = "SLIPWAY_DATABASE__URL";
/// The one that says how long a connection to it is waited for.
const ACQUIRE_TIMEOUT: &str = "SLIPWAY_DATABASE__ACQUIRE_TIMEOUT";

/// A database as a first start with these settings leaves it.
async fn on_server(environment: &[(String, String)]) -> TestDatabase {
    let password = environment.iter().rfind(|(variable, _)| variable == "SLIPWAY_ADMIN_PASSWORD");
    let template = password.map_or_else(
        || "default".to_owned(),
        |(_, password)| format!("admin_{}", oci::Digest::sha256(password.as_bytes()).short()),
    );
    let first_start = async |url: String| {
        let mut environment = environment.to_vec();
        environment.push((DATABASE_URL.to_owned(), url));
        environment.push((ACQUIRE_TIMEOUT.to_owned(), "60s".to_owned()));
        let (config, _) = Config::load(&Inputs { environment, ..Inputs::default() }).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(TestClock::default());
        let backups = storage::open(&config).await.unwrap().backups;
        let store = Arc::new(blobstore::MemoryStore::new());
        Registry::open(config.registry_options(backups), store, clock).await.unwrap();
    };
    test_postgres::database(&template, first_start).await
}

impl TestApp {
    pub async fn start() -> Self {
        Builder::default().start().await
    }

    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What looks at this server from outside as if these were its settings, with the secret of the installation.
    pub fn examiner(&self, settings: &[(&str, &str)]) -> Examiner {
        let flags = settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned(), "--set".to_owned()));
        let (config, _) = Config::load(&Inputs { flags: flags.collect(), ..Inputs::default() }).unwrap();
        let clock = Arc::new(self.clock.clone());
        Examiner::new(&config, ProbeKey::new(&self.keys), Ok(self.registry.clone()), clock)
    }

    /// Another server over the same registry, in the same process; it listens nowhere.
    pub fn sibling(&self) -> App {
        let (registry, keys, clock) = (self.registry.clone(), self.keys.clone(), Arc::new(self.clock.clone()));
        let parts = Parts { registry, keys, logs: Logs::nowhere(), drain: self.drain.clone(), clock };
        App::new(&self.config, self.address.port(), parts)
    }

    /// Nobody in particular.
    pub fn anonymous(&self) -> Client {
        Client::new(self, None)
    }

    /// The administrator, with Basic credentials on every request.
    pub fn admin(&self) -> Client {
        Client::new(self, Some(("admin".to_owned(), ADMIN_PASSWORD.to_owned())))
    }

    /// A person of this name, with Basic credentials on every request. Created at the first mention.
    pub async fn user(&self, name: &str) -> Client {
        let password = password_of(name);
        let secret = Secret::new(password.clone());
        match self.registry.people.create(&Actor::system(), name, &secret, false).await {
            Ok(_) | Err(registry::Error::UsernameTaken { .. }) => {}
            Err(error) => panic!("{name}: {error}"),
        }
        Client::new(self, Some((name.to_owned(), password)))
    }

    /// A browser in which nobody has signed in.
    pub fn browser(&self) -> Browser {
        Browser::new(self)
    }

    /// A browser in which this person has signed in. Created at the first mention.
    pub async fn signed_in(&self, name: &str) -> Browser {
        let password = if name == "admin" { ADMIN_PASSWORD.to_owned() } else { password_of(name) };
        if name != "admin" {
            self.user(name).await;
        }
        let mut browser = self.browser();
        browser.sign_in(self, name, &password).await;
        browser
    }

    /// The id of a person who signs in with the password that [`TestApp::user`] gives.
    pub async fn user_id(&self, name: &str) -> UserId {
        self.user(name).await;
        let client = registry::people::ClientInfo { origin: self.address.ip().into(), known_browser: None };
        let secret = Secret::new(password_of(name));
        self.registry.sign_in.with_password(name, &secret, client).await.unwrap().user
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Long, different for everybody, and without the name in it.
fn password_of(name: &str) -> String {
    format!("quay-{}-lantern", oci::Digest::sha256(name.as_bytes()).short())
}
