//! Who may call what of the console: every server function that is registered, by everybody, in every kind of project.
//!
//! The table is a snapshot, made of the registered functions themselves. One that [`Ask::of`] does not know fails the test; one more
//! line fails the snapshot until somebody has read it (`INSTA_UPDATE=always`, and `git diff`).

mod ask;
mod step_up;
mod world;

use std::fmt::Write as _;

use leptos::server_fn::axum::server_fn_paths;
use reqwest::{Method, Response};
use serde_json::Value;

pub use self::{
    ask::PLACES,
    world::{COLUMNS, World},
};

use self::{ask::Ask, world::Things};

/// A registered server function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// Its address below `/_fn/`.
    name: String,
    reads: bool,
}

/// All that there are, by name.
fn functions() -> Vec<Function> {
    let mut all: Vec<_> = server_fn_paths()
        .map(|(path, method)| {
            let name = path.strip_prefix("/_fn/").expect("functions are under /_fn").to_owned();
            assert!([Method::GET, Method::POST].contains(&method), "{path}");
            Function { name, reads: method == Method::GET }
        })
        .collect();
    all.sort();
    all
}

/// The status that an answer stands for: a refusal is answered with 200.
async fn outcome(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    let refused: Option<api_types::Problem> = body.get("Refused").map(|it| serde_json::from_value(it.clone()).unwrap());
    (refused.map_or(status, |problem| app::error::status_of(problem.kind)), text)
}

#[tokio::test]
async fn everybody_may_call_what_the_table_says() {
    let mut world = World::new().await;
    let mut table = format!("{:36} {}\n", "place function", COLUMNS.join(" "));
    for function in functions() {
        let has_place = Ask::has_place(&function.name);
        for place in if has_place { &PLACES[..] } else { &["-"] } {
            let mut row = Vec::new();
            for column in COLUMNS {
                let things = world.things(place).await;
                let ask = Ask::of(&function.name, &things);
                let (status, text) = outcome(world.send(column, &function, &ask).await).await;
                assert!(status < 500 && status != 400, "{place} {function:?} by {column}: {status} {text}");
                row.push(status.to_string());
            }
            writeln!(table, "{place:7} {:28} {}", function.name, row.join(" ")).expect("a string takes all");
        }
    }
    assert!(world.spared_others().await, "nobody ends what is somebody else's");
    insta::assert_snapshot!("who_may_call_what", table);
}

#[tokio::test]
async fn what_one_may_not_know_of_looks_like_what_does_not_exist() {
    let mut world = World::new().await;
    for function in functions().iter().filter(|function| Ask::has_place(&function.name)) {
        for column in ["nobody", "stranger", "admin"] {
            let things = world.things("foreign").await;
            let missing = things.missing();
            let foreign = outcome(world.send(column, function, &Ask::of(&function.name, &things)).await).await;
            let unknown = outcome(world.send(column, function, &Ask::of(&function.name, &missing)).await).await;
            let told = |text: &str, things: &Things| things.anonymized(text);
            assert_eq!(
                (foreign.0, told(&foreign.1, &things)),
                (unknown.0, told(&unknown.1, &missing)),
                "{} by {column}",
                function.name
            );
        }
    }
}
