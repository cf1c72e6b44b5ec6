//! What points at an artifact: signatures, SBOMs, attestations.

use crate::{
    boot::use_words,
    components::{Ago, Bytes, Glyph, Icon},
    routes,
};
use api_types::{ArtifactKind, ReferrerSummary};
use leptos::prelude::*;

/// The list; nothing where nothing points here.
#[component]
pub fn Referrers(repository: String, referrers: Vec<ReferrerSummary>) -> impl IntoView {
    let words = use_words();
    if referrers.is_empty() {
        return ().into_any();
    }
    let count = referrers.len() as u64;
    let rows = referrers
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
                        <span class="row-main second">{referrer.artifact_type}</span>
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
        </section>
    }
    .into_any()
}
