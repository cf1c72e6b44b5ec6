//! Adding and changing a rule of retention.

use super::{super::rules::ScopeFields, Changes, Part};
use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    components::{ButtonKind, Dialog, DialogFoot, Field, FormProblem, Rich, is_about, toast::use_toaster, use_go},
    error::{fresh_problem, when_done},
};
use api_types::{RetentionRule, RuleScope, Selector};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The words of forms for what is kept, in the order in which it is offered.
const KINDS: [&str; 8] = [
    "newest_pushed",
    "newest_versions",
    "newest_patches",
    "pushed_within",
    "used_within",
    "newest_pulled",
    "untagged_within",
    "always",
];

/// Adds a rule, or changes the one of this number.
#[server(prefix = "/_fn", endpoint = "save_retention_rule")]
pub async fn save_retention_rule(
    project: String,
    /// The rule's number; 0 for a new one.
    rule: i64,
    /// What it keeps.
    kind: String,
    /// How many, or how many days.
    #[server(default)]
    number: String,
    #[server(default)] tags: String,
    #[server(default)] tags_except: bool,
    #[server(default)] repositories: String,
    #[server(default)] repositories_except: bool,
    /// Whether it counts; a box that is not ticked is not sent.
    #[server(default)]
    enabled: bool,
) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let word = if rule == 0 { "new".to_owned() } else { rule.to_string() };
    crate::ssr::answer_on(&Part::Rules.address(&project).with("keep", word));
    let name = crate::ssr::names::project(&project)?;
    // What is no number is none that a rule can have.
    let number = if kind == "always" { 1 } else { number.trim().parse().unwrap_or(0) };
    let Some(keep) = api_types::Keep::from_parts(&kind, number) else {
        return crate::ssr::refuse_field("kind", "retention_kind", "Choose what the rule keeps.");
    };
    let scope = RuleScope {
        repositories: Selector { pattern: repositories, except: repositories_except },
        tags: Selector { pattern: tags, except: tags_except },
    };
    let wanted = RetentionRule { id: rule, scope, keep, enabled };
    let service = &context.registry.retention;
    let saved = if rule == 0 {
        service.create(&context.actor, &name, &wanted).await.map(drop)
    } else {
        service.update(&context.actor, &name, &wanted).await
    };
    let answer = crate::ssr::answer(saved)?;
    crate::ssr::send_to(&Part::Rules.address(&project).with("done", "kept").to_string());
    Ok(answer)
}

/// The dialog, open while the address says which rule, or `new`.
#[component]
pub fn EditDialog(project: String, known: StoredValue<Vec<RetentionRule>>) -> impl IntoView {
    let text = use_words().retention;
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|query| query.get("keep").unwrap_or_default()));
    let rule = Memo::new(move |_| {
        let id = asked.with(|asked| asked.parse::<i64>().ok())?;
        known.with_value(|known| known.iter().find(|rule| rule.id == id).cloned())
    });
    let is_new = Signal::derive(move || asked.with(|asked| asked == "new"));
    let is_open = Signal::derive(move || is_new.get() || rule.with(Option::is_some));
    let close = StoredValue::new(Part::Rules.address(&project).to_string());
    let name = StoredValue::new(project);
    view! {
        <Dialog
            title=Signal::derive(move || if is_new.get() { text.new_title() } else { text.edit_title() }.to_owned())
            open=is_open
            close=Signal::derive(move || close.get_value())
        >
            {move || {
                is_open.get().then(|| view! { <RuleForm project=name.get_value() rule=rule.get() close=close.get_value() /> })
            }}
        </Dialog>
    }
}

#[component]
fn RuleForm(project: String, rule: Option<RetentionRule>, close: String) -> impl IntoView {
    let words = use_words();
    let text = words.retention;
    let Changes(changes) = expect_context();
    let toaster = use_toaster();
    let go = use_go();
    let action = ServerAction::<SaveRetentionRule>::new();
    let (problem, edited) = fresh_problem(action);
    when_done(action, {
        let close = close.clone();
        move |()| {
            toaster.done(text.saved());
            changes.update(|changes| *changes += 1);
            go(&close);
        }
    });
    let typed = Typed::into_form::<SaveRetentionRule>();
    let id = rule.as_ref().map_or(0, |rule| rule.id);
    let (kind, count) = rule.as_ref().map_or(("newest_pushed", 10), |rule| rule.keep.parts());
    let (kind, count) = (typed.or("kind", kind), typed.or("number", count.to_string()));
    let counts = rule.as_ref().is_none_or(|rule| rule.enabled);
    let enabled = typed.or("enabled", if counts { "true" } else { "" }) == "true";
    let all = || Selector { pattern: "**".to_owned(), except: false };
    let scope = rule.map_or_else(|| RuleScope { repositories: all(), tags: all() }, |rule| rule.scope);
    let named = move |kind: &str| match kind {
        "newest_pushed" => text.kind_newest_pushed(),
        "newest_pulled" => text.kind_newest_pulled(),
        "pushed_within" => text.kind_pushed_within(),
        "used_within" => text.kind_used_within(),
        "newest_versions" => text.kind_newest_versions(),
        "newest_patches" => text.kind_newest_patches(),
        "untagged_within" => text.kind_untagged_within(),
        _ => text.kind_always(),
    };
    let confirm = if id == 0 { text.add_rule() } else { words.rules.save() };
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="rule" value=id.to_string() />
                <Field id="kind" label=text.kind() hint=text.kind_hint() problem>
                    <select class="input select input-large" id="kind" name="kind" aria-describedby="kind-about">
                        {KINDS
                            .map(|word| view! { <option value=word selected=word == kind>{named(word)}</option> })
                            .collect_view()}
                    </select>
                </Field>
                <p class="field-hint for-versions"><Rich text=text.version_hint() /></p>
                <Field id="number" label=text.number() problem>
                    <input
                        class="input input-large input-short"
                        id="number"
                        name="number"
                        type="number"
                        inputmode="numeric"
                        min="1"
                        max="100000"
                        value=count
                        aria-invalid=move || is_about(problem, "number")
                        aria-describedby="number-about"
                    />
                </Field>
                <ScopeFields scope typed problem />
                <label class="choice choice-single">
                    <input class="tick" type="checkbox" name="enabled" value="true" checked=enabled />
                    <span class="choice-name">{text.counts()}</span>
                    <span class="choice-hint">{text.counts_hint()}</span>
                </label>
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind=ButtonKind::Primary confirm />
        </ActionForm>
    }
}

#[cfg(test)]
mod tests {
    use super::KINDS;
    use api_types::Keep;

    #[test]
    fn every_kind_is_offered_and_read_back() {
        for kind in KINDS {
            assert_eq!(Keep::from_parts(kind, 1).map(Keep::parts), Some((kind, 1)));
        }
        assert_eq!(Keep::from_parts("none", 1), None);
    }
}
