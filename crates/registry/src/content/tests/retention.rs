//! Retention: what is kept and what goes, shown before and done after, beside everybody else.

use super::{Lab, described, digest_of, protection, repo, tag};
use crate::{
    Error, Result,
    access::{ProjectId, RepositoryId},
    content::{
        PreviewQuery, RetentionRules,
        retention::work::{Goes, Step},
        trash::Bin,
    },
    db::jobs::Held,
    jobs::Ended,
};
use api_types::{Fate, JobReport, JobState, Keep, RetentionReport, RetentionRule, ScheduleShape};
use blobstore::MemoryStore;
use oci::{ProjectName, media_type};
use serde_json::json;
use std::{future, sync::Arc, time::Duration};

const NAME: &str = "team/app";
const DAY: i64 = 24 * 3600;

fn team() -> ProjectName {
    "team".parse().unwrap()
}

fn rules(lab: &Lab) -> RetentionRules {
    RetentionRules::new(lab.content.clone(), lab.jobs.clone())
}

fn rule(tags: &str, keep: Keep) -> RetentionRule {
    RetentionRule { id: 0, scope: protection::scope("**", tags), keep, enabled: true }
}

async fn add(lab: &Lab, tags: &str, keep: Keep) -> i64 {
    rules(lab).create(&lab.actor, &team(), &rule(tags, keep)).await.unwrap()
}

/// `v1` to `v5`, a day apart, each with a layer of its own; `also-v1` on the image of `v1`; with a trash.
async fn lab() -> Lab {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24 * 7)).await;
    for at in 1..=5 {
        let digest = lab.image(NAME, &format!("v{at}"), "amd64", &[format!("layer {at}").as_bytes()]).await;
        if at == 1 {
            lab.tags.create(&lab.actor, &repo(NAME), &tag("also-v1"), &digest).await.unwrap();
        }
        lab.pass(DAY);
    }
    lab
}

async fn run(lab: &Lab, dry_run: bool) -> RetentionReport {
    let id = rules(lab).run(&lab.actor, &team(), dry_run).await.unwrap();
    let ended = lab.jobs.run(Some(id), future::pending()).await.unwrap();
    assert!(matches!(ended, Some(Ended::Done)), "{ended:?}");
    report(lab, id).await
}

async fn report(lab: &Lab, id: i64) -> RetentionReport {
    match lab.jobs.get(&lab.actor, id).await.unwrap().summary.report {
        JobReport::Retention(report) => report,
        other => panic!("{other:?}"),
    }
}

/// Takes all tags of `team` away but the newest of each repository.
pub(super) async fn keep_newest(lab: &Lab, count: u32) {
    let rule = rule("**", Keep::NewestPushed { count });
    rules(lab).replace(&lab.actor, &team(), &[rule], None).await.unwrap();
    run(lab, false).await;
}

/// Names of what is left, in order.
async fn left(lab: &Lab, name: &str) -> String {
    let list = lab.tags.names(&lab.actor, &repo(name), 1_000, None).await;
    list.map(|page| page.names.join(" ")).unwrap_or_default()
}

async fn fates(lab: &Lab, query: PreviewQuery) -> Vec<(String, Fate)> {
    let preview = rules(lab).preview(&lab.actor, &team(), &query).await.unwrap();
    preview.page.items.into_iter().map(|verdict| (verdict.name, verdict.fate)).collect()
}

