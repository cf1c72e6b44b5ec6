//! Who may open what of the console: every page that the router has, and the file beside them, by everybody, in every kind of
//! project.
//!
//! The table is a snapshot. An address that [`opened`] does not know fails the test; one more line fails the snapshot until
//! somebody has read it (`INSTA_UPDATE=always`, and `git diff`). What has to hold whatever it says is in [`judge`].

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write as _,
};

use app::routes::{EXPORT, INVITATION, LOGIN, REGISTER};
use reqwest::{
    Response,
    header::{self, HeaderName},
};

use crate::functions::{COLUMNS, PLACES, World};

/// Whoever has no session that stands: robots and access tokens have none, and the disabled one shows that of before.
const STRANGERS: [&str; 4] = ["nobody", "robot", "token", "disabled"];

/// What is opened of an address of the router: in a project where it says `{place}`.
fn opened(address: &str) -> Vec<String> {
    let parts = |start: &str, parts: &[&str]| parts.iter().map(|part| format!("{start}{part}")).collect();
    match address {
        "/"
        | "/account"
        | "/account/appearance"
        | "/account/devices"
        | "/account/password"
        | "/account/tokens"
        | "/admin/labels"
        | "/admin/robots"
        | "/admin/settings"
        | "/admin/system"
        | "/admin/users"
        | "/invitation"
        | "/password"
        | "/projects"
        | "/projects/new"
        | "/register" => vec![address.to_owned()],
        "/activity" | EXPORT => parts(address, &["", "?project={place}"]),
        "/login" => parts(address, &["", "?next=/projects/{place}"]),
        "/search" => parts(address, &["", "?q={place}"]),
        "/projects/{project}" => parts(
            "/projects/{place}",
            &[
                "",
                "?tab=members",
                "?tab=robots",
                "?tab=rules",
                "?tab=storage",
                "?tab=activity",
                "?tab=settings",
                "?tab=trash",
            ],
        ),
        "/projects/{project}/{*rest}" => parts(
            "/projects/{place}",
            &["/app", "/app?tab=about", "/app:tagged", "/app@{digest}", "/none", "/app:none"],
        ),
        "/{*any}" => vec!["/nothing".to_owned()],
        other => panic!("{other}: say in opened() what is opened of it"),
    }
}

/// Everything that is opened, in order.
fn pages() -> Vec<String> {
    let addresses = server::console::addresses().iter().map(|address| address.trim_end_matches('/'));
    let addresses = addresses.map(|address| if address.is_empty() { "/" } else { address });
    let all: BTreeSet<_> = addresses.chain([EXPORT]).collect();
    assert!(all.len() > 20, "the router has the console's pages: {all:?}");
    all.into_iter().flat_map(opened).collect()
}

/// An answer.
struct Seen {
    status: u16,
    location: String,
    /// All of it, but for what differs each time.
    text: String,
}

impl Seen {
    async fn of(answer: Response) -> Self {
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let text_of = |name: HeaderName| headers.get(name).map_or("", |value| value.to_str().unwrap());
        let ignored = [header::DATE.as_str(), header::CONTENT_LENGTH.as_str(), "x-request-id"];
        let mut lines: Vec<_> = headers
            .iter()
            .filter(|(name, _)| !ignored.contains(&name.as_str()))
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        lines.sort();
        let mut text = format!("{status}\n{}\n{}", lines.join("\n"), answer.text().await.unwrap());
        let policy = text_of(header::CONTENT_SECURITY_POLICY);
        if let Some((nonce, _)) = policy.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')) {
            text = text.replace(nonce, "N");
        }
        // When it was rendered, which a page tells its scripts.
        let key = r#"\"now\":\""#;
        if let Some(at) = text.find(key).map(|at| at + key.len())
            && let Some(length) = text[at..].find('\\')
        {
            text.replace_range(at..at + length, "T");
        }
        Self { status, location: text_of(header::LOCATION).to_owned(), text }
    }

    /// What is seen in one project, as if it were in another.
    fn renamed(&self, place: &str, other: &str) -> String {
        // What a page has loaded comes in any order, in one script or in several.
        let text = self.text.replace(place, other).replace(r#"</script><script nonce="N">"#, "");
        let mut pieces: Vec<_> = text.split(';').collect();
        pieces.sort_unstable();
        pieces.join(";")
    }
}

/// What everybody saw of one page, by place and column.
type All = HashMap<(&'static str, &'static str), Seen>;

/// What holds whatever the table says.
fn judge(page: &str, all: &All) {
    let is_door = [LOGIN, REGISTER, INVITATION].iter().any(|door| page.starts_with(door));
    for ((place, column), seen) in all {
        let (status, context) = (seen.status, format!("{place} {page} by {column}"));
        assert!(status < 500, "{context}: {status}");
        if STRANGERS.contains(column) {
            let nobody = &all[&(*place, "nobody")];
            assert_eq!((status, &seen.location), (nobody.status, &nobody.location), "{context}");
            if page.starts_with(EXPORT) {
                let expected = if matches!(*place, "-" | "open") { 401 } else { 404 };
                assert_eq!(status, expected, "{context}");
            } else if is_door {
                assert!(seen.location.is_empty(), "{context}: {}", seen.location);
            } else {
                assert!(status == 302 && seen.location.starts_with(LOGIN), "{context}: {status}");
            }
            continue;
        }
        if page.starts_with("/admin/") {
            assert_eq!(status, if *column == "sysadmin" { 200 } else { 403 }, "{context}");
        }
        if page.starts_with("/projects/{place}") {
            let sees = match *place {
                "own" => *column != "stranger",
                "open" => true,
                "foreign" => *column == "sysadmin",
                _ => false,
            };
            assert_eq!(status != 404, sees && !page.contains("none"), "{context}: {status}");
        }
        assert!(*column != "sysadmin" || status != 403, "{context}");
    }
    for column in COLUMNS.into_iter().filter(|column| *column != "sysadmin") {
        if let (Some(foreign), Some(missing)) = (all.get(&("foreign", column)), all.get(&("missing", column))) {
            let (foreign, missing) = (foreign.renamed("foreign", "missing"), missing.renamed("missing", "missing"));
            assert_eq!(foreign, missing, "{page} by {column}");
        }
    }
}

#[tokio::test]
async fn everybody_may_open_what_the_table_says() {
    let mut world = World::new().await;
    let mut digests = HashMap::new();
    for place in PLACES {
        digests.insert(place, world.things(place).await.digest);
    }
    let mut table = format!("{:44} {}\n", "place page", COLUMNS.join(" "));
    for page in pages() {
        let mut all = All::new();
        for place in if page.contains("{place}") { &PLACES[..] } else { &["-"] } {
            let digest = digests.get(place).map_or("", String::as_str);
            let path = page.replace("{place}", place).replace("{digest}", digest);
            let mut row = Vec::new();
            for column in COLUMNS {
                let seen = Seen::of(world.open(column, &path).await).await;
                row.push(seen.status.to_string());
                all.insert((*place, column), seen);
            }
            writeln!(table, "{place:7} {page:36} {}", row.join(" ")).expect("a string takes all");
        }
        judge(&page, &all);
    }
    insta::assert_snapshot!("who_may_open_what", table);
}
