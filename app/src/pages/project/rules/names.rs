//! Which names a rule is about: shown, and as fields of a form.

use crate::{
    boot::{Typed, use_words},
    components::{Badge, Field, Glyph, is_about},
    i18n::rules::Rules,
};
use api_types::{Problem, RuleScope, Selector};
use leptos::prelude::*;

/// What is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tags,
    Repositories,
}

/// Names in words: `All tags`, `v*`, `All but v*`.
#[component]
pub fn Names(selector: Selector, kind: Kind) -> impl IntoView {
    let text = use_words().rules;
    let Selector { pattern, except } = selector;
    if !except && (pattern == "**" || (pattern == "*" && kind == Kind::Tags)) {
        let all = if kind == Kind::Tags { text.all_tags() } else { text.all_repositories() };
        return view! { <span>{all}</span> }.into_any();
    }
    view! {
        <span class="rule-names">
            {except.then(|| view! { <span class="quiet">{text.all_but()}</span> " " })}
            <span class="mono">{pattern}</span>
        </span>
    }
    .into_any()
}

/// A scope's tags and repositories as parts of a sentence.
pub fn scope_words(text: Rules, scope: &RuleScope) -> (String, String) {
    let words = |selector: &Selector| {
        if selector.except { text.other_than(&selector.pattern) } else { selector.pattern.clone() }
    };
    (words(&scope.tags), words(&scope.repositories))
}

/// The lock of what a rule of this scope protects, which the rule explains.
#[component]
pub fn ProtectedBadge(scope: RuleScope) -> impl IntoView {
    let text = use_words().rules;
    let (tags, repositories) = scope_words(text, &scope);
    view! { <Badge icon=Glyph::Lock title=text.protected_by(tags, repositories) /> }
}

/// The fields of a scope: `tags`, `tags_except`, `repositories`, `repositories_except`.
#[component]
pub fn ScopeFields(
    /// What they hold where nothing was typed.
    scope: RuleScope,
    /// What was typed into a form that was refused.
    typed: Typed,
    /// The form's last problem.
    problem: Signal<Option<Problem>>,
) -> impl IntoView {
    let text = use_words().rules;
    let shown = |field: &str, stored: &Selector| Selector {
        pattern: typed.or(field, stored.pattern.clone()),
        except: typed.or(&format!("{field}_except"), stored.except.to_string()) == "true",
    };
    let (tags, repositories) = (shown("tags", &scope.tags), shown("repositories", &scope.repositories));
    view! {
        <Field id="tags" label=text.tags() hint=text.tags_hint() problem>
            <Pattern id="tags" name="tags_except" label=text.tags_that() selector=tags problem />
        </Field>
        <Field id="repositories" label=text.repositories() hint=text.repositories_hint() problem>
            <Pattern id="repositories" name="repositories_except" label=text.repositories_that() selector=repositories problem />
        </Field>
    }
}

#[component]
fn Pattern(
    id: &'static str,
    /// The field that says whether all others are meant.
    name: &'static str,
    label: &'static str,
    selector: Selector,
    problem: Signal<Option<Problem>>,
) -> impl IntoView {
    let text = use_words().rules;
    let about = format!("{id}-about");
    view! {
        <div class="rule-pattern">
            <select class="input select input-large" name=name aria-label=label>
                <option value="false" selected=!selector.except>{text.matching()}</option>
                <option value="true" selected=selector.except>{text.not_matching()}</option>
            </select>
            <input
                class="input input-large mono"
                id=id
                name=id
                value=selector.pattern
                maxlength="255"
                required
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-invalid=move || is_about(problem, id)
                aria-describedby=about
            />
        </div>
    }
}
