//! Projects and their settings.

use std::collections::BTreeMap;

use api_types::{NewProject, NewQuota, rest};
use axum::{Json, extract::State};
use oci::ProjectName;
use registry::numbered::Wanted;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    Answer, Api, BASE, Body, Caller, Created, Done, Failure, Listed, Paging, Path, Query,
    names::{ProjectAt, SettingAt},
    paging::PagingParams,
    shapes,
};

/// What the list of projects takes beside its page.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ProjectsParams {
    /// A part of the name.
    name: Option<String>,
    /// Only public ones, or only others.
    public: Option<bool>,
    /// The name of who created it.
    owner: Option<String>,
}

/// Projects that the caller sees.
#[utoipa::path(get, path = "/projects", tag = "projects", operation_id = "listProjects",
    params(PagingParams, ProjectsParams), responses((status = 200, body = [rest::Project])))]
pub async fn list(
    State(api): State<Api>,
    caller: Caller,
    paging: Paging,
    Query(params): Query<ProjectsParams>,
) -> Answer<Listed<rest::Project>> {
    let mut query = paging.query.clone();
    if let Some(name) = params.name.filter(|name| !name.is_empty()) {
        query = query.with("name", Wanted::Contains(name));
    }
    if let Some(public) = params.public {
        query = query.with("public", Wanted::Is(public.to_string()));
    }
    if let Some(owner) = params.owner.filter(|owner| !owner.is_empty()) {
        query = query.with("owner_name", Wanted::Is(owner));
    }
    let page = api.registry().projects.list_records(&caller.actor, &query).await?;
    Ok(paging.listed(page, shapes::project))
}

/// Which name is asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NameParams {
    /// The whole name.
    project_name: String,
}

/// Whether there is a project of this name that the caller sees.
#[utoipa::path(head, path = "/projects", tag = "projects", operation_id = "headProject", params(NameParams),
    responses((status = 200, description = "There is"), (status = 404, description = "There is not")))]
pub async fn exists(
    State(api): State<Api>,
    caller: Caller,
    Query(NameParams { project_name }): Query<NameParams>,
) -> Answer<Done> {
    let name = named(&project_name)?;
    api.registry().projects.get_record(&caller.actor, &name).await?;
    Ok(Done)
}

/// Creates a project; the caller becomes its project admin.
#[utoipa::path(post, path = "/projects", tag = "projects", operation_id = "createProject", request_body = rest::ProjectReq,
    responses((status = 201, description = "Created", headers(("Location" = String, description = "Its address"))),
        (status = 409, description = "The name is taken", body = rest::Errors)))]
pub async fn create(State(api): State<Api>, caller: Caller, Body(wanted): Body<rest::ProjectReq>) -> Answer<Created> {
    let settings = Settings::of(&wanted)?;
    let project = NewProject {
        name: wanted.project_name.unwrap_or_default(),
        public: settings.public.unwrap_or(false),
        description: String::new(),
    };
    let id = api.registry().projects.create_with_quota(&caller.actor, &project, settings.quota).await?;
    Ok(Created(format!("{BASE}/projects/{}", caller.speaks_of(id, &project.name))))
}

/// One project.
#[utoipa::path(get, path = "/projects/{project_name_or_id}", tag = "projects", operation_id = "getProject",
    params(ProjectAt),
    responses((status = 200, body = rest::Project)))]
pub async fn get(State(api): State<Api>, caller: Caller, Path(at): Path<ProjectAt>) -> Answer<Json<rest::Project>> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    Ok(Json(shapes::project(api.registry().projects.get_record(&caller.actor, &project).await?)))
}

/// Changes settings of a project. What is left out stays.
#[utoipa::path(put, path = "/projects/{project_name_or_id}", tag = "projects", operation_id = "updateProject",
    params(ProjectAt),
    request_body = rest::ProjectReq, responses((status = 200, description = "Changed")))]
pub async fn update(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectAt>,
    Body(wanted): Body<rest::ProjectReq>,
) -> Answer<Done> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let settings = Settings::of(&wanted)?;
    if wanted.storage_limit == Some(0) {
        return Err(Failure::Invalid("storage_limit is a number of bytes, or -1 for no limit".to_owned()));
    }
    // Clients send the name along. Under an address of before it may be the present one.
    if let Some(name) = wanted.project_name.filter(|name| !name.is_empty() && name != project.as_str())
        && api.registry().projects.get_record(&caller.actor, &project).await?.name != name
    {
        return Err(Failure::Invalid("project_name: projects are renamed in the console; leave it out".to_owned()));
    }
    change(&api, &caller, &project, &settings).await
}

