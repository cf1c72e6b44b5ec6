//! The document around every page.

use super::{cookies::requested, find_context};
use crate::{App, preferences::Theme};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// Where the light and dark grounds of the page begin, for the browser's own frame.
const THEME_COLORS: [(&str, &str); 2] = [("light", "#ffffff"), ("dark", "#14191b")];

/// The document around the page.
pub fn shell() -> impl IntoView {
    let (locale, theme) = requested();
    let asset = find_context().map_or((|name| format!("/{name}")) as fn(&str) -> String, |context| context.asset);
    let nonce = use_nonce().map(|nonce| nonce.to_string());
    let script = asset("pkg/app.js");
    let module = asset("pkg/app_bg.wasm");
    // A server that was built without the console's files answers plain pages. The answer to a form without scripts stands at
    // the form's own address, which the scripts know nothing of.
    let is_answer = find_context().is_some_and(|context| context.answered.is_some());
    let built = script != "/pkg/app.js" && !is_answer;
    // Controls that need scripts have their place from the first paint on; the mark says when they work.
    let mark = "document.documentElement.dataset.live=''";
    // Everything is on its way while the document is still being read, but only a whole document can be made alive. Browsers that run no
    // scripts fetch none of it.
    let start = format!(
        "const read=document.readyState==='loading'&&new Promise(r=>addEventListener('DOMContentLoaded',r));\
         const wasm=fetch('{module}');\
         import('{script}').then(async m=>{{await m.default({{module_or_path:wasm}});await read;m.hydrate();\
         document.documentElement.dataset.live='ready'}})"
    );
    let colors = THEME_COLORS.map(|(scheme, color)| {
        let media = (theme == Theme::System).then(|| format!("(prefers-color-scheme: {scheme})"));
        (theme == Theme::System || theme.as_str() == scheme)
            .then(|| leptos::html::meta().name("theme-color").content(color).attr("media", media))
    });

    view! {
        <!DOCTYPE html>
        <html lang=locale.as_str() data-theme=theme.as_str()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=match theme { Theme::System => "light dark", other => other.as_str() } />
                {colors}
                <link rel="icon" href=asset("favicon.svg") type="image/svg+xml" />
                <link rel="stylesheet" href=asset("pkg/app.css") />
                <link rel="preload" href=asset("fonts/inter.woff2") r#as="font" type="font/woff2" crossorigin="" />
                <link rel="preload" href=asset("fonts/jetbrains-mono.woff2") r#as="font" type="font/woff2" crossorigin="" />
                {built
                    .then(|| {
                        view! {
                            <script nonce=nonce.clone()>{mark}</script>
                            <script type="module" async nonce=nonce.clone()>{start.clone()}</script>
                        }
                    })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
