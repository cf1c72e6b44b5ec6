//! The list of projects, and a new one.

messages! {
    /// The list of projects.
    Projects {
        title: "Projects", "프로젝트";
        lead: "A project holds repositories and says who may use them.", "프로젝트는 저장소를 모아 두고 누가 사용할 수 있는지를 정합니다.";
        deleted: "Deleted projects", "삭제된 프로젝트";
        deleted_lead: "A deleted project comes back for a while with its members, robots and images. Its name is free meanwhile.", "삭제된 프로젝트는 한동안 구성원, 로봇, 이미지와 함께 복원할 수 있습니다. 그동안 그 이름은 다른 프로젝트가 쓸 수 있습니다.";
        deleted_empty: "No deleted projects", "삭제된 프로젝트가 없습니다";
        deleted_empty_text: "Deleted projects that you administered appear here and can be restored for a while.", "내가 관리하던 프로젝트가 삭제되면 여기에 표시되며 한동안 복원할 수 있습니다.";
        back: "All projects", "모든 프로젝트";
        new: "New project", "새 프로젝트";
        closed: "Only system administrators create projects here", "시스템 관리자만 프로젝트를 만들 수 있습니다";
        closed_text: "Ask one of them for a project and a role in it. An administrator can change this rule in the settings of the system.", "관리자에게 프로젝트와 역할을 요청하세요. 이 규칙은 관리자가 시스템 설정에서 바꿀 수 있습니다.";
        filter: "Filter projects", "프로젝트 필터";
        sort_pushed: "Newest push", "최근 푸시순";
        sort_name: "Name", "이름순";
        sort_size: "Size", "크기순";
        name: "Name", "이름";
        access: "Access", "접근";
        role: "My role", "내 역할";
        repositories: "Repositories", "저장소";
        storage: "Storage", "스토리지";
        pushed: "Last push", "마지막 푸시";
        empty_closed_text: "You are in none, and none is public. Ask a system administrator for a project and a role in it.", "속한 프로젝트가 없고 공개 프로젝트도 없습니다. 시스템 관리자에게 프로젝트와 역할을 요청하세요.";
        empty: "No projects yet", "아직 프로젝트가 없습니다";
        empty_text: "Create the first one. Its page then shows the lines that log in, tag and push.", "첫 프로젝트를 만드세요. 프로젝트 화면에 로그인, 태그, 푸시 명령이 표시됩니다.";
        no_match(filter): "No project matches “{filter}”", "‘{filter}’와 일치하는 프로젝트가 없습니다";
        no_match_text: "Names are searched for this text anywhere, in upper or lower case.", "이름의 모든 위치에서 대소문자 구분 없이 찾습니다.";
        clear_filter: "Clear the filter", "필터 지우기";
        quota_used(used, quota): "{used} of {quota} used", "{quota} 중 {used} 사용";
        by_right: "by being admin", "관리자 권한";
        visitor: "Visitor", "방문자";
        repos(n count): one "{n} repository", other "{n} repositories", "저장소 {n}개";
    }

    /// The form that creates a project.
    NewProject {
        title: "New project", "새 프로젝트";
        lead: "Repositories appear in it by themselves, with the first push to each.", "저장소는 처음 푸시할 때 자동으로 만들어집니다.";
        name: "Name", "이름";
        name_hint: "Lower-case letters and digits; single `.` `_` `-` between them. Every image name starts with it. Can be changed later.", "영문 소문자와 숫자, 그 사이에 `.` `_` `-`를 하나씩 쓸 수 있습니다. 모든 이미지 이름이 이것으로 시작하며, 나중에 바꿀 수 있습니다.";
        checking: "Checking…", "확인 중…";
        free: "Free", "사용 가능";
        taken: "Taken", "이미 사용 중";
        malformed: "Not a name", "쓸 수 없는 이름";
        access: "Access", "접근";
        private_hint: "Only members can pull and push.", "구성원만 풀하고 푸시할 수 있습니다.";
        public_hint: "Anyone who can reach this server can pull without signing in. Only members can push.", "이 서버에 접속할 수 있는 누구나 로그인 없이 풀할 수 있습니다. 푸시는 구성원만 할 수 있습니다.";
        description: "Description", "설명";
        description_hint: "One sentence about its contents.", "무엇이 들어 있는지 한 문장으로 적어 주세요.";
        quota: "Storage limit", "스토리지 한도";
        quota_hint: "Such as `500 MB`, `20 GB` or `1.5 TB`. Empty: the limit from the system's settings. You can change it later.", "예: `500 MB`, `20 GB`, `1.5 TB`. 비워 두면 시스템 설정의 기본값을 따릅니다. 나중에 바꿀 수 있습니다.";
        submit: "Create project", "프로젝트 만들기";
        submitting: "Creating…", "만드는 중…";
        failed_title: "The project was not created", "프로젝트를 만들지 못했습니다";
    }
}
