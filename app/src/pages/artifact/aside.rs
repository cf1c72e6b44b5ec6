//! What stands beside the layers: configuration, annotations, details, and what deleting frees.

use crate::{
    boot::use_words,
    components::{Badge, Glyph, Icon, Joints, Moment, Notice, NoticeTone, Tone},
    i18n::format::bytes,
    pages::project::rules_address,
    routes,
};
use api_types::{ArtifactDetail, ImageConfig};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The aside.
#[component]
pub fn Aside(artifact: ArtifactDetail) -> impl IntoView {
    let words = use_words();
    let text = words.artifact;
    let config = artifact.image.as_ref().and_then(|image| image.config.clone());
    let lost = artifact.image.as_ref().is_some_and(|image| image.config_lost);
    let labels = config.as_ref().map(|config| (config.labels.clone(), config.labels_total));
    let labels = labels.filter(|(_, total)| *total > 0);
    let deletion = artifact.deletion.clone();
    let keeps =
        if deletion.sharing_tags > 0 { text.keeps(deletion.sharing_tags) } else { text.keeps_none().to_owned() };
    let frees = match deletion.tags {
        0 => text.if_deleted_untagged(bytes(deletion.frees)),
        tags => text.if_deleted_text(tags, bytes(deletion.frees)),
    };
    let if_deleted = if let Some(tag) = deletion.protected.first() {
        let rules = rules_address(routes::project_of(&artifact.repository)).to_string();
        view! { <p>{text.protected_text(tag)} " " <a class="link" href=rules>{text.to_rules()}</a></p> }.into_any()
    } else {
        view! { <p>{frees} " " {keeps}</p> }.into_any()
    };
    view! {
        <aside>
            <section>
                <div class="section-head">
                    <h2>{text.configuration()}</h2>
                    <a class="link" href="#raw-manifest">{text.raw_manifest()}</a>
                </div>
                {lost.then(|| view! { <Notice tone=NoticeTone::Warning title=text.config_lost() text=text.config_lost_hint() /> })}
                {config.map(|config| view! { <Configuration config /> })}
                <dl class="pairs">
                    <dt>{words.repository.kind()}</dt>
                    <dd>{words.terms.kind(artifact.summary.kind)}</dd>
                    <dt>{text.media_type()}</dt>
                    <dd><code><Joints text=artifact.summary.media_type.clone() /></code></dd>
                    {artifact.summary.artifact_type.clone().map(|kind| view! { <dt>{text.artifact_type()}</dt> <dd><code><Joints text=kind /></code></dd> })}
                </dl>
                {labels.map(|(labels, total)| view! { <Labels labels total /> })}
            </section>
            {(artifact.annotations_total > 0).then(|| view! { <Annotations values=artifact.annotations.clone() total=artifact.annotations_total /> })}
            <section>
                <h2>{text.if_deleted()}</h2>
                {if_deleted}
            </section>
        </aside>
    }
}

#[component]
fn Configuration(config: ImageConfig) -> impl IntoView {
    let text = use_words().artifact;
    let line = |name: &'static str, value: String| {
        (!value.is_empty()).then(|| view! { <dt>{name}</dt> <dd><code>{value}</code></dd> })
    };
    let lines = |name: &'static str, values: Vec<String>| {
        (!values.is_empty()).then(|| {
            let values = values
                .into_iter()
                .map(|value| view! { <dd class="pair-line"><code><Joints text=value /></code></dd> })
                .collect_view();
            view! { <dt>{name}</dt> {values} }
        })
    };
    let user = if is_root(&config.user) {
        let name = if config.user.is_empty() { text.root().to_owned() } else { config.user };
        view! { <code>{name}</code> }.into_any()
    } else {
        view! { <code>{config.user}</code> " " <Badge tone=Tone::Success title=text.not_root_hint()>{text.not_root()}</Badge> }.into_any()
    };
    view! {
        <dl class="pairs">
            {line(text.entrypoint(), config.entrypoint.join(" "))}
            {line(text.command(), config.command.join(" "))}
            <dt>{text.user()}</dt>
            <dd>{user}</dd>
            {line(text.directory(), config.working_directory)}
            {line(text.ports(), config.ports.join(", "))}
            {line(text.volumes(), config.volumes.join(", "))}
            {line(text.stop_signal(), config.stop_signal)}
            {config.created.map(|at| view! { <dt>{text.created()}</dt> <dd><Moment at /></dd> })}
            {line(text.author(), config.author)}
            {lines(text.environment(), config.environment)}
            {(config.more_variables > 0).then(|| view! { <dd class="pair-line">{text.more(config.more_variables)}</dd> })}
        </dl>
    }
}

/// Whether a `USER` is root, by name or number, with or without a group.
fn is_root(user: &str) -> bool {
    matches!(user.split(':').next(), Some("" | "0" | "root") | None)
}

#[component]
fn Labels(labels: BTreeMap<String, String>, total: u64) -> impl IntoView {
    let text = use_words().artifact;
    let more = total.saturating_sub(labels.len() as u64);
    view! {
        <details class="more">
            <summary><Icon glyph=Glyph::ChevronRight /> {text.labels()} " " <Badge class="badge-count">{total}</Badge></summary>
            <Pairs values=labels />
            {(more > 0).then(|| view! { <p class="second">{text.more(more)}</p> })}
        </details>
    }
}

#[component]
fn Annotations(values: BTreeMap<String, String>, total: u64) -> impl IntoView {
    let text = use_words().artifact;
    let more = total.saturating_sub(values.len() as u64);
    view! {
        <section>
            <h2>{text.annotations()}</h2>
            {(!values.is_empty()).then(|| view! { <Pairs values /> })}
            {(more > 0).then(|| view! { <p><a class="link" href="#raw-manifest">{text.more_annotations(more)}</a></p> })}
        </section>
    }
}

/// Names above their values; addresses of pages are links that tell nothing of where they were clicked.
#[component]
fn Pairs(values: BTreeMap<String, String>) -> impl IntoView {
    let value = |value: String| {
        if value.starts_with("https://") || value.starts_with("http://") {
            let shown = value.split_once("://").map_or(value.clone(), |(_, rest)| rest.to_owned());
            view! { <a class="link" href=value rel="external noopener nofollow noreferrer" target="_blank">{shown}</a> }
                .into_any()
        } else {
            view! { {value} }.into_any()
        }
    };
    view! {
        <dl class="pairs pairs-stacked">
            {values.into_iter().map(|(name, text)| view! { <dt><code>{name}</code></dt> <dd>{value(text)}</dd> }).collect_view()}
        </dl>
    }
}

#[cfg(test)]
mod tests {
    use super::is_root;

    #[test]
    fn root_is_known_by_name_and_number() {
        for user in ["", "0", "root", "0:0", "root:root"] {
            assert!(is_root(user), "{user:?}");
        }
        for user in ["10001", "10001:10001", "nobody", "00x"] {
            assert!(!is_root(user), "{user:?}");
        }
    }
}
