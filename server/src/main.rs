//! The `slipway` program: the server with the console's files inside.

use std::process::ExitCode;

use server::assets::{self, Asset};

static ASSETS: &[Asset] = include!(env!("SLIPWAY_ASSETS"));

fn main() -> ExitCode {
    assets::embed(ASSETS);
    server::cli::run()
}
