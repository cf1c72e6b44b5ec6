//! Labels, of a project (a card of its settings) and of the system (`/admin/labels`): list and dialogs.

mod edit;
mod remove;

use crate::{
    AppError,
    boot::use_words,
    components::{
        ButtonKind, Empty, Glyph, Icon, LabelChip, Loaded, Menu, MenuLink, Notice, NoticeTone, PageHead, SkeletonRows,
    },
    pages::project::settings_address,
    routes::{self, Address},
};
use api_types::LabelSummary;
use edit::EditDialog;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
use remove::RemoveDialog;

/// Labels of a project, or of the system without one.
#[server(prefix = "/_fn", endpoint = "labels", input = GetUrl)]
pub async fn list_labels(
    /// The project's name.
    #[server(default)]
    project: String,
) -> Result<Vec<LabelSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    let home = crate::ssr::names::home(&project)?;
    crate::ssr::read(context.registry.labels.list(&context.actor, home.as_ref()).await)
}

/// The page that has the labels of a project, or of the system where the name is empty.
fn address(project: &str) -> Address {
    if project.is_empty() { Address::new(routes::ADMIN_LABELS) } else { settings_address(project) }
}

/// Counts changes of the labels, so that the list is asked for again.
#[derive(Clone, Copy, Debug)]
struct Changes(RwSignal<u32>);

/// `/admin/labels`.
#[component]
pub fn LabelsPage() -> impl IntoView {
    let text = use_words().labels;
    let actions = move || view! { <NewLabel project=String::new() kind=ButtonKind::Primary /> }.into_any();
    view! {
        <div class="form-page settings">
            <PageHead title=text.system_title() actions=actions>
                <p class="page-lead">{text.system_lead()}</p>
            </PageHead>
            <section class="card" aria-label=text.title()>
                <LabelList project=String::new() />
            </section>
        </div>
    }
}

/// The card in the settings of a project.
#[component]
pub fn LabelsCard(
    /// The project's name.
    project: String,
) -> impl IntoView {
    let text = use_words().labels;
    view! {
        <section class="card" id="labels-card" aria-labelledby="labels-title">
            <div class="card-head">
                <h2 id="labels-title">{text.title()}</h2>
                <NewLabel project=project.clone() kind=ButtonKind::Secondary />
            </div>
            <p class="second card-lead">{text.project_text()}</p>
            <LabelList project />
        </section>
    }
}

#[component]
fn NewLabel(project: String, kind: ButtonKind) -> impl IntoView {
    let text = use_words().labels;
    view! {
        <a class=kind.class() data-noscroll="" href=address(&project).with("label", "new").to_string()>
            <Icon glyph=Glyph::Plus /> {text.create()}
        </a>
    }
}

/// The labels, with dialogs to make, change and delete them.
#[component]
fn LabelList(project: String) -> impl IntoView {
    let text = use_words().labels;
    let changes = RwSignal::new(0_u32);
    provide_context(Changes(changes));
    let project = StoredValue::new(project);
    let labels = Resource::new(move || changes.get(), move |_| list_labels(project.get_value()));
    let query = use_query_map();
    let done = move || {
        let told = match query.with(|query| query.get("done"))?.as_str() {
            "label-saved" => text.saved(),
            "label-removed" => text.removed(),
            _ => return None,
        };
        Some(view! { <Notice tone=NoticeTone::Success title=told /> })
    };
    let list = move |labels: Vec<LabelSummary>| view! { <Rows labels project=project.get_value() /> }.into_any();
    view! {
        <div class="notice-above">{done}</div>
        <Loaded part=true resource=labels skeleton=|| view! { <SkeletonRows rows=2 columns=3 /> } view=list />
    }
}

#[component]
fn Rows(labels: Vec<LabelSummary>, project: String) -> impl IntoView {
    let text = use_words().labels;
    let here = address(&project);
    let known = StoredValue::new(labels.clone());
    let row = |LabelSummary { label, artifacts }: LabelSummary| {
        let id = label.id.to_string();
        let edit = here.clone().with("label", &id).to_string();
        let remove = here.clone().with("remove-label", &id).to_string();
        let actions = text.actions_of(&label.name);
        let description = label.description.clone();
        view! {
            <li class="label-row">
                <span class="label-row-name"><LabelChip label /></span>
                <span class="label-row-about">{description}</span>
                <span class="label-row-count">
                    {if artifacts == 0 { text.unused().to_owned() } else { text.artifacts(artifacts) }}
                </span>
                <Menu label=actions small=true>
                    <MenuLink icon=Glyph::Pencil stay=true href=edit>{text.edit()}</MenuLink>
                    <MenuLink icon=Glyph::Trash danger=true stay=true href=remove>{text.remove()}</MenuLink>
                </Menu>
            </li>
        }
    };
    let list = if labels.is_empty() {
        view! { <Empty glyph=Glyph::Tag title=text.none() text=text.none_text() /> }.into_any()
    } else {
        view! { <ul class="label-rows">{labels.into_iter().map(row).collect_view()}</ul> }.into_any()
    };
    view! {
        {list}
        <EditDialog project=project.clone() known />
        <RemoveDialog project known />
    }
}
