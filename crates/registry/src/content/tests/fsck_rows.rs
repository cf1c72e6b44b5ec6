//! What a check finds of rows that are gone, cut or changed, what it puts right by itself, and what heals the rest.

use super::{
    Lab,
    fsck::{Harm, NAME, check, findings},
    noise, repo, tag,
};
use crate::{Error, testing::Place};
use api_types::{DamageCounts, DamageKind};
use oci::Digest;
use sqlx::{ConnectOptions as _, sqlite::SqliteConnectOptions};

fn layer(number: usize) -> Vec<u8> {
    noise(number as u64 + 1, 300 + number)
}

/// Each image has a configuration and a layer of its own.
async fn push(lab: &Lab, number: usize) -> Digest {
    lab.image(NAME, &format!("v{number}"), &format!("a{number}"), &[&layer(number)]).await
}

/// Runs a statement that keys would forbid, as a broken disk does.
async fn harm(lab: &Lab, statement: String) {
    match &lab.place {
        Place::Folder(folder) => {
            let options = SqliteConnectOptions::new().filename(folder.path().join("slipway.db")).foreign_keys(false);
            let mut connection = options.busy_timeout(std::time::Duration::from_secs(60)).connect().await.unwrap();
            sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        }
        Place::Server(_) => {
            let quoted = statement.replace('\'', "''");
            let block = format!(
                "DO $$ BEGIN PERFORM set_config('session_replication_role', 'replica', true); EXECUTE '{quoted}'; END $$"
            );
            lab.sql(&block).await.unwrap();
        }
    }
}

/// The rows of an image's layer and of its manifest.
async fn ids(lab: &Lab, number: usize, manifest: &Digest) -> (i64, i64) {
    let blob = lab.number(&format!("SELECT id FROM blobs WHERE digest = '{}'", Digest::sha256(&layer(number)))).await;
    (blob, lab.number(&format!("SELECT id FROM manifests WHERE digest = '{manifest}'")).await)
}

/// What is done to a row, and how many kinds of that there are.
const HARMS: usize = 15;

