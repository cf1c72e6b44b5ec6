//! All manifests of a repository, untagged ones and children of indexes too.

use super::Part;
use crate::{
    AppError,
    boot::use_words,
    components::pager::Position,
    components::{
        ActorName, Ago, Attached, Badge, Bytes, DigestText, Empty, Glyph, LabelChips, Loaded, Pager, PlatformList,
        SkeletonRows, SortHead,
    },
    routes,
};
use api_types::{ArtifactKind, ArtifactSummary, ListQuery, Page, RepositoryDetail};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// A page of artifacts.
#[server(prefix = "/_fn", endpoint = "artifacts", input = GetUrl)]
pub async fn list_artifacts(repository: String, query: ListQuery) -> Result<Page<ArtifactSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    crate::ssr::read(context.registry.artifacts.list(&context.actor, &name, &query).await)
}

/// The tab.
#[component]
pub fn ArtifactList(repository: RepositoryDetail) -> impl IntoView {
    let text = use_words().repository;
    let query_map = use_query_map();
    let query = Memo::new(move |_| query_map.with(routes::list_query));
    let name = StoredValue::new(repository.summary.name);
    let artifacts = Resource::new(move || query.get(), move |query| list_artifacts(name.get_value(), query));
    let address = move |sort: &str| Part::Artifacts.address(&name.get_value()).with("sort", sort);
    let rows = move |page: Page<ArtifactSummary>| {
        if page.items.is_empty() {
            return view! { <Empty glyph=Glyph::Package title=text.no_artifacts() boxed=true /> }.into_any();
        }
        let sort = query.get().sort;
        let position = Position::from(&page);
        view! {
            <table class="table table-artifacts">
                <thead>
                    <tr>
                        <th scope="col">{text.digest()}</th>
                        <th scope="col">{text.kind()}</th>
                        <th scope="col">{text.tagged()}</th>
                        <th scope="col" class="col-platforms">{text.platforms()}</th>
                        <SortHead label=text.size() href=address("size").to_string() current=sort == "size" descending=true class="number" />
                        <SortHead label=text.pushed() href=address("").to_string() current=sort != "size" descending=true />
                        <th scope="col" class="cell-extra">{text.attached()}</th>
                    </tr>
                </thead>
                <tbody>
                    {page.items.into_iter().map(|artifact| view! { <ArtifactRow repository=name.get_value() artifact /> }).collect_view()}
                </tbody>
            </table>
            <Pager position base=address(&sort) />
        }
        .into_any()
    };
    view! { <Loaded part=true resource=artifacts skeleton=|| view! { <SkeletonRows columns=6 /> } view=rows /> }
}

#[component]
fn ArtifactRow(repository: String, artifact: ArtifactSummary) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let href = routes::artifact(&repository, &artifact.digest).to_string();
    let project = repository.split('/').next().unwrap_or_default().to_owned();
    let labels = artifact.labels;
    let chips = || (!labels.is_empty()).then(|| view! { <LabelChips labels=labels.clone() /> });
    let is_attachment =
        matches!(artifact.kind, ArtifactKind::Signature | ArtifactKind::Sbom | ArtifactKind::Attestation);
    let is_image = matches!(artifact.kind, ArtifactKind::Image | ArtifactKind::Index);
    let tags = artifact.tags;
    let badges = || {
        let badge = |tag: String| {
            let title = tag.clone();
            view! { <Badge class="badge-mono" title>{tag}</Badge> }
        };
        tags.iter().cloned().map(badge).collect_view()
    };
    // A phone has no room for the cell of tags.
    let below = (!tags.is_empty() || !labels.is_empty())
        .then(|| view! { <span class="narrow-only label-below badges">{badges()} {chips()}</span> });
    let names = if tags.is_empty() {
        let word = if is_attachment {
            text.attachment()
        } else if artifact.child {
            text.child()
        } else {
            text.untagged()
        };
        view! { <span class="quiet">{word}</span> }.into_any()
    } else {
        badges().into_any()
    };
    // Only an image has platforms, and things are attached to what is pulled, not to its parts.
    let platforms = if is_image {
        view! { <PlatformList platforms=artifact.platforms /> }.into_any()
    } else {
        view! { <span class="wide-only"></span> }.into_any()
    };
    let attached = (!artifact.child && !is_attachment).then(|| view! { <Attached attached=artifact.attached /> });
    view! {
        <tr>
            <td class="cell-main mono"><DigestText digest=artifact.digest href /> {below}</td>
            <td class="cell-side nowrap">{words.terms.kind(artifact.kind)}</td>
            <td class="cell-wide"><span class="badges">{names} {chips()}</span></td>
            <td class="cell-sub col-platforms">{platforms}</td>
            <td class="number cell-sub"><Bytes size=artifact.size /></td>
            <td class="cell-end">
                <span class="pushed"><Ago at=artifact.pushed_at /> <ActorName actor=artifact.pushed_by project /></span>
            </td>
            <td class="cell-extra">{attached}</td>
        </tr>
    }
}
