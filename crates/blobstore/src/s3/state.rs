//! What is persisted of a paused upload: `s3:<id>:<parts>:<tail>:<previous>:<upload>`.
//!
//! Parts are `<count>.<print>`, a tail is `<nonce>.<length>`, a multipart upload `<object>.<name>`; what is absent is `-`.

use std::fmt;

use super::multipart::Multipart;
use crate::{StoreError, UploadState, id::Id};

/// Bytes of an upload that are smaller than a part, kept as an object until there are enough for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tail {
    /// Distinguishes it from earlier tails of the upload, which are good until the new state is persisted.
    pub(super) nonce: String,
    pub(super) length: u64,
}

impl Tail {
    /// A tail at a name that was never used before.
    pub(super) fn new(length: u64) -> Result<Self, StoreError> {
        let nonce = Id::random()?.as_str()[..16].to_owned();
        Ok(Self { nonce, length })
    }
}

/// A paused upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Paused {
    pub(super) id: Id,
    /// How many parts the server has, counted from the first.
    pub(super) parts: u32,
    /// What they are told from others by that were sent in their place ([`proof::print`](super::proof::print)).
    pub(super) print: String,
    /// What follows them. An upload without a multipart upload has a tail, if only an empty one.
    pub(super) tail: Option<Tail>,
    /// The tail of the state before this one. Once this one is resumed from, nobody needs it any more.
    pub(super) previous: Option<String>,
    /// The multipart upload, if there is one.
    pub(super) upload: Option<Multipart>,
}

impl fmt::Display for Paused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3:{}:{}.{}:", self.id.as_str(), self.parts, self.print)?;
        match &self.tail {
            Some(Tail { nonce, length }) => write!(f, "{nonce}.{length}:")?,
            None => f.write_str("-:")?,
        }
        write!(f, "{}:", self.previous.as_deref().unwrap_or("-"))?;
        match &self.upload {
            // The name may hold anything.
            Some(Multipart { object, name }) => write!(f, "{}.{name}", object.as_str()),
            None => f.write_str("-"),
        }
    }
}

impl From<&Paused> for UploadState {
    fn from(paused: &Paused) -> Self {
        Self::from_bytes(paused.to_string())
    }
}

impl TryFrom<&UploadState> for Paused {
    type Error = StoreError;

    fn try_from(state: &UploadState) -> Result<Self, StoreError> {
        let text = std::str::from_utf8(state.as_bytes()).map_err(|_| StoreError::BadState)?;
        parse(text).ok_or(StoreError::BadState)
    }
}

fn parse(text: &str) -> Option<Paused> {
    let mut fields = text.strip_prefix("s3:")?.splitn(5, ':');
    let id = fields.next()?.parse().ok()?;
    let (parts, print) = fields.next()?.split_once('.')?;
    let (parts, print) = (parts.parse().ok()?, print.to_owned());
    let tail = match fields.next()? {
        "-" => None,
        tail => {
            let (nonce, length) = tail.split_once('.')?;
            Some(Tail { nonce: checked(nonce)?, length: length.parse().ok()? })
        }
    };
    let previous = match fields.next()? {
        "-" => None,
        nonce => Some(checked(nonce)?),
    };
    let upload = match fields.next()? {
        "-" => None,
        upload => {
            let (object, name) = upload.split_once('.')?;
            Some(Multipart { object: object.parse().ok()?, name: name.to_owned() })
        }
    };
    let complete = upload.is_some() || (parts == 0 && tail.is_some());
    complete.then_some(Paused { id, parts, print, tail, previous, upload })
}

/// A nonce becomes part of a key, so it must be one.
fn checked(nonce: &str) -> Option<String> {
    (nonce.len() == 16 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| nonce.to_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_paused_upload_reads_back_as_it_was_written() {
        let id = Id::random().unwrap();
        let multipart = |name: &str| Some(Multipart { object: id.sibling().unwrap(), name: name.to_owned() });
        for (tail, previous, upload) in [
            (Some(Tail::new(0).unwrap()), None, None),
            (Some(Tail::new(12_345).unwrap()), Some(Tail::new(1).unwrap().nonce), multipart("a:b/c+d==")),
            (None, None, multipart("2~x.y_z-")),
        ] {
            let parts = if upload.is_some() { 7 } else { 0 };
            let print = "0123456789abcdef0123456789abcdef".to_owned();
            let paused = Paused { id: id.clone(), parts, print, tail, previous, upload };
            assert_eq!(Paused::try_from(&UploadState::from(&paused)).unwrap(), paused);
        }
    }

    #[test]
    fn a_state_names_nothing_outside_of_its_upload() {
        let id = Id::random().unwrap();
        let id = id.as_str();
        for text in [
            String::new(),
            "s3:".to_owned(),
            format!("s3:{id}"),
            format!("s3:{id}:1:-:-:-"),
            format!("s3:{id}:0.:-:-:-"),
            format!("s3:{id}:1.:0123456789abcdef.5:-:-"),
            format!("s3:{id}:0.:../../../../etc/.5:-:-"),
            format!("s3:{id}:0.:0123456789abcdef.-5:-:-"),
            format!("s3:{id}:0.:0123456789abcdef.5:other/key/of/16c:-"),
            format!("s3:{id}:1.:-:-:../../etc.name"),
            format!("folder:{id}:5"),
        ] {
            let parsed = Paused::try_from(&UploadState::from_bytes(text.clone()));
            assert!(matches!(parsed, Err(StoreError::BadState)), "{text}");
        }
    }
}
