//! The dry run of what protects tags: which ones are protected, by which rules, and which ones are not.

use super::{Part, scope_words};
use crate::{
    AppError,
    boot::use_words,
    components::{
        Ago, Badge, Empty, Fact, Glyph, LinkButton, Loaded, Notice, NoticeTone, Pager, Segment, Segmented,
        SkeletonRows, Tone, pager::Position,
    },
    i18n::rules::Rules,
    routes,
};
use api_types::{ProtectionPreview, ProtectionRule, ProtectionVerdict};
use leptos::{prelude::*, server_fn::codec::GetUrl};
use leptos_router::hooks::use_query_map;

/// Which tags the rules protect now, a page of it.
#[server(prefix = "/_fn", endpoint = "protection_preview", input = GetUrl)]
pub async fn preview_protection(
    project: String,
    cursor: String,
    /// Only what is protected, or only what is not.
    protected: Option<bool>,
    /// Only what this rule protects.
    rule: Option<i64>,
) -> Result<ProtectionPreview, AppError> {
    let context = crate::ssr::signed_in()?;
    let name = crate::ssr::names::project(&project)?;
    let query = registry::rules::ProtectionQuery { cursor, protected, rule };
    crate::ssr::read(context.registry.protection.preview(&context.actor, &name, &query).await)
}

/// The address of the dry run.
pub(super) fn preview_address(project: &str) -> routes::Address {
    Part::Rules.address(project).with("view", "protected")
}

/// What the address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct View {
    cursor: String,
    protected: Option<bool>,
    rule: Option<i64>,
}

impl View {
    fn address(&self, project: &str) -> routes::Address {
        let show = match self.protected {
            None => "",
            Some(true) => "protected",
            Some(false) => "open",
        };
        let by = self.rule.map(|rule| rule.to_string()).unwrap_or_default();
        preview_address(project).with("show", show).with("by", by)
    }
}

/// The dry run, in the place of the rules.
#[component]
pub fn ProtectionPreviewPage(project: String) -> impl IntoView {
    let words = use_words();
    let query = use_query_map();
    let here = Memo::new(move |_| {
        query.with(|query| View {
            cursor: query.get("cursor").unwrap_or_default(),
            protected: match query.get("show").as_deref() {
                Some("protected") => Some(true),
                Some("open") => Some(false),
                _ => None,
            },
            rule: query.get("by").and_then(|by| by.parse().ok()),
        })
    });
    let back = Part::Rules.address(&project).to_string();
    let name = StoredValue::new(project);
    let preview = Resource::new(
        move || here.get(),
        move |view| preview_protection(name.get_value(), view.cursor, view.protected, view.rule),
    );
    let show = move |preview: ProtectionPreview| view! { <Shown preview project=name.get_value() here /> }.into_any();
    view! {
        <section class="rules" aria-labelledby="protected-dry-run">
            <div class="rules-head">
                <div>
                    <h2 id="protected-dry-run">{words.rules.preview_title()}</h2>
                    <p class="second">{words.rules.preview_lead()}</p>
                </div>
                <LinkButton icon=Glyph::ChevronLeft href=back>{words.retention.back()}</LinkButton>
            </div>
            <Loaded part=true resource=preview skeleton=|| view! { <SkeletonRows columns=5 /> } view=show />
        </section>
    }
}

#[component]
fn Shown(preview: ProtectionPreview, project: String, here: Memo<View>) -> impl IntoView {
    let words = use_words();
    let (text, common) = (words.rules, words.retention);
    let view = here.get_untracked();
    let rules = preview.rules;
    let rule = view.rule.and_then(|id| rules.iter().find(|rule| rule.id == id));
    let is_off = rule.is_some_and(|rule| !rule.enabled);
    let by = rule.map(|rule| in_words(text, rule));
    // One rule alone is shown with what it protects and nothing else.
    let segments = by.is_none().then(|| {
        let other = |(protected, name): (Option<bool>, &str)| {
            let href = View { protected, ..View::default() }.address(&project).to_string();
            Segment { name: name.to_owned(), href, current: protected == view.protected }
        };
        let all = [(None, common.show_all()), (Some(true), text.show_protected()), (Some(false), text.show_open())];
        Signal::stored(all.map(other).to_vec())
    });
    let all = preview_address(&project).to_string();
    let base = view.address(&project);
    let position = Position::from(&preview.page);
    let nothing = preview.page.items.is_empty();
    let row = |verdict: ProtectionVerdict| {
        let why = reason(text, &verdict.rules, &rules);
        view! { <Verdict verdict why project=project.clone() /> }
    };
    let rows = preview.page.items.into_iter().map(row).collect_view();
    view! {
        {is_off.then(|| view! { <Notice tone=NoticeTone::Info title=common.is_off() /> })}
        <div class="facts">
            <Fact icon=Glyph::Lock>{text.protected_count(preview.protected)}</Fact>
            <Fact icon=Glyph::Pencil>{text.open_count(preview.unprotected)}</Fact>
        </div>
        <div class="toolbar">
            {segments.map(|segments| view! { <Segmented label=common.show() segments /> })}
            {by.map(|what| {
                view! {
                    <span class="second">{common.only_rule(what)}</span>
                    <a class="link" href=all>{common.all_rules()}</a>
                }
            })}
        </div>
        {if nothing {
            view! { <Empty glyph=Glyph::Tag title=text.nothing() text=text.nothing_text() boxed=true /> }.into_any()
        } else {
            view! {
                <table class="table">
                    <thead>
                        <tr>
                            <th scope="col">{common.tag()}</th>
                            <th scope="col" class="col-152">{common.fate()}</th>
                            <th scope="col">{common.why()}</th>
                            <th scope="col">{common.repository()}</th>
                            <th scope="col" class="col-120">{common.pushed()}</th>
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

fn in_words(text: Rules, rule: &ProtectionRule) -> String {
    let (tags, repositories) = scope_words(text, &rule.scope);
    text.rule_words(tags, repositories)
}

/// Which rules protect it, in words.
fn reason(text: Rules, by: &[i64], rules: &[ProtectionRule]) -> String {
    let named = by.iter().filter_map(|id| rules.iter().find(|rule| rule.id == *id));
    let named: Vec<String> = named.map(|rule| in_words(text, rule)).collect();
    if named.is_empty() { text.no_rule().to_owned() } else { named.join("; ") }
}

#[component]
fn Verdict(verdict: ProtectionVerdict, why: String, project: String) -> impl IntoView {
    let words = use_words();
    let text = words.rules;
    let ProtectionVerdict { repository, tag, pushed_at, rules } = verdict;
    let full = format!("{project}/{repository}");
    let link = routes::tag(&full, &tag).to_string();
    view! {
        <tr>
            <td class="cell-main mono"><a href=link>{tag}</a></td>
            <td class="cell-side">
                {if rules.is_empty() {
                    view! { <Badge>{text.is_open()}</Badge> }
                } else {
                    view! { <Badge tone=Tone::Success icon=Glyph::Lock>{text.is_protected()}</Badge> }
                }}
            </td>
            <td class="cell-sub cell-reason">{why}</td>
            <td class="cell-sub"><a class="link" href=routes::repository(&full).to_string()>{repository}</a></td>
            <td class="cell-end">
                <span class="cell-label narrow-only">{words.retention.pushed()}</span>
                <Ago at=pushed_at in_sentence=true />
            </td>
        </tr>
    }
}
