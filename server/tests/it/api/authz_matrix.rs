//! Who may do what over REST: every operation of the document, by everybody, in every kind of project.
//!
//! The table is `authz_matrix.txt`. An operation of the document that it does not list fails the test. To add one: say in
//! [`Ask::of`] what is sent, and put its rows into the table.

use std::collections::{HashMap, HashSet};

use api_types::{Lifetime, NewLabel, NewPerson, NewProject, NewRobot, RobotAccess, Role, RuleScope, Selector, Word};
use oci::{Digest, Reference, RepositoryName};
use registry::{
    Actor,
    access::{LabelId, MemberId, ProjectId},
};
use reqwest::{Response, header};
use serde_json::{Value, json};

use super::BASE;
use crate::harness::{
    Client, TestApp,
    cast::{COLUMNS, cast, disable},
};

/// Statuses by place and operation (rows) and by who asks (columns, see [`COLUMNS`]).
///
/// Places: `own`, private, where everybody has the role of their column; `open`, public, and `foreign`, private, where only the
/// system administrator has rights; `missing`, which does not exist; `-` for what is in no project.
const TABLE: &str = include_str!("authz_matrix.txt");

/// A number that no project has.
const NO_PROJECT: i64 = 999_999;

const PLACES: [&str; 4] = ["own", "open", "foreign", "missing"];

/// One operation of the document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Operation {
    id: String,
    method: String,
    path: String,
}

impl Operation {
    /// Whether it is about something in a project, or about a project.
    fn has_place(&self) -> bool {
        let places = ["/projects/{", "/robots/{", "/trash/{", "/labels", "/retentions/{"];
        let at_all = places.iter().any(|start| self.path.starts_with(start));
        at_all || ["headProject", "CreateRobot", "createRetention"].contains(&self.id.as_str())
    }

    fn only_reads(&self) -> bool {
        ["GET", "HEAD"].contains(&self.method.as_str())
    }

    fn places(&self) -> &'static [&'static str] {
        if self.has_place() { &PLACES } else { &["-"] }
    }
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(server::api::document()).unwrap();
    let paths = document["paths"].as_object().unwrap().clone();
    let mut all = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            all.push(Operation { id, method: method.to_uppercase(), path: path.clone() });
        }
    }
    all
}

/// Statuses by place and operation.
fn rows() -> HashMap<(String, String), Vec<u16>> {
    let rows = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
        let mut words = line.split_whitespace();
        let key = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        (key, words.map(|status| status.parse().unwrap()).collect::<Vec<u16>>())
    });
    rows.collect()
}

#[test]
fn the_table_lists_every_operation_of_the_document_and_no_other() {
    let rows = rows();
    let wanted: HashSet<_> = operations()
        .iter()
        .flat_map(|operation| operation.places().iter().map(|place| ((*place).to_owned(), operation.id.clone())))
        .collect();
    let listed: HashSet<_> = rows.keys().cloned().collect();
    let missing: Vec<_> = wanted.difference(&listed).collect();
    let unknown: Vec<_> = listed.difference(&wanted).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:?}; unknown: {unknown:?}");
    assert!(rows.values().all(|statuses| statuses.len() == COLUMNS.len()));
}

#[test]
fn the_document_has_every_status_of_the_table() {
    let document = serde_json::to_value(server::api::document()).unwrap();
    let items = document["paths"].as_object().unwrap().values();
    let documented: HashMap<&str, &Value> = items
        .flat_map(|item| item.as_object().unwrap().values())
        .map(|operation| (operation["operationId"].as_str().unwrap(), &operation["responses"]))
        .collect();
    for ((place, id), statuses) in rows() {
        for status in statuses {
            assert!(documented[id.as_str()].get(status.to_string()).is_some(), "{place} {id}: {status}");
        }
    }
}

/// A server with the places, and everybody.
struct World {
    app: TestApp,
    clients: HashMap<&'static str, Client>,
    /// By place.
    projects: HashMap<&'static str, i64>,
    /// By place.
    robots: HashMap<String, i64>,
    /// By place.
    rules: HashMap<String, i64>,
    /// By place.
    labels: HashMap<String, i64>,
    /// By place.
    members: HashMap<String, i64>,
    /// Somebody who is in no project.
    newcomer: Option<i64>,
    unique: u32,
}

