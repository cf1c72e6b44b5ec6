//! `/activity` and a project's tab of the same name: who did what, when, from where.

mod events;
mod filters;

use crate::{
    AppError,
    boot::use_words,
    components::{Empty, Glyph, LinkButton, Loaded, PageHead, SkeletonRows, Turns},
    pages::project::activity_address,
    routes::{self, Address},
};
use api_types::{AuditPage, AuditQuery};
use events::Events;
use filters::{Chips, Filters};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// Events that the viewer may see, newest first.
#[server(prefix = "/_fn", endpoint = "activity", input = GetUrl)]
pub async fn load_activity(
    /// Filters and place.
    #[server(default)]
    query: AuditQuery,
) -> Result<AuditPage, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::read(context.registry.audit.list(&context.actor, &query).await)
}

/// Where the list stands: on its own page, or in a project's tab.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place(Option<String>);

impl Place {
    /// The page without filters.
    fn base(&self) -> Address {
        match &self.0 {
            Some(project) => activity_address(project),
            None => Address::new(routes::ACTIVITY),
        }
    }

    /// The page with these filters, from the newest on. The tab's project is in its path.
    fn with(&self, query: &AuditQuery) -> Address {
        let project = if self.0.is_some() { String::new() } else { query.project.clone() };
        self.base().with_audit(&AuditQuery { project, ..query.clone() })
    }
}

/// The page.
#[component]
pub fn ActivityPage() -> impl IntoView {
    let words = use_words().activity;
    let admin = crate::boot::use_boot().viewer.as_ref().is_some_and(|viewer| viewer.is_admin);
    let lead = if admin { words.lead_everything() } else { words.lead_own() };
    view! {
        <PageHead title=words.title()>
            <p class="page-lead">{lead}</p>
        </PageHead>
        <ActivityList />
    }
}

/// The filters and the list.
#[component]
pub fn ActivityList(
    /// Of this project alone.
    #[prop(optional, into)]
    project: Option<String>,
) -> impl IntoView {
    let query_map = use_query_map();
    let place = StoredValue::new(Place(project.clone()));
    let query = Memo::new(move |_| {
        let query = query_map.with(routes::audit_query);
        AuditQuery { project: project.clone().unwrap_or_else(|| query.project.clone()), ..query }
    });
    let events = Resource::new(move || query.get(), load_activity);
    view! {
        <Filters place query />
        <Chips place query />
        <Loaded
            part=true
            resource=events
            skeleton=|| view! { <SkeletonRows columns=3 /> }
            view=move |page| view! { <List page place query=query.get_untracked() /> }.into_any()
        />
    }
}

#[component]
fn List(page: AuditPage, place: StoredValue<Place>, query: AuditQuery) -> impl IntoView {
    let words = use_words().activity;
    let base = place.with_value(|place| place.with(&query));
    let here = place.get_value();
    if page.events.is_empty() {
        let unfiltered = here.base() == base && query.cursor.is_empty();
        return if unfiltered {
            view! { <Empty glyph=Glyph::Activity title=words.empty() text=words.empty_text() boxed=true /> }.into_any()
        } else {
            let by_name = !query.resource.is_empty();
            let hint = if by_name { words.no_match_text() } else { words.no_match_other() };
            view! {
                <Empty glyph=Glyph::Search title=words.no_match() text=hint.replace('`', "") boxed=true>
                    <LinkButton href=here.base().to_string()>{words.clear()}</LinkButton>
                </Empty>
            }
            .into_any()
        };
    }
    view! {
        <Events events=page.events project=here.0 />
        <div class="pager">
            <Turns previous=page.previous next=page.next base />
        </div>
    }
    .into_any()
}
