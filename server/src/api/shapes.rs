//! Plain data of services in the shapes of the API.

use std::collections::BTreeMap;

use api_types::{ArtifactKind, Member, PersonState, PersonSummary, PlatformSummary, Role, rest};
use registry::{
    access::{ProjectId, RepositoryId},
    content::{ArtifactRecord, ChildRecord, RepositoryRecord, TagRecord},
    labels::LabelRecord,
    projects::ProjectRecord,
};
use time::{OffsetDateTime, macros::datetime};

use super::Failure;

/// What Harbor says where something never happened.
const NEVER: OffsetDateTime = datetime!(0001-01-01 00:00:00 UTC);

/// A role by its number.
pub fn role_number(role: Role) -> i16 {
    match role {
        Role::ProjectAdmin => 1,
        Role::Developer => 2,
        Role::Guest => 3,
        Role::Maintainer => 4,
        Role::LimitedGuest => 5,
    }
}

/// The role of a number.
///
/// # Errors
/// [`Failure::Invalid`] for a number that no role has.
pub fn role(number: i16) -> Result<Role, Failure> {
    let roles = [Role::ProjectAdmin, Role::Developer, Role::Guest, Role::Maintainer, Role::LimitedGuest];
    roles.into_iter().find(|role| role_number(*role) == number).ok_or_else(|| {
        Failure::Invalid("role_id is 1 project admin, 2 developer, 3 guest, 4 maintainer or 5 limited guest".to_owned())
    })
}

/// Harbor's word for a role.
fn role_name(role: Role) -> &'static str {
    match role {
        Role::ProjectAdmin => "projectAdmin",
        Role::Developer => "developer",
        Role::Guest => "guest",
        Role::Maintainer => "maintainer",
        Role::LimitedGuest => "limitedGuest",
    }
}

pub fn member(project: ProjectId, member: Member) -> rest::ProjectMemberEntity {
    rest::ProjectMemberEntity {
        id: member.id,
        project_id: project.0,
        entity_name: member.person.username,
        role_name: role_name(member.role).to_owned(),
        role_id: role_number(member.role),
        entity_id: member.person.id,
        entity_type: "u".to_owned(),
    }
}

pub fn person(person: PersonSummary) -> rest::UserResp {
    rest::UserResp {
        user_id: person.id,
        username: person.username,
        realname: person.display_name,
        email: person.email.unwrap_or_default(),
        comment: String::new(),
        sysadmin_flag: person.is_admin,
        admin_role_in_auth: false,
        disabled: person.state == PersonState::Disabled,
        creation_time: person.created_at,
        update_time: person.created_at,
    }
}

pub fn project(record: ProjectRecord) -> rest::Project {
    let role = record.role.map(role_number);
    rest::Project {
        project_id: record.id.0,
        name: record.name,
        owner_id: record.owner.map_or(0, |owner| owner.0),
        owner_name: record.owner_name,
        creation_time: record.created_at,
        update_time: record.updated_at,
        deleted: false,
        current_user_role_id: role.unwrap_or(0),
        current_user_role_ids: role.into_iter().collect(),
        repo_count: record.repositories,
        metadata: metadata(record.public),
    }
}

/// The settings of a project.
pub fn metadata(public: bool) -> rest::Metadata {
    BTreeMap::from([("public".to_owned(), public.to_string())])
}

/// Bytes allowed and used, for those who may know.
pub fn quota(record: &ProjectRecord) -> rest::ProjectSummaryQuota {
    let bytes = |bytes: u64| rest::Storage { storage: i64::try_from(bytes).unwrap_or(i64::MAX) };
    rest::ProjectSummaryQuota {
        hard: record.storage_quota.map_or(rest::Storage { storage: -1 }, bytes),
        used: bytes(record.storage_used),
    }
}

