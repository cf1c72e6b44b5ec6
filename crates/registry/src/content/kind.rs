//! What a manifest is, as people speak of it, and what it says about the thing it is attached to.

use api_types::{ArtifactKind, Attachments};
use oci::{Digest, Manifest, ManifestKind, Tag, media_type};

/// Types of signatures: cosign's layers and artifacts, and Notation's.
const SIGNATURES: [&str; 4] = [
    "application/vnd.dev.cosign.simplesigning.v1+json",
    "application/vnd.dev.cosign.artifact.sig.v1+json",
    "application/vnd.cncf.notary.signature",
    "application/vnd.cncf.notary.v2.signature",
];

/// The predicate of a Sigstore bundle that is a signature.
const SIGN_PREDICATE: &str = "https://sigstore.dev/cosign/sign/";

/// Parts of types and predicates that stand for a bill of materials.
const SBOMS: [&str; 3] = ["spdx", "cyclonedx", "vnd.syft"];

/// Parts of types that stand for a statement, signed or not.
const STATEMENTS: [&str; 3] = ["in-toto", "vnd.dsse.envelope", "vnd.dev.sigstore.bundle"];

/// Annotations that say what a statement is about: `BuildKit`'s, cosign's and Sigstore's.
const PREDICATES: [&str; 3] = ["in-toto.io/predicate-type", "predicateType", "dev.sigstore.bundle.predicateType"];

/// What the manifest describes.
pub(super) fn kind_of(manifest: &Manifest) -> ArtifactKind {
    if manifest.kind == ManifestKind::Index {
        return ArtifactKind::Index;
    }
    if manifest.effective_artifact_type() == Some(media_type::HELM_CONFIG)
        || config_type(manifest) == media_type::HELM_CONFIG
    {
        return ArtifactKind::HelmChart;
    }
    if is_signature(manifest) {
        return ArtifactKind::Signature;
    }
    if types(manifest).any(|text| contains(text, &STATEMENTS)) {
        return ArtifactKind::Attestation;
    }
    if manifest.artifact_type.iter().map(String::as_str).chain(layer_types(manifest)).any(|text| contains(text, &SBOMS))
    {
        return ArtifactKind::Sbom;
    }
    let plain = manifest.artifact_type.as_deref().is_none_or(media_type::is_image_config);
    if plain && media_type::is_image_config(config_type(manifest)) { ArtifactKind::Image } else { ArtifactKind::Other }
}

/// What it adds to its subject, or to the index that holds it.
pub(super) fn attachments_of(manifest: &Manifest) -> Attachments {
    match kind_of(manifest) {
        ArtifactKind::Signature => Attachments { signature: true, ..Attachments::default() },
        ArtifactKind::Sbom => Attachments { sbom: true, ..Attachments::default() },
        ArtifactKind::Attestation => Attachments {
            signature: false,
            sbom: predicates(manifest).any(|text| contains(text, &SBOMS)),
            provenance: predicates(manifest).any(|text| text.contains("provenance")),
        },
        ArtifactKind::Image | ArtifactKind::Index | ArtifactKind::HelmChart | ArtifactKind::Other => {
            Attachments::default()
        }
    }
}

/// Both together.
pub(super) fn joined(one: Attachments, other: Attachments) -> Attachments {
    Attachments {
        signature: one.signature || other.signature,
        sbom: one.sbom || other.sbom,
        provenance: one.provenance || other.provenance,
    }
}

/// What a cosign tag such as `sha256-<hex>.sig` is attached to; cosign used such tags before there were referrers.
pub(super) fn cosign_subject(tag: &Tag) -> Option<Digest> {
    let (name, suffix) = tag.as_str().split_once('.')?;
    let (algorithm, hex) = name.split_once('-')?;
    matches!(suffix, "sig" | "att" | "sbom").then(|| format!("{algorithm}:{hex}").parse().ok())?
}

/// The cosign tags of a digest.
pub(super) fn cosign_tags(digest: &Digest) -> [String; 3] {
    let name = digest.as_str().replacen(':', "-", 1);
    ["sig", "att", "sbom"].map(|suffix| format!("{name}.{suffix}"))
}

fn is_signature(manifest: &Manifest) -> bool {
    types(manifest).any(|text| SIGNATURES.contains(&text))
        || predicates(manifest).any(|text| text.starts_with(SIGN_PREDICATE))
}

fn config_type(manifest: &Manifest) -> &str {
    manifest.config.as_ref().map_or("", |config| config.media_type.as_str())
}

