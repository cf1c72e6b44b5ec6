"""Drives a server with harborapi, a client of Harbor that knows nothing of Slipway.

harborapi checks every answer against Harbor's own shapes. The repository `first/app` has been pushed with the tag 1.0.
"""

import asyncio
import sys

from harborapi import HarborAsyncClient
from harborapi.exceptions import BadRequest, Conflict, Forbidden, NotFound, PreconditionFailed, Unauthorized
from harborapi.models import (
    Configurations,
    ProjectMember,
    ProjectMetadata,
    ProjectReq,
    Repository,
    RoleRequest,
    Tag,
    UserCreationReq,
    UserEntity,
    UserProfile,
    UserSysAdminFlag,
)

URL, USERNAME, PASSWORD = sys.argv[1:4]
STEPS = []


def step(work):
    STEPS.append(work)
    return work


async def refused(kind, call):
    try:
        await call
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was expected")


def client(username=USERNAME, secret=PASSWORD):
    return HarborAsyncClient(url=URL, username=username, secret=secret, raw=False, validate=True)


@step
async def the_system(harbor):
    assert await harbor.ping() == "Pong"
    assert (await harbor.health_check()).status == "healthy"
    info = await harbor.get_system_info()
    assert info.auth_mode == "db_auth" and info.harbor_version
    statistics = await harbor.get_statistics()
    assert statistics.total_project_count >= 1 and statistics.total_storage_consumption > 0


@step
async def projects(harbor):
    location = await harbor.create_project(ProjectReq(project_name="second", metadata=ProjectMetadata(public="false")))
    assert location.endswith("/projects/second"), location
    await refused(Conflict, harbor.create_project(ProjectReq(project_name="second")))
    await refused(BadRequest, harbor.create_project(ProjectReq(project_name="No Name")))
    assert await harbor.project_exists("second") and not await harbor.project_exists("none")
    project = await harbor.get_project("second")
    assert project.metadata.public == "false" and project.owner_name == USERNAME
    assert (await harbor.get_project(project.project_id)).name == "second"
    await harbor.update_project("second", ProjectReq(metadata=ProjectMetadata(public="true")))
    assert (await harbor.get_project_metadata("second")).public == "true"
    await harbor.set_project_metadata("second", ProjectMetadata(public="false"))
    await harbor.update_project_metadata_entry("second", "public", {"public": "true"})
    assert (await harbor.get_project_metadata_entry("second", "public"))["public"] == "true"
    for number in range(12):
        await harbor.create_project(ProjectReq(project_name=f"many-{number:02}"))
    names = [project.name for project in await harbor.get_projects(name="many", sort="-name", page_size=5)]
    assert names == [f"many-{number:02}" for number in reversed(range(12))], names
    assert (await harbor.get_project_summary("second")).repo_count == 0
    assert (await harbor.get_project_deletable("second")).deletable
    await refused(NotFound, harbor.get_project("none"))
    await refused(PreconditionFailed, harbor.delete_project("first"))
    await harbor.delete_project("second")
    await refused(NotFound, harbor.get_project("second"))
    quotas = await harbor.get_quotas(page_size=100)
    assert any(quota.ref.root.get("name") == "first" for quota in quotas)


@step
async def repositories(harbor):
    found = await harbor.search("app")
    assert [one.repository_name for one in found.repository] == ["first/app"]
    assert [one.name for one in await harbor.get_repositories("first")] == ["first/app"]
    assert [one.name for one in await harbor.get_repositories(query="name=~APP")] == ["first/app"]
    await harbor.update_repository("first", "app", Repository(description="Words about it"))
    repository = await harbor.get_repository("first", "app")
    assert repository.description == "Words about it" and repository.artifact_count == 1
    await refused(NotFound, harbor.get_repository("first", "none"))


@step
async def artifacts_and_tags(harbor):
    [artifact] = await harbor.get_artifacts("first", "app", query="tags=1.0")
    assert [tag.name for tag in artifact.tags] == ["1.0"]
    assert await harbor.get_artifacts("first", "app", query="tags=none") == []
    one = await harbor.get_artifact("first", "app", "1.0")
    assert one.digest == artifact.digest and one.extra_attrs.root["os"] == "linux"
    location = await harbor.create_artifact_tag("first", "app", "1.0", Tag(name="stable"))
    assert location.endswith("/tags/stable"), location
    await refused(Conflict, harbor.create_artifact_tag("first", "app", "1.0", Tag(name="stable")))
    tags = await harbor.get_artifact_tags("first", "app", artifact.digest, sort="name")
    assert [tag.name for tag in tags] == ["1.0", "stable"]
    await harbor.delete_artifact_tag("first", "app", artifact.digest, "stable")
    await refused(NotFound, harbor.get_artifact("first", "app", "stable"))


