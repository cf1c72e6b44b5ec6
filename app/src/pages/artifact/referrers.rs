//! What points at an artifact: signatures, SBOMs, attestations.

use crate::{
    boot::use_words,
    components::{Ago, Bytes, Glyph, Icon, Pager, pager::Position},
    routes::{self, Address},
};
use api_types::{ArtifactKind, Page, ReferrerSummary};
use leptos::prelude::*;

/// The query parameter that turns the list's pages.
pub const CURSOR: &str = "referrers";

/// Types that many tools attach, each by a part of it, and what people call them.
const KNOWN_TYPES: [(&str, &str); 6] = [
    ("vnd.dev.cosign.", "cosign"),
    ("vnd.dev.sigstore.", "Sigstore"),
    ("vnd.cncf.notary.", "Notation"),
    ("spdx", "SPDX"),
    ("cyclonedx", "CycloneDX"),
    ("in-toto", "in-toto"),
];

/// What people call a type; one that is not known goes by itself.
fn short_name(artifact_type: &str) -> &str {
    KNOWN_TYPES.iter().find(|(part, _)| artifact_type.contains(*part)).map_or(artifact_type, |&(_, name)| name)
}

/// The list; nothing where nothing points here.
#[component]
pub fn Referrers(
    /// The repository's full name.
    repository: String,
    /// A page of them.
    referrers: Page<ReferrerSummary>,
    /// The address of the page without a cursor.
    base: Address,
) -> impl IntoView {
    let words = use_words();
    let count = referrers.total;
    if count == 0 {
        return ().into_any();
    }
    let turns = (count > referrers.items.len() as u64)
        .then(|| view! { <Pager position=Position::from(&referrers) base key=CURSOR /> });
    let rows = referrers
        .items
        .into_iter()
        .map(|referrer| {
            let (glyph, class) = match referrer.kind {
                ArtifactKind::Signature => (Glyph::ShieldCheck, "icon-success"),
                ArtifactKind::Sbom => (Glyph::FileText, "icon-info"),
                ArtifactKind::Attestation => (Glyph::Award, "icon-info"),
                _ => (Glyph::File, ""),
            };
            view! {
                <li>
                    <a class="row referrer" href=routes::artifact(&repository, &referrer.digest).to_string()>
                        <Icon glyph class />
                        <span class="referrer-kind">{words.terms.kind(referrer.kind)}</span>
                        <span class="row-main second" title=referrer.artifact_type.clone()>{short_name(&referrer.artifact_type).to_owned()}</span>
                        <Bytes size=referrer.size />
                        <code class="wide-only">{routes::shorten(&referrer.digest).to_owned()}</code>
                        <Ago at=referrer.pushed_at />
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <section aria-labelledby="referrers">
            <div class="section-head">
                <h2 id="referrers">{words.artifact.referrers()} " " <span class="section-note">{words.artifact.referrers_n(count)}</span></h2>
            </div>
            <ul class="rows card card-flush">{rows}</ul>
            {turns}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::short_name;

    #[test]
    fn known_types_go_by_their_names() {
        for (artifact_type, name) in [
            ("application/vnd.dev.cosign.artifact.sig.v1+json", "cosign"),
            ("application/vnd.cncf.notary.signature", "Notation"),
            ("application/spdx+json", "SPDX"),
            ("application/vnd.cyclonedx+json", "CycloneDX"),
            ("application/vnd.in-toto+json", "in-toto"),
            ("application/vnd.example.thing", "application/vnd.example.thing"),
        ] {
            assert_eq!(short_name(artifact_type), name);
        }
    }
}
