//! From Rust to WASM and its JavaScript.

use super::{Mode, files::Asset};
use anyhow::{Context, Result, anyhow, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};
use wasm_bindgen_cli_support::Bindgen;

/// Has Cargo compile the `frontend` crate; answers where the module is.
pub fn compile(root: &Path, mode: Mode) -> Result<PathBuf> {
    let profile = match mode {
        Mode::Release => "wasm-release",
        Mode::Dev => "dev",
    };
    let status = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root)
        .args(["build", "--package", "frontend", "--lib", "--target", "wasm32-unknown-unknown", "--profile", profile])
        .status()
        .context("starting cargo")?;
    ensure!(
        status.success(),
        "the console did not compile (is the target there? `rustup target add wasm32-unknown-unknown`)"
    );

    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder));
    let folder = if mode == Mode::Dev { "debug" } else { profile };
    Ok(target.join("wasm32-unknown-unknown").join(folder).join("frontend.wasm"))
}

/// Turns the module into what a browser can import.
pub fn bind(compiled: &Path, mode: Mode) -> Result<Vec<Asset>> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).out_name("app").typescript(false).omit_default_module_path(true);
    bindgen.web(true)?.keep_debug(mode == Mode::Dev).remove_name_section(mode == Mode::Release);
    let mut output = bindgen.generate_output().map_err(|error| anyhow!("{error:#}")).context("binding the WASM")?;
    ensure!(
        output.snippets().values().all(Vec::is_empty) && output.local_modules().is_empty(),
        "a dependency brings JavaScript of its own, which this task does not serve"
    );
    Ok(vec![
        Asset::new("pkg/app.js", output.js().as_bytes().to_vec()),
        Asset::new("pkg/app_bg.wasm", output.wasm_mut().emit_wasm()),
    ])
}
