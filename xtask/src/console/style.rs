//! One style sheet out of one file per component.

use super::{Mode, files::Asset};
use anyhow::{Result, anyhow, ensure};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    printer::PrinterOptions,
    stylesheet::{MinifyOptions, ParserOptions},
    targets::{Browsers, Targets},
};
use std::path::Path;

/// The oldest browsers the console is made for: those with `oklch`, cascade layers, nesting and popovers.
const BROWSERS: Browsers = Browsers {
    chrome: Some(120 << 16),
    edge: Some(120 << 16),
    firefox: Some(125 << 16),
    safari: Some(17 << 16 | 2 << 8),
    ios_saf: Some(17 << 16 | 2 << 8),
    android: None,
    ie: None,
    opera: None,
    samsung: None,
};

/// Follows the `@import`s of a style sheet and minifies the whole.
pub fn bundle(entry: &Path, mode: Mode) -> Result<String> {
    let provider = FileProvider::new();
    let mut bundler = Bundler::new(&provider, None, ParserOptions::default());
    let mut sheet = bundler.bundle(entry).map_err(|error| anyhow!("{error}"))?;
    let targets = Targets::from(BROWSERS);
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|error| anyhow!("{error}"))?;
    let options = PrinterOptions { minify: mode == Mode::Release, targets, ..PrinterOptions::default() };
    Ok(sheet.to_css(options).map_err(|error| anyhow!("{error}"))?.code)
}

/// The same style sheet, naming public files as they are served.
pub fn with_served_names(style: &str, public: &[Asset]) -> Result<String> {
    let mut style = style.to_owned();
    for asset in public {
        style = style.replace(&format!("url(/{})", asset.name), &format!("url({})", asset.path));
        style = style.replace(&format!("url(\"/{}\")", asset.name), &format!("url(\"{}\")", asset.path));
    }
    for address in style.split("url(").skip(1).filter_map(|rest| rest.split(')').next()) {
        let address = address.trim_matches(['"', '\'']);
        let known = address.starts_with("data:") || public.iter().any(|asset| asset.path == address);
        ensure!(known, "the styles name {address}, which is not in public/");
    }
    Ok(style)
}
