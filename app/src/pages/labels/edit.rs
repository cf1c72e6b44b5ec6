//! Making and changing a label.

use super::{Changes, address};
use crate::{
    Answer, AppError,
    boot::{Typed, use_words},
    components::{
        ButtonKind, Dialog, DialogFoot, Field, FormProblem, LabelColor, is_about, toast::use_toaster, use_go,
    },
    error::{fresh_problem, when_done},
};
use api_types::{Label, LabelSummary};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Makes a label, or changes the one of this number.
#[server(prefix = "/_fn", endpoint = "save_label")]
pub async fn save_label(
    /// Whose it is; empty for one of the system.
    #[server(default)]
    project: String,
    /// The label's number; 0 for a new one.
    label: i64,
    #[server(default)] name: String,
    #[server(default)] color: String,
    #[server(default)] description: String,
) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let word = if label == 0 { "new".to_owned() } else { label.to_string() };
    crate::ssr::answer_on(&address(&project).with("label", word));
    let labels = &context.registry.labels;
    let saved = if label == 0 {
        let home = crate::ssr::names::home(&project)?;
        let new = api_types::NewLabel { name, description, color };
        labels.create(&context.actor, home.as_ref(), &new).await.map(drop)
    } else {
        let change = api_types::LabelChange { name: Some(name), description: Some(description), color: Some(color) };
        labels.update(&context.actor, registry::access::LabelId(label), &change).await
    };
    let answer = crate::ssr::answer(saved)?;
    crate::ssr::send_to(&address(&project).with("done", "label-saved").to_string());
    Ok(answer)
}

/// The dialog, open while the address says which label, or `new`.
#[component]
pub fn EditDialog(project: String, known: StoredValue<Vec<LabelSummary>>) -> impl IntoView {
    let text = use_words().labels;
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|query| query.get("label").unwrap_or_default()));
    let label = Memo::new(move |_| {
        let id = asked.with(|asked| asked.parse::<i64>().ok())?;
        known.with_value(|known| known.iter().map(|known| &known.label).find(|label| label.id == id).cloned())
    });
    let is_new = Signal::derive(move || asked.with(|asked| asked == "new"));
    let close = StoredValue::new(address(&project).to_string());
    let project = StoredValue::new(project);
    view! {
        <Dialog
            title=Signal::derive(move || if is_new.get() { text.new_title() } else { text.edit_title() }.to_owned())
            open=Signal::derive(move || is_new.get() || label.with(Option::is_some))
            close=Signal::derive(move || close.get_value())
        >
            {move || {
                (is_new.get() || label.with(Option::is_some))
                    .then(|| view! { <LabelForm project=project.get_value() label=label.get() close=close.get_value() /> })
            }}
        </Dialog>
    }
}

#[component]
fn LabelForm(project: String, label: Option<Label>, close: String) -> impl IntoView {
    let text = use_words().labels;
    let Changes(changes) = expect_context();
    let toaster = use_toaster();
    let go = use_go();
    let action = ServerAction::<SaveLabel>::new();
    let (problem, edited) = fresh_problem(action);
    when_done(action, {
        let close = close.clone();
        move |()| {
            toaster.done(text.saved());
            changes.update(|changes| *changes += 1);
            go(&close);
        }
    });
    let typed = Typed::into_form::<SaveLabel>();
    let id = label.as_ref().map_or(0, |label| label.id);
    let (name, description, color) = label.map_or_else(
        || (String::new(), String::new(), LabelColor::Blue.hex().to_owned()),
        |label| (label.name, label.description, label.color),
    );
    let (name, description) = (typed.or("name", name), typed.or("description", description));
    let color = typed.or("color", color);
    view! {
        <ActionForm action on:input=move |_| edited()>
            <div class="dialog-body">
                <input type="hidden" name="project" value=project />
                <input type="hidden" name="label" value=id.to_string() />
                <Field id="label-name" name="name" label=text.name() hint=text.name_hint() problem>
                    <input
                        class="input input-large"
                        id="label-name"
                        name="name"
                        value=name
                        maxlength="128"
                        required
                        autocomplete="off"
                        aria-invalid=move || is_about(problem, "name")
                        aria-describedby="label-name-about"
                    />
                </Field>
                <Colors color />
                <Field
                    id="label-description"
                    name="description"
                    label=text.description()
                    hint=text.description_hint()
                    optional=true
                    problem
                >
                    <input
                        class="input input-large"
                        id="label-description"
                        name="description"
                        value=description
                        maxlength="500"
                        autocomplete="off"
                        aria-invalid=move || is_about(problem, "description")
                        aria-describedby="label-description-about"
                    />
                </Field>
                <FormProblem problem />
            </div>
            <DialogFoot busy=action.pending() close kind=ButtonKind::Primary confirm=text.save() />
        </ActionForm>
    }
}

/// The colors to choose from. A color that a program chose stays as it is while the one that is shown for it stays chosen.
#[component]
fn Colors(color: String) -> impl IntoView {
    let text = use_words().labels;
    let chosen = LabelColor::nearest(&color);
    let swatch = move |offered: LabelColor| {
        let value = if offered == chosen { color.clone() } else { offered.hex().to_owned() };
        view! {
            <label class=format!("label-swatch label-chip {}", offered.class())>
                <input type="radio" name="color" value=value checked={offered == chosen} />
                <span class="label-name">{offered.name(text)}</span>
            </label>
        }
    };
    view! {
        <fieldset class="field">
            <legend class="field-label">{text.color()}</legend>
            <div class="label-swatches">{LabelColor::ALL.into_iter().map(swatch).collect_view()}</div>
        </fieldset>
    }
}
