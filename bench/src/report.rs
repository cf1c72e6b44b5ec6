//! The tables: on the screen, and in the document between two markers.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::{
    measure::{Bar, Median, Unit},
    servers::Kind,
};

/// A part of the document that is written by a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Block {
    /// Registries in folders.
    Folder,
    /// Registries on S3.
    S3,
}

impl Block {
    fn markers(self) -> (&'static str, &'static str) {
        match self {
            Self::Folder => ("<!-- measured: begin -->", "<!-- measured: end -->"),
            Self::S3 => ("<!-- measured on S3: begin -->", "<!-- measured on S3: end -->"),
        }
    }
}

/// One work with its medians.
#[derive(Debug)]
pub struct Row {
    /// What the table calls it.
    pub title: String,
    /// How its figures are read.
    pub unit: Unit,
    /// What has to be reached.
    pub bars: Vec<Bar>,
    /// What would be better still.
    pub beyond: Vec<Bar>,
    /// The medians by server.
    pub medians: BTreeMap<Kind, Median>,
}

impl Row {
    fn value(&self, kind: Kind) -> Option<f64> {
        self.medians.get(&kind).map(|median| median.value)
    }

    /// How many times as good Slipway is, in the direction that is better.
    fn times(&self, kind: Kind) -> Option<f64> {
        let (ours, theirs) = (self.value(Kind::Slipway)?, self.value(kind)?);
        Some(if self.unit.more_is_better { ours / theirs } else { theirs / ours })
    }

    /// Whether a bar is reached; `None` where what it needs was not measured.
    fn reaches(&self, bar: Bar) -> Option<bool> {
        match bar {
            Bar::Times(times, kind) => Some(self.times(kind)? >= times),
            Bar::Figure(figure) if self.unit.more_is_better => Some(self.value(Kind::Slipway)? >= figure),
            Bar::Figure(figure) => Some(self.value(Kind::Slipway)? <= figure),
            Bar::Processor(share, kind) => {
                Some(self.medians.get(&Kind::Slipway)?.server <= share * self.medians.get(&kind)?.server)
            }
        }
    }

    fn bars(&self, bars: &[Bar]) -> String {
        let one = |bar: &Bar| {
            let verdict = match self.reaches(*bar) {
                Some(true) => "✓",
                Some(false) => "✗",
                None => "–",
            };
            let text = match *bar {
                Bar::Times(times, kind) => format!("{} × {}", figure(times), kind.title()),
                Bar::Figure(value) => format!("{} {}", figure(value), self.unit.name),
                Bar::Processor(share, kind) => format!("{} × {}'s processor time", figure(share), kind.title()),
            };
            format!("{verdict} {text}")
        };
        bars.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Whether every bar that has to be reached is reached; `None` where what one of them needs was not measured.
    pub fn is_met(&self) -> Option<bool> {
        self.bars.iter().try_fold(true, |all, bar| Some(all & self.reaches(*bar)?))
    }
}

/// Both tables in Markdown.
pub fn tables(rows: &[Row]) -> String {
    let mut text = String::new();
    text.push_str("| work | Slipway | Distribution | nginx | × Distribution | × nginx | bar | beyond |\n");
    text.push_str("|---|---:|---:|---:|---:|---:|---|---|\n");
    for row in rows {
        let value = |kind| cell(row.value(kind));
        let _ = writeln!(
            text,
            "| {}, {} | {} | {} | {} | {} | {} | {} | {} |",
            row.title,
            row.unit.name,
            value(Kind::Slipway),
            value(Kind::Distribution),
            value(Kind::Nginx),
            cell(row.times(Kind::Distribution)),
            cell(row.times(Kind::Nginx)),
            row.bars(&row.bars),
            row.bars(&row.beyond),
        );
    }
    text.push_str("\nWhat it cost: milliseconds of processor time, and MiB of memory at the peak. The client's time is that against the first\nserver of the row.\n\n");
    text.push_str(
        "| work | ms for | Slipway | Distribution | nginx | client | MiB: Slipway | Distribution | nginx |\n",
    );
    text.push_str("|---|---|---:|---:|---:|---:|---:|---:|---:|\n");
    for row in rows {
        let of = |kind, what: fn(&Median) -> f64| cell(row.medians.get(&kind).map(what));
        let time: fn(&Median) -> f64 = |median| median.server * 1000.0;
        let memory: fn(&Median) -> f64 = |median| median.peak / f64::from(1 << 20);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.title,
            row.unit.cost.0,
            of(Kind::Slipway, time),
            of(Kind::Distribution, time),
            of(Kind::Nginx, time),
            cell(row.medians.values().next().map(|median| median.client * 1000.0)),
            of(Kind::Slipway, memory),
            of(Kind::Distribution, memory),
            of(Kind::Nginx, memory),
        );
    }
    text
}

