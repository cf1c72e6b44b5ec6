#![allow(clippy::unwrap_used)]

use super::*;
use crate::{
    Clock,
    access::{TokenLevel, TokenScope, Word},
    numbered::Wanted,
    people::{ClientInfo, SessionRecord},
    testing::{Lab, PASSWORD, secret, user_of},
};
use api_types::{Lifetime, NewProject, NewRobot, PersonState, RobotAccess, Role};
use oci::ProjectName;
use std::time::Duration;

fn client() -> ClientInfo {
    ClientInfo { origin: std::net::IpAddr::from([192, 0, 2, 1]).into(), known_browser: None }
}

fn person(username: &str) -> NewPerson {
    NewPerson { username: username.to_owned(), ..NewPerson::default() }
}

async fn with_password(lab: &Lab, name: &str, admin: bool) -> (UserId, Actor) {
    let id = lab.people.create(&Actor::system(), name, &secret(PASSWORD), admin).await.unwrap();
    (id, Actor::new(Subject::User(id), name))
}

async fn session(lab: &Lab, id: u8, user: UserId) -> SessionRecord {
    let record = SessionRecord {
        id_hash: [id; 32],
        user: Some(user),
        data: vec![],
        expires_at: lab.clock.now() + Duration::from_mins(10),
        address: None,
        user_agent: None,
    };
    assert!(lab.sessions.save(&record, true).await.unwrap());
    record
}

async fn stands(lab: &Lab, session: &SessionRecord) -> bool {
    lab.sessions.find(&session.id_hash).await.unwrap().is_some()
}

#[tokio::test]
async fn people_are_listed_by_name_newest_or_last_seen_and_found_by_name_or_address() {
    let lab = Lab::new().await;
    for (name, shown, email) in [("zoe", "", ""), ("Ben", "Benedict", "ben@example.com"), ("ada", "Countess", "")] {
        lab.pass(Duration::from_secs(1));
        let person = NewPerson { username: name.to_owned(), display_name: shown.to_owned(), email: email.to_owned() };
        lab.people.invite(&lab.admin(), &person, false).await.unwrap();
    }
    lab.sign_in.with_password("admin", &secret(PASSWORD), client()).await.unwrap();
    let names = async |filter: &str, sort: &str| {
        let query = ListQuery { filter: filter.to_owned(), sort: sort.to_owned(), ..ListQuery::default() };
        let page = lab.people.list(&lab.admin(), &query).await.unwrap();
        page.items.into_iter().map(|person| person.username).collect::<Vec<_>>()
    };
    assert_eq!(names("", "").await, ["ada", "admin", "Ben", "zoe"], "capitals do not come first");
    assert_eq!(names("", "created").await, ["ada", "Ben", "zoe", "admin"]);
    assert_eq!(names("", "seen").await[0], "admin");
    assert_eq!(names("COUNT", "").await, ["ada"]);
    assert_eq!(names("example.com", "").await, ["Ben"]);
    assert_eq!(names("%", "").await, Vec::<String>::new());
    let query = ListQuery { limit: 2, ..ListQuery::default() };
    let first = lab.people.list(&lab.admin(), &query).await.unwrap();
    assert_eq!((first.total, first.items.len()), (4, 2));
    let rest = ListQuery { cursor: first.next.unwrap(), ..query };
    assert_eq!(lab.people.list(&lab.admin(), &rest).await.unwrap().items[0].username, "Ben");
}

#[tokio::test]
async fn only_administrators_see_and_change_other_people() {
    let lab = Lab::new().await;
    let (ada, actor) = with_password(&lab, "ada", false).await;
    let (eve, _) = with_password(&lab, "eve", false).await;
    let people = &lab.people;
    let scope = TokenScope { level: TokenLevel::Write, projects: None };
    let (token, _) = lab.access_token(&lab.admin(), scope).await;
    let narrowed = Actor::new(Subject::AccessToken(token, user_of(&lab.admin())), "admin");
    for actor in [actor, narrowed] {
        let refused = [
            people.list(&actor, &ListQuery::default()).await.map(drop),
            people.get(&actor, eve).await.map(drop),
            people.get_id(&actor, "eve").await.map(drop),
            people.invite(&actor, &person("mal"), true).await.map(drop),
            people.reset(&actor, eve).await.map(drop),
            people.set_disabled(&actor, eve, true).await,
            people.set_disabled(&actor, eve, false).await,
            people.set_admin(&actor, ada, true).await,
            people.set_admin(&actor, user_of(&lab.admin()), false).await,
            people.delete(&actor, eve).await,
            lab.access_tokens.list_of(&actor, eve, &ListQuery::default()).await.map(drop),
            lab.access_tokens.revoke_of(&actor, eve, token).await.map(drop),
            lab.sessions.end_all_of(&actor, eve).await,
        ];
        for (at, refused) in refused.into_iter().enumerate() {
            assert!(matches!(refused, Err(Error::AdministratorsOnly)), "{at}: {refused:?}");
        }
    }
    assert!(matches!(people.list(&Actor::anonymous(), &ListQuery::default()).await, Err(Error::Unauthenticated)));
    assert_eq!(lab.number("SELECT COUNT(*) FROM users").await, 3);
}

