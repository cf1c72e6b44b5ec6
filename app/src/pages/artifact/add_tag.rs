//! One more tag for an artifact.

use super::address_of;
use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    browser,
    components::{ButtonKind, Dialog, DialogFoot, Field, FormProblem, Rich, is_about},
    error::{fresh_problem, when_done},
    routes,
};
use api_types::ArtifactDetail;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Points a tag at a manifest; answers the tag.
#[server(prefix = "/_fn", endpoint = "add_tag")]
pub async fn add_tag(repository: String, digest: String, tag: String) -> Result<Answer<String>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&routes::artifact(&repository, &digest).with("add-tag", "1"));
    let name = crate::ssr::names::repository(&repository)?;
    let digest = crate::ssr::names::digest(&digest)?;
    let wanted = tag.trim().to_owned();
    let Ok(tag) = wanted.parse() else {
        let hint = crate::i18n::Catalogue::new(crate::ssr::boot().locale).artifact.tag_hint();
        return crate::ssr::refuse(
            api_types::Problem::new(api_types::ProblemKind::Invalid, "tag_malformed", hint).on_field("tag"),
        );
    };
    let answer = crate::ssr::answer(
        context.registry.tags.create(&context.actor, &name, &tag, &digest).await.map(|()| wanted.clone()),
    )?;
    crate::ssr::send_to(&routes::tag(&repository, &wanted).to_string());
    Ok(answer)
}

/// The dialog, open while the address says so.
#[component]
pub fn AddTag(artifact: ArtifactDetail) -> impl IntoView {
    let text = use_words().artifact;
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("add-tag").is_some()));
    let action = ServerAction::<AddTag>::new();
    let (problem, edited) = fresh_problem(action);
    let tag = StoredValue::new(Typed::into_form::<AddTag>().or("tag", ""));
    let repository = artifact.repository.clone();
    when_done(action, move |tag| {
        browser::load(&routes::tag(&repository, &tag).to_string());
    });
    let close = address_of(&artifact).to_string();
    let digest = StoredValue::new(artifact.summary.digest);
    let repository = StoredValue::new(artifact.repository);
    let close = StoredValue::new(close);
    view! {
        <Dialog title=text.add_tag_title().to_owned() open=open close=Signal::derive(move || close.get_value())>
            <ActionForm action on:input=move |_| edited()>
                <div class="dialog-body">
                    <input type="hidden" name="repository" value=repository.get_value() />
                    <input type="hidden" name="digest" value=digest.get_value() />
                    <p><Rich text=text.add_tag_text(routes::shorten(&digest.get_value())) /></p>
                    <Field id="tag" label=text.tag_name() hint=text.tag_hint() problem>
                        <input
                            class="input mono"
                            id="tag"
                            name="tag"
                            value=tag.get_value()
                            required
                            maxlength="128"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            aria-invalid=move || is_about(problem, "tag")
                            aria-describedby="tag-about"
                        />
                    </Field>
                    <FormProblem problem />
                </div>
                <DialogFoot busy=action.pending() close=close.get_value() kind=ButtonKind::Primary confirm=text.confirm_tag() />
            </ActionForm>
        </Dialog>
    }
}
