//! `/projects/{project}`: its repositories, members, robots and settings.

mod first_push;
mod members;
mod quota;
mod rename;
mod repositories;
mod retention;
mod rules;
mod settings;
mod storage;
pub mod trash;

use crate::{
    AppError, Elsewhere,
    boot::{use_boot, use_words},
    components::{Dialog, Fact, Glyph, LinkButton, Loaded, PageHead, SkeletonRows, Tab, Tabs},
    i18n::format::bytes,
    pages::{
        activity::ActivityList,
        renamed::use_present_address,
        robots::{ExpiringNotice, Home, Robots},
    },
    routes::{self, Address},
};
use api_types::ProjectDetail;
use first_push::PushSteps;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::{use_params_map, use_query_map};
use members::{Members, RightsDialog};
use repositories::Repositories;
pub use rules::ProtectedBadge;
use rules::{Rules, RulesView};
use settings::ProjectSettings;
use storage::Storage;
use trash::TrashList;

/// A project by its name.
#[server(prefix = "/_fn", endpoint = "project", input = GetUrl)]
pub async fn load_project(
    /// The project's name.
    name: String,
) -> Result<ProjectDetail, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::project(&name)?;
    crate::ssr::read(context.registry.projects.get(&context.actor, &name).await)
}

/// The page.
#[component]
pub fn ProjectPage() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get("project").unwrap_or_default()));
    let saved = RwSignal::new(0_u32);
    provide_context(ProjectSaved(saved));
    let project = Resource::new(move || (name.get(), saved.get()), |(name, _)| load_project(name));
    let show = move |project: ProjectDetail| match use_present_address(&name.get_untracked(), &project.summary.name) {
        Some(path) => view! { <Elsewhere path /> }.into_any(),
        None => view! { <ProjectView project /> }.into_any(),
    };
    view! {
        <Loaded
            resource=project
            skeleton=|| view! { <SkeletonRows columns=5 /> }
            view=show
        />
    }
}

/// A part of the page, as it stands in the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Repositories,
    Members,
    Robots,
    Rules,
    Storage,
    Activity,
    Settings,
    Trash,
}

impl Part {
    fn find(word: &str) -> Self {
        [Self::Members, Self::Robots, Self::Rules, Self::Storage, Self::Activity, Self::Settings, Self::Trash]
            .into_iter()
            .find(|part| part.word() == word)
            .unwrap_or(Self::Repositories)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Repositories => "",
            Self::Members => "members",
            Self::Robots => "robots",
            Self::Rules => "rules",
            Self::Storage => "storage",
            Self::Activity => "activity",
            Self::Settings => "settings",
            Self::Trash => "trash",
        }
    }

    fn address(self, project: &str) -> Address {
        routes::project(project).with("tab", self.word())
    }
}

/// Counts changes of the settings, so that the head of the page shows them.
#[derive(Clone, Copy, Debug)]
struct ProjectSaved(RwSignal<u32>);

