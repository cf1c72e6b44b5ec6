//! `/admin/users`: everybody with an account.

mod change;
mod invite;
mod link;

use crate::{
    AppError,
    boot::{use_boot, use_words},
    components::pager::Position,
    components::{
        Ago, Avatar, Badge, ButtonKind, Empty, FilterForm, Glyph, LinkButton, Loaded, Menu, MenuLink, PageHead, Pager,
        Picker, SkeletonRows, SortHead, Tone,
    },
    routes::{self, Address},
};
use api_types::{ListQuery, Page, PersonState, PersonSummary};
use change::ChangeDialog;
use invite::InviteDialog;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// Everybody with an account, for administrators. Sort keys: `name`, `created`, `seen`.
#[server(prefix = "/_fn", endpoint = "list_people", input = GetUrl)]
pub async fn list_people(
    /// Filter, order and place.
    #[server(default)]
    query: ListQuery,
) -> Result<Page<PersonSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.people.list(&context.actor, &query).await)
}

/// The order where the address names none.
const DEFAULT_SORT: &str = "name";

/// Says that somebody was added, changed or deleted, so that the list asks again.
#[derive(Clone, Copy, Debug)]
struct PeopleChanged(RwSignal<u32>);

impl PeopleChanged {
    fn notify(self) {
        self.0.update(|changes| *changes += 1);
    }
}

/// The list as it is filtered and sorted, without a place in it and without a dialog.
fn here(query: &ListQuery) -> Address {
    sorted(query, sort_of(query))
}

fn sorted(query: &ListQuery, sort: &str) -> Address {
    let sort = if sort == DEFAULT_SORT { "" } else { sort };
    Address::new(routes::ADMIN_USERS).with("filter", &query.filter).with("sort", sort)
}

/// Whether somebody has chosen a password; a one-time link is there until they do.
fn has_password(person: &PersonSummary) -> bool {
    match person.state {
        PersonState::Active => true,
        PersonState::Invited | PersonState::LinkExpired => false,
        PersonState::Disabled => person.link_expires_at.is_none(),
    }
}

fn sort_of(query: &ListQuery) -> &str {
    if query.sort.is_empty() { DEFAULT_SORT } else { &query.sort }
}

/// The page.
#[component]
pub fn UsersPage() -> impl IntoView {
    let words = use_words().users;
    let query_map = use_query_map();
    let query = Memo::new(move |_| query_map.with(routes::list_query));
    let changed = PeopleChanged(RwSignal::new(0));
    provide_context(changed);
    let people = Resource::new(move || (query.get(), changed.0.get()), |(query, _)| list_people(query));
    let options = Signal::derive(move || {
        let query = query.get();
        [("name", words.sort_name()), ("seen", words.sort_seen()), ("created", words.sort_created())]
            .map(|(key, name)| (name.to_owned(), sorted(&query, key).to_string(), sort_of(&query) == key))
            .to_vec()
    });
    let close = Signal::derive(move || here(&query.get()).with("cursor", query.get().cursor).to_string());
    view! {
        <PageHead
            title=words.title()
            actions=move || {
                let href = Signal::derive(move || here(&query.get()).with("new", "1").to_string());
                view! { <LinkButton kind=ButtonKind::Primary icon=Glyph::Plus href>{words.add()}</LinkButton> }
            }
        >
            <p class="page-lead">{words.lead()}</p>
        </PageHead>
        <div class="toolbar">
            <FilterForm
                id="filter"
                label=words.filter()
                path=routes::ADMIN_USERS
                filter=Signal::derive(move || query.with(|query| query.filter.clone()))
                keep=Signal::derive(move || vec![("sort", query.with(|query| query.sort.clone()))])
            />
            <Picker label=use_words().common.sort() options />
        </div>
        <Loaded
            part=true
            resource=people
            skeleton=|| view! { <SkeletonRows columns=5 /> }
            view=move |page| view! { <PeopleTable page query=query.get_untracked() /> }.into_any()
        />
        <InviteDialog close />
        <ChangeDialog close />
    }
}

#[component]
fn PeopleTable(page: Page<PersonSummary>, query: ListQuery) -> impl IntoView {
    let words = use_words().users;
    if page.items.is_empty() {
        return view! {
            <Empty glyph=Glyph::Search title=words.no_match(&query.filter) text=words.no_match_text() boxed=true>
                <LinkButton href=routes::ADMIN_USERS.to_owned()>{words.clear_filter()}</LinkButton>
            </Empty>
        }
        .into_any();
    }
    let alone = page.total == 1 && query.filter.is_empty();
    let position = Position::from(&page);
    let base = here(&query);
    let head = |key: &'static str, label: &'static str, descending: bool, class: &'static str| {
        let href = sorted(&query, key).to_string();
        let current = sort_of(&query) == key;
        view! { <SortHead label href current descending class /> }
    };
    let row_base = base.clone().with("cursor", &query.cursor);
    view! {
        <table class="table">
            <thead>
                <tr>
                    {head("name", words.name(), false, "")}
                    <th scope="col" class="col-152">{words.state()}</th>
                    {head("seen", words.seen(), true, "col-152")}
                    {head("created", words.created(), true, "cell-extra col-152")}
                    <th scope="col" class="cell-actions">
                        <span class="visually-hidden">{use_words().common.more_actions()}</span>
                    </th>
                </tr>
            </thead>
            <tbody>
                {page.items.into_iter().map(|person| view! { <PersonRow person base=row_base.clone() /> }).collect_view()}
            </tbody>
        </table>
        <Pager position base=base.clone() />
        {alone
            .then(|| {
                view! {
                    <Empty glyph=Glyph::Users title=words.alone() text=words.alone_text() boxed=true>
                        <LinkButton icon=Glyph::Plus href=base.with("new", "1").to_string()>{words.add()}</LinkButton>
                    </Empty>
                }
            })}
    }
    .into_any()
}