/// Deletes a project that has no repository.
#[utoipa::path(delete, path = "/projects/{project_name_or_id}", tag = "projects", operation_id = "deleteProject",
    params(ProjectAt),
    responses((status = 200, description = "Deleted"),
        (status = 412, description = "It has repositories", body = rest::Errors)))]
pub async fn delete(State(api): State<Api>, caller: Caller, Path(at): Path<ProjectAt>) -> Answer<Done> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    api.registry().projects.delete_empty(&caller.actor, &project).await?;
    Ok(Done)
}

/// Whether a project has no repository, so that it can be deleted by those who may.
#[utoipa::path(get, path = "/projects/{project_name_or_id}/_deletable", tag = "projects", operation_id = "getProjectDeletable",
    params(ProjectAt),
    responses((status = 200, body = rest::ProjectDeletable)))]
pub async fn deletable(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectAt>,
) -> Answer<Json<rest::ProjectDeletable>> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let record = api.registry().projects.get_record(&caller.actor, &project).await?;
    let message = (record.repositories > 0).then(|| format!("it still holds {} repositories", record.repositories));
    Ok(Json(rest::ProjectDeletable { deletable: message.is_none(), message }))
}

/// A project in numbers.
#[utoipa::path(get, path = "/projects/{project_name_or_id}/summary", tag = "projects", operation_id = "getProjectSummary",
    params(ProjectAt),
    responses((status = 200, body = rest::ProjectSummary)))]
pub async fn summary(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectAt>,
) -> Answer<Json<rest::ProjectSummary>> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let numbers = api.registry().projects.get_numbers(&caller.actor, &project).await?;
    Ok(Json(rest::ProjectSummary {
        repo_count: numbers.record.repositories,
        members: numbers.members.as_deref().map(shapes::member_counts),
        quota: numbers.sees_quota.then(|| shapes::quota(&numbers.record)),
    }))
}

/// All settings of a project.
#[utoipa::path(get, path = "/projects/{project_name_or_id}/metadatas", tag = "project metadata",
    operation_id = "listProjectMetadatas",
    params(ProjectAt),
    responses((status = 200, body = BTreeMap<String, String>)))]
pub async fn settings(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectAt>,
) -> Answer<Json<rest::Metadata>> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let record = api.registry().projects.get_record(&caller.actor, &project).await?;
    Ok(Json(shapes::metadata(record.public)))
}

/// One setting of a project.
#[utoipa::path(get, path = "/projects/{project_name_or_id}/metadatas/{meta_name}", tag = "project metadata",
    operation_id = "getProjectMetadata",
    params(SettingAt),
    responses((status = 200, body = BTreeMap<String, String>)))]
pub async fn setting(
    State(api): State<Api>,
    caller: Caller,
    Path(SettingAt { project_name_or_id, meta_name: name }): Path<SettingAt>,
) -> Answer<Json<rest::Metadata>> {
    let project = caller.project(&api, &project_name_or_id).await?;
    let record = api.registry().projects.get_record(&caller.actor, &project).await?;
    let mut all = shapes::metadata(record.public);
    all.retain(|key, _| *key == name);
    if all.is_empty() {
        Err(Failure::NotFound(format!("project {project} has no setting {name}")))
    } else {
        Ok(Json(all))
    }
}

/// Changes settings of a project.
#[utoipa::path(post, path = "/projects/{project_name_or_id}/metadatas", tag = "project metadata",
    operation_id = "addProjectMetadatas",
    params(ProjectAt),
    request_body = BTreeMap<String, String>, responses((status = 200, description = "Changed")))]
pub async fn add_settings(
    State(api): State<Api>,
    caller: Caller,
    Path(at): Path<ProjectAt>,
    Body(wanted): Body<BTreeMap<String, Option<String>>>,
) -> Answer<Done> {
    let project = caller.project(&api, &at.project_name_or_id).await?;
    let settings = Settings::of(&rest::ProjectReq { metadata: Some(wanted), ..rest::ProjectReq::default() })?;
    change(&api, &caller, &project, &settings).await
}

/// Changes one setting of a project.
#[utoipa::path(put, path = "/projects/{project_name_or_id}/metadatas/{meta_name}", tag = "project metadata",
    operation_id = "updateProjectMetadata",
    params(SettingAt),
    request_body = BTreeMap<String, String>, responses((status = 200, description = "Changed")))]
