//! A repository's storage, tag by tag, and what deleting a choice of them frees.

use super::{BackToAll, Legend, Share, inside};
use crate::{
    AppError,
    boot::use_words,
    components::{
        Ago, Bytes, Empty, Glyph, Icon, LinkButton, Loaded, PlatformList, Segment, Segmented, SkeletonRows, Turns,
    },
    i18n::format::bytes,
    pages::project::ProtectedBadge,
    routes,
};
use api_types::{RepositoryStorage, TagStorage, TagStoragePage};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// What the tags of a repository hold, the largest first.
#[server(prefix = "/_fn", endpoint = "tag_storage", input = GetUrl)]
pub async fn load_tag_storage(
    repository: String,
    #[server(default)] cursor: String,
    /// Whether only those that nobody has pulled are wanted.
    #[server(default)]
    never_pulled: bool,
) -> Result<TagStoragePage, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::repository(&repository)?;
    crate::ssr::read(context.registry.storage.tags(&context.actor, &name, &cursor, never_pulled).await)
}

/// The tags of one repository.
#[component]
pub fn RepositoryTags(project: String, path: String) -> impl IntoView {
    let query = use_query_map();
    let place = StoredValue::new((project.clone(), path.clone(), format!("{project}/{path}")));
    let asked = Memo::new(move |_| {
        query.with(|query| {
            (query.get("cursor").unwrap_or_default(), query.get("pulled").is_some_and(|word| word == "never"))
        })
    });
    let tags = Resource::new(
        move || asked.get(),
        move |(cursor, never)| load_tag_storage(place.with_value(|place| place.2.clone()), cursor, never),
    );
    let show = move |page: TagStoragePage| {
        let (project, path, _) = place.get_value();
        let never = asked.get_untracked().1;
        view! { <Tags page project path never /> }.into_any()
    };
    view! { <Loaded part=true resource=tags skeleton=|| view! { <SkeletonRows columns=5 /> } view=show /> }
}

#[component]
fn Tags(page: TagStoragePage, project: String, path: String, never: bool) -> impl IntoView {
    let words = use_words();
    let text = words.storage;
    let here = inside(&project, &path);
    let segments =
        [(text.all_tags(), here.clone(), !never), (text.never_pulled(), here.clone().with("pulled", "never"), never)]
            .map(|(name, address, current)| Segment { name: name.to_owned(), href: address.to_string(), current })
            .to_vec();
    let base = if never { here.with("pulled", "never") } else { here };
    let TagStoragePage { repository, tags, next, previous, may_delete } = page;
    let largest = tags.iter().map(|tag| tag.held).max().unwrap_or_default();
    let name = repository.name.clone();
    let list = if tags.is_empty() {
        let (title, hint) = if never {
            (text.none_unpulled(), text.none_unpulled_text())
        } else {
            (text.no_tags(), text.no_tags_text())
        };
        view! { <Empty glyph=Glyph::Tag title text=hint boxed=true /> }.into_any()
    } else {
        let rows = tags.into_iter().map(|tag| view! { <TagRow tag repository=name.clone() largest may_delete /> });
        view! {
            <form method="get" action=routes::repository(&name).to_string()>
                {may_delete
                    .then(|| {
                        view! {
                            <div class="toolbar storage-choice">
                                <span class="second">{text.choose()}</span>
                                <button type="submit" class="button storage-preview">
                                    <Icon glyph=Glyph::Trash />
                                    {text.preview_deletion()}
                                </button>
                            </div>
                        }
                    })}
                <table class="table">
                    <thead><TagHead may_delete /></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </form>
            <div class="pager">
                {(!never).then(|| view! { <span>{words.project.tags_n(repository.tags)}</span> })}
                <Turns previous next base />
            </div>
        }
        .into_any()
    };
    view! {
        <section class="storage-list" aria-labelledby="by-tag">
            <BackToAll project />
            <div class="section-line">
                <h2 class="section-title" id="by-tag">{repository.path.clone()}</h2>
                <LinkButton href=routes::repository(&repository.name).to_string()>{text.open_repository()}</LinkButton>
            </div>
            <Sums repository />
            <div class="toolbar"><Segmented label=text.which() segments=Signal::stored(segments) /></div>
            {list}
        </section>
    }
}

/// What the repository holds in all.
#[component]
fn Sums(repository: RepositoryStorage) -> impl IntoView {
    let text = use_words().storage;
    let RepositoryStorage { held, own, .. } = repository;
    view! {
        <div class="storage-sums">
            <Share own held largest=held />
            <p class="second">{text.repository_sums(bytes(held), bytes(own), bytes(held.saturating_sub(own)))}</p>
            <Legend />
        </div>
    }
}

#[component]
fn TagHead(may_delete: bool) -> impl IntoView {
    let words = use_words();
    let text = words.storage;
    view! {
        <tr>
            {may_delete.then(|| view! { <th scope="col" class="cell-tick"><span class="visually-hidden">{words.common.select()}</span></th> })}
            <th scope="col">{words.repository.tag()}</th>
            <th scope="col" class="col-share"><span class="visually-hidden">{text.share()}</span></th>
            <th scope="col" class="number">{text.all()}</th>
            <th scope="col" class="number">{text.own()}</th>
            <th scope="col" class="number cell-wide">{text.shared()}</th>
            <th scope="col" class="number cell-extra">{text.as_pulled()}</th>
            <th scope="col" class="cell-extra col-platforms">{words.repository.platforms()}</th>
            <th scope="col">{words.repository.last_pulled()}</th>
        </tr>
    }
}

#[component]
fn TagRow(tag: TagStorage, repository: String, largest: u64, may_delete: bool) -> impl IntoView {
    let words = use_words();
    let text = words.storage;
    let shared = tag.held.saturating_sub(tag.own);
    let is_protected = tag.protected_by.is_some();
    view! {
        <tr>
            {may_delete
                .then(|| {
                    view! {
                        <td class="cell-tick">
                            <input
                                class="tick"
                                type="checkbox"
                                name="delete"
                                value=tag.name.clone()
                                aria-label=words.common.select_row(&tag.name)
                                disabled=is_protected
                            />
                        </td>
                    }
                })}
            <td class="cell-main mono">
                <span class="cell-line">
                    <a href=routes::tag(&repository, &tag.name).to_string()>{tag.name.clone()}</a>
                    {tag.protected_by.map(|scope| view! { <ProtectedBadge scope /> })}
                </span>
            </td>
            <td class="cell-share"><Share own=tag.own held=tag.held largest /></td>
            <td class="number cell-side"><Bytes size=tag.held /></td>
            <td class="number cell-sub">
                <Bytes size=tag.own />
                <span class="narrow-only">" " {text.own_short()}</span>
            </td>
            <td class="number cell-wide"><Bytes size=shared /></td>
            <td class="number cell-extra"><Bytes size=tag.pulled /></td>
            <td class="cell-extra col-platforms"><PlatformList platforms=tag.platforms /></td>
            <td class="cell-end">
                <span class="cell-label narrow-only">{words.repository.last_pulled()}</span>
                {match tag.last_pulled_at {
                    Some(at) => view! { <Ago at in_sentence=true /> }.into_any(),
                    None => view! { <span class="quiet">{words.common.never()}</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}
