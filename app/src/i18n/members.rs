//! Who is in a project, and why somebody may do something there.

use api_types::{Permission, RightSource, Role};

messages! {
    /// A project's members.
    Members {
        title: "Members", "구성원";
        add: "Add member", "구성원 추가";
        filter(n count): one "Filter {n} member", other "Filter {n} members", "구성원 {n}명 필터";
        name: "Name", "이름";
        role: "Role", "역할";
        since: "Member since", "추가일";
        added_by: "Added by", "추가한 사람";
        not_noted: "Unknown", "알 수 없음";
        sort_name: "Name", "이름순";
        sort_role: "Strongest role", "역할순";
        sort_since: "Newest member", "최근 추가순";
        you: "You", "나";
        disabled: "Disabled", "비활성";
        disabled_hint: "The account is disabled, so the role opens nothing for now.", "계정이 비활성 상태라 지금은 역할에 따른 권한이 없습니다.";
        no_match(filter): "No member matches “{filter}”", "‘{filter}’와 일치하는 구성원이 없습니다";
        no_match_text: "Names are searched for this text anywhere, in upper or lower case.", "이름의 모든 위치에서 대소문자 구분 없이 찾습니다.";
        clear_filter: "Show all members", "모든 구성원 보기";
        empty: "Nobody is a member yet", "아직 구성원이 없습니다";
        empty_text: "Add people to say who may pull, push or delete here. System administrators may do everything without being members.", "구성원을 추가해 누가 풀, 푸시, 삭제할 수 있는지 정하세요. 시스템 관리자는 구성원이 아니어도 모든 작업을 할 수 있습니다.";
        hidden: "Members are seen from the role guest on", "구성원은 게스트 이상의 역할만 볼 수 있습니다";
        hidden_text: "A limited guest pulls, but does not see who else is here. A project admin can give you a stronger role.", "제한된 게스트는 풀할 수 있지만 다른 구성원을 볼 수 없습니다. 프로젝트 관리자에게 더 높은 역할을 요청하세요.";
        row_actions(name): "What can be done with {name}", "{name} 작업";
        change_role: "Change role…", "역할 변경…";
        why: "Explain rights…", "권한 설명…";
        remove: "Remove…", "제거…";
        roles: "What each role may do", "역할별 권한";
        roles_text: "Each role may do what the one above it may, and more. System administrators may do everything in every project, and are not listed.", "각 역할은 앞 역할의 권한을 모두 포함합니다. 시스템 관리자는 모든 프로젝트에서 모든 작업을 할 수 있으며 목록에 나오지 않습니다.";
        limited_guest_hint: "Pulls, and sees what is in the project.", "풀하고 프로젝트의 내용을 볼 수 있습니다.";
        guest_hint: "Also sees members, robots and labels.", "구성원, 로봇, 레이블도 볼 수 있습니다.";
        developer_hint: "Also pushes, adds tags and writes descriptions.", "푸시하고 태그를 추가하고 설명을 쓸 수도 있습니다.";
        maintainer_hint: "Also deletes tags, images and repositories.", "태그, 이미지, 저장소를 삭제할 수도 있습니다.";
        project_admin_hint: "Also changes members, robots and settings, and renames or deletes the project.", "구성원, 로봇, 설정을 바꾸고 프로젝트의 이름을 바꾸거나 삭제할 수도 있습니다.";

        add_title(project): "Add a member to {project}", "{project}에 구성원 추가";
        person: "Person", "사람";
        person_hint: "The name they sign in with.", "로그인할 때 쓰는 사용자 이름입니다.";
        suggestions: "People", "사람";
        is_already(role): "{role} already", "이미 {role}";
        confirm_add: "Add to the project", "프로젝트에 추가";
        was_added(name): "{name} is a member now.", "{name} 님을 구성원으로 추가했습니다.";
        added: "The member was added.", "구성원을 추가했습니다.";

        change_title: "Change the role", "역할 변경";
        change_text(name, role): "**{name}** is {role}. The new role counts at once, for tokens and open sessions too.", "**{name}** 님의 현재 역할은 {role}입니다. 새 역할은 토큰과 열린 세션에도 즉시 적용됩니다.";
        change_self: "This is you. With a weaker role you cannot change members or settings any more; another project admin or a system administrator can give this role back.", "본인의 역할입니다. 더 낮은 역할로 바꾸면 구성원과 설정을 더 이상 바꿀 수 없으며, 다른 프로젝트 관리자나 시스템 관리자만 되돌릴 수 있습니다.";
        confirm_change: "Change the role", "역할 변경";
        changed: "The role was changed.", "역할을 변경했습니다.";

        remove_title: "Remove from the project?", "프로젝트에서 제거할까요?";
        goes(name, role): "**{name}** loses the role {role} at once: pushing, deleting and seeing this project by it ends, for tokens and open sessions too.", "**{name}** 님의 {role} 역할이 즉시 사라집니다. 이 역할로 하던 푸시, 삭제, 조회는 토큰과 열린 세션에서도 끝납니다.";
        goes_self(role): "You lose the role {role} at once. Only another project admin or a system administrator can add you again.", "본인의 {role} 역할이 즉시 사라집니다. 다른 프로젝트 관리자나 시스템 관리자만 다시 추가할 수 있습니다.";
        stays: "The account stays, and so does everything they pushed, with their name. Robots stay too: if they know a robot's secret, rotate it.", "계정과 푸시한 모든 것은 이름과 함께 남습니다. 로봇도 남으므로, 로봇의 시크릿을 알고 있다면 교체하세요.";
        stays_public: "The project is public, so pulling goes on to work for everybody.", "공개 프로젝트이므로 풀은 누구나 계속할 수 있습니다.";
        confirm_remove: "Remove", "제거";
        removed: "The member was removed.", "구성원을 제거했습니다.";
    }

    /// Why somebody may do what they may.
    Rights {
        title(person, project): "Rights of {person} in {project}", "{project}에서 {person} 님의 권한";
        mine: "Which rules give you which rights", "내 권한의 근거 보기";
        question: "Why can somebody do this?", "이 사람은 왜 할 수 있나요?";
        question_text: "Name a person to see which role or rule gives each right, or which role is missing.", "사용자 이름을 입력하면 각 권한이 어떤 역할이나 규칙에서 오는지, 어떤 역할이 부족한지 볼 수 있습니다.";
        show: "Show rights", "권한 보기";
        unknown(name): "No account is called “{name}”", "‘{name}’라는 계정이 없습니다";
        unknown_text: "Check the spelling, or pick a name suggested as you type.", "철자를 확인하거나 입력할 때 제안되는 이름에서 고르세요.";
        right: "Right", "권한";
        from: "Given by", "근거";
        disabled: "This account is disabled. None of these rights can be used until an administrator enables it.", "비활성 계정입니다. 관리자가 활성화할 때까지 어떤 권한도 쓸 수 없습니다.";
        password_change: "This account must choose a new password first. Until then none of these rights can be used.", "먼저 새 비밀번호를 설정해야 하는 계정입니다. 그때까지 어떤 권한도 쓸 수 없습니다.";
        live: "Right now. Access tokens may have fewer rights; robots have their own.", "현재 기준입니다. 액세스 토큰의 권한은 더 적을 수 있고, 로봇의 권한은 별도입니다.";
        by_role(role): "{role} role", "{role} 역할";
        by_public: "public project", "공개 프로젝트";
        by_administrator: "system administrator", "시스템 관리자";
        no(role): "Not allowed. {role} and stronger roles may.", "권한이 없습니다. {role} 이상의 역할이 필요합니다.";
        yes_word: "Allowed", "허용";
        pull: "Pull, and see what is in the project", "풀, 프로젝트 내용 보기";
        see_configuration: "See quota and configuration", "할당량과 구성 보기";
        see_labels: "See labels", "레이블 보기";
        see_members: "See members and robots", "구성원과 로봇 보기";
        push: "Push, add tags, write descriptions", "푸시, 태그 추가, 설명 작성";
        retain: "Change retention rules", "보존 규칙 변경";
        delete: "Delete tags, images and repositories", "태그, 이미지, 저장소 삭제";
        administer: "Change members, robots and settings; rename and delete the project", "구성원, 로봇, 설정 변경, 프로젝트 이름 변경과 삭제";
    }
}

impl Members {
    /// What a role may that the one before may not.
    pub fn role_hint(self, role: Role) -> &'static str {
        match role {
            Role::LimitedGuest => self.limited_guest_hint(),
            Role::Guest => self.guest_hint(),
            Role::Developer => self.developer_hint(),
            Role::Maintainer => self.maintainer_hint(),
            Role::ProjectAdmin => self.project_admin_hint(),
        }
    }
}

impl Rights {
    /// What a right is.
    pub fn of(self, right: Permission) -> &'static str {
        match right {
            Permission::Pull => self.pull(),
            Permission::SeeConfiguration => self.see_configuration(),
            Permission::SeeLabels => self.see_labels(),
            Permission::SeeMembers => self.see_members(),
            Permission::Push => self.push(),
            Permission::Retain => self.retain(),
            Permission::Delete => self.delete(),
            Permission::Administer => self.administer(),
        }
    }

    /// The rule that gives it; `role` names a role.
    pub fn source(self, source: RightSource, role: impl Fn(Role) -> String) -> String {
        match source {
            RightSource::Role(given) => self.by_role(role(given)),
            RightSource::Public => self.by_public().to_owned(),
            RightSource::Administrator => self.by_administrator().to_owned(),
        }
    }
}
