//! What is attached to an artifact: signature, SBOM, provenance.

use super::{Badge, Glyph, Tone};
use crate::boot::use_words;
use api_types::Attachments;
use leptos::prelude::*;

/// A badge for each thing attached, or "None"; on a phone only their signs. A signature is attached, not verified; its title says so.
#[component]
pub fn Attached(
    /// What is attached.
    attached: Attachments,
) -> impl IntoView {
    let words = use_words();
    let terms = words.terms;
    if attached == Attachments::default() {
        return view! { <span class="quiet">{words.common.none()}</span> }.into_any();
    }
    view! {
        <span class="attached">
            {attached
                .signature
                .then(|| {
                    view! {
                        <Badge tone=Tone::Success icon=Glyph::ShieldCheck title=terms.signed_hint()>
                            <span class="badge-word">{terms.signed()}</span>
                        </Badge>
                    }
                })}
            {attached
                .sbom
                .then(|| {
                    view! {
                        <Badge class="badge-sbom" icon=Glyph::FileText title=terms.sbom_hint()>
                            <span class="badge-word">{terms.sbom()}</span>
                        </Badge>
                    }
                })}
            {attached.provenance.then(|| view! { <Badge icon=Glyph::Award title=terms.provenance_hint() /> })}
        </span>
    }
    .into_any()
}
