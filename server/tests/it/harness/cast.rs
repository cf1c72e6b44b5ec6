//! Everybody that a matrix of rights asks: one column each.

use std::collections::HashMap;

use registry::access::ProjectId;

use super::{Client, Replica, TestApp};

/// The columns, in order: nobody, a person without any role, the five roles, two robots that may pull and push, a
/// maintainer's access tokens that may read and write, the system administrator, and a maintainer whose account was disabled.
pub const COLUMNS: [&str; 13] = [
    "nobody",
    "stranger",
    "limited",
    "guest",
    "developer",
    "maintainer",
    "admin",
    "puller",
    "pusher",
    "reader",
    "writer",
    "sysadmin",
    "disabled",
];

/// The columns of people who signed in: what has no session is left out.
const PEOPLE: [(&str, &str); 6] = [
    ("limited", "limited guest"),
    ("guest", "guest"),
    ("developer", "developer"),
    ("maintainer", "maintainer"),
    ("admin", "project admin"),
    ("disabled", "maintainer"),
];

/// The name of the person in a column: `admin` is somebody else already.
pub fn person(column: &str) -> String {
    format!("the-{column}")
}

/// A client with credentials for each column. Whoever will be disabled is not yet: see [`disable`].
pub async fn cast(app: &TestApp, (own, id): (&'static str, ProjectId)) -> HashMap<&'static str, Client> {
    let mut replica = Replica::of(app).await;
    let mut clients = HashMap::from([("nobody", app.anonymous()), ("stranger", app.user("stranger").await)]);
    for (column, role) in PEOPLE {
        let name = person(column);
        clients.insert(column, app.user(&name).await);
        replica.give_role(id, app.user_id(&name).await, role).await;
    }
    let name = person("maintainer");
    let maintainer = (name.as_str(), app.user_id(&name).await);
    clients.insert("puller", replica.robot(app, (own, id), "puller", r#"["pull"]"#).await);
    clients.insert("pusher", replica.robot(app, (own, id), "pusher", r#"["pull","push"]"#).await);
    clients.insert("reader", replica.access_token(app, maintainer, "read").await);
    clients.insert("writer", replica.access_token(app, maintainer, "write").await);
    clients.insert("sysadmin", app.admin());
    app.clock.advance(time::Duration::SECOND);
    clients
}

/// Disables whoever is in that column.
pub async fn disable(app: &TestApp) {
    Replica::of(app).await.disable_user(&person("disabled")).await;
    app.clock.advance(time::Duration::SECOND);
}
