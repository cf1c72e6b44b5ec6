//! Robots, of a project (a tab of its page) and of the system (`/admin/robots`): list, form, dialogs, and the secret that is shown
//! once.

mod dialogs;
mod form;
mod list;
mod words;

use crate::{
    Answer, AppError,
    boot::{answered, use_words},
    components::{Failure, LinkButton, Loaded, PageHead, SecretPanel, SkeletonRows},
    routes::{self, Address},
};
use api_types::{ExpiringCredential, ListQuery, Overlap, Page, RobotSummary, ShownSecret};
use dialogs::Dialogs;
use form::{EditRobot, NewRobotForm};
pub use form::{FormFailure, LifetimeField, WhereFields};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use list::RobotList;
pub use list::{Ends, ExpiringNotice, LastUsed, StateBadge};
pub use words::Preset;

/// Robots of a project, or of the system without one.
#[server(prefix = "/_fn", endpoint = "robots", input = GetUrl)]
pub async fn list_robots(
    /// The project's name.
    #[server(default)]
    project: String,
    /// Filter, order and place.
    #[server(default)]
    query: ListQuery,
) -> Result<Page<RobotSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    let project = crate::ssr::names::home(&project)?;
    crate::ssr::read(context.registry.robots.list(&context.actor, project.as_ref(), &query).await)
}

/// Robots of a project, or of the system without one, whose end is near or just past.
#[server(prefix = "/_fn", endpoint = "expiring_robots", input = GetUrl)]
pub async fn list_expiring_robots(
    /// The project's name.
    #[server(default)]
    project: String,
) -> Result<Vec<ExpiringCredential>, AppError> {
    let context = crate::ssr::signed_in()?;
    let project = crate::ssr::names::home(&project)?;
    crate::ssr::read(context.registry.robots.list_expiring(&context.actor, project.as_ref()).await)
}

/// One robot.
#[server(prefix = "/_fn", endpoint = "robot", input = GetUrl)]
pub async fn load_robot(id: i64) -> Result<RobotSummary, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.robots.get(&context.actor, registry::access::RobotId(id)).await)
}

/// Creates a robot. `password` is the viewer's own, where their last proof of it is old. `lifetime` is a number of days or
/// `never`; `preset` names a set of words, or else `may` has them (`tag:list`); `projects`, for a robot of the system, names where
/// `scope` is `some`.
#[server(prefix = "/_fn", endpoint = "create_robot")]
pub async fn create_robot(
    #[server(default)] project: String,
    name: String,
    #[server(default)] description: String,
    #[server(default)] preset: String,
    #[server(default)] may: Vec<String>,
    #[server(default)] scope: String,
    #[server(default)] projects: String,
    #[server(default)] lifetime: String,
    #[server(default)] password: Option<String>,
) -> Result<Answer<ShownSecret>, AppError> {
    let home = crate::ssr::names::home(&project)?;
    crate::ssr::answer_on(&Home::named(&project).address().with("new", "1"));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let lifetime = match crate::ssr::forms::lifetime(&lifetime) {
        Ok(lifetime) => lifetime.unwrap_or_default(),
        Err(problem) => return crate::ssr::refuse(problem),
    };
    let may = match crate::ssr::forms::robot_words(&preset, &may) {
        Ok(may) => may,
        Err(problem) => return crate::ssr::refuse(problem),
    };
    let access = crate::ssr::forms::robot_access(home.is_none(), &scope, &projects, &may);
    let robot = api_types::NewRobot { name: name.trim().to_owned(), description, access, lifetime };
    let created = context.registry.robots.create(&context.actor, home.as_ref(), &robot).await;
    crate::ssr::answer(created.map(|created| crate::ssr::show_once(created.shown())))
}

