//! What stands in an address.

use axum::extract::FromRequestParts;
use http::request::Parts;
use oci::{ProjectName, Reference, RepositoryName};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, de::DeserializeOwned};
use utoipa::IntoParams;

use super::{Api, Caller, Failure};

/// The parts of an address that stand for something.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Path<T> {
    type Rejection = Failure;

    async fn from_request_parts(head: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let path = axum::extract::Path::from_request_parts(head, api).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| {
            Failure::NotFound("the address does not exist: a number in it is none, or a name is malformed".to_owned())
        })
    }
}

/// A project.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProjectAt {
    /// Digits are an id unless `X-Is-Resource-Name` is true.
    pub project_name_or_id: String,
}

/// A project where Harbor calls it by its name; a number is understood as well.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProjectNameAt {
    /// Digits are an id unless `X-Is-Resource-Name` is true.
    pub project_name: String,
}

/// A member of a project.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MemberAt {
    /// Digits are an id unless `X-Is-Resource-Name` is true.
    pub project_name_or_id: String,
    /// The membership's id.
    pub mid: i64,
}

/// A setting of a project.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SettingAt {
    /// Digits are an id unless `X-Is-Resource-Name` is true.
    pub project_name_or_id: String,
    /// The setting: `public`.
    pub meta_name: String,
}

/// A repository.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RepositoryAt {
    /// Digits are an id unless `X-Is-Resource-Name` is true.
    project_name: String,
    /// Without the project's name; encoded twice where it has a slash.
    repository_name: String,
}

/// An artifact.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ArtifactAt {
    /// Digits are an id unless `X-Is-Resource-Name` is true.
    project_name: String,
    /// Without the project's name; encoded twice where it has a slash.
    repository_name: String,
    /// A tag or digest.
    reference: String,
}

/// A label of an artifact.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ArtifactLabelAt {
    /// Digits are an id unless `X-Is-Resource-Name` is true.
    project_name: String,
    /// Without the project's name; encoded twice where it has a slash.
    repository_name: String,
    /// A tag or digest.
    reference: String,
    /// The label's id.
    pub label_id: i64,
}

/// A tag of an artifact.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct TagAt {
    /// Digits are an id unless `X-Is-Resource-Name` is true.
    project_name: String,
    /// Without the project's name; encoded twice where it has a slash.
    repository_name: String,
    /// A tag or digest.
    reference: String,
    /// The tag.
    pub tag_name: String,
}

impl RepositoryAt {
    /// Its name.
    pub async fn repository(&self, api: &Api, caller: &Caller) -> Result<RepositoryName, Failure> {
        repository(&caller.project(api, &self.project_name).await?, &self.repository_name)
    }
}

impl ArtifactAt {
    /// Its repository, and what it is called there.
    pub async fn artifact(&self, api: &Api, caller: &Caller) -> Result<(RepositoryName, Reference), Failure> {
        artifact(api, caller, [&self.project_name, &self.repository_name, &self.reference]).await
    }
}

impl ArtifactLabelAt {
    /// The artifact.
    pub async fn artifact(&self, api: &Api, caller: &Caller) -> Result<(RepositoryName, Reference), Failure> {
        artifact(api, caller, [&self.project_name, &self.repository_name, &self.reference]).await
    }
}

impl TagAt {
    /// The artifact.
    pub async fn artifact(&self, api: &Api, caller: &Caller) -> Result<(RepositoryName, Reference), Failure> {
        artifact(api, caller, [&self.project_name, &self.repository_name, &self.reference]).await
    }
}

async fn artifact(api: &Api, caller: &Caller, names: [&str; 3]) -> Result<(RepositoryName, Reference), Failure> {
    let name = repository(&caller.project(api, names[0]).await?, names[1])?;
    let reference = reference(&name, names[2])?;
    Ok((name, reference))
}

/// The repository that an address means. Its name is encoded twice where it has a slash (`a%252Fb`), as Harbor wants it; once
/// is understood as well. A name that none can have is one that there is not.
fn repository(project: &ProjectName, text: &str) -> Result<RepositoryName, Failure> {
    let path = percent_decode_str(text).decode_utf8_lossy();
    let name = format!("{project}/{path}");
    name.parse().map_err(|_| Failure::NotFound(format!("repository {name} does not exist")))
}

/// The tag or digest that an address means.
fn reference(repository: &RepositoryName, text: &str) -> Result<Reference, Failure> {
    text.parse().map_err(|_| Failure::NotFound(format!("{text} does not exist in {repository}")))
}

/// The artifact that a text names as a whole: `project/repository:tag` or `project/repository@digest`.
///
/// # Errors
/// [`Failure::Invalid`] for what is neither.
pub fn named_artifact(text: &str) -> Result<(RepositoryName, Reference), Failure> {
    let by_digest = text.contains('@');
    let parts = if by_digest { text.split_once('@') } else { text.rsplit_once(':') };
    let (name, reference) = parts.unwrap_or_default();
    match (name.parse::<RepositoryName>(), reference.parse::<Reference>()) {
        (Ok(name), Ok(reference)) if reference.digest().is_some() == by_digest => Ok((name, reference)),
        _ => Err(Failure::Invalid(format!("{text:?} is neither project/repository:tag nor project/repository@digest"))),
    }
}

/// A repository's name as a segment of an address: encoded twice.
pub fn encoded(repository: &RepositoryName) -> String {
    repository.path().unwrap_or_default().replace('/', "%252F")
}
