//! The form of a robot, new or not.

use super::{
    CreateRobot, Made, Scene, UpdateRobot, found, load_robot,
    words::{MayFields, Preset},
};
use crate::{
    boot::{Typed, use_words},
    components::{
        Button, ButtonKind, Field, Glyph, Icon, LinkButton, Notice, NoticeTone, PageTitle, Rich, SkeletonRows, StepUp,
        is_about, toast::use_toaster,
    },
    error::{fresh_problem, when_done},
    i18n::format,
};
use api_types::{Lifetime, Problem, RobotSummary};
use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// The fields that errors are shown beside.
const FIELDS: [&str; 6] = ["name", "description", "may", "projects", "lifetime", "password"];

/// Makes a robot.
#[component]
pub fn NewRobotForm(scene: Scene) -> impl IntoView {
    let words = use_words();
    let text = words.robots;
    let action = ServerAction::<CreateRobot>::new();
    let (problem, edited) = fresh_problem(action);
    when_done(action, move |secret| {
        scene.made.set(Some(Made { secret, rotated: false }));
    });
    let typed = Typed::into_form::<CreateRobot>();
    let name = typed.or("name", "");
    let prefix = scene.home.with_value(|home| match home.name() {
        "" => "robot+".to_owned(),
        project => format!("robot+{project}+"),
    });
    // The head of the page of the system's robots says what is made.
    let of_system = scene.home.with_value(|home| home.name().is_empty());
    let title = if of_system { text.new_system_title() } else { text.new_title() };
    view! {
        <PageTitle title />
        <div class="form-page">
            {(!of_system)
                .then(|| {
                    view! {
                        <div class="part-head">
                            <h2>{title}</h2>
                            <p class="second">{text.new_lead()}</p>
                        </div>
                    }
                })}
            <ActionForm action attr:class="form" on:input=move |_| edited()>
                <FormFailure problem title=text.failed_title() />
                <input type="hidden" name="project" value=scene.home.with_value(|home| home.name().to_owned()) />
                <Field id="name" label=text.name() hint=text.name_hint() problem>
                    <div class="input-group">
                        <span class="input-prefix mono" aria-hidden="true">{prefix}</span>
                        <input
                            class="input input-large mono"
                            id="name"
                            name="name"
                            type="text"
                            required
                            autofocus
                            maxlength="255"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            value=name
                            aria-invalid=move || is_about(problem, "name")
                            aria-describedby="name-about"
                        />
                    </div>
                </Field>
                <RobotFields scene problem typed robot=None />
                <StepUp action />
                <div class="form-end">
                    <Button kind=ButtonKind::Primary class="button-large" busy=Signal::from(action.pending())>
                        {move || if action.pending().get() { text.creating() } else { text.create() }}
                    </Button>
                    <LinkButton kind=ButtonKind::Ghost class="button-large" href=scene.address().to_string()>
                        {words.common.cancel()}
                    </LinkButton>
                </div>
            </ActionForm>
        </div>
    }
}

/// Changes a robot, once it is loaded.
#[component]
pub fn EditRobot(id: i64, scene: Scene) -> impl IntoView {
    let robot = Resource::new(move || id, load_robot);
    view! {
        <Transition fallback=|| view! { <SkeletonRows columns=2 /> }>
            {move || Suspend::new(async move {
                found(robot.await, |robot| view! { <EditForm robot scene /> }.into_any())
            })}
        </Transition>
    }
}

#[component]
fn EditForm(robot: RobotSummary, scene: Scene) -> impl IntoView {
    let words = use_words();
    let text = words.robots;
    let action = ServerAction::<UpdateRobot>::new();
    let (problem, edited) = fresh_problem(action);
    let navigate = use_navigate();
    let toaster = use_toaster();
    when_done(action, move |()| {
        toaster.done(text.saved());
        scene.changed();
        navigate(&scene.address().to_string(), NavigateOptions::default());
    });
    let typed = Typed::into_form::<UpdateRobot>();
    let title = text.edit_title(&robot.name);
    view! {
        <PageTitle title=title.clone() />
        <div class="form-page">
            <div class="part-head">
                <h2>{title}</h2>
                <p class="second mono">{robot.login.clone()}</p>
            </div>
            <ActionForm action attr:class="form" on:input=move |_| edited()>
                <FormFailure problem title=text.failed_title() />
                <input type="hidden" name="project" value=scene.home.with_value(|home| home.name().to_owned()) />
                <input type="hidden" name="id" value=robot.id.to_string() />
                <RobotFields scene problem typed robot=Some(robot) />
                <StepUp action />
                <div class="form-end">
                    <Button kind=ButtonKind::Primary class="button-large" busy=Signal::from(action.pending())>
                        {move || if action.pending().get() { words.common.saving() } else { words.common.save() }}
                    </Button>
                    <LinkButton kind=ButtonKind::Ghost class="button-large" href=scene.address().to_string()>
                        {words.common.cancel()}
                    </LinkButton>
                </div>
            </ActionForm>
        </div>
    }
}

/// The problem of a form, where it is about none of the fields.
#[component]
pub fn FormFailure(problem: Signal<Option<Problem>>, title: &'static str) -> impl IntoView {
    let words = use_words().problems;
    move || {
        let elsewhere = |problem: &Problem| problem.field.as_deref().is_none_or(|field| !FIELDS.contains(&field));
        problem.get().filter(elsewhere).map(|problem| {
            view! { <Notice tone=NoticeTone::Danger title text=words.explain(&problem) /> }
        })
    }
}

