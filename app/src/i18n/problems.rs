//! What went wrong, in words.

use super::{Locale, format::bytes};
use api_types::{Problem, ProblemKind};

messages! {
    /// What went wrong.
    Problems {
        unauthenticated_title: "Your session has ended", "세션이 종료되었습니다";
        unauthenticated: "Nothing was lost. Sign in again and you come back to this page.", "잃은 것은 없습니다. 다시 로그인하면 이 페이지로 돌아옵니다.";
        password_title: "Choose a new password first", "먼저 새 비밀번호를 설정하세요";
        password: "This account still has the password it was delivered with. Everything opens once you replace it.", "이 계정은 아직 기본 비밀번호를 사용합니다. 비밀번호를 바꾸면 모든 기능이 열립니다.";
        forbidden_title: "You may not do this", "권한이 없습니다";
        forbidden: "Your role does not allow it. A project admin or a system administrator can give you a stronger one.", "현재 역할로는 할 수 없습니다. 프로젝트 관리자나 시스템 관리자에게 더 높은 역할을 요청하세요.";
        not_found_title: "This page does not exist", "페이지를 찾을 수 없습니다";
        not_found: "It was deleted or renamed, the address has a typing error, or you have no access to it.", "삭제되었거나 이름이 바뀌었거나, 주소가 잘못되었거나, 접근 권한이 없습니다.";
        invalid_title: "Something is not right yet", "입력을 확인하세요";
        conflict_title: "This clashes with something that exists", "기존 항목과 충돌합니다";
        throttled_title: "Too many attempts", "시도 횟수가 너무 많습니다";
        unavailable_title: "The server cannot do this right now", "서버가 지금 처리할 수 없습니다";
        unavailable: "The database or the store does not answer. Nothing was changed. Try again in a moment.", "데이터베이스나 저장소가 응답하지 않습니다. 변경된 것은 없습니다. 잠시 후 다시 시도하세요.";
        internal_title: "The server made a mistake", "서버 오류가 발생했습니다";
        internal(id): "It is not your fault. An administrator finds the cause in the server's log under `{id}`.", "사용자의 잘못이 아닙니다. 관리자가 서버 로그에서 `{id}` 번호로 원인을 찾을 수 있습니다.";
        internal_plain: "It is not your fault. An administrator finds the cause in the server's log.", "사용자의 잘못이 아닙니다. 관리자가 서버 로그에서 원인을 찾을 수 있습니다.";
        offline_title: "The server is out of reach", "서버에 연결할 수 없습니다";
        offline: "Your connection is down, or the server is restarting. Try again in a moment.", "네트워크 연결이 끊겼거나 서버가 다시 시작하는 중입니다. 잠시 후 다시 시도하세요.";
        home: "Go to the overview", "개요로 이동";
        projects: "All projects", "모든 프로젝트";
        sign_in: "Sign in again", "다시 로그인";
        choose_password: "Choose a password", "비밀번호 설정";

        permissions_incomplete: "Some of these are given only together with others. What they need stands beside them.", "다른 권한과 함께만 줄 수 있는 권한이 있습니다. 무엇이 필요한지는 각 항목 옆에 적혀 있습니다.";
        wrong_credentials: "The name or the password is wrong.", "사용자 이름 또는 비밀번호가 틀립니다.";
        wrong_current: "The current password is wrong.", "현재 비밀번호가 틀립니다.";
        own_password_needed: "Enter your password to go on.", "계속하려면 비밀번호를 입력하세요.";
        name_taken: "This name is taken. Choose another one.", "이미 사용 중인 이름입니다. 다른 이름을 선택하세요.";
        project_creation_closed: "Only system administrators create projects here. Ask one of them for a project.", "여기서는 시스템 관리자만 프로젝트를 만들 수 있습니다. 관리자에게 프로젝트를 요청하세요.";
        name_unchanged: "This is the name it has already.", "이미 이 이름을 쓰고 있습니다.";
        project_renamed: "The project was renamed meanwhile. Load the page again and repeat this.", "그사이 프로젝트 이름이 바뀌었습니다. 페이지를 다시 불러온 뒤 다시 시도하세요.";
        person_empty: "Whom? Enter the name that the person signs in with.", "추가할 사람의 사용자 이름을 입력하세요.";
        person_unknown: "Nobody has an account of this name, or it is disabled. Check the spelling; an administrator creates accounts.", "이 이름의 계정이 없거나 비활성 상태입니다. 철자를 확인하세요. 계정은 관리자가 만듭니다.";
        member_exists: "This person is a member already. Change the role in the list instead.", "이미 구성원입니다. 목록에서 역할을 바꾸세요.";
        member_not_found: "This person is no member any more. Load the list again.", "더 이상 구성원이 아닙니다. 목록을 다시 불러오세요.";
        name_slash: "A project's name has no slash. Repositories come after it: `project/repository`.", "프로젝트 이름에는 슬래시를 쓸 수 없습니다. 저장소는 그 뒤에 옵니다: `project/repository`.";
        name_space: "A name has no spaces. Use a hyphen.", "이름에는 공백을 쓸 수 없습니다. 하이픈을 사용하세요.";
        name_upper_case: "A name has no capital letters.", "이름에는 대문자를 쓸 수 없습니다.";
        name_character: "Only lower-case letters, digits, `.` `_` and `-` can stand in a name.", "이름에는 영문 소문자, 숫자, `.` `_` `-`만 쓸 수 있습니다.";
        name_edge: "A name begins and ends with a letter or a digit.", "이름은 영문자나 숫자로 시작하고 끝나야 합니다.";
        name_separators: "Only one `.` `_` or `-` can stand between two letters or digits.", "`.` `_` `-`는 글자 사이에 하나씩만 쓸 수 있습니다.";
        description_long: "The description is too long.", "설명이 너무 깁니다.";
        default_locked: "This server still has the password it was delivered with and was started more than a day ago, so that password opens nothing any more. Restart it, or set a password with `slipway admin reset-password`.", "이 서버는 기본 비밀번호를 그대로 둔 채 시작한 지 하루가 지나, 그 비밀번호로는 더 이상 로그인할 수 없습니다. 서버를 다시 시작하거나 `slipway admin reset-password`로 비밀번호를 설정하세요.";
        administrators_only: "This is for system administrators. Ask one of them.", "시스템 관리자만 할 수 있습니다. 관리자에게 요청하세요.";
        project_not_empty: "The project still holds repositories. Delete them first.", "프로젝트에 저장소가 남아 있습니다. 먼저 저장소를 삭제하세요.";
        project_exists_again: "Another project has taken its name. Rename or delete that one, then restore this one.", "다른 프로젝트가 이 이름을 쓰고 있습니다. 그 프로젝트의 이름을 바꾸거나 삭제한 뒤 복원하세요.";
        foreign_origin: "The request did not come from a page of this console. Load the page again, under the address the console is meant to have.", "이 콘솔의 페이지에서 보낸 요청이 아닙니다. 콘솔의 올바른 주소로 페이지를 다시 불러오세요.";
        name_empty: "Give it a name.", "이름을 입력하세요.";
        name_long: "This name is too long.", "이름이 너무 깁니다.";
        name_reserved: "This name is reserved. Choose another one.", "예약된 이름입니다. 다른 이름을 선택하세요.";
        password_short: "The password is too short.", "비밀번호가 너무 짧습니다.";
        password_long: "The password is longer than 256 characters.", "비밀번호가 256자를 넘습니다.";
        password_common: "This password is among the most common ones.", "가장 흔히 쓰이는 비밀번호입니다.";
        password_names: "The password contains your name or the product's.", "비밀번호에 사용자 이름이나 제품 이름이 들어 있습니다.";
        password_weak: "The password is too easy to guess.", "추측하기 쉬운 비밀번호입니다.";
        password_unchanged: "The new password is the old one.", "새 비밀번호가 이전과 같습니다.";
        password_differs: "The two passwords differ. Type the new one twice.", "두 비밀번호가 다릅니다. 새 비밀번호를 두 번 똑같이 입력하세요.";
        robot_name: "A robot cannot be called this. Write it like `ci` or `staging-cluster`.", "로봇 이름으로 쓸 수 없습니다. `ci`, `staging-cluster`처럼 쓰세요.";
        robot_changed: "The secret was replaced a moment ago. Look at the robot again before you replace it once more.", "방금 시크릿이 교체되었습니다. 다시 교체하기 전에 로봇을 확인하세요.";
        permissions_empty: "Choose at least one.", "하나 이상 선택하세요.";
        project_unknown: "One of these projects does not exist, or you have no access to it.", "존재하지 않거나 접근할 수 없는 프로젝트가 있습니다.";
        projects_empty: "Name at least one project, or choose all.", "프로젝트를 하나 이상 적거나 모든 프로젝트를 선택하세요.";
        projects_many: "Name at most 100 projects, or choose all.", "프로젝트를 100개 이하로 적거나 모든 프로젝트를 선택하세요.";
        lifetime_range: "Choose 1 to 3,650 days, or never.", "1일에서 3,650일 사이를 고르거나 만료 없음을 선택하세요.";
        token_name: "Give it a name of at most 100 characters.", "100자 이하의 이름을 입력하세요.";
        account_needed: "This needs a person's own account, or an access token with all its rights.", "사람의 계정이나 모든 권한을 가진 액세스 토큰이 필요합니다.";
        retention_long: "The audit log keeps at most 36,500 days; 0 keeps everything.", "감사 로그는 최대 36,500일까지 보관합니다. 0이면 모두 보관합니다.";
        size_malformed: "Write a number and its unit, such as `500 MB`, `20 GB` or `1.5 TB`.", "`500 MB`, `20 GB`, `1.5 TB`처럼 숫자와 단위를 함께 쓰세요.";
        quota_range: "A limit is at least one byte and at most 1 EB. Leave it empty for none.", "한도는 1바이트 이상 1EB 이하여야 합니다. 한도를 두지 않으려면 비워 두세요.";
        last_administrator: "This is the last administrator who can sign in. Make somebody else an administrator first.", "로그인할 수 있는 마지막 관리자입니다. 먼저 다른 사용자를 관리자로 지정하세요.";
        own_account: "This is your own account. Another administrator can do this.", "본인 계정입니다. 다른 관리자가 할 수 있습니다.";
        link_void: "This link was used, replaced or has expired. Ask an administrator for a new one.", "이미 사용했거나 교체되었거나 만료된 링크입니다. 관리자에게 새 링크를 요청하세요.";
        registration_closed: "Nobody can sign up on this server. Ask an administrator for an account.", "이 서버에서는 직접 가입할 수 없습니다. 관리자에게 계정을 요청하세요.";
        user_not_found: "This person does not exist, or was deleted meanwhile.", "존재하지 않거나 그사이 삭제된 사용자입니다.";
        username_space: "A name has no spaces.", "이름에는 공백을 쓸 수 없습니다.";
        username_invisible: "A name has only characters that can be seen.", "이름에는 보이는 문자만 쓸 수 있습니다.";
        username_letters: "A name has at least one letter or digit.", "이름에는 글자나 숫자가 하나 이상 있어야 합니다.";
        nul_character: "The character NUL (U+0000) cannot be stored.", "NUL 문자(U+0000)는 저장할 수 없습니다.";
        username_character: "A name has none of these: `, \" ~ # % $ : /`", "다음 문자는 쓸 수 없습니다: `, \" ~ # % $ : /`";
        display_name_malformed: "The name that is shown may have at most 100 characters, on one line.", "표시 이름은 한 줄로 최대 100자까지 쓸 수 있습니다.";
        email_malformed: "This is no e-mail address. It may also stay empty.", "이메일 주소가 아닙니다. 비워 두어도 됩니다.";
        storage_full: "The server has no room left. Nothing was lost; try again when there is space.", "서버 저장 공간이 부족합니다. 잃은 것은 없습니다. 공간이 생기면 다시 시도하세요.";
        restore_exceeds_quota(used, quota, needed): "Restoring this needs {needed}, and the project holds {used} of the {quota} that it may. Delete something else first, or ask a system administrator for a larger limit.", "복원에 필요한 용량은 {needed}인데, 프로젝트가 한도 {quota} 중 {used} 사용 중입니다. 먼저 다른 것을 삭제하거나 시스템 관리자에게 한도를 늘려 달라고 요청하세요.";
        tag_protected: "A rule of the project protects a tag here. Nobody can overwrite or delete it while the rule stands.", "프로젝트 규칙이 보호하는 태그가 있습니다. 규칙이 있는 동안에는 덮어쓰거나 삭제할 수 없습니다.";
        rule_not_found: "This rule was deleted meanwhile. Load the page again.", "그사이 삭제된 규칙입니다. 페이지를 다시 불러오세요.";
        rule_exists: "The project has a rule for the same tags and repositories already.", "같은 태그와 저장소에 대한 규칙이 이미 있습니다.";
        pattern_malformed: "This is no pattern. Check its brackets and braces: `v*`, `1.[0-9]`, `{a,b}`.", "올바른 패턴이 아닙니다. 괄호를 확인하세요: `v*`, `1.[0-9]`, `{a,b}`.";
        too_many_rules: "The project has as many rules as it can have. One rule can have several patterns: `a, b`.", "규칙 수가 한도에 이르렀습니다. 한 규칙에 여러 패턴을 쓸 수 있습니다: `a, b`.";
        label_placed: "The artifact has this label already. Load the page again.", "이미 붙어 있는 레이블입니다. 페이지를 다시 불러오세요.";
        label_not_found: "This label was deleted meanwhile. Load the page again.", "그사이 삭제된 레이블입니다. 페이지를 다시 불러오세요.";
        label_name: "A label's name is one line of at most 128 characters.", "레이블 이름은 한 줄로 최대 128자까지 쓸 수 있습니다.";
        color_malformed: "A color is # and six hexadecimal digits.", "색은 #과 여섯 자리 16진수로 씁니다.";
        too_many_labels: "There are as many labels as there can be. Delete one that nobody uses.", "레이블 수가 한도에 이르렀습니다. 쓰지 않는 레이블을 삭제하세요.";
        too_many_marks: "An artifact has at most 50 labels. Take one away first.", "아티팩트에는 레이블을 최대 50개까지 붙일 수 있습니다. 먼저 하나를 떼세요.";
        retention_number: "Enter a number from 1 on.", "1 이상의 수를 입력하세요.";
        cron_malformed: "This is no schedule. It has five fields and names one minute: `30 2 * * *`.", "올바른 일정이 아닙니다. 다섯 항목으로 쓰고 분은 하나만 지정하세요: `30 2 * * *`.";
        cron_empty: "Enter an expression, or choose one of the others.", "표현식을 입력하거나 다른 주기를 고르세요.";
        job_unfinished: "A run is not finished yet. Wait for it.", "아직 끝나지 않은 실행이 있습니다. 끝날 때까지 기다리세요.";
        invalid_plain: "Check what you entered and try again.", "입력한 내용을 확인하고 다시 시도하세요.";
        conflict_plain: "It exists already, or something still depends on it.", "이미 존재하거나 다른 항목이 이것을 사용하고 있습니다.";
        throttled_plain: "Wait a moment and try again.", "잠시 기다린 뒤 다시 시도하세요.";
    }
}

