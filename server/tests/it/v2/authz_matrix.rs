//! Who may do what over the protocol: every address and method, by everybody, in every kind of project.
//!
//! An address or a method that the table does not list fails the test: see [`listed`].

use std::collections::HashMap;

use api_types::NewProject;
use bytes::Bytes;
use futures::{StreamExt, stream};
use oci::{Digest, Reference, RepositoryName, Route, UploadId, media_type};
use registry::{Actor, access::ProjectId, content::NewManifest};
use reqwest::{Method, Response, header};
use serde_json::json;

use crate::harness::{
    Client, TestApp,
    cast::{cast, disable},
    digest_of,
};

/// Statuses by place and request (rows) and by who asks (columns).
///
/// Places: `own`, private, where everybody has the role of their column; `open`, public, and `foreign`, private, where only
/// the system administrator has rights; `missing`, which does not exist.
/// Columns: as [`cast`] has them; nobody has an anonymous token.
const TABLE: &str = "\
                            nobody   stranger    limited      guest  developer maintainer      admin     puller     pusher     reader     writer    fullkey     onekey   sysrobot      blind   sysadmin   disabled
own     GET tags               401        404        200        200        200        200        200        200        200        200        200        200        200        200        403        200        401
own     HEAD tags              401        404        200        200        200        200        200        200        200        200        200        200        200        200        403        200        401
own     GET referrers          401        404        200        200        200        200        200        200        200        200        200        200        200        200        403        200        401
own     HEAD referrers         401        404        200        200        200        200        200        200        200        200        200        200        200        200        403        200        401
own     GET manifest           401        404        200        200        200        200        200        200        200        200        200        200        200        200        403        200        401
own     HEAD manifest          401        404        200        200        200        200        200        200        200        200        200        200        200        200        403        200        401
own     PUT manifest           401        404        403        403        201        201        201        403        201        403        201        201        403        201        201        201        401
own     DELETE manifest        401        404        403        403        403        202        202        403        403        403        202        202        403        403        403        202        401
own     GET blob               401        404        200        200        200        200        200        200        200        200        200        200        200        200        403        200        401
own     HEAD blob              401        404        200        200        200        200        200        200        200        200        200        200        200        200        403        200        401
own     DELETE blob            401        404        403        403        403        202        202        403        403        403        202        202        403        403        403        202        401
own     POST uploads           401        404        403        403        202        202        202        403        202        403        202        202        403        202        202        202        401
own     POST mount             401        404        403        403        201        201        201        403        201        403        201        201        403        201        201        201        401
own     GET upload             401        404        403        403        204        204        204        403        204        403        204        204        403        204        204        204        401
own     HEAD upload            401        404        403        403        204        204        204        403        204        403        204        204        403        204        204        204        401
own     PATCH upload           401        404        403        403        202        202        202        403        202        403        202        202        403        202        202        202        401
own     PUT upload             401        404        403        403        201        201        201        403        201        403        201        201        403        201        201        201        401
own     DELETE upload          401        404        403        403        204        204        204        403        204        403        204        204        403        204        204        204        401
open    GET tags               200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        401
open    HEAD tags              200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        401
open    GET referrers          200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        401
open    HEAD referrers         200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        401
open    GET manifest           200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        401
open    HEAD manifest          200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        401
open    PUT manifest           401        403        403        403        403        403        403        403        403        403        403        201        403        201        403        201        401
open    DELETE manifest        401        403        403        403        403        403        403        403        403        403        403        202        403        403        403        202        401
open    GET blob               200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        401
open    HEAD blob              200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        200        401
open    DELETE blob            401        403        403        403        403        403        403        403        403        403        403        202        403        403        403        202        401
open    POST uploads           401        403        403        403        403        403        403        403        403        403        403        202        403        202        403        202        401
open    POST mount             401        403        403        403        403        403        403        403        403        403        403        201        403        201        403        201        401
open    GET upload             401        403        403        403        403        403        403        403        403        403        403        204        403        204        403        204        401
open    HEAD upload            401        403        403        403        403        403        403        403        403        403        403        204        403        204        403        204        401
open    PATCH upload           401        403        403        403        403        403        403        403        403        403        403        202        403        202        403        202        401
open    PUT upload             401        403        403        403        403        403        403        403        403        403        403        201        403        201        403        201        401
open    DELETE upload          401        403        403        403        403        403        403        403        403        403        403        204        403        204        403        204        401
foreign GET tags               401        404        404        404        404        404        404        404        404        404        404        200        404        200        404        200        401
foreign HEAD tags              401        404        404        404        404        404        404        404        404        404        404        200        404        200        404        200        401
foreign GET referrers          401        404        404        404        404        404        404        404        404        404        404        200        404        200        404        200        401
foreign HEAD referrers         401        404        404        404        404        404        404        404        404        404        404        200        404        200        404        200        401
foreign GET manifest           401        404        404        404        404        404        404        404        404        404        404        200        404        200        404        200        401
foreign HEAD manifest          401        404        404        404        404        404        404        404        404        404        404        200        404        200        404        200        401
foreign PUT manifest           401        404        404        404        404        404        404        404        404        404        404        201        404        201        404        201        401
foreign DELETE manifest        401        404        404        404        404        404        404        404        404        404        404        202        404        403        404        202        401
foreign GET blob               401        404        404        404        404        404        404        404        404        404        404        200        404        200        404        200        401
foreign HEAD blob              401        404        404        404        404        404        404        404        404        404        404        200        404        200        404        200        401
foreign DELETE blob            401        404        404        404        404        404        404        404        404        404        404        202        404        403        404        202        401
foreign POST uploads           401        404        404        404        404        404        404        404        404        404        404        202        404        202        404        202        401
foreign POST mount             401        404        404        404        404        404        404        404        404        404        404        201        404        201        404        201        401
foreign GET upload             401        404        404        404        404        404        404        404        404        404        404        204        404        204        404        204        401
foreign HEAD upload            401        404        404        404        404        404        404        404        404        404        404        204        404        204        404        204        401
foreign PATCH upload           401        404        404        404        404        404        404        404        404        404        404        202        404        202        404        202        401
foreign PUT upload             401        404        404        404        404        404        404        404        404        404        404        201        404        201        404        201        401
foreign DELETE upload          401        404        404        404        404        404        404        404        404        404        404        204        404        204        404        204        401
missing GET tags               401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing HEAD tags              401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing GET referrers          401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing HEAD referrers         401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing GET manifest           401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing HEAD manifest          401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing PUT manifest           401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing DELETE manifest        401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing GET blob               401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing HEAD blob              401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing DELETE blob            401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing POST uploads           401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing POST mount             401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing GET upload             401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing HEAD upload            401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing PATCH upload           401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing PUT upload             401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
missing DELETE upload          401        404        404        404        404        404        404        404        404        404        404        404        404        404        404        404        401
";

