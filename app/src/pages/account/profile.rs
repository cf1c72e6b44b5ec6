//! `/account`: name and address.

use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    components::{
        Badge, Button, ButtonKind, Field, FormProblem, Loaded, Moment, Notice, NoticeTone, SkeletonRows, Tone, is_about,
    },
    error::{follow, fresh_problem},
};
use api_types::PersonSummary;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// The viewer's own account.
#[server(prefix = "/_fn", endpoint = "profile", input = GetUrl)]
pub async fn load_profile() -> Result<PersonSummary, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.people.own_profile(&context.actor).await)
}

/// Changes the viewer's name and address; the answer says where to go on.
#[server(prefix = "/_fn", endpoint = "update_profile")]
pub async fn update_profile(
    #[server(default)] display_name: String,
    #[server(default)] email: String,
) -> Result<Answer<String>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&crate::routes::Address::new(crate::routes::ACCOUNT));
    let people = &context.registry.people;
    let next = crate::routes::saved(crate::routes::ACCOUNT).to_string();
    let answer = crate::ssr::answer(people.update_profile(&context.actor, &display_name, &email).await)?;
    if answer == Answer::Done(()) {
        crate::ssr::send_to(&next);
    }
    Ok(match answer {
        Answer::Done(()) => Answer::Done(next),
        Answer::Refused(problem) => Answer::Refused(problem),
    })
}

/// The page.
#[component]
pub fn ProfilePage() -> impl IntoView {
    let profile = Resource::new(|| (), |()| load_profile());
    view! {
        <div class="stack form-page settings">
            <Loaded
                part=true
                resource=profile
                skeleton=|| view! { <SkeletonRows columns=1 rows=3 /> }
                view=|person| view! { <ProfileForm person /> }.into_any()
            />
        </div>
    }
}

#[component]
fn ProfileForm(person: PersonSummary) -> impl IntoView {
    let all = use_words();
    let words = all.account;
    let typed = Typed::into_form::<UpdateProfile>();
    let display_name = typed.or("display_name", person.display_name.clone());
    let email = typed.or("email", person.email.clone().unwrap_or_default());
    let saved = use_query_map().with_untracked(|query| query.get("saved").is_some());
    let action = ServerAction::<UpdateProfile>::new();
    let (problem, edited) = fresh_problem(action);
    // The name stands in the frame too, so everything is loaded anew.
    let busy = follow(action);
    view! {
        {saved.then(|| view! { <Notice tone=NoticeTone::Success title=words.saved() /> })}
        <ActionForm action attr:class="card form form-rows" on:input=move |_| edited()>
            <dl class="pairs">
                <dt>{words.username()}</dt>
                <dd>
                    <code>{person.username.clone()}</code>
                    {person.is_admin.then(|| view! { " " <Badge tone=Tone::Accent>{all.terms.system_admin()}</Badge> })}
                </dd>
                <dt>{words.since()}</dt>
                <dd>
                    <Moment at=person.created_at />
                </dd>
            </dl>
            <Field id="display_name" label=words.display_name() hint=words.display_name_hint() optional=true problem>
                <input
                    class="input input-large"
                    id="display_name"
                    name="display_name"
                    maxlength="100"
                    autocomplete="name"
                    value=display_name
                    aria-invalid=move || is_about(problem, "display_name")
                    aria-describedby="display_name-about"
                />
            </Field>
            <Field id="email" label=words.email() hint=words.email_hint() optional=true problem>
                <input
                    class="input input-large"
                    id="email"
                    name="email"
                    type="email"
                    maxlength="254"
                    autocomplete="email"
                    value=email
                    aria-invalid=move || is_about(problem, "email")
                    aria-describedby="email-about"
                />
            </Field>
            <FormProblem problem />
            <div class="form-actions">
                <Button kind=ButtonKind::Primary busy>
                    {move || if busy.get() { all.common.saving() } else { all.common.save() }}
                </Button>
            </div>
        </ActionForm>
    }
}