fn statement(kind: usize, (blob, manifest): (i64, i64)) -> String {
    match kind {
        0 => format!("DELETE FROM manifests WHERE id = {manifest}"),
        1 => format!("DELETE FROM blobs WHERE id = {blob}"),
        2 => format!("DELETE FROM manifest_references WHERE manifest_id = {manifest} AND blob_id = {blob}"),
        3 => format!("DELETE FROM repository_blobs WHERE blob_id = {blob}"),
        4 => format!("UPDATE blobs SET digest = substr(digest, 1, 40) WHERE id = {blob}"),
        5 => format!("UPDATE blobs SET digest = replace(digest, substr(digest, 20, 4), '0000') WHERE id = {blob}"),
        6 => format!("UPDATE blobs SET size = size + 64 WHERE id = {blob}"),
        7 => format!("UPDATE blobs SET location = substr(location, 1, 7) || 'x' || id WHERE id = {blob}"),
        8 => format!(
            "UPDATE manifest_references SET digest = substr(digest, 1, 70) WHERE manifest_id = {manifest} AND blob_id = {blob}"
        ),
        9 => format!("UPDATE blobs SET state = 'livf' WHERE id = {blob}"),
        10 => format!("DELETE FROM tags WHERE manifest_id = {manifest}"),
        11 => format!("UPDATE tags SET manifest_id = (SELECT MAX(id) FROM manifests) WHERE manifest_id = {manifest}"),
        12 => format!("UPDATE manifests SET subject_digest = digest WHERE id = {manifest}"),
        13 => format!("UPDATE manifests SET artifact_type = NULL WHERE id = {manifest}"),
        _ => format!("UPDATE manifests SET size = size + 64 WHERE id = {manifest}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_rows_harmed_in_each_way_are_all_found_and_what_follows_from_the_rest_is_put_right() {
    let lab = Lab::new().await;
    let (images, harmed) = (180, 10 * HARMS);
    let mut manifests = Vec::new();
    for number in 0..images {
        manifests.push(push(&lab, number).await);
    }
    let described = async || {
        let columns = "COUNT(subject_digest) * 1000000000 + COUNT(artifact_type) * 1000000 + SUM(size)";
        lab.number(&format!("SELECT CAST({columns} AS BIGINT) FROM manifests")).await
    };
    let before = described().await;
    for (number, manifest) in manifests.iter().enumerate().take(harmed) {
        let ids = ids(&lab, number, manifest).await;
        harm(&lab, statement(number % HARMS, ids)).await;
    }
    let report = check(&lab, false).await;
    let found = findings(&lab).await;
    // All of them are told: by the layer's digest, by the manifest's, or by the tag.
    for (number, manifest) in manifests.iter().enumerate() {
        let names = [Digest::sha256(&layer(number)).to_string(), manifest.to_string(), format!("v{number}")];
        let told = found.iter().any(|damage| names.contains(&damage.subject) || damage.tags.contains(&names[2]));
        assert_eq!(told, number < harmed, "harm {} of {number}: {found:?}", number % HARMS);
    }
    // Only manifests whose rows are gone have to be pushed again, and tags: a lost blob's object was found in the store.
    let counts = DamageCounts { mended: 0, unnamed: 0, ..report.found };
    let missing = report.found.missing;
    let expected = DamageCounts { missing, tag_lost: 20, tag_moved: 10, row_lost: 10, ..DamageCounts::default() };
    assert_eq!(counts, expected, "{report:?}");
    lab.pass(2);
    for (number, manifest) in manifests.iter().enumerate() {
        let (layer, kind) = (layer(number), if number < harmed { number % HARMS } else { HARMS });
        let head = lab.head(NAME, &format!("v{number}")).await;
        match kind {
            0 | 10 => assert!(matches!(head, Err(Error::ManifestNotFound { .. })), "harm {kind}: {head:?}"),
            11 => assert_eq!(head.unwrap(), manifests[images - 1]),
            _ => assert_eq!(head.unwrap(), *manifest),
        }
        if kind != 0 {
            assert_eq!(lab.read(NAME, &Digest::sha256(&layer)).await.unwrap(), layer, "harm {kind}");
        }
    }
    for (number, manifest) in manifests.iter().enumerate().take(harmed) {
        if matches!(number % HARMS, 0 | 10 | 11) {
            assert_eq!(push(&lab, number).await, *manifest);
        }
    }
    assert_eq!(described().await, before, "rows say again what is in manifests");
    let tags = [DamageKind::TagLost, DamageKind::TagMoved];
    let told = findings(&lab).await;
    assert!(told.iter().filter(|damage| tags.contains(&damage.kind)).all(|damage| damage.healed), "{told:?}");
    let after = check(&lab, true).await;
    // And the ten tags of theirs, which were there all the time, were counted once more.
    assert_eq!((after.found.damaged(), after.found.mended), (0, 11), "what lost manifests named is let go: {after:?}");
    lab.is_exact().await;
    let well = check(&lab, true).await;
    assert_eq!(well.found, DamageCounts::default());
    lab.collect(false, std::time::Duration::ZERO).await;
    lab.pass(2);
    for number in 0..images {
        assert_eq!(lab.read(NAME, &Digest::sha256(&layer(number))).await.unwrap(), layer(number));
    }
    lab.is_exact().await;
}

/// A tag that is wrong is told as such until it is right, and a manifest of another repository is another one.
#[tokio::test]
async fn a_tag_that_points_elsewhere_is_told_until_it_is_moved_or_deleted() {
    let lab = Lab::new().await;
    let (first, second) = (push(&lab, 1).await, push(&lab, 2).await);
    let other = "team/other";
    assert_eq!(lab.image(other, "v1", "a1", &[&layer(1)]).await, first, "the same image in another repository");
    let (_, elsewhere) = ids(&lab, 2, &second).await;
    let of = |path: &str| format!("(SELECT id FROM repositories WHERE path = '{path}')");
    let point =
        |at: &str| format!("UPDATE tags SET manifest_id = {at} WHERE name = 'v1' AND repository_id = {}", of("app"));
    let foreign = format!("(SELECT id FROM manifests WHERE digest = '{first}' AND repository_id = {})", of("other"));
    for at in [foreign, elsewhere.to_string()] {
        harm(&lab, point(&at)).await;
        for _ in 0..2 {
            let found = check(&lab, false).await.found;
            assert_eq!((found.tag_moved, found.damaged()), (1, 1), "{at}: {found:?}");
            let told = findings(&lab).await.into_iter().find(|damage| damage.kind == DamageKind::TagMoved).unwrap();
            assert_eq!(
                (told.repository.as_deref(), told.tags, told.healed),
                (Some(NAME), vec!["v1".to_owned()], false)
            );
        }
    }
    lab.delete(NAME, "v1").await.unwrap();
    let told = findings(&lab).await;
    assert!(told.iter().all(|damage| damage.healed), "{told:?}");
    assert_eq!(check(&lab, false).await.found.damaged(), 0);
}

#[tokio::test]
async fn tags_that_people_moved_and_deleted_are_where_they_belong() {
    let week = std::time::Duration::from_hours(7 * 24);
    let lab = Lab::keeping(std::sync::Arc::new(blobstore::MemoryStore::new()), week).await;
    let (app, other) = (repo(NAME), repo("team/other"));
    let mut manifests = Vec::new();
    for number in 0..8 {
        manifests.push(push(&lab, number).await);
        lab.pass(1);
    }
    let well = async |what: &str| {
        let found = check(&lab, false).await.found;
        assert_eq!(found, DamageCounts::default(), "{what}: {:?}", findings(&lab).await);
    };
    // There, back, and pushed again where it is.
    for digest in [&manifests[1], &manifests[0], &manifests[0]] {
        lab.tags.create(&lab.actor, &app, &tag("v0"), digest).await.unwrap();
    }
    well("moved").await;
    lab.delete(NAME, "v1").await.unwrap();
    lab.tags.delete(&lab.actor, &app, &[tag("v2"), tag("v3")]).await.unwrap();
    lab.delete(NAME, manifests[4].as_str()).await.unwrap();
    well("deleted").await;
    // Of these, one is pushed again elsewhere before it would be restored.
    lab.tags.create(&lab.actor, &app, &tag("v2"), &manifests[5]).await.unwrap();
    for entry in lab.trash.list(&lab.actor, &"team".parse().unwrap(), None).await.unwrap() {
        lab.trash.restore(&lab.actor, entry.id).await.unwrap();
    }
    assert_eq!(lab.head(NAME, "v4").await.unwrap(), manifests[4]);
    well("restored").await;
    super::retention::keep_newest(&lab, 3).await;
    assert!(lab.number("SELECT COUNT(*) FROM tags").await < 8, "it took some");
    well("retained").await;
    lab.image("team/other", "v1", "a1", &[&layer(1)]).await;
    lab.repositories.delete(&lab.actor, &other).await.unwrap();
    well("a repository in the trash").await;
    let entry = lab.trash.list(&lab.actor, &"team".parse().unwrap(), None).await.unwrap()[0].id;
    lab.trash.restore(&lab.actor, entry).await.unwrap();
    well("a repository restored").await;
    lab.repositories.delete(&lab.actor, &other).await.unwrap();
    let entry = lab.trash.list(&lab.actor, &"team".parse().unwrap(), None).await.unwrap()[0].id;
    lab.trash.delete_now(&lab.actor, entry).await.unwrap();
    lab.image("team/other", "v1", "a2", &[&layer(2)]).await;
    well("a repository deleted and pushed again").await;
}

#[tokio::test]
async fn sums_and_counts_that_are_not_right_are_mended() {
    let lab = Lab::new().await;
    let digest = push(&lab, 1).await;
    push(&lab, 2).await;
    lab.image("team/other", "v1", "a1", &[&layer(1)]).await;
    let (blob, _) = ids(&lab, 1, &digest).await;
    // The row comes back before its links do.
    harm(&lab, format!("DELETE FROM blobs WHERE id = {blob}")).await;
    harm(&lab, format!("DELETE FROM repository_blobs WHERE blob_id = {blob}")).await;
    for statement in [
        "UPDATE repositories SET tag_count = 7, tagged_size = 1, manifest_count = 0 WHERE path = 'app'",
        "UPDATE projects SET storage_used = storage_used + 5, repository_count = 9 WHERE name = 'team'",
        "UPDATE project_blobs SET link_count = link_count + 1, only_repository_id = NULL WHERE link_count = 1",
    ] {
        lab.sql(statement).await.unwrap();
    }
    let found = check(&lab, false).await.found;
    assert!(found.mended >= 4, "{found:?}");
    lab.is_exact().await;
    lab.pass(2);
    assert_eq!(lab.read(NAME, &Digest::sha256(&layer(1))).await.unwrap(), layer(1));
    assert_eq!(check(&lab, true).await.found, DamageCounts::default());
}

#[tokio::test]
async fn a_hundred_harmed_manifests_are_all_found_never_served_and_heal() {
    let lab = Lab::new().await;
    let (images, harmed) = (120, 100);
    let mut manifests = Vec::new();
    for number in 0..images {
        manifests.push(push(&lab, number).await);
    }
    for (number, digest) in manifests[..harmed].iter().enumerate() {
        let (_, id) = ids(&lab, number, digest).await;
        let content = db_content(&lab, id).await;
        let content = if number % 2 == 0 { Harm::Flip } else { Harm::Truncate }.of(&content).unwrap();
        let args = (id, content);
        let run = lab.content.db.write(args, |txn, (id, content)| {
            Box::pin(async move {
                let sql = "UPDATE manifests SET content = $2 WHERE id = $1";
                crate::db::sql::execute(txn, sql, [(*id).into(), content.clone().into()]).await
            })
        });
        run.await.unwrap();
    }
    // Another process remembers nothing of them.
    let lab = lab.beside().await;
    for digest in &manifests[..harmed] {
        let served = lab.head(NAME, digest.as_str()).await;
        assert!(matches!(served, Err(Error::Inconsistent { table: "manifests", column: "content", .. })), "{served:?}");
    }
    let report = check(&lab, false).await;
    assert_eq!(report.found, DamageCounts { manifest_changed: harmed as u64, ..DamageCounts::default() });
    let mut told: Vec<_> = findings(&lab).await.into_iter().map(|damage| (damage.subject, damage.tags)).collect();
    told.sort();
    let mut expected: Vec<_> =
        (0..harmed).map(|number| (manifests[number].to_string(), vec![format!("v{number}")])).collect();
    expected.sort();
    assert_eq!(told, expected);
    lab.pass(2);
    for (number, digest) in manifests.iter().enumerate() {
        for reference in [digest.to_string(), format!("v{number}")] {
            let head = lab.head(NAME, &reference).await;
            match head {
                Ok(found) => assert!(number >= harmed && found == *digest),
                Err(error) => assert!(number < harmed && matches!(error, Error::ManifestNotFound { .. }), "{error}"),
            }
        }
    }
    for (number, digest) in manifests.iter().enumerate() {
        assert_eq!(push(&lab, number).await, *digest);
    }
    assert!(findings(&lab).await.iter().all(|damage| damage.healed));
    assert_eq!(check(&lab, true).await.found, DamageCounts::default());
    let fresh = lab.beside().await;
    for digest in &manifests {
        assert_eq!(fresh.head(NAME, digest.as_str()).await.unwrap(), *digest);
    }
    assert_eq!(lab.number("SELECT manifest_count FROM repositories").await, images as i64);
    lab.is_exact().await;
}

async fn db_content(lab: &Lab, manifest: i64) -> Vec<u8> {
    crate::db::manifests::content(lab.content.db.reader(), manifest).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_changed_manifest_that_is_pushed_again_before_a_check_is_whole() {
    let lab = Lab::new().await;
    let digest = push(&lab, 1).await;
    lab.sql("UPDATE manifests SET content = CAST('{}' AS BLOB)").await.ok();
    lab.sql("UPDATE manifests SET content = '{}'::bytea").await.ok();
    let lab = lab.beside().await;
    assert!(matches!(lab.head(NAME, "v1").await, Err(Error::Inconsistent { .. })));
    assert_eq!(push(&lab, 1).await, digest);
    let fresh = lab.beside().await;
    assert_eq!(fresh.head(NAME, "v1").await.unwrap(), digest);
    assert_eq!(check(&lab, true).await.found, DamageCounts::default());
}

#[tokio::test]
async fn a_manifest_without_one_of_its_blobs_is_absent_until_it_is_pushed_again() {
    let lab = Lab::new().await;
    let digest = push(&lab, 1).await;
    let (blob, manifest) = ids(&lab, 1, &digest).await;
    harm(&lab, format!("DELETE FROM blobs WHERE id = {blob}")).await;
    harm(&lab, format!("DELETE FROM manifest_references WHERE manifest_id = {manifest}")).await;
    harm(&lab, format!("DELETE FROM repository_blobs WHERE blob_id = {blob}")).await;
    let report = check(&lab, false).await;
    assert_eq!((report.found.manifest_incomplete, report.found.damaged()), (1, 1), "{:?}", findings(&lab).await);
    lab.pass(2);
    assert!(matches!(lab.head(NAME, "v1").await, Err(Error::ManifestNotFound { .. })));
    assert_eq!(push(&lab, 1).await, digest);
    lab.pass(2);
    assert_eq!(lab.head(NAME, "v1").await.unwrap(), digest);
    assert_eq!(check(&lab, true).await.found.damaged(), 0);
    lab.collect(false, std::time::Duration::ZERO).await;
    lab.pass(2);
    assert_eq!(lab.read(NAME, &Digest::sha256(&layer(1))).await.unwrap(), layer(1));
}

#[tokio::test]
async fn no_object_without_a_row_is_collected_while_rows_of_blobs_are_lost() {
    let lab = Lab::new().await;
    let digest = push(&lab, 1).await;
    let (blob, _) = ids(&lab, 1, &digest).await;
    let stored = lab.objects().await;
    harm(&lab, format!("DELETE FROM blobs WHERE id = {blob}")).await;
    assert_eq!(lab.collect_strays(true).await.objects, 0);
    assert_eq!(lab.collect_strays(false).await.objects, 0);
    assert_eq!(lab.objects().await, stored);
    check(&lab, false).await;
    lab.pass(2);
    assert_eq!(lab.read(NAME, &Digest::sha256(&layer(1))).await.unwrap(), layer(1));
    // All of them are back, and strays are strays.
    lab.store.put(noise(9, 700).into()).await.unwrap();
    assert_eq!(lab.collect_strays(false).await.objects, 1);
    assert_eq!(lab.objects().await, stored);
}

#[tokio::test]
async fn a_changed_manifest_in_the_trash_is_told_and_not_restored() {
    let week = std::time::Duration::from_hours(7 * 24);
    let lab = Lab::keeping(std::sync::Arc::new(blobstore::MemoryStore::new()), week).await;
    let digest = push(&lab, 1).await;
    lab.delete(NAME, digest.as_str()).await.unwrap();
    assert_eq!(check(&lab, true).await.found, DamageCounts::default());
    lab.sql("UPDATE trash_manifests SET digest = replace(digest, 'a', 'b')").await.unwrap();
    let found = check(&lab, false).await.found;
    assert_eq!((found.manifest_changed, found.damaged()), (1, 1));
    let told = findings(&lab).await;
    assert_eq!((told[0].kind, told[0].repository.as_deref()), (DamageKind::ManifestChanged, Some(NAME)));
    let entry = lab.number("SELECT id FROM trash").await;
    assert!(matches!(lab.trash.restore(&lab.actor, entry).await, Err(Error::Inconsistent { .. })));
}
