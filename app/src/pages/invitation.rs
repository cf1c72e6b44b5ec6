//! `/invitation?key=…`: a one-time link, with which a person chooses their own password.

use crate::{
    Answer, AppError,
    boot::use_words,
    components::{Button, ButtonKind, Empty, FormProblem, Glyph, LinkButton, Loaded, PageTitle, Rich, Skeleton},
    error::{follow, fresh_problem},
    pages::{
        door::Door,
        password::{ChoosePassword, Whose},
    },
    routes,
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Whose password a link sets; nobody's for one that opens nothing. The key is sent in the body, never in an address.
#[server(prefix = "/_fn", endpoint = "link_owner")]
pub async fn link_owner(link: String) -> Result<Option<String>, AppError> {
    let context = crate::ssr::context()?;
    match context.registry.people.link_owner(&link.into()).await {
        Err(registry::Error::LinkVoid) => Ok(None),
        owner => crate::ssr::read(owner.map(Some)),
    }
}

/// Sets the password of a link's owner and signs them in.
#[server(prefix = "/_fn", endpoint = "accept_link")]
pub async fn accept_link(link: String, new_password: String, again: String) -> Result<Answer<String>, AppError> {
    let context = crate::ssr::context()?;
    crate::ssr::answer_on(&routes::invitation(&link));
    if new_password != again {
        return crate::ssr::refuse_field("again", "password_differs", "The two passwords differ.");
    }
    let attempt = context.session.attempt("");
    let accepted = context.registry.people.accept_link(&link.into(), &new_password.into(), attempt).await;
    crate::ssr::let_in(&context, accepted).await
}

/// The page.
#[component]
pub fn InvitationPage() -> impl IntoView {
    let words = use_words().invitation;
    let key = use_query_map().with_untracked(|query| query.get("key").unwrap_or_default());
    let owner = Resource::new(|| (), {
        let key = key.clone();
        move |()| link_owner(key.clone())
    });
    view! {
        <Door>
            <PageTitle title=words.title().to_owned() />
            <div class="door-box door-form">
                <Loaded
                    resource=owner
                    skeleton=|| view! { <Skeleton class="skeleton-block" /> }
                    view=move |owner| match owner {
                        Some(name) => view! { <LinkForm name key=key.clone() /> }.into_any(),
                        None => view! { <Void /> }.into_any(),
                    }
                />
            </div>
        </Door>
    }
}

/// A link that opens nothing.
#[component]
fn Void() -> impl IntoView {
    let words = use_words().invitation;
    crate::answer_with(api_types::ProblemKind::NotFound);
    view! {
        <h1 class="visually-hidden">{words.title()}</h1>
        <Empty glyph=Glyph::Clock title=words.void_title() text=words.void()>
            <LinkButton href=routes::LOGIN.to_owned()>{words.sign_in()}</LinkButton>
        </Empty>
    }
}

#[component]
fn LinkForm(name: String, key: String) -> impl IntoView {
    let words = use_words().invitation;
    let action = ServerAction::<AcceptLink>::new();
    let (problem, edited) = fresh_problem(action);
    let busy = follow(action);
    view! {
        <h1>{words.title()}</h1>
        <p class="door-lead">
            <Rich text=words.lead(&name) />
        </p>
        <ActionForm action attr:class="form" on:input=move |_| edited()>
            <FormProblem problem />
            <input type="hidden" name="link" value=key.clone() />
            // Password managers file the new password under this name.
            <input type="hidden" name="username" autocomplete="username" value=name disabled />
            <ChoosePassword problem whose=Whose::Link(key) autofocus=true />
            <Button kind=ButtonKind::Primary class="button-large button-wide" busy>
                {move || if busy.get() { words.submitting() } else { words.submit() }}
            </Button>
        </ActionForm>
    }
}
