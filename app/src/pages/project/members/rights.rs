//! Why somebody may do what they may.

use super::{Part, people::use_people};
use crate::{
    AppError,
    boot::use_words,
    components::{Button, Dialog, Glyph, Icon, Loaded, Notice, NoticeTone, SkeletonRows, SuggestField},
    routes,
};
use api_types::{Barrier, ExplainedRight, Explanation};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::{components::Form, hooks::use_query_map};

/// Which rule gives a person each right, for those who administer the project and for the person; nothing where nobody is called
/// so, or nobody is named.
#[server(prefix = "/_fn", endpoint = "explain_rights", input = GetUrl)]
pub async fn explain_rights(project: String, person: String) -> Result<Option<Explanation>, AppError> {
    let context = crate::ssr::signed_in()?;
    let project = crate::ssr::names::project(&project)?;
    if person.trim().is_empty() {
        return Ok(None);
    }
    match context.registry.access.explain(&context.actor, &project, &person).await {
        Err(registry::Error::UserNotFound { .. }) => Ok(None),
        explained => crate::ssr::read(explained.map(Some)),
    }
}

/// The dialog, open while the address names a person.
#[component]
pub fn RightsDialog(
    /// The project.
    project: String,
    /// Whether the viewer may ask about others.
    administers: bool,
    /// The address without the dialog.
    #[prop(into)]
    close: Signal<String>,
) -> impl IntoView {
    let text = use_words().rights;
    let query = use_query_map();
    let person = Memo::new(move |_| query.with(|query| query.get("why").unwrap_or_default()));
    let open = Memo::new(move |_| person.with(|person| !person.trim().is_empty()));
    let project = StoredValue::new(project);
    let explained = Resource::new(move || person.get(), move |person| explain_rights(project.get_value(), person));
    // The browser learns it with the answer, after the field is there.
    let unknown = RwSignal::new(false);
    let show = move |explained: Option<Explanation>| {
        let is_unknown = explained.is_none();
        Effect::new(move || unknown.set(is_unknown));
        match explained {
            Some(explanation) => view! { <RightsTable explanation /> }.into_any(),
            None => {
                let title = text.unknown(person.get_untracked());
                view! { <Notice tone=NoticeTone::Warning title text=text.unknown_text() /> }.into_any()
            }
        }
    };
    let title = Signal::derive(move || project.with_value(|project| text.title(person.get(), project)));
    view! {
        <Dialog title open=open close class="dialog-wide">
            <div class="dialog-body">
                {administers.then(|| view! { <AskForm project=project.get_value() id="why-other" value=person.get_untracked() invalid=unknown /> })}
                <Loaded
                    part=true
                    resource=explained
                    skeleton=|| view! { <SkeletonRows columns=2 /> }
                    view=show
                />
            </div>
        </Dialog>
    }
}

#[component]
fn RightsTable(explanation: Explanation) -> impl IntoView {
    let text = use_words().rights;
    let barrier = explanation.barrier.map(|barrier| match barrier {
        Barrier::Disabled => text.disabled(),
        Barrier::PasswordChange => text.password_change(),
    });
    view! {
        {barrier.map(|title| view! { <Notice tone=NoticeTone::Warning title /> })}
        <table class="rights">
            <thead>
                <tr>
                    <th scope="col">{text.right()}</th>
                    <th scope="col">{text.from()}</th>
                </tr>
            </thead>
            <tbody>{explanation.rights.into_iter().map(|right| view! { <RightRow right /> }).collect_view()}</tbody>
        </table>
        <p class="second">{text.live()}</p>
    }
}

#[component]
fn RightRow(right: ExplainedRight) -> impl IntoView {
    let words = use_words();
    let text = words.rights;
    let has = !right.sources.is_empty();
    let why = if has {
        let sources = right.sources.into_iter();
        let sources: Vec<_> =
            sources.map(|source| text.source(source, |role| words.terms.role(role).to_lowercase())).collect();
        let joined = sources.join(", ");
        let mut letters = joined.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    } else {
        text.no(words.terms.role(right.needed))
    };
    view! {
        <tr>
            <th scope="row">{text.of(right.right)}</th>
            <td>
                <span class=if has { "why" } else { "why why-not" }>
                    <Icon glyph=if has { Glyph::Check } else { Glyph::Minus } />
                    <span>
                        {has.then(|| view! { <span class="visually-hidden">{text.yes_word()} ": "</span> })}
                        {why}
                    </span>
                </span>
            </td>
        </tr>
    }
}

/// Asks about a person by name.
#[component]
pub fn AskForm(
    /// The project.
    project: String,
    /// The field's id.
    id: &'static str,
    /// Whose name it holds at first.
    #[prop(optional, into)]
    value: String,
    /// Whether nobody is called so.
    #[prop(optional, into)]
    invalid: Signal<bool>,
) -> impl IntoView {
    let words = use_words();
    let text = words.rights;
    let (suggestions, on_type) = use_people(project.clone());
    view! {
        <Form action=routes::project(&project).to_string() method="get" noscroll=true attr:class="ask">
            <input type="hidden" name="tab" value=Part::Members.word() />
            <SuggestField
                id=id
                name="why"
                value=value
                label=words.members.person()
                list_label=words.members.suggestions()
                suggestions
                on_type
                invalid
            />
            <Button>{text.show()}</Button>
        </Form>
    }
}
