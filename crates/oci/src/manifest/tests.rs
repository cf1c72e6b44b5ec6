#![allow(clippy::unwrap_used)]

use super::*;
use crate::Digest;
use crate::media_type::{DOCKER_IMAGE, DOCKER_LIST, OCI_CONFIG, OCI_EMPTY, OCI_IMAGE, OCI_INDEX, OCI_LAYER_GZIP};
use proptest::prelude::*;
use serde_json::{Value, json};

fn descriptor(media_type: &str, content: &str) -> Value {
    json!({"mediaType": media_type, "digest": Digest::sha256(content.as_bytes()).as_str(), "size": content.len()})
}

fn image() -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": OCI_IMAGE,
        "config": descriptor(OCI_CONFIG, "{}"),
        "layers": [descriptor(OCI_LAYER_GZIP, "layer")],
        "annotations": {"org.example": "yes"},
    })
}

fn index() -> Value {
    json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [descriptor(OCI_IMAGE, "child")]})
}

fn with(mut value: Value, key: &str, part: Value) -> Value {
    value[key] = part;
    value
}

fn without(mut value: Value, key: &str) -> Value {
    value.as_object_mut().unwrap().remove(key);
    value
}

fn parse(value: &Value, content_type: Option<&str>) -> Result<Manifest, ManifestError> {
    Manifest::parse(value.to_string().as_bytes(), content_type)
}

fn error(value: &Value) -> String {
    parse(value, None).unwrap_err().to_string()
}

#[test]
fn an_image_is_read_whole() {
    let subject = descriptor(OCI_IMAGE, "subject");
    let value = with(with(image(), "subject", subject), "artifactType", json!("application/vnd.example"));
    let manifest = parse(&value, Some(&format!("{OCI_IMAGE}; charset=utf-8"))).unwrap();
    assert_eq!((manifest.media_type.as_str(), manifest.kind), (OCI_IMAGE, ManifestKind::Image));
    assert_eq!(manifest.config.as_ref().unwrap().digest, Digest::sha256(b"{}"));
    assert_eq!(manifest.layers.len(), 1);
    assert_eq!(manifest.subject.as_ref().unwrap().digest, Digest::sha256(b"subject"));
    assert_eq!(manifest.annotations["org.example"], "yes");
    assert_eq!(manifest.effective_artifact_type(), Some("application/vnd.example"));
    assert_eq!(manifest.descriptors().count(), 3);
    assert_eq!(manifest.stated_size(), 7);
}

#[test]
fn the_artifact_type_of_an_image_is_its_configuration_unless_stated() {
    assert_eq!(parse(&image(), None).unwrap().effective_artifact_type(), Some(OCI_CONFIG));
    assert_eq!(
        parse(&with(image(), "artifactType", json!("")), None).unwrap().effective_artifact_type(),
        Some(OCI_CONFIG)
    );
    assert_eq!(parse(&index(), None).unwrap().effective_artifact_type(), None);
    assert_eq!(
        parse(&with(index(), "artifactType", json!("a/b")), None).unwrap().effective_artifact_type(),
        Some("a/b")
    );
}

#[test]
fn the_type_comes_from_header_document_or_parts() {
    let kind = |value: &Value, header: Option<&str>| {
        parse(value, header).map(|manifest| (manifest.media_type, manifest.kind)).unwrap()
    };
    assert_eq!(
        kind(&without(image(), "mediaType"), Some(DOCKER_IMAGE)),
        (DOCKER_IMAGE.to_owned(), ManifestKind::Image)
    );
    assert_eq!(kind(&without(index(), "mediaType"), Some(DOCKER_LIST)), (DOCKER_LIST.to_owned(), ManifestKind::Index));
    assert_eq!(kind(&index(), None), (OCI_INDEX.to_owned(), ManifestKind::Index));
    assert_eq!(kind(&without(index(), "mediaType"), None), (OCI_INDEX.to_owned(), ManifestKind::Index));
    assert_eq!(kind(&without(image(), "mediaType"), None), (OCI_IMAGE.to_owned(), ManifestKind::Image));
    assert_eq!(kind(&image(), Some("")), (OCI_IMAGE.to_owned(), ManifestKind::Image));
}