/// What a request is about, in one place.
#[derive(Clone, Debug)]
struct Things {
    place: String,
    /// The project's number.
    project: i64,
    digest: Digest,
    tag: String,
    /// A robot of the project.
    robot: i64,
    /// A rule of the project that protects tags which are not there.
    rule: i64,
    /// A label of the project, which the artifact has where it is to be taken away.
    label: i64,
    /// A member of the project.
    member: i64,
    /// Something of the project that is in the trash.
    trashed: i64,
    /// Somebody who is in no project.
    newcomer: i64,
    /// A run of its retention that waits.
    run: i64,
    unique: u32,
}

impl Things {
    /// The same where there is nothing of them.
    fn missing(self) -> Self {
        Self {
            place: "missing".to_owned(),
            project: NO_PROJECT,
            robot: 0,
            rule: 0,
            label: 0,
            member: 0,
            trashed: 0,
            run: 0,
            ..self
        }
    }
}

/// What is sent for an operation.
struct Ask {
    path: String,
    body: Option<Value>,
}

impl Ask {
    fn of(operation: &Operation, things: &Things) -> Self {
        let Things { place, project, digest, tag, robot, rule, label, member, trashed, newcomer, run, unique } = things;
        let id = if operation.path.starts_with("/retentions/") { *project } else { 1 };
        let path = operation
            .path
            .replace("{project_name_or_id}", place)
            .replace("{project_name}", place)
            .replace("{repository_name}", "app")
            .replace("{reference}", digest.as_str())
            .replace("{tag_name}", tag)
            .replace("{meta_name}", "public")
            .replace("{robot_id}", &robot.to_string())
            .replace("{immutable_rule_id}", &rule.to_string())
            .replace("{label_id}", &label.to_string())
            .replace("{mid}", &member.to_string())
            .replace("{trash_id}", &trashed.to_string())
            .replace("{user_id}", &newcomer.to_string())
            .replace("{eid}", &run.to_string())
            // Nobody has one of their own with this number: who may ask for it at all is told that.
            .replace("{token_id}", "0")
            .replace("{session_id}", "0")
            .replace("{id}", &id.to_string());
        let (query, body) = match operation.id.as_str() {
            "search" => ("?q=app".to_owned(), None),
            "headProject" => (format!("?project_name={place}"), None),
            "createProject" => (String::new(), Some(json!({ "project_name": format!("new-{unique}") }))),
            "operateRetentionExecution" => (String::new(), Some(json!({ "action": "stop" }))),
            "createRetention" => (String::new(), Some(json!({ "scope": { "level": "project", "ref": project } }))),
            "searchUsers" => ("?username=the".to_owned(), None),
            "updateProject"
            | "UpdateRobot"
            | "RefreshSec"
            | "updateUserProfile"
            | "updateUserPassword"
            | "updateConfigurations"
            | "updateRetention"
            | "triggerRetentionExecution" => (String::new(), Some(json!({}))),
            "createProjectMember" => {
                (String::new(), Some(json!({ "role_id": 3, "member_user": { "user_id": newcomer } })))
            }
            "updateProjectMember" => (String::new(), Some(json!({ "role_id": 2 }))),
            "createUser" => (String::new(), Some(json!({ "username": format!("new-{unique}") }))),
            "setUserSysAdmin" => (String::new(), Some(json!({ "sysadmin_flag": false }))),
            "addProjectMetadatas" => (String::new(), Some(json!({ "auto_scan": "false" }))),
            "updateProjectMetadata" => {
                (String::new(), Some(json!({ "public": if place == "open" { "true" } else { "false" } })))
            }
            "updateRepository" | "UpdateLabel" => (String::new(), Some(json!({ "description": "words" }))),
            "CreateRobot" => {
                let access = json!([{ "resource": "repository", "action": "pull" }]);
                let permissions = json!([{ "kind": "project", "namespace": place, "access": access }]);
                let name = format!("new-{unique}");
                (String::new(), Some(json!({ "name": name, "level": "project", "permissions": permissions })))
            }
            "CreateImmuRule" | "UpdateImmuRule" => {
                let selector = |decoration: &str, pattern: String| json!([{ "kind": "doublestar", "decoration": decoration, "pattern": pattern }]);
                let repositories = selector("repoMatches", "none".to_owned());
                let rule = json!({
                    "tag_selectors": selector("matches", format!("none-{unique}")),
                    "scope_selectors": { "repository": repositories },
                });
                (String::new(), Some(rule))
            }
            "ListLabels" => (format!("?scope=p&project_id={project}"), None),
            "CreateLabel" => {
                let name = format!("new-{unique}");
                (String::new(), Some(json!({ "name": name, "scope": "p", "project_id": project })))
            }
            "addLabel" => (String::new(), Some(json!({ "id": label }))),
            "updateQuota" => (String::new(), Some(json!({ "hard": { "storage": -1 } }))),
            "CopyArtifact" => (format!("?from={place}%2Fapp%3Atagged"), None),
            "setUserDisabled" => (String::new(), Some(json!({ "disabled": false }))),
            "createAccessToken" => (String::new(), Some(json!({ "name": format!("new-{unique}"), "level": "read" }))),
            "createTag" => (String::new(), Some(json!({ "name": format!("new-{unique}") }))),
            _ => (String::new(), None),
        };
        assert!(!path.contains('{'), "{path}: say what stands for this in Ask::of");
        Self { path: format!("{BASE}{path}{query}"), body }
    }

