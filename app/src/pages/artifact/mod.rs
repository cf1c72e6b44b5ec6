//! An artifact: its platforms, layers, configuration, annotations, referrers and raw manifest.

mod add_tag;
mod aside;
mod delete;
mod labels;
mod layers;
mod platforms;
mod raw_manifest;
mod referrers;

use crate::{
    AppError, Elsewhere,
    boot::{use_now, use_words},
    components::{Badge, ButtonKind, DigestText, Fact, Glyph, Icon, Loaded, PageHead, SkeletonRows},
    i18n::format,
    pages::{pull::PullBox, renamed::use_present_address},
    routes::{self, Address},
};
use add_tag::AddTag;
use api_types::ArtifactDetail;
use aside::Aside;
use delete::DeleteArtifact;
use labels::{LabelDialog, LabelLine};
use layers::Layers;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use platforms::PlatformSwitch;
use raw_manifest::RawManifest;
use referrers::Referrers;

/// Manifests of more bytes are sent and shown only when asked for.
const LONG_MANIFEST: u64 = 64 * 1024;

/// What the address asks with to see a long manifest.
const WHOLE_MANIFEST: (&str, &str) = ("manifest", "whole");

/// An artifact by tag or digest; `platform` is the digest of the child of an index to look into, empty for the first one.
#[server(prefix = "/_fn", endpoint = "artifact", input = GetUrl)]
pub async fn load_artifact(
    /// The repository's full name.
    repository: String,
    /// A tag or a digest.
    reference: String,
    /// Of an index: the digest of the child to look into; empty for the first one.
    platform: String,
    /// Whether the manifest is wanted however long it is.
    whole_manifest: bool,
    /// A cursor of its referrers; empty for the first page of them.
    #[server(default)]
    referrers: String,
) -> Result<ArtifactDetail, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    let reference = crate::ssr::names::reference(&reference)?;
    let platform = if platform.is_empty() { None } else { Some(crate::ssr::names::digest(&platform)?) };
    let found = context.registry.artifacts.get(&context.actor, &name, &reference, platform.as_ref(), &referrers).await;
    let mut artifact = crate::ssr::read(found)?;
    artifact.raw_manifest = artifact.raw_manifest.filter(|_| whole_manifest || artifact.manifest_size <= LONG_MANIFEST);
    Ok(artifact)
}

/// How the page names the artifact: as its own address does.
fn address_of(artifact: &ArtifactDetail) -> Address {
    match &artifact.tag {
        Some(tag) => routes::tag(&artifact.repository, tag),
        None => routes::artifact(&artifact.repository, &artifact.summary.digest),
    }
}

/// The page.
#[component]
pub fn ArtifactPage(
    /// The repository's full name.
    repository: String,
    /// A tag or a digest.
    reference: String,
) -> impl IntoView {
    let query = use_query_map();
    let platform = Memo::new(move |_| query.with(|query| query.get("platform").unwrap_or_default()));
    let (key, wanted) = WHOLE_MANIFEST;
    let whole = Memo::new(move |_| query.with(|query| query.get(key).as_deref() == Some(wanted)));
    let referrers = Memo::new(move |_| query.with(|query| query.get(referrers::CURSOR).unwrap_or_default()));
    let name = StoredValue::new(repository);
    let artifact = Resource::new(
        move || (platform.get(), whole.get(), referrers.get()),
        move |(platform, whole, referrers)| {
            load_artifact(name.get_value(), reference.clone(), platform, whole, referrers)
        },
    );
    let show = move |artifact: ArtifactDetail| match use_present_address(&name.get_value(), &artifact.repository) {
        Some(path) => view! { <Elsewhere path /> }.into_any(),
        None => view! { <ArtifactView artifact /> }.into_any(),
    };
    view! {
        <Loaded
            resource=artifact
            skeleton=|| view! { <SkeletonRows columns=3 /> }
            view=show
        />
    }
}

