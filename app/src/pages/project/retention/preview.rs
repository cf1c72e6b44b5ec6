//! The dry run: what the rules would do with each tag, and which rule says so.

use super::preview_address;
use crate::{
    AppError,
    boot::use_words,
    components::{
        Ago, Badge, Empty, Fact, Glyph, LinkButton, Loaded, Notice, NoticeTone, Pager, Segment, Segmented,
        SkeletonRows, Tone, pager::Position,
    },
    pages::project::rules_address,
    routes,
};
use api_types::{Fate, RetentionPreview, RetentionRule, RetentionVerdict};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// What the rules would do now, a page of it.
#[server(prefix = "/_fn", endpoint = "retention_preview", input = GetUrl)]
pub async fn preview_retention(
    project: String,
    cursor: String,
    /// Only what goes.
    only_deletes: bool,
    /// Only what this rule speaks of.
    rule: Option<i64>,
) -> Result<RetentionPreview, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::project(&project)?;
    let query = registry::content::PreviewQuery { cursor, only_deletes, rule };
    crate::ssr::read(context.registry.retention.preview(&context.actor, &name, &query).await)
}

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct View {
    cursor: String,
    only_deletes: bool,
    rule: Option<i64>,
}

impl View {
    fn address(&self, project: &str) -> routes::Address {
        preview_address(project)
            .with("show", if self.only_deletes { "going" } else { "" })
            .with("by", self.rule.map(|rule| rule.to_string()).unwrap_or_default())
    }
}

/// The dry run, in the place of the rules.
#[component]
pub fn RetentionPreviewPage(project: String) -> impl IntoView {
    let text = use_words().retention;
    let query = use_query_map();
    let here = Memo::new(move |_| {
        query.with(|query| View {
            cursor: query.get("cursor").unwrap_or_default(),
            only_deletes: query.get("show").is_some_and(|show| show == "going"),
            rule: query.get("by").and_then(|by| by.parse().ok()),
        })
    });
    let back = rules_address(&project).to_string();
    let run = rules_address(&project).with("run", "1").to_string();
    let name = StoredValue::new(project);
    let preview = Resource::new(
        move || here.get(),
        move |view| preview_retention(name.get_value(), view.cursor, view.only_deletes, view.rule),
    );
    let show = move |preview: RetentionPreview| view! { <Shown preview project=name.get_value() here /> }.into_any();
    view! {
        <section class="rules" aria-labelledby="dry-run">
            <div class="rules-head">
                <div>
                    <h2 id="dry-run">{text.preview_title()}</h2>
                    <p class="second">{text.preview_lead()}</p>
                </div>
                <div class="rules-buttons">
                    <LinkButton icon=Glyph::ChevronLeft href=back>{text.back()}</LinkButton>
                    <a class="button" href=run>{text.run_now()}</a>
                </div>
            </div>
            <Loaded part=true resource=preview skeleton=|| view! { <SkeletonRows columns=5 /> } view=show />
        </section>
    }
}

