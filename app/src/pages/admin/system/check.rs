//! What a look from outside found, and the button that has it looked again.

use crate::{
    Answer, AppError,
    boot::use_words,
    components::{Ago, Badge, Button, FormProblem, Glyph, Icon, Rich, Tone},
    error::last_problem,
};
use api_types::{CheckReport, Finding, Severity};
use leptos::prelude::*;
use std::cmp::Reverse;

/// Has the server look at itself from outside, and keeps the report; for administrators.
#[server(prefix = "/_fn", endpoint = "check_connection")]
pub async fn check_connection() -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.access.administrator(&context.actor).await.map(drop))?;
    let report = context.examiner.examine().await;
    let answer = crate::ssr::answer(context.registry.system.keep_check(&context.actor, &report).await)?;
    crate::ssr::send_to(crate::routes::SYSTEM);
    Ok(answer)
}

/// The card.
#[component]
pub fn CheckCard(report: Option<CheckReport>, action: ServerAction<CheckConnection>) -> impl IntoView {
    let words = use_words().system;
    let problem = last_problem(action);
    let busy = Signal::from(action.pending());
    view! {
        <section class="card card-flush" id="check" aria-labelledby="check-title">
            <div class="card-head">
                <div>
                    <h2 id="check-title">{words.check()}</h2>
                    <p class="second">{words.check_lead()}</p>
                </div>
                <ActionForm action>
                    <Button icon=Glyph::Scan busy>
                        {move || if busy.get() { words.checking() } else { words.check_now() }}
                    </Button>
                    <FormProblem problem />
                </ActionForm>
            </div>
            {match report {
                None => {
                    view! { <p class="fsck-told second">{words.check_never()} " " {words.check_never_text()}</p> }.into_any()
                }
                Some(report) => view! { <Report report /> }.into_any(),
            }}
            <p class="check-foot"><Rich text=words.check_terminal() /></p>
        </section>
    }
}

#[component]
fn Report(report: CheckReport) -> impl IntoView {
    let words = use_words().system;
    let count = |severity| report.count(severity) as u64;
    let (failures, warnings, passed) = (count(Severity::Failure), count(Severity::Warning), count(Severity::Passed));
    let mut findings = report.findings.clone();
    // What has to be mended first stands first.
    findings.sort_by_key(|finding| Reverse(finding.severity()));
    view! {
        <p class="check-sum">
            {(failures > 0).then(|| view! { <Badge tone=Tone::Danger icon=Glyph::CircleAlert>{words.failures(failures)}</Badge> })}
            {(warnings > 0).then(|| view! { <Badge tone=Tone::Warning icon=Glyph::TriangleAlert>{words.warnings(warnings)}</Badge> })}
            {(failures + warnings == 0)
                .then(|| view! { <Badge tone=Tone::Success icon=Glyph::CircleCheck>{words.all_well()}</Badge> })}
            <Badge>{words.passed(passed)}</Badge>
            <span class="second">{words.checked()} " " <Ago at=report.at in_sentence=true /></span>
        </p>
        <ul class="rows findings">
            {findings.into_iter().map(|finding| view! { <FindingRow finding /> }).collect_view()}
        </ul>
    }
}

#[component]
fn FindingRow(finding: Finding) -> impl IntoView {
    let words = use_words();
    let text = words.connection.words(&finding);
    let (class, glyph, word) = match finding.severity() {
        Severity::Passed => ("finding finding-passed", Glyph::CircleCheck, words.system.pass()),
        Severity::Warning => ("finding finding-warning", Glyph::TriangleAlert, words.system.warning()),
        Severity::Failure => ("finding finding-failure", Glyph::CircleAlert, words.system.failure()),
    };
    view! {
        <li class=class>
            <Icon glyph label=word />
            <h3>{text.title}</h3>
            <div>
                <p><Rich text=text.seen /></p>
                {(!text.why.is_empty()).then(|| view! { <p class="second"><Rich text=text.why /></p> })}
                {(!text.remedy.is_empty())
                    .then(|| {
                        view! {
                            <p class="remedy">
                                <strong>{words.system.remedy()}</strong>
                                " "
                                <Rich text=text.remedy />
                            </p>
                        }
                    })}
            </div>
        </li>
    }
}