/// Replaces what is between the markers of a document.
pub fn rewrite(document: &Path, block: Block, text: &str) -> Result<()> {
    let old = fs::read_to_string(document).with_context(|| format!("reading {}", document.display()))?;
    let new = between_markers(&old, block.markers(), text).with_context(|| format!("in {}", document.display()))?;
    fs::write(document, new).with_context(|| format!("writing {}", document.display()))
}

fn between_markers(old: &str, (begin, end): (&str, &str), text: &str) -> Result<String> {
    let (before, rest) = old.split_once(begin).with_context(|| format!("the marker {begin} is missing"))?;
    let (_, after) = rest.split_once(end).with_context(|| format!("the marker {end} is missing"))?;
    ensure!(!after.contains(begin), "the marker {begin} is there twice");
    Ok(format!("{before}{begin}\n{}\n{end}{after}", text.trim()))
}

fn cell(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), figure)
}

/// Three digits that count; thousands with commas.
pub fn figure(value: f64) -> String {
    let places = match value.abs() {
        large if large >= 99.95 => 0,
        middle if middle >= 9.995 => 1,
        small if small >= 0.9995 || small == 0.0 => 2,
        _ => 3,
    };
    let text = format!("{value:.places$}");
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |(whole, fraction)| (whole, fraction));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { grouped } else { format!("{grouped}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(ours: f64, theirs: f64, more_is_better: bool, bar: Bar) -> Row {
        let median = |value| Median { value, server: value, client: 0.0, peak: 0.0 };
        Row {
            title: "work".to_owned(),
            unit: Unit { name: "things", more_is_better, cost: ("thing", 1) },
            bars: vec![bar],
            beyond: Vec::new(),
            medians: [(Kind::Slipway, median(ours)), (Kind::Distribution, median(theirs))].into(),
        }
    }

    #[test]
    fn figures_have_three_digits_and_grouped_thousands() {
        let figures = [0.0, 0.1234, 1.5, 12.345, 99.96, 1234.5, 1_234_567.0].map(figure);
        assert_eq!(figures, ["0", "0.123", "1.5", "12.3", "100", "1,234", "1,234,567"]);
    }

    #[test]
    fn a_bar_is_met_in_the_direction_that_is_better() {
        let times = Bar::Times(3.0, Kind::Distribution);
        let met = |ours, theirs, more_is_better, bar| row(ours, theirs, more_is_better, bar).is_met();
        assert_eq!(met(30.0, 10.0, true, times), Some(true));
        assert_eq!(met(29.0, 10.0, true, times), Some(false));
        assert_eq!(met(10.0, 30.0, false, times), Some(true));
        assert_eq!(met(40.0, 0.0, false, Bar::Figure(40.0)), Some(true));
        assert_eq!(met(41.0, 0.0, false, Bar::Figure(40.0)), Some(false));
        assert_eq!(met(1.0, 3.0, true, Bar::Processor(0.34, Kind::Distribution)), Some(true));
        assert_eq!(met(1.0, 2.0, true, Bar::Processor(0.34, Kind::Distribution)), Some(false));
    }

    #[test]
    fn a_bar_against_what_was_not_measured_is_neither_met_nor_missed() {
        assert_eq!(row(1.0, 1.0, true, Bar::Times(0.5, Kind::Nginx)).is_met(), None);
    }

    #[test]
    fn only_the_text_between_the_markers_is_replaced() {
        let ((begin, end), (other_begin, other_end)) = (Block::Folder.markers(), Block::S3.markers());
        let document =
            |one: &str, other: &str| format!("a\n{begin}\n{one}\n{end}\nb\n{other_begin}\n{other}\n{other_end}\nz\n");
        let old = document("old", "old");
        let new = between_markers(&old, Block::S3.markers(), "new\n").expect("both markers are there");
        assert_eq!(new, document("old", "new"));
        assert_eq!(between_markers(&new, Block::Folder.markers(), "new").expect("too"), document("new", "new"));
        assert!(between_markers("no markers", Block::Folder.markers(), "new").is_err());
    }
}
