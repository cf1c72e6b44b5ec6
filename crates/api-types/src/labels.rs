//! Labels: what artifacts are marked with.

use serde::{Deserialize, Serialize};

/// A label of a project, or of the system, which every project can use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The immutable id.
    pub id: i64,
    /// The name; no two of a project, and no two of the system, are equal.
    pub name: String,
    /// A sentence about it; may be empty.
    pub description: String,
    /// `#rrggbb`; empty where none was chosen.
    pub color: String,
    /// Whether it is one of the system.
    pub global: bool,
}

/// A label as those who look after it see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelSummary {
    /// The label.
    pub label: Label,
    /// How many artifacts are marked with it.
    pub artifacts: u64,
}

/// What a new label is made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewLabel {
    /// The name: one line of at most 128 characters.
    pub name: String,
    /// A sentence about it; may be empty.
    pub description: String,
    /// `#rrggbb`, or empty.
    pub color: String,
}

/// What becomes of a label; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelChange {
    /// Another name.
    pub name: Option<String>,
    /// Another sentence about it.
    pub description: Option<String>,
    /// Another color.
    pub color: Option<String>,
}
