//! `/account/devices`: where a person is signed in.

use crate::{
    Answer, AppError,
    boot::use_words,
    components::{Ago, Badge, Button, ButtonKind, Glyph, Icon, Loaded, Rich, SkeletonRows, Tone, toast::use_toaster},
};
use api_types::SessionSummary;
use leptos::{prelude::*, server_fn::codec::GetUrl};

/// The viewer's sessions.
#[server(prefix = "/_fn", endpoint = "sessions", input = GetUrl)]
pub async fn load_sessions() -> Result<Vec<SessionSummary>, AppError> {
    let context = crate::ssr::signed_in()?;
    let current = context.session.key();
    crate::ssr::read(context.registry.sessions.list(&context.actor, current.as_ref()).await)
}

/// Ends one of the viewer's sessions.
#[server(prefix = "/_fn", endpoint = "end_session")]
pub async fn end_session(session: i64) -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    // One that is gone already is what was wanted.
    let ended = context.registry.sessions.end(&context.actor, session).await;
    let answer = crate::ssr::answer(ended.map(drop))?;
    crate::ssr::send_to(crate::routes::ACCOUNT_DEVICES);
    Ok(answer)
}

/// Ends all of the viewer's sessions but this one.
#[server(prefix = "/_fn", endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<Answer<()>, AppError> {
    let context = crate::ssr::signed_in()?;
    let keep = context.session.key();
    let answer = crate::ssr::answer(context.registry.sessions.end_others(&context.actor, keep.as_ref()).await)?;
    crate::ssr::send_to(crate::routes::ACCOUNT_DEVICES);
    Ok(answer)
}

/// The page.
#[component]
pub fn DevicesPage() -> impl IntoView {
    let words = use_words().account;
    let toaster = use_toaster();
    let (end, end_others) = (ServerAction::<EndSession>::new(), ServerAction::<EndOtherSessions>::new());
    let versions = move || (end.version().get(), end_others.version().get());
    let sessions = Resource::new(versions, |_| load_sessions());
    let say = move |done: bool| {
        if done { toaster.done(words.ended()) } else { toaster.failed(words.not_ended()) }
    };
    Effect::new(move || {
        if let Some(answer) = end.value().get() {
            say(matches!(answer, Ok(Answer::Done(()))));
        }
    });
    Effect::new(move || {
        if let Some(answer) = end_others.value().get() {
            say(matches!(answer, Ok(Answer::Done(()))));
        }
    });
    view! {
        <div class="stack form-page settings">
            <Loaded
                part=true
                resource=sessions
                skeleton=|| view! { <SkeletonRows columns=2 rows=2 /> }
                view=move |sessions| view! { <Sessions sessions end end_others /> }.into_any()
            />
        </div>
    }
}

#[component]
fn Sessions(
    sessions: Vec<SessionSummary>,
    end: ServerAction<EndSession>,
    end_others: ServerAction<EndOtherSessions>,
) -> impl IntoView {
    let words = use_words().account;
    let others = sessions.iter().filter(|session| !session.current).count() as u64;
    view! {
        <section class="card card-flush">
            <div class="card-head">
                <h2>{words.devices_title()}</h2>
                {(others > 0)
                    .then(|| {
                        view! {
                            <ActionForm action=end_others>
                                <Button kind=ButtonKind::Danger busy=Signal::from(end_others.pending())>
                                    {words.end_others(others)}
                                </Button>
                            </ActionForm>
                        }
                    })}
            </div>
            <ul class="rows">
                {sessions.into_iter().map(|session| view! { <li><Session session end /></li> }).collect_view()}
            </ul>
        </section>
        <p class="second"><Rich text=if others == 0 { words.devices_alone() } else { words.devices_text() } /></p>
    }
}

#[component]
fn Session(session: SessionSummary, end: ServerAction<EndSession>) -> impl IntoView {
    let words = use_words().account;
    let agent = session.user_agent.clone().unwrap_or_default();
    let name = match describe(&agent) {
        (Some(browser), Some(system)) => words.browser_on(browser, system),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => product(&agent).unwrap_or_else(|| words.unknown_browser().to_owned()),
    };
    let label = words.end_named(&name);
    view! {
        <div class="row device">
            <Icon glyph=Glyph::Monitor />
            <div class="device-words">
                <p class="device-name" title=agent>
                    {name}
                    {session.current.then(|| view! { " " <Badge tone=Tone::Accent>{words.this_device()}</Badge> })}
                </p>
                <p class="device-facts">
                    {session.address.map(|address| view! { <span class="mono">{address}</span> })}
                    <span>{words.opened()} " " <Ago at=session.opened_at in_sentence=true /></span>
                    <span>{words.seen()} " " <Ago at=session.last_seen_at in_sentence=true /></span>
                </p>
            </div>
            {(!session.current)
                .then(|| {
                    view! {
                        <ActionForm action=end>
                            <input type="hidden" name="session" value=session.id.to_string() />
                            <button type="submit" class="button" aria-label=label>{words.end()}</button>
                        </ActionForm>
                    }
                })}
        </div>
    }
}

/// Browser and system in the words that people use, as far as a browser's own description tells.
fn describe(user_agent: &str) -> (Option<&'static str>, Option<&'static str>) {
    // Browsers name the ones that they are like too, so the particular ones come first.
    const BROWSERS: [(&str, &str); 8] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Vivaldi", "Vivaldi"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    (find(&BROWSERS), find(&SYSTEMS))
}

/// The first product that a program names itself by, such as `curl 8.5.0` for `curl/8.5.0`; nothing for what looks like a browser.
fn product(user_agent: &str) -> Option<String> {
    const LONGEST: usize = 60;
    let first = user_agent.split_whitespace().next().filter(|first| first.len() <= LONGEST)?;
    let (name, version) = first.split_once('/').unwrap_or((first, ""));
    let is_told = !name.is_empty() && name != "Mozilla";
    is_told.then(|| format!("{name} {version}").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{describe, product};

    #[test]
    fn programs_are_called_by_their_first_product() {
        for (agent, name) in [
            ("curl/8.5.0", Some("curl 8.5.0")),
            ("Go-http-client/1.1 (like nothing)", Some("Go-http-client 1.1")),
            ("tool", Some("tool")),
            ("Mozilla/5.0 (Unheard)", None),
            ("", None),
        ] {
            assert_eq!(product(agent).as_deref(), name, "{agent}");
        }
    }

    #[test]
    fn browsers_are_told_by_what_sets_them_apart() {
        for (agent, browser, system) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Some("Firefox"), Some("Linux")),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0",
                Some("Edge"),
                Some("Windows"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1",
                Some("Safari"),
                Some("iPhone"),
            ),
            ("curl/8.5.0", None, None),
            ("", None, None),
        ] {
            assert_eq!(describe(agent), (browser, system), "{agent}");
        }
    }
}