/// Changes a robot; an empty `lifetime` keeps its end.
#[server(prefix = "/_fn", endpoint = "update_robot")]
pub async fn update_robot(
    #[server(default)] project: String,
    id: i64,
    #[server(default)] description: String,
    #[server(default)] preset: String,
    #[server(default)] may: Vec<String>,
    #[server(default)] scope: String,
    #[server(default)] projects: String,
    #[server(default)] lifetime: String,
    #[server(default)] password: Option<String>,
) -> Result<Answer<()>, AppError> {
    let home = Home::named(&project);
    crate::ssr::answer_on(&home.address().with("edit", id.to_string()));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let lifetime = match crate::ssr::forms::lifetime(&lifetime) {
        Ok(lifetime) => lifetime,
        Err(problem) => return crate::ssr::refuse(problem),
    };
    let may = match crate::ssr::forms::robot_words(&preset, &may) {
        Ok(may) => may,
        Err(problem) => return crate::ssr::refuse(problem),
    };
    let change = api_types::RobotChange {
        description: Some(description),
        access: Some(crate::ssr::forms::robot_access(project.is_empty(), &scope, &projects, &may)),
        lifetime,
    };
    let changed = context.registry.robots.update(&context.actor, registry::access::RobotId(id), &change).await;
    let answer = crate::ssr::answer(changed)?;
    crate::ssr::send_to(&home.address().with("saved", "1").to_string());
    Ok(answer)
}

/// Gives a robot a new secret. `seen` is when its present one was made, as the form has it; an empty `lifetime` keeps its end.
#[server(prefix = "/_fn", endpoint = "rotate_robot")]
pub async fn rotate_robot(
    #[server(default)] project: String,
    id: i64,
    overlap: Overlap,
    #[server(default)] lifetime: String,
    #[server(default)] seen: String,
    #[server(default)] password: Option<String>,
) -> Result<Answer<ShownSecret>, AppError> {
    crate::ssr::answer_on(&Home::named(&project).address().with("rotate", id.to_string()));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let lifetime = match crate::ssr::forms::lifetime(&lifetime) {
        Ok(lifetime) => lifetime,
        Err(problem) => return crate::ssr::refuse(problem),
    };
    let seen = crate::ssr::forms::moment(&seen);
    let id = registry::access::RobotId(id);
    let rotated = context.registry.robots.rotate(&context.actor, id, overlap, lifetime, seen).await;
    crate::ssr::answer(rotated.map(|rotated| crate::ssr::show_once(rotated.shown())))
}

/// Puts a robot out of use, or into use again.
#[server(prefix = "/_fn", endpoint = "set_robot_disabled")]
pub async fn set_robot_disabled(
    #[server(default)] project: String,
    id: i64,
    disabled: bool,
    /// The person's own, for what gives rights back, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<()>, AppError> {
    let question = if disabled { "disable" } else { "enable" };
    crate::ssr::answer_on(&Home::named(&project).address().with(question, id.to_string()));
    let context = if disabled {
        crate::ssr::signed_in()?
    } else {
        match crate::ssr::stepped_up(password).await? {
            Answer::Done(context) => context,
            Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
        }
    };
    let id = registry::access::RobotId(id);
    let answer = crate::ssr::answer(context.registry.robots.set_disabled(&context.actor, id, disabled).await)?;
    crate::ssr::send_to(&Home::named(&project).address().to_string());
    Ok(answer)
}

/// Removes a robot.
#[server(prefix = "/_fn", endpoint = "delete_robot")]
pub async fn delete_robot(#[server(default)] project: String, id: i64) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let id = registry::access::RobotId(id);
    let answer = crate::ssr::answer(context.registry.robots.delete(&context.actor, id).await)?;
    crate::ssr::send_to(&Home::named(&project).address().to_string());
    Ok(answer)
}

/// Whose robots they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// The system's.
    System,
    /// A project's, by its name.
    Project(String),
}

impl Home {
    /// By the project's name; the system's where it is empty.
    pub fn named(project: &str) -> Self {
        if project.is_empty() { Self::System } else { Self::Project(project.to_owned()) }
    }

    /// The project's name; empty for the system.
    fn name(&self) -> &str {
        match self {
            Self::System => "",
            Self::Project(name) => name,
        }
    }

    /// The path of the list; the tab of a project is beside it.
    fn path(&self) -> String {
        match self {
            Self::System => routes::ADMIN_ROBOTS.to_owned(),
            Self::Project(name) => routes::project(name).to_string(),
        }
    }

    /// The address of the list.
    pub fn address(&self) -> Address {
        match self {
            Self::System => Address::new(routes::ADMIN_ROBOTS),
            Self::Project(name) => routes::project_robots(name),
        }
    }
}

