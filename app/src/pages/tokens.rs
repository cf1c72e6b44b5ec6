//! `/account/tokens`: what the viewer's own programs sign in with.

use crate::{
    Answer, AppError,
    boot::{Typed, answered, use_words},
    components::{
        Button, ButtonKind, Dialog, DialogFoot, Empty, Field, FormProblem, Glyph, LinkButton, Loaded, Menu, MenuLink,
        PageTitle, Pager, Rich, SecretPanel, SkeletonRows, StepUp, is_about, pager::Position, toast::use_toaster,
        use_go,
    },
    error::{fresh_problem, when_done},
    pages::robots::{Ends, FormFailure, LastUsed, LifetimeField, StateBadge, WhereFields},
    routes::{self, Address},
};
use api_types::{AccessTokenSummary, ListQuery, Page, ShownSecret, TokenLevel};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// The viewer's own access tokens.
#[server(prefix = "/_fn", endpoint = "access_tokens", input = GetUrl)]
pub async fn list_access_tokens(
    /// The place in the list.
    #[server(default)]
    query: ListQuery,
) -> Result<Page<AccessTokenSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.access_tokens.list(&context.actor, &query).await)
}

/// Creates an access token. `lifetime` is a number of days or `never`; `projects` has names where `scope` is `some`.
#[server(prefix = "/_fn", endpoint = "create_access_token")]
pub async fn create_access_token(
    name: String,
    level: TokenLevel,
    #[server(default)] scope: String,
    #[server(default)] projects: String,
    #[server(default)] lifetime: String,
    #[server(default)] password: Option<String>,
) -> Result<Answer<ShownSecret>, AppError> {
    crate::ssr::answer_on(&Address::new(routes::ACCOUNT_TOKENS).with("new", "1"));
    let context = match crate::ssr::stepped_up(password).await? {
        Answer::Done(context) => context,
        Answer::Refused(problem) => return Ok(Answer::Refused(problem)),
    };
    let lifetime = match crate::ssr::forms::lifetime(&lifetime) {
        Ok(lifetime) => lifetime.unwrap_or_default(),
        Err(problem) => return crate::ssr::refuse(problem),
    };
    let projects = (scope == "some").then(|| crate::ssr::forms::names(&projects));
    let token = api_types::NewAccessToken { name, level, projects, lifetime };
    let created = context.registry.access_tokens.create(&context.actor, &token).await;
    crate::ssr::answer(created.map(|created| crate::ssr::show_once(created.shown())))
}

/// Ends an access token of the viewer's own.
#[server(prefix = "/_fn", endpoint = "revoke_access_token")]
pub async fn revoke_access_token(id: i64) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let id = registry::access::AccessTokenId(id);
    // One that is gone already is what was wanted.
    let revoked = context.registry.access_tokens.revoke(&context.actor, id).await;
    let answer = crate::ssr::answer(revoked.map(drop))?;
    crate::ssr::send_to(routes::ACCOUNT_TOKENS);
    Ok(answer)
}

fn at(key: &str, value: &str) -> String {
    Address::new(routes::ACCOUNT_TOKENS).with(key, value).to_string()
}

/// The page.
#[component]
pub fn TokensPage() -> impl IntoView {
    let text = use_words().tokens;
    let query = use_query_map();
    let first = answered::<CreateAccessToken>().and_then(|answered| answered.shown.clone());
    let made = RwSignal::new(first);
    let making = Memo::new(move |_| query.with(|query| query.get("new").is_some()));
    view! {
        <PageTitle title=text.title() />
        <p class="page-lead account-lead"><Rich text=text.lead() /></p>
        {move || match made.get() {
            Some(secret) => view! { <MadeToken secret made /> }.into_any(),
            None if making.get() => view! { <NewToken made /> }.into_any(),
            None => view! { <TokenList /> }.into_any(),
        }}
    }
}

#[component]
fn MadeToken(secret: ShownSecret, made: RwSignal<Option<ShownSecret>>) -> impl IntoView {
    let text = use_words().secret;
    view! {
        <SecretPanel secret title=text.token_created()>
            <span on:click=move |_| made.set(None)>
                <LinkButton kind=ButtonKind::Primary href=routes::ACCOUNT_TOKENS.to_owned()>{text.done()}</LinkButton>
            </span>
        </SecretPanel>
    }
}

#[component]
fn NewToken(made: RwSignal<Option<ShownSecret>>) -> impl IntoView {
    let words = use_words();
    let text = words.tokens;
    let action = ServerAction::<CreateAccessToken>::new();
    let (problem, edited) = fresh_problem(action);
    when_done(action, move |secret| {
        made.set(Some(secret));
    });
    let typed = Typed::into_form::<CreateAccessToken>();
    let (chosen, name) = (typed.or("level", "write"), typed.or("name", ""));
    let levels = [(TokenLevel::Read, "read"), (TokenLevel::Write, "write"), (TokenLevel::Admin, "admin")];
    let levels = levels.map(|(level, word)| {
        let (name, hint) = text.levels(level);
        view! {
            <label class="choice">
                <input class="tick" type="radio" name="level" value=word checked={chosen == word} />
                <span class="choice-name">{name}</span>
                <span class="choice-hint">{hint}</span>
            </label>
        }
    });
    view! {
        <div class="form-page">
            <div class="part-head">
                <h2>{text.new_title()}</h2>
                <p class="second">{words.robots.new_lead()}</p>
            </div>
            <ActionForm action attr:class="form" on:input=move |_| edited()>
                <FormFailure problem title=text.failed_title() />
                <Field id="name" label=text.name() hint=text.name_hint() problem>
                    <input
                        class="input input-large"
                        id="name"
                        name="name"
                        type="text"
                        required
                        autofocus
                        maxlength="200"
                        autocomplete="off"
                        value=name
                        aria-invalid=move || is_about(problem, "name")
                        aria-describedby="name-about"
                    />
                </Field>
                <fieldset class="field">
                    <legend class="field-label">{text.level()}</legend>
                    <div class="choices">{levels.into_view()}</div>
                </fieldset>
                <WhereFields typed=typed.clone() named=Vec::new() problem />
                <LifetimeField typed problem />
                <StepUp action />
                <div class="form-end">
                    <Button kind=ButtonKind::Primary class="button-large" busy=Signal::from(action.pending())>
                        {move || if action.pending().get() { words.robots.creating() } else { text.create() }}
                    </Button>
                    <LinkButton kind=ButtonKind::Ghost class="button-large" href=routes::ACCOUNT_TOKENS.to_owned()>
                        {words.common.cancel()}
                    </LinkButton>
                </div>
            </ActionForm>
        </div>
    }
}

