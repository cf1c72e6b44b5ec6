//! What a check found, one row for each repository that is hit.

use crate::{
    boot::use_words,
    components::{Badge, Rich, Tone},
    routes,
};
use api_types::{Damage, DamagePage};
use leptos::prelude::*;

/// Tags that a row shows.
const TAGS: usize = 8;

/// The list of damage; nothing, where there is none.
#[component]
pub fn Findings(page: DamagePage) -> impl IntoView {
    let text = use_words().fsck;
    if page.items.is_empty() {
        return ().into_any();
    }
    let more = page.next.is_some();
    view! {
        <p class="fsck-told"><Rich text=text.remedy() /></p>
        <table class="table table-plain">
            <caption class="visually-hidden">{text.findings()}</caption>
            <thead>
                <tr>
                    <th scope="col">{text.what()}</th>
                    <th scope="col">{text.subject()}</th>
                    <th scope="col">{text.whom()}</th>
                </tr>
            </thead>
            <tbody>{page.items.into_iter().map(|damage| view! { <Row damage /> }).collect_view()}</tbody>
        </table>
        {more.then(|| view! { <p class="fsck-told second"><Rich text=text.rest() /></p> })}
    }
    .into_any()
}

#[component]
fn Row(damage: Damage) -> impl IntoView {
    let text = use_words().fsck;
    let kind = text.kind(damage.kind);
    let mark = if damage.healed {
        view! { <Badge tone=Tone::Success>{text.healed()}</Badge> }.into_any()
    } else {
        view! { <Badge tone=Tone::Danger>{kind}</Badge> }.into_any()
    };
    let was = damage.healed.then_some(kind);
    let more = damage.tag_count.saturating_sub(damage.tags.len().min(TAGS) as u64);
    let tags = if damage.tags.is_empty() {
        text.no_tags().to_owned()
    } else {
        damage.tags[..damage.tags.len().min(TAGS)].join(", ")
    };
    let whom = match damage.repository {
        Some(repository) => {
            let href = routes::repository(&repository);
            view! {
                <a class="link" href=href.to_string()>{repository}</a>
                <span class="quiet fsck-tags">{tags} {(more > 0).then(|| format!(" {}", text.more(more)))}</span>
            }
            .into_any()
        }
        None => view! { <span class="quiet">{text.nobody()}</span> }.into_any(),
    };
    view! {
        <tr>
            <td class="cell-main nowrap">{mark} {was.map(|was| view! { <span class="quiet">" " {was}</span> })}</td>
            <td class="cell-sub"><code class="fsck-subject">{damage.subject}</code></td>
            <td class="cell-sub">{whom}</td>
        </tr>
    }
}
