//! The audit log with ten million events: 60 % pulls, 25 % pushes, 10 % uses of robots and sign-ins, a few of everything else; a
//! hundred projects, of which the first ones are the busiest, and 250 people and robots. One event in two thousand failed.

use crate::{fill, head, time};
use api_types::AuditQuery;
use registry::Actor;

pub async fn run(options: &fill::Options) {
    let (filled, before) = fill::open(options, "audit").await;
    let events = options.events;
    if !before {
        filled
            .for_each(
                "projects",
                100,
                "INSERT INTO projects (name, public, created_at, updated_at) SELECT 'p' || n.n, FALSE, 0, 0 FROM {numbers}",
            )
            .await;
        let indexes = filled.without_indexes("audit_events").await;
        // Multiplying by a prime scatters; a small factor of a square root makes some busier than others.
        let fill = "INSERT INTO audit_events (at, actor_kind, actor_id, actor_name, action, result, project_id, resource, \
             address, details) SELECT 1700000000000000 + n.n * 3000000, 1, n.a, 'user' || n.a, n.action, \
             CASE WHEN n.n % 2000 = 0 THEN 'failure' ELSE 'success' END, n.p + 1, \
             'p' || n.p || '/service-' || (n.n / 7 * 7919 % 100) || ':1.' || (n.n % 1000), '10.0.' || (n.n % 250) || '.7', \
             '{\"digest\":\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"}' \
             FROM (SELECT n.n, 1 + (n.n * 7919 % 250) * (n.n / 250 * 104729 % 250) / 250 AS a, \
             1 + (n.n * 6101 % 100) * (n.n / 100 * 3571 % 100) / 100 AS p, \
             CASE WHEN n.n % 50000 = 1 THEN 'user.create' WHEN n.n % 1000 < 10 THEN 'tag.delete' WHEN n.n % 100 < 60 \
             THEN 'manifest.pull' WHEN n.n % 100 < 85 THEN 'manifest.push' WHEN n.n % 100 < 95 THEN 'robot.use' \
             ELSE 'sign_in' END AS action FROM {numbers}) AS n";
        filled.for_each("events", events, fill).await;
        filled.with_indexes(indexes).await;
    }
    println!("{events} events on {}, pages of 50, {} runs each\n", options.database(), crate::RUNS);
    head();
    let audit = &filled.registry.audit;
    let ask = async |query: &AuditQuery| audit.list(&Actor::system(), query).await.unwrap().events.len();
    let query = AuditQuery::default;
    time("first page", async || ask(&query()).await).await;

    // A page in the middle is what somebody gets to who jumps there in time and turns the page.
    let day = day(events / 2);
    let middle = audit.list(&Actor::system(), &AuditQuery { until: day.clone(), ..query() }).await.unwrap();
    let deep = AuditQuery { cursor: middle.next.unwrap(), ..query() };
    time("a page in the middle", async || ask(&deep).await).await;

    let cases = [
        ("by a busy project", AuditQuery { project: "p1".into(), ..query() }),
        ("by a quiet project", AuditQuery { project: "p97".into(), ..query() }),
        ("by a busy person", AuditQuery { person: "user1".into(), ..query() }),
        ("by a quiet person", AuditQuery { person: "user243".into(), ..query() }),
        ("by a common action", AuditQuery { action: "manifest.pull".into(), ..query() }),
        ("by a rare action", AuditQuery { action: "user.create".into(), ..query() }),
        ("failures", AuditQuery { result: "failure".into(), ..query() }),
        ("a day in the middle", AuditQuery { since: day.clone(), until: day.clone(), ..query() }),
        ("what begins with a project's name", AuditQuery { resource: "p1/".into(), ..query() }),
        ("what begins with a repository's name", AuditQuery { resource: "p1/service-7:".into(), ..query() }),
        ("what begins with a tag's name", AuditQuery { resource: "p42/service-7:1.21".into(), ..query() }),
        ("what there is not", AuditQuery { resource: "nothing".into(), ..query() }),
        (
            "a busy project, a common action, a busy person",
            AuditQuery { project: "p1".into(), action: "manifest.push".into(), person: "user1".into(), ..query() },
        ),
        (
            "a busy person, a rare action",
            AuditQuery { person: "user1".into(), action: "user.create".into(), ..query() },
        ),
        (
            "a busy project, failures, a week",
            AuditQuery { project: "p1".into(), result: "failure".into(), since: day.clone(), ..query() },
        ),
        (
            "two that are common and never meet",
            AuditQuery { action: "sign_in".into(), resource: "p1/service-7".into(), ..query() },
        ),
    ];
    for (name, query) in &cases {
        time(name, async || ask(query).await).await;
    }
}

/// The day of an event.
fn day(event: u64) -> String {
    let seconds = i64::try_from(1_700_000_000 + event * 3).unwrap();
    time::OffsetDateTime::from_unix_timestamp(seconds).unwrap().date().to_string()
}
