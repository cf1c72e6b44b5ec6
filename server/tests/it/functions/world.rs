//! The places, everybody, and what there is to do something with.

use std::collections::HashMap;

use api_types::{
    JobKind, Keep, Lifetime, ListQuery, NewAccessToken, NewLabel, NewPerson, NewProject, NewRobot, RetentionRule,
    RobotAccess, Role, RuleScope, Selector, TokenLevel, Word,
};
use oci::{ProjectName, Reference, RepositoryName};
use registry::{
    Actor, Subject,
    access::{MemberId, RobotId, UserId},
    jobs::JobRequest,
};
use reqwest::{Response, header};

use super::{Function, ask::Ask};
use crate::harness::{
    Browser, Client, TestApp,
    cast::{cast, disable, person},
};

/// Who asks, in order: nobody, a person without any role, the five roles, a robot and a maintainer's access token, which the console
/// does not know, the system administrator, and a maintainer whose account was disabled after they signed in.
pub const COLUMNS: [&str; 11] = [
    "nobody",
    "stranger",
    "limited",
    "guest",
    "developer",
    "maintainer",
    "admin",
    "robot",
    "token",
    "sysadmin",
    "disabled",
];

const ROLES: [(&str, Role); 6] = [
    ("limited", Role::LimitedGuest),
    ("guest", Role::Guest),
    ("developer", Role::Developer),
    ("maintainer", Role::Maintainer),
    ("admin", Role::ProjectAdmin),
    ("disabled", Role::Maintainer),
];

/// A number that nothing has.
const NOTHING: i64 = 987_654;

/// A server with the places, and everybody.
pub struct World {
    app: TestApp,
    browsers: HashMap<&'static str, Browser>,
    newcomer: Option<(i64, String)>,
    /// An access token and a session of somebody who is in no column.
    of_others: (i64, i64),
    members: HashMap<String, i64>,
    robots: HashMap<String, i64>,
    trash: HashMap<String, i64>,
    unique: u32,
}

/// What a call is about, in one place.
#[derive(Clone, Debug)]
pub struct Things {
    pub place: String,
    pub digest: String,
    pub member: i64,
    pub robot: i64,
    /// A rule that protects tags which are not there.
    pub rule: i64,
    /// A label of the project.
    pub label: i64,
    /// A rule of retention about what is not there.
    pub kept: i64,
    /// A run of retention that waits.
    pub run: i64,
    /// An entry of the trash.
    pub trashed: i64,
    /// Somebody who is in no project.
    pub newcomer: i64,
    pub newcomer_name: String,
    /// An access token of somebody else.
    pub token: i64,
    /// A session of somebody else.
    pub session: i64,
    pub job: i64,
    pub unique: u32,
}

impl Things {
    /// The same where there is nothing of them.
    pub fn missing(&self) -> Self {
        let place = "missing".to_owned();
        let (member, robot, rule, label) = (NOTHING, NOTHING, NOTHING, NOTHING);
        let (kept, run, trashed) = (NOTHING, NOTHING, NOTHING);
        Self { place, member, robot, rule, label, kept, run, trashed, ..self.clone() }
    }

    /// An answer without what was asked for by name.
    pub fn anonymized(&self, text: &str) -> String {
        let numbers = [self.member, self.robot, self.rule, self.label, self.kept, self.run, self.trashed];
        let numbers = numbers.map(|id| id.to_string());
        let shown = numbers.iter().fold(text.to_owned(), |text, number| text.replace(number.as_str(), "N"));
        shown.replace(&self.place, "P")
    }
}

