//! Files as they are served: names with a hash, compressed forms, the table that the server includes.

use super::Mode;
use anyhow::{Context, Result};
use compress::{Effort, brotli, gzip};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

/// Files that browsers, crawlers or people look for under exactly this name.
const FIXED_NAMES: [&str; 2] = ["favicon.ico", "robots.txt"];

/// The table of all files, an expression of Rust.
const TABLE: &str = "assets.rs";

/// One file of the site.
pub struct Asset {
    /// Its logical name, which never changes: `fonts/inter.woff2`.
    pub name: String,
    /// The address it is served under: `/fonts/inter.0f3a9c….woff2`.
    pub path: String,
    /// The first digits of the content's SHA-256.
    hash: String,
    bytes: Vec<u8>,
}

impl Asset {
    /// Names a file by its content.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let name = name.into();
        let hash = hex(&Sha256::digest(&bytes)[..8]);
        let path = if FIXED_NAMES.contains(&name.as_str()) {
            format!("/{name}")
        } else {
            let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, "bin"));
            format!("/{stem}.{hash}.{extension}")
        };
        Self { name, path, hash, bytes }
    }

    /// The file's row in the server's table. Files are named as they lie beside the table.
    fn row(&self, file: &str, br: Option<&str>, gz: Option<&str>) -> String {
        let form = |file: Option<&str>| {
            file.map_or_else(|| "None".to_owned(), |file| format!("Some(include_bytes!({file:?}))"))
        };
        format!(
            "Asset {{ name: {:?}, path: {:?}, media_type: {:?}, immutable: {}, etag: {:?}, plain: include_bytes!({file:?}), \
             br: {}, gz: {} }},\n",
            self.name,
            self.path,
            self.media_type(),
            !FIXED_NAMES.contains(&self.name.as_str()),
            self.hash,
            form(br),
            form(gz),
        )
    }

    fn media_type(&self) -> &'static str {
        match self.name.rsplit('.').next().unwrap_or_default() {
            "css" => "text/css; charset=utf-8",
            "ico" => "image/x-icon",
            "js" => "text/javascript; charset=utf-8",
            "png" => "image/png",
            "svg" => "image/svg+xml",
            "txt" => "text/plain; charset=utf-8",
            "wasm" => "application/wasm",
            "woff2" => "font/woff2",
            _ => "application/octet-stream",
        }
    }

    fn is_compressible(&self) -> bool {
        !self.name.ends_with(".woff2") && !self.name.ends_with(".png")
    }
}

/// The folder that the server embeds.
pub struct Site {
    folder: PathBuf,
    mode: Mode,
}

impl Site {
    pub fn new(folder: PathBuf, mode: Mode) -> Self {
        Self { folder, mode }
    }

    /// Whether the folder already holds what the stamp stands for.
    pub fn is_current(&self, stamp: &str) -> Result<bool> {
        match fs::read_to_string(self.folder.join("stamp")) {
            Ok(found) => Ok(found == stamp && self.folder.join(TABLE).exists()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).context("reading the stamp of the last build"),
        }
    }

    /// Replaces the folder's content; answers a line about the sizes.
    pub fn write(&self, stamp: &str, assets: &[Asset]) -> Result<String> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).context("removing the last build")?;
        }
        // The server looks files up in the order of their addresses.
        let mut rows = BTreeMap::new();
        let (mut raw, mut sent) = (0, 0);
        for asset in assets {
            let file = asset.path.trim_start_matches('/');
            let br = self.write_compressed(asset, &format!("{file}.br"), brotli)?;
            let gz = self.write_compressed(asset, &format!("{file}.gz"), gzip)?;
            self.write_file(file, &asset.bytes)?;
            raw += asset.bytes.len();
            sent += br.as_ref().map_or(asset.bytes.len(), |(_, length)| *length);
            let name = |form: &Option<(String, usize)>| form.as_ref().map(|(name, _)| name.clone());
            rows.insert(&asset.path, asset.row(file, name(&br).as_deref(), name(&gz).as_deref()));
        }
        let rows: String = rows.into_values().collect();
        self.write_file(TABLE, format!("&[\n{rows}]\n").as_bytes())?;
        self.write_file("stamp", stamp.as_bytes())?;
        Ok(format!("{} files, {} kB, {} kB as sent", assets.len(), raw / 1000, sent / 1000))
    }

    /// Writes a compressed form if it is worth having: at least a tenth smaller.
    fn write_compressed(
        &self,
        asset: &Asset,
        file: &str,
        compress: fn(&[u8], Effort) -> io::Result<Vec<u8>>,
    ) -> Result<Option<(String, usize)>> {
        if !asset.is_compressible() {
            return Ok(None);
        }
        let effort = if self.mode == Mode::Release { Effort::Smallest } else { Effort::Quick };
        let compressed = compress(&asset.bytes, effort)?;
        if compressed.len() > asset.bytes.len() / 10 * 9 {
            return Ok(None);
        }
        self.write_file(file, &compressed)?;
        Ok(Some((file.to_owned(), compressed.len())))
    }

    fn write_file(&self, file: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(file);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))
    }
}

/// Every file under a folder by its name relative to it, with slashes, in order; licences and notes (`.md`) stay behind.
pub fn read_folder(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(current) = open.pop() {
        for entry in fs::read_dir(&current).with_context(|| format!("reading {}", current.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_none_or(|extension| extension != "md") {
                let name = path.strip_prefix(folder)?.to_string_lossy().replace('\\', "/");
                found.push((name, fs::read(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
