//! The environment layer: `SLIPWAY_` and the key in capitals, with two underscores for the dot, or one.

use super::{
    KEYS,
    error::{ConfigError, Source},
    values::{Raw, Values},
};

const PREFIX: &str = "SLIPWAY_";

/// Variables with our prefix that are no keys.
///
/// `CONFIG` names the file; `SITE` and `COMMIT` are read when Slipway is built. Kubernetes adds the others to every
/// pod beside a service called `slipway`.
fn is_ours(name: &str) -> bool {
    !(matches!(name, "CONFIG" | "SITE" | "COMMIT" | "PORT")
        || name.starts_with("SERVICE_")
        || name.starts_with("PORT_"))
}

/// The variable that sets a key.
pub fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_uppercase())
}

/// Reads the environment into the values. An empty variable counts as not set.
pub fn read(environment: &[(String, String)], values: &mut Values, errors: &mut Vec<ConfigError>) {
    for (variable, value) in environment {
        let Some(name) = variable.strip_prefix(PREFIX).filter(|name| is_ours(name)) else { continue };
        if !value.is_empty() {
            let name = name.to_lowercase();
            let with_one = KEYS.iter().find(|key| key.name.replace('.', "_") == name);
            let key = with_one.map_or_else(|| name.replace("__", "."), |key| key.name.to_owned());
            values.set(&key, Raw::Text(value.clone()), Source::Variable(variable.clone()), errors);
        }
    }
}
