//! Taking a member out of the project.

use super::{Changes, Part, load_member};
use crate::{
    Answer, AppError,
    boot::{use_boot, use_words},
    browser,
    components::{
        ButtonKind, Dialog, DialogFoot, FormProblem, Loaded, Rich, SkeletonRows, StepUp, toast::use_toaster, use_go,
    },
    error::{fresh_problem, when_done},
    routes,
};
use api_types::Member;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Takes a member out of the project.
#[server(prefix = "/_fn", endpoint = "remove_member")]
pub async fn remove_member(
    project: String,
    /// The membership's id.
    member: i64,
    /// The person's own, where their last proof of it is old.
    #[server(default)]
    password: Option<String>,
) -> Result<Answer<()>, AppError> {
    crate::ssr::answer_on(&Part::Members.address(&project).with("remove", member.to_string()));
    let name = crate::ssr::names::project(&project)?;
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let id = registry::access::MemberId(member);
    let answer = crate::ssr::answer(context.registry.members.remove(&context.actor, &name, id).await)?;
    // Whoever removed themself may not see the list any more.
    let sees = context.registry.projects.get(&context.actor, &name).await.is_ok_and(|project| project.may.see_members);
    let next = Part::Members.address(&project).with("done", "removed").to_string();
    crate::ssr::send_to(if sees { &next } else { routes::PROJECTS });
    Ok(answer)
}

/// The dialog, open while the address names a member.
#[component]
pub fn RemoveDialog(project: String, public: bool) -> impl IntoView {
    let text = use_words().members;
    let query = use_query_map();
    let chosen = Memo::new(move |_| query.with(|query| query.get("remove")?.parse::<i64>().ok()));
    let open = Memo::new(move |_| chosen.with(Option::is_some));
    let close = StoredValue::new(Part::Members.address(&project).to_string());
    let name = StoredValue::new(project);
    let member = Resource::new(move || chosen.get(), move |id| load_member(name.get_value(), id));
    view! {
        <Dialog title=text.remove_title().to_owned() open=open close=Signal::derive(move || close.get_value())>
            <Loaded
                part=true
                resource=member
                skeleton=|| view! { <SkeletonRows rows=2 columns=1 /> }
                view=move |member| {
                    member
                        .map(|member| view! { <RemoveForm project=name.get_value() public member close=close.get_value() /> })
                        .into_any()
                }
            />
        </Dialog>
    }
}

#[component]
fn RemoveForm(project: String, public: bool, member: Member, close: String) -> impl IntoView {
    let words = use_words();
    let text = words.members;
    let changes: Changes = expect_context();
    let toaster = use_toaster();
    let go = use_go();
    let action = ServerAction::<RemoveMember>::new();
    let (problem, edited) = fresh_problem(action);
    let viewer = use_boot().viewer.clone();
    let is_oneself = viewer.as_ref().is_some_and(|viewer| viewer.id == member.person.id);
    let is_admin = viewer.is_some_and(|viewer| viewer.is_admin);
    when_done(action, {
        let close = close.clone();
        move |()| {
            if is_oneself && !is_admin {
                browser::load(routes::PROJECTS);
                return;
            }
            toaster.done(text.removed());
            changes.happened(is_oneself);
            go(&close);
        }
    });
    let role = words.terms.role(member.role).to_lowercase();
    let goes = if is_oneself { text.goes_self(role) } else { text.goes(&member.person.display_name, role) };
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="member" value=member.id.to_string() />
                <p><Rich text=goes /></p>
                {public.then(|| view! { <p>{text.stays_public()}</p> })}
                <p>{text.stays()}</p>
                <StepUp action />
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind=ButtonKind::DangerSolid confirm=text.confirm_remove() />
        </ActionForm>
    }
}
