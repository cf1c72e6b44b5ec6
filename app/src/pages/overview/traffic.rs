//! Pushes and pulls of the last days, as bars and as a table for those who do not see them.

use crate::{
    boot::use_words,
    i18n::format::{day, number},
};
use api_types::TrafficDay;
use leptos::prelude::*;

/// Height of the space for bars, in pixels, and where it begins.
const PLOT: f64 = 150.0;
const TOP: f64 = 8.0;
/// Height of the whole drawing.
const HEIGHT: f64 = 184.0;

/// The distance between two rules, so that three or four of them reach over the largest value: 1, 2, 4 or 5 times a power of ten.
fn rule_step(largest: u64) -> u64 {
    let mut power = 1;
    loop {
        for factor in [1, 2, 4, 5] {
            let step = power * factor;
            if largest <= step * 3 || step > u64::MAX / 1000 {
                return step;
            }
        }
        power *= 10;
    }
}

#[expect(clippy::cast_precision_loss, reason = "heights are drawn, not counted")]
fn height(value: u64, top: u64) -> f64 {
    if value == 0 { 0.0 } else { (value as f64 / top as f64 * PLOT).max(2.0) }
}

/// The chart with its sums.
#[component]
pub fn TrafficChart(
    /// The days, oldest first.
    days: Vec<TrafficDay>,
) -> impl IntoView {
    let all = use_words();
    let words = all.overview;
    let pushes: u64 = days.iter().map(|day| day.pushes).sum();
    let pulls: u64 = days.iter().map(|day| day.pulls).sum();
    let sum = |swatch: &'static str, name: &'static str, sum: u64| {
        view! {
            <span class="legend-item">
                <span class=format!("swatch {swatch}")></span>
                {name}
                <strong>{number(sum)}</strong>
            </span>
        }
    };
    view! {
        <div class="card-head">
            <h2>{words.traffic()}</h2>
            <div class="legend">{sum("swatch-1", words.pushes(), pushes)} {sum("swatch-2", words.pulls(), pulls)}</div>
        </div>
        <div class="chart-box">
            <Bars days=days.clone() label=words.traffic_label(number(pushes), number(pulls)) />
        </div>
        <table class="visually-hidden">
            <caption>{words.traffic()}</caption>
            <thead>
                <tr>
                    <th scope="col">{words.day()}</th>
                    <th scope="col">{words.pushes()}</th>
                    <th scope="col">{words.pulls()}</th>
                </tr>
            </thead>
            <tbody>
                {days
                    .into_iter()
                    .map(|row| {
                        view! {
                            <tr>
                                <th scope="row">{day(all.locale, row.day)}</th>
                                <td>{number(row.pushes)}</td>
                                <td>{number(row.pulls)}</td>
                            </tr>
                        }
                    })
                    .collect_view()}
            </tbody>
        </table>
    }
}

/// Horizontal places are percentages, so that the drawing fills its card without stretching its text.
#[component]
fn Bars(days: Vec<TrafficDay>, label: String) -> impl IntoView {
    let all = use_words();
    let words = all.overview;
    let largest = days.iter().map(|day| day.pushes.max(day.pulls)).max().unwrap_or(0);
    let step = rule_step(largest);
    let top = step * 3;
    let base = TOP + PLOT;
    let slot = 100.0 / f64::from(u32::try_from(days.len().max(1)).unwrap_or(1));
    let percent = |value: f64| format!("{value:.2}%");

    let rules = (0..=3_u64)
        .map(|index| {
            let y = base - height(index * step, top);
            let class = if index == 0 { "rule axis" } else { "rule" };
            view! {
                <line class=class x1="0" x2="100%" y1=y y2=y></line>
                <text x="-8" y=y + 4.0 text-anchor="end">{number(index * step)}</text>
            }
        })
        .collect_view();

    let busy_from = days.iter().position(|day| day.pushes + day.pulls > 0);
    let remark = match busy_from {
        None => Some((words.traffic_none().to_owned(), 50.0)),
        Some(from) if from >= 4 => {
            let middle = slot * f64::from(u32::try_from(from).unwrap_or(0)) / 2.0;
            days.get(from).map(|first| (words.traffic_before(day(all.locale, first.day)), middle))
        }
        Some(_) => None,
    };

    let last = days.len().saturating_sub(1);
    let columns = days
        .into_iter()
        .enumerate()
        .map(|(index, row)| {
            let left = slot * f64::from(u32::try_from(index).unwrap_or(0));
            let middle = left + slot / 2.0;
            let width = slot * 0.25;
            let bar = |value: u64, x: f64, fill: &'static str| {
                let tall = height(value, top);
                view! { <rect class=fill x=percent(x) y=base - tall width=percent(width) height=tall rx="2"></rect> }
            };
            let title = words.traffic_day(day(all.locale, row.day), number(row.pushes), number(row.pulls));
            let name = if index == 0 || index == last { day(all.locale, row.day) } else { row.day.day().to_string() };
            // The last has its month, and would stand out of the card on a phone.
            let (place, anchor) = if index == last { (100.0, "end") } else { (middle, "middle") };
            view! {
                <g class="day">
                    <title>{title}</title>
                    <rect class="day-ground" x=percent(left) y=TOP width=percent(slot) height=PLOT></rect>
                    {bar(row.pushes, middle - width - 0.2, "fill-1")}
                    {bar(row.pulls, middle + 0.2, "fill-2")}
                    <text x=percent(place) y=base + 20.0 text-anchor=anchor>{name}</text>
                </g>
            }
        })
        .collect_view();

    view! {
        <svg class="chart" role="img" aria-label=label height=HEIGHT>
            {rules}
            {columns}
            {remark.map(|(text, x)| view! { <text class="remark" x=percent(x) y=base - 20.0 text-anchor="middle">{text}</text> })}
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::rule_step;

    #[test]
    fn rules_are_round_and_reach_over_the_largest_value() {
        for (largest, step) in [(0, 1), (3, 1), (4, 2), (12, 4), (13, 5), (112, 40), (151, 100), (2_900, 1000)] {
            assert_eq!(rule_step(largest), step, "{largest}");
        }
        assert!(rule_step(u64::MAX) > 0);
    }
}