#[component]
fn TokenList() -> impl IntoView {
    let words = use_words();
    let text = words.tokens;
    let query_map = use_query_map();
    let query = Memo::new(move |_| query_map.with(routes::list_query));
    let changes = RwSignal::new(0_u32);
    let tokens = Resource::new(move || (query.get(), changes.get()), |(query, _)| list_access_tokens(query));
    let asked = Memo::new(move |_| query_map.with(|query| query.get("revoke").unwrap_or_default()));
    let rows = move |page: Page<AccessTokenSummary>| {
        if page.total == 0 {
            return view! {
                <Empty glyph=Glyph::Key title=text.empty() text=text.empty_text() boxed=true>
                    <LinkButton kind=ButtonKind::Primary icon=Glyph::Plus href=at("new", "1")>{text.new()}</LinkButton>
                </Empty>
            }
            .into_any();
        }
        let position = Position::from(&page);
        let names: Vec<_> = page.items.iter().map(|token| (token.id.to_string(), token.name.clone())).collect();
        let name = Memo::new(move |_| {
            let id = asked.get();
            names.iter().find(|(other, _)| *other == id).map(|(_, name)| name.clone())
        });
        let title = Signal::derive(move || text.revoke_title(name.get().unwrap_or_default()));
        view! {
            <div class="toolbar">
                <LinkButton kind=ButtonKind::Primary icon=Glyph::Plus class="toolbar-end" href=at("new", "1")>{text.new()}</LinkButton>
            </div>
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">{text.token()}</th>
                        <th scope="col">{words.robots.state()}</th>
                        <th scope="col">{text.rights()}</th>
                        <th scope="col">{words.robots.expires()}</th>
                        <th scope="col">{words.robots.used()}</th>
                        <th scope="col" class="cell-actions"><span class="visually-hidden">{words.common.more_actions()}</span></th>
                    </tr>
                </thead>
                <tbody>{page.items.into_iter().map(|token| view! { <TokenRow token /> }).collect_view()}</tbody>
            </table>
            <Pager position base=Address::new(routes::ACCOUNT_TOKENS) />
            <Dialog title open=Signal::derive(move || name.get().is_some()) close=Signal::stored(routes::ACCOUNT_TOKENS.to_owned())>
                <RevokeForm id=asked.get_untracked() changes />
            </Dialog>
        }
        .into_any()
    };
    view! { <Loaded part=true resource=tokens skeleton=|| view! { <SkeletonRows columns=5 rows=3 /> } view=rows /> }
}

#[component]
fn TokenRow(token: AccessTokenSummary) -> impl IntoView {
    let words = use_words();
    let text = words.tokens;
    let (level, _) = text.levels(token.level);
    let revoke = at("revoke", &token.id.to_string());
    let places = match &token.projects {
        None => words.robots.in_all().to_owned(),
        Some(names) if names.is_empty() => text.no_known_project().to_owned(),
        Some(names) => words.robots.in_some(names.join(", ")),
    };
    view! {
        <tr>
            <td class="cell-main">{token.name}</td>
            <td class="cell-side"><StateBadge state=token.state /></td>
            <td class="cell-sub cell-rights">
                {level}
                <span class="cell-note">{places}</span>
            </td>
            <td class="cell-sub"><Ends at=token.expires_at state=token.state /></td>
            <td class="cell-end"><LastUsed at=token.last_used_at from=token.last_used_from /></td>
            <td class="cell-actions">
                <Menu label=words.common.more_actions() small=true>
                    <MenuLink icon=Glyph::Trash danger=true stay=true href=revoke>{text.revoke()}</MenuLink>
                </Menu>
            </td>
        </tr>
    }
}

#[component]
fn RevokeForm(id: String, changes: RwSignal<u32>) -> impl IntoView {
    let text = use_words().tokens;
    let action = ServerAction::<RevokeAccessToken>::new();
    let (problem, _) = fresh_problem(action);
    let go = use_go();
    let toaster = use_toaster();
    when_done(action, move |()| {
        toaster.done(text.revoked());
        changes.update(|changes| *changes += 1);
        go(routes::ACCOUNT_TOKENS);
    });
    view! {
        <ActionForm action>
            <div class="dialog-body">
                <p>{text.revoke_text()}</p>
                <input type="hidden" name="id" value=id />
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close=routes::ACCOUNT_TOKENS kind=ButtonKind::DangerSolid confirm=text.revoke_confirm() />
        </ActionForm>
    }
}
