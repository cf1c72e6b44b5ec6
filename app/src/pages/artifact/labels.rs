//! What an artifact is marked with: shown below its name, and changed in a dialog.

use super::address_of;
use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    browser,
    components::{
        ButtonKind, Dialog, DialogFoot, FormProblem, Glyph, Icon, LabelChip, LabelChips, Loaded, SkeletonRows,
    },
    error::{last_problem, when_done},
    pages::project::settings_address,
    routes,
};
use api_types::{ArtifactDetail, Label};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// What artifacts of a project can be marked with.
#[server(prefix = "/_fn", endpoint = "usable_labels", input = GetUrl)]
pub async fn usable_labels(project: String) -> Result<Vec<Label>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.labels.list_usable(&context.actor, &name).await)
}

/// Puts the labels that were ticked on an artifact, and takes those away that were shown ticked and are not any more. What
/// somebody else changed meanwhile stays.
#[server(prefix = "/_fn", endpoint = "label_artifact")]
pub async fn label_artifact(
    repository: String,
    digest: String,
    /// The tag that the page names it by; empty where it does by its digest.
    #[server(default)]
    tag: String,
    /// Those that are ticked.
    #[server(default)]
    labels: Vec<i64>,
    /// Those that the form showed ticked.
    #[server(default)]
    shown: Vec<i64>,
) -> Result<Answer<()>, AppError> {
    use registry::access::LabelId;
    let context = crate::ssr::signed_in()?;
    let here = if tag.is_empty() { routes::artifact(&repository, &digest) } else { routes::tag(&repository, &tag) };
    crate::ssr::answer_on(&here.clone().with("labels", "1"));
    let name = crate::ssr::names::repository(&repository)?;
    let reference = oci::Reference::Digest(crate::ssr::names::digest(&digest)?);
    let without = |all: &[i64], others: &[i64]| -> Vec<LabelId> {
        all.iter().filter(|id| !others.contains(id)).map(|id| LabelId(*id)).collect()
    };
    let (add, remove) = (without(&labels, &shown), without(&shown, &labels));
    let changed = context.registry.labels.change(&context.actor, &name, &reference, add, remove).await;
    let answer = crate::ssr::answer(changed)?;
    crate::ssr::send_to(&here.to_string());
    Ok(answer)
}

/// The labels in a line, and the way to change them.
#[component]
pub fn LabelLine(artifact: ArtifactDetail) -> impl IntoView {
    let text = use_words().labels;
    let labels = artifact.summary.labels.clone();
    let none = labels.is_empty();
    let may_push = artifact.may.push;
    let change = address_of(&artifact).with("labels", "1").to_string();
    (!none || may_push).then(|| {
        view! {
            <div class="label-line" role="group" aria-label=text.on_artifact()>
                {(!none).then(|| view! { <LabelChips labels /> })}
                {may_push
                    .then(|| {
                        view! {
                            <a class="label-change" data-noscroll="" href=change>
                                <Icon glyph=if none { Glyph::Plus } else { Glyph::Pencil } />
                                {if none { text.add() } else { text.change() }}
                            </a>
                        }
                    })}
            </div>
        }
    })
}

/// The dialog, open while the address says so.
#[component]
pub fn LabelDialog(artifact: ArtifactDetail) -> impl IntoView {
    let text = use_words().labels;
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("labels").is_some()));
    let project = routes::project_of(&artifact.repository).to_owned();
    let project = StoredValue::new(project);
    let name = artifact.tag.clone().unwrap_or_else(|| routes::shorten(&artifact.summary.digest).to_owned());
    let close = StoredValue::new(address_of(&artifact).to_string());
    let artifact = StoredValue::new(artifact);
    let usable = Resource::new(
        move || open.get(),
        move |open| async move { if open { usable_labels(project.get_value()).await.map(Some) } else { Ok(None) } },
    );
    let form = move |usable: Option<Vec<Label>>| match usable {
        // What was loaded while the dialog was closed: nothing.
        None => view! { <SkeletonRows rows=3 columns=1 /> }.into_any(),
        Some(usable) => {
            let (artifact, project) = (artifact.get_value(), project.get_value());
            view! { <MarkForm usable artifact project close=close.get_value() /> }.into_any()
        }
    };
    view! {
        <Dialog title=text.mark_title(name) open=open close=Signal::derive(move || close.get_value())>
            <Loaded part=true resource=usable skeleton=|| view! { <SkeletonRows rows=3 columns=1 /> } view=form />
        </Dialog>
    }
}

#[component]
fn MarkForm(usable: Vec<Label>, artifact: ArtifactDetail, project: String, close: String) -> impl IntoView {
    let words = use_words();
    let text = words.labels;
    let action = ServerAction::<LabelArtifact>::new();
    let problem = last_problem(action);
    let done = close.clone();
    when_done(action, move |()| {
        browser::load(&done);
    });
    if usable.is_empty() {
        let may_create = artifact.may.delete;
        return view! {
            <div class="dialog-body">
                <p>{text.none()}"."</p>
                <p>{text.none_usable()}</p>
            </div>
            <div class="dialog-foot">
                <a class="button" data-noscroll="" href=close>{words.common.cancel()}</a>
                {may_create
                    .then(|| {
                        view! { <a class=ButtonKind::Primary.class() href=settings_address(&project).to_string()>{text.to_settings()}</a> }
                    })}
            </div>
        }
        .into_any();
    }
    let shown: Vec<i64> = artifact.summary.labels.iter().map(|label| label.id).collect();
    let typed = Typed::into_form::<LabelArtifact>();
    let ticked: Vec<i64> = if typed.is_there() {
        typed.all("labels[]").iter().filter_map(|id| id.parse().ok()).collect()
    } else {
        shown.clone()
    };
    let choice = |label: Label| {
        let id = label.id;
        let hint = (!label.description.is_empty()).then(|| label.description.clone());
        view! {
            <label class="choice">
                <input class="tick" type="checkbox" name="labels[]" value=id.to_string() checked=ticked.contains(&id) />
                <span class="choice-name"><LabelChip label /></span>
                {hint.map(|hint| view! { <span class="choice-hint">{hint}</span> })}
            </label>
        }
    };
    let choices = usable.into_iter().map(choice).collect_view();
    view! {
        <ActionForm action>
            <div class="dialog-body">
                <input type="hidden" name="repository" value=artifact.repository />
                <input type="hidden" name="digest" value=artifact.summary.digest />
                <input type="hidden" name="tag" value=artifact.tag.unwrap_or_default() />
                {shown.into_iter().map(|id| view! { <input type="hidden" name="shown[]" value=id.to_string() /> }).collect_view()}
                <p>{text.mark_text()}</p>
                <fieldset class="choices choices-close">
                    <legend class="visually-hidden">{text.on_artifact()}</legend>
                    {choices}
                </fieldset>
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind=ButtonKind::Primary confirm=text.save_marks() />
        </ActionForm>
    }
    .into_any()
}
