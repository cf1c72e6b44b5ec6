//! `/projects/{project}`: its repositories and its settings.

mod first_push;
mod repositories;
mod settings;
mod trash;

use crate::{
    AppError,
    boot::use_words,
    components::{Dialog, Fact, Glyph, LinkButton, Loaded, PageHead, SkeletonRows, Tab, Tabs},
    i18n::format::bytes,
    pages::robots::{ExpiringNotice, Home, Robots},
    routes::{self, Address},
};
use api_types::ProjectDetail;
use first_push::PushSteps;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::{use_params_map, use_query_map};
use repositories::Repositories;
use settings::ProjectSettings;
use trash::{ProjectTrash, trash_address};

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
    view! {
        <Loaded resource=project skeleton=|| view! { <SkeletonRows columns=5 /> } view=move |project: ProjectDetail| view! { <ProjectView project /> }.into_any() />
    }
}

/// Counts changes of the settings, so that the head of the page shows them.
#[derive(Clone, Copy, Debug)]
struct ProjectSaved(RwSignal<u32>);

/// A part of the page, by its tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Repositories,
    Robots,
    Settings,
    Trash,
}

#[component]
fn ProjectView(project: ProjectDetail) -> impl IntoView {
    let words = use_words();
    let text = words.project;
    let query = use_query_map();
    let part = Memo::new(move |_| {
        query.with(|query| match query.get("tab").as_deref() {
            Some("settings") => Part::Settings,
            Some("robots") => Part::Robots,
            Some("trash") => Part::Trash,
            _ => Part::Repositories,
        })
    });
    let summary = project.summary.clone();
    let here = routes::project(&summary.name);
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
    let close = here.to_string();
    let name = summary.name.clone();
    let description = project.description.clone();
    view! {
        <PageHead title=summary.name.clone() actions=actions>
            {(!description.is_empty()).then(|| view! { <p class="page-lead">{description}</p> })}
            <div class="facts">
                <Fact icon=if summary.public { Glyph::Globe } else { Glyph::Lock }>{words.terms.access(summary.public)}</Fact>
                <Fact icon=Glyph::User>{role}</Fact>
                <Fact icon=Glyph::Layers>{used}</Fact>
            </div>
        </PageHead>
        <Tabs label=text.tabs()>
            {move || {
                let part = part.get();
                let repositories = routes::project(&summary.name);
                view! {
                    <Tab name=text.repositories() href=repositories.to_string() current=part == Part::Repositories count=summary.repositories />
                    {may
                        .see_members
                        .then(|| {
                            let href = routes::project_robots(&summary.name).to_string();
                            view! { <Tab name=words.robots.tab() href current=part == Part::Robots count=project_robots /> }
                        })}
                    {may
                        .delete
                        .then(|| {
                            let href = trash_address(&summary.name).to_string();
                            view! { <Tab name=words.trash.title() href current=part == Part::Trash /> }
                        })}
                    {may
                        .administer
                        .then(|| {
                            view! { <Tab name=text.settings() href=settings_address(&summary.name).to_string() current=part == Part::Settings /> }
                        })}
                }
            }}
        </Tabs>
        {move || {
            let project = project.clone();
            match part.get() {
                Part::Settings => view! { <ProjectSettings project /> }.into_any(),
                Part::Robots => {
                    let home = Home::Project(project.summary.name);
                    view! { <Robots home may_change=project.may.administer expiring=project.expiring_robots /> }.into_any()
                }
                Part::Trash if may.delete => view! { <ProjectTrash project=project.summary.name /> }.into_any(),
                Part::Trash | Part::Repositories => view! {
                    <ExpiringNotice expiring=project.expiring_robots.clone() at_home=true />
                    <Repositories project />
                }
                .into_any(),
            }
        }}
        <Dialog title=text.push_title(name.clone()) open=Signal::derive(move || pushing.get() && may.push && !empty) close=Signal::stored(close) class="dialog-wide">
            <div class="dialog-body">
                <PushSteps project=name.clone() here=routes::project(&name).with("push", "1") />
            </div>
        </Dialog>
    }
}

/// The settings of a project.
fn settings_address(name: &str) -> Address {
    routes::project(name).with("tab", "settings")
}
