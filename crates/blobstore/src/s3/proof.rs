//! Whether an object is made of certain parts.
//!
//! Asked when the answer to a completion was lost: the object is there, but somebody else who had the upload too might
//! have completed it with parts of his own. And whether parts are still those that a paused upload speaks of.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use crc_fast::CrcAlgorithm;
use md5::{Digest as _, Md5};

use super::{multipart::Part, objects::Head};

/// Tells parts from others of the same numbers and sizes: a digest of their entity tags.
pub(super) fn print(parts: &[Part]) -> String {
    let mut all = Md5::new();
    for part in parts {
        all.update(part.etag.as_bytes());
        all.update(b"\n");
    }
    hex(&all.finalize())
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Whether entity tag or checksum prove it. What cannot be proven is not believed.
pub(super) fn is_made_of(head: &Head, parts: &[Part]) -> bool {
    let matches = |expected: Option<String>, actual: Option<&String>| expected.is_some() && expected.as_ref() == actual;
    matches(etag(parts), head.etag.as_ref()) || matches(crc32c(parts), head.crc32c.as_ref())
}

/// The tag of an object that is made of parts: the MD5 of their MD5s, and how many there are. Servers that encrypt with
/// keys of others have tags of another kind.
fn etag(parts: &[Part]) -> Option<String> {
    let mut all = Md5::new();
    for part in parts {
        all.update(md5_of_hex(&part.etag)?);
    }
    Some(format!("{}-{}", hex(&all.finalize()), parts.len()))
}

fn md5_of_hex(text: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(text, 16).ok().filter(|_| text.len() == 32)?;
    Some(number.to_be_bytes())
}

/// The checksum of an object that is made of parts: that of their checksums, and how many there are.
fn crc32c(parts: &[Part]) -> Option<String> {
    let mut all = Vec::with_capacity(parts.len() * 4);
    for part in parts {
        all.extend(BASE64_STANDARD.decode(part.crc32c.as_ref()?).ok()?);
    }
    Some(format!("{}-{}", crc32c_of(&all), parts.len()))
}

/// The CRC32C of bytes in base64, as headers have it.
pub(super) fn crc32c_of(bytes: &[u8]) -> String {
    let checksum = u32::try_from(crc_fast::checksum(CrcAlgorithm::Crc32Iscsi, bytes));
    BASE64_STANDARD.encode(checksum.expect("it has 32 bits").to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(etag: &str, crc32c: Option<&str>) -> Part {
        Part { number: 1, size: 1, etag: etag.to_owned(), crc32c: crc32c.map(str::to_owned) }
    }

    fn head(etag: &str, crc32c: Option<&str>) -> Head {
        Head { length: 1, etag: Some(etag.to_owned()), crc32c: crc32c.map(str::to_owned) }
    }

    // MD5 of "a" and of "b"; of both digests, one after the other.
    const A: &str = "0cc175b9c0f1b6a831c399e269772661";
    const B: &str = "92eb5ffee6ae2fec3ad71c777531578f";

    #[test]
    fn the_tag_of_an_object_proves_its_parts() {
        let both = [part(A, None), part(B, None)];
        let tag = etag(&both).expect("both are MD5s");
        assert!(tag.ends_with("-2") && tag.len() == 34, "{tag}");
        assert!(is_made_of(&head(&tag, None), &both));
        assert!(!is_made_of(&head(&tag, None), &[part(B, None), part(A, None)]));
        assert!(!is_made_of(&head(&tag, None), &both[..1]));
    }

    #[test]
    fn the_checksum_proves_parts_whose_tags_say_nothing() {
        // CRC32C of "123456789" is e3069283.
        let nine = BASE64_STANDARD.encode([0xe3, 0x06, 0x92, 0x83]);
        assert_eq!(crc32c_of(b"123456789"), nine);
        let parts = [part("opaque", Some(&nine))];
        let checksum = crc32c(&parts).expect("it has one");
        assert!(is_made_of(&head("opaque-1", Some(&checksum)), &parts));
        assert!(!is_made_of(&head("opaque-1", Some("AAAAAA==-1")), &parts));
    }

    #[test]
    fn nothing_is_believed_without_proof() {
        assert!(!is_made_of(&head("opaque-1", None), &[part("opaque", None)]));
    }
}
