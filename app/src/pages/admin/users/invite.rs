//! Adding a person.

use super::{PeopleChanged, link::LinkShown};
use crate::{
    Answer, AppError,
    boot::{Typed, answered, use_words},
    components::{ButtonKind, Dialog, DialogFoot, Field, FormProblem, StepUp, is_about},
    error::fresh_problem,
    routes::{self, Address},
};
use api_types::PasswordLink;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Creates a person, who chooses their password with the link that the answer has.
#[server(prefix = "/_fn", endpoint = "invite_person")]
pub async fn invite_person(
    username: String,
    #[server(default)] display_name: String,
    #[server(default)] email: String,
    #[server(default)] admin: bool,
    /// The administrator's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<PasswordLink>, AppError> {
    crate::ssr::answer_on(&list().with("new", "1"));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let person = api_types::NewPerson { username, display_name, email };
    match context.registry.people.invite(&context.actor, &person, admin).await {
        Ok(issued) => Ok(Answer::Done(crate::ssr::show_link(&issued)?)),
        Err(error) => crate::ssr::answer(Err(error)),
    }
}

/// The dialog, open while the address says so. Once the person is there it shows their link.
#[component]
pub fn InviteDialog(#[prop(into)] close: Signal<String>) -> impl IntoView {
    let words = use_words().users;
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("new").is_some()));
    let linked = RwSignal::new(answered::<InvitePerson>().is_some_and(|answered| answered.link.is_some()));
    let title = Signal::derive(move || {
        let title = if linked.get() { words.link_title() } else { words.add_title() };
        title.to_owned()
    });
    view! {
        <Dialog title open close>
            <InviteForm linked close />
        </Dialog>
    }
}

#[component]
fn InviteForm(linked: RwSignal<bool>, close: Signal<String>) -> impl IntoView {
    let words = use_words().users;
    let changed: PeopleChanged = expect_context();
    let action = ServerAction::<InvitePerson>::new();
    let (problem, edited) = fresh_problem(action);
    let first = answered::<InvitePerson>().and_then(|answered| answered.link.clone());
    let link = Memo::new(move |_| match action.value().get() {
        Some(Ok(Answer::Done(link))) => Some(link),
        _ => first.clone(),
    });
    Effect::new(move || {
        let is_there = link.with(Option::is_some);
        linked.set(is_there);
        // Whoever opens the dialog again adds another person.
        Owner::on_cleanup(move || {
            let _ = linked.try_set(false);
        });
        if is_there {
            changed.notify();
        }
    });
    let typed = Typed::into_form::<InvitePerson>();
    let admin = !typed.all("admin").is_empty();
    let typed = StoredValue::new(typed);
    view! {
        <Show
            when=move || link.with(Option::is_none)
            fallback=move || link.get().map(|link| view! { <LinkShown link close /> })
        >
            <ActionForm action on:input=move |_| edited()>
                <div class="dialog-body form">
                    <p>{words.add_text()}</p>
                    <Field id="username" label=words.username() hint=words.username_hint() problem>
                        <input
                            class="input input-large"
                            id="username"
                            name="username"
                            required
                            autofocus
                            maxlength="255"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            value=typed.with_value(|typed| typed.or("username", ""))
                            aria-invalid=move || is_about(problem, "username")
                            aria-describedby="username-about"
                        />
                    </Field>
                    <Field id="display_name" label=words.display_name() optional=true problem>
                        <input
                            class="input input-large"
                            id="display_name"
                            name="display_name"
                            maxlength="100"
                            autocomplete="off"
                            value=typed.with_value(|typed| typed.or("display_name", ""))
                            aria-invalid=move || is_about(problem, "display_name")
                            aria-describedby="display_name-about"
                        />
                    </Field>
                    <Field id="email" label=words.email() optional=true problem>
                        <input
                            class="input input-large"
                            id="email"
                            name="email"
                            type="email"
                            maxlength="254"
                            autocomplete="off"
                            value=typed.with_value(|typed| typed.or("email", ""))
                            aria-invalid=move || is_about(problem, "email")
                            aria-describedby="email-about"
                        />
                    </Field>
                    <label class="choice choice-single">
                        <input class="tick" type="checkbox" name="admin" value="true" checked=admin />
                        <span class="choice-name">{words.as_administrator()}</span>
                        <span class="choice-hint">{words.as_administrator_hint()}</span>
                    </label>
                    <StepUp action />
                    <FormProblem problem />
                </div>
                <DialogFoot busy=action.pending() close kind=ButtonKind::Primary confirm=words.add_confirm() />
            </ActionForm>
        </Show>
    }
}

/// The list, without any of its dialogs.
pub fn list() -> Address {
    Address::new(routes::ADMIN_USERS)
}
