//! What a browser keeps for us: language, theme, columns, and the name of a refused sign-in.

use super::{asks_for_html, find_context};
use crate::{
    i18n::Locale,
    preferences::{COLUMNS_COOKIE, LANGUAGE_COOKIE, THEME_COOKIE, TYPED_NAME_COOKIE, TagColumn, Theme},
    routes,
};
use axum::http::{
    HeaderMap, HeaderValue,
    header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE},
    request::Parts,
};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The value of a cookie.
fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == wanted).then(|| value.to_owned()))
}

/// Language and theme that a request asks for: by cookie, then by `Accept-Language`.
pub fn preferences(headers: &HeaderMap) -> (Locale, Theme) {
    let accepted = || headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(Locale::negotiate);
    let locale =
        cookie(headers, LANGUAGE_COOKIE).and_then(|tag| Locale::find(&tag)).or_else(accepted).unwrap_or_default();
    let theme = cookie(headers, THEME_COOKIE).and_then(|word| Theme::find(&word)).unwrap_or_default();
    (locale, theme)
}

/// What the request that is answered asks for.
pub(super) fn requested() -> (Locale, Theme) {
    use_context::<Parts>().map_or_else(Default::default, |parts| preferences(&parts.headers))
}

/// Keeps a preference in a cookie for a year. Scripts may read it: it is no secret.
pub fn remember(name: &str, value: &str) {
    set_cookie(&format!("{name}={value}; Path=/; Max-Age=31536000"));
}

/// Keeps the name of a refused sign-in for the page that asks again, where no scripts keep it in its field.
pub fn remember_typed_name(name: &str) {
    if asks_for_html() {
        let value = utf8_percent_encode(name, NON_ALPHANUMERIC);
        set_cookie(&format!("{TYPED_NAME_COOKIE}={value}; Path={}; Max-Age=60; HttpOnly", routes::LOGIN));
    }
}

/// What [`remember_typed_name`] kept; only the sign-in page is sent it.
pub(super) fn typed_name() -> String {
    use_context::<Parts>()
        .and_then(|parts| cookie(&parts.headers, TYPED_NAME_COOKIE))
        .map(|value| percent_decode_str(&value).decode_utf8_lossy().into_owned())
        .unwrap_or_default()
}

/// The columns of the list of tags that this browser has put away.
pub(super) fn columns_away() -> Vec<TagColumn> {
    use_context::<Parts>()
        .and_then(|parts| cookie(&parts.headers, COLUMNS_COOKIE))
        .map(|value| TagColumn::read(&value))
        .unwrap_or_default()
}

fn set_cookie(cookie: &str) {
    let secure = find_context().is_some_and(|context| context.site.url.starts_with("https://"));
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{cookie}; SameSite=Lax{secure}");
    if let (Some(options), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        options.append_header(SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn headers(pairs: &[(axum::http::HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_cookie_counts_more_than_the_browser_s_languages() {
        let wanted = headers(&[(COOKIE, "a=b; slipway_language=ko; slipway_theme=dark"), (ACCEPT_LANGUAGE, "en")]);
        assert_eq!(preferences(&wanted), (Locale::Ko, Theme::Dark));
        assert_eq!(preferences(&headers(&[(ACCEPT_LANGUAGE, "ko-KR")])), (Locale::Ko, Theme::System));
        let nonsense = headers(&[(COOKIE, "slipway_language=<script>; slipway_theme=pink"), (ACCEPT_LANGUAGE, ";;,")]);
        assert_eq!(preferences(&nonsense), (Locale::En, Theme::System));
    }
}
