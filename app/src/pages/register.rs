//! `/register`: an account for oneself, where the settings allow that.

use crate::{
    Answer, AppError,
    boot::{Typed, use_boot, use_words},
    components::{
        Button, ButtonKind, Empty, Field, FormProblem, Glyph, LinkButton, Loaded, PageTitle, Rich, Skeleton, is_about,
    },
    error::{follow, fresh_problem},
    pages::{
        door::Door,
        password::{ChoosePassword, Whose},
    },
    routes,
};
use leptos::{prelude::*, server_fn::codec::GetUrl};

/// Whether people may create their own accounts.
#[server(prefix = "/_fn", endpoint = "registration", input = GetUrl)]
pub async fn registration() -> Result<bool, AppError> {
    let context = crate::ssr::context()?;
    Ok(crate::ssr::read(context.registry.settings.system().await)?.self_registration)
}

/// Creates an account and signs in to it.
#[server(prefix = "/_fn", endpoint = "register")]
pub async fn register(
    username: String,
    #[server(default)] email: String,
    new_password: String,
    again: String,
) -> Result<Answer<String>, AppError> {
    let context = crate::ssr::context()?;
    crate::ssr::answer_on(&routes::Address::new(routes::REGISTER));
    if new_password != again {
        return crate::ssr::refuse_field("again", "password_differs", "The two passwords differ.");
    }
    let person = api_types::NewPerson { username, email, display_name: String::new() };
    let attempt = context.session.attempt("");
    let registered = context.registry.people.register(&person, &new_password.into(), attempt).await;
    crate::ssr::let_in(&context, registered).await
}

/// The page.
#[component]
pub fn RegisterPage() -> impl IntoView {
    let words = use_words().register;
    if use_boot().viewer.is_some() {
        return view! { <crate::Elsewhere path=routes::OVERVIEW.to_owned() /> }.into_any();
    }
    let open = Resource::new(|| (), |()| registration());
    view! {
        <Door>
            <PageTitle title=words.title().to_owned() />
            <div class="door-box door-form">
                <Loaded
                    resource=open
                    skeleton=|| view! { <Skeleton class="skeleton-block" /> }
                    view=|open| if open { view! { <RegisterForm /> }.into_any() } else { view! { <Closed /> }.into_any() }
                />
            </div>
            <p class="door-note">
                <Rich text=words.have_one() />
                " "
                <a class="link" href=routes::LOGIN>{words.sign_in()}</a>
            </p>
        </Door>
    }
    .into_any()
}

#[component]
fn Closed() -> impl IntoView {
    let words = use_words().register;
    crate::answer_with(api_types::ProblemKind::NotFound);
    view! {
        <h1 class="visually-hidden">{words.title()}</h1>
        <Empty glyph=Glyph::Lock title=words.closed_title() text=words.closed()>
            <LinkButton href=routes::LOGIN.to_owned()>{words.sign_in()}</LinkButton>
        </Empty>
    }
}

#[component]
fn RegisterForm() -> impl IntoView {
    let words = use_words().register;
    let boot = use_boot();
    let action = ServerAction::<Register>::new();
    let (problem, edited) = fresh_problem(action);
    let busy = follow(action);
    let typed = Typed::into_form::<Register>();
    let name = RwSignal::new(typed.or("username", ""));
    view! {
        <h1>{words.title()}</h1>
        <p class="door-lead">
            <Rich text=words.lead(&boot.site.host) />
        </p>
        <ActionForm action attr:class="form" on:input=move |_| edited()>
            <FormProblem problem />
            <Field id="username" label=words.name() hint=words.name_hint() problem>
                <input
                    class="input input-large"
                    id="username"
                    name="username"
                    required
                    autofocus
                    maxlength="255"
                    autocomplete="username"
                    autocapitalize="none"
                    spellcheck="false"
                    value=name.get_untracked()
                    aria-invalid=move || is_about(problem, "username")
                    aria-describedby="username-about"
                    on:input=move |event| name.set(event_target_value(&event))
                />
            </Field>
            <Field id="email" label=words.email() optional=true problem>
                <input
                    class="input input-large"
                    id="email"
                    name="email"
                    type="email"
                    maxlength="254"
                    autocomplete="email"
                    value={typed.or("email", "")}
                    aria-invalid=move || is_about(problem, "email")
                    aria-describedby="email-about"
                />
            </Field>
            <ChoosePassword problem whose=Whose::New(name) />
            <Button kind=ButtonKind::Primary class="button-large button-wide" busy>
                {move || if busy.get() { words.submitting() } else { words.submit() }}
            </Button>
        </ActionForm>
    }
}
