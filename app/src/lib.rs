//! The console: pages, components and server functions.

#[cfg(feature = "ssr")]
pub mod ssr;
