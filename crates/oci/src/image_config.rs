//! The configuration of an image (image specification, config.md), read leniently.

use crate::HistoryStep;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// What an image's configuration says.
///
/// Registries store what builders write, and twelve years of builders have written `null`, missing parts and other
/// types. A part that is not what it should be reads as absent; only a document that is no JSON object at all is an
/// error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ImageConfigFile {
    /// The operating system: `linux`.
    #[serde(deserialize_with = "lenient")]
    pub os: String,
    /// The processor: `amd64`.
    #[serde(deserialize_with = "lenient")]
    pub architecture: String,
    /// The processor's variant: `v7`.
    #[serde(deserialize_with = "lenient")]
    pub variant: Option<String>,
    /// The version of the operating system; images of Windows state it.
    #[serde(rename = "os.version", deserialize_with = "lenient")]
    pub os_version: Option<String>,
    /// When it was built, as RFC 3339 text. Reproducible builds state 1970 or 1980.
    #[serde(deserialize_with = "lenient")]
    pub created: Option<String>,
    /// Who built it.
    #[serde(deserialize_with = "lenient")]
    pub author: Option<String>,
    /// How containers of it run.
    #[serde(deserialize_with = "lenient")]
    pub config: RuntimeConfig,
    /// How it was built, oldest first.
    #[serde(deserialize_with = "lenient")]
    pub history: Vec<History>,
    /// The digests of its unpacked layers.
    #[serde(deserialize_with = "lenient")]
    pub rootfs: RootFs,
}

/// How containers of an image run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct RuntimeConfig {
    /// The command that arguments are given to.
    #[serde(deserialize_with = "words")]
    pub entrypoint: Vec<String>,
    /// The default arguments, or the command where there is no entry point.
    #[serde(deserialize_with = "words")]
    pub cmd: Vec<String>,
    /// `KEY=value`, in order.
    #[serde(deserialize_with = "words")]
    pub env: Vec<String>,
    /// User, `uid`, `user:group` and so on; empty is root.
    #[serde(deserialize_with = "lenient")]
    pub user: String,
    /// `80/tcp`, sorted.
    #[serde(deserialize_with = "keys")]
    pub exposed_ports: Vec<String>,
    /// Where commands start; empty is `/`.
    #[serde(deserialize_with = "lenient")]
    pub working_dir: String,
    /// Labels.
    #[serde(deserialize_with = "labels")]
    pub labels: BTreeMap<String, String>,
    /// The signal that stops a container.
    #[serde(deserialize_with = "lenient")]
    pub stop_signal: Option<String>,
    /// Paths that become volumes, sorted.
    #[serde(deserialize_with = "keys")]
    pub volumes: Vec<String>,
}

/// One entry of an image's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct History {
    /// When, as RFC 3339 text.
    #[serde(deserialize_with = "lenient")]
    pub created: Option<String>,
    /// By which command; see [`History::step`].
    #[serde(deserialize_with = "lenient")]
    pub created_by: String,
    /// By whom.
    #[serde(deserialize_with = "lenient")]
    pub author: Option<String>,
    /// What the builder remarks: `buildkit.dockerfile.v0`.
    #[serde(deserialize_with = "lenient")]
    pub comment: String,
    /// Whether it made no layer.
    #[serde(deserialize_with = "lenient")]
    pub empty_layer: bool,
}

impl History {
    /// The command, taken apart.
    pub fn step(&self) -> HistoryStep {
        HistoryStep::parse(&self.created_by)
    }
}

/// The layers as file systems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RootFs {
    /// Digests of the unpacked layers, first to last; not those under which a registry has them. Text, as they need not
    /// be of a known algorithm.
    #[serde(deserialize_with = "words")]
    pub diff_ids: Vec<String>,
}

impl ImageConfigFile {
    /// Reads a configuration. What it costs is proportional to its size, which the caller bounds.
    pub fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        // Through an object, as serde would take a list for a struct.
        let object: serde_json::Map<String, Value> = serde_json::from_slice(bytes)?;
        serde_json::from_value(Value::Object(object))
    }

    /// Every entry of the history with the position of the layer that it made among the `layers` of the manifest; then,
    /// with no entry, the layers that the history does not tell of.
    pub fn steps(&self, layers: usize) -> Vec<(Option<&History>, Option<usize>)> {
        let mut remaining = 0..layers;
        let told =
            self.history.iter().map(|entry| (Some(entry), if entry.empty_layer { None } else { remaining.next() }));
        let mut steps: Vec<_> = told.collect();
        steps.extend(remaining.map(|layer| (None, Some(layer))));
        steps
    }
}

fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// A list of strings, or one string (an `Entrypoint` of Docker's first years).
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(word) => vec![word],
        Value::Array(words) => words.into_iter().filter_map(text).collect(),
        _ => Vec::new(),
    })
}

