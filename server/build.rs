//! Embeds the console's assets and names the build.
//!
//! Assets are what `cargo xtask console` left in `target/site`, or in the folder that `SLIPWAY_SITE` names. Without them
//! the table is empty: the server compiles and runs, its pages without style and script.

use std::{
    env,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hasher},
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    name_build();
    embed_assets();
}

fn embed_assets() {
    println!("cargo::rerun-if-env-changed=SLIPWAY_SITE");
    let ours = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../target/site");
    let site = env::var_os("SLIPWAY_SITE").map_or(ours, PathBuf::from);
    // Cargo runs this again at each build while a watched path does not exist, so it shall exist.
    let _ = fs::create_dir_all(&site);
    println!("cargo::rerun-if-changed={}", site.display());

    let mut table = String::from("&[\n");
    if let Ok(manifest) = fs::read(site.join("manifest.json")) {
        let manifest: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(&manifest).expect("manifest.json is a JSON object");
        let site = fs::canonicalize(&site).expect("the folder of the manifest exists");
        let mut rows: Vec<_> = manifest.iter().map(|(name, entry)| row(&site, name, entry)).collect();
        rows.sort();
        for (_, row) in rows {
            table.push_str(&row);
        }
    }
    table.push_str("]\n");
    fs::write(Path::new(&variable("OUT_DIR")).join("assets.rs"), table).expect("the build's folder can be written");
}

/// A row of the table, with the path by which rows are sorted.
fn row(site: &Path, name: &str, entry: &serde_json::Value) -> (String, String) {
    let text = |key: &str| entry.get(key).and_then(|value| value.as_str());
    let path = text("path").expect("every asset has a path");
    let file = site.join(text("file").unwrap_or(path).trim_start_matches('/'));
    let bytes = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut hasher = DefaultHasher::new();
    hasher.write(&bytes);
    let include = |file: &Path| format!("include_bytes!({:?})", file.display().to_string());
    let form = |key: &str| text(key).map(|file| include(&site.join(file.trim_start_matches('/'))));
    let form = |key: &str| form(key).map_or_else(|| "None".to_owned(), |include| format!("Some({include})"));
    let mut row = String::new();
    let _ = writeln!(
        row,
        "Asset {{ name: {name:?}, path: {path:?}, media_type: {:?}, immutable: {}, etag: \"{:016x}\", \
         plain: {}, br: {}, gz: {} }},",
        text("type").expect("every asset has a media type"),
        entry.get("immutable").and_then(serde_json::Value::as_bool).unwrap_or(path != format!("/{name}")),
        hasher.finish(),
        include(&file),
        form("br"),
        form("gz"),
    );
    (path.to_owned(), row)
}

/// The commit is that of `SLIPWAY_COMMIT`, or git's for release builds; others change too often to be named.
fn name_build() {
    println!("cargo::rerun-if-env-changed=SLIPWAY_COMMIT");
    let mut commit = env::var("SLIPWAY_COMMIT").ok().filter(|commit| !commit.is_empty());
    if commit.is_none() && variable("PROFILE") == "release" {
        commit = git(&["rev-parse", "--short=12", "HEAD"]);
        // Every commit and checkout adds a line here.
        if let Some(log) = git(&["rev-parse", "--path-format=absolute", "--git-path", "logs/HEAD"])
            && Path::new(&log).exists()
        {
            println!("cargo::rerun-if-changed={log}");
        }
    }
    let version = variable("CARGO_PKG_VERSION");
    match commit {
        Some(commit) => {
            println!("cargo::rustc-env=SLIPWAY_BUILD_COMMIT={commit}");
            println!("cargo::rustc-env=SLIPWAY_BUILD_LONG={version} ({commit})");
        }
        None => println!("cargo::rustc-env=SLIPWAY_BUILD_LONG={version}"),
    }
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
