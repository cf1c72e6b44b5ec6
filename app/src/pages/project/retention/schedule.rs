//! Choosing when the rules are followed.

use super::{Changes, Part};
use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    components::{
        ButtonKind, Dialog, DialogFoot, Field, FormProblem, Moment, Rich, is_about, toast::use_toaster, use_go,
    },
    error::{fresh_problem, when_done},
    typing::Rest,
};
use api_types::ScheduleCheck;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use std::time::Duration;

/// How long typing must rest before the server is asked what an expression means.
const REST: Duration = Duration::from_millis(200);

/// What can be chosen without an expression: the form's word and what it stands for.
const PRESETS: [(&str, &str); 5] =
    [("never", ""), ("hourly", "0 * * * *"), ("daily", "0 3 * * *"), ("weekly", "0 3 * * 0"), ("monthly", "0 3 1 * *")];

/// The form's word for what no preset stands for.
const OWN: &str = "own";

/// What an expression means; nothing for one that means nothing, or nothing yet.
#[server(prefix = "/_fn", endpoint = "check_schedule", input = GetUrl)]
pub async fn check_schedule(project: String, cron: String) -> Result<Option<ScheduleCheck>, AppError> {
    let context = crate::ssr::signed_in()?;
    let project = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.retention.check_schedule(&context.actor, &project, &cron).await)
}

/// Has the rules followed at these times.
#[server(prefix = "/_fn", endpoint = "schedule_retention")]
pub async fn schedule_retention(
    project: String,
    /// One of the presets, or `own`.
    preset: String,
    /// The expression for `own`.
    #[server(default)]
    cron: String,
) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&Part::Rules.address(&project).with("schedule", "1"));
    let name = crate::ssr::names::project(&project)?;
    let known = PRESETS.iter().find(|(word, _)| *word == preset);
    let cron = known.map_or(cron.as_str(), |(_, cron)| *cron);
    if known.is_none() && cron.trim().is_empty() {
        return crate::ssr::refuse_field("cron", "cron_empty", "Enter an expression, or choose one of the others.");
    }
    let saved = context.registry.retention.set_schedule(&context.actor, &name, Some(cron)).await;
    let answer = crate::ssr::answer(saved)?;
    crate::ssr::send_to(&Part::Rules.address(&project).with("done", "scheduled").to_string());
    Ok(answer)
}

/// The dialog, open while the address says so.
#[component]
pub fn ScheduleDialog(
    project: String,
    /// The expression that there is; empty without one.
    cron: String,
) -> impl IntoView {
    let text = use_words().retention;
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("schedule").is_some()));
    let close = StoredValue::new(Part::Rules.address(&project).to_string());
    let (name, cron) = (StoredValue::new(project), StoredValue::new(cron));
    view! {
        <Dialog title=text.schedule_title().to_owned() open close=Signal::derive(move || close.get_value())>
            <ScheduleForm project=name.get_value() cron=cron.get_value() close=close.get_value() />
        </Dialog>
    }
}

#[component]
fn ScheduleForm(project: String, cron: String, close: String) -> impl IntoView {
    let text = use_words().retention;
    let Changes(changes) = expect_context();
    let toaster = use_toaster();
    let go = use_go();
    let action = ServerAction::<ScheduleRetention>::new();
    let (problem, edited) = fresh_problem(action);
    when_done(action, {
        let close = close.clone();
        move |()| {
            toaster.done(text.schedule_saved());
            changes.update(|changes| *changes += 1);
            go(&close);
        }
    });
    let typed = Typed::into_form::<ScheduleRetention>();
    let stored = PRESETS.iter().find(|(_, preset)| *preset == cron).map_or(OWN, |(word, _)| *word);
    let chosen = typed.or("preset", stored);
    let cron = typed.or("cron", if stored == OWN { cron } else { String::new() });
    let expression = RwSignal::new(cron.clone());
    let meaning = watch_expression(project.clone(), expression);
    let options = [
        ("never", text.never()),
        ("hourly", text.every_hour()),
        ("daily", text.every_day()),
        ("weekly", text.every_week()),
        ("monthly", text.every_month()),
        (OWN, text.own()),
    ];
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                <input type="hidden" name="project" value=project />
                <Field id="preset" label=text.preset() problem>
                    <select class="input select input-large" id="preset" name="preset" aria-describedby="preset-about">
                        {options
                            .map(|(word, name)| view! { <option value=word selected=word == chosen>{name}</option> })
                            .collect_view()}
                    </select>
                </Field>
                <Field id="cron" label=text.cron() hint=text.cron_hint() problem>
                    <input
                        class="input input-large mono"
                        id="cron"
                        name="cron"
                        value=cron
                        maxlength="100"
                        autocomplete="off"
                        spellcheck="false"
                        aria-invalid=move || is_about(problem, "cron")
                        aria-describedby="cron-about"
                        on:input=move |event| expression.set(event_target_value(&event))
                    />
                    <Meaning meaning />
                </Field>
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind=ButtonKind::Primary confirm=text.save_schedule() />
        </ActionForm>
    }
}

/// Asks the server what the expression means whenever typing rests; it comes with the expression that it is about.
fn watch_expression(project: String, expression: RwSignal<String>) -> RwSignal<Option<(String, ScheduleCheck)>> {
    let meaning = RwSignal::new(None::<(String, ScheduleCheck)>);
    let rest = Rest::of(REST);
    Effect::new(move || {
        let typed = expression.with(|expression| expression.trim().to_owned());
        rest.forget();
        if typed.is_empty() {
            meaning.set(None);
            return;
        }
        rest.ask(check_schedule(project.clone(), typed.clone()), move |answer| {
            // Of what is wrong, or out of reach, nothing is said; sending the form will tell.
            meaning.set(answer.ok().flatten().map(|check| (typed, check)));
        });
    });
    meaning
}

/// What the expression in the field means, and its next times.
#[component]
fn Meaning(meaning: RwSignal<Option<(String, ScheduleCheck)>>) -> impl IntoView {
    let text = use_words().retention;
    let told = move || {
        let (expression, check) = meaning.get()?;
        let times = check.next.into_iter().enumerate().map(|(at, time)| {
            view! {
                {if at == 0 { ": " } else { "; " }}
                <span class="nowrap"><Moment at=time.at /></span>
            }
        });
        Some(view! {
            <span><Rich text=text.times(check.shape, &expression) /></span>
            ". "
            {text.next_runs()}
            {times.collect_view()}
        })
    };
    view! {
        <p class="field-hint live-only" aria-live="polite">
            {told}
        </p>
    }
}
