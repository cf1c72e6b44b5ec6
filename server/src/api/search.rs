//! Search by name.

use api_types::rest::{Search, SearchRepository};
use axum::{Json, extract::State};
use registry::{
    content::RepositoryRecord,
    numbered::{MAX_PAGE_SIZE, NumberedQuery, Wanted},
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Answer, Api, Caller, Query, shapes};

/// What is searched for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchParams {
    /// A part of the name.
    q: String,
}

/// Projects and repositories whose names have a part, the first hundred of each, as far as the caller sees.
#[utoipa::path(get, path = "/search", tag = "search", operation_id = "search", params(SearchParams),
    responses((status = 200, body = Search)))]
pub async fn search(
    State(api): State<Api>,
    caller: Caller,
    Query(SearchParams { q }): Query<SearchParams>,
) -> Answer<Json<Search>> {
    let wanted =
        || NumberedQuery { size: MAX_PAGE_SIZE, ..NumberedQuery::default() }.with("name", Wanted::Contains(q.clone()));
    let registry = api.registry();
    let projects = registry.projects.list_records(&caller.actor, &wanted()).await?;
    let repositories = registry.repositories.list_all_records(&caller.actor, &wanted()).await?;
    Ok(Json(Search { project: projects.map(shapes::project).items, repository: repositories.map(found).items }))
}

fn found(record: RepositoryRecord) -> SearchRepository {
    SearchRepository {
        project_id: record.project.0,
        project_name: record.name.split('/').next().unwrap_or_default().to_owned(),
        project_public: record.public,
        repository_name: record.name,
        pull_count: record.pulls,
        artifact_count: record.artifacts,
    }
}
