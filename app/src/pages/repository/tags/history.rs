//! Where a tag has pointed, in a dialog that `?history=` opens, with the way back.

use super::View;
use crate::{
    Answer, AppError,
    boot::use_words,
    components::{
        ActorName, Ago, Badge, Button, Dialog, FormProblem, Loaded, Pager, SkeletonRows, Tone, pager::Position,
        toast::use_toaster,
    },
    error::{last_problem, when_done},
    pages::repository::Changes,
    routes,
};
use api_types::{Page, TagMove};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// The query parameter that turns the history's pages.
const CURSOR: &str = "moves";

/// A page of the moves of a tag.
#[server(prefix = "/_fn", endpoint = "tag_history", input = GetUrl)]
pub async fn tag_history(
    repository: String,
    tag: String,
    #[server(default)] cursor: String,
) -> Result<Page<TagMove>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    let tag = crate::ssr::names::tag(&tag)?;
    let query = api_types::ListQuery { cursor, ..api_types::ListQuery::default() };
    crate::ssr::read(context.registry.tags.history(&context.actor, &name, &tag, &query).await)
}

/// Points a tag at what it pointed at before.
#[server(prefix = "/_fn", endpoint = "move_tag_back")]
pub async fn move_tag_back(repository: String, tag: String, digest: String) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    let tag = crate::ssr::names::tag(&tag)?;
    let digest = crate::ssr::names::digest(&digest)?;
    let answer = crate::ssr::answer(context.registry.tags.create(&context.actor, &name, &tag, &digest).await)?;
    crate::ssr::send_back();
    Ok(answer)
}

/// The dialog.
#[component]
pub fn TagHistory(repository: StoredValue<String>, here: Memo<View>, may_push: bool) -> impl IntoView {
    let words = use_words();
    let text = words.repository;
    let query = use_query_map();
    let tag = Memo::new(move |_| query.with(|query| query.get("history").unwrap_or_default()));
    // The list behind the dialog has a cursor of its own.
    let cursor = Memo::new(move |_| query.with(|query| query.get(CURSOR).unwrap_or_default()));
    let close = Signal::derive(move || here.get().address(&repository.get_value()).to_string());
    let action = ServerAction::<MoveTagBack>::new();
    let problem = last_problem(action);
    let Changes(changes) = expect_context();
    let toaster = use_toaster();
    when_done(action, move |()| {
        toaster.done(text.moved_back(tag.get_untracked()));
        changes.update(|changes| *changes += 1);
    });
    let moves = Resource::new(
        move || (tag.get(), cursor.get(), action.version().get()),
        move |(tag, cursor, _)| async move {
            if tag.is_empty() { Ok(Page::empty()) } else { tag_history(repository.get_value(), tag, cursor).await }
        },
    );
    let list = move |page: Page<TagMove>| {
        let row = |moved: TagMove| view! { <Move moved repository tag action may_push /> };
        let told = if page.total == 1 { text.history_only() } else { text.history_text() };
        let turns = (page.total > page.items.len() as u64).then(|| {
            let base = here.get_untracked().address(&repository.get_value()).with("history", tag.get_untracked());
            view! { <Pager position=Position::from(&page) base key=CURSOR /> }
        });
        view! {
            <p class="second">{told}</p>
            <ol class="moves">{page.items.into_iter().map(row).collect_view()}</ol>
            {turns}
        }
        .into_any()
    };
    view! {
        <Dialog
            title=Signal::derive(move || text.history_of(tag.get()))
            open=Signal::derive(move || !tag.with(String::is_empty))
            close
            class="dialog-wide"
        >
            <div class="dialog-body">
                <FormProblem problem />
                <Loaded part=true resource=moves skeleton=|| view! { <SkeletonRows rows=3 columns=3 /> } view=list />
            </div>
            <div class="dialog-foot">
                <a class="button" data-noscroll="" href=move || close.get()>{words.common.close()}</a>
            </div>
        </Dialog>
    }
}

/// A move: when and by whom, where to, and the way back there.
#[component]
fn Move(
    moved: TagMove,
    repository: StoredValue<String>,
    tag: Memo<String>,
    action: ServerAction<MoveTagBack>,
    may_push: bool,
) -> impl IntoView {
    let text = use_words().repository;
    let project = repository.with_value(|name| routes::project_of(name).to_owned());
    let target = match &moved.digest {
        None => view! { <span>{text.was_deleted()}</span> }.into_any(),
        Some(digest) if moved.present => {
            let href = routes::artifact(&repository.get_value(), digest).to_string();
            view! { <a class="link mono" href=href>{routes::shorten(digest).to_owned()}</a> }.into_any()
        }
        Some(digest) => view! {
            <span class="mono quiet">{routes::shorten(digest).to_owned()}</span>
            " "
            <span class="quiet">{text.artifact_gone()}</span>
        }
        .into_any(),
    };
    let back = moved.digest.clone().filter(|_| moved.present && !moved.current && may_push).map(|digest| {
        view! {
            <ActionForm action>
                <input type="hidden" name="repository" value=repository.get_value() />
                <input type="hidden" name="tag" value=tag.get_untracked() />
                <input type="hidden" name="digest" value=digest />
                <Button busy=Signal::from(action.pending())>{text.move_back()}</Button>
            </ActionForm>
        }
    });
    view! {
        <li class="move">
            <span class="move-target">{target} {moved.current.then(|| view! { " " <Badge tone=Tone::Accent>{text.now()}</Badge> })}</span>
            <span class="move-by"><Ago at=moved.at /> <ActorName actor=moved.by project /></span>
            <span class="move-back">{back}</span>
        </li>
    }
}
