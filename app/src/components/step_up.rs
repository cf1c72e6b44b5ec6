//! Asking for the password again before something that matters.

use super::{Field, PasswordField, is_about};
use crate::{
    AppError,
    boot::{answered, use_boot, use_now, use_proof, use_words},
    browser,
    error::Refusable,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The field of the person's own password, in forms of server functions that begin with `ssr::stepped_up`. It is there when the
/// last proof of the password is older than ten minutes, or when the server asks for it. It stands once in a page and once in a
/// dialog on it.
#[component]
pub fn StepUp<S>(
    /// The form's action; its server function has an argument `password: Option<String>`.
    action: ServerAction<S>,
    /// The field's id where the form stands in a page that has dialogs with such a field.
    #[prop(default = "step-up")]
    id: &'static str,
) -> impl IntoView
where
    S: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    S::Output: Refusable + Send + Sync + 'static,
{
    let words = use_words().step_up;
    let (now, proof) = (use_now(), use_proof());
    let first = answered::<S>().and_then(|answered| answered.problem.clone());
    let problem = Signal::derive(move || {
        action.value().with(|value| match value {
            Some(Ok(answer)) => answer.refusal().cloned(),
            Some(Err(AppError(problem))) => Some(problem.clone()),
            None => first.clone(),
        })
    });
    let invalid = Signal::derive(move || is_about(problem, "password").is_some());
    let needed = move || invalid.get() || proof.is_old(now.get());
    let shown = RwSignal::new(untrack(needed));
    Effect::new(move || {
        if needed() {
            shown.set(true);
        }
    });
    // What was done with the password proves it for a while.
    Effect::new(move || {
        let done = action.value().with(|value| matches!(value, Some(Ok(answer)) if answer.refusal().is_none()));
        if done && shown.get_untracked() {
            proof.renew(browser::now());
            shown.set(false);
        }
    });
    let username = use_boot().viewer.as_ref().map(|viewer| viewer.username.clone()).unwrap_or_default();
    view! {
        <Show when=move || shown.get()>
            <div class="step-up">
                // Password managers find the account by it.
                <input type="hidden" autocomplete="username" value=username.clone() />
                <Field id name="password" label=words.label() hint=words.why() problem>
                    <PasswordField id name="password" autocomplete="current-password" invalid />
                </Field>
            </div>
        </Show>
    }
}
