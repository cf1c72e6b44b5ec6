//! The steps of the first day.

use crate::{
    Answer, AppError,
    boot::use_words,
    components::{Glyph, Icon, LinkButton},
    routes,
};
use api_types::Checklist;
use leptos::prelude::*;

/// Puts the checklist away for good.
#[server(prefix = "/_fn", endpoint = "dismiss_checklist")]
pub async fn dismiss_checklist() -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer(context.registry.people.dismiss_checklist(&context.actor).await)
}

/// What was done and what comes next, with the way there. It can be put away at any time.
#[component]
pub fn ChecklistLine(
    /// What was done.
    checklist: Checklist,
    /// A project whose page shows the lines that log in and push.
    project: Option<String>,
    /// Puts it away.
    dismiss: ServerAction<DismissChecklist>,
) -> impl IntoView {
    let all = use_words();
    let words = all.overview;
    let steps = [
        (checklist.password, words.step_password()),
        (checklist.project, words.step_project()),
        (checklist.login, words.step_login()),
        (checklist.push, words.step_push()),
        (checklist.robot, words.step_robot()),
    ];
    let next = steps.iter().position(|(done, _)| !done);
    let robot = project.as_ref().map(|name| routes::project_robots(name).with("new", "1").to_string());
    let project = project.map(|name| routes::project(&name).to_string());
    let way = match next {
        Some(1) => Some((routes::NEW_PROJECT.to_owned(), words.do_project())),
        Some(2) => project.map(|project| (project, words.do_login())),
        Some(3) => project.map(|project| (project, words.do_push())),
        Some(4) => robot.map(|robot| (robot, words.do_robot())),
        _ => None,
    };
    let all_done = next.is_none().then(|| words.all_done());
    let class = if next.is_none() { "checklist checklist-done" } else { "checklist" };
    let gone = move || dismiss.version().get() > 0 || dismiss.pending().get();
    view! {
        <section class=class aria-labelledby="getting-started" hidden=gone>
            <h2 id="getting-started">{words.getting_started()}</h2>
            <ol>
                {steps
                    .into_iter()
                    .enumerate()
                    .map(|(index, (done, name))| {
                        let (class, glyph, state) = if done {
                            ("done", Glyph::Check, words.step_done())
                        } else if next == Some(index) {
                            ("open", Glyph::Circle, words.step_next())
                        } else {
                            ("later", Glyph::Circle, words.step_later())
                        };
                        view! {
                            <li class=class aria-current=(next == Some(index)).then_some("step")>
                                <Icon glyph />
                                {name}
                                <span class="visually-hidden">{state}</span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
            <div class="checklist-actions">
                {all_done.map(|text| view! { <span class="second">{text}</span> })}
                {way.map(|(href, name)| view! { <LinkButton href>{name}</LinkButton> })}
                <ActionForm action=dismiss>
                    <button
                        type="submit"
                        class="button button-ghost button-icon button-touch"
                        aria-label=words.put_away()
                        title=words.put_away()
                    >
                        <Icon glyph=Glyph::X />
                    </button>
                </ActionForm>
            </div>
        </section>
    }
}
