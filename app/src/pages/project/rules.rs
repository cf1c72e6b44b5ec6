//! A project's rules about its tags.

mod edit;
mod names;
mod preview;
mod remove;

use super::{
    Part,
    retention::{RetentionPreviewPage, RetentionSection},
};
use crate::{
    AppError,
    boot::use_words,
    components::{Badge, Empty, Glyph, LinkButton, Loaded, Menu, MenuLink, Notice, NoticeTone, SkeletonRows, Tone},
};
use api_types::{ProjectDetail, ProtectionRule};
use edit::EditDialog;
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;
pub use names::{Kind, Names, ProtectedBadge, ScopeFields, scope_words};
use preview::{ProtectionPreviewPage, preview_address};
use remove::RemoveDialog;

/// The rules that protect a project's tags.
#[server(prefix = "/_fn", endpoint = "protection_rules", input = GetUrl)]
pub async fn list_protection_rules(project: String) -> Result<Vec<ProtectionRule>, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.protection.list(&context.actor, &name).await)
}

/// Counts changes of the rules, so that the list is asked for again.
#[derive(Clone, Copy, Debug)]
struct Changes(RwSignal<u32>);

/// What stands in the tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RulesView {
    /// The rules.
    Rules,
    /// Which tags are protected.
    Protected,
    /// What retention would do now.
    Retention,
}

impl RulesView {
    /// What a word of the address stands for.
    pub fn find(word: &str) -> Self {
        match word {
            "protected" => Self::Protected,
            "dry-run" => Self::Retention,
            _ => Self::Rules,
        }
    }
}

/// The tab.
#[component]
pub fn Rules(
    project: ProjectDetail,
    /// What stands in it.
    shown: RulesView,
) -> impl IntoView {
    let words = use_words();
    let text = words.rules;
    if !project.may.retain {
        return view! { <Empty glyph=Glyph::Lock title=words.problems.title(api_types::ProblemKind::Forbidden) boxed=true /> }
            .into_any();
    }
    let may_change = project.may.delete;
    let name = project.summary.name;
    let query = use_query_map();
    let done = move || {
        let told = match query.with(|query| query.get("done"))?.as_str() {
            "saved" => text.saved(),
            "removed" | "dropped" => text.removed(),
            "kept" => words.retention.saved(),
            "scheduled" => words.retention.schedule_saved(),
            "asked" => words.retention.asked(),
            "stopped" => words.jobs.stop_asked(),
            _ => return None,
        };
        Some(view! { <Notice tone=NoticeTone::Success title=told /> })
    };
    view! {
        <div class="notice-above">{done}</div>
        {match shown {
            RulesView::Protected => view! { <ProtectionPreviewPage project=name /> }.into_any(),
            RulesView::Retention => view! { <RetentionPreviewPage project=name /> }.into_any(),
            RulesView::Rules => {
                view! {
                    <ProtectionSection project=name.clone() may_change />
                    <RetentionSection project=name />
                }
                    .into_any()
            }
        }}
    }
    .into_any()
}

/// The part that is about protected tags.
#[component]
fn ProtectionSection(project: String, may_change: bool) -> impl IntoView {
    let words = use_words();
    let text = words.rules;
    let changes = RwSignal::new(0_u32);
    provide_context(Changes(changes));
    let dry = preview_address(&project).to_string();
    let new = Part::Rules.address(&project).with("rule", "new").to_string();
    let name = StoredValue::new(project);
    let rules = Resource::new(move || changes.get(), move |_| list_protection_rules(name.get_value()));
    let list =
        move |rules: Vec<ProtectionRule>| view! { <Protected rules project=name.get_value() may_change /> }.into_any();
    view! {
        <section class="rules" aria-labelledby="protected-tags">
            <div class="rules-head">
                <div>
                    <h2 id="protected-tags">{text.protected()}</h2>
                    <p class="second">{text.protected_text()}</p>
                </div>
                <div class="rules-buttons">
                    <LinkButton icon=Glyph::Eye href=dry>{words.retention.dry_run()}</LinkButton>
                    {may_change.then(|| view! { <LinkButton icon=Glyph::Lock href=new>{text.protect()}</LinkButton> })}
                </div>
            </div>
            <Loaded part=true resource=rules skeleton=|| view! { <SkeletonRows rows=2 columns=3 /> } view=list />
        </section>
    }
}

/// How a rule stands, in a word.
#[component]
pub fn RuleBadge(
    /// Whether it is followed.
    enabled: bool,
) -> impl IntoView {
    let text = use_words().rules;
    let (tone, word) = if enabled { (Tone::Neutral, text.on()) } else { (Tone::Warning, text.off()) };
    view! { <Badge tone>{word}</Badge> }
}

#[component]
fn Protected(rules: Vec<ProtectionRule>, project: String, may_change: bool) -> impl IntoView {
    let text = use_words().rules;
    let here = Part::Rules.address(&project);
    let known = StoredValue::new(rules.clone());
    let dialogs = may_change.then(|| {
        view! {
            <EditDialog project=project.clone() known />
            <RemoveDialog project=project.clone() known />
        }
    });
    if rules.is_empty() {
        let hint = if may_change { text.none_text() } else { text.none_yet_text() };
        return view! {
            <Empty glyph=Glyph::Lock title=text.none() text=hint boxed=true />
            {dialogs}
        }
        .into_any();
    }
    let row = |rule: ProtectionRule| {
        let id = rule.id.to_string();
        let (edit, remove) = (here.clone().with("rule", &id).to_string(), here.clone().with("remove", &id).to_string());
        let tags = preview_address(&project).with("by", &id).to_string();
        let label = text.actions_of(&rule.scope.tags.pattern);
        view! {
            <tr>
                <td class="cell-main"><Names selector=rule.scope.tags kind=Kind::Tags /></td>
                <td class="cell-sub"><Names selector=rule.scope.repositories kind=Kind::Repositories /></td>
                <td class="cell-side"><RuleBadge enabled=rule.enabled /></td>
                <td class="cell-actions">
                    <Menu label small=true>
                        <MenuLink icon=Glyph::Eye href=tags>{text.show_tags()}</MenuLink>
                        {may_change
                            .then(|| {
                                view! {
                                    <MenuLink icon=Glyph::Pencil stay=true href=edit>{text.edit()}</MenuLink>
                                    <MenuLink icon=Glyph::Trash danger=true stay=true href=remove>{text.remove()}</MenuLink>
                                }
                            })}
                    </Menu>
                </td>
            </tr>
        }
    };
    let more = use_words().common.more_actions();
    view! {
        <table class="table">
            <thead>
                <tr>
                    <th scope="col">{text.tags()}</th>
                    <th scope="col">{text.repositories()}</th>
                    <th scope="col" class="col-152">{text.state()}</th>
                    <th scope="col" class="cell-actions"><span class="visually-hidden">{more}</span></th>
                </tr>
            </thead>
            <tbody>{rules.into_iter().map(row).collect_view()}</tbody>
        </table>
        {dialogs}
    }
    .into_any()
}
