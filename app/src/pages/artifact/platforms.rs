//! The platforms of an index, as a switch.

use crate::{
    boot::use_words,
    components::{Bytes, PlatformSign, platforms},
    routes::{self, Address},
};
use api_types::PlatformEntry;
use leptos::prelude::*;

/// Each platform with its size and digest; the chosen one is looked into below.
#[component]
pub fn PlatformSwitch(platforms: Vec<PlatformEntry>, here: Address) -> impl IntoView {
    let words = use_words().artifact;
    view! {
        <nav class="platform-switch" aria-label=words.platforms()>
            {platforms
                .into_iter()
                .map(|entry| {
                    let href = here.clone().with("platform", &entry.digest).to_string();
                    view! {
                        <a class="platform" href=href data-noscroll="" aria-current=entry.selected.then_some("true")>
                            <span class="platform-name">
                                <PlatformSign os=entry.platform.os.clone() /> {platforms::name(&entry.platform)}
                            </span>
                            <Bytes size=entry.size />
                            <code title=entry.digest.clone()>{routes::shorten(&entry.digest).to_owned()}</code>
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}
