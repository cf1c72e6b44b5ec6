//! Labels as chips.

use crate::{boot::use_words, i18n::labels::Labels};
use api_types::Label;
use leptos::prelude::*;

/// The colors that chips have: each is fit for light and dark grounds, so a label has the one that is nearest to its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelColor {
    /// What has hardly any color, or none.
    Grey,
    /// 345° to 20°.
    Red,
    /// From 20° on.
    Orange,
    /// From 36° on.
    Yellow,
    /// From 70° on.
    Green,
    /// From 150° on.
    Teal,
    /// From 190° on.
    Blue,
    /// From 245° on.
    Violet,
    /// From 300° on.
    Pink,
}

/// Less difference than this between the strongest and the weakest of red, green and blue is grey.
const GREY: i32 = 30;

impl LabelColor {
    /// All of them, as they are offered.
    pub const ALL: [Self; 9] = [
        Self::Grey,
        Self::Red,
        Self::Orange,
        Self::Yellow,
        Self::Green,
        Self::Teal,
        Self::Blue,
        Self::Violet,
        Self::Pink,
    ];

    /// The color as labels keep it: one of Harbor's own palette.
    pub fn hex(self) -> &'static str {
        match self {
            Self::Grey => "#61717D",
            Self::Red => "#C92100",
            Self::Orange => "#F57600",
            Self::Yellow => "#D28F00",
            Self::Green => "#48960C",
            Self::Teal => "#00AB9A",
            Self::Blue => "#0065AB",
            Self::Violet => "#781DA0",
            Self::Pink => "#F1428A",
        }
    }

    /// The class of what has this color.
    pub fn class(self) -> &'static str {
        match self {
            Self::Grey => "label-grey",
            Self::Red => "label-red",
            Self::Orange => "label-orange",
            Self::Yellow => "label-yellow",
            Self::Green => "label-green",
            Self::Teal => "label-teal",
            Self::Blue => "label-blue",
            Self::Violet => "label-violet",
            Self::Pink => "label-pink",
        }
    }

    /// What it is called.
    pub fn name(self, words: Labels) -> &'static str {
        match self {
            Self::Grey => words.grey(),
            Self::Red => words.red(),
            Self::Orange => words.orange(),
            Self::Yellow => words.yellow(),
            Self::Green => words.green(),
            Self::Teal => words.teal(),
            Self::Blue => words.blue(),
            Self::Violet => words.violet(),
            Self::Pink => words.pink(),
        }
    }

    /// The one that is nearest to `#rrggbb`, by its hue; grey for what is no color.
    pub fn nearest(hex: &str) -> Self {
        let part = |at: usize| hex.get(at..at + 2).and_then(|digits| i32::from_str_radix(digits, 16).ok());
        let (Some(red), Some(green), Some(blue)) = (part(1), part(3), part(5)) else { return Self::Grey };
        let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
        let range = most - least;
        if range < GREY {
            return Self::Grey;
        }
        let hue = if most == red {
            60 * (green - blue) / range
        } else if most == green {
            120 + 60 * (blue - red) / range
        } else {
            240 + 60 * (red - green) / range
        };
        match hue.rem_euclid(360) {
            20..36 => Self::Orange,
            36..70 => Self::Yellow,
            70..150 => Self::Green,
            150..190 => Self::Teal,
            190..245 => Self::Blue,
            245..300 => Self::Violet,
            300..345 => Self::Pink,
            _ => Self::Red,
        }
    }
}

/// A label's name in its color.
#[component]
pub fn LabelChip(
    /// The label.
    label: Label,
) -> impl IntoView {
    let words = use_words().labels;
    let about = match (label.description.is_empty(), label.global) {
        (true, false) => None,
        (true, true) => Some(words.of_system().to_owned()),
        (false, false) => Some(label.description),
        (false, true) => Some(format!("{} ({})", label.description, words.of_system())),
    };
    let class = format!("label-chip {}", LabelColor::nearest(&label.color).class());
    view! { <span class=class title=about><span class="label-name">{label.name}</span></span> }
}

/// Several labels.
#[component]
pub fn LabelChips(
    /// The labels.
    labels: Vec<Label>,
) -> impl IntoView {
    view! { <span class="label-chips">{labels.into_iter().map(|label| view! { <LabelChip label /> }).collect_view()}</span> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_shown_as_it_is_called() {
        for color in LabelColor::ALL {
            assert_eq!(LabelColor::nearest(color.hex()), color);
            assert_eq!(LabelColor::nearest(&color.hex().to_lowercase()), color);
        }
    }

    #[test]
    fn every_other_color_is_shown_as_one_that_is_near() {
        for (hex, color) in [
            ("#000000", LabelColor::Grey),
            ("#FFFFFF", LabelColor::Grey),
            ("#80746D", LabelColor::Grey),
            ("#1D5100", LabelColor::Green),
            ("#343DAC", LabelColor::Blue),
            ("#9DA3DB", LabelColor::Blue),
            ("#BE90D6", LabelColor::Violet),
            ("#9B0D54", LabelColor::Pink),
            ("#F52F52", LabelColor::Red),
            ("#FFDC0B", LabelColor::Yellow),
            ("#006668", LabelColor::Teal),
            ("", LabelColor::Grey),
            ("#12", LabelColor::Grey),
            ("red", LabelColor::Grey),
            ("#가나", LabelColor::Grey),
        ] {
            assert_eq!(LabelColor::nearest(hex), color, "{hex}");
        }
    }
}
