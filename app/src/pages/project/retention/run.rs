//! Having the rules followed now, after a look at what goes.

use super::{Changes, Part, preview::preview_retention, preview_address};
use crate::{
    Answer, AppError,
    boot::{use_boot, use_words},
    components::{Button, ButtonKind, Dialog, FormProblem, Loaded, SkeletonRows, toast::use_toaster, use_go},
    error::{last_problem, when_done},
};
use api_types::RetentionPreview;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Has the rules followed now.
#[server(prefix = "/_fn", endpoint = "run_retention")]
pub async fn run_retention(project: String) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    crate::ssr::answer_on(&Part::Rules.address(&project).with("run", "1"));
    let name = crate::ssr::names::project(&project)?;
    let asked = context.registry.retention.run(&context.actor, &name, false).await;
    let answer = crate::ssr::answer(asked.map(drop))?;
    crate::ssr::send_to(&Part::Rules.address(&project).with("done", "asked").to_string());
    Ok(answer)
}

/// The dialog, open while the address says so.
#[component]
pub fn RunDialog(project: String) -> impl IntoView {
    let text = use_words().retention;
    let query = use_query_map();
    let open = Memo::new(move |_| query.with(|query| query.get("run").is_some()));
    let close = StoredValue::new(Part::Rules.address(&project).to_string());
    let name = StoredValue::new(project);
    let preview = Resource::new(
        move || open.get(),
        move |open| async move {
            if open { preview_retention(name.get_value(), String::new(), true, None).await.map(Some) } else { Ok(None) }
        },
    );
    let form = move |preview: Option<RetentionPreview>| {
        preview.map(|preview| view! { <RunForm preview project=name.get_value() close=close.get_value() /> }).into_any()
    };
    view! {
        <Dialog title=text.run_title().to_owned() open close=Signal::derive(move || close.get_value())>
            <Loaded part=true resource=preview skeleton=|| view! { <SkeletonRows rows=2 columns=2 /> } view=form />
        </Dialog>
    }
}

#[component]
fn RunForm(preview: RetentionPreview, project: String, close: String) -> impl IntoView {
    let words = use_words();
    let text = words.retention;
    let Changes(changes) = expect_context();
    let action = ServerAction::<RunRetention>::new();
    let problem = last_problem(action);
    let toaster = use_toaster();
    let go = use_go();
    when_done(action, {
        let close = close.clone();
        move |()| {
            toaster.done(text.asked());
            changes.update(|changes| *changes += 1);
            go(&close);
        }
    });
    let RetentionPreview { keeps, deletes, untagged, .. } = preview;
    let each = preview_address(&project).with("show", "going").to_string();
    let goes_any = deletes + untagged > 0;
    let confirm = match (deletes, untagged) {
        (tags, 0) => text.delete_tags(tags),
        (0, artifacts) => text.delete_untagged(artifacts),
        (tags, artifacts) => text.delete_all(tags + artifacts),
    };
    let told = if goes_any {
        let goes = [(deletes, text.go(deletes)), (untagged, text.untagged_go(untagged))];
        let goes = goes.into_iter().filter(|(count, _)| *count > 0);
        view! {
            <ul class="rules-counts">
                {goes.map(|(_, told)| view! { <li><strong>{told}</strong></li> }).collect_view()}
                <li>{text.stay(keeps)}</li>
            </ul>
            <p>{text.run_text()}" "{words.trash.restorable(use_boot().site.kept_seconds)}</p>
            <p><a class="link" href=each>{text.see_each()}</a></p>
        }
        .into_any()
    } else {
        view! { <p>{text.run_nothing()}</p> }.into_any()
    };
    view! {
        <ActionForm action>
            <div class="dialog-body">
                <input type="hidden" name="project" value=project />
                {told}
                <FormProblem problem />
            </div>
            <div class="dialog-foot">
                <a class="button" data-noscroll="" href=close>{words.common.cancel()}</a>
                {goes_any
                    .then(|| {
                        view! {
                            <Button kind=ButtonKind::DangerSolid busy=Signal::from(action.pending())>{confirm}</Button>
                        }
                    })}
            </div>
        </ActionForm>
    }
}
