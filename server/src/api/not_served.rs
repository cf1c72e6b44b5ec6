//! What Harbor has and this does not, in words.

use http::Uri;

use super::{BASE, Failure};

/// Beginnings of Harbor's addresses, and what is there to say. A `*` stands for one part.
const ADDRESSES: &[(&str, &str)] = &[
    ("internalconfig", "Slipway has no second configuration"),
    ("system/gc", "garbage is not collected over REST"),
    ("system/purgeaudit", "the audit log is not purged over REST: configurations has how many days it keeps"),
    ("system/CVEAllowlist", "Slipway does not scan, so it keeps no list of allowed vulnerabilities"),
    ("system/scanAll", "Slipway does not scan"),
    ("system/oidc", "Slipway does not sign in through other services yet"),
    ("systeminfo/volumes", "how full the store is, is seen by the operator"),
    ("systeminfo/getcert", "there is no certificate to be had here"),
    ("scans", "Slipway does not scan"),
    ("scanners", "Slipway does not scan"),
    ("security", "Slipway does not scan"),
    ("auditlog-exts/events", "everything is on record, so there are no kinds of events to choose from"),
    ("export", "Slipway does not scan, so there is nothing to export"),
    ("registries", "Slipway does not replicate yet"),
    ("replication", "Slipway does not replicate yet"),
    ("replicationadapters", "Slipway does not replicate yet"),
    ("replicationadapterinfos", "Slipway does not replicate yet"),
    (
        "retentions/*/executions/*/tasks",
        "what a run did is told in the list of runs; the console shows tag by tag what one would do",
    ),
    ("ldap", "Slipway does not sign in through other services yet"),
    ("usergroups", "there are no groups yet"),
    ("jobservice", "jobs are not shown over REST"),
    ("schedules", "jobs are not shown over REST"),
    ("p2p", "Slipway does not preheat"),
    ("icons", "artifacts have no icons"),
    ("oidc", "Slipway does not sign in through other services yet"),
    ("users/*/cli_secret", "programs sign in with access tokens, which their owners make at users/current/tokens"),
    ("projects/*/robots", "robots has them: robots?q=Level=project,ProjectID={id}"),
    ("projects/*/webhook", "there are no webhooks yet"),
    ("projects/*/scanner", "Slipway does not scan"),
    ("projects/*/preheat", "Slipway does not preheat"),
    (
        "projects/*/artifacts",
        "artifacts are listed by repository: projects/{project}/repositories/{repository}/artifacts",
    ),
    ("projects/*/repositories/*/artifacts/*/scan", "Slipway does not scan"),
    ("projects/*/repositories/*/artifacts/*/sbom", "Slipway makes no bills of materials; attached ones are referrers"),
    ("projects/*/repositories/*/artifacts/*/additions", "what is inside of an artifact is shown in the console"),
    (
        "projects/*/repositories/*/artifacts/*/accessories",
        "what is attached is listed by /v2/{name}/referrers/{digest}",
    ),
];

/// Answers an address that no handler has.
pub async fn answer(uri: axum::extract::OriginalUri) -> Failure {
    failure(&uri.0)
}

/// Answers a method that the handlers of an address do not have. Harbor has no more at any address that is served here.
pub async fn answer_method() -> Failure {
    Failure::Method
}

fn failure(uri: &Uri) -> Failure {
    let Some(parts) = parts(uri) else { return Failure::NoSuchAddress };
    let known = ADDRESSES.iter().find(|(address, _)| begins(&parts, address));
    known.map_or(Failure::NoSuchAddress, |(_, why)| Failure::NotServed((*why).into()))
}

/// What stands between the slashes of an address below the base; as much of it as any here has.
fn parts(uri: &Uri) -> Option<Vec<&str>> {
    let rest = uri.path().strip_prefix(BASE)?;
    Some(rest.split('/').skip(1).take(16).collect())
}

fn begins(parts: &[&str], address: &str) -> bool {
    let wanted: Vec<&str> = address.split('/').collect();
    parts.len() >= wanted.len() && wanted.iter().zip(parts).all(|(wanted, part)| *wanted == "*" || wanted == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_harbor_has_is_not_just_missing() {
        for (path, served) in [
            ("/api/v2.0/scanners", "scan"),
            ("/api/v2.0/scanners/7/metadata", "scan"),
            ("/api/v2.0/projects/library/webhook/policies", "webhooks"),
            ("/api/v2.0/nothing", ""),
            ("/api/v1/projects", ""),
            ("/api/v2.0", ""),
        ] {
            match failure(&Uri::from_static(path)) {
                Failure::NotServed(why) => assert!(!served.is_empty() && why.contains(served), "{path}"),
                Failure::NoSuchAddress => assert_eq!(served, "", "{path}"),
                other => panic!("{path}: {other:?}"),
            }
        }
    }
}
