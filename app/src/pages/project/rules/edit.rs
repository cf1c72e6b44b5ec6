//! Making and changing a rule that protects tags.

use super::{Changes, Part, names::ScopeFields};
use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    components::{ButtonKind, Dialog, DialogFoot, FormProblem, toast::use_toaster, use_go},
    error::{fresh_problem, when_done},
};
use api_types::{ProtectionRule, RuleScope, Selector};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Makes a rule, or changes the one of this number.
#[server(prefix = "/_fn", endpoint = "save_protection_rule")]
pub async fn save_protection_rule(
    project: String,
    /// The rule's number; 0 for a new one.
    rule: i64,
    #[server(default)] tags: String,
    #[server(default)] tags_except: bool,
    #[server(default)] repositories: String,
    #[server(default)] repositories_except: bool,
    /// Whether it holds; a box that is not ticked is not sent.
    #[server(default)]
    enabled: bool,
) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let word = if rule == 0 { "new".to_owned() } else { rule.to_string() };
    crate::ssr::answer_on(&Part::Rules.address(&project).with("rule", word));
    let name = crate::ssr::names::project(&project)?;
    let scope = RuleScope {
        repositories: Selector { pattern: repositories, except: repositories_except },
        tags: Selector { pattern: tags, except: tags_except },
    };
    let rules = &context.registry.protection;
    let saved = if rule == 0 {
        rules.create(&context.actor, &name, &scope, enabled).await.map(drop)
    } else {
        rules.update(&context.actor, &name, rule, &scope, enabled).await
    };
    let answer = crate::ssr::answer(saved)?;
    crate::ssr::send_to(&Part::Rules.address(&project).with("done", "saved").to_string());
    Ok(answer)
}

/// The dialog, open while the address says which rule, or `new`.
#[component]
pub fn EditDialog(project: String, known: StoredValue<Vec<ProtectionRule>>) -> impl IntoView {
    let text = use_words().rules;
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|query| query.get("rule").unwrap_or_default()));
    let rule = Memo::new(move |_| {
        let asked = asked.get();
        let id = asked.parse::<i64>().ok()?;
        known.with_value(|known| known.iter().find(|rule| rule.id == id).cloned())
    });
    let is_new = Signal::derive(move || asked.with(|asked| asked == "new"));
    let close = StoredValue::new(Part::Rules.address(&project).to_string());
    let name = StoredValue::new(project);
    view! {
        <Dialog
            title=Signal::derive(move || if is_new.get() { text.new_title() } else { text.edit_title() }.to_owned())
            open=Signal::derive(move || is_new.get() || rule.with(Option::is_some))
            close=Signal::derive(move || close.get_value())
        >
            {move || {
                (is_new.get() || rule.with(Option::is_some))
                    .then(|| view! { <RuleForm project=name.get_value() rule=rule.get() close=close.get_value() /> })
            }}
        </Dialog>
    }
}

#[component]
fn RuleForm(project: String, rule: Option<ProtectionRule>, close: String) -> impl IntoView {
    let text = use_words().rules;
    let Changes(changes) = expect_context();
    let toaster = use_toaster();
    let go = use_go();
    let action = ServerAction::<SaveProtectionRule>::new();
    let (problem, edited) = fresh_problem(action);
    when_done(action, {
        let close = close.clone();
        move |()| {
            toaster.done(text.saved());
            changes.update(|changes| *changes += 1);
            go(&close);
        }
    });
    let typed = Typed::into_form::<SaveProtectionRule>();
    let id = rule.as_ref().map_or(0, |rule| rule.id);
    let stored = rule.as_ref().is_none_or(|rule| rule.enabled);
    let enabled = typed.or("enabled", if stored { "true" } else { "" }) == "true";
    let all = RuleScope {
        repositories: Selector { pattern: "**".to_owned(), except: false },
        tags: Selector { pattern: String::new(), except: false },
    };
    let scope = rule.map_or(all, |rule| rule.scope);
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="rule" value=id.to_string() />
                <ScopeFields scope typed problem />
                <label class="choice choice-single">
                    <input class="tick" type="checkbox" name="enabled" value="true" checked=enabled />
                    <span class="choice-name">{text.holds()}</span>
                    <span class="choice-hint">{text.holds_hint()}</span>
                </label>
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind=ButtonKind::Primary confirm=text.save() />
        </ActionForm>
    }
}
