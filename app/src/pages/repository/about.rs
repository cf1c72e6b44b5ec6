//! What a repository says about itself.

use super::{Changes, Part};
use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    components::{
        Button, ButtonKind, Empty, Field, FormProblem, Glyph, LinkButton, is_about, toast::use_toaster, use_go,
    },
    error::{fresh_problem, when_done},
};
use api_types::RepositoryDetail;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Changes the description.
#[server(prefix = "/_fn", endpoint = "describe_repository")]
pub async fn describe_repository(repository: String, description: String) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&Part::About.address(&repository).with("edit", "1"));
    let name = crate::ssr::names::repository(&repository)?;
    // Forms send line ends as CR LF.
    let description = description.replace("\r\n", "\n");
    let answer = crate::ssr::answer(context.registry.repositories.describe(&context.actor, &name, &description).await)?;
    crate::ssr::send_to(&Part::About.address(&repository).to_string());
    Ok(answer)
}

/// The tab.
#[component]
pub fn About(repository: RepositoryDetail) -> impl IntoView {
    let text = use_words().repository;
    let query = use_query_map();
    let edit = Memo::new(move |_| query.with(|query| query.get("edit").is_some()));
    let may_edit = repository.may.push;
    move || {
        let summary = repository.summary.clone();
        if edit.get() && may_edit {
            return view! { <Edit name=summary.name description=summary.description /> }.into_any();
        }
        let address = Part::About.address(&summary.name).with("edit", "1").to_string();
        if summary.description.trim().is_empty() {
            let hint = if may_edit { text.no_description_text() } else { text.no_description_hint() };
            let button = may_edit.then(|| {
                view! {
                    <LinkButton kind=ButtonKind::Primary icon=Glyph::Pencil href=address>{text.write_description()}</LinkButton>
                }
            });
            return view! { <Empty glyph=Glyph::FileText title=text.no_description() text=hint boxed=true>{button}</Empty> }
            .into_any();
        }
        let button =
            may_edit.then(|| view! { <LinkButton icon=Glyph::Pencil href=address>{text.describe()}</LinkButton> });
        view! {
            <section class="card">
                <div class="about-text">{summary.description}</div>
                <div class="form-actions">{button}</div>
            </section>
        }
        .into_any()
    }
}

#[component]
fn Edit(name: String, description: String) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let Changes(changes) = expect_context();
    let toaster = use_toaster();
    let go = use_go();
    let close = Part::About.address(&name).to_string();
    let action = ServerAction::<DescribeRepository>::new();
    let (problem, edited) = fresh_problem(action);
    let description = Typed::into_form::<DescribeRepository>().or("description", description);
    when_done(action, {
        let close = close.clone();
        move |()| {
            toaster.done(text.described());
            changes.update(|changes| *changes += 1);
            go(&close);
        }
    });
    view! {
        <ActionForm action attr:class="card form" on:input=move |_| edited()>
            <input type="hidden" name="repository" value=name />
            <Field id="description" label=text.description() hint=text.description_hint() problem>
                <textarea
                    class="input textarea"
                    id="description"
                    name="description"
                    rows="12"
                    maxlength="65536"
                    aria-invalid=move || is_about(problem, "description")
                    aria-describedby="description-about"
                >
                    {description}
                </textarea>
            </Field>
            <FormProblem problem />
            <div class="form-actions">
                <Button kind=ButtonKind::Primary busy=Signal::from(action.pending())>
                    {move || if action.pending().get() { words.common.saving() } else { words.common.save() }}
                </Button>
                <a class="button" href=close>{words.common.cancel()}</a>
            </div>
        </ActionForm>
    }
}
