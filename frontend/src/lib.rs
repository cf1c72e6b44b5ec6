//! The console's entry in the browser: takes over the page that the server rendered.

use wasm_bindgen::prelude::wasm_bindgen;

/// Makes the page alive. Called once by the script in the page's head.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(app::App);
}
