//! The `slipway` server: configuration, command line, listener and everything that speaks HTTP.

pub mod config;
pub mod listener;
pub mod outside;