#[component]
fn ProjectView(project: ProjectDetail) -> impl IntoView {
    let words = use_words();
    let text = words.project;
    let query = use_query_map();
    let part = Memo::new(move |_| Part::find(&query.with(|query| query.get("tab").unwrap_or_default())));
    let summary = project.summary.clone();
    let here = routes::project(&summary.name);
    let shown = Memo::new(move |_| RulesView::find(&query.with(|query| query.get("view").unwrap_or_default())));
    let pushing = Memo::new(move |_| query.with(|query| query.get("push").is_some()));
    let empty = summary.repositories == 0;
    let may = project.may;
    let project_robots = project.robots;
    let role = match summary.role {
        Some(role) => text.you_are(words.terms.role(role).to_lowercase()),
        None if may.administer => text.as_admin().to_owned(),
        None => text.as_visitor().to_owned(),
    };
    let used = match summary.storage_quota {
        Some(quota) => text.used_of(bytes(summary.storage_used), bytes(quota)),
        None => text.used(bytes(summary.storage_used)),
    };
    let actions = {
        let here = here.clone();
        move || {
            (may.push && !empty)
                .then(|| {
                    view! {
                        <LinkButton icon=Glyph::Book href=here.clone().with("push", "1").to_string()>
                            {text.push_commands()}
                        </LinkButton>
                    }
                })
                .into_any()
        }
    };
    let storage = Part::Storage.address(&summary.name).to_string();
    let close = here.to_string();
    let name = summary.name.clone();
    let members = project.members;
    let mine = use_boot().viewer.as_ref().map(|viewer| viewer.username.clone()).unwrap_or_default();
    let mine = here.clone().with("why", mine).to_string();
    let without_rights = {
        let name = name.clone();
        Signal::derive(move || part.get().address(&name).to_string())
    };
    let description = project.description.clone();
    view! {
        <PageHead title=summary.name.clone() actions=actions>
            {(!description.is_empty()).then(|| view! { <p class="page-lead">{description}</p> })}
            <div class="facts">
                <Fact icon=if summary.public { Glyph::Globe } else { Glyph::Lock }>{words.terms.access(summary.public)}</Fact>
                <Fact icon=Glyph::User>
                    <a class="link" data-noscroll="" title=words.rights.mine() href=mine>{role}</a>
                </Fact>
                <Fact icon=Glyph::Layers><a class="link" href=storage>{used}</a></Fact>
            </div>
        </PageHead>
        <Tabs label=text.tabs()>
            {move || {
                let part = part.get();
                let tab = |candidate: Part| (candidate.address(&summary.name).to_string(), candidate == part);
                let (repositories, people) = (tab(Part::Repositories), tab(Part::Members));
                let (robots, trash, settings) = (tab(Part::Robots), tab(Part::Trash), tab(Part::Settings));
                let (rules, activity) = (tab(Part::Rules), tab(Part::Activity));
                let storage = tab(Part::Storage);
                view! {
                    <Tab name=text.repositories() href=repositories.0 current=repositories.1 count=summary.repositories />
                    {may
                        .see_members
                        .then(|| {
                            view! {
                                <Tab name=text.members_tab() href=people.0 current=people.1 count=members />
                                <Tab name=words.robots.tab() href=robots.0 current=robots.1 count=project_robots />
                            }
                        })}
                    <Tab name=words.storage.tab() href=storage.0 current=storage.1 />
                    {may.retain.then(|| view! { <Tab name=words.rules.title() href=rules.0 current=rules.1 /> })}
                    {may.delete.then(|| view! { <Tab name=words.trash.title() href=trash.0 current=trash.1 /> })}
                    {may.administer.then(|| view! { <Tab name=text.activity() href=activity.0 current=activity.1 /> })}
                    {may.delete.then(|| view! { <Tab name=text.settings() href=settings.0 current=settings.1 /> })}
                }
            }}
        </Tabs>
        {move || {
            let project = project.clone();
            match part.get() {
                Part::Settings => view! { <ProjectSettings project /> }.into_any(),
                Part::Members => view! { <Members project /> }.into_any(),
                Part::Rules => view! { <Rules project shown=shown.get() /> }.into_any(),
                Part::Robots => {
                    let home = Home::Project(project.summary.name);
                    view! { <Robots home may_change=project.may.administer /> }.into_any()
                }
                Part::Storage => view! { <Storage project=project.summary.name may_delete=may.delete /> }.into_any(),
                Part::Trash if may.delete => {
                    let text = words.trash;
                    let empty = (text.empty(), text.empty_text());
                    view! { <TrashList project=project.summary.name empty lead=text.lead() /> }.into_any()
                }
                Part::Activity if may.administer => view! { <ActivityList project=project.summary.name /> }.into_any(),
                Part::Activity | Part::Trash | Part::Repositories => view! {
                    <ExpiringNotice expiring=project.expiring_robots.clone() at_home=true />
                    <Repositories project />
                }
                .into_any(),
            }
        }}
        <RightsDialog project=name.clone() administers=may.administer close=without_rights />
        <Dialog title=text.push_title(name.clone()) open=Signal::derive(move || pushing.get() && may.push && !empty) close=Signal::stored(close) class="dialog-wide">
            <div class="dialog-body">
                <PushSteps project=name.clone() here=routes::project(&name).with("push", "1") />
            </div>
        </Dialog>
    }
}

/// A project's rules about its tags.
pub fn rules_address(name: &str) -> Address {
    Part::Rules.address(name)
}

/// What holds in a project.
pub fn settings_address(name: &str) -> Address {
    Part::Settings.address(name)
}

/// What happened in a project.
pub fn activity_address(name: &str) -> Address {
    Part::Activity.address(name)
}