#[tokio::test]
async fn what_is_shown_is_what_happens_and_comes_back_from_the_trash() {
    let lab = lab().await;
    let id = add(&lab, "v*", Keep::NewestPushed { count: 2 }).await;
    let shown = fates(&lab, PreviewQuery::default()).await;
    let goes = || Fate::Goes { rules: vec![id] };
    let kept = || Fate::Kept { rule: id };
    let expected =
        [("v5", kept()), ("v4", kept()), ("v3", goes()), ("v2", goes()), ("also-v1", Fate::Untouched), ("v1", goes())];
    let mut shown: Vec<_> = shown.iter().map(|(name, fate)| (name.as_str(), fate.clone())).collect();
    let mut expected = expected.to_vec();
    shown.sort_by_key(|(name, _)| *name);
    expected.sort_by_key(|(name, _)| *name);
    assert_eq!(shown, expected);
    let before = left(&lab, NAME).await;
    let dry = run(&lab, true).await;
    assert_eq!((dry.dry_run, dry.kept, dry.tags, dry.repositories), (true, 3, 3, 1));
    assert_eq!(left(&lab, NAME).await, before, "a dry run changes nothing");

    let done = run(&lab, false).await;
    // The image of v1 has another tag.
    assert_eq!((done.kept, done.tags, done.artifacts), (3, 3, 2));
    assert_eq!(left(&lab, NAME).await, "also-v1 v4 v5");
    lab.is_exact().await;
    let told = lab.texts("SELECT details FROM audit_events WHERE action = 'tag.delete'").await;
    let told: serde_json::Value = serde_json::from_str(&told[0]).unwrap();
    assert_eq!((&told["count"], told["retention"].is_number()), (&json!(3), true));
    let by = lab.texts("SELECT actor_name FROM audit_events WHERE action = 'tag.delete'").await;
    assert_eq!(by, ["system"]);
    for entry in lab.trash.list(&lab.actor, &team(), None).await.unwrap() {
        lab.trash.restore(&lab.actor, entry.id).await.unwrap();
    }
    assert_eq!(left(&lab, NAME).await, before);
    lab.is_exact().await;
}

#[tokio::test]
async fn what_is_protected_never_goes() {
    let lab = lab().await;
    add(&lab, "v*", Keep::NewestPushed { count: 1 }).await;
    protection::rules(&lab).create(&lab.actor, &team(), &protection::scope("**", "v1, v2"), true).await.unwrap();
    let shown = fates(&lab, PreviewQuery::default()).await;
    let protected = shown.iter().filter(|(_, fate)| matches!(fate, Fate::Protected { .. })).count();
    assert_eq!(protected, 2);
    assert_eq!(run(&lab, false).await.tags, 2);
    assert_eq!(left(&lab, NAME).await, "also-v1 v1 v2 v5");
}

#[tokio::test]
async fn a_rule_can_be_looked_at_alone_and_only_what_goes() {
    let lab = lab().await;
    let newest = add(&lab, "v*", Keep::NewestPushed { count: 1 }).await;
    let recent = add(&lab, "*", Keep::PushedWithin { days: 2 }).await;
    let names = |fates: Vec<(String, Fate)>| {
        let mut names: Vec<String> = fates.into_iter().map(|(name, _)| name).collect();
        names.sort();
        names.join(" ")
    };
    let only = |rule| PreviewQuery { rule: Some(rule), ..PreviewQuery::default() };
    assert_eq!(names(fates(&lab, only(newest)).await), "v1 v2 v3 v5", "v4 is kept by the other one");
    assert_eq!(names(fates(&lab, only(recent)).await), "also-v1 v1 v2 v3 v4");
    let going = PreviewQuery { only_deletes: true, ..PreviewQuery::default() };
    assert_eq!(names(fates(&lab, going).await), "also-v1 v1 v2 v3");
}

#[tokio::test]
async fn a_long_dry_run_has_pages() {
    let lab = Lab::new().await;
    let digest = lab.image(NAME, "v1", "amd64", &[b"x"]).await;
    for at in 0..119 {
        lab.tags.create(&lab.actor, &repo(NAME), &tag(&format!("t{at:03}")), &digest).await.unwrap();
    }
    add(&lab, "t*", Keep::NewestPushed { count: 10 }).await;
    let mut query = PreviewQuery::default();
    let (mut seen, mut pages) = (std::collections::BTreeSet::new(), 0);
    loop {
        let preview = rules(&lab).preview(&lab.actor, &team(), &query).await.unwrap();
        assert_eq!((preview.keeps, preview.deletes, preview.page.total), (11, 109, 120));
        seen.extend(preview.page.items.into_iter().map(|verdict| verdict.name));
        pages += 1;
        let Some(next) = preview.page.next else { break };
        query.cursor = next;
    }
    assert_eq!((seen.len(), pages), (120, 3));
    query.cursor = "x".to_owned();
    let wrong = rules(&lab).preview(&lab.actor, &team(), &query).await;
    assert!(matches!(wrong, Err(Error::Invalid { field: "cursor", .. })));
    assert_eq!(run(&lab, false).await.tags, 109, "more than one step takes");
}

