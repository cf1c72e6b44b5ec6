#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    Actor, Origin,
    access::{TokenLevel, TokenScope},
    people::ClientInfo,
    testing::{Lab, PASSWORD, secret},
};
use api_types::{AuditEvent, Role};
use oci::{Reference, RepositoryName};
use std::{net::IpAddr, sync::Mutex, time::Duration as Wait};

const MINUTE: Wait = Wait::from_mins(1);

fn origin(last: u8) -> Origin {
    Origin { address: IpAddr::from([10, 0, 0, last]), request_id: "request-7".into() }
}

fn query() -> AuditQuery {
    AuditQuery::default()
}

async fn all(lab: &Lab, query: &AuditQuery) -> Vec<AuditEvent> {
    lab.audit.list(&Actor::system(), query).await.unwrap().events
}

async fn of(lab: &Lab, action: &str) -> Vec<AuditEvent> {
    all(lab, &AuditQuery { action: action.to_owned(), ..query() }).await
}

/// A project `team` with an image `team/r0:v1`, its admin and a developer.
async fn team(lab: &Lab) -> (Actor, Actor) {
    let project = lab.project("team", false).await;
    lab.fill("team", 1).await;
    let (ada, bob) = (lab.person("ada").await, lab.person("bob").await);
    lab.member(project, &ada, Role::ProjectAdmin).await;
    lab.member(project, &bob, Role::Maintainer).await;
    (ada.coming_from(origin(7)), bob.coming_from(origin(8)))
}

fn image() -> (RepositoryName, Reference) {
    ("team/r0".parse().unwrap(), "v1".parse().unwrap())
}

async fn pull(lab: &Lab, actor: &Actor) {
    let (name, reference) = image();
    lab.manifests.get(actor, &name, &reference, false).await.unwrap();
}

#[tokio::test]
async fn a_push_is_on_record_with_what_was_pushed_and_from_where() {
    let lab = Lab::new().await;
    let (_, bob) = team(&lab).await;
    let (name, reference) = image();
    let digest = lab.manifests.get(&bob, &name, &reference, true).await.unwrap().digest;
    lab.tags.create(&bob, &name, &"v2".parse().unwrap(), &digest).await.unwrap();
    let pushed = of(&lab, "manifest.push").await;
    assert_eq!((pushed.len(), pushed[0].resource.as_str()), (1, "team/r0:v1"));
    assert_eq!(pushed[0].details, serde_json::json!({ "digest": digest, "tags": ["v1"] }));
    assert_eq!(pushed[0].project.as_deref(), Some("team"));
    let tagged = &of(&lab, "tag.create").await[0];
    assert_eq!((tagged.actor.name.as_str(), tagged.resource.as_str()), ("bob", "team/r0:v2"));
    assert_eq!((tagged.address.as_deref(), tagged.request_id.as_deref()), (Some("10.0.0.8"), Some("request-7")));
}

#[tokio::test]
async fn each_kind_of_deletion_is_on_record_and_a_refused_one_is_not() {
    let lab = Lab::new().await;
    let (ada, bob) = team(&lab).await;
    let (name, reference) = image();
    let gone = "v9".parse().unwrap();
    lab.manifests.delete(&bob, &name, &Reference::Tag(gone)).await.unwrap_err();
    let digest = lab.manifests.get(&bob, &name, &reference, true).await.unwrap().digest;
    lab.tags.create(&bob, &name, &"v2".parse().unwrap(), &digest).await.unwrap();
    lab.tags.delete(&bob, &name, &["v2".parse().unwrap()]).await.unwrap();
    lab.manifests.delete(&bob, &name, &Reference::Digest(digest.clone())).await.unwrap();
    let layer = oci::Digest::sha256(&[b'x'; 100]);
    lab.blobs.delete(&bob, &name, &layer).await.unwrap();
    lab.repositories.delete(&bob, &name).await.unwrap();
    lab.projects.delete(&ada, &"team".parse().unwrap()).await.unwrap();
    let told: Vec<_> =
        all(&lab, &query()).await.into_iter().filter(|event| event.action.ends_with(".delete")).collect();
    let told: Vec<_> = told.iter().rev().map(|event| (event.action.as_str(), event.resource.as_str())).collect();
    let (image, layer) = (format!("team/r0@{digest}"), format!("team/r0@{layer}"));
    assert_eq!(
        told,
        [
            ("tag.delete", "team/r0:v2"),
            ("manifest.delete", &image),
            ("blob.delete", &layer),
            ("repository.delete", "team/r0"),
            ("project.delete", "team"),
        ]
    );
}

