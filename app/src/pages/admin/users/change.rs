//! What is done with a person: a dialog says what goes and what stays.

use super::{PeopleChanged, has_password, invite::list, link::LinkShown};
use crate::{
    Answer, AppError,
    boot::{answered, use_boot, use_words},
    browser,
    components::{
        ButtonKind, Dialog, DialogFoot, FormProblem, Loaded, Rich, Skeleton, StepUp, toast::use_toaster, use_go,
    },
    error::{fresh_problem, when_done},
    i18n::admin::Users,
};
use api_types::{PasswordLink, PersonChange, PersonDetail};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// One person, with what hangs on them; for administrators.
#[server(prefix = "/_fn", endpoint = "person", input = GetUrl)]
pub async fn load_person(person: i64) -> Result<PersonDetail, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.people.get(&context.actor, registry::access::UserId(person)).await)
}

/// Changes a person's account.
#[server(prefix = "/_fn", endpoint = "change_person")]
pub async fn change_person(
    person: i64,
    change: PersonChange,
    /// The administrator's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<()>, AppError> {
    crate::ssr::answer_on(&crate::routes::person(person, change_word(change)));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let (people, actor) = (&context.registry.people, &context.actor);
    let person = registry::access::UserId(person);
    let changed = match change {
        PersonChange::Disable => people.set_disabled(actor, person, true).await,
        PersonChange::Enable => people.set_disabled(actor, person, false).await,
        PersonChange::Promote => people.set_admin(actor, person, true).await,
        PersonChange::Demote => people.set_admin(actor, person, false).await,
        PersonChange::Delete => people.delete(actor, person).await,
    };
    let answer = crate::ssr::answer(changed)?;
    crate::ssr::send_to(&list().to_string());
    Ok(answer)
}

/// Takes a person's password and gives them a new link.
#[server(prefix = "/_fn", endpoint = "reset_person")]
pub async fn reset_person(
    person: i64,
    /// Whether they have no password yet, so that a refusal is told where it was asked.
    #[server(default)]
    link: bool,
    /// The administrator's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<PasswordLink>, AppError> {
    crate::ssr::answer_on(&crate::routes::person(person, if link { "link" } else { "reset" }));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    match context.registry.people.reset(&context.actor, registry::access::UserId(person)).await {
        Ok(issued) => Ok(Answer::Done(crate::ssr::show_link(&issued)?)),
        Err(error) => crate::ssr::answer(Err(error)),
    }
}

/// A change in forms and addresses.
fn change_word(change: PersonChange) -> &'static str {
    match change {
        PersonChange::Disable => "disable",
        PersonChange::Enable => "enable",
        PersonChange::Promote => "promote",
        PersonChange::Demote => "demote",
        PersonChange::Delete => "delete",
    }
}

/// What the address asks to do: a change, or where that is absent a reset, which for somebody without a password is a new link.
fn wanted(word: &str) -> Option<Option<PersonChange>> {
    Some(match word {
        "reset" | "link" => None,
        "disable" => Some(PersonChange::Disable),
        "enable" => Some(PersonChange::Enable),
        "promote" => Some(PersonChange::Promote),
        "demote" => Some(PersonChange::Demote),
        "delete" => Some(PersonChange::Delete),
        _ => return None,
    })
}

/// The dialog, open while the address names a person and what to do.
#[component]
pub fn ChangeDialog(close: Signal<String>) -> impl IntoView {
    let words = use_words().users;
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        query.with(|query| {
            let person: i64 = query.get("person")?.parse().ok()?;
            let word = query.get("do")?;
            Some((person, wanted(&word)?, word == "link"))
        })
    });
    let is_answer = answered::<ResetPerson>().is_some_and(|answered| answered.link.is_some());
    let called = RwSignal::new(is_answer.then(|| words.link_title()));
    let title = Signal::derive(move || {
        let title = match asked.get() {
            Some((_, Some(change), _)) => title_of(words, change),
            Some((_, None, is_link)) => called.get().unwrap_or_else(|| reset_title(words, !is_link)),
            None => "",
        };
        title.to_owned()
    });
    view! {
        <Dialog title open=Signal::derive(move || asked.get().is_some()) close>
            {move || asked.get().map(|(person, change, _)| view! { <Asked person change called close /> })}
        </Dialog>
    }
}

#[component]
fn Asked(
    person: i64,
    change: Option<PersonChange>,
    /// What a reset is called once the person is known.
    called: RwSignal<Option<&'static str>>,
    close: Signal<String>,
) -> impl IntoView {
    let loaded = Resource::new(move || person, load_person);
    view! {
        <Loaded
            part=true
            resource=loaded
            skeleton=|| view! { <div class="dialog-body"><Skeleton /></div> }
            view=move |person| match change {
                Some(change) => view! { <ChangeForm person change close /> }.into_any(),
                None => view! { <ResetForm person called close /> }.into_any(),
            }
        />
    }
}

