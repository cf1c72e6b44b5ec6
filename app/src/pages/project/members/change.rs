//! Giving a member another role.

use super::{Changes, Part, load_member};
use crate::{
    Answer, AppError,
    boot::{Typed, use_boot, use_words},
    components::{
        ButtonKind, Dialog, DialogFoot, FormProblem, Loaded, Notice, NoticeTone, Rich, SkeletonRows, StepUp,
        toast::use_toaster, use_go,
    },
    error::{fresh_problem, when_done},
};
use api_types::{Member, Role};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Gives a member another role.
#[server(prefix = "/_fn", endpoint = "change_member")]
pub async fn change_member(
    project: String,
    /// The membership's id.
    member: i64,
    role: Role,
    /// The person's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<()>, AppError> {
    crate::ssr::answer_on(&Part::Members.address(&project).with("role", member.to_string()));
    let name = crate::ssr::names::project(&project)?;
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let id = registry::access::MemberId(member);
    let answer = crate::ssr::answer(context.registry.members.change(&context.actor, &name, id, role).await)?;
    crate::ssr::send_to(&Part::Members.address(&project).with("done", "changed").to_string());
    Ok(answer)
}

/// The dialog, open while the address names a member.
#[component]
pub fn ChangeDialog(project: String) -> impl IntoView {
    let text = use_words().members;
    let query = use_query_map();
    let chosen = Memo::new(move |_| query.with(|query| query.get("role")?.parse::<i64>().ok()));
    let open = Memo::new(move |_| chosen.with(Option::is_some));
    let close = Part::Members.address(&project).to_string();
    let name = StoredValue::new(project);
    let member = Resource::new(move || chosen.get(), move |id| load_member(name.get_value(), id));
    let close = StoredValue::new(close);
    view! {
        <Dialog title=text.change_title().to_owned() open=open close=Signal::derive(move || close.get_value())>
            <Loaded
                part=true
                resource=member
                skeleton=|| view! { <SkeletonRows rows=4 columns=1 /> }
                view=move |member| {
                    member
                        .map(|member| view! { <ChangeForm project=name.get_value() member close=close.get_value() /> })
                        .into_any()
                }
            />
        </Dialog>
    }
}

#[component]
fn ChangeForm(project: String, member: Member, close: String) -> impl IntoView {
    let words = use_words();
    let text = words.members;
    let changes: Changes = expect_context();
    let toaster = use_toaster();
    let go = use_go();
    let action = ServerAction::<ChangeMember>::new();
    let (problem, edited) = fresh_problem(action);
    let is_oneself = use_boot().viewer.as_ref().is_some_and(|viewer| viewer.id == member.person.id);
    when_done(action, {
        let close = close.clone();
        move |()| {
            toaster.done(text.changed());
            changes.happened(is_oneself);
            go(&close);
        }
    });
    let about = text.change_text(&member.person.display_name, words.terms.role(member.role).to_lowercase());
    let chosen = Typed::into_form::<ChangeMember>().or("role", super::word(member.role));
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="member" value=member.id.to_string() />
                <p><Rich text=about /></p>
                <fieldset class="choices">
                    <legend class="visually-hidden">{text.role()}</legend>
                    {Role::ALL.map(|role| view! { <super::RoleChoice role checked=super::word(role) == chosen /> }).collect_view()}
                </fieldset>
                {is_oneself.then(|| view! { <Notice tone=NoticeTone::Warning title=text.change_self() /> })}
                <StepUp action />
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind=ButtonKind::Primary confirm=text.confirm_change() />
        </ActionForm>
    }
}