fn layer_types(manifest: &Manifest) -> impl Iterator<Item = &str> {
    manifest.layers.iter().map(|layer| layer.media_type.as_str())
}

fn types(manifest: &Manifest) -> impl Iterator<Item = &str> {
    manifest.effective_artifact_type().into_iter().chain([config_type(manifest)]).chain(layer_types(manifest))
}

fn predicates(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let of_layers = manifest.layers.iter().map(|layer| &layer.annotations);
    of_layers
        .chain([&manifest.annotations])
        .flat_map(|annotations| PREDICATES.iter().filter_map(|key| annotations.get(*key).map(String::as_str)))
}

fn contains(text: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| text.contains(part))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::{Value, json};

    fn image(artifact_type: Option<&str>, config: &str, layer: &Value) -> Manifest {
        let digest = Digest::sha256(b"");
        let mut document = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE,
            "config": {"mediaType": config, "digest": digest, "size": 0},
            "layers": [layer],
        });
        if let Some(artifact_type) = artifact_type {
            document["artifactType"] = artifact_type.into();
        }
        Manifest::parse(document.to_string().as_bytes(), None).unwrap()
    }

    fn layer(media_type: &str, predicate: Option<(&str, &str)>) -> Value {
        let annotations: serde_json::Map<_, _> =
            predicate.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        json!({"mediaType": media_type, "digest": Digest::sha256(b""), "size": 0, "annotations": annotations})
    }

    #[test]
    fn kinds_are_told_by_types() {
        let tar = || layer(media_type::OCI_LAYER_GZIP, None);
        for (artifact_type, config, layer, kind) in [
            (None, media_type::OCI_CONFIG, tar(), ArtifactKind::Image),
            (None, media_type::DOCKER_CONFIG, tar(), ArtifactKind::Image),
            (None, media_type::HELM_CONFIG, tar(), ArtifactKind::HelmChart),
            (None, media_type::OCI_CONFIG, layer(SIGNATURES[0], None), ArtifactKind::Signature),
            (Some(SIGNATURES[2]), media_type::OCI_EMPTY, tar(), ArtifactKind::Signature),
            (None, media_type::OCI_CONFIG, layer(media_type::IN_TOTO, None), ArtifactKind::Attestation),
            (Some("application/spdx+json"), media_type::OCI_EMPTY, tar(), ArtifactKind::Sbom),
            (None, media_type::OCI_EMPTY, layer("text/vnd.cyclonedx+xml", None), ArtifactKind::Sbom),
            (Some("application/vnd.example"), media_type::OCI_EMPTY, tar(), ArtifactKind::Other),
            (Some("application/vnd.example"), media_type::OCI_CONFIG, tar(), ArtifactKind::Other),
        ] {
            assert_eq!(kind_of(&image(artifact_type, config, &layer)), kind, "{artifact_type:?} {config}");
        }
    }

    #[test]
    fn a_statement_is_what_its_predicate_says() {
        let statement = |predicate| {
            attachments_of(&image(
                None,
                media_type::OCI_CONFIG,
                &layer(media_type::IN_TOTO, Some((PREDICATES[0], predicate))),
            ))
        };
        let none = Attachments::default();
        assert_eq!(statement("https://slsa.dev/provenance/v0.2"), Attachments { provenance: true, ..none });
        assert_eq!(statement("https://spdx.dev/Document"), Attachments { sbom: true, ..none });
        assert_eq!(statement("https://example.com/test"), none);
    }

    #[test]
    fn a_sigstore_bundle_may_be_a_signature() {
        let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
        let signed = image(
            Some(bundle),
            media_type::OCI_EMPTY,
            &layer(bundle, Some((PREDICATES[2], "https://sigstore.dev/cosign/sign/v1"))),
        );
        assert_eq!(kind_of(&signed), ArtifactKind::Signature);
        assert_eq!(
            kind_of(&image(Some(bundle), media_type::OCI_EMPTY, &layer(bundle, None))),
            ArtifactKind::Attestation
        );
    }

    #[test]
    fn cosign_tags_name_their_subject() {
        let digest = Digest::sha256(b"x");
        for tag in cosign_tags(&digest) {
            assert_eq!(cosign_subject(&tag.parse().unwrap()), Some(digest.clone()));
        }
        for tag in ["v1.sig", "sha256-12.sig", "latest", "sha256-.sig"] {
            assert_eq!(cosign_subject(&tag.parse().unwrap()), None);
        }
    }
}
