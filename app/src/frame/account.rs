//! The account menu: who is signed in, theme, language, password, signing out.

use crate::{
    boot::{use_boot, use_words},
    browser,
    components::{Avatar, Glyph, Icon, MenuLink},
    i18n::Locale,
    pages::login::SignOut,
    preferences::{SetLanguage, SetTheme, Theme},
    routes,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// Opens on the avatar. Its forms work without scripts; with them the theme changes at once.
#[component]
pub fn AccountMenu() -> impl IntoView {
    let words = use_words().frame;
    let boot = use_boot();
    let Some(viewer) = boot.viewer.clone() else { return ().into_any() };
    let name = viewer.display_name.clone();
    view! {
        <details class="menu account" name="menu">
            <summary aria-label=words.signed_in_as(&name) title=words.account()>
                <Avatar name=name.clone() large=true />
            </summary>
            <div class="menu-panel">
                <p class="menu-who">
                    <strong>{name.clone()}</strong>
                    {(viewer.username != name).then_some(viewer.username)}
                </p>
                <hr />
                <p class="menu-title" id="menu-appearance">{words.appearance()}</p>
                <ThemeForm labelledby="menu-appearance" />
                <p class="menu-title" id="menu-language">{words.language()}</p>
                <LanguageForm labelledby="menu-language" />
                <hr />
                <MenuLink href=routes::ACCOUNT icon=Glyph::User>{words.your_account()}</MenuLink>
                <MenuLink href=routes::ACCOUNT_PASSWORD icon=Glyph::Key>{words.change_password()}</MenuLink>
                <form method="post" action=SignOut::url()>
                    <button type="submit" class="menu-item">
                        <Icon glyph=Glyph::LogOut />
                        {words.sign_out()}
                    </button>
                </form>
            </div>
        </details>
    }
    .into_any()
}

/// Light, dark or as the system has it, at once.
#[component]
pub fn ThemeForm(
    /// The id of what names it.
    labelledby: &'static str,
) -> impl IntoView {
    let words = use_words().frame;
    let theme = RwSignal::new(use_boot().theme);
    let action = ServerAction::<SetTheme>::new();
    let choices = Theme::ALL.map(|choice| {
        let (glyph, name) = match choice {
            Theme::System => (Glyph::Monitor, words.system()),
            Theme::Light => (Glyph::Sun, words.light()),
            Theme::Dark => (Glyph::Moon, words.dark()),
        };
        let choose = move |_| {
            theme.set(choice);
            browser::set_root_attribute("data-theme", choice.as_str());
        };
        view! {
            <button
                type="submit"
                name="theme"
                value=choice.as_str()
                aria-pressed=move || if theme.get() == choice { "true" } else { "false" }
                on:click=choose
            >
                <Icon glyph class="icon-small" />
                {name}
            </button>
        }
    });
    view! {
        <ActionForm action>
            <div class="segmented menu-choice" role="group" aria-labelledby=labelledby>{choices}</div>
        </ActionForm>
    }
}

/// Changing the language loads the page again, because every word changes.
#[component]
pub fn LanguageForm(
    /// The id of what names it.
    labelledby: &'static str,
) -> impl IntoView {
    view! {
        <form method="post" action=SetLanguage::url()>
            <div class="segmented menu-choice" role="group" aria-labelledby=labelledby>
                <LanguageButtons />
            </div>
        </form>
    }
}

/// A button for each language, inside of a form that posts to [`SetLanguage`].
#[component]
pub fn LanguageButtons() -> impl IntoView {
    let current = use_boot().locale;
    Locale::ALL
        .map(|locale| {
            view! {
                <button
                    type="submit"
                    name="language"
                    value=locale.as_str()
                    lang=locale.as_str()
                    aria-pressed=if locale == current { "true" } else { "false" }
                >
                    {locale.name()}
                </button>
            }
        })
        .into_view()
}
