//! Descriptors: what a manifest says about the content that it names (image specification, descriptor.md).

use crate::{Digest, media_type};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::collections::BTreeMap;

/// The largest size that a descriptor may state: the specification's `int64`.
const MAX_SIZE: u64 = i64::MAX.unsigned_abs();

/// A pointer to content: its type, digest and size, and what is known of it.
///
/// As JSON it has the specification's field names; optional parts that are absent stay absent. Fields that the
/// specification does not know are dropped here; the bytes of a manifest are what is stored and served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// The type of the content that is pointed at.
    pub media_type: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    #[serde(deserialize_with = "size")]
    pub size: u64,
    /// Other places where the content can be had; all that there is for non-distributable layers.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub urls: Vec<String>,
    /// Annotations of the pointer; of the manifest itself in a list of referrers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "or_default")]
    pub annotations: BTreeMap<String, String>,
    /// In an index: where the image runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// The type of the artifact that is pointed at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// The content itself, where it is small enough to be carried along; base64 in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "base64_text")]
    pub data: Option<Vec<u8>>,
}

impl Descriptor {
    /// A descriptor with the three parts that each must have.
    pub fn new(media_type: impl Into<String>, digest: Digest, size: u64) -> Self {
        Self {
            media_type: media_type.into(),
            digest,
            size,
            urls: Vec::new(),
            annotations: BTreeMap::new(),
            platform: None,
            artifact_type: None,
            data: None,
        }
    }

    /// Whether the content is a manifest, image or index, and not a blob.
    pub fn is_manifest(&self) -> bool {
        media_type::is_image(&self.media_type) || media_type::is_index(&self.media_type)
    }

    /// Whether the registry must hold the content. Non-distributable ("foreign") layers are fetched from elsewhere and
    /// need not be present.
    pub fn is_distributable(&self) -> bool {
        !media_type::is_non_distributable(&self.media_type)
    }

    /// Whether the embedded content, if any, is what digest and size promise.
    pub fn data_is_true(&self) -> bool {
        self.data.as_ref().is_none_or(|data| u64::try_from(data.len()) == Ok(self.size) && self.digest.matches(data))
    }
}

/// Where an image runs (image specification, image-index.md, "platform").
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// The operating system, as Go names it: `linux`, `windows`.
    #[serde(default, deserialize_with = "or_default")]
    pub os: String,
    /// The processor, as Go names it: `amd64`, `arm64`.
    #[serde(default, deserialize_with = "or_default")]
    pub architecture: String,
    /// The variant of the processor: `v7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The version of the operating system: `10.0.20348.2113`.
    #[serde(default, rename = "os.version", skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// What the operating system must offer: `win32k`.
    #[serde(default, rename = "os.features", skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub os_features: Vec<String>,
}

impl Platform {
    /// `os/architecture` or `os/architecture/variant`, as it is written on command lines.
    pub fn label(&self) -> String {
        let Self { os, architecture, .. } = self;
        match self.variant.as_deref() {
            Some(variant) if !variant.is_empty() => format!("{os}/{architecture}/{variant}"),
            _ => format!("{os}/{architecture}"),
        }
    }

    /// Whether it says nothing: attestations stand in an index as `unknown/unknown`.
    pub fn is_unknown(&self) -> bool {
        let says_nothing = |text: &str| text.is_empty() || text == "unknown";
        says_nothing(&self.os) && says_nothing(&self.architecture)
    }
}

/// Takes `null`, which Go writes for empty lists and maps, as the default.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = u64::deserialize(deserializer)?;
    if size > MAX_SIZE {
        return Err(de::Error::custom(format_args!("the size {size} does not fit a signed 64-bit integer")));
    }
    Ok(size)
}

mod base64_text {
    use super::{Deserialize, Deserializer, Serializer, de};
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    #[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
    pub(super) fn serialize<S: Serializer>(data: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        match data {
            Some(data) => serializer.serialize_str(&STANDARD.encode(data)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| STANDARD.decode(text))
            .transpose()
            .map_err(|error| de::Error::custom(format_args!("data is no base64: {error}")))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    fn value() -> serde_json::Value {
        json!({
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "digest": Digest::sha256(b"hi").as_str(),
            "size": 2,
            "platform": {
                "os": "linux", "architecture": "arm", "variant": "v7", "os.version": "1", "os.features": ["f"]
            },
            "artifactType": "application/x",
            "annotations": {"k": "v"},
            "urls": ["https://example.com/x"],
            "data": "aGk=",
        })
    }

    #[test]
    fn descriptors_pass_through_json_unchanged() {
        let descriptor: Descriptor = serde_json::from_value(value()).unwrap();
        assert_eq!(descriptor.data.as_deref(), Some(b"hi".as_slice()));
        assert!(descriptor.data_is_true());
        assert_eq!(descriptor.platform.as_ref().unwrap().label(), "linux/arm/v7");
        assert_eq!(serde_json::to_value(&descriptor).unwrap(), value());
        let bare = Descriptor::new("a/b", Digest::sha256(b""), 0);
        assert_eq!(
            serde_json::to_value(&bare).unwrap(),
            json!({"mediaType": "a/b", "digest": Digest::sha256(b"").as_str(), "size": 0})
        );
    }

    #[test]
    fn null_means_absent_where_a_part_is_optional() {
        let mut value = value();
        for key in ["platform", "artifactType", "annotations", "urls", "data"] {
            value[key] = serde_json::Value::Null;
        }
        let descriptor: Descriptor = serde_json::from_value(value).unwrap();
        assert_eq!(descriptor, Descriptor::new(media_type::OCI_IMAGE, Digest::sha256(b"hi"), 2));
    }

    #[test]
    fn sizes_are_non_negative_integers() {
        for size in [json!(-1), json!(2.0), json!("2"), json!(null), json!(9_223_372_036_854_775_808_u64), json!(1e3)] {
            let mut value = value();
            value["size"] = size.clone();
            assert!(serde_json::from_value::<Descriptor>(value).is_err(), "{size}");
        }
    }

    #[test]
    fn embedded_data_must_be_the_content() {
        let mut descriptor: Descriptor = serde_json::from_value(value()).unwrap();
        descriptor.data = Some(b"ho".to_vec());
        assert!(!descriptor.data_is_true());
        descriptor.data = Some(b"hi!".to_vec());
        assert!(!descriptor.data_is_true());
    }

    #[test]
    fn attestations_have_no_platform() {
        let unknown = Platform { os: "unknown".to_owned(), architecture: "unknown".to_owned(), ..Platform::default() };
        assert!(unknown.is_unknown());
        assert!(Platform::default().is_unknown());
        assert!(!Platform { os: "linux".to_owned(), ..Platform::default() }.is_unknown());
    }
}