#[component]
fn Shown(preview: RetentionPreview, project: String, here: Memo<View>) -> impl IntoView {
    let text = use_words().retention;
    let view = here.get_untracked();
    let rules = preview.rules;
    let segments = {
        let (view, project) = (view.clone(), project.clone());
        Signal::stored(
            [(false, text.show_all()), (true, text.show_going())]
                .map(|(only_deletes, name)| {
                    let other = View { only_deletes, cursor: String::new(), ..view.clone() };
                    let href = other.address(&project).to_string();
                    Segment { name: name.to_owned(), href, current: only_deletes == view.only_deletes }
                })
                .to_vec(),
        )
    };
    let rule = view.rule.and_then(|id| rules.iter().find(|rule| rule.id == id));
    let is_off = rule.is_some_and(|rule| !rule.enabled);
    let by = rule.map(|rule| text.words(rule.keep));
    let all = View { rule: None, cursor: String::new(), ..view.clone() }.address(&project).to_string();
    let base = view.address(&project);
    let position = Position::from(&preview.page);
    let nothing = preview.page.items.is_empty();
    let row = |verdict: RetentionVerdict| {
        let why = reason(text, &verdict.fate, &rules);
        view! { <Verdict verdict why project=project.clone() /> }
    };
    let rows = preview.page.items.into_iter().map(row).collect_view();
    view! {
        {is_off.then(|| view! { <Notice tone=NoticeTone::Info title=text.is_off() /> })}
        <div class="facts">
            <Fact icon=Glyph::Check>{text.stay(preview.keeps)}</Fact>
            <Fact icon=Glyph::Trash>{text.go(preview.deletes)}</Fact>
            {(preview.untagged > 0).then(|| view! { <Fact icon=Glyph::Trash>{text.untagged_go(preview.untagged)}</Fact> })}
        </div>
        <div class="toolbar">
            <Segmented label=text.show() segments />
            {by.map(|what| {
                view! {
                    <span class="second">{text.only_rule(what)}</span>
                    <a class="link" href=all>{text.all_rules()}</a>
                }
            })}
        </div>
        {if nothing {
            let (title, why) = if view.only_deletes {
                (text.nothing_goes(), text.nothing_goes_text())
            } else {
                (text.nothing(), text.nothing_text())
            };
            view! { <Empty glyph=Glyph::Tag title text=why boxed=true /> }.into_any()
        } else {
            view! {
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{text.tag()}</th>
                            <th scope="col" class="col-120">{text.fate()}</th>
                            <th scope="col">{text.why()}</th>
                            <th scope="col">{text.repository()}</th>
                            <th scope="col" class="col-120">{text.pushed()}</th>
                            <th scope="col" class="col-120 cell-extra">{text.pulled()}</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
                <Pager position base />
            }
                .into_any()
        }}
    }
}

/// What becomes of it, in words.
fn reason(text: crate::i18n::retention::Retention, fate: &Fate, rules: &[RetentionRule]) -> String {
    let name = |id: &i64| rules.iter().find(|rule| rule.id == *id).map(|rule| text.words(rule.keep));
    match fate {
        Fate::Untouched => text.because_untouched().to_owned(),
        Fate::Protected { .. } => text.because_protected().to_owned(),
        Fate::Attached => text.because_attached().to_owned(),
        Fate::Kept { rule } => text.because_kept(name(rule).unwrap_or_default()),
        Fate::Goes { rules } => text.because_goes(rules.iter().filter_map(name).collect::<Vec<_>>().join(", ")),
    }
}

#[component]
fn Verdict(verdict: RetentionVerdict, why: String, project: String) -> impl IntoView {
    let words = use_words();
    let text = words.retention;
    let goes = verdict.fate.goes();
    let repository = format!("{project}/{}", verdict.repository);
    let (href, shown) = if verdict.is_tag {
        (routes::tag(&repository, &verdict.name), verdict.name.clone())
    } else {
        (routes::artifact(&repository, &verdict.name), routes::shorten(&verdict.name).to_owned())
    };
    view! {
        <tr>
            <td class="cell-main mono"><a href=href.to_string()>{shown}</a></td>
            <td class="cell-side">
                {if goes {
                    view! { <Badge tone=Tone::Danger icon=Glyph::Trash>{text.delete()}</Badge> }
                } else {
                    view! { <Badge icon=Glyph::Check>{text.keep()}</Badge> }
                }}
            </td>
            <td class="cell-sub cell-reason">{why}</td>
            <td class="cell-sub"><a class="link" href=routes::repository(&repository).to_string()>{verdict.repository}</a></td>
            <td class="cell-end">
                <span class="cell-label narrow-only">{text.pushed()}</span>
                <Ago at=verdict.pushed_at in_sentence=true />
            </td>
            <td class="cell-extra">
                {match verdict.pulled_at {
                    Some(at) => view! { <Ago at /> }.into_any(),
                    None => view! { <span class="quiet">{words.common.never()}</span> }.into_any(),
                }}
            </td>
        </tr>
    }
}