const PLACES: [&str; 4] = ["own", "open", "foreign", "missing"];

/// The requests of a kind of address. A new kind does not compile here, and a new method fails the test below.
fn listed(route: &Route) -> &'static [&'static str] {
    match route {
        // These have no place; see the tests at the end.
        Route::Base | Route::Catalog => &["GET", "HEAD"],
        Route::Tags(_) => &["GET tags", "HEAD tags"],
        Route::Referrers(..) => &["GET referrers", "HEAD referrers"],
        Route::Manifest(..) => &["GET manifest", "HEAD manifest", "PUT manifest", "DELETE manifest"],
        Route::Blob(..) => &["GET blob", "HEAD blob", "DELETE blob"],
        Route::Uploads(_) => &["POST uploads"],
        Route::Upload(..) => &["GET upload", "HEAD upload", "PATCH upload", "PUT upload", "DELETE upload"],
    }
}

fn one_of_each() -> [Route; 8] {
    let name: RepositoryName = "a/b".parse().unwrap();
    let digest = digest_of("");
    [
        Route::Base,
        Route::Catalog,
        Route::Tags(name.clone()),
        Route::Referrers(name.clone(), digest.clone()),
        Route::Manifest(name.clone(), Reference::Digest(digest.clone())),
        Route::Blob(name.clone(), digest),
        Route::Uploads(name.clone()),
        Route::Upload(name, "id".parse().unwrap()),
    ]
}

/// Statuses by place and request, one for each column.
type Rows = HashMap<(&'static str, &'static str), Vec<u16>>;

/// The table: its columns and its rows.
fn table() -> (Vec<&'static str>, Rows) {
    let mut lines = TABLE.lines();
    let columns = lines.next().unwrap().split_whitespace().collect();
    let rows = lines.map(|line| {
        let (place, request, statuses) = (line[..8].trim(), line[8..23].trim(), &line[23..]);
        ((place, request), statuses.split_whitespace().map(|status| status.parse().unwrap()).collect())
    });
    (columns, rows.collect())
}

