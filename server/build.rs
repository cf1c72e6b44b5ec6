//! Finds the console's assets and names the build.
//!
//! Assets are what `cargo xtask console` left in `target/site`, or in the folder that `SLIPWAY_SITE` names. Without them
//! the table is empty: the server compiles and runs, its pages without style and script.

use std::{
    env,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    name_build();
    find_assets();
}

/// Only the program includes the table, and Cargo sees that from the compiler: the library is not compiled again for other
/// assets, and need not wait for any.
fn find_assets() {
    println!("cargo::rerun-if-env-changed=SLIPWAY_SITE");
    let ours = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../target/site");
    let site = env::var_os("SLIPWAY_SITE").map_or(ours, PathBuf::from);
    fs::create_dir_all(&site).expect("the folder of the console's assets can be made");
    let site = fs::canonicalize(&site).expect("the folder was just made");
    let table = site.join("assets.rs");
    if let Ok(mut file) = File::create_new(&table) {
        file.write_all(b"&[]\n").expect("an empty table can be written");
    }
    println!("cargo::rustc-env=SLIPWAY_ASSETS={}", table.display());
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
