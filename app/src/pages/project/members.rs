//! Who is in a project.

mod add;
mod change;
mod people;
mod remove;
mod rights;

use super::{Part, ProjectSaved};
use crate::{
    AppError,
    boot::{use_boot, use_words},
    components::pager::Position,
    components::{
        ActorName, Ago, Avatar, Badge, ButtonKind, Choice, Empty, FilterForm, Glyph, Icon, LinkButton, Loaded, Menu,
        MenuLink, Notice, NoticeTone, Pager, Picker, SkeletonRows, SortHead, Tone,
    },
    routes::{self, Address},
};
use add::AddDialog;
use api_types::{ListQuery, Member, Page, ProjectDetail, Role};
use change::ChangeDialog;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use remove::RemoveDialog;
pub use rights::{AskForm, RightsDialog};

/// A role as forms send it.
fn word(role: Role) -> &'static str {
    match role {
        Role::LimitedGuest => "limited_guest",
        Role::Guest => "guest",
        Role::Developer => "developer",
        Role::Maintainer => "maintainer",
        Role::ProjectAdmin => "project_admin",
    }
}

/// A role to choose, with what it means.
#[component]
fn RoleChoice(role: Role, checked: bool) -> impl IntoView {
    let words = use_words();
    let glyph = match role {
        Role::LimitedGuest => Glyph::Eye,
        Role::Guest => Glyph::Users,
        Role::Developer => Glyph::Upload,
        Role::Maintainer => Glyph::Trash,
        Role::ProjectAdmin => Glyph::Settings,
    };
    view! { <Choice name="role" value=word(role) glyph checked title=words.terms.role(role) hint=words.members.role_hint(role) /> }
}

/// A project's members. Sort keys: `name`, `role`, `since`.
#[server(prefix = "/_fn", endpoint = "members", input = GetUrl)]
pub async fn list_members(project: String, query: ListQuery) -> Result<Page<Member>, AppError> {
    let context = crate::ssr::signed_in()?;
    let project = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.members.list(&context.actor, &project, &query).await)
}

/// One member, by the membership's id; nothing without one.
#[server(prefix = "/_fn", endpoint = "member", input = GetUrl)]
pub async fn load_member(project: String, member: Option<i64>) -> Result<Option<Member>, AppError> {
    let context = crate::ssr::signed_in()?;
    let project = crate::ssr::names::project(&project)?;
    let Some(id) = member.map(registry::access::MemberId) else { return Ok(None) };
    crate::ssr::read(context.registry.members.get(&context.actor, &project, id).await.map(Some))
}

/// The list in some order, without a cursor.
fn sorted(project: &str, query: &ListQuery, sort: &str) -> Address {
    Part::Members.address(project).with("filter", &query.filter).with("sort", sort)
}

/// Counts changes of the members, so that the list is asked for again.
#[derive(Clone, Copy, Debug)]
struct Changes(RwSignal<u32>);

impl Changes {
    /// After something was changed; what concerns the viewer changes the whole page.
    fn happened(self, is_oneself: bool) {
        let ProjectSaved(saved) = expect_context();
        self.0.update(|changes| *changes += 1);
        if is_oneself {
            saved.update(|saved| *saved += 1);
        }
    }
}

/// The tab.
#[component]
pub fn Members(project: ProjectDetail) -> impl IntoView {
    let text = use_words().members;
    if !project.may.see_members {
        return view! { <Empty glyph=Glyph::Lock title=text.hidden() text=text.hidden_text() boxed=true /> }.into_any();
    }
    let changes = Changes(RwSignal::new(0));
    provide_context(changes);
    let name = StoredValue::new(project.summary.name.clone());
    let query_map = use_query_map();
    let query = Memo::new(move |_| query_map.with(routes::list_query));
    let members =
        Resource::new(move || (query.get(), changes.0.get()), move |(query, _)| list_members(name.get_value(), query));
    let administers = project.may.administer;
    let sorts = Signal::derive(move || {
        let query = query.get();
        [("", text.sort_name()), ("role", text.sort_role()), ("since", text.sort_since())]
            .map(|(key, label)| {
                let address = name.with_value(|name| sorted(name, &query, key).to_string());
                (label.to_owned(), address, query.sort == key)
            })
            .to_vec()
    });
    let here = move || name.with_value(|name| Part::Members.address(name));
    let done = move || {
        let done = query_map.with(|query| query.get("done"))?;
        let told = match done.as_str() {
            "added" => text.added(),
            "changed" => text.changed(),
            "removed" => text.removed(),
            _ => return None,
        };
        Some(view! { <Notice tone=NoticeTone::Success title=told /> })
    };
    let public = project.summary.public;
    view! {
        <div class="notice-above">{done}</div>
        <div class="toolbar">
            <FilterForm
                id="filter-members"
                label=text.filter(project.members)
                path=routes::project(&project.summary.name).to_string()
                filter=Signal::derive(move || query.with(|query| query.filter.clone()))
                keep=Signal::derive(move || vec![("tab", "members".to_owned()), ("sort", query.with(|query| query.sort.clone()))])
            />
            <Picker label=use_words().common.sort() options=sorts />
            {administers
                .then(|| {
                    view! {
                        <a class=format!("{} toolbar-end", ButtonKind::Primary.class()) data-noscroll="" href=here().with("add", "1").to_string()>
                            <Icon glyph=Glyph::Plus /> {text.add()}
                        </a>
                    }
                })}
        </div>
        <Loaded
            part=true
            resource=members
            skeleton=|| view! { <SkeletonRows columns=4 /> }
            view=move |page| {
                view! { <MemberTable page query=query.get_untracked() project=name.get_value() administers /> }.into_any()
            }
        />
        <div class="below-list">
            <Roles />
            {administers.then(|| view! { <AskCard project=name.get_value() /> })}
        </div>
        {administers
            .then(|| {
                view! {
                    <AddDialog project=name.get_value() />
                    <ChangeDialog project=name.get_value() />
                    <RemoveDialog project=name.get_value() public />
                }
            })}
    }
    .into_any()
}