    async fn send(&self, client: &Client, method: &str) -> Response {
        let request = client.request(method.parse().unwrap(), &self.path);
        let request = match &self.body {
            Some(body) => request.json(body),
            None => request,
        };
        request.send().await.unwrap()
    }
}

impl World {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let mut projects = HashMap::new();
        for (name, public) in [("own", false), ("open", true), ("foreign", false)] {
            let project = NewProject { name: name.to_owned(), public, description: String::new() };
            projects.insert(name, app.registry.projects.create(&Actor::system(), &project).await.unwrap().0);
        }
        let clients = cast(&app, ("own", ProjectId(projects["own"]))).await;
        // Once, so that the password is remembered and what follows is no guess.
        for client in clients.values() {
            super::get(client, "/systeminfo").await;
        }
        disable(&app).await;
        Self {
            app,
            clients,
            projects,
            robots: HashMap::new(),
            rules: HashMap::new(),
            labels: HashMap::new(),
            members: HashMap::new(),
            newcomer: None,
            unique: 0,
        }
    }

    /// Somebody without a password.
    async fn person(&self, name: &str) -> i64 {
        let person = NewPerson { username: format!("{name}-{}", self.unique), ..NewPerson::default() };
        let people = &self.app.registry.people;
        people.invite(&Actor::system(), &person, false).await.unwrap();
        people.get_id(&Actor::system(), &person.username).await.unwrap().0
    }

    async fn member(&mut self, place: &str) -> i64 {
        let project = place.parse().unwrap();
        if let Some(id) = self.members.get(place)
            && self.app.registry.members.get(&Actor::system(), &project, MemberId(*id)).await.is_ok()
        {
            return *id;
        }
        let person = registry::access::UserId(self.person("member").await);
        let members = &self.app.registry.members;
        let id = members.add_by_id(&Actor::system(), &project, person, Role::Guest).await.unwrap().0;
        self.members.insert(place.to_owned(), id);
        id
    }

    async fn trashed(&self, place: &str) -> i64 {
        let (project, name) = (place.parse().unwrap(), format!("{place}/app").parse().unwrap());
        let trash = &self.app.registry.trash;
        let of_tag = |entry: &api_types::TrashEntry| entry.name.contains("gone");
        if let Some(entry) = trash.list(&Actor::system(), &project, None).await.unwrap().into_iter().find(of_tag) {
            return entry.id;
        }
        self.app.admin().repository(&format!("{place}/app")).push_image("gone", "gone").await;
        self.app.registry.tags.delete(&Actor::system(), &name, &["gone".parse().unwrap()]).await.unwrap();
        trash.list(&Actor::system(), &project, None).await.unwrap().into_iter().find(of_tag).unwrap().id
    }

    async fn newcomer(&mut self) -> i64 {
        if let Some(id) = self.newcomer
            && let Ok(found) = self.app.registry.people.get(&Actor::system(), registry::access::UserId(id)).await
            && found.projects == 0
        {
            return id;
        }
        let id = self.person("newcomer").await;
        self.newcomer = Some(id);
        id
    }

    async fn robot(&mut self, place: &str) -> i64 {
        if let Some(id) = self.robots.get(place)
            && super::get(&self.app.admin(), &format!("/robots/{id}")).await.status() == 200
        {
            return *id;
        }
        let robot = NewRobot {
            name: format!("made-{}", self.unique),
            description: String::new(),
            access: vec![RobotAccess::new(None, vec![Word::RepositoryPull])],
            lifetime: Lifetime::Never,
        };
        let project = place.parse().unwrap();
        let made = self.app.registry.robots.create(&Actor::system(), Some(&project), &robot).await.unwrap();
        self.robots.insert(place.to_owned(), made.id.0);
        made.id.0
    }

    /// Takes away what would be in the way of what is asked for.
    async fn make_way(&self, operation: &Operation, things: &Things) {
        if operation.id == "triggerRetentionExecution" {
            let _ = self.app.registry.jobs.cancel(&Actor::system(), things.run).await;
        }
    }

    /// Undoes what would change what everybody may see from then on.
    async fn put_back(&self, operation: &Operation, place: &str) {
        if operation.id == "deleteProjectMetadata" && place == "open" {
            let project = place.parse().unwrap();
            self.app.registry.projects.set_access(&Actor::system(), &project, Some(true)).await.unwrap();
        }
    }

    /// A run that waits.
    async fn run(&self, place: &str) -> i64 {
        let (project, retention) = (place.parse().unwrap(), &self.app.registry.retention);
        let runs = retention.runs(&Actor::system(), &project).await.unwrap();
        match runs.into_iter().find(|run| !run.state.is_final()) {
            Some(run) => run.id,
            None => retention.run(&Actor::system(), &project, true).await.unwrap(),
        }
    }

    async fn rule(&mut self, place: &str) -> i64 {
        let project = place.parse().unwrap();
        let rules = &self.app.registry.protection;
        let there = rules.list(&Actor::system(), &project).await.unwrap();
        if let Some(id) = self.rules.get(place)
            && there.iter().any(|rule| rule.id == *id)
        {
            return *id;
        }
        let none = |pattern: String| Selector { pattern, except: false };
        let scope = RuleScope { repositories: none("none".to_owned()), tags: none(format!("made-{}", self.unique)) };
        let id = rules.create(&Actor::system(), &project, &scope, true).await.unwrap();
        self.rules.insert(place.to_owned(), id);
        id
    }

    async fn label(&mut self, place: &str) -> i64 {
        let labels = &self.app.registry.labels;
        if let Some(id) = self.labels.get(place)
            && labels.get(&Actor::system(), LabelId(*id)).await.is_ok()
        {
            return *id;
        }
        let label = NewLabel { name: format!("made-{}", self.unique), ..NewLabel::default() };
        let id = labels.create(&Actor::system(), Some(&place.parse().unwrap()), &label).await.unwrap().0;
        self.labels.insert(place.to_owned(), id);
        id
    }

    /// Has the artifact have the label where it is to be taken away, and not have it where it is to be put.
    async fn mark(&self, operation: &Operation, things: &Things) {
        let label = vec![LabelId(things.label)];
        let (add, remove) = match operation.id.as_str() {
            _ if things.label == 0 => return,
            "addLabel" => (Vec::new(), label),
            "removeLabel" => (label, Vec::new()),
            _ => return,
        };
        let name = format!("{}/app", things.place).parse().unwrap();
        let reference = Reference::Digest(things.digest.clone());
        self.app.registry.labels.change(&Actor::system(), &name, &reference, add, remove).await.unwrap();
    }

    /// What a request in a place is about. It is there, so that nothing but rights can be in its way; what is asked for in a
    /// project that does not exist is what exists elsewhere.
    async fn things(&mut self, place: &str) -> Things {
        self.unique += 1;
        let source = if ["missing", "-"].contains(&place) { "foreign" } else { place };
        let name: RepositoryName = format!("{source}/app").parse().unwrap();
        let tag = "tagged".to_owned();
        let repository = self.app.admin().repository(name.as_str());
        let digest = repository.push_image(&tag, source).await;
        // Nothing has the number 0.
        let (robot, rule) = match place {
            "missing" | "-" => (0, 0),
            place => (self.robot(place).await, self.rule(place).await),
        };
        let (member, trashed) = match place {
            "missing" | "-" => (0, 0),
            place => (self.member(place).await, self.trashed(place).await),
        };
        let (project, label, run) = match place {
            "missing" | "-" => (NO_PROJECT, 0, 0),
            place => (self.projects[place], self.label(place).await, self.run(place).await),
        };
        let newcomer = self.newcomer().await;
        let (place, unique) = (place.to_owned(), self.unique);
        Things { place, project, digest, tag, robot, rule, label, member, trashed, newcomer, run, unique }
    }
}

