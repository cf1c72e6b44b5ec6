//! New secrets, disabling and deleting: each asks, and says what follows.

use super::{DeleteRobot, Made, RotateRobot, Scene, SetRobotDisabled, form::LifetimeField, load_robot};
use crate::{
    AppError,
    boot::{Typed, use_now, use_words},
    components::{
        Button, ButtonKind, Dialog, DialogFoot, Failure, FormProblem, Notice, Rich, StepUp, toast::use_toaster, use_go,
    },
    error::{fresh_problem, when_done},
    i18n::format,
};
use api_types::{Overlap, RobotSummary};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
};
use serde::{Deserialize, Serialize};

/// What is asked about a robot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Question {
    Rotate,
    Disable,
    Enable,
    Delete,
}

/// The dialog over the list; which one is open stands in the address.
#[component]
pub fn Dialogs(scene: Scene) -> impl IntoView {
    if !scene.may_change {
        return ().into_any();
    }
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let questions = [
            ("rotate", Question::Rotate),
            ("disable", Question::Disable),
            ("enable", Question::Enable),
            ("delete", Question::Delete),
        ];
        query.with(|query| {
            questions.into_iter().find_map(|(key, question)| Some((question, query.get(key)?.parse::<i64>().ok()?)))
        })
    });
    let robot = Resource::new(
        move || asked.get(),
        |asked| async move {
            match asked {
                Some((question, id)) => load_robot(id).await.map(|robot| Some((question, robot))),
                None => Ok(None),
            }
        },
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match robot.await {
                    Ok(Some((question, robot))) => view! { <Asked question robot scene open=asked /> }.into_any(),
                    Ok(None) => ().into_any(),
                    Err(AppError(problem)) => view! { <Failure problem part=true /> }.into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

#[component]
fn Asked(question: Question, robot: RobotSummary, scene: Scene, open: Memo<Option<(Question, i64)>>) -> impl IntoView {
    let text = use_words().robots;
    let title = match question {
        Question::Rotate => text.rotate_title(&robot.name),
        Question::Disable => text.disable_title(&robot.name),
        Question::Enable => text.enable_title(&robot.name),
        Question::Delete => text.delete_title(&robot.name),
    };
    view! {
        <Dialog title open=Signal::derive(move || open.get().is_some()) close=Signal::stored(scene.address().to_string())>
            {
                let robot = robot.clone();
                match question {
                    Question::Rotate => view! { <RotateForm robot scene /> }.into_any(),
                    Question::Disable => view! { <StateForm robot scene disables=true /> }.into_any(),
                    Question::Enable => view! { <StateForm robot scene disables=false /> }.into_any(),
                    Question::Delete => view! { <DeleteForm robot scene /> }.into_any(),
                }
            }
        </Dialog>
    }
}

#[component]
fn RotateForm(robot: RobotSummary, scene: Scene) -> impl IntoView {
    let words = use_words();
    let text = words.robots;
    let now = use_now();
    let action = ServerAction::<RotateRobot>::new();
    let (problem, edited) = fresh_problem(action);
    let navigate = use_navigate();
    when_done(action, move |secret| {
        scene.made.set(Some(Made { secret, rotated: true }));
        navigate(&scene.address().to_string(), NavigateOptions::default());
    });
    let typed = Typed::into_form::<RotateRobot>();
    let chosen = typed.or("overlap", "day");
    let overlaps = Overlap::ALL.map(|overlap| {
        let word = match overlap {
            Overlap::None => "none",
            Overlap::Hour => "hour",
            Overlap::Day => "day",
            Overlap::Week => "week",
        };
        let (name, hint) = text.overlaps(overlap);
        view! {
            <label class="choice">
                <input class="tick" type="radio" name="overlap" value=word checked={chosen == word} />
                <span class="choice-name">{name}</span>
                {(!hint.is_empty()).then(|| view! { <span class="choice-hint">{hint}</span> })}
            </label>
        }
    });
    let previous = robot.previous_until.map(|until| {
        let told = text.rotate_previous(format::until(words.locale, now.get_untracked(), until));
        view! { <Notice title=told /> }
    });
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                <p>{text.rotate_text()}</p>
                {previous}
                <input type="hidden" name="project" value=scene.home.with_value(|home| home.name().to_owned()) />
                <input type="hidden" name="id" value=robot.id.to_string() />
                <input type="hidden" name="seen" value=robot.rotated_at.map(format::machine).unwrap_or_default() />
                <fieldset class="field">
                    <legend class="field-label">{text.overlap()}</legend>
                    <div class="choices choices-close">{overlaps.into_view()}</div>
                </fieldset>
                <LifetimeField typed keep=Some(robot.expires_at) keeps=false problem />
                <StepUp action />
                <FormProblem problem />
            </div>
            <div class="dialog-foot">
                <a class="button" data-noscroll="" href=scene.address().to_string()>{words.common.cancel()}</a>
                <Button kind=ButtonKind::Primary busy=Signal::from(action.pending())>
                    {move || if action.pending().get() { text.rotating() } else { text.rotate_confirm() }}
                </Button>
            </div>
        </ActionForm>
    }
}

/// When it was last used: what whoever is about to take it away wants to know.
#[component]
fn UseNote(robot: RobotSummary) -> impl IntoView {
    let words = use_words();
    let now = use_now();
    let told = move || match robot.last_used_at {
        Some(at) => words.robots.last_used_note(format::ago_in_sentence(words.locale, now.get(), at)),
        None => words.robots.never_used_note().to_owned(),
    };
    view! { <p>{told}</p> }
}

/// Puts a robot out of use, or into use again, which gives rights back and so asks for the password.
#[component]
fn StateForm(robot: RobotSummary, scene: Scene, disables: bool) -> impl IntoView {
    let text = use_words().robots;
    let action = ServerAction::<SetRobotDisabled>::new();
    let (problem, edited) = fresh_problem(action);
    let go = use_go();
    let toaster = use_toaster();
    let name = robot.name.clone();
    when_done(action, move |()| {
        toaster.done(if disables { text.disabled(&name) } else { text.enabled().to_owned() });
        scene.changed();
        go(&scene.address().to_string());
    });
    let (kind, confirm) = if disables {
        (ButtonKind::DangerSolid, text.disable_confirm())
    } else {
        (ButtonKind::Primary, text.enable_confirm())
    };
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                <p>{if disables { text.disable_text() } else { text.enable_text() }}</p>
                <UseNote robot=robot.clone() />
                <input type="hidden" name="project" value=scene.home.with_value(|home| home.name().to_owned()) />
                <input type="hidden" name="id" value=robot.id.to_string() />
                <input type="hidden" name="disabled" value=disables.to_string() />
                {(!disables).then(|| view! { <StepUp action /> })}
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close=scene.address().to_string() kind confirm />
        </ActionForm>
    }
}

#[component]
fn DeleteForm(robot: RobotSummary, scene: Scene) -> impl IntoView {
    let text = use_words().robots;
    let action = ServerAction::<DeleteRobot>::new();
    let (problem, _) = fresh_problem(action);
    let go = use_go();
    let toaster = use_toaster();
    when_done(action, move |()| {
        toaster.done(text.deleted());
        scene.changed();
        go(&scene.address().to_string());
    });
    view! {
        <ActionForm action>
            <div class="dialog-body">
                <UseNote robot=robot.clone() />
                <p><Rich text=text.delete_goes() /></p>
                <p>{text.delete_stays()}</p>
                <input type="hidden" name="project" value=scene.home.with_value(|home| home.name().to_owned()) />
                <input type="hidden" name="id" value=robot.id.to_string() />
                <FormProblem problem />
            </div>
            <DialogFoot
                busy=action.pending()
                close=scene.address().to_string()
                kind=ButtonKind::DangerSolid
                confirm=text.delete_confirm()
            />
        </ActionForm>
    }
}
