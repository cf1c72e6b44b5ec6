//! Sidebar, top bar, account menu.

messages! {
    /// Sidebar, top bar, account menu.
    Frame {
        skip: "Skip to content", "본문으로 건너뛰기";
        main_menu: "Main menu", "주 메뉴";
        open_menu: "Open menu", "메뉴 열기";
        close_menu: "Close menu", "메뉴 닫기";
        breadcrumbs: "Breadcrumbs", "현재 위치";
        overview: "Overview", "개요";
        projects: "Projects", "프로젝트";
        activity: "Activity", "활동";
        new_project: "New project", "새 프로젝트";
        my_projects: "My projects", "내 프로젝트";
        administration: "Administration", "관리";
        people: "People", "사용자";
        settings: "Settings", "설정";
        labels: "Labels", "레이블";
        healthy: "All systems healthy", "모든 시스템 정상";
        unreached: "Server out of reach", "서버에 연결할 수 없음";
        unhealthy: "Database or store is down", "데이터베이스나 저장소 장애";
        version(version): "Slipway {version}", "Slipway {version}";
        search_hint: "Press / to search", "/ 키로 검색";
        account: "Account", "계정";
        signed_in_as(name): "Signed in as {name}", "{name} 계정으로 로그인됨";
        appearance: "Appearance", "화면 테마";
        system: "System", "시스템";
        light: "Light", "밝게";
        dark: "Dark", "어둡게";
        language: "Language", "언어";
        your_account: "Your account", "내 계정";
        robots: "System robots", "시스템 로봇";
        access_tokens: "Access tokens", "액세스 토큰";
        change_password: "Change password", "비밀번호 변경";
        sign_out: "Sign out", "로그아웃";
    }
}