pub async fn change_setting(
    State(api): State<Api>,
    caller: Caller,
    Path(SettingAt { project_name_or_id, meta_name: name }): Path<SettingAt>,
    Body(wanted): Body<BTreeMap<String, Option<String>>>,
) -> Answer<Done> {
    let project = caller.project(&api, &project_name_or_id).await?;
    let Some(value) = wanted.get(&name) else {
        return Err(Failure::Invalid(format!("the body has no {name}: send {{\"{name}\": \"…\"}}")));
    };
    let metadata = Some(BTreeMap::from([(name, value.clone())]));
    let settings = Settings::of(&rest::ProjectReq { metadata, ..rest::ProjectReq::default() })?;
    change(&api, &caller, &project, &settings).await
}

/// Takes a setting of a project away, so that what holds is what holds of a new project: `public` is `false`.
#[utoipa::path(delete, path = "/projects/{project_name_or_id}/metadatas/{meta_name}", tag = "project metadata",
    operation_id = "deleteProjectMetadata",
    params(SettingAt), responses((status = 200, description = "Changed")))]
pub async fn reset_setting(
    State(api): State<Api>,
    caller: Caller,
    Path(SettingAt { project_name_or_id, meta_name: name }): Path<SettingAt>,
) -> Answer<Done> {
    let project = caller.project(&api, &project_name_or_id).await?;
    let new = false;
    if !shapes::metadata(new).contains_key(&name) {
        // Who may not know of the project is told that.
        api.registry().projects.get_record(&caller.actor, &project).await?;
        return Err(Failure::NotFound(format!("project {project} has no setting {name}")));
    }
    change(&api, &caller, &project, &Settings { public: Some(new), quota: NewQuota::Default }).await
}

async fn change(api: &Api, caller: &Caller, project: &ProjectName, settings: &Settings) -> Answer<Done> {
    let projects = &api.registry().projects;
    match settings.quota {
        NewQuota::Default => {}
        NewQuota::Bytes(bytes) => projects.set_quota(&caller.actor, project, Some(bytes)).await?,
        NewQuota::Unlimited => {
            // What clients send that do not care: where there is no limit, it takes none away.
            let numbers = projects.get_numbers(&caller.actor, project).await?;
            if !numbers.sees_quota || numbers.record.storage_quota.is_some() {
                projects.set_quota(&caller.actor, project, None).await?;
            }
        }
    }
    projects.set_access(&caller.actor, project, settings.public).await?;
    Ok(Done)
}

/// The project that a text names, also where it is all digits.
///
/// # Errors
/// [`Failure::Registry`] for what no project can be called.
pub fn named(text: &str) -> Result<ProjectName, Failure> {
    text.parse().map_err(|_| registry::Error::ProjectNotFound { name: text.to_owned() }.into())
}

/// The settings that a project has here.
#[derive(Clone, Copy, Debug, Default)]
struct Settings {
    public: Option<bool>,
    quota: NewQuota,
}

impl Settings {
    /// What is wanted, if it can be had. Switches of Harbor that are off are what holds here too.
    fn of(wanted: &rest::ProjectReq) -> Result<Self, Failure> {
        let quota = match wanted.storage_limit {
            None | Some(0) => NewQuota::Default,
            Some(-1) => NewQuota::Unlimited,
            Some(limit) => NewQuota::Bytes(u64::try_from(limit).map_err(|_| {
                let what = "storage_limit is a number of bytes, -1 for no limit, or 0 for the default";
                Failure::Invalid(what.to_owned())
            })?),
        };
        let allowed = wanted.cve_allowlist.as_ref().and_then(|list| list.items.as_ref());
        if allowed.is_some_and(|items| !items.is_empty()) {
            return Err(Failure::Invalid("cve_allowlist: nothing is scanned here; leave it out".to_owned()));
        }
        if wanted.registry_id.is_some() {
            return Err(Failure::Invalid("registry_id: there are no proxy caches yet; leave it out".to_owned()));
        }
        let mut settings = Self { public: wanted.public, quota };
        for (key, value) in wanted.metadata.iter().flatten() {
            let Some(value) = value.as_deref() else { continue };
            match (key.as_str(), value) {
                ("public", "true") => settings.public = Some(true),
                ("public", "false") => settings.public = Some(false),
                ("public", _) => {
                    return Err(Failure::Invalid("metadata.public is \"true\" or \"false\"".to_owned()));
                }
                (_, "false" | "") => {}
                (key, value) => {
                    let what = format!("metadata.{key}: Slipway does nothing for {value:?}; leave it out");
                    return Err(Failure::Invalid(what));
                }
            }
        }
        Ok(settings)
    }
}
