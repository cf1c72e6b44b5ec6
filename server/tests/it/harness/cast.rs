//! Everybody that a matrix of rights asks: one column each.

use std::collections::HashMap;

use api_types::{Lifetime, NewAccessToken, NewRobot, Permission, RobotAccess, TokenLevel, Word};
use oci::ProjectName;
use registry::{Actor, Subject, access::ProjectId};

use super::{Client, Replica, TestApp};

/// The columns, in order: nobody, a person without any role, the five roles, two robots of `own` that may pull and push, a
/// maintainer's access tokens that may read and write, an administrator's that may everything and one that may read in `own`
/// alone, a robot of the system that may pull and push everywhere, a robot of `own` that may push and not pull, the system
/// administrator, and a maintainer whose account was disabled.
pub const COLUMNS: [&str; 17] = [
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
    "fullkey",
    "onekey",
    "sysrobot",
    "blind",
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
    clients.insert("puller", replica.robot(app, (own, id), "puller", &stored(&[Permission::Pull])).await);
    clients.insert(
        "pusher",
        replica.robot(app, (own, id), "pusher", &stored(&[Permission::Pull, Permission::Push])).await,
    );
    clients.insert("reader", replica.access_token(app, maintainer, "read").await);
    clients.insert("writer", replica.access_token(app, maintainer, "write").await);
    clients.insert("fullkey", key(app, TokenLevel::Admin, None).await);
    clients.insert("onekey", key(app, TokenLevel::Read, Some(own)).await);
    clients.insert("sysrobot", robot(app, None, &[Permission::Pull, Permission::Push]).await);
    clients.insert("blind", robot(app, Some(own), &[Permission::Push]).await);
    clients.insert("sysadmin", app.admin());
    app.clock.advance(time::Duration::SECOND);
    clients
}

/// All words of these permissions, as a robot's row has them.
fn stored(may: &[Permission]) -> String {
    serde_json::to_string(&Word::all_of(may)).unwrap()
}

/// An access token of the administrator, for one project or for all.
async fn key(app: &TestApp, level: TokenLevel, project: Option<&str>) -> Client {
    let admin = app.registry.people.get_id(&Actor::system(), "admin").await.unwrap();
    let admin = Actor::new(Subject::User(admin), "admin");
    let token = NewAccessToken {
        name: project.unwrap_or("all").to_owned(),
        level,
        projects: project.map(|project| vec![project.to_owned()]),
        lifetime: Lifetime::Never,
    };
    let made = app.registry.access_tokens.create(&admin, &token).await.unwrap();
    Client::new(app, Some((made.owner, made.secret.expose().clone())))
}

/// A robot of a project, or of the system for all projects.
async fn robot(app: &TestApp, project: Option<&str>, may: &[Permission]) -> Client {
    let robot = NewRobot {
        name: "cast".to_owned(),
        description: String::new(),
        access: vec![RobotAccess::new(None, Word::all_of(may))],
        lifetime: Lifetime::Never,
    };
    let project: Option<ProjectName> = project.map(|project| project.parse().unwrap());
    let made = app.registry.robots.create(&Actor::system(), project.as_ref(), &robot).await.unwrap();
    Client::new(app, Some((made.name, made.secret.expose().clone())))
}

/// Disables whoever is in that column.
pub async fn disable(app: &TestApp) {
    Replica::of(app).await.disable_user(&person("disabled")).await;
    app.clock.advance(time::Duration::SECOND);
}
