//! Tasks that build the product and that Cargo alone cannot do. `cargo xtask console` builds the browser's half of the console.

mod console;

use anyhow::{Result, bail};

const USAGE: &str = "usage: cargo xtask console [--dev]

  console        build the console's WASM, styles and other files into target/site
    --dev        unoptimized WASM, quick compression";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["console"] => console::build(console::Mode::Release),
        ["console", "--dev"] => console::build(console::Mode::Dev),
        ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        other => bail!("unknown task `{}`\n\n{USAGE}", other.join(" ")),
    }
}