#[tokio::test]
async fn untagged_artifacts_go_after_their_time_but_for_what_is_held() {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    lab.push(NAME, b"{}").await;
    let old = lab.image(NAME, "", "amd64", &[b"old"]).await;
    let moved = lab.image(NAME, "edge", "amd64", &[b"moved"]).await;
    let child = lab.image_manifest(NAME, "arm64", &[b"child"]).await;
    lab.put(NAME, digest_of(&child).as_str(), &child).await.unwrap();
    let named = json!([described(media_type::OCI_IMAGE, child.to_string().as_bytes())]);
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": named});
    lab.put(NAME, "multi", &index).await.unwrap();
    let sbom = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "artifactType": "application/spdx+json",
        "config": described(media_type::OCI_EMPTY, b"{}"), "layers": [],
        "subject": described(media_type::OCI_INDEX, index.to_string().as_bytes()),
    });
    lab.put(NAME, digest_of(&sbom).as_str(), &sbom).await.unwrap();
    lab.pass(3 * DAY);
    lab.image(NAME, "edge", "amd64", &[b"newer"]).await;
    let fresh = lab.image(NAME, "", "amd64", &[b"fresh"]).await;
    add(&lab, "**", Keep::UntaggedWithin { days: 2 }).await;
    let query = PreviewQuery { only_deletes: true, ..PreviewQuery::default() };
    let shown = rules(&lab).preview(&lab.actor, &team(), &query).await.unwrap();
    assert_eq!((shown.untagged, shown.deletes, shown.page.items.len()), (1, 0, 1));
    assert!(shown.page.items.iter().all(|verdict| !verdict.is_tag && verdict.name == old.as_str()));
    assert_eq!(run(&lab, true).await.artifacts, 1);
    assert_eq!(run(&lab, false).await.artifacts, 1);
    assert!(lab.head(NAME, old.as_str()).await.is_err());
    // One that was pushed long ago and lost its tag just now has its time before it, so that the tag can be moved back.
    for stays in [moved.clone(), fresh, digest_of(&child), digest_of(&index), digest_of(&sbom)] {
        lab.head(NAME, stays.as_str()).await.unwrap();
    }
    assert_eq!(left(&lab, NAME).await, "edge multi");
    let entry = lab.trash.list(&lab.actor, &team(), None).await.unwrap()[0].id;
    lab.trash.restore(&lab.actor, entry).await.unwrap();
    lab.head(NAME, old.as_str()).await.unwrap();
    lab.pass(3 * DAY);
    assert_eq!(run(&lab, false).await.artifacts, 3, "the old one again, the moved and the fresh one");
    assert!(lab.head(NAME, moved.as_str()).await.is_err());
    lab.is_exact().await;
}

#[tokio::test]
async fn a_tag_that_is_pushed_again_with_the_same_image_was_pushed_just_now() {
    let lab = lab().await;
    lab.image(NAME, "v1", "amd64", &[b"layer 1"]).await;
    add(&lab, "v*", Keep::PushedWithin { days: 2 }).await;
    assert_eq!(run(&lab, false).await.tags, 2);
    assert_eq!(left(&lab, NAME).await, "also-v1 v1 v4 v5");
    lab.is_exact().await;
}

#[tokio::test]
async fn a_run_that_was_interrupted_goes_on_and_ends_as_one_that_was_not() {
    let lab = lab().await;
    for at in 0..20 {
        lab.image(&format!("team/r{at}"), "old", "amd64", &[b"x"]).await;
        lab.pass(1);
        lab.image(&format!("team/r{at}"), "new", "amd64", &[b"y"]).await;
    }
    add(&lab, "*", Keep::NewestPushed { count: 1 }).await;
    let id = rules(&lab).run(&lab.actor, &team(), false).await.unwrap();
    let again = rules(&lab).run(&lab.actor, &team(), true).await;
    assert!(matches!(again, Err(Error::JobUnfinished { id: other }) if other == id), "{again:?}");
    let mut rounds = 0;
    loop {
        let begun = report(&lab, id).await;
        // Somewhere after its first step, wherever that finds it.
        let stop = async {
            while report(&lab, id).await == begun {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_millis(rounds % 5)).await;
        };
        match lab.jobs.run(Some(id), stop).await.unwrap() {
            Some(Ended::Done) => break,
            Some(Ended::Released) => rounds += 1,
            other => panic!("{other:?}"),
        }
        assert!(rounds < 1_000, "each begins anew");
    }
    assert!(rounds > 0, "it was never interrupted");
    let done = report(&lab, id).await;
    assert_eq!((done.repositories, done.kept, done.tags), (21, 21, 25));
    assert_eq!(left(&lab, NAME).await, "v5");
    lab.is_exact().await;
}

