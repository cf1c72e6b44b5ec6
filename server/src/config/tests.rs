#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::*;

fn file(text: &str) -> Result<(Config, Values), ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slipway.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(&Inputs { file: Some(path), ..Inputs::default() })
}

fn variables(pairs: &[(&str, &str)]) -> Inputs {
    let environment = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Inputs { environment, ..Inputs::default() }
}

fn complaint(result: Result<(Config, Values), ConfigErrors>) -> String {
    result.unwrap_err().to_string().lines().nth(1).unwrap().trim().to_owned()
}

#[test]
fn the_defaults_are_valid() {
    let (config, _) = Config::load(&Inputs::default()).unwrap();
    assert_eq!(config.listen.port(), 8080);
    assert!(matches!(&config.storage, Storage::Folder { path, .. } if *path == config.data_dir));
    assert!(matches!(&config.database, Database::Sqlite(path) if path == Path::new("data/slipway.db")));
    assert_eq!(config.http.header_timeout, Duration::from_secs(10));
    assert!(config.trusted_proxies.is_empty());
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c.toml");
    std::fs::write(&path, "listen = '127.0.0.1:1'\ndata_dir = 'file'\n[http]\nidle_timeout = '1m'\n").unwrap();
    let inputs = Inputs {
        file: Some(path),
        environment: vec![
            ("SLIPWAY_LISTEN".into(), "127.0.0.1:2".into()),
            ("SLIPWAY_HTTP__IDLE_TIMEOUT".into(), "2m".into()),
        ],
        flags: vec![("listen".into(), "127.0.0.1:3".into(), "--listen".into())],
    };
    let (config, values) = Config::load(&inputs).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.http.idle_timeout, Duration::from_mins(2));
    assert_eq!(config.data_dir, Path::new("file"));
    let printed = print(&values);
    assert!(printed.contains("listen = \"127.0.0.1:3\"") && printed.contains("# --listen"), "{printed}");
    assert!(printed.contains("c.toml:2") && printed.contains("SLIPWAY_HTTP__IDLE_TIMEOUT"), "{printed}");
}

#[test]
fn an_unknown_key_names_its_line_and_the_nearest_key() {
    let message = complaint(file("listen = ':1'\n\n[storage]\npth = 'x'\n"));
    assert!(
        message.ends_with("slipway.toml:4: there is no key `storage.pth`; did you mean `storage.path`?"),
        "{message}"
    );
    let message = complaint(file("idle_timeout = '1s'"));
    assert!(message.ends_with("did you mean `http.idle_timeout`?"), "{message}");
    let message = complaint(file("[s3]\n"));
    assert!(message.contains("there is no key `s3`"), "{message}");
    let message = complaint(file("storage = 'x'"));
    assert!(message.contains("there is no key `storage`"), "{message}");
}

#[test]
fn an_unknown_variable_names_the_variable_that_was_meant() {
    let message = complaint(Config::load(&variables(&[("SLIPWAY_STORAGEPATH", "x")])));
    assert_eq!(message, "SLIPWAY_STORAGEPATH: there is no key `storagepath`; did you mean SLIPWAY_STORAGE__PATH?");
}

#[test]
fn one_underscore_stands_for_a_dot_too() {
    let (config, _) = Config::load(&variables(&[("SLIPWAY_DATABASE_URL", "sqlite:/tmp/x.db")])).unwrap();
    assert!(matches!(&config.database, Database::Sqlite(path) if path == Path::new("/tmp/x.db")));
}

#[test]
fn a_wrong_value_names_the_key_the_value_its_source_and_what_was_expected() {
    let message = complaint(file("[http]\nidle_timeout = '5 parsecs'"));
    assert!(
        message.contains("slipway.toml:2: `http.idle_timeout` cannot be \"5 parsecs\"; expected a duration"),
        "{message}"
    );
    for text in ["listen = 8080", "trusted_proxies = ['10.0.0.0/40']", "public_url = 'registry.example.com'"] {
        let message = complaint(file(text));
        assert!(message.contains("slipway.toml:1") && message.contains("expected"), "{message}");
    }
    for text in ["passwords.min_length = 7", "http.max_connections = 0", "log.format = 'xml'", "listen = ['a']"] {
        assert!(complaint(file(text)).contains("expected"), "{text}");
    }
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let errors = file("listn = ':1'\n[log]\nformat = 'x'\nlevel = 'loud=loud=loud'\n").unwrap_err();
    assert_eq!(errors.0.len(), 3, "{errors}");
}

