"""Drives a server with harborapi, a client of Harbor that knows nothing of Slipway.

harborapi checks every answer against Harbor's own shapes. The repository `first/app` has been pushed with the tag 1.0.
"""

import asyncio
import sys

from harborapi import HarborAsyncClient
from harborapi.exceptions import BadRequest, Conflict, Forbidden, NotFound, PreconditionFailed, Unauthorized
from harborapi.models import (
    Access,
    Configurations,
    Label,
    ProjectMember,
    ProjectMetadata,
    ProjectReq,
    Repository,
    Robot,
    RobotCreate,
    RobotPermission,
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
    return HarborAsyncClient(url=URL, username=username, secret=secret, raw=False, validate=True, timeout=120.0)


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
    await harbor.delete_project_metadata_entry("second", "public")
    assert (await harbor.get_project_metadata_entry("second", "public"))["public"] == "false"
    await refused(NotFound, harbor.delete_project_metadata_entry("second", "severity"))
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
    for source in ("first/app:stable", f"first/app@{artifact.digest}"):
        location = await harbor.copy_artifact("first", "copies/app", source)
        assert location.endswith(source[len("first/app"):][1:]), location
    copied = await harbor.get_artifact("first", "copies/app", "1.0")
    assert copied.digest == artifact.digest and sorted(tag.name for tag in copied.tags) == ["1.0", "stable"], copied
    await refused(NotFound, harbor.copy_artifact("first", "copies/app", "first/none:1.0"))
    await refused(BadRequest, harbor.copy_artifact("first", "copies/app", "nonsense"))
    await harbor.delete_repository("first", "copies/app")
    await harbor.delete_artifact_tag("first", "app", artifact.digest, "stable")
    await refused(NotFound, harbor.get_artifact("first", "app", "stable"))


@step
async def labels(harbor):
    project = (await harbor.get_project("first")).project_id
    label = Label(name="stable", description="Ready", color="#48960C", scope="p", project_id=project)
    location = await harbor.create_label(label)
    stable = int(location.rsplit("/", 1)[1])
    await refused(Conflict, harbor.create_label(label))
    await refused(BadRequest, harbor.create_label(Label(name="red", color="red", scope="g")))
    approved = int((await harbor.create_label(Label(name="approved", scope="g"))).rsplit("/", 1)[1])
    found = await harbor.get_labels(name="STAB", scope="p", project_id=project)
    assert [(one.id, one.color, one.project_id) for one in found] == [(stable, "#48960C", project)], found
    assert [one.name for one in await harbor.get_labels(scope="g")] == ["approved"]
    await harbor.update_label(stable, Label(name="released"))
    assert (await harbor.get_label(stable)).name == "released"
    for label in (stable, approved):
        await harbor.add_artifact_label("first", "app", "1.0", Label(id=label))
    await refused(Conflict, harbor.add_artifact_label("first", "app", "1.0", Label(id=stable)))
    artifact = await harbor.get_artifact("first", "app", "1.0", with_label=True)
    assert [one.name for one in artifact.labels] == ["approved", "released"]
    assert len(await harbor.get_artifacts("first", "app", query=f"labels=({stable} {approved})")) == 1
    await harbor.delete_artifact_label("first", "app", "1.0", stable)
    await refused(NotFound, harbor.delete_artifact_label("first", "app", "1.0", stable))
    await harbor.delete_label(approved)
    [artifact] = await harbor.get_artifacts("first", "app", with_label=True)
    assert artifact.labels == [], artifact.labels
    await harbor.delete_label(stable)
    await refused(NotFound, harbor.get_label(stable))


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


def given(project, *actions):
    access = [Access(resource="repository", action=action) for action in actions]
    return [RobotPermission(kind="project", namespace=project, access=access)]


def may(robot, action):
    [permission] = robot.permissions
    return any((one.resource, one.action) == ("repository", action) for one in permission.access)


@step
async def robots_of_a_project(harbor):
    wanted = RobotCreate(name="ci", description="Builds", level="project", duration=7, permissions=given("first", "pull"))
    created = await harbor.create_robot(wanted)
    assert created.name == "robot$first+ci" and created.secret, created.name
    await refused(Conflict, harbor.create_robot(wanted))
    await refused(NotFound, harbor.create_robot(RobotCreate(name="ci", level="project", permissions=given("none", "pull"))))
    project = (await harbor.get_project("first")).project_id
    assert [one.id for one in await harbor.get_robots(query=f"Level=project,ProjectID={project}")] == [created.id]
    robot = await harbor.get_robot(created.id)
    assert (robot.level, robot.duration, robot.disable, robot.description) == ("project", 7, False, "Builds"), robot
    assert robot.permissions[0].namespace == "first" and may(robot, "pull") and not may(robot, "push")
    itself = client(created.name, created.secret)
    assert (await itself.get_project("first")).name == "first"

    # What Harbor's clients do: the whole robot is sent back with something changed.
    robot.disable = True
    await harbor.update_robot(created.id, robot)
    assert (await harbor.get_robot(created.id)).disable
    await refused(Unauthorized, itself.get_project("first"))
    robot.disable, robot.permissions = False, given("first", "pull", "push")
    await harbor.update_robot(created.id, robot)
    robot = await harbor.get_robot(created.id)
    assert not robot.disable and may(robot, "push") and robot.duration == 7, robot
    await refused(BadRequest, harbor.update_robot(created.id, Robot(permissions=given("library", "pull"))))
    assert (await harbor.get_robot(created.id)).permissions == robot.permissions

    await refused(BadRequest, harbor.refresh_robot_secret(created.id, "Harbor12345"))
    refreshed = await harbor.refresh_robot_secret(created.id, "")
    assert refreshed.secret and refreshed.secret != created.secret
    assert (await client(created.name, refreshed.secret).get_project("first")).name == "first"
    await harbor.delete_robot(created.id)
    await refused(NotFound, harbor.get_robot(created.id))
    await refused(Unauthorized, client(created.name, refreshed.secret).get_project("first"))


@step
async def robots_of_the_system(harbor):
    created = await harbor.create_robot(RobotCreate(name="all", level="system", duration=-1, permissions=given("*", "pull")))
    assert created.name == "robot$all" and created.expires_at == -1
    [robot] = await harbor.get_robots()
    assert (robot.id, robot.level, robot.permissions[0].namespace) == (created.id, "system", "*"), robot
    assert (await client(created.name, created.secret).get_project("first")).name == "first"
    await harbor.delete_robot(created.id)
    assert await harbor.get_robots() == []


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
