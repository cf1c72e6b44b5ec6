//! What is shown once, such as a secret that was just made: scripts get it with the answer of their call, and a form without scripts
//! is led to a page that shows it.
//!
//! On that way it stands in a cookie of this browser that scripts cannot read. It goes with the look at it, and is not stored anywhere
//! else.

use super::{RequestContext, asks_for_html, cookie, decoded, send_to, set_cookie};
use crate::routes::{self, Address};
use api_types::PasswordLink;
use axum::http::request::Parts;
use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use registry::people::IssuedLink;
use serde::Serialize;

const COOKIE: &str = "slipway_once";

/// Sends a form without scripts to the page at `path?once=1`, which finds what is to be shown in `Boot::shown_once`, as JSON. Does
/// nothing for scripts.
pub fn show<T: Serialize>(path: &str, value: &T) {
    if asks_for_html()
        && let Ok(text) = serde_json::to_string(value)
    {
        let text = utf8_percent_encode(&text, NON_ALPHANUMERIC);
        set_cookie(&format!("{COOKIE}={text}; Path={path}; Max-Age=60; HttpOnly"));
        send_to(&Address::new(path).with("once", "1").to_string());
    }
}

/// What [`show`] left for this page.
pub(super) fn take() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let text = cookie(&parts.headers, COOKIE)?;
    set_cookie(&format!("{COOKIE}=; Path={}; Max-Age=0; HttpOnly", parts.uri.path()));
    Some(decoded(&text))
}

/// What the administrator sees of a one-time link that was just made.
pub fn link(context: &RequestContext, issued: &IssuedLink) -> PasswordLink {
    let address = format!("{}{}", context.site.url, routes::invitation(issued.key.expose()));
    let link = PasswordLink { username: issued.username.clone(), address, expires_at: issued.expires_at };
    show(routes::ADMIN_USERS, &link);
    link
}