/// The keys of an object, which is how the specification writes sets.
fn keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let mut keys = match Value::deserialize(deserializer)? {
        Value::Object(map) => map.into_iter().map(|(key, _)| key).collect(),
        Value::Array(words) => words.into_iter().filter_map(text).collect(),
        _ => Vec::new(),
    };
    keys.sort_unstable();
    Ok(keys)
}

fn labels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Object(map) => map.into_iter().filter_map(|(key, value)| Some((key, text(value)?))).collect(),
        _ => BTreeMap::new(),
    })
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn parse(value: &Value) -> ImageConfigFile {
        ImageConfigFile::parse(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_whole_configuration_is_read() {
        let file = parse(&json!({
            "os": "linux", "architecture": "arm", "variant": "v7", "created": "2026-01-02T03:04:05Z", "author": "Ada",
            "config": {
                "Entrypoint": ["/bin/app"], "Cmd": ["--serve"], "Env": ["A=1"], "User": "app", "WorkingDir": "/srv",
                "ExposedPorts": {"8080/tcp": {}, "443/tcp": {}}, "Volumes": {"/data": {}}, "Labels": {"k": "v"},
                "StopSignal": "SIGINT",
            },
            "history": [
                {"created_by": "COPY . / # buildkit", "comment": "c"},
                {"created_by": "CMD [\"x\"]", "empty_layer": true},
            ],
            "rootfs": {"type": "layers", "diff_ids": ["sha256:x"]},
        }));
        assert_eq!(
            (file.os.as_str(), file.architecture.as_str(), file.variant.as_deref()),
            ("linux", "arm", Some("v7"))
        );
        assert_eq!((file.created.as_deref(), file.author.as_deref()), (Some("2026-01-02T03:04:05Z"), Some("Ada")));
        assert_eq!(file.config.entrypoint, ["/bin/app"]);
        assert_eq!(file.config.cmd, ["--serve"]);
        assert_eq!(file.config.env, ["A=1"]);
        assert_eq!((file.config.user.as_str(), file.config.working_dir.as_str()), ("app", "/srv"));
        assert_eq!(file.config.exposed_ports, ["443/tcp", "8080/tcp"]);
        assert_eq!(file.config.volumes, ["/data"]);
        assert_eq!(file.config.labels["k"], "v");
        assert_eq!(file.config.stop_signal.as_deref(), Some("SIGINT"));
        assert_eq!(file.history[0].step().instruction, "COPY");
        assert!(file.history[1].empty_layer);
        assert_eq!(file.rootfs.diff_ids, ["sha256:x"]);
    }

    #[test]
    fn missing_null_and_mistyped_parts_are_absent() {
        assert_eq!(parse(&json!({})), ImageConfigFile::default());
        let nulls = json!({"os": null, "config": null, "history": null, "rootfs": null, "created": null});
        assert_eq!(parse(&nulls), ImageConfigFile::default());
        let inner = json!({
            "config": {"Env": null, "Cmd": null, "Labels": null, "ExposedPorts": null, "User": null},
            "rootfs": {"diff_ids": null},
        });
        assert_eq!(parse(&inner), ImageConfigFile::default());
        let mistyped = json!({"os": 1, "config": [], "history": {}, "rootfs": "x", "created": 5});
        assert_eq!(parse(&mistyped), ImageConfigFile::default());
        assert_eq!(parse(&json!({"config": {"Entrypoint": "/app"}})).config.entrypoint, ["/app"]);
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for text in ["", "null", "1", "[1]", "{", "\u{1}"] {
            assert!(ImageConfigFile::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_nested_too_deeply_is_an_error_and_no_overflow() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        for text in [
            format!("{{\"history\":{deep}}}"),
            format!("{{\"config\":{{\"Labels\":{deep}}}}}"),
            format!("{}1{}", "{\"config\":".repeat(10_000), "}".repeat(10_000)),
        ] {
            assert!(ImageConfigFile::parse(text.as_bytes()).is_err());
        }
    }

    #[test]
    fn steps_are_paired_with_their_layers() {
        let file = parse(&json!({"history": [
            {"created_by": "ADD"},
            {"created_by": "ENV", "empty_layer": true},
            {"created_by": "RUN"},
        ]}));
        let layers = |count: usize| {
            file.steps(count).into_iter().map(|(entry, layer)| (entry.is_some(), layer)).collect::<Vec<_>>()
        };
        assert_eq!(layers(2), [(true, Some(0)), (true, None), (true, Some(1))]);
        assert_eq!(layers(3), [(true, Some(0)), (true, None), (true, Some(1)), (false, Some(2))]);
        assert_eq!(layers(1), [(true, Some(0)), (true, None), (true, None)]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ImageConfigFile::parse(&bytes);
        }
    }
}