#[test]
fn a_file_that_is_not_toml_names_the_line() {
    assert!(complaint(file("listen = ':1'\nwhat is this\n")).contains("slipway.toml:2:"));
}

#[test]
fn a_named_file_must_exist() {
    let inputs = Inputs { file: Some("/nowhere/slipway.toml".into()), ..Inputs::default() };
    assert!(complaint(Config::load(&inputs)).starts_with("cannot read the configuration /nowhere/slipway.toml"));
}

#[test]
fn secrets_come_from_a_variable_or_a_file_but_not_both_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    std::fs::write(&path, "from the file\n").unwrap();
    let path = path.to_str().unwrap();
    let (config, values) = Config::load(&variables(&[("SLIPWAY_ADMIN_PASSWORD", "hunter2 hunter2")])).unwrap();
    assert_eq!(config.admin_password.as_ref().unwrap().expose(), "hunter2 hunter2");
    assert!(!print(&values).contains("hunter2") && !format!("{config:?}").contains("hunter2"));
    let (config, _) = Config::load(&variables(&[("SLIPWAY_ADMIN_PASSWORD_FILE", path)])).unwrap();
    assert_eq!(config.admin_password.unwrap().expose(), "from the file");
    let both = variables(&[("SLIPWAY_ADMIN_PASSWORD", "hunter2"), ("SLIPWAY_ADMIN_PASSWORD_FILE", path)]);
    let message = complaint(Config::load(&both));
    assert!(message.contains("SLIPWAY_ADMIN_PASSWORD_FILE") && !message.contains("hunter2"), "{message}");
}

#[test]
fn variables_of_kubernetes_services_and_of_the_build_are_no_keys() {
    let inputs = variables(&[
        ("SLIPWAY_PORT", "tcp://10.0.0.1:8080"),
        ("SLIPWAY_SERVICE_HOST", "10.0.0.1"),
        ("SLIPWAY_PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("SLIPWAY_SITE", "target/site"),
        ("SLIPWAY_PUBLIC_URL", ""),
    ]);
    assert!(Config::load(&inputs).is_ok());
}

#[test]
fn durations_and_sizes_are_spelled_with_units() {
    assert_eq!(units::duration("1h30m"), Some(Duration::from_mins(90)));
    assert_eq!(units::duration("500ms"), Some(Duration::from_millis(500)));
    for wrong in ["", "0s", "10", "s", "-1s", "1y", "1 s", "99999999999999999999s", "18446744073709551615d"] {
        assert_eq!(units::duration(wrong), None, "{wrong}");
    }
    assert_eq!(units::bytes("64KiB"), Some(65536));
    for wrong in ["", "KiB", "1KB", "-1", "18446744073709551615KiB"] {
        assert_eq!(units::bytes(wrong), None, "{wrong}");
    }
}

#[test]
fn what_is_printed_can_be_read_again() {
    let (_, values) = Config::load(&variables(&[("SLIPWAY_TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1")])).unwrap();
    let (config, _) = file(&print(&values)).unwrap();
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn every_key_is_documented() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md")).unwrap();
    let mut table = String::new();
    let mut documented = Vec::new();
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("## `[").and_then(|rest| rest.split(']').next()) {
            table = format!("{name}.");
        } else if line.starts_with("## ") {
            table.clear();
        }
        if let Some(name) = line.strip_prefix("| `").and_then(|rest| rest.split('`').next()) {
            documented.push(format!("{table}{name}"));
            let default = KEYS.iter().find(|key| key.name == format!("{table}{name}")).map(|key| key.default);
            let first = default.unwrap_or_default().split(',').next().unwrap_or_default();
            assert!(line.contains(first), "the default of {name} is {first}: {line}");
        }
    }
    let keys: Vec<_> = KEYS.iter().map(|key| key.name.to_owned()).collect();
    assert_eq!(documented, keys, "docs/configuration.md lists every key once, in the order of the table");
}

#[test]
fn every_example_of_the_documentation_has_keys_that_exist() {
    let mut examples = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|kind| kind != "md") {
            continue;
        }
        let page = std::fs::read_to_string(&path).unwrap();
        for example in page.split("```toml\n").skip(1) {
            let example = example.split("```").next().unwrap();
            let (mut values, mut errors) = (Values::default(), Vec::new());
            file::read(&path, example, &mut values, &mut errors);
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
            examples += 1;
        }
    }
    assert!(examples > 5, "{examples}");
}