@step
async def people(harbor):
    await refused(BadRequest, harbor.create_user(UserCreationReq(username="ada", password="a password of somebody else")))
    location = await harbor.create_user(UserCreationReq(username="ada", realname="Ada", email="ada@example.com"))
    ada = await harbor.get_user(int(location.rsplit("/", 1)[1]))
    assert ada.username == "ada" and ada.realname == "Ada" and not ada.sysadmin_flag
    await refused(Conflict, harbor.create_user(UserCreationReq(username="ada")))
    assert [user.username for user in await harbor.get_users(sort="username")] == ["ada", USERNAME]
    assert [user.user_id for user in await harbor.search_users_by_username("AD", page_size=1)][0] == ada.user_id
    await harbor.set_user_admin(ada.user_id, True)
    assert (await harbor.get_user(ada.user_id)).sysadmin_flag
    await harbor.set_user_admin(ada.user_id, False)
    own = await harbor.get_current_user()
    assert own.username == USERNAME and own.sysadmin_flag
    await harbor.update_user(own.user_id, UserProfile(realname="The operator", email="", comment=""))
    assert (await harbor.get_current_user()).realname == "The operator"
    await refused(BadRequest, harbor.set_user_password(own.user_id, "another fine harbour", "wrong"))
    await refused(Forbidden, harbor.set_user_password(ada.user_id, "another fine harbour"))
    may = await harbor.get_current_user_permissions(f"/project/{(await harbor.get_project('first')).project_id}", True)
    assert any(one.resource == "member" and one.action == "create" for one in may)


@step
async def members(harbor):
    await harbor.add_project_member("first", ProjectMember(role_id=3, member_user=UserEntity(username="ada")))
    found = await harbor.get_project_members("first", entity_name="AD", page_size=1)
    assert [(member.entity_name, member.role_id) for member in found] == [("ada", 3), (USERNAME, 1)], found
    member = found[0]
    await harbor.update_project_member_role("first", member.id, RoleRequest(role_id=4))
    assert (await harbor.get_project_member("first", member.id)).role_name == "maintainer"
    await refused(Conflict, harbor.add_project_member("first", ProjectMember(role_id=3, member_user=UserEntity(username="ada"))))
    await harbor.remove_project_member("first", member.id)
    await refused(NotFound, harbor.get_project_member("first", member.id))
    ada = [user for user in await harbor.get_users() if user.username == "ada"][0]
    await harbor.delete_user(ada.user_id)
    await refused(NotFound, harbor.get_user(ada.user_id))


@step
async def the_audit_log(harbor):
    log = await harbor.get_project_logs("first", page_size=1)
    told = [(one.operation, one.resource_type) for one in log]
    assert ("add", "member") in told and ("create", "artifact") in told, told
    assert len({one.id for one in log}) == len(log) > 3
    created = await harbor.get_audit_logs(query="operation=create,resource_type=user")
    assert [one.resource for one in created][0] == "ada"


@step
async def settings(harbor):
    assert (await harbor.get_config()).self_registration.value is False
    await harbor.update_config(Configurations(self_registration=True))
    config = await harbor.get_config()
    assert config.self_registration.value is True and config.project_creation_restriction.value == "everyone"
    await harbor.update_config(Configurations(self_registration=False))
    await refused(BadRequest, harbor.update_config(Configurations(read_only=True)))


@step
async def strangers(harbor):
    del harbor
    await refused(Unauthorized, client(USERNAME, "wrong").get_project("first"))


@step
async def the_end(harbor):
    await harbor.delete_artifact("first", "app", "1.0")
    assert await harbor.get_artifacts("first", "app") == []
    await harbor.delete_repository("first", "app")
    await harbor.delete_project("first")
    await refused(NotFound, harbor.get_project("first"))


async def main():
    harbor = client()
    for work in STEPS:
        await work(harbor)
        print("ok", work.__name__)


asyncio.run(main())
