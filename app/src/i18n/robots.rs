//! Robots, access tokens, and the secrets of both.

use api_types::{CredentialState, Overlap, TokenLevel};

messages! {
    /// Robots of a project and of the system.
    Robots {
        tab: "Robots", "로봇";
        system_title: "System robots", "시스템 로봇";
        system_lead: "For programs that work in several projects or in all. Robots of one project are on that project's page.", "여러 프로젝트나 모든 프로젝트에서 작업하는 프로그램용 계정입니다. 한 프로젝트의 로봇은 해당 프로젝트 페이지에 있습니다.";
        new: "New robot", "새 로봇";
        filter: "Filter robots", "로봇 필터";
        no_match(filter): "No robot matches “{filter}”", "‘{filter}’와 일치하는 로봇이 없습니다";
        clear_filter: "Clear the filter", "필터 지우기";
        empty: "No robots yet", "아직 로봇이 없습니다";
        empty_text: "A robot is an account for a program: a pipeline that pushes, a cluster that pulls. It has a secret of its own, only the rights you give it, and an end, so nobody's password has to stand in a pipeline.", "로봇은 프로그램용 계정입니다. 푸시하는 파이프라인이나 풀하는 클러스터에 쓰세요. 자체 시크릿과 부여한 권한만 가지며 만료일이 있어, 파이프라인에 사람의 비밀번호를 둘 필요가 없습니다.";
        empty_member: "Whoever administers this project can create one for a pipeline or a cluster.", "프로젝트 관리자가 파이프라인이나 클러스터용 로봇을 만들 수 있습니다.";
        robot: "Robot", "로봇";
        may: "Permissions", "권한";
        expires: "Expires", "만료";
        used: "Last used", "마지막 사용";
        state: "State", "상태";
        sort_name: "Name", "이름순";
        sort_expires: "First to expire", "만료 임박순";
        sort_used: "Last used", "최근 사용순";
        in_all: "in all projects", "모든 프로젝트";
        in_some(projects): "in {projects}", "{projects}";
        in_none: "Nothing: its projects were deleted", "없음: 프로젝트가 삭제됨";
        edit: "Edit…", "편집…";
        rotate: "Rotate secret…", "시크릿 교체…";
        disable: "Disable…", "비활성화…";
        enable: "Enable…", "활성화…";
        delete: "Delete…", "삭제…";
        previous_works(time): "The previous secret works {time} more", "이전 시크릿 유효: {time}";
        expiring_title(n count): one "A secret expires soon", other "{n} secrets expire soon", "곧 만료되는 시크릿 {n}개";
        expired_title(n count): one "A secret has expired", other "{n} secrets have expired", "만료된 시크릿 {n}개";
        both_title(n): "{n} secrets have expired or expire soon", "만료되었거나 곧 만료되는 시크릿 {n}개";
        expires_soon(name, time): "{name} expires {time}", "{name}: {time} 만료";
        has_expired(name, time): "{name} has expired ({time})", "{name}: 만료됨 ({time})";

        new_title: "New robot", "새 로봇";
        new_system_title: "New system robot", "새 시스템 로봇";
        new_lead: "Its secret is shown once, after you create it.", "시크릿은 만든 직후 한 번만 표시됩니다.";
        name: "Name", "이름";
        name_hint: "Lower-case letters and digits, with single `.` `_` or `-` between.", "영문 소문자와 숫자, 사이에 `.` `_` `-`를 하나씩 쓸 수 있습니다.";
        description: "What it is for", "용도";
        description_hint: "A sentence for whoever finds it later.", "나중에 이 로봇을 보는 사람을 위해 적어 두세요.";
        permissions: "What it may do", "할 수 있는 일";
        projects: "Where", "범위";
        all_projects: "In all projects", "모든 프로젝트";
        all_projects_hint: "Those that are created later, too.", "나중에 만드는 프로젝트도 포함됩니다.";
        some_projects: "Only these projects", "지정한 프로젝트만";
        some_projects_label: "Projects", "프로젝트";
        some_projects_hint: "Names with spaces or commas between.", "이름을 공백이나 쉼표로 구분하세요.";
        lifetime: "Expires", "만료";
        lifetime_hint: "You are warned 14 days ahead. A secret that never expires works for whoever finds it, until somebody notices.", "14일 전에 알려 드립니다. 만료되지 않는 시크릿은 유출되면 누군가 알아챌 때까지 계속 쓰일 수 있습니다.";
        in_days(n count): one "In {n} day", other "In {n} days", "{n}일 후";
        in_a_year: "In a year", "1년 후";
        never: "Never", "만료 없음";
        keep_until(day): "As before: {day}", "그대로: {day}";
        keep_never: "As before: never", "그대로: 만료 없음";
        differs: "It has different permissions in different projects. Saving gives it the same ones in all that are named here.", "프로젝트마다 권한이 다릅니다. 저장하면 여기 적힌 모든 프로젝트에 같은 권한을 줍니다.";
        create: "Create robot", "로봇 만들기";
        creating: "Creating…", "만드는 중…";
        edit_title(name): "Edit {name}", "{name} 편집";
        saved: "The robot was saved.", "로봇을 저장했습니다.";
        failed_title: "The robot was not saved", "로봇을 저장하지 못했습니다";

        rotate_title(name): "New secret for {name}?", "{name}의 시크릿을 교체할까요?";
        rotate_text: "The robot gets a new secret, which is shown once. Name and permissions stay.", "로봇에 새 시크릿을 발급하고 한 번만 표시합니다. 이름과 권한은 그대로입니다.";
        overlap: "Current secret", "현재 시크릿";
        overlap_none: "Stops now", "지금 종료";
        overlap_none_hint: "For a secret that leaked. It opens nothing any more, and neither do the registry tokens that it already got.", "시크릿이 유출된 경우. 더 이상 쓸 수 없고, 이미 받은 레지스트리 토큰도 무효가 됩니다.";
        overlap_hour: "Works for one more hour", "1시간 더 사용";
        overlap_day: "Works for 24 more hours", "24시간 더 사용";
        overlap_week: "Works for 7 more days", "7일 더 사용";
        overlap_hint: "Time to change your pipelines. Both secrets work meanwhile.", "파이프라인을 바꿀 시간입니다. 그동안 두 시크릿이 모두 작동합니다.";
        rotate_previous(time): "The secret before the present one still works ({time} more). It ends with this rotation.", "이전 시크릿이 아직 유효합니다({time}). 이번 교체와 함께 종료됩니다.";
        rotate_confirm: "Rotate the secret", "시크릿 교체";
        rotating: "Rotating…", "교체 중…";
        disable_title(name): "Disable the robot {name}?", "{name} 로봇을 비활성화할까요?";
        disable_text: "Whatever signs in with it fails within a second, even with registry tokens that it already has. Its secret and permissions stay, and you can enable it again.", "이 로봇으로 로그인하는 모든 것이 1초 안에 실패하며, 이미 받은 레지스트리 토큰도 마찬가지입니다. 시크릿과 권한은 남아 있어 다시 활성화할 수 있습니다.";
        disable_confirm: "Disable robot", "로봇 비활성화";
        disabled(name): "{name} is disabled.", "{name} 로봇을 비활성화했습니다.";
        enable_title(name): "Enable the robot {name}?", "{name} 로봇을 활성화할까요?";
        enable_text: "Its secret works again at once, with the permissions that it had.", "시크릿이 이전 권한 그대로 즉시 다시 작동합니다.";
        enable_confirm: "Enable robot", "로봇 활성화";
        enabled: "The robot works again.", "로봇을 활성화했습니다.";
        delete_title(name): "Delete the robot {name}?", "{name} 로봇을 삭제할까요?";
        delete_goes: "The robot and its secret are deleted. Anything that uses it fails within a second. This cannot be undone.", "로봇과 시크릿이 삭제됩니다. 이 로봇을 쓰는 모든 것이 1초 안에 실패합니다. 되돌릴 수 없습니다.";
        delete_stays: "Images it pushed stay and keep its name.", "로봇이 올린 이미지는 로봇 이름과 함께 남습니다.";
        delete_confirm: "Delete robot", "로봇 삭제";
        deleted: "The robot was deleted.", "로봇을 삭제했습니다.";
        last_used_note(time): "It was last used {time}.", "마지막 사용: {time}.";
        never_used_note: "It was never used.", "사용된 적이 없습니다.";

        active: "Active", "활성";
        soon: "Expires soon", "곧 만료";
        expired: "Expired", "만료됨";
        is_disabled: "Disabled", "비활성";

        preset_pull: "Pull only", "풀만";
        preset_pull_hint: "See what is in the project and pull images. For clusters and mirrors.", "프로젝트에 있는 것을 보고 이미지를 풀합니다. 클러스터와 미러에 쓰세요.";
        preset_push: "Pull and push", "풀과 푸시";
        preset_push_hint: "Also push images and set tags. For most pipelines.", "이미지를 푸시하고 태그도 붙입니다. 대부분의 파이프라인에 알맞습니다.";
        preset_delete: "Pull, push and delete", "풀, 푸시, 삭제";
        preset_delete_hint: "Also delete tags, images and whole repositories.", "태그, 이미지, 저장소 전체도 삭제합니다.";
        preset_everything: "Everything", "모든 권한";
        preset_everything_hint: "Also labels, rules, members, robots, access; delete the project. Rarely right for a program.", "레이블, 규칙, 구성원, 로봇, 접근도 바꾸고 프로젝트를 삭제합니다. 프로그램에는 거의 필요하지 않습니다.";
        own: "Chosen one by one", "직접 선택";
        own_hint: "By resource and action, as Harbor has them.", "Harbor처럼 리소스와 동작별로 고릅니다.";

        of_repository: "Repositories", "저장소";
        of_repository_hint: "Pull includes seeing what is in the project; Push includes setting tags.", "풀에는 프로젝트 내용 보기가, 푸시에는 태그 붙이기가 포함됩니다.";
        of_artifact: "Artifacts", "아티팩트";
        of_artifact_hint: "List and Read are part of Pull, Create is part of Push.", "목록과 보기는 풀에, 만들기는 푸시에 포함됩니다.";
        of_addition: "Contents of artifacts", "아티팩트 내용";
        of_accessory: "Attached artifacts", "첨부된 아티팩트";
        of_accessory_hint: "Signatures, bills of materials. Part of Pull.", "서명과 SBOM. 풀에 포함됩니다.";
        of_tag: "Tags", "태그";
        of_tag_hint: "List is part of Pull, Create is part of Push.", "목록은 풀에, 만들기는 푸시에 포함됩니다.";
        of_mark: "Labels on artifacts", "아티팩트에 붙은 레이블";
        of_mark_hint: "Put them on and take them away.", "레이블을 붙이고 뗍니다.";
        of_label: "Labels of the project", "프로젝트 레이블";
        of_label_hint: "List and Create need Pull; Change and Delete need Read.", "목록과 만들기에는 풀이, 변경과 삭제에는 보기가 함께 필요합니다.";
        of_protection: "Protected tags", "보호된 태그";
        of_protection_hint: "Rules that keep tags from being overwritten and deleted.", "태그를 덮어쓰거나 삭제하지 못하게 하는 규칙입니다.";
        of_project: "Project", "프로젝트";
        of_metadata: "Access of the project", "프로젝트 공개 여부";
        of_quota: "Quota", "할당량";
        of_quota_hint: "How much is used and allowed. Needs Pull.", "사용량과 한도. 풀이 함께 필요합니다.";
        of_member: "Members", "구성원";
        of_member_hint: "Who has which role. Read needs Pull.", "누가 어떤 역할인지 봅니다. 보기에는 풀이 함께 필요합니다.";
        of_robot: "Robots", "로봇";
        of_robot_hint: "Which there are. List needs Pull.", "어떤 로봇이 있는지 봅니다. 목록에는 풀이 함께 필요합니다.";
        of_retention: "Retention rules", "보존 규칙";
        of_retention_hint: "See, change and run them. Needs Pull.", "규칙을 보고 바꾸고 실행합니다. 풀이 함께 필요합니다.";
        of_administration: "Administration", "관리";
        of_administration_hint: "Members, robots, settings, the log; delete the project. Rarely right for a program.", "구성원, 로봇, 설정, 로그, 프로젝트 삭제. 프로그램에는 거의 필요하지 않습니다.";
        part_of_pull: "Part of Pull.", "풀에 포함됩니다.";

        may_pull: "Pull", "풀";
        may_push: "Push", "푸시";
        may_list: "List", "목록";
        may_read: "Read", "보기";
        may_create: "Create", "만들기";
        may_update: "Change", "변경";
        may_delete: "Delete", "삭제";
        whole: "All of it", "전체";
    }

    /// Access tokens of a person.
    Tokens {
        title: "Access tokens", "액세스 토큰";
        lead: "For your own programs, instead of your password: `docker login`, scripts, the API. A token never has more rights than you have at that moment.", "내 프로그램에서 비밀번호 대신 쓰는 토큰입니다: `docker login`, 스크립트, API. 토큰의 권한은 그 순간의 내 권한을 넘지 않습니다.";
        new: "New token", "새 토큰";
        empty: "No access tokens yet", "아직 액세스 토큰이 없습니다";
        empty_text: "Make one for each machine or script. Then you can see when it was used, and end it without changing your password. For pipelines a robot is better: it does not go when you do.", "기기나 스크립트마다 하나씩 만드세요. 언제 쓰였는지 확인하고 비밀번호를 바꾸지 않고도 종료할 수 있습니다. 파이프라인에는 로봇이 더 좋습니다. 로봇은 사람이 떠나도 남습니다.";
        token: "Token", "토큰";
        rights: "Rights", "권한";
        revoke: "Revoke…", "폐기…";
        new_title: "New access token", "새 액세스 토큰";
        name: "Name", "이름";
        name_hint: "Where you will use it: `laptop`, `backup script`.", "어디에 쓸지 적으세요: `노트북`, `백업 스크립트`.";
        level: "What it may do", "할 수 있는 일";
        read: "Read", "읽기";
        read_hint: "Pull, and see what you see.", "풀하고, 내가 볼 수 있는 것을 봅니다.";
        write: "Read and write", "읽기와 쓰기";
        write_hint: "Also push, tag and delete images.", "이미지를 푸시하고 태그하고 삭제합니다.";
        admin: "Everything you can do", "내 권한 전부";
        admin_hint: "Also members, robots and settings where you administer them.", "내가 관리하는 구성원, 로봇, 설정도 바꿉니다.";
        create: "Create token", "토큰 만들기";
        revoke_title(name): "Revoke {name}?", "{name} 토큰을 폐기할까요?";
        revoke_text: "Whatever signs in with it fails within a second. This cannot be undone; you can make a new one. What was pushed with it stays.", "이 토큰으로 로그인하는 모든 것이 1초 안에 실패합니다. 되돌릴 수 없지만 새로 만들 수 있습니다. 이 토큰으로 올린 것은 남습니다.";
        revoke_confirm: "Revoke token", "토큰 폐기";
        revoked: "The token was revoked.", "토큰을 폐기했습니다.";
        failed_title: "The token was not created", "토큰을 만들지 못했습니다";
        no_known_project: "no project that you still see", "볼 수 있는 프로젝트 없음";
    }

    /// A secret that is shown once.
    Secret {
        robot_created: "The robot is ready", "로봇이 준비되었습니다";
        robot_rotated: "The new secret", "새 시크릿";
        token_created: "The token is ready", "토큰이 준비되었습니다";
        once: "Copy the secret now", "지금 시크릿을 복사하세요";
        once_text: "It is shown only once. Slipway keeps only a fingerprint of it; if it is lost, make a new one.", "지금 한 번만 표시됩니다. Slipway는 지문만 보관하므로, 잃어버리면 새로 만들어야 합니다.";
        user_name: "User name", "사용자 이름";
        harbor_name: "Harbor-style name", "Harbor 방식 이름";
        secret: "Secret", "시크릿";
        expires(day): "It expires on {day}.", "{day}에 만료됩니다.";
        never_expires: "It never expires.", "만료되지 않습니다.";
        previous_until(time): "The previous secret works until {time}.", "이전 시크릿은 {time}까지 유효합니다.";
        previous_ended: "The previous secret works no more.", "이전 시크릿은 더 이상 작동하지 않습니다.";
        use_it: "Where to put it", "사용 방법";
        docker_text: "Signs Docker on this machine in until `docker logout`.", "이 기기의 Docker에 로그인합니다. `docker logout`까지 유지됩니다.";
        podman_text: "Signs Podman on this machine in until `podman logout`.", "이 기기의 Podman에 로그인합니다. `podman logout`까지 유지됩니다.";
        config: "config.json", "config.json";
        config_text: "`~/.docker/config.json`, or the `auth.json` of Podman, Skopeo and Buildah, without signing in.", "로그인 없이 쓰는 `~/.docker/config.json`, 또는 Podman, Skopeo, Buildah의 `auth.json`입니다.";
        kubernetes_text: "Apply it in the namespace of your pods, and name it in their `imagePullSecrets`.", "파드의 네임스페이스에 적용하고 `imagePullSecrets`에 이름을 적으세요.";
        pod: "In the pod's spec", "파드 spec";
        github_text: "Keep both in the repository's secrets, then sign in before you build.", "둘 다 저장소 시크릿에 넣고, 빌드하기 전에 로그인하세요.";
        workflow: "In the workflow", "워크플로";
        gitlab_text: "Keep the secret in a masked variable of the project, then sign in before each job.", "시크릿을 프로젝트의 마스킹된 변수에 넣고, 작업 전에 로그인하세요.";
        pipeline: "In .gitlab-ci.yml", ".gitlab-ci.yml";
        done: "I have copied it", "복사했습니다";
    }
}

