//! Every address of the console, built and read in one place.

use api_types::{AuditQuery, ListQuery};
use leptos_router::params::ParamsMap;
use std::fmt::{self, Write};

/// The form that signs in.
pub const LOGIN: &str = "/login";
/// The form that chooses a new password.
pub const PASSWORD: &str = "/password";
/// The first page.
pub const OVERVIEW: &str = "/";
/// All projects.
pub const PROJECTS: &str = "/projects";
/// The form that creates a project.
pub const NEW_PROJECT: &str = "/projects/new";
/// Robots of the system.
pub const ADMIN_ROBOTS: &str = "/admin/robots";
/// The viewer's own access tokens.
pub const ACCOUNT_TOKENS: &str = "/account/tokens";
/// Everything that has a name.
pub const SEARCH: &str = "/search";
/// Who did what.
pub const ACTIVITY: &str = "/activity";
/// The same as a file.
pub const EXPORT: &str = "/activity/export";

/// An account for oneself.
pub const REGISTER: &str = "/register";
/// What a one-time link opens.
pub const INVITATION: &str = "/invitation";
/// A person's own account.
pub const ACCOUNT: &str = "/account";
/// Their password.
pub const ACCOUNT_PASSWORD: &str = "/account/password";
/// Where they are signed in.
pub const ACCOUNT_DEVICES: &str = "/account/devices";
/// Theme and language.
pub const ACCOUNT_APPEARANCE: &str = "/account/appearance";
/// Everybody with an account.
pub const ADMIN_USERS: &str = "/admin/users";
/// What administrators do for everybody.
pub const ADMIN: &str = "/admin";
/// Labels for all projects.
pub const ADMIN_LABELS: &str = "/admin/labels";
/// Settings of the whole system.
pub const ADMIN_SETTINGS: &str = "/admin/settings";
/// How the installation is; for administrators.
pub const SYSTEM: &str = "/admin/system";

/// An address that is being built: a path, then query parameters. Empty values are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    has_query: bool,
}

impl Address {
    /// The address of a path that is written as it stands in a URL.
    pub fn new(path: impl Into<String>) -> Self {
        Self { text: path.into(), has_query: false }
    }

    /// The same with one more query parameter, unless its value is empty.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl AsRef<str>) -> Self {
        let value = value.as_ref();
        if !value.is_empty() {
            self.text.push(if self.has_query { '&' } else { '?' });
            self.has_query = true;
            self.text.push_str(key);
            self.text.push('=');
            encode(&mut self.text, value, b"-._~/:@");
        }
        self
    }

    /// The same with the parameters of a list.
    #[must_use]
    pub fn with_list(self, query: &ListQuery) -> Self {
        self.with("filter", &query.filter).with("sort", &query.sort).with("cursor", &query.cursor)
    }

    /// The same with the parameters of the audit log, but for its cursor.
    #[must_use]
    pub fn with_audit(self, query: &AuditQuery) -> Self {
        self.with("filter", &query.resource)
            .with("action", &query.action)
            .with("result", &query.result)
            .with("person", &query.person)
            .with("project", &query.project)
            .with("since", &query.since)
            .with("until", &query.until)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.text
    }
}

/// Percent-encodes everything but letters, digits and `safe`.
fn encode(into: &mut String, text: &str, safe: &[u8]) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || safe.contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

/// Takes percent-encoding away for people to read; what is no percent-encoding, or no text, stays or shows as unreadable.
fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let encoded = (first == b'%').then(|| tail.get(..2)).flatten().and_then(|hex| str::from_utf8(hex).ok());
        let byte = encoded.filter(|hex| !hex.starts_with('+')).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The form that signs in and then goes on to `next`.
pub fn login(next: &str) -> Address {
    Address::new(LOGIN).with("next", if next == OVERVIEW { "" } else { next })
}

/// The page of a one-time link. Its key is no part of the path, which is logged.
pub fn invitation(key: &str) -> Address {
    Address::new(INVITATION).with("key", key)
}

/// The dialog that asks whether to do something with a person.
pub fn person(person: i64, what: &str) -> Address {
    Address::new(ADMIN_USERS).with("person", person.to_string()).with("do", what)
}

/// A page that says that something was saved.
pub fn saved(path: &str) -> Address {
    Address::new(path).with("saved", "1")
}

/// The form that chooses a new password and then goes on to `next`.
pub fn password(next: &str) -> Address {
    Address::new(PASSWORD).with("next", if next == OVERVIEW { "" } else { next })
}

/// A project.
pub fn project(name: &str) -> Address {
    let mut path = format!("{PROJECTS}/");
    encode(&mut path, name, b"-._~");
    Address::new(path)
}

/// The robots of a project.
pub fn project_robots(name: &str) -> Address {
    project(name).with("tab", "robots")
}

/// A repository, by its full name `project/path`.
pub fn repository(name: &str) -> Address {
    let mut path = format!("{PROJECTS}/");
    encode(&mut path, name, b"-._~/");
    Address::new(path)
}

