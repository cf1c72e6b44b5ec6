//! The table of everything that can be set.

/// One thing that can be set.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name, with its table before a dot: `storage.path`.
    pub name: &'static str,
    /// The text that counts when nothing sets it; empty where it may stay unset.
    pub default: &'static str,
    /// What a value looks like, to complete "expected …".
    pub expects: &'static str,
    /// Whether the value must never be shown.
    pub secret: bool,
}

const fn key(name: &'static str, default: &'static str, expects: &'static str) -> Key {
    Key { name, default, expects, secret: false }
}

const fn secret(name: &'static str, expects: &'static str) -> Key {
    Key { name, default: "", expects, secret: true }
}

const DURATION: &str = "a duration with its unit, such as `500ms`, `75s`, `30m`, `12h` or `7d`";
const DELAY: &str = "a duration with its unit, such as `0s`, `500ms`, `10s` or `24h`";
const NETWORKS: &str = "a list of networks or addresses, such as [\"10.0.0.0/8\", \"192.0.2.7\"]";
const COUNT: &str = "a whole number of at least 1";
const PATH: &str = "a path";
const SWITCH: &str = "`true` or `false`";
const ENDPOINT: &str = "scheme and host without a path, such as `https://s3.example.com`";
const ENTROPY: &str = "at least 32 characters of randomness, such as `openssl rand -base64 32` prints";

/// Everything that can be set, in the order of `slipway config print`.
pub static KEYS: &[Key] = &[
    key("listen", "[::]:8080", "an address and port, such as `[::]:8080`, `127.0.0.1:8080` or `:8080`"),
    key("public_url", "", "scheme and host without a path, such as `https://registry.example.com`"),
    key("trusted_proxies", "", NETWORKS),
    key("proxy_headers", "x-forwarded", "`x-forwarded` or `forwarded`"),
    key("data_dir", "data", PATH),
    secret("admin_password", "a password"),
    key("admin_password_file", "", "the path of a file that holds a password"),
    secret("secret_key", ENTROPY),
    key("secret_key_file", "", "the path of a file with at least 32 characters of randomness"),
    secret("previous_secret_key", ENTROPY),
    key("previous_secret_key_file", "", "the path of a file with at least 32 characters of randomness"),
    secret("database.url", "`postgres://USER@HOST/DATABASE`, or `sqlite:` and the path of a file"),
    secret("database.password", "a password"),
    key("database.password_file", "", "the path of a file that holds a password"),
    key("database.max_connections", "20", "a whole number from 2 to 10000"),
    key("database.acquire_timeout", "3s", DURATION),
    key("database.statement_timeout", "30s", DURATION),
    key("database.idle_timeout", "10m", DURATION),
    key("database.max_lifetime", "30m", DURATION),
    key("storage.path", "", PATH),
    key("storage.direct_io", "true", SWITCH),
    key("storage.previous", "", "the path of the configuration from before the move"),
    key("storage.s3.bucket", "", "the name of a bucket, such as `my-registry`"),
    key("storage.s3.region", "", "a region, such as `ap-southeast-1`"),
    key("storage.s3.endpoint", "", ENDPOINT),
    key("storage.s3.path_style", "", SWITCH),
    secret("storage.s3.access_key", "an access key"),
    key("storage.s3.access_key_file", "", "the path of a file that holds an access key"),
    secret("storage.s3.secret_key", "a secret key"),
    key("storage.s3.secret_key_file", "", "the path of a file that holds a secret key"),
    key("storage.s3.prefix", "", "components with slashes between them, such as `team/registry`"),
    key("storage.s3.redirect", "true", SWITCH),
    key("storage.s3.public_endpoint", "", ENDPOINT),
    key("storage.s3.sse", "", "`AES256` or `aws:kms`"),
    key("storage.s3.kms_key_id", "", "the id, alias or ARN of a key"),
    key("storage.s3.storage_class", "", "a storage class, such as `STANDARD` or `INTELLIGENT_TIERING`"),
    key("storage.s3.ca_bundle", "", "the path of a file with certificates in PEM"),
    key("storage.s3.part_budget", "128MiB", "a size of at least `16MiB`"),
    key("http.header_timeout", "10s", DURATION),
    key("http.idle_timeout", "75s", DURATION),
    key("http.write_timeout", "75s", DURATION),
    key("http.max_header_bytes", "32KiB", "a size from `8KiB` to `256KiB`"),
    key("http.max_connections", "4096", COUNT),
    key("http.max_streams", "128", COUNT),
    key("http.min_body_rate", "1KiB", "a size, such as `1024`, `64KiB` or `8MiB`"),
    key("http.body_window", "30s", DURATION),
    key("http.body_budget", "64MiB", "a size of at least `8MiB`"),
    key("http.shutdown_delay", "0s", DELAY),
    key("http.shutdown_grace", "30s", DURATION),
    key("tls.certificate", "", "the path of a file with a certificate and its chain in PEM"),
    key("tls.key", "", "the path of a file with the certificate's key in PEM"),
    key("tls.redirect_listen", "", "an address and port, such as `:80`"),
    key("sessions.idle", "30m", DURATION),
    key("sessions.absolute", "12h", DURATION),
    key("passwords.min_length", "12", "a whole number from 8 to 128"),
    key("uploads.expiry", "24h", DURATION),
    key("trash.keep", "7d", DELAY),
    key("collection.interval", "1h", DELAY),
    key("collection.grace", "24h", DELAY),
    key("fsck.rate", "64MiB", "a size, such as `16MiB`; `0` for no limit"),
    key("backup.path", "", PATH),
    key("backup.interval", "0s", DELAY),
    key("backup.keep", "7", COUNT),
    key("backup.hold", "7d", DELAY),
    key("audit.forward", "", "`stdout`, `syslog+udp://HOST:PORT`, `syslog+tcp://HOST:PORT` or `syslog+unix:/PATH`"),
    key("log.format", "auto", "`auto`, `human` or `json`"),
    key("log.level", "info", "`error`, `warn`, `info`, `debug`, `trace`, or directives such as `info,server=debug`"),
    key("log.access", "all", "`all`, `failures` or `none`"),
    key("metrics.allow", "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7", NETWORKS),
];

/// The key of a name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// The key that was probably meant, where one is close enough to be worth saying.
pub fn nearest(name: &str) -> Option<&'static Key> {
    let last = |name: &str| name.rsplit('.').next().map(str::to_owned).unwrap_or_default();
    let flat = |name: &str| name.replace(['.', '_'], "");
    let same = KEYS.iter().filter(|key| flat(key.name) == flat(name) || last(key.name) == last(name));
    if let Some(key) = same.min_by_key(|key| distance(key.name, name)) {
        return Some(key);
    }
    KEYS.iter()
        .map(|key| (distance(key.name, name).min(distance(&last(key.name), &last(name)) + 1), key))
        .filter(|(distance, key)| *distance <= 1 + key.name.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, key)| key)
}

/// Edits between two names: insertions, deletions and replacements (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