#[component]
fn MemberTable(page: Page<Member>, query: ListQuery, project: String, administers: bool) -> impl IntoView {
    let text = use_words().members;
    let here = Part::Members.address(&project);
    if page.items.is_empty() {
        return if query.filter.is_empty() {
            view! {
                <Empty glyph=Glyph::Users title=text.empty() text=text.empty_text() boxed=true>
                    {administers
                        .then(|| view! { <LinkButton icon=Glyph::Plus href=here.with("add", "1").to_string()>{text.add()}</LinkButton> })}
                </Empty>
            }
            .into_any()
        } else {
            view! {
                <Empty glyph=Glyph::Search title=text.no_match(&query.filter) text=text.no_match_text() boxed=true>
                    <LinkButton href=here.to_string()>{text.clear_filter()}</LinkButton>
                </Empty>
            }
            .into_any()
        };
    }
    let position = Position::from(&page);
    let base = sorted(&project, &query, &query.sort);
    let head = |key: &'static str, label: &'static str, descending: bool, class: &'static str| {
        let href = sorted(&project, &query, key).to_string();
        let current = query.sort == key;
        view! { <SortHead label href current descending class /> }
    };
    let dialogs = base.clone().with("cursor", &query.cursor);
    view! {
        <table class="table">
            <thead>
                <tr>
                    {head("", text.name(), false, "")}
                    {head("role", text.role(), true, "col-152")}
                    {head("since", text.since(), true, "col-152")}
                    <th scope="col" class="col-220 cell-extra">{text.added_by()}</th>
                    <th scope="col" class="cell-actions">
                        <span class="visually-hidden">{use_words().common.more_actions()}</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                {page
                    .items
                    .into_iter()
                    .map(|member| view! { <MemberRow member here=dialogs.clone() administers project=project.clone() /> })
                    .collect_view()}
            </tbody>
        </table>
        <Pager position base />
    }
    .into_any()
}

#[component]
fn MemberRow(member: Member, here: Address, administers: bool, project: String) -> impl IntoView {
    let words = use_words();
    let text = words.members;
    let viewer = use_boot().viewer.as_ref().map(|viewer| viewer.id);
    let is_oneself = viewer == Some(member.person.id);
    let id = member.id.to_string();
    let dialog = |name: &str| here.clone().with(name, &id).to_string();
    let (change, remove) = (dialog("role"), dialog("remove"));
    let why = here.clone().with("why", &member.person.username).to_string();
    let name = member.person.display_name.clone();
    let differs = name != member.person.username;
    view! {
        <tr>
            <td class="cell-main">
                <span class="member">
                    <Avatar name=name.clone() />
                    <span class="member-name">
                        {name.clone()}
                        {differs.then(|| view! { " " <span class="quiet">{member.person.username.clone()}</span> })}
                    </span>
                    {is_oneself.then(|| view! { <Badge>{text.you()}</Badge> })}
                    {member
                        .disabled
                        .then(|| view! { <Badge tone=Tone::Warning title=text.disabled_hint()>{text.disabled()}</Badge> })}
                </span>
            </td>
            <td class="cell-sub">{words.terms.role(member.role)}</td>
            <td class="cell-end">
                <span class="cell-label narrow-only">{text.since()}</span>
                <Ago at=member.since in_sentence=true />
            </td>
            <td class="cell-extra">
                {match member.added_by {
                    Some(actor) => view! { <ActorName actor project /> }.into_any(),
                    None => view! { <span class="quiet">{text.not_noted()}</span> }.into_any(),
                }}
            </td>
            <td class="cell-actions">
                {(administers || is_oneself)
                    .then(|| {
                        view! {
                            <Menu label=text.row_actions(&name) small=true>
                                {administers
                                    .then(|| view! { <MenuLink icon=Glyph::Pencil stay=true href=change>{text.change_role()}</MenuLink> })}
                                <MenuLink icon=Glyph::Info stay=true href=why>{text.why()}</MenuLink>
                                {administers
                                    .then(|| {
                                        view! {
                                            <hr />
                                            <MenuLink icon=Glyph::Trash danger=true stay=true href=remove>{text.remove()}</MenuLink>
                                        }
                                    })}
                            </Menu>
                        }
                    })}
            </td>
        </tr>
    }
}

/// What each role may, in words.
#[component]
fn Roles() -> impl IntoView {
    let words = use_words();
    let text = words.members;
    view! {
        <section class="card" aria-labelledby="roles">
            <h2 id="roles">{text.roles()}</h2>
            <p class="second">{text.roles_text()}</p>
            <dl class="role-list">
                {Role::ALL
                    .map(|role| view! { <dt>{words.terms.role(role)}</dt> <dd>{text.role_hint(role)}</dd> })
                    .collect_view()}
            </dl>
        </section>
    }
}

#[component]
fn AskCard(project: String) -> impl IntoView {
    let text = use_words().rights;
    view! {
        <section class="card" aria-labelledby="question">
            <h2 id="question">{text.question()}</h2>
            <p class="second">{text.question_text()}</p>
            <AskForm project id="why-card" />
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_sent_as_it_is_read() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).ok().as_ref().and_then(|word| word.as_str()), Some(word(role)));
        }
    }
}