/// An artifact by one of its tags.
pub fn tag(repository: &str, tag: &str) -> Address {
    let mut path = format!("{PROJECTS}/");
    encode(&mut path, repository, b"-._~/");
    path.push(':');
    encode(&mut path, tag, b"-._~");
    Address::new(path)
}

/// An artifact by its digest.
pub fn artifact(repository: &str, digest: &str) -> Address {
    let mut path = format!("{PROJECTS}/");
    encode(&mut path, repository, b"-._~/");
    path.push('@');
    encode(&mut path, digest, b"-._~:");
    Address::new(path)
}

/// What the path below a project names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The repository's full name.
    pub repository: String,
    /// The artifact in it.
    pub artifact: ArtifactName,
}

/// How an address names an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactName {
    /// Not at all: the repository itself.
    None,
    /// By a tag.
    Tag(String),
    /// By a digest.
    Digest(String),
}

impl Place {
    /// Reads what follows `/projects/{project}/`. Names contain slashes, but neither `:` nor `@`.
    pub fn read(project: &str, rest: &str) -> Self {
        let rest = rest.trim_end_matches('/');
        let (path, artifact) = if let Some((path, digest)) = rest.split_once('@') {
            (path, ArtifactName::Digest(digest.to_owned()))
        } else if let Some((path, tag)) = rest.split_once(':') {
            (path, ArtifactName::Tag(tag.to_owned()))
        } else {
            (rest, ArtifactName::None)
        };
        Self { repository: format!("{project}/{path}"), artifact }
    }
}

/// What a list's address asks for: `filter`, `sort` and `cursor`.
pub fn list_query(query: &ParamsMap) -> ListQuery {
    let get = |key| query.get(key).unwrap_or_default();
    ListQuery { filter: get("filter"), sort: get("sort"), cursor: get("cursor"), limit: 0 }
}

/// What the address of the audit log asks for; the page calls what the resource begins with its filter, as every list does.
pub fn audit_query(query: &ParamsMap) -> AuditQuery {
    let get = |key| query.get(key).unwrap_or_default();
    AuditQuery {
        resource: get("filter"),
        action: get("action"),
        result: get("result"),
        person: get("person"),
        project: get("project"),
        since: get("since"),
        until: get("until"),
        cursor: get("cursor"),
        limit: 0,
    }
}

/// The audit log as a file of this format, `csv` or `ndjson`.
pub fn export(format: &str, query: &AuditQuery) -> Address {
    let AuditQuery { resource, .. } = query;
    let rest = AuditQuery { resource: String::new(), ..query.clone() };
    Address::new(EXPORT).with("format", format).with("resource", resource).with_audit(&rest)
}

/// Where an event's resource is now, by the name that its project has now; nothing for what has no page.
pub fn resource(action: &str, project: Option<&str>, resource: &str) -> Option<Address> {
    let project_now = project?;
    let (noun, verb) = action.split_once('.')?;
    // Of a label itself there is no page, of what it was put on there is.
    if verb == "delete" || (noun == "label" && !["add", "remove"].contains(&verb)) {
        return None;
    }
    match noun {
        "project" => Some(self::project(project_now)),
        "repository" | "manifest" | "tag" | "label" => {
            let (_, rest) = resource.split_once('/')?;
            let place = Place::read(project_now, rest);
            Some(match &place.artifact {
                ArtifactName::None => repository(&place.repository),
                ArtifactName::Tag(name) => tag(&place.repository, name),
                ArtifactName::Digest(digest) => artifact(&place.repository, digest),
            })
        }
        _ => None,
    }
}

/// Whether a browser reads this as a path of this very server.
///
/// Anything that could be another host is refused: `//h`, `/\h`, control characters, schemes, and their encoded forms.
pub fn is_ours(path: &str) -> bool {
    let before_query = path.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    path.starts_with('/')
        && !path.starts_with("//")
        && path.is_ascii()
        && !path.contains('\\')
        && !path.chars().any(char::is_control)
        && !["%5c", "%2f", "%09", "%0a", "%0d", "%00"].iter().any(|encoded| before_query.contains(encoded))
}