#[tokio::test]
async fn runs_of_two_projects_do_not_wait_for_each_other_and_each_sees_its_own() {
    let lab = lab().await;
    let other: ProjectName = "other".parse().unwrap();
    lab.image("other/app", "v1", "amd64", &[b"x"]).await;
    add(&lab, "*", Keep::Always).await;
    let one = rules(&lab).run(&lab.actor, &team(), false).await.unwrap();
    let two = rules(&lab).run(&lab.actor, &other, true).await.unwrap();
    for id in [one, two] {
        assert!(matches!(lab.jobs.run(Some(id), future::pending()).await.unwrap(), Some(Ended::Done)));
    }
    let runs = rules(&lab).runs(&lab.actor, &team()).await.unwrap();
    assert_eq!(runs.iter().map(|run| (run.id, run.state)).collect::<Vec<_>>(), [(one, JobState::Succeeded)]);
    assert_eq!(runs[0].project.as_deref(), Some("team"));
    let log = lab.jobs.get(&lab.actor, one).await.unwrap().log;
    assert!(log.len() >= 2, "{log:?}");
}

#[tokio::test]
async fn rules_are_followed_when_their_time_comes_once() {
    let lab = lab().await;
    let service = rules(&lab);
    add(&lab, "v*", Keep::NewestPushed { count: 1 }).await;
    service.schedule().await.unwrap();
    assert!(service.runs(&lab.actor, &team()).await.unwrap().is_empty(), "by hand only");
    service.set_schedule(&lab.actor, &team(), Some("0 3 * * *")).await.unwrap();
    let retention = service.get(&lab.actor, &team()).await.unwrap();
    let schedule = retention.schedule.unwrap();
    assert_eq!(schedule.shape, ScheduleShape::Daily { hour: 3, minute: 0 });
    let next = schedule.next.unwrap();
    assert!(next > crate::db::from_micros(lab.content.now()));
    let checked = service.check_schedule(&lab.actor, &team(), "0 3 * * *").await.unwrap().unwrap();
    let days: Vec<_> = checked.next.iter().map(|time| (time.at - next).whole_days()).collect();
    assert_eq!((checked.shape, checked.next[0].at, days), (schedule.shape, next, vec![0, 1, 2]));
    let wrong = service.check_schedule(&lab.actor, &team(), "0 3 * *").await.unwrap();
    assert!(wrong.is_none(), "{wrong:?}");
    service.schedule().await.unwrap();
    assert!(service.runs(&lab.actor, &team()).await.unwrap().is_empty(), "it is not time yet");
    lab.pass(DAY);
    let replica = lab.beside().await;
    for one in [&service, &rules(&replica), &service] {
        one.schedule().await.unwrap();
    }
    let runs = service.runs(&lab.actor, &team()).await.unwrap();
    assert_eq!((runs.len(), runs[0].requested_by.as_str()), (1, "system"));
    let after = service.get(&lab.actor, &team()).await.unwrap().schedule.unwrap().next.unwrap();
    assert_eq!(after - next, time::Duration::days(1));
    // A change of rules leaves the time where it is; no rules, no time.
    let more = service.create(&lab.actor, &team(), &rule("x*", Keep::Always)).await.unwrap();
    assert_eq!(service.get(&lab.actor, &team()).await.unwrap().schedule.unwrap().next, Some(after));
    for id in [more, retention.rules[0].id] {
        service.delete(&lab.actor, &team(), id).await.unwrap();
    }
    assert_eq!(service.get(&lab.actor, &team()).await.unwrap().schedule.unwrap().next, None);
    service.set_schedule(&lab.actor, &team(), None).await.unwrap();
    assert_eq!(service.get(&lab.actor, &team()).await.unwrap(), api_types::Retention::default());
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_on_its_field() {
    let lab = lab().await;
    let service = rules(&lab);
    let refused = |result: Result<i64>, wanted: &str| match result {
        Err(Error::Invalid { field, .. }) => assert_eq!(field, wanted),
        other => panic!("{other:?}"),
    };
    refused(service.create(&lab.actor, &team(), &rule("*", Keep::NewestPushed { count: 0 })).await, "number");
    refused(service.create(&lab.actor, &team(), &rule("*", Keep::PushedWithin { days: 36_501 })).await, "number");
    refused(service.create(&lab.actor, &team(), &rule("{", Keep::Always)).await, "tags");
    let wrong = service.set_schedule(&lab.actor, &team(), Some("* * * * *")).await;
    assert!(matches!(wrong, Err(Error::Invalid { field: "cron", .. })), "{wrong:?}");
    let id = service.create(&lab.actor, &team(), &rule("*", Keep::Always)).await.unwrap();
    let again = service.create(&lab.actor, &team(), &rule(" * ", Keep::Always)).await;
    assert!(matches!(again, Err(Error::RuleExists { .. })), "{again:?}");
    service.create(&lab.actor, &team(), &rule("*", Keep::NewestPushed { count: 1 })).await.unwrap();
    let missing = service.delete(&lab.actor, &team(), id + 7).await;
    assert!(matches!(missing, Err(Error::RuleNotFound { .. })), "{missing:?}");
    // Known numbers stay, others are new.
    let kept = RetentionRule { id, ..rule("other*", Keep::Always) };
    let new = RetentionRule { id: 99, ..rule("x*", Keep::Always) };
    service.replace(&lab.actor, &team(), &[new, kept], Some("0 0 0 * * *")).await.unwrap();
    let ids: Vec<i64> = service.get(&lab.actor, &team()).await.unwrap().rules.iter().map(|rule| rule.id).collect();
    assert_eq!(ids, [id + 2, id]);
}

/// Has a step take `v1`, last pushed at that time and never pulled, by these rules.
async fn take(lab: &Lab, pushed_at: i64, rules: &str) -> Option<(u64, u64)> {
    let step = Step {
        project: ProjectId(lab.number("SELECT id FROM projects WHERE name = 'team'").await),
        repository: RepositoryId(lab.number("SELECT id FROM repositories WHERE path = 'app'").await),
        name: repo(NAME),
        rules: rules.into(),
        minds_pulls: true,
        goes: Goes::Tags(vec![("v1".to_owned(), (pushed_at, None))]),
    };
    let args = (step, Bin::new(&lab.content, &lab.actor));
    let taken = lab
        .content
        .db
        .write(args, |txn, (step, bin)| Box::pin(async move { step.run(txn, Held { id: 1, fence: 1 }, bin).await }));
    taken.await.unwrap()
}

#[tokio::test]
async fn a_tag_that_was_moved_or_protected_since_it_was_judged_stays() {
    let lab = lab().await;
    let at = "SELECT pushed_at FROM tags WHERE name = 'v1'";
    let judged = lab.number(at).await;
    lab.image(NAME, "v1", "amd64", &[b"moved"]).await;
    assert_eq!(take(&lab, judged, "").await, Some((0, 0)));
    let now = lab.number(at).await;
    let rule = protection::rules(&lab).create(&lab.actor, &team(), &protection::scope("**", "v1"), true).await.unwrap();
    assert_eq!(take(&lab, now, "").await, Some((0, 0)));
    protection::rules(&lab).delete(&lab.actor, &team(), rule).await.unwrap();
    assert_eq!(take(&lab, now, "").await, Some((1, 1)));
    lab.is_exact().await;
}

#[tokio::test]
async fn a_tag_that_was_pulled_since_it_was_judged_stays() {
    let lab = lab().await;
    let judged = lab.number("SELECT pushed_at FROM tags WHERE name = 'v1'").await;
    lab.sql("UPDATE tags SET last_pulled_at = 1 WHERE name = 'v1'").await.unwrap();
    assert_eq!(take(&lab, judged, "").await, Some((0, 0)));
    lab.sql("UPDATE tags SET last_pulled_at = NULL").await.unwrap();
    assert_eq!(take(&lab, judged, "").await, Some((1, 0)), "another tag holds the image");
}

#[tokio::test]
async fn nothing_goes_by_rules_that_are_others_by_now() {
    let lab = lab().await;
    let id = add(&lab, "v*", Keep::NewestPushed { count: 1 }).await;
    let judged = lab.texts("SELECT retention FROM projects WHERE name = 'team'").await.remove(0);
    let at = lab.number("SELECT pushed_at FROM tags WHERE name = 'v1'").await;
    rules(&lab).delete(&lab.actor, &team(), id).await.unwrap();
    assert_eq!(take(&lab, at, &judged).await, None);
    assert_eq!(left(&lab, NAME).await, "also-v1 v1 v2 v3 v4 v5");
}

#[tokio::test]
async fn a_signature_stays_with_its_image_and_takes_no_place_among_the_newest() {
    let lab = Lab::keeping(Arc::new(MemoryStore::new()), Duration::from_hours(24)).await;
    for at in 1..=3 {
        let digest = lab.image(NAME, &format!("v{at}"), "amd64", &[format!("layer {at}").as_bytes()]).await;
        lab.pass(1);
        let signature = format!("{}.sig", digest.as_str().replace(':', "-"));
        lab.image(NAME, &signature, "none", &[format!("signature {at}").as_bytes()]).await;
        lab.pass(1);
    }
    let id = add(&lab, "**", Keep::NewestPushed { count: 2 }).await;
    let shown = fates(&lab, PreviewQuery::default()).await;
    let attached = shown.iter().filter(|(name, fate)| name.ends_with(".sig") && *fate == Fate::Attached);
    assert_eq!(attached.count(), 3);
    assert_eq!(shown.iter().find(|(name, _)| name == "v1").unwrap().1, Fate::Goes { rules: vec![id] });
    assert_eq!(run(&lab, false).await.tags, 1);
    // Its image is gone, so it is a tag like any other; as the oldest of three it goes.
    assert_eq!(run(&lab, false).await.tags, 1);
    let left = left(&lab, NAME).await;
    assert!(left.ends_with("v2 v3") && left.matches(".sig").count() == 2, "{left}");
    assert_eq!(run(&lab, false).await.tags, 0);
    lab.is_exact().await;
}

#[tokio::test]
async fn a_rule_can_be_tried_before_it_counts() {
    let lab = lab().await;
    let off = RetentionRule { enabled: false, ..rule("v*", Keep::NewestPushed { count: 1 }) };
    let id = rules(&lab).create(&lab.actor, &team(), &off).await.unwrap();
    assert_eq!(fates(&lab, PreviewQuery::default()).await, []);
    let tried = fates(&lab, PreviewQuery { rule: Some(id), only_deletes: true, ..PreviewQuery::default() }).await;
    assert_eq!(tried.len(), 4, "{tried:?}");
    assert_eq!(run(&lab, false).await.tags, 0);
}

#[tokio::test]
async fn a_run_can_be_stopped_by_those_of_its_project() {
    let lab = lab().await;
    add(&lab, "v*", Keep::NewestPushed { count: 1 }).await;
    let id = rules(&lab).run(&lab.actor, &team(), false).await.unwrap();
    let collection = lab.ask_for(true, Duration::ZERO).await;
    let other: ProjectName = "other".parse().unwrap();
    for (project, job) in [(&other, id), (&team(), collection)] {
        let refused = rules(&lab).stop(&lab.actor, project, job).await;
        assert!(matches!(refused, Err(Error::JobNotFound { .. })), "{refused:?}");
    }
    rules(&lab).stop(&lab.actor, &team(), id).await.unwrap();
    assert_eq!(rules(&lab).runs(&lab.actor, &team()).await.unwrap()[0].state, JobState::Cancelled);
    assert!(lab.jobs.run(Some(id), future::pending()).await.unwrap().is_none());
    assert_eq!(left(&lab, NAME).await, "also-v1 v1 v2 v3 v4 v5");
}

#[tokio::test]
async fn a_dry_run_does_not_stand_for_the_run_whose_time_has_come() {
    let lab = lab().await;
    let service = rules(&lab);
    add(&lab, "v*", Keep::NewestPushed { count: 1 }).await;
    service.set_schedule(&lab.actor, &team(), Some("@daily")).await.unwrap();
    lab.pass(DAY);
    let dry = service.run(&lab.actor, &team(), true).await.unwrap();
    service.schedule().await.unwrap();
    assert_eq!(service.runs(&lab.actor, &team()).await.unwrap().len(), 1, "it waits for the dry run");
    lab.jobs.run(Some(dry), future::pending()).await.unwrap();
    service.schedule().await.unwrap();
    let runs = service.runs(&lab.actor, &team()).await.unwrap();
    assert_eq!((runs.len(), runs[0].report.is_dry_run()), (2, false));
}

#[tokio::test]
async fn a_deleted_project_leaves_no_jobs_behind() {
    let lab = lab().await;
    let id = rules(&lab).run(&lab.actor, &team(), true).await.unwrap();
    lab.projects.delete(&lab.actor, &team()).await.unwrap();
    lab.pass(8 * DAY);
    lab.maintenance.sweep().await.unwrap();
    let jobs = format!("SELECT COUNT(*) FROM jobs WHERE id = {id}");
    assert_eq!(lab.number(&jobs).await, 0);
}