#[tokio::test]
async fn a_thousand_pulls_are_one_line_and_the_next_span_another() {
    let lab = Lab::new().await;
    let (_, bob) = team(&lab).await;
    for _ in 0..1_000 {
        pull(&lab, &bob).await;
    }
    lab.maintenance.flush_traffic().await.unwrap();
    pull(&lab, &bob.clone().coming_from(origin(9))).await;
    lab.maintenance.flush_traffic().await.unwrap();
    lab.maintenance.flush_traffic().await.unwrap();
    let pulls = of(&lab, "manifest.pull").await;
    assert_eq!(pulls.len(), 1);
    assert_eq!((pulls[0].times, pulls[0].resource.as_str()), (1_001, "team/r0:v1"));
    assert_eq!(pulls[0].details["addresses"], serde_json::json!(["10.0.0.8", "10.0.0.9"]));

    lab.pass(MINUTE * 11);
    lab.maintenance.flush_traffic().await.unwrap();
    pull(&lab, &bob).await;
    lab.maintenance.flush_traffic().await.unwrap();
    let pulls = of(&lab, "manifest.pull").await;
    assert_eq!((pulls.len(), pulls[0].times), (2, 1));
}

#[tokio::test]
async fn a_pull_by_digest_is_told_by_the_tag_it_was_found_by() {
    let lab = Lab::new().await;
    let (_, bob) = team(&lab).await;
    let (name, reference) = image();
    let digest = lab.manifests.get(&bob, &name, &reference, true).await.unwrap().digest;
    lab.manifests.get(&bob, &name, &Reference::Digest(digest), false).await.unwrap();
    lab.maintenance.flush_traffic().await.unwrap();
    assert_eq!(of(&lab, "manifest.pull").await[0].resource, "team/r0:v1");
}

#[tokio::test]
async fn whatever_somebody_was_refused_with_can_be_recorded() {
    let lab = Lab::new().await;
    let event = crate::db::audit::Event::new(&Actor::anonymous().coming_from(origin(7)), "sign_in", "a\0b").failed();
    lab.db
        .write(event, |txn, event| Box::pin(async move { crate::db::audit::record(txn, event, 1).await }))
        .await
        .unwrap();
    assert_eq!(of(&lab, "sign_in").await[0].resource, "a\u{fffd}b");
}

#[tokio::test]
async fn whoever_guesses_cannot_fill_the_disk() {
    let lab = Lab::new().await;
    for at in 0..2_000_u32 {
        let [_, a, b, c] = at.to_be_bytes();
        let client = ClientInfo { origin: IpAddr::from([192, a, b, c]).into(), known_browser: None };
        let nothing = lab.sign_in.with_credentials(&format!("robot$nobody{at}"), &secret("x"), client).await;
        assert!(nothing.is_err());
    }
    lab.maintenance.flush_traffic().await.unwrap();
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE result = 'failure'").await, 501);
    let all = "SELECT CAST(SUM(times) AS BIGINT) FROM audit_events WHERE result = 'failure'";
    assert_eq!(lab.number(all).await, 2_000);
}

