//! Where all blobs are at home, by two settings that a move makes.
//!
//! The first one names the only place for whose objects blobs are recorded from then on ([`close`]). The second one says that a look
//! at all blobs has found them there ([`seal`]); that look must have begun after the first one, so what it saw stays true. One that
//! misses some takes it away ([`unseal`]): the place may have lost them, or be another one that was given its name. A
//! server that starts and stores elsewhere takes both away ([`leave`]), if it sees the newest blobs.

use super::{
    locks, settings,
    sql::{execute, one},
};
use crate::{Error, Result};
use sea_orm::ConnectionTrait;

/// The place. The statement of [`super::blobs::ensure`] knows this name too.
const HOME: &str = "blobs_home";

/// The place in which everything was found.
const WHOLE: &str = "blobs_whole";

/// What is known of the home of blobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) place: String,
    /// Whether all blobs are there.
    pub(crate) whole: bool,
}

/// Objects are in another place than the one that this server stores into.
#[derive(Debug, thiserror::Error)]
#[error(
    "all blobs are in {home}, and this server stores into {place}; restart it with the [storage] of the others, or as it is if both \
     are names of one place"
)]
struct Elsewhere {
    home: String,
    place: String,
}

pub(crate) async fn find(connection: &impl ConnectionTrait) -> Result<Option<Home>> {
    let sql = "SELECT h.value, (SELECT COUNT(*) FROM settings w WHERE w.key = $2 AND w.value = h.value) \
               FROM settings h WHERE h.key = $1";
    let row = one(connection, sql, [HOME.into(), WHOLE.into()]).await?;
    row.map(|row| Ok(Home { place: row.try_get_by_index(0)?, whole: row.try_get_by_index::<i64>(1)? > 0 })).transpose()
}

/// Makes a place the only one for whose objects blobs are recorded. Others may be doing so until [`settled`].
pub(crate) async fn close(connection: &impl ConnectionTrait, place: &str, now: i64) -> Result<()> {
    alone(connection).await?;
    let sql = "DELETE FROM settings WHERE key = $1 AND value <> $2";
    execute(connection, sql, [WHOLE.into(), place.into()]).await?;
    settings::set(connection, HOME, place, now).await
}

/// Waits, in a transaction of its own, for those who began to record blobs before a place was closed.
pub(crate) async fn settled(connection: &impl ConnectionTrait) -> Result<()> {
    locks::blobs_recorded(connection).await
}

/// Notes that all blobs are in a place; `false` if it is not their home any more.
pub(crate) async fn seal(connection: &impl ConnectionTrait, place: &str, now: i64) -> Result<bool> {
    alone(connection).await?;
    if find(connection).await?.is_none_or(|home| home.place != place) {
        return Ok(false);
    }
    settings::set(connection, WHOLE, place, now).await?;
    Ok(true)
}

/// Notes that not all blobs are at home, whatever was found before.
pub(crate) async fn unseal(connection: &impl ConnectionTrait) -> Result<()> {
    alone(connection).await?;
    execute(connection, "DELETE FROM settings WHERE key = $1", [WHOLE.into()]).await?;
    Ok(())
}

/// Notes that blobs go elsewhere than home from now on; where that was, if it was not here.
pub(crate) async fn leave(connection: &impl ConnectionTrait, place: &str) -> Result<Option<Home>> {
    alone(connection).await?;
    let home = find(connection).await?.filter(|home| home.place != place);
    if home.is_some() {
        forget(connection).await?;
    }
    Ok(home)
}

/// Nothing is known any more.
pub(crate) async fn forget(connection: &impl ConnectionTrait) -> Result<()> {
    execute(connection, "DELETE FROM settings WHERE key = $1 OR key = $2", [HOME.into(), WHOLE.into()]).await?;
    Ok(())
}

/// Fails where blobs are at home elsewhere; until the transaction ends nobody looks at all of them. For whoever gives a blob an
/// object in more than one statement.
pub(crate) async fn hold(connection: &impl ConnectionTrait, place: &str) -> Result<()> {
    locks::recording_blobs(connection).await?;
    must_be(connection, place).await
}

/// Fails where blobs are at home elsewhere.
pub(crate) async fn must_be(connection: &impl ConnectionTrait, place: &str) -> Result<()> {
    match find(connection).await? {
        Some(Home { place: home, .. }) if home != place => {
            Err(Error::Internal(Box::new(Elsewhere { home, place: place.to_owned() })))
        }
        _ => Ok(()),
    }
}

/// One transaction at a time changes what is known.
async fn alone(connection: &impl ConnectionTrait) -> Result<()> {
    locks::name(connection, "settings", HOME).await
}
