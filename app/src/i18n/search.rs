//! The search and its palette.

messages! {
    /// The search and its palette.
    Search {
        title: "Search", "검색";
        lead: "Finds projects, repositories, people, pages and commands by any part of the name, tags and digests by their beginning.", "프로젝트, 저장소, 사용자, 페이지, 명령은 이름의 일부로, 태그와 다이제스트는 시작 부분으로 찾습니다.";
        field: "Search or jump to…", "검색 또는 이동…";
        label: "Search projects, repositories, tags, digests", "프로젝트, 저장소, 태그, 다이제스트 검색";
        open: "Open search", "검색 열기";
        results: "Results", "결과";
        projects: "Projects", "프로젝트";
        repositories: "Repositories", "저장소";
        tags: "Tags", "태그";
        artifacts: "Artifacts", "아티팩트";
        people: "People", "사용자";
        pages: "Pages and commands", "페이지와 명령";
        all(text): "All results for “{text}”", "‘{text}’ 검색 결과 모두 보기";
        nothing(text): "No results for “{text}”", "‘{text}’와 일치하는 항목이 없습니다";
        nothing_hint: "Tags and digests are found by how they begin; a digest needs its first 6 digits.", "태그와 다이제스트는 시작 부분으로 찾습니다. 다이제스트는 앞 6자리 이상이 필요합니다.";
        browse: "Browse projects", "프로젝트 둘러보기";
        ask: "Type a name, a tag or the first digits of a digest", "이름이나 태그, 다이제스트의 앞자리를 입력하세요";
        found(n count): one "{n} result", other "{n} results", "결과 {n}개";
        failed: "The search does not answer. Try again.", "검색이 응답하지 않습니다. 다시 시도하세요.";
        to_move: "to move", "이동";
        to_open: "to open", "열기";
        new_project: "Create a project", "프로젝트 만들기";
        change_password: "Change my password", "내 비밀번호 변경";
    }
}