#[tokio::test]
async fn what_machines_and_terminals_show_is_gathered_by_account_and_address() {
    let lab = Lab::new().await;
    let ada = lab.person("ada").await;
    let scope = TokenScope { level: TokenLevel::Read, projects: None };
    let (_, token) = lab.access_token(&ada, scope).await;
    let (_, robot) = lab.robot(None, "ci", Vec::new()).await;
    for last in [7, 7, 8] {
        let client = || ClientInfo { origin: origin(last), known_browser: None };
        lab.sign_in.with_credentials("ada", &token, client()).await.unwrap();
        lab.sign_in.with_credentials("robot$ci", &robot, client()).await.unwrap();
        lab.sign_in.with_credentials("admin", &secret(PASSWORD), client()).await.unwrap();
    }
    lab.maintenance.flush_traffic().await.unwrap();
    for (action, name) in [("access_token.use", "ada"), ("robot.use", "robot$ci"), ("sign_in", "admin")] {
        let told = of(&lab, action).await;
        let mut counts: Vec<_> = told.iter().map(|event| (event.address.as_deref().unwrap(), event.times)).collect();
        counts.sort_unstable();
        assert_eq!(counts, [("10.0.0.7", 2), ("10.0.0.8", 1)], "{action}");
        assert!(told.iter().all(|event| event.actor.name == name));
    }
}