pub fn member_counts(members: &[(Role, u64)]) -> rest::MemberCounts {
    let count = |role| members.iter().find(|(known, _)| *known == role).map_or(0, |(_, count)| *count);
    rest::MemberCounts {
        project_admin_count: count(Role::ProjectAdmin),
        maintainer_count: count(Role::Maintainer),
        developer_count: count(Role::Developer),
        guest_count: count(Role::Guest),
        limited_guest_count: count(Role::LimitedGuest),
    }
}

pub fn repository(record: RepositoryRecord) -> rest::Repository {
    rest::Repository {
        id: record.id.0,
        project_id: record.project.0,
        name: record.name,
        description: record.description,
        artifact_count: record.artifacts,
        pull_count: record.pulls,
        creation_time: record.created_at,
        update_time: record.updated_at,
    }
}

/// Where an artifact is.
#[derive(Clone, Debug)]
pub struct Place {
    pub project: ProjectId,
    pub repository: RepositoryId,
    pub name: String,
}

pub fn artifact(record: ArtifactRecord, place: &Place, with_tags: bool) -> rest::Artifact {
    let media_type = record.config_media_type.clone().unwrap_or_else(|| record.media_type.clone());
    let children = record.children.into_iter().map(|child| reference(record.id, child));
    let references: Vec<_> = children.collect();
    rest::Artifact {
        id: record.id,
        kind: kind(record.kind).to_owned(),
        artifact_type: record.artifact_type.unwrap_or_else(|| media_type.clone()),
        media_type,
        manifest_media_type: record.media_type,
        project_id: place.project.0,
        repository_id: place.repository.0,
        repository_name: place.name.clone(),
        digest: record.digest,
        size: record.size,
        push_time: record.pushed_at,
        pull_time: record.pulled_at.unwrap_or(NEVER),
        extra_attrs: match (record.kind, record.platforms.first()) {
            (ArtifactKind::Image, Some(platform)) => attributes(platform),
            _ => BTreeMap::new(),
        },
        annotations: Some(record.annotations).filter(|annotations| !annotations.is_empty()),
        references: Some(references).filter(|references| !references.is_empty()),
        tags: with_tags.then(|| record.tags.into_iter().map(tag).collect()),
        labels: record.labels.map(|labels| labels.into_iter().map(label).collect()),
    }
}

fn attributes(platform: &PlatformSummary) -> BTreeMap<String, String> {
    let pairs = [("architecture", &platform.architecture), ("os", &platform.os), ("variant", &platform.variant)];
    pairs
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), value.clone()))
        .collect()
}

fn reference(parent: i64, child: ChildRecord) -> rest::ArtifactReference {
    let platform = child.platform.map(|PlatformSummary { os, architecture, variant }| rest::Platform {
        architecture,
        os,
        variant,
    });
    rest::ArtifactReference { parent_id: parent, child_id: child.id.unwrap_or(0), child_digest: child.digest, platform }
}

fn kind(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Image | ArtifactKind::Index => "IMAGE",
        ArtifactKind::HelmChart => "CHART",
        ArtifactKind::Signature => "SIGNATURE",
        ArtifactKind::Sbom => "SBOM",
        ArtifactKind::Attestation => "ATTESTATION",
        ArtifactKind::Other => "UNKNOWN",
    }
}

pub fn label(record: LabelRecord) -> rest::Label {
    rest::Label {
        id: record.label.id,
        name: record.label.name,
        description: record.label.description,
        color: record.label.color,
        scope: if record.project.is_some() { "p" } else { "g" }.to_owned(),
        project_id: record.project.map_or(0, |project| project.0),
        creation_time: record.created_at,
        update_time: record.updated_at,
    }
}

pub fn tag(record: TagRecord) -> rest::Tag {
    rest::Tag {
        id: record.id,
        repository_id: record.repository.0,
        artifact_id: record.artifact,
        name: record.name,
        push_time: record.pushed_at,
        pull_time: record.pulled_at.unwrap_or(NEVER),
        immutable: record.protected,
    }
}