#[tokio::test]
async fn an_invited_person_cannot_sign_in_before_they_chose_a_password() {
    let lab = Lab::new().await;
    let link = lab.people.invite(&lab.admin(), &person("ada"), false).await.unwrap();
    assert_eq!((link.username.as_str(), link.expires_at), ("ada", lab.clock.now() + Duration::from_hours(72)));
    for password in ["", PASSWORD, link.key.expose()] {
        let refused = lab.sign_in.with_password("ada", &secret(password), client()).await;
        assert!(matches!(refused, Err(Error::WrongCredentials)), "{password}");
    }
    let state = async || {
        let page = lab.people.list(&lab.admin(), &ListQuery::default()).await.unwrap();
        page.items[0].state
    };
    assert_eq!(state().await, PersonState::Invited);
    lab.pass(Duration::from_hours(72));
    assert_eq!(state().await, PersonState::LinkExpired);
    let ada = lab.people.get_id(&lab.admin(), "ada").await.unwrap();
    lab.people.set_disabled(&lab.admin(), ada, true).await.unwrap();
    assert_eq!(state().await, PersonState::Disabled);
    let refused = lab.people.invite(&lab.admin(), &person("ADA"), false).await;
    assert!(matches!(refused, Err(Error::UsernameTaken { .. })));
    for wrong in [
        NewPerson { email: "no address".to_owned(), ..person("ben") },
        NewPerson { display_name: "x".repeat(101), ..person("ben") },
        person("b n"),
    ] {
        assert!(matches!(lab.people.invite(&lab.admin(), &wrong, false).await, Err(Error::Invalid { .. })));
    }
}

#[tokio::test]
async fn a_disabled_person_is_out_at_once_and_elsewhere_within_a_second_until_enabled() {
    let lab = Lab::new().await;
    let replica = lab.replica().await;
    let (ada, actor) = with_password(&lab, "ada", false).await;
    let open = session(&lab, 1, ada).await;
    replica.sign_in.with_credentials("ada", &secret(PASSWORD), client()).await.unwrap();
    lab.people.set_disabled(&lab.admin(), ada, true).await.unwrap();
    lab.people.set_disabled(&lab.admin(), ada, true).await.unwrap();
    assert!(!stands(&lab, &open).await);
    assert!(lab.sign_in.with_credentials("ada", &secret(PASSWORD), client()).await.is_err());
    assert!(matches!(lab.access.person(&actor).await, Err(Error::Unauthenticated)));
    lab.pass(Duration::from_secs(1));
    assert!(replica.sign_in.with_credentials("ada", &secret(PASSWORD), client()).await.is_err());
    assert!(matches!(replica.access.person(&actor).await, Err(Error::Unauthenticated)), "registry tokens too");
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE action = 'user.disable'").await, 1);
    lab.people.set_disabled(&lab.admin(), ada, false).await.unwrap();
    lab.sign_in.with_credentials("ada", &secret(PASSWORD), client()).await.unwrap();
    assert!(!stands(&lab, &open).await, "an old session does not come back");
}

#[tokio::test]
async fn a_reset_takes_the_password_and_the_sessions_and_gives_a_link() {
    let lab = Lab::new().await;
    let (ada, _) = with_password(&lab, "ada", false).await;
    let open = session(&lab, 1, ada).await;
    let link = lab.people.reset(&lab.admin(), ada).await.unwrap();
    assert!(!stands(&lab, &open).await);
    assert!(lab.sign_in.with_password("ada", &secret(PASSWORD), client()).await.is_err());
    let other = lab.people.reset(&lab.admin(), ada).await.unwrap();
    assert!(matches!(lab.people.link_owner(&link.key).await, Err(Error::LinkVoid)), "a new link voids the old one");
    assert_eq!(lab.people.link_owner(&other.key).await.unwrap(), "ada");
}