/// What both forms ask for.
#[component]
fn RobotFields(
    scene: Scene,
    problem: Signal<Option<Problem>>,
    typed: Typed,
    robot: Option<RobotSummary>,
) -> impl IntoView {
    let text = use_words().robots;
    let given = robot.as_ref().and_then(|robot| robot.access.first());
    let may = given.map_or_else(|| Preset::Push.words().to_vec(), |given| given.may.clone());
    // Only the API makes such ones.
    let differs = robot.as_ref().is_some_and(|robot| robot.access.windows(2).any(|pair| pair[0].may != pair[1].may));
    let of_system = scene.home.with_value(|home| *home == super::Home::System);
    let named: Vec<String> =
        robot.iter().flat_map(|robot| &robot.access).filter_map(|access| access.project.clone()).collect();
    let description = robot.as_ref().map(|robot| robot.description.clone()).unwrap_or_default();
    let keep = robot.as_ref().map(|robot| robot.expires_at);
    let projects = typed.clone();
    let chosen = typed.clone();
    let lifetime = typed.clone();
    view! {
        <Field id="description" label=text.description() hint=text.description_hint() optional=true problem>
            <input
                class="input input-large"
                id="description"
                name="description"
                maxlength="1000"
                value=typed.or("description", description)
                aria-describedby="description-about"
            />
        </Field>
        {differs.then(|| view! { <Notice title=text.differs() /> })}
        {of_system.then(|| view! { <WhereFields typed=projects named problem /> })}
        <fieldset class="field">
            <legend class="field-label">{text.permissions()}</legend>
            <MayFields typed=chosen given=may />
            <FieldProblem problem field="may" />
        </fieldset>
        <LifetimeField typed=lifetime keep problem />
    }
}

/// The problem of a field that is more than one control.
#[component]
fn FieldProblem(problem: Signal<Option<Problem>>, field: &'static str) -> impl IntoView {
    let words = use_words().problems;
    view! {
        <div role="alert">
            {move || {
                problem
                    .get()
                    .filter(|problem| problem.field.as_deref() == Some(field))
                    .map(|problem| {
                        view! {
                            <p class="field-error">
                                <Icon glyph=Glyph::CircleAlert />
                                <span><Rich text=words.explain(&problem) /></span>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// In which projects: all, or those that are named.
#[component]
pub fn WhereFields(typed: Typed, named: Vec<String>, problem: Signal<Option<Problem>>) -> impl IntoView {
    let text = use_words().robots;
    let some = typed.or("scope", if named.is_empty() { "all" } else { "some" }) == "some";
    view! {
        <fieldset class="field">
            <legend class="field-label">{text.projects()}</legend>
            <div class="choices where">
                <label class="choice">
                    <input class="tick" type="radio" name="scope" value="all" checked=!some />
                    <span class="choice-name">{text.all_projects()}</span>
                    <span class="choice-hint">{text.all_projects_hint()}</span>
                </label>
                <label class="choice">
                    <input class="tick" type="radio" name="scope" value="some" checked=some />
                    <span class="choice-name">{text.some_projects()}</span>
                </label>
                <div class="where-names">
                    <Field id="projects" label=text.some_projects_label() hint=text.some_projects_hint() problem>
                        <input
                            class="input input-large mono"
                            id="projects"
                            name="projects"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            value=typed.or("projects", named.join(" "))
                            aria-invalid=move || is_about(problem, "projects")
                            aria-describedby="projects-about"
                        />
                    </Field>
                </div>
            </div>
        </fieldset>
    }
}

/// How long it lives. With an end that there was before, that can be kept.
#[component]
pub fn LifetimeField(
    typed: Typed,
    /// The end that there is; `None` for something new.
    #[prop(optional_no_strip)]
    keep: Option<Option<time::OffsetDateTime>>,
    /// Whether the end is kept unless another is chosen.
    #[prop(default = true)]
    keeps: bool,
    problem: Signal<Option<Problem>>,
) -> impl IntoView {
    let words = use_words();
    let text = words.robots;
    let default = match Lifetime::default() {
        Lifetime::Days(days) => days.to_string(),
        Lifetime::Never => "never".to_owned(),
    };
    let chosen = typed.or("lifetime", if keep.is_some() && keeps { String::new() } else { default });
    let mut options: Vec<(String, String)> = Vec::new();
    match keep {
        Some(Some(at)) => {
            options.push((String::new(), text.keep_until(format::full_day(words.locale, at.date()))));
        }
        Some(None) => options.push((String::new(), text.keep_never().to_owned())),
        None => {}
    }
    for days in [30_u64, 90, 180] {
        options.push((days.to_string(), text.in_days(days)));
    }
    options.push(("365".to_owned(), text.in_a_year().to_owned()));
    options.push(("never".to_owned(), text.never().to_owned()));
    view! {
        <Field id="lifetime" label=text.lifetime() hint=text.lifetime_hint() problem>
            <select class="input select input-large" id="lifetime" name="lifetime" aria-describedby="lifetime-about">
                {options
                    .into_iter()
                    .map(|(value, name)| {
                        let selected = value == chosen;
                        view! { <option value=value selected=selected>{name}</option> }
                    })
                    .collect_view()}
            </select>
        </Field>
    }
}
