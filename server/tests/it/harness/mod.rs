//! What tests start and speak through.

mod raw;
mod toy;

pub use self::{
    raw::Raw,
    toy::{Toy, relaxed},
};
