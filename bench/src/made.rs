//! A registry on SQLite and a folder that is made by writing rows and files, as pushing that many would take hours: what
//! `collection` and `fsck` have in common.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
use sqlx::{ConnectOptions as _, SqliteConnection, sqlite::SqliteConnectOptions};

/// Blobs that one manifest names.
pub const NAMED: u64 = 100;

/// Makes the folder to work in, or empties it.
pub fn empty(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// The data folder of a server that works in `folder`.
pub fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// A connection to the database of that server.
pub async fn database(folder: &Path) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new().filename(data(folder).join("slipway.db"));
    Ok(options.busy_timeout(Duration::from_secs(30)).connect().await?)
}

/// The location of an object: its number in hex, after two digits that spread it.
pub fn location(number: u64) -> String {
    format!("{:02x}{number:030x}", number % 256)
}

/// Where the object of this number lies on the disk.
pub fn object(folder: &Path, number: u64) -> PathBuf {
    let location = location(number);
    data(folder).join(&location[..2]).join(location)
}

/// Bytes in MiB, to be shown.
#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
pub fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