impl World {
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let mut own = None;
        for name in ["own", "open", "foreign"] {
            let project = NewProject { name: name.to_owned(), public: name == "open", description: String::new() };
            let id = app.registry.projects.create(&Actor::system(), &project).await.unwrap();
            own.get_or_insert(id);
        }
        let clients = cast(&app, ("own", own.unwrap())).await;
        let mut browsers = HashMap::from([("nobody", app.browser()), ("sysadmin", app.signed_in("admin").await)]);
        browsers.insert("stranger", app.signed_in("stranger").await);
        for (column, _) in ROLES {
            browsers.insert(column, app.signed_in(&person(column)).await);
        }
        for (column, client) in [("robot", "pusher"), ("token", "writer")] {
            let mut browser = app.browser();
            browser.headers.push(("authorization", basic(&clients[client])));
            browsers.insert(column, browser);
        }
        disable(&app).await;
        let of_others = of_others(&app).await;
        Self {
            app,
            browsers,
            newcomer: None,
            of_others,
            members: HashMap::new(),
            robots: HashMap::new(),
            trash: HashMap::new(),
            unique: 0,
        }
    }

    /// Calls a function as a script of a page does.
    pub async fn send(&mut self, column: &'static str, function: &Function, ask: &Ask) -> Response {
        if function.name == "run_retention" {
            self.end_runs().await;
        }
        let browser = self.browsers.get_mut(column).unwrap();
        let fields: Vec<_> = ask.0.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let answer = if function.reads {
            let query = reqwest::Url::parse_with_params("http://x/", &fields).unwrap();
            browser.read(&format!("{}?{}", function.name, query.query().unwrap_or_default())).await
        } else {
            browser.call(&function.name, &fields).await
        };
        if ["delete_repository", "delete_project", "restore"].contains(&function.name.as_str()) {
            self.trash.clear();
        }
        if function.name == "sign_out" && !["nobody", "robot", "token", "disabled"].contains(&column) {
            let name = if column == "sysadmin" { "admin".to_owned() } else { name_of(column) };
            self.browsers.insert(column, self.app.signed_in(&name).await);
        }
        answer
    }

    /// Eleven minutes pass: who signed in before has to prove anew who they are.
    pub fn let_sign_ins_age(&self) {
        self.app.clock.advance(time::Duration::minutes(11));
    }

    /// Opens a page. A session that has ended is shown each time: the browser keeps its cookies, whatever the answer says.
    pub async fn open(&mut self, column: &str, path: &str) -> Response {
        let browser = self.browsers.get_mut(column).unwrap();
        let cookies = browser.cookies.clone();
        let answer = browser.open(path).await;
        browser.cookies = cookies;
        answer
    }

    /// What a call in a place is about. It is there; what is asked for in a project that does not exist is there in another.
    pub async fn things(&mut self, place: &str) -> Things {
        self.unique += 1;
        let source = if ["missing", "-"].contains(&place) { "foreign" } else { place };
        self.project(source).await;
        let digest = self.image(source, "tagged").await;
        let (newcomer, newcomer_name) = self.newcomer().await;
        let there = Things {
            place: place.to_owned(),
            digest,
            member: self.member(source).await,
            robot: self.robot(source).await,
            rule: self.rule(source).await,
            label: self.label(source).await,
            kept: self.kept(source).await,
            run: self.run(source).await,
            trashed: self.trashed(source).await,
            newcomer,
            newcomer_name,
            token: self.of_others.0,
            session: self.of_others.1,
            job: self.job().await,
            unique: self.unique,
        };
        if place == "missing" { there.missing() } else { there }
    }

    /// The project, once more where it was deleted.
    async fn project(&mut self, place: &str) {
        let name: ProjectName = place.parse().unwrap();
        if self.app.registry.projects.get(&Actor::system(), &name).await.is_ok() {
            return;
        }
        let project = NewProject { name: place.to_owned(), public: place == "open", description: String::new() };
        self.app.registry.projects.create(&Actor::system(), &project).await.unwrap();
        if place == "own" {
            for (column, role) in ROLES.into_iter().filter(|(column, _)| *column != "disabled") {
                self.app.registry.members.add(&Actor::system(), &name, &person(column), role).await.unwrap();
            }
        }
    }

    /// An image under a tag; its digest.
    async fn image(&self, place: &str, tag: &str) -> String {
        let name: RepositoryName = format!("{place}/app").parse().unwrap();
        let reference: Reference = tag.parse().unwrap();
        match self.app.registry.manifests.get(&Actor::system(), &name, &reference, true).await {
            Ok(found) => found.digest.to_string(),
            Err(_) => self.app.admin().repository(name.as_str()).push_image(tag, tag).await.to_string(),
        }
    }

    /// A deleted tag of the repository that is there now.
    async fn trashed(&mut self, place: &str) -> i64 {
        let (project, trash) = (place.parse().unwrap(), self.app.registry.trash.clone());
        let listed = async || trash.list(&Actor::system(), &project, None).await.unwrap();
        if let Some(id) = self.trash.get(place)
            && listed().await.iter().any(|entry| entry.id == *id)
        {
            return *id;
        }
        self.image(place, "gone").await;
        let name = format!("{place}/app").parse().unwrap();
        self.app.registry.tags.delete(&Actor::system(), &name, &["gone".parse().unwrap()]).await.unwrap();
        let id = listed().await[0].id;
        self.trash.insert(place.to_owned(), id);
        id
    }

    /// Whether what belongs to somebody who is in no column is as it was.
    pub async fn spared_others(&self) -> bool {
        let somebody = Actor::new(Subject::User(self.app.user_id("somebody").await), "somebody");
        let tokens = self.app.registry.access_tokens.list(&somebody, &ListQuery::default()).await.unwrap();
        let sessions = self.app.registry.sessions.list(&somebody, None).await.unwrap();
        tokens.items.len() == 1 && sessions.iter().any(|session| session.id == self.of_others.1)
    }

    async fn newcomer(&mut self) -> (i64, String) {
        if let Some((id, name)) = &self.newcomer
            && let Ok(found) = self.app.registry.people.get(&Actor::system(), UserId(*id)).await
            && (found.projects, found.summary.state) == (0, api_types::PersonState::Invited)
        {
            return (*id, name.clone());
        }
        let name = format!("newcomer-{}", self.unique);
        let id = self.person(&name).await.0;
        self.newcomer = Some((id, name.clone()));
        (id, name)
    }

    /// Somebody without a password.
    async fn person(&self, name: &str) -> UserId {
        let person = NewPerson { username: name.to_owned(), ..NewPerson::default() };
        let people = &self.app.registry.people;
        people.invite(&Actor::system(), &person, false).await.unwrap();
        people.get_id(&Actor::system(), name).await.unwrap()
    }

    async fn member(&mut self, place: &str) -> i64 {
        let (project, members) = (place.parse().unwrap(), self.app.registry.members.clone());
        if let Some(id) = self.members.get(place)
            && members.get(&Actor::system(), &project, MemberId(*id)).await.is_ok()
        {
            return *id;
        }
        let person = self.person(&format!("member-{}", self.unique)).await;
        let id = members.add_by_id(&Actor::system(), &project, person, Role::Guest).await.unwrap().0;
        self.members.insert(place.to_owned(), id);
        id
    }

    async fn robot(&mut self, place: &str) -> i64 {
        let (project, robots) = (place.parse().unwrap(), self.app.registry.robots.clone());
        if let Some(id) = self.robots.get(place)
            && robots.get(&Actor::system(), RobotId(*id)).await.is_ok_and(|robot| robot.rotated_at.is_none())
        {
            return *id;
        }
        let robot = NewRobot {
            name: format!("made-{}", self.unique),
            description: String::new(),
            access: vec![RobotAccess::new(None, vec![Word::RepositoryPull])],
            lifetime: Lifetime::Never,
        };
        let id = robots.create(&Actor::system(), Some(&project), &robot).await.unwrap().id.0;
        self.robots.insert(place.to_owned(), id);
        id
    }

    async fn rule(&self, place: &str) -> i64 {
        let (project, rules) = (place.parse().unwrap(), &self.app.registry.protection);
        if let Some(rule) = rules.list(&Actor::system(), &project).await.unwrap().first() {
            return rule.id;
        }
        let none = || Selector { pattern: "none".to_owned(), except: false };
        let scope = RuleScope { repositories: none(), tags: none() };
        rules.create(&Actor::system(), &project, &scope, true).await.unwrap()
    }

    async fn label(&self, place: &str) -> i64 {
        let (project, labels) = (place.parse().unwrap(), &self.app.registry.labels);
        if let Some(known) = labels.list(&Actor::system(), Some(&project)).await.unwrap().first() {
            return known.label.id;
        }
        let label = NewLabel { name: "made".to_owned(), ..NewLabel::default() };
        labels.create(&Actor::system(), Some(&project), &label).await.unwrap().0
    }

    async fn kept(&self, place: &str) -> i64 {
        let (project, retention) = (place.parse().unwrap(), &self.app.registry.retention);
        if let Some(rule) = retention.get(&Actor::system(), &project).await.unwrap().rules.first() {
            return rule.id;
        }
        let none = || Selector { pattern: "none".to_owned(), except: false };
        let scope = RuleScope { repositories: none(), tags: none() };
        let rule = RetentionRule { id: 0, scope, keep: Keep::Always, enabled: true };
        retention.create(&Actor::system(), &project, &rule).await.unwrap()
    }

    async fn run(&self, place: &str) -> i64 {
        let (project, retention) = (place.parse().unwrap(), &self.app.registry.retention);
        let runs = retention.runs(&Actor::system(), &project).await.unwrap();
        match runs.into_iter().find(|run| !run.state.is_final()) {
            Some(run) => run.id,
            None => retention.run(&Actor::system(), &project, true).await.unwrap(),
        }
    }

    /// Ends what would be in the way of another run.
    async fn end_runs(&self) {
        let jobs = &self.app.registry.jobs;
        for job in jobs.list(&Actor::system()).await.unwrap().iter().filter(|job| job.kind == JobKind::Retention) {
            let _ = jobs.cancel(&Actor::system(), job.id).await;
        }
    }

    /// A job that is not finished.
    async fn job(&self) -> i64 {
        let jobs = &self.app.registry.jobs;
        let listed = jobs.list(&Actor::system()).await.unwrap();
        if let Some(job) = listed.into_iter().find(|job| !job.state.is_final() && !job.stopping) {
            return job.id;
        }
        let request = JobRequest::Collection { dry_run: true, grace: None };
        jobs.request(&Actor::system(), request).await.unwrap()
    }
}

fn name_of(column: &str) -> String {
    if column == "stranger" { column.to_owned() } else { person(column) }
}

/// The header that a client without cookies shows.
fn basic(client: &Client) -> String {
    let request = client.get("/").build().unwrap();
    request.headers()[header::AUTHORIZATION].to_str().unwrap().to_owned()
}

/// An access token and a session of somebody who is in no column.
async fn of_others(app: &TestApp) -> (i64, i64) {
    let somebody = Actor::new(Subject::User(app.user_id("somebody").await), "somebody");
    let token = NewAccessToken {
        name: "laptop".to_owned(),
        level: TokenLevel::Read,
        projects: None,
        lifetime: Lifetime::default(),
    };
    app.registry.access_tokens.create(&somebody, &token).await.unwrap();
    let tokens = app.registry.access_tokens.list(&somebody, &ListQuery::default()).await.unwrap();
    let mut browser = app.signed_in("somebody").await;
    let sessions: Vec<api_types::SessionSummary> = browser.read("sessions").await.json().await.unwrap();
    (tokens.items[0].id, sessions[0].id)
}
