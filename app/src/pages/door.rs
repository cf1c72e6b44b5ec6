//! What stands around pages outside of the frame.

use crate::{
    boot::{use_boot, use_words},
    components::{Glyph, Icon},
    frame::LanguageButtons,
    preferences::SetLanguage,
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The mark above, the page in a box, host, languages and version below.
#[component]
pub fn Door(
    /// With reasons beside the form.
    #[prop(optional)]
    wide: bool,
    /// The box and what follows it.
    children: Children,
) -> impl IntoView {
    let boot = use_boot();
    let words = use_words().frame;
    view! {
        <div class="door">
            <main class="door-main" class:door-wide=wide>
                <div class="brand">
                    <Icon glyph=Glyph::Mark class="icon-mark" />
                    "Slipway"
                </div>
                {children()}
            </main>
            <footer class="door-foot">
                <span>{boot.site.host.clone()}</span>
                <form method="post" action=SetLanguage::url() aria-label=words.language()>
                    <LanguageButtons />
                </form>
                <span>{words.version(&boot.site.version)}</span>
            </footer>
        </div>
    }
}
