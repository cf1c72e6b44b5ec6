//! Names out of addresses and forms, checked: what is no name is nothing that exists.

use super::fail;
use crate::AppError;
use api_types::{Problem, ProblemKind};
use oci::{Digest, ProjectName, Reference, RepositoryName, Tag};
use std::str::FromStr;

fn parse<T: FromStr>(text: &str) -> Result<T, AppError> {
    text.parse().map_err(|_| {
        let message = format!("{text} does not exist, or you have no access to it.");
        fail(Problem::new(ProblemKind::NotFound, "no_such_name", message))
    })
}

/// A project's name.
///
/// # Errors
/// Not found, for this and all others here.
pub fn project(text: &str) -> Result<ProjectName, AppError> {
    parse(text)
}

/// The project that something belongs to; none for robots of the system and for projects themselves, whose forms name none.
///
/// # Errors
/// As [`project`].
pub fn home(text: &str) -> Result<Option<ProjectName>, AppError> {
    if text.is_empty() { Ok(None) } else { parse(text).map(Some) }
}

/// A repository's full name.
pub fn repository(text: &str) -> Result<RepositoryName, AppError> {
    parse(text)
}

/// A tag or a digest.
pub fn reference(text: &str) -> Result<Reference, AppError> {
    parse(text)
}

/// A digest.
pub fn digest(text: &str) -> Result<Digest, AppError> {
    parse(text)
}

/// A tag.
pub fn tag(text: &str) -> Result<Tag, AppError> {
    parse(text)
}

/// Tags with commas between, which no tag contains.
pub fn tags(text: &str) -> Result<Vec<Tag>, AppError> {
    text.split(',').filter(|tag| !tag.is_empty()).map(parse).collect()
}