#[test]
fn the_table_lists_every_address_and_method() {
    let (columns, rows) = table();
    for route in one_of_each() {
        let listed = listed(&route);
        let methods: Vec<_> = listed.iter().map(|request| request.split(' ').next().unwrap()).collect();
        let served: Vec<_> = server::v2::methods(&route).iter().map(Method::as_str).collect();
        assert_eq!(methods, served, "{route:?}");
        if route.repository().is_some() {
            for place in PLACES {
                for request in listed {
                    assert!(rows.contains_key(&(place, *request)), "{place} {request}");
                }
            }
        }
    }
    assert!(rows.values().all(|statuses| statuses.len() == columns.len()));
}

/// A server with the places, and a way to everything in them.
struct World {
    app: TestApp,
    clients: HashMap<&'static str, Vec<Client>>,
    made: HashMap<String, Made>,
    unique: u32,
}

/// What a request can be about.
#[derive(Clone)]
struct Made {
    blob: Digest,
    manifest: Digest,
    new_manifest: String,
    upload: UploadId,
    source: Digest,
}

impl World {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let mut ids = HashMap::new();
        for (name, public) in [("own", false), ("open", true), ("foreign", false)] {
            let project = NewProject { name: name.to_owned(), public, description: String::new() };
            ids.insert(name, app.registry.projects.create(&Actor::system(), &project).await.unwrap());
        }
        app.admin().repository("library/source").push_blob("for everybody").await;
        let clients = clients(&app, ids["own"]).await;
        Self { app, clients, made: HashMap::new(), unique: 0 }
    }

    /// Sends a request of the table. What it is about is there, so that nothing but rights can be in its way.
    async fn send(&mut self, client: &Client, place: &str, request: &str) -> Response {
        // What is asked for in a project that does not exist is what exists elsewhere.
        let source = format!("{}/app", if place == "missing" { "foreign" } else { place });
        let made = self.made(&source).await;
        let answer = send(client, &format!("{place}/app"), &made, request).await;
        let uses_up = ["DELETE manifest", "DELETE blob", "PATCH upload", "PUT upload", "DELETE upload"];
        if answer.status().is_success() && uses_up.contains(&request) {
            self.made.remove(&source);
        }
        answer
    }

    async fn made(&mut self, name: &str) -> Made {
        if !self.made.contains_key(name) {
            let made = self.make(&name.parse().unwrap()).await;
            self.made.insert(name.to_owned(), made);
        }
        self.made[name].clone()
    }

    async fn make(&mut self, name: &RepositoryName) -> Made {
        self.unique += 1;
        let (system, registry) = (Actor::system(), &self.app.registry);
        let text = format!("{name} {}", self.unique);
        let put = async |bytes: String| {
            let (digest, length) = (digest_of(&bytes), bytes.len() as u64);
            let body = stream::iter([Ok(Bytes::from(bytes))]).boxed();
            registry.uploads.put(&system, name, &digest, Some(length), body).await.unwrap().digest
        };
        let blob = put(text.clone()).await;
        let config = json!({"mediaType": media_type::OCI_EMPTY, "size": 2, "digest": put("{}".to_owned()).await});
        let manifest = json!({
            "schemaVersion": 2, "mediaType": media_type::OCI_IMAGE, "config": config, "layers": [],
            "annotations": {"text": text},
        });
        let bytes = manifest.to_string();
        let manifest = NewManifest {
            reference: digest_of(&bytes).into(),
            tags: Vec::new(),
            content_type: Some(media_type::OCI_IMAGE.to_owned()),
            bytes: bytes.clone().into(),
        };
        let manifest = registry.manifests.put(&system, name, manifest).await.unwrap().digest;
        let upload = registry.uploads.begin(&system, name, None).await.unwrap().id;
        Made { blob, manifest, new_manifest: bytes + " ", upload, source: digest_of("for everybody") }
    }
}