#[tokio::test]
async fn promoting_and_demoting_count_at_once_and_ask_to_sign_in_anew() {
    let lab = Lab::new().await;
    let (ada, actor) = with_password(&lab, "ada", false).await;
    let open = session(&lab, 1, ada).await;
    lab.people.set_admin(&lab.admin(), ada, true).await.unwrap();
    assert!(!stands(&lab, &open).await);
    lab.access.administrator(&actor).await.unwrap();
    lab.people.set_admin(&actor, ada, false).await.unwrap();
    assert!(matches!(lab.access.administrator(&actor).await, Err(Error::AdministratorsOnly)), "one's own, too");
    assert_eq!(
        lab.number("SELECT COUNT(*) FROM audit_events WHERE action IN ('user.promote', 'user.demote')").await,
        2
    );
}

#[tokio::test]
async fn a_deleted_person_leaves_what_they_did_and_takes_what_they_had() {
    let lab = Lab::new().await;
    let (ada, actor) = with_password(&lab, "ada", false).await;
    let project = lab.project("tea", false).await;
    lab.member(project, &actor, Role::ProjectAdmin).await;
    let scope = TokenScope { level: TokenLevel::Write, projects: None };
    let (_, token) = lab.access_token(&actor, scope).await;
    let open = session(&lab, 1, ada).await;
    lab.projects.update(&actor, &"tea".parse().unwrap(), false, "of all kinds").await.unwrap();

    let detail = lab.people.get(&lab.admin(), ada).await.unwrap();
    assert_eq!((detail.projects, detail.access_tokens, detail.alone_in_charge), (1, 1, 1));
    lab.people.delete(&lab.admin(), ada).await.unwrap();
    assert!(!stands(&lab, &open).await);
    for table in ["members", "access_tokens", "sessions"] {
        assert_eq!(lab.number(&format!("SELECT COUNT(*) FROM {table} WHERE user_id = {}", ada.0)).await, 0, "{table}");
    }
    assert!(lab.sign_in.with_credentials("ada", &token, client()).await.is_err());
    assert!(matches!(lab.access.person(&actor).await, Err(Error::Unauthenticated)));
    assert_eq!(lab.number("SELECT COUNT(*) FROM projects WHERE name = 'tea'").await, 1);
    assert_eq!(lab.number("SELECT COUNT(*) FROM audit_events WHERE actor_name = 'ada'").await, 1);
    assert!(matches!(lab.people.delete(&lab.admin(), ada).await, Err(Error::UserNotFound { .. })));

    // Somebody else of the same name is somebody else.
    let (again, _) = with_password(&lab, "ada", false).await;
    assert_ne!(again, ada);
    assert!(matches!(lab.access.person(&actor).await, Err(Error::Unauthenticated)));
}

#[tokio::test]
async fn what_a_deleted_person_created_tells_their_name() {
    let lab = Lab::new().await;
    let admin = lab.admin();
    let (ada, actor) = with_password(&lab, "ada", false).await;
    let tea: ProjectName = "tea".parse().unwrap();
    let project = NewProject { name: "tea".to_owned(), public: false, description: String::new() };
    lab.projects.create(&actor, &project).await.unwrap();
    let robot = NewRobot {
        name: "ci".to_owned(),
        description: String::new(),
        access: vec![RobotAccess::new(None, vec![Word::RepositoryPull])],
        lifetime: Lifetime::default(),
    };
    let robot = lab.robots.create(&actor, Some(&tea), &robot).await.unwrap().id;
    let told = async || {
        let record = lab.projects.get_record(&admin, &tea).await.unwrap();
        let created = NumberedQuery::default().with("owner_name", Wanted::Is("ada".to_owned()));
        let listed = lab.projects.list_records(&admin, &created).await.unwrap();
        assert_eq!(listed.items.iter().map(|project| project.name.as_str()).collect::<Vec<_>>(), ["tea"]);
        assert_eq!(listed.items[0].owner_name, record.owner_name);
        let robots = lab.robots.list(&admin, Some(&tea), &ListQuery::default()).await.unwrap().items;
        let one = lab.robots.get(&admin, robot).await.unwrap();
        assert_eq!(robots, std::slice::from_ref(&one));
        (record.owner, record.owner_name, one.created_by)
    };
    let before = told().await;
    assert_eq!(before, (Some(ada), "ada".to_owned(), Some("ada".to_owned())));
    lab.people.delete(&admin, ada).await.unwrap();
    assert_eq!(told().await, before);
    // What no person created tells nobody's.
    lab.project("coffee", false).await;
    let coffee = lab.projects.get_record(&admin, &"coffee".parse().unwrap()).await.unwrap();
    assert_eq!((coffee.owner, coffee.owner_name.as_str()), (None, ""));
    let (robot, _) = lab.robot(None, "ci", vec![]).await;
    assert_eq!(lab.robots.get(&admin, robot).await.unwrap().created_by, None);
}