#[component]
fn ArtifactView(artifact: ArtifactDetail) -> impl IntoView {
    let words = use_words();
    let text = words.artifact;
    let here = address_of(&artifact);
    let summary = artifact.summary.clone();
    let (title, before) = match &artifact.tag {
        Some(tag) => (tag.clone(), format!("{}:", artifact.repository)),
        None => (routes::shorten(&summary.digest).to_owned(), format!("{}@", artifact.repository)),
    };
    let may = artifact.may;
    let actions = {
        let here = here.clone();
        move || {
            view! {
                {may.push.then(|| view! {
                    <a class="button" data-noscroll="" href=here.clone().with("add-tag", "1").to_string()>{text.add_tag()}</a>
                })}
                {may.delete.then(|| view! {
                    <a class=ButtonKind::Danger.class() data-noscroll="" href=here.clone().with("delete", "1").to_string()>
                        <Icon glyph=Glyph::Trash /> {text.delete()}
                    </a>
                })}
            }
        }
    };
    let others: Vec<String> =
        summary.tags.iter().filter(|tag| Some(*tag) != artifact.tag.as_ref()).take(10).cloned().collect();
    let more = artifact.deletion.tags.saturating_sub(u64::from(artifact.tag.is_some()) + others.len() as u64);
    let repository = artifact.repository.clone();
    let also = (!others.is_empty()).then(|| {
        let label = if artifact.tag.is_some() { text.also_tagged() } else { text.tagged() };
        let badges = others
            .into_iter()
            .map(|tag| {
                let href = routes::tag(&repository, &tag).to_string();
                let title = tag.clone();
                view! { <a href=href><Badge class="badge-mono" title>{tag}</Badge></a> }
            })
            .collect_view();
        let more = (more > 0).then(|| {
            let all = routes::repository(&repository).with("filter", &summary.digest).to_string();
            view! { <a class="link" href=all>{text.more_tags(more)}</a> }
        });
        view! { <span class="fact">{label} {badges} {more}</span> }
    });
    let platform = use_query_map().with_untracked(|query| query.get("platform").unwrap_or_default());
    let base = here.clone().with("platform", platform);
    let digest = summary.digest.clone();
    let labeled = artifact.clone();
    let is_protected = !artifact.deletion.protected.is_empty();
    let now = use_now();
    let (at, by) = (summary.pushed_at, summary.pushed_by.name);
    let pushed = move || text.pushed(format::ago_in_sentence(words.locale, now.get(), at), &by);
    view! {
        <PageHead title before actions=actions>
            <div class="facts">
                <span class="fact"><DigestText digest=digest long=true /></span>
                {is_protected.then(|| view! { <Badge icon=Glyph::Lock>{text.protected()}</Badge> })}
                {also}
                <Fact icon=Glyph::Clock>
                    <time datetime=format::machine(at) title=format::moment(words.locale, at)>{pushed}</time>
                </Fact>
            </div>
            <LabelLine artifact=labeled />
        </PageHead>
        <PullBox
            repository=artifact.repository.clone()
            tag=artifact.tag.clone()
            digest=Some(summary.digest.clone())
            kind=summary.kind
            public=artifact.public
            here=here.clone()
        />
        {(!artifact.platforms.is_empty()).then(|| view! { <PlatformSwitch platforms=artifact.platforms.clone() here=here.clone() /> })}
        <div class="columns columns-artifact">
            <div class="stack-wide">
                <Layers image=artifact.image.clone() is_index=!artifact.platforms.is_empty() />
                <Referrers repository=artifact.repository.clone() referrers=artifact.referrers.clone() base />
            </div>
            <Aside artifact=artifact.clone() />
            <RawManifest digest=summary.digest size=artifact.manifest_size text=artifact.raw_manifest.clone() here=here.clone() />
        </div>
        {may.push.then(|| view! { <LabelDialog artifact=artifact.clone() /> })}
        {may.push.then(|| view! { <AddTag artifact=artifact.clone() /> })}
        {may.delete.then(|| view! { <DeleteArtifact artifact=artifact.clone() /> })}
    }
}
