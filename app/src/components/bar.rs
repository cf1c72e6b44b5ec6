//! Bars: how much of a whole.

use leptos::prelude::*;

/// One part of a [`StackBar`].
#[derive(Clone, Debug, PartialEq)]
pub struct StackPart {
    /// How much it is, in any unit.
    pub amount: u64,
    /// Its colour: `fill-1` (own), `fill-2` (shared), `fill-3` (track).
    pub fill: &'static str,
    /// What it is, on hover.
    pub title: String,
}

/// A share of a hundred, as an SVG length. Sizes are far below what a float cannot hold to a thousandth.
#[expect(clippy::cast_precision_loss, reason = "shares are drawn, not counted")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 * 100.0 }
}

fn length(percent: f64) -> String {
    format!("{percent:.3}%")
}

/// Parts of a whole in one line, in order. The numbers must also stand beside it as text.
#[component]
pub fn StackBar(
    /// The parts; those without an amount are left out.
    parts: Vec<StackPart>,
    /// What it shows, for screen readers.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let whole: u64 = parts.iter().map(|part| part.amount).sum();
    let mut x = 0.0;
    let mut bars = Vec::new();
    for part in parts.into_iter().filter(|part| part.amount > 0) {
        let width = share(part.amount, whole);
        // The gap between two parts belongs to the left one.
        let drawn = if x + width < 99.9 { (width - 0.3).max(0.2) } else { width };
        bars.push(view! {
            <rect x=length(x) y="0" width=length(drawn) height="100%" class=part.fill>
                <title>{part.title}</title>
            </rect>
        });
        x += width;
    }
    view! {
        <svg class="stack-bar" role="img" aria-label=label>
            <rect width="100%" height="100%" class=if whole == 0 { "fill-3" } else { "fill-none" } fill-opacity=if whole == 0 { "1" } else { "0" }></rect>
            {bars}
        </svg>
    }
}

/// A part of a whole on a track: storage of a quota, a layer of the largest one.
#[component]
pub fn Meter(
    /// How much.
    part: u64,
    /// Of how much.
    whole: u64,
    /// What it shows, for screen readers; without it the bar is decoration beside its number.
    #[prop(optional, into)]
    label: Option<String>,
    /// `meter-wide` fills the space there is.
    #[prop(optional)]
    class: &'static str,
    /// The colour, `fill-1` where nothing is said.
    #[prop(default = "fill-1")]
    fill: &'static str,
    /// Whether it is work that is done, and not room that runs out: then nothing is wrong when it is full.
    #[prop(optional)]
    progress: bool,
    /// Without a track the bar stands alone.
    #[prop(default = true)]
    track: bool,
) -> impl IntoView {
    let width = share(part.min(whole), whole);
    let runs_out = whole > 0 && part.saturating_mul(10) >= whole.saturating_mul(9) && track && !progress;
    let fill = if runs_out { "fill-danger" } else { fill };
    // Whatever is not nothing is seen.
    let width = if part > 0 { width.max(1.0) } else { 0.0 };
    view! {
        <svg
            class=format!("meter {class}")
            role=label.is_some().then_some("img")
            aria-hidden=label.is_none().then_some("true")
            aria-label=label
        >
            {track.then(|| view! { <rect width="100%" height="100%" class="fill-3"></rect> })}
            <rect width=length(width) height="100%" class=fill></rect>
        </svg>
    }
}
