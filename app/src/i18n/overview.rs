//! The overview.

messages! {
    /// The overview.
    Overview {
        title: "Overview", "개요";
        getting_started: "Getting started", "시작하기";
        step_password: "Password", "비밀번호";
        step_project: "Project", "프로젝트";
        step_login: "Login", "로그인";
        step_push: "First push", "첫 푸시";
        step_robot: "Robot for CI", "CI용 로봇";
        step_done: "done", "완료";
        step_next: "next", "다음 단계";
        step_later: "later", "나중에";
        do_project: "Create a project", "프로젝트 만들기";
        do_login: "Show the login line", "로그인 명령 보기";
        do_push: "Show the push lines", "푸시 명령 보기";
        do_robot: "Create a robot", "로봇 만들기";
        all_done: "All done", "모두 완료";
        put_away: "Put the checklist away", "체크리스트 닫기";
        storage: "Storage", "스토리지";
        by_project: "By project", "프로젝트별";
        on_disk: "on disk", "사용 중";
        stored_once: "Stored once", "실제 저장량";
        saved: "Saved by sharing layers", "레이어 공유로 절약";
        storage_empty: "Nothing is stored yet. Layers that images share will be kept once.", "아직 저장된 것이 없습니다. 이미지가 공유하는 레이어는 한 번만 저장됩니다.";
        storage_sum(n count, total, percent): one "Your tag adds up to {total}. Shared layers are kept once, so {percent}% of that takes no space.", other "Your {n} tags add up to {total}. Shared layers are kept once, so {percent}% of that takes no space.", "태그 {n}개를 합하면 {total}입니다. 공유 레이어는 한 번만 저장되므로 그중 {percent}%는 공간을 차지하지 않습니다.";
        storage_bar(stored, saved): "{stored} stored, {saved} saved by sharing", "{stored} 저장됨, {saved} 공유로 절약됨";
        traffic: "Pushes and pulls", "푸시와 풀";
        pushes: "Pushes", "푸시";
        pulls: "Pulls", "풀";
        traffic_day(day, pushes, pulls): "{day}: {pushes} pushes, {pulls} pulls", "{day}: 푸시 {pushes}회, 풀 {pulls}회";
        traffic_label(pushes, pulls): "Pushes and pulls of the last 14 days: {pushes} pushes, {pulls} pulls", "최근 14일 푸시와 풀: 푸시 {pushes}회, 풀 {pulls}회";
        traffic_none: "No traffic in the last 14 days", "최근 14일 동안 트래픽 없음";
        traffic_before(day): "No traffic before {day}", "{day} 이전 트래픽 없음";
        day: "Day", "날짜";
        recent: "Recent pushes", "최근 푸시";
        all_activity: "All activity", "모든 활동";
        recent_empty: "Nothing pushed yet", "아직 푸시 없음";
        recent_empty_text: "The next push shows here within a second, with who made it.", "푸시하면 1초 안에 누가 올렸는지와 함께 여기에 표시됩니다.";
        mine: "My projects", "내 프로젝트";
        all_projects(n count): one "All projects", other "All {n} projects", "프로젝트 {n}개 모두 보기";
        mine_empty: "No projects yet", "아직 프로젝트 없음";
        mine_empty_text: "A project holds repositories and says who may use them.", "프로젝트는 저장소를 모아 두고 누가 사용할 수 있는지를 정합니다.";
        repos(n count): one "{n} repo", other "{n} repos", "저장소 {n}개";
        repos_none: "Empty", "비어 있음";
        of_quota(quota): "of {quota}", "/ {quota}";
        no_quota: "no limit", "한도 없음";
    }
}
