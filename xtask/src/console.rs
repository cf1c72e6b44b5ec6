//! The browser's half of the console: WASM, its JavaScript, styles, fonts and icons, ready to be embedded into the server.
//!
//! Everything lands in `target/site`. The table in `assets.rs` there, which the program includes, has each file's logical name
//! (`pkg/app.js`), the address it is served under, its media type and its compressed forms. Names carry a hash of the content, except
//! for files that browsers ask for under a fixed name. When nothing has changed, nothing is written.

mod files;
mod style;
mod wasm;

use anyhow::{Context, Result};
use files::{Asset, Site};
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// How much work goes into the result.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Small and quick to load, slow to build.
    Release,
    /// Quick to build.
    Dev,
}

/// Builds the console into `target/site`.
pub fn build(mode: Mode) -> Result<()> {
    let started = Instant::now();
    let root = workspace_root()?;
    let site = Site::new(root.join("target/site"), mode);

    let compiled = wasm::compile(&root, mode)?;
    let stamp = stamp(&root, &compiled, mode)?;
    if site.is_current(&stamp)? {
        println!("console: unchanged");
        return Ok(());
    }

    let public = files::read_folder(&root.join("public"))?;
    let mut assets: Vec<Asset> = public.into_iter().map(|(name, bytes)| Asset::new(name, bytes)).collect();
    let style = style::bundle(&root.join("style/main.css"), mode)?;
    let style = style::with_served_names(&style, &assets)?;
    assets.push(Asset::new("pkg/app.css", style.into_bytes()));
    assets.extend(wasm::bind(&compiled, mode)?);

    let summary = site.write(&stamp, &assets)?;
    println!("console: {summary} in {:.1} s", started.elapsed().as_secs_f32());
    Ok(())
}

fn workspace_root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).context("xtask stands outside of a workspace")
}

/// Names everything the result depends on: what Cargo compiled, the styles, the public files and this program.
fn stamp(root: &Path, compiled: &Path, mode: Mode) -> Result<String> {
    let mut hasher = Sha256::new();
    hasher.update([u8::from(mode == Mode::Dev)]);
    for file in [compiled.to_path_buf(), std::env::current_exe()?] {
        hasher.update(Sha256::digest(fs::read(&file).with_context(|| format!("reading {}", file.display()))?));
    }
    for folder in ["style", "public"] {
        for (name, bytes) in files::read_folder(&root.join(folder))? {
            hasher.update(name.as_bytes());
            hasher.update(Sha256::digest(&bytes));
        }
    }
    Ok(files::hex(&hasher.finalize()))
}