#[test]
fn header_and_document_must_agree() {
    assert!(matches!(parse(&image(), Some(DOCKER_IMAGE)), Err(ManifestError::MediaTypeMismatch { .. })));
    assert!(matches!(parse(&index(), Some(OCI_IMAGE)), Err(ManifestError::MediaTypeMismatch { .. })));
    assert!(matches!(parse(&image(), Some("text/html")), Err(ManifestError::MediaTypeMismatch { .. })));
    assert!(matches!(
        parse(&without(image(), "mediaType"), Some("text/html")),
        Err(ManifestError::UnsupportedMediaType(_))
    ));
    assert!(matches!(
        parse(&with(image(), "mediaType", json!("a/b")), None),
        Err(ManifestError::UnsupportedMediaType(_))
    ));
}

#[test]
fn a_document_is_an_image_or_an_index_and_never_both() {
    let both = with(image(), "manifests", json!([]));
    assert!(matches!(
        parse(&both, None),
        Err(ManifestError::Ambiguous { kind: ManifestKind::Image, field: "manifests" })
    ));
    let both = with(index(), "layers", json!([]));
    assert!(matches!(parse(&both, None), Err(ManifestError::Ambiguous { kind: ManifestKind::Index, field: "layers" })));
    let both = with(index(), "config", descriptor(OCI_CONFIG, "{}"));
    assert!(matches!(parse(&both, None), Err(ManifestError::Ambiguous { kind: ManifestKind::Index, field: "config" })));
    let untyped = without(with(image(), "manifests", json!([])), "mediaType");
    assert!(matches!(parse(&untyped, None), Err(ManifestError::Ambiguous { .. })));
    assert!(matches!(parse(&untyped, Some(OCI_IMAGE)), Err(ManifestError::Ambiguous { .. })));
}

#[test]
fn each_kind_has_its_parts() {
    assert!(matches!(parse(&without(image(), "config"), None), Err(ManifestError::Missing("config"))));
    assert!(matches!(
        parse(&without(index(), "manifests"), None),
        Err(ManifestError::Missing("manifests") | ManifestError::Ambiguous { .. })
    ));
    assert_eq!(parse(&without(image(), "layers"), None).unwrap().layers, []);
    assert_eq!(parse(&with(image(), "layers", json!([])), None).unwrap().layers, []);
    assert_eq!(parse(&with(image(), "layers", Value::Null), None).unwrap().layers, []);
    assert_eq!(parse(&with(index(), "manifests", json!([])), None).unwrap().manifests, []);
    assert_eq!(parse(&with(index(), "manifests", Value::Null), None).unwrap().manifests, []);
}

#[test]
fn old_schemas_are_named_as_such() {
    let old = json!({"schemaVersion": 1, "name": "x", "tag": "y", "fsLayers": [], "history": [], "signatures": []});
    assert!(matches!(parse(&old, None), Err(ManifestError::Schema1)));
    assert!(matches!(
        parse(&image(), Some("application/vnd.docker.distribution.manifest.v1+prettyjws")),
        Err(ManifestError::Schema1)
    ));
    assert!(matches!(parse(&without(image(), "schemaVersion"), None), Err(ManifestError::SchemaVersion)));
    assert!(matches!(parse(&with(image(), "schemaVersion", json!(3)), None), Err(ManifestError::SchemaVersion)));
}

