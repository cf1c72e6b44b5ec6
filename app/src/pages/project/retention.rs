//! The part of the tab of rules that is about retention: rules, when they are followed, and what came of it.

mod edit;
mod preview;
mod remove;
mod run;
mod runs;
mod schedule;

use super::{
    Part,
    rules::{Kind, Names, RuleBadge},
};
use crate::{
    AppError,
    boot::use_words,
    components::{Empty, Glyph, LinkButton, Loaded, Menu, MenuLink, Moment, Rich, SkeletonRows},
    routes::Address,
};
use api_types::{Keep, Retention, RetentionRule};
use edit::EditDialog;
use leptos::{prelude::*, server_fn::codec::GetUrl};
pub use preview::RetentionPreviewPage;
use remove::RemoveDialog;
use run::RunDialog;
use runs::Runs;
use schedule::ScheduleDialog;

/// A project's retention.
#[server(prefix = "/_fn", endpoint = "retention", input = GetUrl)]
pub async fn load_retention(project: String) -> Result<Retention, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::project(&project)?;
    crate::ssr::read(context.registry.retention.get(&context.actor, &name).await)
}

/// The address of the dry run.
fn preview_address(project: &str) -> Address {
    Part::Rules.address(project).with("view", "dry-run")
}

/// Counts changes of retention and runs that were asked for, so that both are asked for again.
#[derive(Clone, Copy, Debug)]
struct Changes(RwSignal<u32>);

/// The part.
#[component]
pub fn RetentionSection(project: String) -> impl IntoView {
    let text = use_words().retention;
    let changes = RwSignal::new(0_u32);
    provide_context(Changes(changes));
    let name = StoredValue::new(project.clone());
    let retention = Resource::new(move || changes.get(), move |_| load_retention(name.get_value()));
    let add = Part::Rules.address(&project).with("keep", "new").to_string();
    let show = move |retention: Retention| view! { <Shown retention project=name.get_value() /> }.into_any();
    view! {
        <section class="rules" aria-labelledby="retention">
            <div class="rules-head">
                <div>
                    <h2 id="retention">{text.title()}</h2>
                    <p class="second">{text.lead()}</p>
                </div>
                <LinkButton icon=Glyph::Plus href=add>{text.add()}</LinkButton>
            </div>
            <Loaded part=true resource=retention skeleton=|| view! { <SkeletonRows rows=2 columns=4 /> } view=show />
            <Runs project=project.clone() />
        </section>
        <RunDialog project />
    }
}

#[component]
fn Shown(retention: Retention, project: String) -> impl IntoView {
    let text = use_words().retention;
    let known = StoredValue::new(retention.rules.clone());
    let cron = retention.schedule.as_ref().map(|schedule| schedule.cron.clone()).unwrap_or_default();
    let is_empty = retention.rules.is_empty();
    let list = if is_empty {
        view! { <Empty glyph=Glyph::Tag title=text.none() text=text.none_text() boxed=true /> }.into_any()
    } else {
        view! { <RuleTable rules=retention.rules.clone() project=project.clone() /> }.into_any()
    };
    view! {
        {list}
        {(!is_empty).then(|| view! { <Times retention project=project.clone() /> })}
        <EditDialog project=project.clone() known />
        <RemoveDialog project=project.clone() known />
        <ScheduleDialog project cron />
    }
}

#[component]
fn RuleTable(rules: Vec<RetentionRule>, project: String) -> impl IntoView {
    let words = use_words();
    let (text, rule_words) = (words.retention, words.rules);
    let here = Part::Rules.address(&project);
    let row = |rule: RetentionRule| {
        let id = rule.id.to_string();
        let (edit, remove) = (here.clone().with("keep", &id).to_string(), here.clone().with("drop", &id).to_string());
        let fates = preview_address(&project).with("by", &id).to_string();
        let what = text.words(rule.keep);
        let label = rule_words.actions_of(&what);
        let tags = if matches!(rule.keep, Keep::UntaggedWithin { .. }) {
            view! { <span>{text.untagged_scope()}</span> }.into_any()
        } else {
            view! { <Names selector=rule.scope.tags kind=Kind::Tags /> }.into_any()
        };
        view! {
            <tr>
                <td class="cell-main">{what}</td>
                <td class="cell-sub">{tags}</td>
                <td class="cell-sub"><Names selector=rule.scope.repositories kind=Kind::Repositories /></td>
                <td class="cell-side"><RuleBadge enabled=rule.enabled /></td>
                <td class="cell-actions">
                    <Menu label small=true>
                        <MenuLink icon=Glyph::Eye href=fates>{text.show_fates()}</MenuLink>
                        <MenuLink icon=Glyph::Pencil stay=true href=edit>{rule_words.edit()}</MenuLink>
                        <MenuLink icon=Glyph::Trash danger=true stay=true href=remove>{rule_words.remove()}</MenuLink>
                    </Menu>
                </td>
            </tr>
        }
    };
    view! {
        <table class="table">
            <thead>
                <tr>
                    <th scope="col">{text.keeps()}</th>
                    <th scope="col">{rule_words.tags()}</th>
                    <th scope="col">{rule_words.repositories()}</th>
                    <th scope="col" class="col-152">{rule_words.state()}</th>
                    <th scope="col" class="cell-actions"><span class="visually-hidden">{words.common.more_actions()}</span></th>
                </tr>
            </thead>
            <tbody>{rules.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

/// When the rules are followed, and what follows them now.
#[component]
fn Times(retention: Retention, project: String) -> impl IntoView {
    let text = use_words().retention;
    let here = Part::Rules.address(&project);
    let (change, run) = (here.clone().with("schedule", "1").to_string(), here.with("run", "1").to_string());
    let dry = preview_address(&project).to_string();
    let told = match retention.schedule {
        None => view! { <span>{text.by_hand()}</span> }.into_any(),
        Some(schedule) => view! {
            <span><Rich text=text.times(schedule.shape, &schedule.cron) /></span>
            {schedule.next.map(|at| view! { <span class="quiet">{text.next()} ": " <Moment at /></span> })}
        }
        .into_any(),
    };
    view! {
        <div class="rules-times">
            <p class="rules-when">{told}</p>
            <div class="rules-buttons">
                <a class="button" data-noscroll="" href=change>{text.change_schedule()}</a>
                <LinkButton icon=Glyph::Eye href=dry>{text.dry_run()}</LinkButton>
                <a class="button" data-noscroll="" href=run>{text.run_now()}</a>
            </div>
        </div>
    }
}