/// Where to go after signing in: the wanted path if it is a page of ours, else the overview.
pub fn safe_return(wanted: &str) -> String {
    let elsewhere = [LOGIN, REGISTER, INVITATION, "/_fn", "/v2", "/api", "/pkg", "/service"]
        .iter()
        .any(|door| wanted.strip_prefix(door).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#'])));
    if is_ours(wanted) && !elsewhere { wanted.to_owned() } else { OVERVIEW.to_owned() }
}

/// The name of the thing that a return path leads to, such as `payments/checkout-api:1.14.2`; `None` for pages that are no one's.
pub fn thing_at(path: &str) -> Option<&str> {
    let path = path.split(['?', '#']).next()?;
    let thing = path.strip_prefix("/projects/")?;
    (!thing.is_empty() && thing != "new" && !thing.contains('%')).then_some(thing)
}

/// The steps from the top to a page, each with its address; what the top bar shows between. The path is as it stands in a URL.
pub fn trail(path: &str) -> Vec<(String, Address)> {
    let Some(rest) = path.strip_prefix("/projects/").map(|rest| rest.trim_end_matches('/')) else { return Vec::new() };
    let Some((name, rest)) = rest.split_once('/') else { return vec![(decode(rest), project(&decode(rest)))] };
    let place = Place::read(name, rest);
    let whole = decode(&place.repository);
    let name = decode(name);
    let inner = whole[name.len()..].trim_start_matches('/').to_owned();
    let mut trail = vec![(name.clone(), project(&name)), (inner, repository(&whole))];
    match place.artifact {
        ArtifactName::None => {}
        ArtifactName::Tag(name) => {
            let name = decode(&name);
            let address = tag(&whole, &name);
            trail.push((name, address));
        }
        ArtifactName::Digest(digest) => {
            let digest = decode(&digest);
            trail.push((shorten(&digest).to_owned(), artifact(&whole, &digest)));
        }
    }
    trail
}

/// The project's part of a name; all of it where the name is of a project.
pub fn project_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(project, _)| project)
}

/// The first twelve digits of a digest, without its algorithm.
pub fn shorten(digest: &str) -> &str {
    let hex = digest.split_once(':').map_or(digest, |(_, hex)| hex);
    hex.get(..12).unwrap_or(hex)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_paths_of_our_own_are_returned_to() {
        for fine in ["/", "/projects", "/projects/a/b:1?tab=tags", "/projects/a/b@sha256:00"] {
            assert_eq!(safe_return(fine), fine);
        }
        for foul in [
            "",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/%5cevil.example",
            "/%2Fevil.example",
            "/\t/evil.example",
            "/%09/evil.example",
            "evil",
            "/login",
            "/login?next=/",
            "/_fn/sign_out",
            "/v2/",
            "/한글",
        ] {
            assert_eq!(safe_return(foul), "/", "{foul:?}");
        }
    }

    #[test]
    fn what_is_built_is_read_back() {
        let read = |address: Address| {
            let address = address.to_string();
            let (project, rest) = address.strip_prefix("/projects/").unwrap().split_once('/').unwrap();
            Place::read(project, rest)
        };
        assert_eq!(
            read(tag("a/b/c", "1.0-x")),
            Place { repository: "a/b/c".into(), artifact: ArtifactName::Tag("1.0-x".into()) }
        );
        assert_eq!(
            read(artifact("a/b", "sha256:00ff")),
            Place { repository: "a/b".into(), artifact: ArtifactName::Digest("sha256:00ff".into()) }
        );
        assert_eq!(read(repository("a/b")), Place { repository: "a/b".into(), artifact: ArtifactName::None });
    }

    #[test]
    fn an_event_leads_to_what_it_speaks_of_by_its_present_name() {
        let at = |action, name| resource(action, Some("new"), name).map(|address| address.to_string());
        assert_eq!(at("manifest.push", "old/b/c:1.0"), Some("/projects/new/b/c:1.0".into()));
        assert_eq!(at("manifest.pull", "old/b@sha256:00"), Some("/projects/new/b@sha256:00".into()));
        assert_eq!(at("repository.update", "old/b"), Some("/projects/new/b".into()));
        assert_eq!(at("project.update", "old"), Some("/projects/new".into()));
        assert_eq!(at("tag.delete", "old/b:1.0"), None);
        assert_eq!(at("label.add", "old/b:1.0"), Some("/projects/new/b:1.0".into()));
        assert_eq!(at("label.create", "fine/too"), None);
        assert_eq!(resource("manifest.push", None, "gone/b:1.0"), None);
    }

    #[test]
    fn query_values_cannot_break_out() {
        assert_eq!(
            Address::new("/x").with("filter", "a&b=c #é").with("sort", "").to_string(),
            "/x?filter=a%26b%3Dc%20%23%C3%A9"
        );
    }

    #[test]
    fn the_trail_leads_from_the_project_to_the_artifact() {
        let names: Vec<_> =
            trail("/projects/a/b/c:1").into_iter().map(|(name, address)| (name, address.to_string())).collect();
        assert_eq!(
            names,
            [
                ("a".into(), "/projects/a".into()),
                ("b/c".into(), "/projects/a/b/c".into()),
                ("1".into(), "/projects/a/b/c:1".into())
            ]
        );
    }

    #[test]
    fn the_trail_of_a_malformed_address_is_readable_and_leads_back_to_it() {
        let told = |path: &str| trail(path).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(told("/projects/a%20b/%EB%B0%B0/c:%22x"), ["a b", "배/c", "\"x"]);
        assert_eq!(told("/projects/100%/%zz/%FF/%+1"), ["100%", "%zz/\u{fffd}/%+1"]);
        let (name, address) = trail("/projects/%EB%B0%B0%20").remove(0);
        assert_eq!((name.as_str(), address.to_string().as_str()), ("배 ", "/projects/%EB%B0%B0%20"));
    }
}
