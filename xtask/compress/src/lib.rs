//! What browsers can unpack: brotli and gzip.
//!
//! A crate of its own because the libraries' generic parts are compiled here, and are unusable without the optimization that the rest of
//! the task can do without.

use std::io::{self, Write};

/// How much work goes into a smaller result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// As small as it gets.
    Smallest,
    /// Done at once.
    Quick,
}

/// Brotli (RFC 7932) with a window of 4 MiB.
pub fn brotli(bytes: &[u8], effort: Effort) -> io::Result<Vec<u8>> {
    let quality = if effort == Effort::Smallest { 11 } else { 1 };
    let parameters =
        brotli::enc::BrotliEncoderParams { quality, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

/// Gzip (RFC 1952).
pub fn gzip(bytes: &[u8], effort: Effort) -> io::Result<Vec<u8>> {
    let level = if effort == Effort::Smallest { flate2::Compression::best() } else { flate2::Compression::fast() };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes)?;
    encoder.finish()
}
