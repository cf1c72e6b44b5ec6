//! What administrators see of the whole installation.

pub mod system;