#[tokio::test]
async fn everybody_sees_what_they_did_and_a_project_s_admin_sees_the_project() {
    let lab = Lab::new().await;
    let (ada, bob) = team(&lab).await;
    lab.project("other", false).await;
    pull(&lab, &ada).await;
    pull(&lab, &bob).await;
    lab.maintenance.flush_traffic().await.unwrap();
    let list = async |actor: &Actor, project: &str, person: &str| {
        let query = AuditQuery { project: project.to_owned(), person: person.to_owned(), ..query() };
        let page = lab.audit.list(actor, &query).await?;
        let mut names: Vec<_> = page.events.into_iter().map(|event| event.actor.name).collect();
        names.sort_unstable();
        names.dedup();
        Ok::<_, Error>((names, page.scope))
    };
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let admin = lab.admin();
    assert_eq!(list(&admin, "", "").await.unwrap(), (names(&["ada", "bob", "system"]), AuditScope::Everything));
    assert_eq!(list(&admin, "other", "").await.unwrap(), (names(&["system"]), AuditScope::Everything));
    assert_eq!(list(&ada, "team", "").await.unwrap(), (names(&["ada", "bob", "system"]), AuditScope::Project));
    assert_eq!(list(&ada, "team", "bob").await.unwrap(), (names(&["bob"]), AuditScope::Project));
    assert_eq!(list(&ada, "", "").await.unwrap(), (names(&["ada"]), AuditScope::Own));
    assert_eq!(list(&bob, "team", "").await.unwrap(), (names(&["bob"]), AuditScope::Own));
    assert_eq!(list(&bob, "team", "ada").await.unwrap().0, names(&[]), "others are not to be asked for");
    assert_eq!(list(&bob, "", "system").await.unwrap().0, names(&[]));
    for missing in ["other", "nowhere", "No Name"] {
        let error = list(&bob, missing, "").await.unwrap_err();
        assert!(matches!(&error, Error::ProjectNotFound { name } if name == missing), "{error}");
    }
    assert!(matches!(list(&Actor::anonymous(), "", "").await, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn a_person_who_gets_a_name_that_was_free_sees_nothing_of_who_had_it() {
    let lab = Lab::new().await;
    let (ada, _) = team(&lab).await;
    pull(&lab, &ada).await;
    lab.maintenance.flush_traffic().await.unwrap();
    lab.sql("UPDATE users SET username = 'ada.old' WHERE username = 'ada'").await;
    let new = lab.person("ada").await;
    assert!(lab.audit.list(&new, &query()).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn a_token_for_one_project_does_not_tell_what_its_owner_does_elsewhere() {
    let lab = Lab::new().await;
    let (_, bob) = team(&lab).await;
    let scope = TokenScope { level: TokenLevel::Read, projects: Some([1].into()) };
    let (id, _) = lab.access_token(&bob, scope).await;
    let token = Actor::new(crate::Subject::AccessToken(id, crate::testing::user_of(&bob)), "bob");
    assert!(matches!(lab.audit.list(&token, &query()).await, Err(Error::AccountNeeded)));
}

#[tokio::test]
async fn a_token_for_one_project_does_not_tell_what_its_owner_does_in_a_public_one() {
    let lab = Lab::new().await;
    let (_, bob) = team(&lab).await;
    lab.project("open", true).await;
    let team = lab.number("SELECT id FROM projects WHERE name = 'team'").await;
    let list = async |projects: Option<Arc<[i64]>>, project: &str| {
        let (id, _) = lab.access_token(&bob, TokenScope { level: TokenLevel::Read, projects }).await;
        let token = Actor::new(Subject::AccessToken(id, crate::testing::user_of(&bob)), "bob");
        lab.audit.list(&token, &AuditQuery { project: project.to_owned(), ..query() }).await
    };
    assert!(matches!(list(Some([team].into()), "open").await, Err(Error::AccountNeeded)));
    assert_eq!(list(Some([team].into()), "team").await.unwrap().scope, AuditScope::Own);
    assert_eq!(list(None, "open").await.unwrap().scope, AuditScope::Own);
}

#[tokio::test]
async fn pages_walk_to_the_oldest_and_back_whichever_index_leads() {
    let lab = Lab::new().await;
    let project = lab.project("team", false).await;
    for at in 0..25 {
        lab.pass(Wait::from_secs(1));
        let name = if at % 2 == 0 { "team/even" } else { "team/odd" };
        let event = crate::db::audit::Event::new(&Actor::system(), "tag.create", format!("{name}:{at}"));
        let (event, now) = (event.in_project(project), db::micros(lab.clock.now()));
        lab.db
            .write((event, now), |txn, (event, now)| Box::pin(async move { db::audit::record(txn, event, *now).await }))
            .await
            .unwrap();
    }
    for (filter, expected) in [
        (AuditQuery { action: "tag.create".into(), ..query() }, 25),
        (AuditQuery { resource: "team/even".into(), ..query() }, 13),
        (AuditQuery { action: "tag.create".into(), resource: "team/".into(), project: "team".into(), ..query() }, 25),
        (AuditQuery { person: "system".into(), action: "tag.create".into(), ..query() }, 25),
    ] {
        let mut seen = Vec::new();
        let mut query = AuditQuery { limit: 10, ..filter };
        let last = loop {
            let page = lab.audit.list(&Actor::system(), &query).await.unwrap();
            seen.extend(page.events.iter().map(|event| event.resource.clone()));
            let Some(next) = page.next.clone() else { break page };
            query.cursor = next;
        };
        assert_eq!(seen.len(), expected, "{query:?}");
        let number = |resource: &String| resource.rsplit(':').next().unwrap().parse::<i64>().unwrap();
        assert!(seen.is_sorted_by_key(|resource| -number(resource)), "{seen:?}");
        query.cursor = last.previous.unwrap();
        let before = lab.audit.list(&Actor::system(), &query).await.unwrap();
        let end = seen.len() - last.events.len();
        let shown: Vec<_> = before.events.iter().map(|event| event.resource.clone()).collect();
        assert_eq!(shown, seen[end - 10..end], "{query:?}");
    }
}

#[tokio::test]
async fn a_time_is_a_day_with_its_end_or_a_moment() {
    let lab = Lab::new().await;
    team(&lab).await;
    let day = lab.clock.now().date().to_string();
    let many = all(&lab, &query()).await.len();
    let at = |since: &str, until: &str| AuditQuery { since: since.into(), until: until.into(), ..query() };
    assert_eq!(all(&lab, &at(&day, &day)).await.len(), many);
    assert_eq!(all(&lab, &at("", "2020-01-01")).await.len(), 0);
    assert_eq!(all(&lab, &at("2100-01-01T00:00:00Z", "")).await.len(), 0);
    let error = lab.audit.list(&Actor::system(), &at("yesterday", "")).await.unwrap_err();
    assert!(matches!(error, Error::Invalid { field: "since", .. }), "{error}");
    let result = AuditQuery { result: "maybe".into(), ..query() };
    assert!(matches!(lab.audit.list(&Actor::system(), &result).await, Err(Error::Invalid { field: "result", .. })));
}

#[tokio::test]
async fn what_is_older_than_its_days_goes() {
    let lab = Lab::new().await;
    team(&lab).await;
    lab.pass(Wait::from_hours(24 * 10));
    lab.project("fresh", false).await;
    let keep = async |days| {
        let settings = api_types::SystemSettings { audit_retention_days: days, ..Default::default() };
        lab.settings.update(&Actor::system(), &settings).await.unwrap();
        lab.audit.sweep().await.unwrap()
    };
    assert_eq!((keep(0).await, keep(11).await), (0, 0));
    assert!(keep(9).await > 0);
    let left = of(&lab, "project.create").await;
    assert_eq!(left.iter().map(|event| event.resource.as_str()).collect::<Vec<_>>(), ["fresh"]);
}

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<String>>);

impl Sink for Heard {
    fn take(&self, event: AuditEvent) {
        self.0.lock().unwrap().push(format!("{} {} {}", event.action, event.resource, event.times));
    }
}

#[tokio::test]
async fn who_listens_hears_of_what_was_committed_and_of_nothing_else() {
    let lab = Lab::new().await;
    let (_, bob) = team(&lab).await;
    let heard = Arc::new(Heard::default());
    lab.audit.forward_to(heard.clone());
    lab.project("loud", false).await;
    let taken = api_types::NewProject { name: "loud".into(), public: false, description: String::new() };
    lab.projects.create(&Actor::system(), &taken).await.unwrap_err();
    let failing = lab.db.write((), |txn, ()| {
        Box::pin(async move {
            let event = db::audit::Event::new(&Actor::system(), "project.create", "undone");
            db::audit::record(txn, &event, 0).await?;
            Err::<(), _>(Error::Unauthenticated)
        })
    });
    failing.await.unwrap_err();
    pull(&lab, &bob).await;
    lab.maintenance.flush_traffic().await.unwrap();
    pull(&lab, &bob).await;
    pull(&lab, &bob).await;
    lab.maintenance.flush_traffic().await.unwrap();
    let heard = heard.0.lock().unwrap().clone();
    assert_eq!(heard, ["project.create loud 1", "manifest.pull team/r0:v1 1", "manifest.pull team/r0:v1 2"]);
}

#[derive(Debug, Default)]
struct Kept(Mutex<Vec<AuditEvent>>);

impl Sink for Kept {
    fn take(&self, event: AuditEvent) {
        self.0.lock().unwrap().push(event);
    }
}

#[tokio::test]
async fn who_listens_hears_in_which_project_it_was_and_under_which_number() {
    let lab = Lab::new().await;
    let (ada, _) = team(&lab).await;
    lab.person("eve").await;
    let kept = Arc::new(Kept::default());
    lab.audit.forward_to(kept.clone());
    let project = "team".parse().unwrap();
    let member = lab.members.add(&ada, &project, "eve", Role::Guest).await.unwrap();
    lab.members.change(&ada, &project, member, Role::Developer).await.unwrap();
    lab.members.remove(&ada, &project, member).await.unwrap();
    pull(&lab, &ada).await;
    lab.maintenance.flush_traffic().await.unwrap();
    let kept = kept.0.lock().unwrap().clone();
    let told: Vec<_> = kept.iter().map(|event| (event.action.as_str(), event.resource.as_str())).collect();
    let expected =
        [("member.add", "eve"), ("member.change", "eve"), ("member.remove", "eve"), ("manifest.pull", "team/r0:v1")];
    assert_eq!(told, expected);
    assert!(kept.iter().all(|event| event.project.as_deref() == Some("team")), "{kept:?}");
    assert_eq!(kept[1].id, of(&lab, "member.change").await[0].id);
}