async fn send(client: &Client, name: &str, made: &Made, request: &str) -> Response {
    let (method, noun) = request.split_once(' ').unwrap();
    let Made { blob, manifest, new_manifest, upload, source } = made;
    let rest = match noun {
        "tags" => "tags/list".to_owned(),
        "referrers" => format!("referrers/{manifest}"),
        "manifest" if method == "PUT" => format!("manifests/{}", digest_of(new_manifest)),
        "manifest" => format!("manifests/{manifest}"),
        "blob" => format!("blobs/{blob}"),
        "uploads" => "blobs/uploads/".to_owned(),
        "mount" => format!("blobs/uploads/?mount={source}&from=library/source"),
        "upload" if method == "PUT" => format!("blobs/uploads/{upload}?digest={}", digest_of("x")),
        "upload" => format!("blobs/uploads/{upload}"),
        other => panic!("{other}"),
    };
    let request = client.request(method.parse().unwrap(), &format!("/v2/{name}/{rest}"));
    let request = match (method, noun) {
        ("PUT", "manifest") => request.header(header::CONTENT_TYPE, media_type::OCI_IMAGE).body(new_manifest.clone()),
        ("PATCH" | "PUT", _) => request.body("x"),
        _ => request,
    };
    request.send().await.unwrap()
}

/// By column: clients with the credentials themselves, and with a token for all the places.
async fn clients(app: &TestApp, own: ProjectId) -> HashMap<&'static str, Vec<Client>> {
    let mut clients: HashMap<_, _> =
        cast(app, ("own", own)).await.into_iter().map(|(column, client)| (column, vec![client])).collect();
    let scopes: Vec<_> = PLACES.iter().map(|place| format!("repository:{place}/app:pull,push,delete")).collect();
    let scopes = format!("registry:catalog:* repository:library/source:pull {}", scopes.join(" "));
    for clients in clients.values_mut() {
        clients.push(clients[0].bearer(&[&scopes]).await);
    }
    clients.get_mut("nobody").unwrap().remove(0);
    // With a token in hand that was made before. The password counts as guessing now, and would soon be answered with 429.
    clients.get_mut("disabled").unwrap().remove(0);
    disable(app).await;
    clients
}

#[tokio::test]
async fn everybody_may_what_the_table_says() {
    let mut world = World::new().await;
    let (columns, rows) = table();
    let mut wrong = Vec::new();
    for ((place, request), statuses) in &rows {
        for (column, expected) in columns.iter().zip(statuses) {
            for client in world.clients[column].clone() {
                let answer = world.send(&client, place, request).await;
                let status = answer.status().as_u16();
                if status != *expected {
                    let body = answer.text().await.unwrap();
                    wrong.push(format!("{place} {request} by {column}: {status} in place of {expected}: {body}"));
                }
            }
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test]
async fn what_one_may_not_know_of_looks_like_what_does_not_exist() {
    let mut world = World::new().await;
    let (columns, rows) = table();
    for request in one_of_each().iter().filter(|route| route.repository().is_some()).flat_map(listed) {
        let statuses = &rows[&("foreign", *request)];
        // Who is told 403 sees it.
        for (column, _) in columns.iter().zip(statuses).filter(|(_, status)| [401, 404].contains(*status)) {
            for client in world.clients[column].clone() {
                let made = world.made("foreign/app").await;
                let foreign = shown(send(&client, "foreign/app", &made, request).await).await;
                let missing = shown(send(&client, "missing/app", &made, request).await).await;
                assert_eq!(foreign.replace("foreign", "missing"), missing, "{request} by {column}");
            }
        }
    }
}

/// All that a client can see of an answer, but for what differs each time.
async fn shown(answer: Response) -> String {
    let mut lines: Vec<_> = answer
        .headers()
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    let status = answer.status();
    format!("{status}\n{}\n{}", lines.join("\n"), answer.text().await.unwrap())
}

#[tokio::test]
async fn who_is_somebody_is_told_so() {
    let world = World::new().await;
    for (column, clients) in &world.clients {
        for client in clients {
            for method in [Method::GET, Method::HEAD] {
                let base = client.request(method.clone(), "/v2/").send().await.unwrap();
                let expected = if ["nobody", "disabled"].contains(column) { 401 } else { 200 };
                assert_eq!(base.status(), expected, "{method} /v2/ by {column}");
                let catalog = client.request(method.clone(), "/v2/_catalog").send().await.unwrap();
                let expected = if *column == "disabled" { 401 } else { 200 };
                assert_eq!(catalog.status(), expected, "{method} /v2/_catalog by {column}");
            }
        }
    }
    let nobody = world.app.anonymous();
    for path in ["/v2/", "/v2/_catalog", "/v2/open/app/tags/list", "/v2/missing/app/tags/list"] {
        assert_eq!(nobody.get(path).send().await.unwrap().status(), 401, "{path} without anything");
    }
}
