//! Media types of manifests, configurations and layers (image specification, media-types.md), and Docker's older twins
//! of them.

/// An OCI image manifest.
pub const OCI_IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
/// An OCI image index.
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// A Docker image manifest, schema 2.
pub const DOCKER_IMAGE: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// A Docker manifest list.
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
/// A Docker image manifest, schema 1; refused.
pub const DOCKER_SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1+json";
/// A signed Docker image manifest, schema 1; refused.
pub const DOCKER_SCHEMA_1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/// The configuration of an OCI image.
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
/// The configuration of a Docker image.
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
/// The two bytes `{}`, where a manifest needs a descriptor and has nothing to describe.
pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// A plain tar layer.
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
/// A gzip tar layer.
pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
/// A zstd tar layer.
pub const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
/// A Docker gzip tar layer.
pub const DOCKER_LAYER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
/// A Docker layer that is fetched from its own URLs and need not be stored here.
pub const DOCKER_FOREIGN_LAYER_GZIP: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
/// What the types of OCI's non-distributable layers start with.
pub const OCI_NON_DISTRIBUTABLE_LAYER: &str = "application/vnd.oci.image.layer.nondistributable.v1.";

/// What blobs are served as.
pub const OCTET_STREAM: &str = "application/octet-stream";
/// What error bodies and lists are.
pub const JSON: &str = "application/json";

/// Configurations of Helm charts.
pub const HELM_CONFIG: &str = "application/vnd.cncf.helm.config.v1+json";
/// In-toto statements: what the attestations of `BuildKit` hold.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A media type without its parameters and outer space: `application/json; charset=utf-8` is `application/json`.
pub fn essence(content_type: &str) -> &str {
    content_type.split_once(';').map_or(content_type, |(essence, _)| essence).trim()
}

/// Whether it is the type of an image manifest, OCI's or Docker's.
pub fn is_image(media_type: &str) -> bool {
    matches!(media_type, OCI_IMAGE | DOCKER_IMAGE)
}

/// Whether it is the type of an index, OCI's or Docker's.
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, OCI_INDEX | DOCKER_LIST)
}

/// Whether it is the type of an image's configuration, OCI's or Docker's.
pub fn is_image_config(media_type: &str) -> bool {
    matches!(media_type, OCI_CONFIG | DOCKER_CONFIG)
}

/// Whether layers of this type need not be stored by the registry that names them (image specification, layer.md,
/// "Non-Distributable Layers").
pub fn is_non_distributable(media_type: &str) -> bool {
    media_type == DOCKER_FOREIGN_LAYER_GZIP
        || media_type.starts_with("application/vnd.docker.image.rootfs.foreign.")
        || media_type.starts_with(OCI_NON_DISTRIBUTABLE_LAYER)
}

/// Whether it has the form `type/subtype` of RFC 6838, section 4.2: two names of at most 127 restricted characters.
/// Parameters may follow, without control characters.
pub fn is_well_formed(media_type: &str) -> bool {
    if media_type.contains(char::is_control) {
        return false;
    }
    let media_type = essence(media_type);
    let restricted = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
    let name = |text: &str| {
        text.len() <= 127
            && text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric)
            && text.bytes().all(restricted)
    };
    media_type.split_once('/').is_some_and(|(kind, subtype)| name(kind) && name(subtype))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_no_part_of_a_type() {
        for text in [OCI_IMAGE, &format!("{OCI_IMAGE}; charset=utf-8"), &format!(" {OCI_IMAGE} ;a=b;c=d")] {
            assert_eq!(essence(text), OCI_IMAGE);
        }
    }

    #[test]
    fn foreign_layers_are_told_by_their_type() {
        assert!(is_non_distributable(DOCKER_FOREIGN_LAYER_GZIP));
        assert!(is_non_distributable("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"));
        assert!(!is_non_distributable(OCI_LAYER_GZIP));
        assert!(!is_non_distributable(DOCKER_LAYER_GZIP));
    }

    #[test]
    fn types_have_two_restricted_names() {
        for text in [OCI_IMAGE, OCTET_STREAM, "a/b", "application/vnd.example+json", "text/plain; charset=utf-8"] {
            assert!(is_well_formed(text), "{text}");
        }
        for text in ["", "/", "a", "a/", "/b", "a/b/c", "a /b", "a/b\r\nx: y", "a/b;c=d\n", "é/b", "a/\"b\""] {
            assert!(!is_well_formed(text), "{text}");
        }
    }
}
