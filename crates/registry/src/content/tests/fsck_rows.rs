//! What a check finds of rows that are gone, cut or changed, what it puts right by itself, and what heals the rest.

use super::{
    Lab,
    fsck::{Harm, NAME, check, findings},
    noise,
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
            let mut connection = options.busy_timeout(std::time::Duration::from_secs(10)).connect().await.unwrap();
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
const HARMS: usize = 10;

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
        _ => format!("UPDATE blobs SET state = 'livf' WHERE id = {blob}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_harmed_rows_are_all_found_and_what_follows_from_the_rest_is_put_right() {
    let lab = Lab::new().await;
    let (images, harmed) = (130, 100);
    let mut manifests = Vec::new();
    for number in 0..images {
        manifests.push(push(&lab, number).await);
    }
    for (number, manifest) in manifests.iter().enumerate().take(harmed) {
        let ids = ids(&lab, number, manifest).await;
        harm(&lab, statement(number % HARMS, ids)).await;
    }
    let report = check(&lab, false).await;
    let found = findings(&lab).await;
    // All of them are told: by the layer's digest, by the manifest's, or by the tag that leads nowhere.
    for (number, manifest) in manifests.iter().enumerate() {
        let names = [Digest::sha256(&layer(number)).to_string(), manifest.to_string(), format!("v{number}")];
        let told = found.iter().any(|damage| names.contains(&damage.subject) || damage.tags.contains(&names[2]));
        assert_eq!(told, number < harmed, "harm {} of {number}: {found:?}", number % HARMS);
    }
    // Only manifests whose rows are gone have to be pushed again: a lost blob's object was found in the store.
    let counts = DamageCounts { mended: 0, unnamed: 0, ..report.found };
    let missing = report.found.missing;
    assert_eq!(counts, DamageCounts { missing, tag_lost: 10, row_lost: 10, ..DamageCounts::default() }, "{report:?}");
    lab.pass(2);
    for (number, manifest) in manifests.iter().enumerate() {
        let layer = layer(number);
        if number % HARMS == 0 && number < harmed {
            assert!(matches!(lab.head(NAME, &format!("v{number}")).await, Err(Error::ManifestNotFound { .. })));
            continue;
        }
        assert_eq!(lab.read(NAME, &Digest::sha256(&layer)).await.unwrap(), layer, "harm {}", number % HARMS);
        assert_eq!(lab.head(NAME, &format!("v{number}")).await.unwrap(), *manifest);
    }
    for (number, manifest) in manifests.iter().enumerate().take(harmed).step_by(HARMS) {
        assert_eq!(push(&lab, number).await, *manifest);
    }
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