fn title_of(words: Users, change: PersonChange) -> &'static str {
    match change {
        PersonChange::Disable => words.disable_title(),
        PersonChange::Enable => words.enable_title(),
        PersonChange::Promote => words.promote_title(),
        PersonChange::Demote => words.demote_title(),
        PersonChange::Delete => words.delete_title(),
    }
}

fn reset_title(words: Users, has_password: bool) -> &'static str {
    if has_password { words.reset_title() } else { words.new_link_title() }
}

/// What goes and what stays, a sentence a paragraph.
fn consequences(words: Users, person: &PersonDetail, change: PersonChange) -> Vec<String> {
    let name = &person.summary.username;
    match change {
        PersonChange::Disable => vec![words.disable_goes(name), words.disable_stays().to_owned()],
        PersonChange::Enable => vec![words.enable_means(name)],
        PersonChange::Promote => vec![words.promote_means(name), words.signs_in_anew().to_owned()],
        PersonChange::Demote => vec![words.demote_means(name), words.signs_in_anew().to_owned()],
        PersonChange::Delete => {
            let mut told = vec![words.delete_goes(name)];
            if person.projects > 0 {
                told.push(words.delete_roles(person.projects));
            }
            if person.access_tokens > 0 {
                told.push(words.delete_tokens(person.access_tokens));
            }
            if person.alone_in_charge > 0 {
                told.push(words.delete_alone(person.alone_in_charge));
            }
            told.push(words.delete_stays(name));
            told
        }
    }
}

#[component]
fn ChangeForm(person: PersonDetail, change: PersonChange, close: Signal<String>) -> impl IntoView {
    let words = use_words().users;
    let changed: PeopleChanged = expect_context();
    let own = use_boot().viewer.as_ref().is_some_and(|viewer| viewer.id == person.summary.id);
    let (toaster, go) = (use_toaster(), use_go());
    let action = ServerAction::<ChangePerson>::new();
    let (problem, edited) = fresh_problem(action);
    let name = person.summary.username.clone();
    let (confirm, done, kind) = match change {
        PersonChange::Disable => (words.disable_confirm(), words.disable_done(&name), ButtonKind::DangerSolid),
        PersonChange::Enable => (words.enable_confirm(), words.enable_done(&name), ButtonKind::Primary),
        PersonChange::Promote => (words.promote_confirm(), words.promote_done(&name), ButtonKind::Primary),
        PersonChange::Demote => (words.demote_confirm(), words.demote_done(&name), ButtonKind::DangerSolid),
        PersonChange::Delete => (words.delete_confirm(), words.delete_done(&name), ButtonKind::DangerSolid),
    };
    when_done(action, move |()| {
        if own {
            // One's own session has ended with the rights that it had.
            browser::load(&list().to_string());
        } else {
            toaster.done(done.clone());
            changed.notify();
            go(&close.get_untracked());
        }
    });
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                {consequences(words, &person, change).into_iter().map(|text| view! { <p><Rich text /></p> }).collect_view()}
                <input type="hidden" name="person" value=person.summary.id.to_string() />
                <input type="hidden" name="change" value=change_word(change) />
                <StepUp action />
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind confirm />
        </ActionForm>
    }
}

#[component]
fn ResetForm(person: PersonDetail, called: RwSignal<Option<&'static str>>, close: Signal<String>) -> impl IntoView {
    let words = use_words().users;
    let changed: PeopleChanged = expect_context();
    let action = ServerAction::<ResetPerson>::new();
    let (problem, edited) = fresh_problem(action);
    let first = answered::<ResetPerson>().and_then(|answered| answered.link.clone());
    let link = Memo::new(move |_| match action.value().get() {
        Some(Ok(Answer::Done(link))) => Some(link),
        _ => first.clone(),
    });
    let id = person.summary.id;
    let has_password = has_password(&person.summary);
    Effect::new(move || {
        let is_there = link.with(Option::is_some);
        // The address may be older than the person's password.
        called.set(Some(if is_there { words.link_title() } else { reset_title(words, has_password) }));
        Owner::on_cleanup(move || {
            let _ = called.try_set(None);
        });
        if is_there {
            changed.notify();
        }
    });
    let name = person.summary.username.clone();
    let text = if has_password { words.reset_goes(&name) } else { words.new_link_means(&name) };
    let text = StoredValue::new(text);
    view! {
        <Show
            when=move || link.with(Option::is_none)
            fallback=move || link.get().map(|link| view! { <LinkShown link close /> })
        >
            <ActionForm action on:input=move |_| edited()>
                <div class="dialog-body">
                    <p><Rich text=text.get_value() /></p>
                    {has_password.then(|| view! { <p>{words.reset_stays()}</p> })}
                    <input type="hidden" name="person" value=id.to_string() />
                    <input type="hidden" name="link" value=(!has_password).to_string() />
                    <StepUp action />
                    <FormProblem problem />
                </div>
                <DialogFoot
                    busy=action.pending()
                    close
                    kind=if has_password { ButtonKind::DangerSolid } else { ButtonKind::Primary }
                    confirm=if has_password { words.reset_confirm() } else { words.new_link_confirm() }
                />
            </ActionForm>
        </Show>
    }
}
