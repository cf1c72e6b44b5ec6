//! All manifests of a repository, untagged ones and children of indexes too.

use super::{NothingLeft, Part};
use crate::{
    AppError,
    boot::use_words,
    components::pager::Position,
    components::{
        ActorName, Ago, Attached, Badge, Bytes, DigestText, Empty, FilterForm, Glyph, LabelChips, LinkButton, Loaded,
        Pager, Picker, PlatformList, SkeletonRows, SortHead,
    },
    routes::{self, Address},
};
use api_types::{ArtifactKind, ArtifactSummary, ListQuery, Page, ProjectRights, RepositoryDetail};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// A page of artifacts, of all kinds or of the one of this word.
#[server(prefix = "/_fn", endpoint = "artifacts", input = GetUrl)]
pub async fn list_artifacts(
    repository: String,
    query: ListQuery,
    #[server(default)] kind: String,
) -> Result<Page<ArtifactSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    let kind = ArtifactKind::find(&kind);
    crate::ssr::read(context.registry.artifacts.list(&context.actor, &name, &query, kind).await)
}

/// What the list's address says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct View {
    query: ListQuery,
    kind: Option<ArtifactKind>,
}

impl View {
    fn kind(&self) -> &'static str {
        self.kind.map_or("", ArtifactKind::as_str)
    }

    fn sorted(self, sort: &str) -> Self {
        Self { query: ListQuery { sort: sort.to_owned(), ..self.query }, ..self }
    }

    /// The list in this view, from its first page on.
    fn address(&self, repository: &str) -> Address {
        let ListQuery { filter, sort, .. } = &self.query;
        Part::Artifacts.address(repository).with("filter", filter).with("sort", sort).with("kind", self.kind())
    }
}

/// The tab.
#[component]
pub fn ArtifactList(repository: RepositoryDetail) -> impl IntoView {
    let text = use_words().repository;
    let query_map = use_query_map();
    let here = Memo::new(move |_| {
        query_map.with(|map| View {
            query: routes::list_query(map),
            kind: map.get("kind").and_then(|word| ArtifactKind::find(&word)),
        })
    });
    let (total, may) = (repository.summary.artifacts, repository.may);
    let name = StoredValue::new(repository.summary.name);
    let artifacts = Resource::new(
        move || here.get(),
        move |view| {
            let kind = view.kind().to_owned();
            list_artifacts(name.get_value(), view.query, kind)
        },
    );
    let sorted = move |sort: &str| here.get_untracked().sorted(sort).address(&name.get_value()).to_string();
    let rows = move |page: Page<ArtifactSummary>| {
        let view = here.get_untracked();
        if page.items.is_empty() {
            return view! { <NoArtifacts view repository=name.get_value() may /> }.into_any();
        }
        let by_size = view.query.sort == "size";
        let position = Position::from(&page);
        view! {
            <table class="table table-artifacts">
                <thead>
                    <tr>
                        <th scope="col">{text.digest()}</th>
                        <th scope="col">{text.kind()}</th>
                        <th scope="col">{text.tagged()}</th>
                        <th scope="col" class="col-platforms">{text.platforms()}</th>
                        <SortHead label=text.size() href=sorted("size") current=by_size descending=true class="number" />
                        <SortHead label=text.pushed() href=sorted("") current=!by_size descending=true />
                        <th scope="col" class="cell-extra">{text.attached()}</th>
                    </tr>
                </thead>
                <tbody>
                    {page.items.into_iter().map(|artifact| view! { <ArtifactRow repository=name.get_value() artifact /> }).collect_view()}
                </tbody>
            </table>
            <Pager position base=view.address(&name.get_value()) />
        }
        .into_any()
    };
    view! {
        <Filters here repository=name total />
        <Loaded part=true resource=artifacts skeleton=|| view! { <SkeletonRows columns=6 /> } view=rows />
    }
}

#[component]
fn Filters(here: Memo<View>, repository: StoredValue<String>, total: u64) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let address = move |view: View| view.address(&repository.get_value()).to_string();
    let sorts = Signal::derive(move || {
        let view = here.get();
        [("", text.sort_pushed()), ("size", text.sort_size())]
            .map(|(key, label)| (label.to_owned(), address(view.clone().sorted(key)), view.query.sort == key))
            .to_vec()
    });
    let kinds = Signal::derive(move || {
        let view = here.get();
        std::iter::once((words.common.any(), None))
            .chain(ArtifactKind::ALL.map(|kind| (words.terms.kind(kind), Some(kind))))
            .map(|(label, kind)| (label.to_owned(), address(View { kind, ..view.clone() }), view.kind == kind))
            .collect::<Vec<_>>()
    });
    let keep = Signal::derive(move || {
        here.with(|view| {
            vec![("tab", "artifacts".to_owned()), ("sort", view.query.sort.clone()), ("kind", view.kind().to_owned())]
        })
    });
    view! {
        <div class="toolbar">
            <FilterForm
                id="filter-artifacts"
                label=text.filter_artifacts(total)
                path=routes::repository(&repository.get_value()).to_string()
                filter=Signal::derive(move || here.with(|view| view.query.filter.clone()))
                keep
            />
            <Picker label=words.common.sort() options=sorts />
            <Picker label=text.kind() options=kinds />
        </div>
    }
}

#[component]
fn NoArtifacts(view: View, repository: String, may: ProjectRights) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let all = Part::Artifacts.address(&repository).to_string();
    let (title, hint) = match view.kind {
        _ if !view.query.filter.is_empty() => {
            (text.no_artifact_match(&view.query.filter), text.no_artifact_match_text())
        }
        Some(kind) => (text.no_artifact_of_kind(words.terms.kind(kind)), ""),
        None => return view! { <NothingLeft title=text.no_artifacts() repository may /> }.into_any(),
    };
    view! {
        <Empty glyph=Glyph::Search title text=hint boxed=true>
            <LinkButton href=all>{text.all_artifacts()}</LinkButton>
        </Empty>
    }
    .into_any()
}

#[component]
fn ArtifactRow(repository: String, artifact: ArtifactSummary) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let href = routes::artifact(&repository, &artifact.digest).to_string();
    let project = routes::project_of(&repository).to_owned();
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