impl Robots {
    /// What the resource of a word is called, and what its actions come to; so too what is given as a whole.
    pub fn resource(self, resource: &str) -> (&'static str, &'static str) {
        match resource {
            "repository" => (self.of_repository(), self.of_repository_hint()),
            "artifact" => (self.of_artifact(), self.of_artifact_hint()),
            "artifact-addition" => (self.of_addition(), self.part_of_pull()),
            "accessory" => (self.of_accessory(), self.of_accessory_hint()),
            "tag" => (self.of_tag(), self.of_tag_hint()),
            "artifact-label" => (self.of_mark(), self.of_mark_hint()),
            "label" => (self.of_label(), self.of_label_hint()),
            "immutable-tag" => (self.of_protection(), self.of_protection_hint()),
            "project" => (self.of_project(), self.part_of_pull()),
            "metadata" => (self.of_metadata(), self.part_of_pull()),
            "quota" => (self.of_quota(), self.of_quota_hint()),
            "member" => (self.of_member(), self.of_member_hint()),
            "robot" => (self.of_robot(), self.of_robot_hint()),
            "tag-retention" => (self.of_retention(), self.of_retention_hint()),
            _ => (self.of_administration(), self.of_administration_hint()),
        }
    }

    /// What the action of a word is called where it is chosen by itself.
    pub fn action(self, action: &str) -> &'static str {
        match action {
            "pull" => self.may_pull(),
            "push" => self.may_push(),
            "list" => self.may_list(),
            "read" => self.may_read(),
            "create" => self.may_create(),
            "update" => self.may_update(),
            _ => self.may_delete(),
        }
    }

    /// How a robot or token stands.
    pub fn stands(self, state: CredentialState) -> &'static str {
        match state {
            CredentialState::Active => self.active(),
            CredentialState::ExpiresSoon => self.soon(),
            CredentialState::Expired => self.expired(),
            CredentialState::Disabled => self.is_disabled(),
        }
    }

    /// How long the present secret goes on, and what that means.
    pub fn overlaps(self, overlap: Overlap) -> (&'static str, &'static str) {
        match overlap {
            Overlap::None => (self.overlap_none(), self.overlap_none_hint()),
            Overlap::Hour => (self.overlap_hour(), ""),
            Overlap::Day => (self.overlap_day(), self.overlap_hint()),
            Overlap::Week => (self.overlap_week(), ""),
        }
    }
}

impl Tokens {
    /// How far a token goes, and what that means.
    pub fn levels(self, level: TokenLevel) -> (&'static str, &'static str) {
        match level {
            TokenLevel::Read => (self.read(), self.read_hint()),
            TokenLevel::Write => (self.write(), self.write_hint()),
            TokenLevel::Admin => (self.admin(), self.admin_hint()),
        }
    }
}
