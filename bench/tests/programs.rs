//! The programs as they are run. That `make test` has `kill9` is due to this file: Cargo builds the programs of a package for its
//! integration tests.

#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

const PROGRAMS: [&str; 4] = [
    env!("CARGO_BIN_EXE_bench"),
    env!("CARGO_BIN_EXE_kill9"),
    env!("CARGO_BIN_EXE_collection"),
    env!("CARGO_BIN_EXE_fsck"),
];

fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program).args(arguments).output().unwrap()
}

#[test]
fn each_says_what_it_does_and_which_server_it_runs() {
    for program in PROGRAMS {
        let help = run(program, &["--help"]);
        assert!(help.status.success(), "{program}");
        assert!(String::from_utf8(help.stdout).unwrap().contains("--slipway"), "{program}");
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let ran = run(env!("CARGO_BIN_EXE_kill9"), &["--slipway", "/no/such/slipway", "--kills", "1", "--data", data]);
    assert!(!ran.status.success());
    let error = String::from_utf8(ran.stderr).unwrap();
    assert!(error.starts_with("error: ") && error.contains("/no/such/slipway"), "{error}");
}