#[tokio::test]
async fn the_last_administrator_who_can_sign_in_stays() {
    let lab = Lab::new().await;
    let root = user_of(&lab.admin());
    // None of these can sign in as an administrator.
    lab.people.invite(&lab.admin(), &person("invited"), true).await.unwrap();
    let (disabled, _) = with_password(&lab, "disabled", true).await;
    lab.people.set_disabled(&lab.admin(), disabled, true).await.unwrap();
    with_password(&lab, "ada", false).await;
    let system = Actor::system();
    for refused in [
        lab.people.set_admin(&lab.admin(), root, false).await,
        lab.people.set_admin(&system, root, false).await,
        lab.people.set_disabled(&system, root, true).await,
        lab.people.delete(&system, root).await,
    ] {
        assert!(matches!(refused, Err(Error::LastAdministrator { .. })), "{refused:?}");
    }
    // Who cannot sign in is no loss.
    lab.people.delete(&lab.admin(), disabled).await.unwrap();
    let (other, actor) = with_password(&lab, "other", true).await;
    lab.people.set_admin(&lab.admin(), root, false).await.unwrap();
    assert!(matches!(lab.people.set_admin(&actor, other, false).await, Err(Error::LastAdministrator { .. })));
}

#[tokio::test]
async fn two_administrators_who_remove_each_other_leave_one() {
    for round in 0..8 {
        let lab = Lab::new().await;
        let replica = lab.replica().await;
        let admin = lab.admin();
        let root = user_of(&admin);
        let (other, actor) = with_password(&lab, "other", true).await;
        let (one, two) = match round % 4 {
            0 => tokio::join!(lab.people.delete(&admin, other), replica.people.delete(&actor, root)),
            1 => tokio::join!(
                lab.people.set_disabled(&admin, other, true),
                replica.people.set_admin(&actor, root, false)
            ),
            2 => {
                tokio::join!(lab.people.set_admin(&admin, root, false), replica.people.set_admin(&actor, other, false))
            }
            _ => tokio::join!(async { lab.people.reset(&admin, other).await.map(drop) }, async {
                replica.people.reset(&actor, root).await.map(drop)
            }),
        };
        assert!(one.is_ok() != two.is_ok(), "{round}: {one:?} {two:?}");
        let left = "SELECT COUNT(*) FROM users WHERE is_admin AND disabled_at IS NULL AND password_hash IS NOT NULL";
        assert_eq!(lab.number(left).await, 1, "{round}");
    }
}

#[tokio::test]
async fn nobody_disables_deletes_or_resets_themselves() {
    let lab = Lab::new().await;
    with_password(&lab, "other", true).await;
    let root = user_of(&lab.admin());
    for refused in [
        lab.people.set_disabled(&lab.admin(), root, true).await,
        lab.people.delete(&lab.admin(), root).await,
        lab.people.reset(&lab.admin(), root).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::OwnAccount)), "{refused:?}");
    }
}

#[tokio::test]
async fn the_operator_makes_a_link_even_for_the_last_administrator() {
    let lab = Lab::new().await;
    let link = lab.people.reset(&Actor::system(), user_of(&lab.admin())).await.unwrap();
    lab.people.accept_link(&link.key, &secret("another cup of tea"), client()).await.unwrap();
    lab.sign_in.with_password("admin", &secret("another cup of tea"), client()).await.unwrap();
}