#[test]
fn clients_cannot_be_shown_different_manifests() {
    let text = image().to_string();
    let twice = text.replacen('{', r#"{"layers":[],"#, 1);
    assert!(
        matches!(Manifest::parse(twice.as_bytes(), None), Err(ManifestError::DuplicateKey(key)) if key == "layers")
    );
    let deep = text.replacen(r#""size":2"#, r#""size":2,"annotations":{"a":"1","a":"2"}"#, 1);
    assert_ne!(deep, text);
    assert!(matches!(Manifest::parse(deep.as_bytes(), None), Err(ManifestError::DuplicateKey(key)) if key == "a"));
    let spelled = text.replacen('{', r#"{"Layers":[],"#, 1);
    assert!(
        matches!(Manifest::parse(spelled.as_bytes(), None), Err(ManifestError::MisspelledKey(key)) if key == "Layers")
    );
}

#[test]
fn a_list_is_no_object() {
    let config = json!([OCI_CONFIG, Digest::sha256(b"{}").as_str(), 2]);
    assert!(matches!(parse(&with(image(), "config", config.clone()), None), Err(ManifestError::NotAnObject)));
    assert!(matches!(parse(&with(image(), "layers", json!([config])), None), Err(ManifestError::NotAnObject)));
    assert!(matches!(parse(&json!([2, OCI_IMAGE]), None), Err(ManifestError::NotAnObject)));
    let platform = with(descriptor(OCI_IMAGE, "child"), "platform", json!(["linux", "amd64"]));
    assert!(matches!(parse(&with(index(), "manifests", json!([platform])), None), Err(ManifestError::NotAnObject)));
}

#[test]
fn custom_fields_are_no_fault() {
    let value = with(image(), "org.example.custom", json!({"anything": [1, 2.5, null, {"deep": true}]}));
    assert_eq!(parse(&value, None).unwrap(), parse(&image(), None).unwrap());
}

#[test]
fn size_and_depth_are_bounded() {
    let padded = |length: usize| {
        let mut bytes = image().to_string().into_bytes();
        bytes.resize(length, b' ');
        bytes
    };
    assert!(Manifest::parse(&padded(MAX_MANIFEST_SIZE), None).is_ok());
    let too_large = Manifest::parse(&padded(MAX_MANIFEST_SIZE + 1), None).unwrap_err();
    assert_eq!((too_large.code(), too_large.status()), (ErrorCode::SizeInvalid, 413));
    let deep = format!("{}{}", "{\"a\":[".repeat(5000), "]}".repeat(5000));
    assert!(matches!(Manifest::parse(deep.as_bytes(), None), Err(ManifestError::TooDeep)));
}

#[test]
fn embedded_data_must_be_what_the_descriptor_says() {
    let mut empty = descriptor(OCI_EMPTY, "{}");
    empty["data"] = json!("e30=");
    let value = with(with(image(), "config", empty.clone()), "artifactType", json!("a/b"));
    assert_eq!(parse(&value, None).unwrap().config.unwrap().data.unwrap(), b"{}");
    empty["data"] = json!("W10=");
    assert!(matches!(parse(&with(value.clone(), "config", empty.clone()), None), Err(ManifestError::FalseData { .. })));
    empty["data"] = json!("%%%");
    assert!(matches!(parse(&with(value, "config", empty), None), Err(ManifestError::Malformed(_))));
}

#[test]
fn malformed_descriptors_are_refused_with_the_reason() {
    let config = |key: &str, part: Value| with(image(), "config", with(descriptor(OCI_CONFIG, "{}"), key, part));
    assert!(error(&config("digest", json!("sha256:abc"))).contains("64 hex digits"));
    assert!(error(&config("digest", json!("md5:abc"))).contains("not supported"));
    assert!(error(&config("size", json!(-1))).contains("invalid value"));
    assert!(error(&config("size", json!(1.5))).contains("floating point"));
    assert!(error(&config("mediaType", json!("a\r\nb"))).contains("no media type"));
    assert!(error(&with(image(), "artifactType", json!("nothing"))).contains("no media type"));
    assert!(error(&with(image(), "annotations", json!({"a": 1}))).contains("string"));
    assert_eq!(parse(&config("size", json!(-1)), None).unwrap_err().code(), ErrorCode::ManifestInvalid);
}

#[test]
fn an_index_may_name_blobs_beside_manifests() {
    let entries =
        json!([descriptor(OCI_LAYER_GZIP, "cache"), descriptor(OCI_IMAGE, "image"), descriptor(OCI_INDEX, "index")]);
    let manifest = parse(&with(index(), "manifests", entries), None).unwrap();
    let blobs: Vec<_> = manifest.required_blobs().map(|blob| &blob.digest).collect();
    let manifests: Vec<_> = manifest.required_manifests().map(|manifest| &manifest.digest).collect();
    assert_eq!(blobs, [&Digest::sha256(b"cache")]);
    assert_eq!(manifests, [&Digest::sha256(b"image"), &Digest::sha256(b"index")]);
}

#[test]
fn foreign_layers_need_not_be_stored() {
    let foreign = descriptor(media_type::DOCKER_FOREIGN_LAYER_GZIP, "windows");
    let value = with(image(), "layers", json!([foreign, descriptor(OCI_LAYER_GZIP, "layer")]));
    let manifest = parse(&value, None).unwrap();
    let required: Vec<_> = manifest.required_blobs().map(|blob| &blob.digest).collect();
    assert_eq!(required, [&Digest::sha256(b"{}"), &Digest::sha256(b"layer")]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        content_type in proptest::option::of(".*"),
    ) {
        let _ = Manifest::parse(&bytes, content_type.as_deref());
    }

    #[test]
    fn no_damage_to_a_manifest_makes_it_panic(
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        let mut bytes = image().to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        let _ = Manifest::parse(&bytes, Some(OCI_IMAGE));
    }
}
