//! Platforms: an icon for the system, the architectures in words.

use super::{Glyph, Icon};
use crate::boot::use_words;
use api_types::PlatformSummary;
use leptos::prelude::*;

/// How many architectures a row shows.
const SHOWN: usize = 2;

/// `arm64`, `arm/v7`.
pub fn architecture(platform: &PlatformSummary) -> String {
    // Every arm64 image is v8, so that says nothing.
    let implied = platform.variant.is_empty() || (platform.architecture == "arm64" && platform.variant == "v8");
    if implied { platform.architecture.clone() } else { format!("{}/{}", platform.architecture, platform.variant) }
}

/// `linux/arm/v7`.
pub fn name(platform: &PlatformSummary) -> String {
    format!("{}/{}", platform.os, architecture(platform))
}

/// The sign of an operating system.
#[component]
pub fn PlatformSign(
    /// `linux`, `windows`, ….
    #[prop(into)]
    os: String,
) -> impl IntoView {
    let glyph = match os.as_str() {
        "windows" => Glyph::Windows,
        "linux" => Glyph::Terminal,
        _ => Glyph::Cpu,
    };
    view! { <Icon glyph label=os /> }
}

/// The platforms of an image or index, as a cell of a table: the first two in words, then how many more. A phone, whose rows have
/// no heads, does not say "None".
#[component]
pub fn PlatformList(
    /// In the order of the index.
    platforms: Vec<PlatformSummary>,
) -> impl IntoView {
    let words = use_words();
    if platforms.is_empty() {
        return view! { <span class="quiet wide-only">{words.common.none()}</span> }.into_any();
    }
    let title = platforms.iter().map(name).collect::<Vec<_>>().join(", ");
    let more = platforms.len().saturating_sub(SHOWN);
    let mut os = String::new();
    let shown = platforms
        .iter()
        .take(SHOWN)
        .map(|platform| {
            let sign = (platform.os != os).then(|| view! { <PlatformSign os=platform.os.clone() /> });
            os.clone_from(&platform.os);
            view! { {sign} <span>{architecture(platform)}</span> }
        })
        .collect_view();
    view! {
        <span class="platforms" title=title>
            {shown}
            {(more > 0).then(|| view! { <span class="quiet">{words.repository.more_platforms(more)}</span> })}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(os: &str, architecture: &str, variant: &str) -> PlatformSummary {
        PlatformSummary { os: os.into(), architecture: architecture.into(), variant: variant.into() }
    }

    #[test]
    fn a_variant_is_named_where_it_says_something() {
        assert_eq!(name(&platform("linux", "arm64", "v8")), "linux/arm64");
        assert_eq!(name(&platform("linux", "arm", "v7")), "linux/arm/v7");
        assert_eq!(name(&platform("windows", "amd64", "")), "windows/amd64");
    }
}
