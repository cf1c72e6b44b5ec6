//! The list of all handlers, out of which both the router and its document are made.

use std::{collections::BTreeSet, sync::OnceLock};

use http::Method;
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder, ServerBuilder,
    path::{Operation, PathItem},
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    Api, BASE, access_tokens, artifacts, audit, configurations, immutable_tag_rules, labels, members, permissions,
    projects, quotas, repositories, retentions, robots, search, sessions, system, tags, trash, users,
};

/// What every operation may be answered with that is no success, beside what it says itself.
const ALWAYS: [(&str, &str); 3] = [
    ("429", "Too many wrong passwords, passwords being checked, or large requests: wait"),
    ("500", "The server made a mistake; its log has the cause"),
    ("503", "Database or store do not answer; try again"),
];

/// What whatever changes a project is answered with under a name that the project had before.
const RENAMED: (&str, &str) = ("409", "The project has another name now, which the message tells");

/// What an answer with a list says beside it.
const LISTED: [(&str, &str); 2] = [
    ("X-Total-Count", "How many there are on all pages"),
    ("Link", "The page before and the one after, where there are"),
];

/// Every address with its handlers.
pub fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new()
        .routes(routes!(system::ping))
        .routes(routes!(system::health))
        .routes(routes!(system::info))
        .routes(routes!(system::statistics))
        .routes(routes!(search::search))
        .routes(routes!(projects::list, projects::exists, projects::create))
        .routes(routes!(projects::get, projects::update, projects::delete))
        .routes(routes!(projects::deletable))
        .routes(routes!(projects::summary))
        .routes(routes!(projects::settings, projects::add_settings))
        .routes(routes!(projects::setting, projects::change_setting, projects::reset_setting))
        .routes(routes!(members::list, members::create))
        .routes(routes!(members::get, members::update, members::delete))
        .routes(routes!(repositories::list_all))
        .routes(routes!(repositories::list))
        .routes(routes!(repositories::get, repositories::update, repositories::delete))
        .routes(routes!(artifacts::list, artifacts::copy))
        .routes(routes!(artifacts::get, artifacts::delete))
        .routes(routes!(tags::list, tags::create))
        .routes(routes!(tags::delete))
        .routes(routes!(labels::list, labels::create))
        .routes(routes!(labels::get, labels::update, labels::delete))
        .routes(routes!(labels::add))
        .routes(routes!(labels::remove))
        .routes(routes!(immutable_tag_rules::list, immutable_tag_rules::create))
        .routes(routes!(immutable_tag_rules::update, immutable_tag_rules::delete))
        .routes(routes!(trash::list_projects))
        .routes(routes!(trash::list))
        .routes(routes!(trash::restore))
        .routes(routes!(trash::delete))
        .routes(routes!(retentions::metadata))
        .routes(routes!(retentions::create))
        .routes(routes!(retentions::get, retentions::update, retentions::delete))
        .routes(routes!(retentions::executions, retentions::run))
        .routes(routes!(retentions::stop))
        .routes(routes!(robots::list, robots::create))
        .routes(routes!(robots::get, robots::update, robots::refresh, robots::delete))
        .routes(routes!(permissions::list))
        .routes(routes!(quotas::list))
        .routes(routes!(quotas::get, quotas::update))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::search))
        .routes(routes!(users::current))
        .routes(routes!(users::permissions))
        .routes(routes!(users::get, users::update, users::delete))
        .routes(routes!(users::set_password))
        .routes(routes!(users::set_admin))
        .routes(routes!(users::set_disabled))
        .routes(routes!(users::invite))
        .routes(routes!(access_tokens::list, access_tokens::create))
        .routes(routes!(access_tokens::revoke))
        .routes(routes!(sessions::list, sessions::end_all))
        .routes(routes!(sessions::end))
        .routes(routes!(audit::list))
        .routes(routes!(audit::list_all))
        .routes(routes!(audit::list_of_project))
        .routes(routes!(audit::list_all_of_project))
        .routes(routes!(configurations::get, configurations::update))
}

/// The document.
pub fn document() -> &'static OpenApi {
    static DOCUMENT: OnceLock<OpenApi> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut document = routes().split_for_parts().1;
        let base = OpenApiBuilder::new()
            .info(
                InfoBuilder::new()
                    .title("Slipway")
                    .version("2.0")
                    .description(Some(
                        "The REST API of Slipway, with the paths, shapes and conventions of Harbor's. \
                         Sign in with Basic: a person's name with their password or an access token, or a robot's \
                         name with its secret.",
                    ))
                    .build(),
            )
            .servers(Some([ServerBuilder::new().url(BASE).build()]))
            .security(Some([SecurityRequirement::new("basic", [] as [&str; 0])]))
            .build();
        document.info = base.info;
        document.servers = base.servers;
        document.security = base.security;
        let basic = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Basic).build());
        document.components.get_or_insert_default().add_security_scheme("basic", basic);
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations(item) {
                complete(&method, path, operation);
            }
        }
        document
    })
}

/// The operations of an address with their methods.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (Method, &mut Operation)> {
    let PathItem { get, head, post, put, patch, delete, .. } = item;
    [
        (Method::GET, get),
        (Method::HEAD, head),
        (Method::POST, post),
        (Method::PUT, put),
        (Method::PATCH, patch),
        (Method::DELETE, delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// Adds what holds of every operation of its kind.
fn complete(method: &Method, path: &str, operation: &mut Operation) {
    let mut more: BTreeSet<(&str, &str)> = ALWAYS.into();
    let open = operation
        .security
        .as_ref()
        .is_some_and(|security| security.iter().any(|one| *one == SecurityRequirement::default()));
    if open {
        more.clear();
    } else {
        more.insert(("401", "Nobody is signed in where somebody has to be, or name and secret do not fit"));
        more.insert(("403", "The caller may not do this"));
    }
    if operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty())
        || operation.request_body.is_some()
    {
        more.insert(("400", "A parameter or the body is not what is needed, or asks for what Slipway does not have"));
    }
    if path.contains('{') {
        more.insert(("404", "It does not exist, or the caller may not know of it"));
    }
    if operation.request_body.is_some() {
        more.insert(("413", "The body is larger than 1 MiB"));
        more.insert(("415", "The body is no JSON"));
    }
    if !method.is_safe() {
        more.insert(("507", "The server has no room left"));
    }
    if !method.is_safe() && path.starts_with("/projects/{") {
        let (status, description) = RENAMED;
        if let Some(RefOr::T(other)) = operation.responses.responses.get_mut(status) {
            other.description = format!("{}; or: {description}", other.description);
        } else {
            more.insert(RENAMED);
        }
    }
    if let Some(RefOr::T(listed)) = operation.responses.responses.get_mut("200")
        && operation.parameters.iter().flatten().any(|one| matches!(one, RefOr::T(one) if one.name == "page_size"))
    {
        for (name, description) in LISTED {
            listed.headers.insert(name.to_owned(), HeaderBuilder::new().description(Some(description)).build().into());
        }
    }
    for (status, description) in more {
        if !operation.responses.responses.contains_key(status) {
            let errors = ContentBuilder::new().schema(Some(Ref::from_schema_name("Errors"))).build();
            let response = ResponseBuilder::new().description(description).content("application/json", errors).build();
            operation.responses.responses.insert(status.to_owned(), response.into());
        }
    }
}
