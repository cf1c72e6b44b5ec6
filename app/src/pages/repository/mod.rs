//! `/projects/{project}/{repository…}`: tags, artifacts, about.

mod about;
mod artifacts;
mod columns;
mod delete;
mod tags;

use crate::{
    AppError, Elsewhere,
    boot::{use_boot, use_words},
    components::{Ago, Empty, Fact, Glyph, LinkButton, Loaded, Menu, MenuLink, PageHead, SkeletonRows, Tab, Tabs},
    i18n::format::{bytes, percent},
    pages::{project::trash::trash_address, renamed::use_present_address},
    routes::{self, Address},
};
use about::About;
use api_types::{ProjectRights, RepositoryDetail};
use artifacts::ArtifactList;
use delete::DeleteRepository;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use tags::TagList;

/// A repository by its full name.
#[server(prefix = "/_fn", endpoint = "repository", input = GetUrl)]
pub async fn load_repository(
    /// The repository's full name.
    name: String,
) -> Result<RepositoryDetail, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&name)?;
    crate::ssr::read(context.registry.repositories.get(&context.actor, &name).await)
}

/// A part of the page, as it stands in the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Tags,
    Artifacts,
    About,
}

impl Part {
    fn find(word: &str) -> Self {
        match word {
            "artifacts" => Self::Artifacts,
            "about" => Self::About,
            _ => Self::Tags,
        }
    }

    fn address(self, repository: &str) -> Address {
        routes::repository(repository).with(
            "tab",
            match self {
                Self::Tags => "",
                Self::Artifacts => "artifacts",
                Self::About => "about",
            },
        )
    }
}

/// Counts changes, so that what the page shows is asked for again.
#[derive(Clone, Copy, Debug)]
struct Changes(RwSignal<u32>);

/// Where the commands stand that push into a repository's project.
fn push_address(repository: &str) -> String {
    routes::project(routes::project_of(repository)).with("push", "1").to_string()
}

/// What stands in the place of a list where everything that was pushed is deleted again.
#[component]
fn NothingLeft(title: &'static str, repository: String, may: ProjectRights) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let project = routes::project_of(&repository);
    let kept = may.delete && use_boot().site.kept_seconds > 0;
    let told = if kept { text.nothing_left_kept() } else { text.nothing_left() };
    let (push, trash) = (push_address(&repository), trash_address(project).to_string());
    view! {
        <Empty glyph=Glyph::Package title text=told boxed=true>
            {may.push.then(|| view! { <LinkButton icon=Glyph::Book href=push>{words.project.push_commands()}</LinkButton> })}
            {kept.then(|| view! { <LinkButton icon=Glyph::Undo href=trash>{words.trash.title()}</LinkButton> })}
        </Empty>
    }
}

/// The page.
#[component]
pub fn RepositoryPage(
    /// The full name.
    name: String,
) -> impl IntoView {
    let changes = RwSignal::new(0_u32);
    provide_context(Changes(changes));
    let name = StoredValue::new(name);
    let repository = Resource::new(move || changes.get(), move |_| load_repository(name.get_value()));
    let show =
        move |repository: RepositoryDetail| match use_present_address(&name.get_value(), &repository.summary.name) {
            Some(path) => view! { <Elsewhere path /> }.into_any(),
            None => view! { <RepositoryView repository /> }.into_any(),
        };
    view! {
        <Loaded
            resource=repository
            skeleton=|| view! { <SkeletonRows columns=6 /> }
            view=show
        />
    }
}

#[component]
fn RepositoryView(repository: RepositoryDetail) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let query = use_query_map();
    let part = Memo::new(move |_| Part::find(&query.with(|query| query.get("tab").unwrap_or_default())));
    let summary = repository.summary.clone();
    let deletable = repository.clone();
    let may = repository.may;
    let shared = percent(summary.storage_used.saturating_sub(repository.storage_own), summary.storage_used);
    let name = StoredValue::new(summary.name.clone());
    let counts = (summary.tags, summary.artifacts);
    // A repository that holds nothing shows them in the place of its list.
    let commands = (may.push && summary.artifacts > 0).then(|| push_address(&summary.name));
    let actions = move || {
        let about = Part::About.address(&name.get_value());
        let push = commands.clone().map(|href| {
            view! { <LinkButton class="wide-only" icon=Glyph::Book href>{words.project.push_commands()}</LinkButton> }
        });
        let menu = (may.push || may.delete).then(|| {
            view! {
                <Menu label=words.common.more_actions()>
                    {commands.map(|href| view! {
                        <div class="narrow-only"><MenuLink icon=Glyph::Book href>{words.project.push_commands()}</MenuLink></div>
                    })}
                    {may.push.then(|| view! {
                        <MenuLink icon=Glyph::Pencil href=about.with("edit", "1").to_string()>{text.describe()}</MenuLink>
                    })}
                    {may.delete.then(|| view! {
                        <MenuLink icon=Glyph::Trash danger=true stay=true href=routes::repository(&name.get_value()).with("delete-repository", "1").to_string()>
                            {text.delete_repository()}
                        </MenuLink>
                    })}
                </Menu>
            }
        });
        view! { {push} {menu} }
    };
    view! {
        <PageHead title=summary.name.clone() actions=actions>
            <div class="facts">
                <Fact icon=if repository.public { Glyph::Globe } else { Glyph::Lock }>{words.terms.access(repository.public)}</Fact>
                <Fact icon=Glyph::Layers title=text.size_hint()>{text.size_shared(bytes(summary.storage_used), shared)}</Fact>
                <Fact icon=Glyph::ArrowDown>{text.pulls_this_week(repository.pulls_this_week)}</Fact>
                {summary.last_pushed_at.map(|at| view! { <Fact icon=Glyph::Clock>{text.last_push()} " " <Ago at in_sentence=true /></Fact> })}
            </div>
        </PageHead>
        <Tabs label=text.tabs()>
            {move || {
                let part = part.get();
                let tab = |candidate: Part| (candidate.address(&name.get_value()).to_string(), candidate == part);
                let (tags, artifacts, about) = (tab(Part::Tags), tab(Part::Artifacts), tab(Part::About));
                view! {
                    <Tab name=text.tags() href=tags.0 current=tags.1 count=counts.0 />
                    <Tab name=text.artifacts() href=artifacts.0 current=artifacts.1 count=counts.1 />
                    <Tab name=text.about() href=about.0 current=about.1 />
                }
            }}
        </Tabs>
        {move || {
            let repository = repository.clone();
            match part.get() {
                Part::Tags => view! { <TagList repository /> }.into_any(),
                Part::Artifacts => view! { <ArtifactList repository /> }.into_any(),
                Part::About => view! { <About repository /> }.into_any(),
            }
        }}
        {may.delete.then(|| view! { <DeleteRepository repository=deletable /> })}
    }
}
