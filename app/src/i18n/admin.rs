//! What administrators do for everybody.

messages! {
    /// The settings of the whole system.
    AdminSettings {
        title: "Settings", "설정";
        lead: "Applies to everyone on this server. Changes take effect within a second, on every replica.", "이 서버의 모든 사용자에게 적용됩니다. 변경하면 모든 복제본에 1초 안에 반영됩니다.";
        saved: "The settings were saved.", "설정을 저장했습니다.";
        accounts: "New accounts", "새 계정";
        accounts_given: "Administrators create accounts", "관리자가 계정 생성";
        accounts_given_hint: "Each new person gets a one-time link from an administrator.", "새 사용자는 관리자에게서 일회용 링크를 받습니다.";
        accounts_open: "Everybody can sign up", "누구나 가입 가능";
        accounts_open_hint: "Whoever reaches this server can create an account for themselves. They see public projects and those they are added to.", "이 서버에 접속할 수 있는 누구나 직접 계정을 만들 수 있습니다. 공개 프로젝트와 자신이 추가된 프로젝트만 볼 수 있습니다.";
        projects: "New projects", "새 프로젝트";
        projects_everyone: "Everybody with an account", "계정이 있는 모든 사용자";
        projects_everyone_hint: "Whoever creates a project becomes its project admin.", "프로젝트를 만든 사람이 프로젝트 관리자가 됩니다.";
        projects_admins: "Only system administrators", "시스템 관리자만";
        projects_admins_hint: "Others work in projects they are added to.", "다른 사용자는 자신이 추가된 프로젝트에서 작업합니다.";
        quota: "Storage limit of new projects", "새 프로젝트의 스토리지 한도";
        quota_hint: "Such as `500 MB`, `20 GB` or `1.5 TB`. Empty: no limit. Projects that exist keep theirs; it is changed in a project's own settings.", "예: `500 MB`, `20 GB`, `1.5 TB`. 비워 두면 한도가 없습니다. 기존 프로젝트의 한도는 그대로이며 각 프로젝트 설정에서 바꿉니다.";
        retention: "Keep the audit log for", "감사 로그 보관 기간";
        retention_hint: "Older events are removed for good. 0 keeps them for ever.", "더 오래된 기록은 완전히 삭제됩니다. 0이면 계속 보관합니다.";
        days: "days", "일";
    }

    /// The list of people.
    Users {
        title: "People", "사용자";
        lead: "Everybody with an account. A role in a project is given on the project's own page.", "계정이 있는 모든 사용자입니다. 프로젝트 역할은 각 프로젝트에서 지정합니다.";
        add: "Add person", "사용자 추가";
        filter: "Find by name or e-mail", "이름이나 이메일로 찾기";
        name: "Name", "이름";
        state: "State", "상태";
        seen: "Last sign-in", "마지막 로그인";
        created: "Created", "생성일";
        sort_name: "Name", "이름순";
        sort_seen: "Last sign-in", "최근 로그인순";
        sort_created: "Newest", "최근 생성순";
        no_match(filter): "Nobody matches “{filter}”", "‘{filter}’와 일치하는 사용자가 없습니다";
        no_match_text: "Names, shown names and e-mail addresses are looked through.", "사용자 이름, 표시 이름, 이메일 주소에서 찾습니다.";
        clear_filter: "Show everybody", "모두 보기";
        alone: "You are the only one here", "아직 혼자입니다";
        alone_text: "Add the people who push and pull. Each gets a one-time link and chooses their own password. For pipelines use robots, not people.", "푸시하고 풀할 사용자를 추가하세요. 각자 일회용 링크를 받아 비밀번호를 직접 정합니다. 파이프라인에는 사용자가 아니라 로봇을 쓰세요.";
        you: "You", "나";
        active: "Active", "활성";
        invited: "Invited", "초대됨";
        link_until(moment): "The link works until {moment}", "링크 유효 기한: {moment}";
        link_expired: "Link expired", "링크 만료";
        disabled: "Disabled", "비활성";
        actions_for(name): "Actions for {name}", "{name} 작업";
        reset: "Reset password…", "비밀번호 재설정…";
        new_link: "New one-time link…", "새 일회용 링크…";
        promote: "Make administrator…", "관리자로 지정…";
        demote: "Remove as administrator…", "관리자 해제…";
        disable: "Disable…", "비활성화…";
        enable: "Enable…", "활성화…";
        delete: "Delete…", "삭제…";

        add_title: "Add a person", "사용자 추가";
        add_text: "They get a one-time link and choose their own password. You never know it.", "일회용 링크를 받아 비밀번호를 직접 정합니다. 관리자는 비밀번호를 알\u{a0}수\u{a0}없습니다.";
        username: "User name", "사용자 이름";
        username_hint: "They sign in with it, also from a terminal. It cannot be changed later.", "터미널을 포함해 로그인할 때 사용합니다. 나중에 바꿀 수 없습니다.";
        display_name: "Display name", "표시 이름";
        email: "E-mail address", "이메일 주소";
        as_administrator: "System administrator", "시스템 관리자";
        as_administrator_hint: "Sees and changes everything on this server, people and settings too.", "사용자와 설정을 포함해 이 서버의 모든 것을 보고 바꿀 수 있습니다.";
        add_confirm: "Create one-time link", "일회용 링크 만들기";

        link_title: "One-time link", "일회용 링크";
        link_text(name): "Send this link to **{name}** in a way that only they can read. It lets them choose a password and signs them in.", "이 링크를 **{name}** 본인만 볼 수 있는 방법으로 보내세요. 링크를 열면 비밀번호를 정하고 바로 로그인합니다.";
        link_once: "The link is shown only now", "이 링크는 지금만 표시됩니다";
        link_ends(moment): "It works once, until {moment}. If it is lost, make a new one from the person's menu.", "한 번만 쓸 수 있으며 {moment}까지 유효합니다. 잃어버리면 해당 사용자의 메뉴에서 새로 만드세요.";
        link_done: "Done", "완료";

        reset_title: "Reset this password?", "이 사용자의 비밀번호를 재설정할까요?";
        reset_goes(name): "The password of **{name}** stops working, and all their sessions end. You get a one-time link for them, with which they choose a new one.", "**{name}** 님의 비밀번호는 더 이상 쓸 수 없고 모든 세션이 종료됩니다. 새 비밀번호를 정할 수 있는 일회용 링크가 만들어집니다.";
        reset_stays: "Their roles and access tokens stay.", "역할과 액세스 토큰은 그대로 남습니다.";
        reset_confirm: "Reset and create link", "재설정하고 링크 만들기";
        new_link_title: "Make a new one-time link?", "새 일회용 링크를 만들까요?";
        new_link_means(name): "**{name}** has not chosen a password yet. The new link replaces the old one, which stops working.", "**{name}** 님은 아직 비밀번호를 정하지 않았습니다. 새 링크를 만들면 이전 링크는 무효가 됩니다.";
        new_link_confirm: "Create link", "링크 만들기";

        disable_title: "Disable this account?", "이 계정을 비활성화할까요?";
        disable_goes(name): "**{name}** is signed out within a second everywhere: console, terminals and pipelines that use their password or access tokens.", "**{name}** 님은 콘솔, 터미널, 그리고 비밀번호나 액세스 토큰을 쓰는 파이프라인에서 1초 안에 로그아웃됩니다.";
        disable_stays: "What they pushed, their roles and their tokens stay. Enabling the account brings everything back.", "푸시한 이미지, 역할, 토큰은 남습니다. 계정을 다시 활성화하면 모두 되돌아옵니다.";
        disable_confirm: "Disable account", "계정 비활성화";
        disable_done(name): "{name} was disabled.", "{name} 계정을 비활성화했습니다.";
        enable_title: "Enable this account?", "이 계정을 활성화할까요?";
        enable_means(name): "**{name}** can sign in again with the password, roles and access tokens from before. Their old sessions stay ended.", "**{name}** 님은 이전의 비밀번호, 역할, 액세스 토큰으로 다시 로그인할 수 있습니다. 이전 세션은 되살아나지 않습니다.";
        enable_confirm: "Enable account", "계정 활성화";
        enable_done(name): "{name} was enabled.", "{name} 계정을 활성화했습니다.";

        promote_title: "Make this person a system administrator?", "이 사용자를 시스템 관리자로 지정할까요?";
        promote_means(name): "**{name}** will see and change everything on this server: every project, people, robots and settings.", "**{name}** 님은 모든 프로젝트, 사용자, 로봇, 설정을 포함해 이 서버의 모든 것을 보고 바꿀 수 있게 됩니다.";
        signs_in_anew: "Their sessions end, so that they sign in anew with the new rights.", "새 권한으로 다시 로그인하도록 현재 세션이 종료됩니다.";
        promote_confirm: "Make administrator", "관리자로 지정";
        promote_done(name): "{name} is an administrator now.", "{name} 님을 관리자로 지정했습니다.";
        demote_title: "Remove this person as administrator?", "이 사용자의 관리자 권한을 해제할까요?";
        demote_means(name): "**{name}** keeps the account and the roles in projects, and loses everything that only administrators may.", "**{name}** 님의 계정과 프로젝트 역할은 남고, 관리자 권한은 모두 사라집니다.";
        demote_confirm: "Remove as administrator", "관리자 해제";
        demote_done(name): "{name} is no administrator any more.", "{name} 님의 관리자 권한을 해제했습니다.";

        delete_title: "Delete this account?", "이 계정을 삭제할까요?";
        delete_goes(name): "The account of **{name}** is deleted for good and signed out everywhere within a second.", "**{name}** 님의 계정이 완전히 삭제되고, 1초 안에 모든 곳에서 로그아웃됩니다.";
        delete_roles(n count): one "Their role in {n} project goes.", other "Their roles in {n} projects go.", "프로젝트 {n}개의 역할이 사라집니다.";
        delete_tokens(n count): one "{n} access token stops working.", other "{n} access tokens stop working.", "액세스 토큰 {n}개를 더 이상 쓸 수 없습니다.";
        delete_alone(n count): one "{n} project has no other project admin; system administrators look after it until it has one.", other "{n} projects have no other project admin; system administrators look after them until they have one.", "프로젝트 {n}개에는 다른 프로젝트 관리자가 없습니다. 새로 지정할 때까지 시스템 관리자가 관리합니다.";
        delete_stays(name): "What **{name}** pushed stays, and the activity log keeps the name. Disable the account instead if they may come back.", "**{name}** 님이 푸시한 것은 남고 활동 기록에도 이름이 남습니다. 돌아올 수 있다면 삭제 대신 비활성화하세요.";
        delete_confirm: "Delete account", "계정 삭제";
        delete_done(name): "{name} was deleted.", "{name} 계정을 삭제했습니다.";
    }
}