#[tokio::test]
async fn everybody_may_what_the_table_says() {
    let mut world = World::new().await;
    let rows = rows();
    let mut wrong = Vec::new();
    // Whoever is disabled comes last: what they show counts as a guess, and the clock lets each one rest.
    let (last, first): (Vec<_>, Vec<_>) = COLUMNS.iter().enumerate().partition(|(_, column)| **column == "disabled");
    for columns in [first, last] {
        for operation in operations() {
            for place in operation.places() {
                let Some(expected) = rows.get(&((*place).to_owned(), operation.id.clone())) else { continue };
                let mut left = None;
                for (number, column) in &columns {
                    if **column == "disabled" {
                        world.app.clock.advance(time::Duration::minutes(20));
                    }
                    let things = match left.take() {
                        Some(things) => things,
                        None => world.things(place).await,
                    };
                    world.mark(&operation, &things).await;
                    world.make_way(&operation, &things).await;
                    let ask = Ask::of(&operation, &things);
                    let answer = ask.send(&world.clients[*column], &operation.method).await;
                    let (status, expected) = (answer.status().as_u16(), expected[*number]);
                    world.put_back(&operation, place).await;
                    // Who was refused, or only looked, left everything as it was.
                    left = (operation.only_reads() || answer.status().is_client_error()).then_some(things);
                    if status != expected {
                        let body = answer.text().await.unwrap();
                        wrong.push(format!("{place} {} by {column}: {status}, not {expected}: {body}", operation.id));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn what_one_may_not_know_of_looks_like_what_does_not_exist() {
    let mut world = World::new().await;
    for operation in operations().iter().filter(|operation| operation.has_place()) {
        let things = world.things("foreign").await;
        let none = things.clone().missing();
        let id = things.project;
        let trashed = format!("no {} in the trash", things.trashed);
        for column in ["nobody", "stranger", "admin", "pusher", "writer", "onekey", "blind"] {
            let client = &world.clients[column];
            let foreign = shown(Ask::of(operation, &things).send(client, &operation.method).await).await;
            let missing = shown(Ask::of(operation, &none).send(client, &operation.method).await).await;
            let foreign = foreign.replace(&format!("project {id} "), &format!("project {NO_PROJECT} "));
            let foreign = foreign.replace("foreign", "missing").replace(&trashed, "no 0 in the trash");
            assert_eq!(foreign, missing, "{} by {column}", operation.id);
        }
    }
}

/// All that a client can see of an answer, but for what differs each time.
async fn shown(answer: Response) -> String {
    let ignored = [header::DATE.as_str(), "x-request-id", "content-length"];
    let mut lines: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| !ignored.contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    let status = answer.status();
    format!("{status}\n{}\n{}", lines.join("\n"), answer.text().await.unwrap())
}