impl Problems {
    /// What happened, in a few words.
    pub fn title(self, kind: ProblemKind) -> &'static str {
        match kind {
            ProblemKind::Unauthenticated => self.unauthenticated_title(),
            ProblemKind::PasswordChangeRequired => self.password_title(),
            ProblemKind::Forbidden => self.forbidden_title(),
            ProblemKind::NotFound => self.not_found_title(),
            ProblemKind::Invalid => self.invalid_title(),
            ProblemKind::Conflict => self.conflict_title(),
            ProblemKind::TooManyRequests => self.throttled_title(),
            ProblemKind::Unavailable => self.unavailable_title(),
            ProblemKind::Internal => self.internal_title(),
            ProblemKind::Offline => self.offline_title(),
        }
    }

    /// Why, and what to do. A code that the catalogue does not know is told by the server's own English sentence, or by its kind.
    pub fn explain(self, problem: &Problem) -> String {
        if let ("restore_exceeds_quota", Some(quota)) = (problem.code.as_str(), &problem.quota) {
            return self.restore_exceeds_quota(bytes(quota.used), bytes(quota.allowed), bytes(quota.needed));
        }
        match problem.code.as_str() {
            // They name what it is about.
            "project_unknown"
            | "tag_protected"
            | "pattern_malformed"
            | "cron_malformed"
            | "job_unfinished"
            | "permissions_incomplete"
                if self.0 == Locale::En =>
            {
                sentence(&problem.message)
            }
            "wrong_credentials" => self.wrong_credentials().to_owned(),
            "own_password_needed" => self.own_password_needed().to_owned(),
            "current_password_wrong" => self.wrong_current().to_owned(),
            "robot_name_malformed" => self.robot_name().to_owned(),
            "robot_changed" => self.robot_changed().to_owned(),
            "permissions_empty" => self.permissions_empty().to_owned(),
            "project_unknown" => self.project_unknown().to_owned(),
            "projects_empty" => self.projects_empty().to_owned(),
            "projects_many" => self.projects_many().to_owned(),
            "lifetime_out_of_range" => self.lifetime_range().to_owned(),
            "token_name_length" => self.token_name().to_owned(),
            "account_needed" => self.account_needed().to_owned(),
            "robot_name_taken"
            | "access_token_name_taken"
            | "project_name_taken"
            | "username_taken"
            | "label_name_taken" => self.name_taken().to_owned(),
            "label_placed" => self.label_placed().to_owned(),
            "label_not_found" => self.label_not_found().to_owned(),
            "label_name_malformed" => self.label_name().to_owned(),
            "color_malformed" => self.color_malformed().to_owned(),
            "too_many_labels" => self.too_many_labels().to_owned(),
            "too_many_marks" => self.too_many_marks().to_owned(),
            "project_creation_closed" => self.project_creation_closed().to_owned(),
            "name_unchanged" => self.name_unchanged().to_owned(),
            "project_renamed" => self.project_renamed().to_owned(),
            "person_empty" => self.person_empty().to_owned(),
            "person_unknown" => self.person_unknown().to_owned(),
            "member_exists" => self.member_exists().to_owned(),
            "member_not_found" => self.member_not_found().to_owned(),
            "name_empty" | "username_empty" => self.name_empty().to_owned(),
            "name_too_long" | "username_too_long" => self.name_long().to_owned(),
            "name_slash" => self.name_slash().to_owned(),
            "name_space" => self.name_space().to_owned(),
            "name_upper_case" => self.name_upper_case().to_owned(),
            "name_character" => self.name_character().to_owned(),
            "name_edge" => self.name_edge().to_owned(),
            "name_separators" => self.name_separators().to_owned(),
            "name_reserved" | "username_reserved" => self.name_reserved().to_owned(),
            "description_too_long" => self.description_long().to_owned(),
            "password_too_short" => self.password_short().to_owned(),
            "password_too_long" => self.password_long().to_owned(),
            "password_common" => self.password_common().to_owned(),
            "password_names" => self.password_names().to_owned(),
            "password_guessable" => self.password_weak().to_owned(),
            "password_unchanged" => self.password_unchanged().to_owned(),
            "password_differs" => self.password_differs().to_owned(),
            "default_password_locked" => self.default_locked().to_owned(),
            "administrators_only" => self.administrators_only().to_owned(),
            "project_not_empty" => self.project_not_empty().to_owned(),
            "project_exists_again" => self.project_exists_again().to_owned(),
            "foreign_origin" => self.foreign_origin().to_owned(),
            "retention_too_long" => self.retention_long().to_owned(),
            "size_malformed" => self.size_malformed().to_owned(),
            "quota_out_of_range" => self.quota_range().to_owned(),
            "last_administrator" => self.last_administrator().to_owned(),
            "own_account" => self.own_account().to_owned(),
            "link_void" => self.link_void().to_owned(),
            "registration_closed" => self.registration_closed().to_owned(),
            "user_not_found" => self.user_not_found().to_owned(),
            "username_space" => self.username_space().to_owned(),
            "username_invisible" => self.username_invisible().to_owned(),
            "username_letters" => self.username_letters().to_owned(),
            "nul_character" => self.nul_character().to_owned(),
            "username_character" => self.username_character().to_owned(),
            "display_name_malformed" => self.display_name_malformed().to_owned(),
            "email_malformed" => self.email_malformed().to_owned(),
            "storage_full" => self.storage_full().to_owned(),
            "tag_protected" => self.tag_protected().to_owned(),
            "rule_not_found" => self.rule_not_found().to_owned(),
            "retention_number" => self.retention_number().to_owned(),
            "permissions_incomplete" => self.permissions_incomplete().to_owned(),
            "cron_malformed" => self.cron_malformed().to_owned(),
            "cron_empty" => self.cron_empty().to_owned(),
            "job_unfinished" => self.job_unfinished().to_owned(),
            "rule_exists" => self.rule_exists().to_owned(),
            "pattern_malformed" => self.pattern_malformed().to_owned(),
            "too_many_rules" => self.too_many_rules().to_owned(),
            _ => self.explain_kind(problem),
        }
    }

    fn explain_kind(self, problem: &Problem) -> String {
        let known = match problem.kind {
            ProblemKind::Unauthenticated => self.unauthenticated(),
            ProblemKind::PasswordChangeRequired => self.password(),
            ProblemKind::NotFound => self.not_found(),
            ProblemKind::Unavailable => self.unavailable(),
            ProblemKind::Internal => {
                return problem
                    .request_id
                    .as_ref()
                    .map_or_else(|| self.internal_plain().to_owned(), |id| self.internal(id));
            }
            ProblemKind::Offline => self.offline(),
            _ if self.0 == Locale::En && !problem.message.is_empty() => return sentence(&problem.message),
            ProblemKind::Forbidden => self.forbidden(),
            ProblemKind::Invalid => self.invalid_plain(),
            ProblemKind::Conflict => self.conflict_plain(),
            ProblemKind::TooManyRequests => self.throttled_plain(),
        };
        known.to_owned()
    }
}

/// Services speak in lower case without a full stop; people do not.
fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let Some(first) = characters.next() else { return String::new() };
    let mut sentence: String = first.to_uppercase().chain(characters).collect();
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}
