//! The inside of an image: its history with the layers that it made, and its configuration.

use super::{Artifacts, first_pairs};
use crate::{
    Error, Result,
    access::{AuthorizedRepository, may},
    db,
};
use api_types::{ImageConfig, ImageDetail, Layer, Step};
use blobstore::StoreError;
use oci::{Digest, ImageConfigFile, Manifest, media_type};
use std::collections::{HashMap, HashSet};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The annotation that names a layer that is a file.
const TITLE: &str = "org.opencontainers.image.title";

/// Steps shown on an artifact's own page: more than any builder makes, and few enough for a page.
const STEPS: usize = 500;

/// Variables of the environment shown there, and words of a command, ports and volumes.
const VARIABLES: usize = 200;

impl Artifacts {
    /// `own` are the tags that do not count as others that share layers.
    pub(super) async fn image(
        &self,
        repository: &AuthorizedRepository<may::Pull>,
        digest: &str,
        manifest: &Manifest,
        own: &[i64],
    ) -> Result<ImageDetail> {
        let id = repository.get_id()?;
        let config = manifest.config.as_ref().filter(|config| media_type::is_image_config(&config.media_type));
        let (file, config_lost) = match config {
            Some(config) => match self.content.config_file((id, repository.name()), &config.digest).await {
                // The rest can be shown all the same.
                Err(
                    Error::Store(StoreError::NotFound | StoreError::Truncated { .. } | StoreError::Changed)
                    | Error::BlobNotFound { .. },
                ) => (None, true),
                file => (file?, false),
            },
            None => (None, false),
        };
        let reader = self.content.db.reader();
        let digests: HashSet<&Digest> = manifest.layers.iter().map(|layer| &layer.digest).collect();
        let digests: Vec<&Digest> = digests.into_iter().collect();
        let linked = db::blobs::linked_among(reader, id, &digests).await?;
        let blobs: Vec<i64> = linked.values().map(|blob| blob.id).collect();
        let project = repository.project().id();
        let shared: HashMap<i64, u64> =
            db::references::sharing_counts(reader, project, &blobs, own).await?.into_iter().collect();
        let shared_tags = |digest: &Digest| {
            linked.get(digest.as_str()).and_then(|blob| shared.get(&blob.id)).copied().unwrap_or_default()
        };
        let layers: Vec<Layer> = manifest
            .layers
            .iter()
            .map(|layer| Layer {
                digest: layer.digest.to_string(),
                media_type: layer.media_type.clone(),
                size: layer.size,
                shared_tags: shared_tags(&layer.digest),
                title: layer.annotations.get(TITLE).cloned(),
            })
            .collect();
        let once: HashMap<&str, &Layer> = layers.iter().map(|layer| (layer.digest.as_str(), layer)).collect();
        let shared_size = once.values().filter(|layer| layer.shared_tags > 0).map(|layer| layer.size).sum();
        let (layers_size, layers_total) = (once.values().map(|layer| layer.size).sum(), layers.len() as u64);
        let mut steps = steps(file.as_ref(), layers);
        let more_steps = steps.len().saturating_sub(STEPS) as u64;
        steps.truncate(STEPS);
        Ok(ImageDetail {
            digest: digest.to_owned(),
            layers_size,
            layers_total,
            shared_size,
            steps,
            more_steps,
            config: file.map(config_of),
            config_lost,
        })
    }
}

/// The history with the layers that it made; without a history the layers alone.
fn steps(file: Option<&ImageConfigFile>, layers: Vec<Layer>) -> Vec<Step> {
    let Some(file) = file else {
        let bare = |layer| Step { instruction: String::new(), arguments: String::new(), layer: Some(layer) };
        return layers.into_iter().map(bare).collect();
    };
    let steps = file.steps(layers.len());
    let mut layers: Vec<Option<Layer>> = layers.into_iter().map(Some).collect();
    let step = |(history, layer): (Option<&oci::History>, Option<usize>)| {
        let step = history.map(oci::History::step);
        Step {
            instruction: step.as_ref().map(|step| step.instruction.clone()).unwrap_or_default(),
            arguments: step.map(|step| step.arguments).unwrap_or_default(),
            layer: layer.and_then(|layer| layers.get_mut(layer)?.take()),
        }
    };
    steps.into_iter().map(step).collect()
}

fn config_of(file: ImageConfigFile) -> ImageConfig {
    let ImageConfigFile { mut config, author, created, .. } = file;
    let (labels_total, more_variables) =
        (config.labels.len() as u64, config.env.len().saturating_sub(VARIABLES) as u64);
    config.env.truncate(VARIABLES);
    for words in [&mut config.entrypoint, &mut config.cmd, &mut config.exposed_ports, &mut config.volumes] {
        words.truncate(VARIABLES);
    }
    ImageConfig {
        entrypoint: config.entrypoint,
        command: config.cmd,
        user: config.user,
        working_directory: config.working_dir,
        ports: config.exposed_ports,
        volumes: config.volumes,
        environment: config.env,
        more_variables,
        labels: first_pairs(config.labels),
        labels_total,
        stop_signal: config.stop_signal.unwrap_or_default(),
        author: author.unwrap_or_default(),
        created: created.and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok()),
    }
}