#[component]
fn PersonRow(person: PersonSummary, base: Address) -> impl IntoView {
    let all = use_words();
    let words = all.users;
    let own = use_boot().viewer.as_ref().is_some_and(|viewer| viewer.id == person.id);
    let shown = if person.display_name.is_empty() { person.username.clone() } else { person.display_name.clone() };
    let act = move |what: &str| base.clone().with("person", person.id.to_string()).with("do", what).to_string();
    let second = [(shown != person.username).then(|| person.username.clone()), person.email.clone()];
    let second: Vec<String> = second.into_iter().flatten().collect();
    let has_password = has_password(&person);
    view! {
        <tr>
            <td class="cell-main">
                <span class="person">
                    <Avatar name=shown.clone() />
                    <span class="person-words">
                        <span class="person-name">
                            <span>{shown}</span>
                            {person.is_admin.then(|| view! { <Badge tone=Tone::Accent>{all.terms.system_admin()}</Badge> })}
                            {own.then(|| view! { <Badge>{words.you()}</Badge> })}
                        </span>
                        {(!second.is_empty())
                            .then(|| {
                                let names = second.into_iter().map(|name| view! { <span>{name}</span> " " }).collect_view();
                                view! { <span class="person-second">{names}</span> }
                            })}
                    </span>
                </span>
            </td>
            <td class="cell-sub">
                <StateWord person=person.clone() />
            </td>
            <td class="cell-end">
                <span class="cell-label narrow-only">{words.seen()}</span>
                {match person.last_sign_in_at {
                    Some(at) => view! { <Ago at in_sentence=true /> }.into_any(),
                    None => view! { <span class="quiet">{all.common.never()}</span> }.into_any(),
                }}
            </td>
            <td class="cell-extra">
                <Ago at=person.created_at />
            </td>
            <td class="cell-actions">
                {(!own || person.is_admin)
                    .then(|| {
                        view! {
                            <Menu label=words.actions_for(&person.username) small=true>
                                {(!own)
                                    .then(|| {
                                        view! {
                                            <MenuLink href=act(if has_password { "reset" } else { "link" }) icon=Glyph::Key stay=true>
                                                {if has_password { words.reset() } else { words.new_link() }}
                                            </MenuLink>
                                        }
                                    })}
                                {if person.is_admin {
                                    view! { <MenuLink href=act("demote") icon=Glyph::User stay=true>{words.demote()}</MenuLink> }
                                } else {
                                    view! { <MenuLink href=act("promote") icon=Glyph::ShieldCheck stay=true>{words.promote()}</MenuLink> }
                                }}
                                {(!own)
                                    .then(|| {
                                        let disabled = person.state == PersonState::Disabled;
                                        view! {
                                            {if disabled {
                                                view! { <MenuLink href=act("enable") icon=Glyph::CircleCheck stay=true>{words.enable()}</MenuLink> }
                                            } else {
                                                view! { <MenuLink href=act("disable") icon=Glyph::Lock stay=true>{words.disable()}</MenuLink> }
                                            }}
                                            <hr />
                                            <MenuLink href=act("delete") icon=Glyph::Trash danger=true stay=true>
                                                {words.delete()}
                                            </MenuLink>
                                        }
                                    })}
                            </Menu>
                        }
                    })}
            </td>
        </tr>
    }
}

/// Whether somebody can sign in, in a word.
#[component]
fn StateWord(person: PersonSummary) -> impl IntoView {
    let words = use_words().users;
    let title = |at: Option<time::OffsetDateTime>| {
        at.map(|at| words.link_until(crate::i18n::format::moment(use_words().locale, at)))
    };
    match person.state {
        PersonState::Active => view! { <Badge>{words.active()}</Badge> }.into_any(),
        PersonState::Invited => view! {
            <span title=title(person.link_expires_at)>
                <Badge tone=Tone::Info>{words.invited()}</Badge>
            </span>
        }
        .into_any(),
        PersonState::LinkExpired => view! { <Badge tone=Tone::Warning>{words.link_expired()}</Badge> }.into_any(),
        PersonState::Disabled => view! { <Badge tone=Tone::Warning>{words.disabled()}</Badge> }.into_any(),
    }
}