/// `/admin/robots`.
#[component]
pub fn SystemRobotsPage() -> impl IntoView {
    let words = use_words().robots;
    let query = use_query_map();
    let making = Memo::new(move |_| query.with(|query| query.get("new").is_some() && query.get("edit").is_none()));
    let robots = Resource::new(|| (), |()| list_robots(String::new(), ListQuery { limit: 1, ..ListQuery::default() }));
    // Whoever may not see the list sees no page.
    view! {
        <Loaded
            resource=robots
            skeleton=|| view! { <SkeletonRows columns=5 /> }
            view=move |_| {
                let list_head = move || {
                    view! {
                        <PageHead title=words.system_title()>
                            <p class="page-lead">{words.system_lead()}</p>
                        </PageHead>
                    }
                };
                view! {
                    <Show when=move || making.get() fallback=list_head>
                        <PageHead title=words.new_system_title()>
                            <p class="page-lead">{words.system_lead()} " " {words.new_lead()}</p>
                        </PageHead>
                    </Show>
                    <Robots home=Home::System may_change=true />
                }
                .into_any()
            }
        />
    }
}

/// What the part of the page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    List,
    New,
    Edit(i64),
}

/// A new secret, for as long as the page stays.
#[derive(Clone, Debug)]
struct Made {
    secret: ShownSecret,
    rotated: bool,
}

/// What the parts share: whose robots, what was just made, how often something changed.
#[derive(Clone, Copy, Debug)]
struct Scene {
    home: StoredValue<Home>,
    may_change: bool,
    made: RwSignal<Option<Made>>,
    changes: RwSignal<u32>,
}

impl Scene {
    fn address(self) -> Address {
        self.home.with_value(Home::address)
    }

    fn changed(self) {
        self.changes.update(|changes| *changes += 1);
    }
}

/// The robots of a home, and everything that is done with them.
#[component]
pub fn Robots(
    /// Whose.
    home: Home,
    /// Whether the viewer administers them.
    may_change: bool,
) -> impl IntoView {
    let query = use_query_map();
    let first = shown_by::<CreateRobot>(false).or_else(|| shown_by::<RotateRobot>(true));
    let scene =
        Scene { home: StoredValue::new(home), may_change, made: RwSignal::new(first), changes: RwSignal::new(0) };
    let shown = Memo::new(move |_| {
        query.with(|query| {
            let edited = query.get("edit").and_then(|id| id.parse().ok());
            match edited {
                Some(id) if may_change => Shown::Edit(id),
                None if may_change && query.get("new").is_some() => Shown::New,
                _ => Shown::List,
            }
        })
    });
    move || {
        if let Some(made) = scene.made.get() {
            return view! { <MadeSecret made scene /> }.into_any();
        }
        match shown.get() {
            Shown::New => view! { <NewRobotForm scene /> }.into_any(),
            Shown::Edit(id) => view! { <EditRobot id scene /> }.into_any(),
            Shown::List => view! {
                <RobotList scene />
                <Dialogs scene />
            }
            .into_any(),
        }
    }
}

fn shown_by<S: leptos::server_fn::ServerFn>(rotated: bool) -> Option<Made> {
    let secret = answered::<S>()?.shown.clone()?;
    Some(Made { secret, rotated })
}

#[component]
fn MadeSecret(made: Made, scene: Scene) -> impl IntoView {
    let text = use_words().secret;
    let title = if made.rotated { text.robot_rotated() } else { text.robot_created() };
    let list = scene.address().to_string();
    let leave = move |_| {
        scene.made.set(None);
        scene.changed();
    };
    view! {
        <SecretPanel secret=made.secret title rotated=made.rotated>
            <span on:click=leave>
                <LinkButton kind=crate::components::ButtonKind::Primary href=list>{text.done()}</LinkButton>
            </span>
        </SecretPanel>
    }
}

/// A robot that a dialog or form is about, or why there is none.
fn found(robot: Result<RobotSummary, AppError>, view: impl FnOnce(RobotSummary) -> AnyView) -> AnyView {
    match robot {
        Ok(robot) => view(robot),
        Err(AppError(problem)) => view! { <Failure problem part=true /> }.into_any(),
    }
}
