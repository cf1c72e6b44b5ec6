//! What only a browser can do. Everything here is called from event handlers and effects, which never run on the server.

use leptos::{
    ev,
    prelude::*,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{
        Element, HtmlDialogElement, HtmlElement, HtmlInputElement, Node,
        js_sys::{Array, Date, Function, Object, Promise, Reflect},
    },
};
use time::OffsetDateTime;

/// The browser's time.
pub fn now() -> OffsetDateTime {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds since 1970 fit")]
    let seconds = (Date::now() / 1000.0) as i64;
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Loads an address as a new document, so that everything the page knows is asked anew.
pub fn load(address: &str) {
    // Fails only for addresses that no browser can open; then the page stays.
    let _ = location().set_href(address);
}

/// Loads this page again.
pub fn reload() {
    let _ = location().reload();
}

fn call(target: &JsValue, method: &str, arguments: &[&JsValue]) -> Option<JsValue> {
    let function: Function = Reflect::get(target, &method.into()).ok()?.dyn_into().ok()?;
    let arguments: Array = arguments.iter().copied().collect();
    function.apply(target, &arguments).ok()
}

/// Puts a text on the clipboard. Browsers have no clipboard for pages without HTTPS (except on localhost), so it falls back to
/// selecting a text and the browser's own copy command.
pub fn copy(text: &str) {
    let navigator = Reflect::get(&window(), &"navigator".into()).unwrap_or_default();
    let modern = Reflect::get(&navigator, &"clipboard".into()).ok().filter(|clipboard| !clipboard.is_undefined());
    if let Some(promise) = modern.and_then(|clipboard| call(&clipboard, "writeText", &[&text.into()])) {
        // A refusal (no permission) leaves the text selectable on the page.
        let ignore = leptos::wasm_bindgen::closure::Closure::once_into_js(|_: JsValue| {});
        call(promise.unchecked_ref::<Promise>(), "catch", &[&ignore]);
        return;
    }
    let Some(area) = document().create_element("textarea").ok() else { return };
    let _ = Reflect::set(&area, &"value".into(), &text.into());
    area.set_class_name("visually-hidden");
    // Inside of an open dialog nothing outside of it can be selected.
    let host = document().query_selector("dialog[open]").ok().flatten().or_else(|| document().body().map(Into::into));
    if let Some(host) = host {
        let _ = host.append_child(&area);
        call(&area, "select", &[]);
        call(&document(), "execCommand", &[&"copy".into()]);
        area.remove();
    }
}

/// Sets an attribute of the document's root.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}

/// Puts the focus on the element with this id, and selects what an input holds.
pub fn focus(id: &str) {
    let Some(element) = document().get_element_by_id(id) else { return };
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        input.select();
    }
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// The element that has the focus.
pub fn focused() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}

/// Of a group of radio buttons the one that is chosen, as the Tab key would find it; everything else is itself.
fn chosen(dialog: &HtmlDialogElement, place: Element) -> Element {
    let group =
        place.dyn_ref::<HtmlInputElement>().filter(|input| input.type_() == "radio").map(HtmlInputElement::name);
    group
        .and_then(|name| dialog.query_selector(&format!(".dialog-body input[name='{name}']:checked")).ok().flatten())
        .unwrap_or(place)
}

/// Makes a dialog modal, whether or not the server rendered it open. The focus goes to its first field, or where nothing is to be filled
/// in to the way out, or to its title: by itself it would go to the cross in the corner.
pub fn show_modal(dialog: &HtmlDialogElement) {
    const PLACES: [&str; 4] = [
        "[autofocus]",
        ".dialog-body :is(input:not([type='hidden']), textarea, select):not(:disabled)",
        ".dialog-foot :is(a, button)",
        "#dialog-title",
    ];
    let _ = dialog.remove_attribute("open");
    let _ = dialog.show_modal();
    let place = PLACES.into_iter().find_map(|which| dialog.query_selector(which).ok().flatten());
    let place = place.map(|place| chosen(dialog, place));
    if let Some(place) = place.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = place.focus();
    }
}

/// Closes a popover that is open.
pub fn hide_popover(id: &str) {
    if let Some(element) = document().get_element_by_id(id)
        && element.matches(":popover-open").unwrap_or(false)
    {
        call(&element, "hidePopover", &[]);
    }
}

/// Whether somebody is typing, so that single keys are no commands.
fn is_typing(target: Option<&Element>) -> bool {
    target.is_some_and(|element| element.matches("input, textarea, select, [contenteditable]").unwrap_or(false))
}

/// Has `/` and Ctrl or ⌘ + K open the search.
pub fn on_search_keys(open: impl Fn() + Send + Sync + Copy + 'static) {
    Effect::new(move || {
        let listening = window_event_listener(ev::keydown, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let slash = event.key() == "/" && !is_typing(target.as_ref()) && !event.ctrl_key() && !event.meta_key();
            let palette = event.key() == "k" && (event.ctrl_key() || event.meta_key());
            if slash || palette {
                event.prevent_default();
                open();
            }
        });
        on_cleanup(move || listening.remove());
    });
}

/// Scrolls a list so that the element with this id is seen.
pub fn reveal(id: &str) {
    if let Some(element) = document().get_element_by_id(id) {
        let options = Object::new();
        let _ = Reflect::set(&options, &"block".into(), &"nearest".into());
        call(&element, "scrollIntoView", &[&options]);
    }
}

/// Whether a click went to the ground around a dialog: that is the dialog itself.
pub fn is_backdrop(event: &ev::MouseEvent) -> bool {
    event.target().is_some_and(|target| target.dyn_ref::<HtmlDialogElement>().is_some())
}

/// Closes open menus: all but the one that `keep` is inside of.
fn close_menus(keep: Option<&Node>) {
    let menus = document().get_elements_by_class_name("menu");
    for index in 0..menus.length() {
        if let Some(menu) = menus.item(index)
            && menu.has_attribute("open")
            && !menu.contains(keep)
        {
            let _ = menu.remove_attribute("open");
        }
    }
}

/// Closes menus on a click outside, on Escape, and when something in them was chosen.
pub fn mind_menus() {
    Effect::new(|| {
        let clicks = window_event_listener(ev::click, |event| {
            let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
            let chosen =
                target.as_ref().and_then(|target| target.closest("a.menu-item, button.menu-item").ok().flatten());
            let keep = if chosen.is_some() { None } else { target.map(Element::into) };
            close_menus(keep.as_ref());
        });
        let keys = window_event_listener(ev::keydown, |event| {
            if event.key() != "Escape" {
                return;
            }
            let open = document().query_selector("details.menu[open] > summary").ok().flatten();
            close_menus(None);
            if let Some(summary) = open.and_then(|summary| summary.dyn_into::<HtmlElement>().ok()) {
                let _ = summary.focus();
            }
        });
        on_cleanup(move || {
            clicks.remove();
            keys.remove();
        });
    });
}
