//! The audit log: what somebody did, as a sentence.
//!
//! Every action that a service records has its sentence and its name here; one that has none is told by its own word.

use api_types::{AuditEvent, AuditResult};

messages! {
    /// The audit log.
    Activity {
        title: "Activity", "활동";
        lead_everything: "Who did what, when and from where. Repeated pulls and uses of a credential share a line.", "누가 언제 어디서 무엇을 했는지 보여 줍니다. 풀과 인증 정보 사용은 묶어서 표시합니다.";
        lead_own: "What you did. A project's admins see their project's activity in its own tab.", "내가 한 일입니다. 프로젝트 관리자는 프로젝트의 활동 탭에서 그 프로젝트의 활동을 볼 수 있습니다.";
        filter: "Name begins with", "이름 시작 부분";
        action: "Action", "동작";
        result: "Result", "결과";
        any_action: "All", "전체";
        any_result: "All", "전체";
        success: "Done", "성공";
        failure: "Failed", "실패";
        more: "More filters", "필터 더 보기";
        person: "Person or robot", "사용자 또는 로봇";
        project: "Project", "프로젝트";
        since: "From", "시작일";
        until: "Until", "종료일";
        apply: "Apply", "적용";
        clear: "Clear all filters", "모든 필터 지우기";
        without(filter): "Remove the filter {filter}", "{filter} 필터 지우기";
        by(name): "Person: {name}", "사용자: {name}";
        within(name): "Project: {name}", "프로젝트: {name}";
        from_day(day): "From {day}", "{day}부터";
        until_day(day): "Until {day}", "{day}까지";
        export: "Export", "내보내기";
        export_csv: "As CSV, for a spreadsheet", "CSV (스프레드시트용)";
        export_ndjson: "As NDJSON, for programs", "NDJSON (프로그램용)";
        empty: "Nothing has happened yet", "아직 활동이 없습니다";
        empty_text: "Sign-ins, pushes, deletions and changes of rights and settings appear here, pulls within seconds.", "로그인, 푸시, 삭제, 권한과 설정 변경이 여기에 나타납니다. 풀은 몇 초 안에 나타납니다.";
        no_match: "Nothing matches these filters", "필터와 일치하는 활동이 없습니다";
        no_match_text: "Names are compared from their start: `payments/api` also finds `payments/api:1.2`.", "이름은 앞에서부터 비교합니다. `payments/api`로 `payments/api:1.2`도 찾을 수 있습니다.";
        no_match_other: "Try another person or a longer time.", "다른 사용자나 더 긴 기간으로 찾아보세요.";
        list: "Events, newest first", "활동 목록 (최신순)";
        details: "Details", "세부 정보";
        from(address): "from {address}", "· {address}";
        from_many(address, n): "from {address} and {n} more", "· {address} 외 {n}곳";
        times(n count): one "{n} time", other "{n} times", "{n}회";
        when: "Time", "시각";
        last_time: "Last time", "마지막 시각";
        request: "Request ID", "요청 ID";

        signed_in(who): "**{who}** signed in", "**{who}** 님이 로그인했습니다";
        logged_in(who): "**{who}** logged in with a client", "**{who}** 님이 클라이언트로 로그인했습니다";
        not_signed_in(name): "Somebody could not sign in as `{name}`", "누군가 `{name}` 계정으로 로그인하지 못했습니다";
        not_signed_in_many: "Further sign-ins failed, with more names than are told apart", "더 많은 이름으로 로그인에 실패했습니다";
        used_many: "Further clients signed in, more than are told apart", "더 많은 클라이언트가 로그인했습니다";
        pulled_many(what): "Further pulls of `{what}`, more than are told apart", "`{what}`의 풀이 더 있습니다";
        signed_out(who): "**{who}** signed out", "**{who}** 님이 로그아웃했습니다";
        pushed(who, what): "**{who}** pushed `{what}`", "**{who}** 님이 `{what}` 항목을 푸시했습니다";
        pushed_tags(who, what, n): "**{who}** pushed `{what}` and {n} more tags", "**{who}** 님이 `{what}` 외 태그 {n}개를 푸시했습니다";
        pushed_more(who, what, n): "**{who}** pushed `{what}` and {n} more", "**{who}** 님이 `{what}` 외 {n}개를 푸시했습니다";
        pulled(who, what): "**{who}** pulled `{what}`", "**{who}** 님이 `{what}` 항목을 풀했습니다";
        tagged(who, what): "**{who}** tagged `{what}`", "**{who}** 님이 `{what}` 태그를 달았습니다";
        untagged(who, what): "**{who}** deleted the tag `{what}`", "**{who}** 님이 `{what}` 태그를 삭제했습니다";
        untagged_many(who, what, n): "**{who}** deleted the tag `{what}` and {n} more", "**{who}** 님이 `{what}` 외 태그 {n}개를 삭제했습니다";
        deleted_manifest(who, what): "**{who}** deleted the artifact `{what}`", "**{who}** 님이 `{what}` 아티팩트를 삭제했습니다";
        deleted_blob(who, what): "**{who}** deleted the blob `{what}`", "**{who}** 님이 `{what}` 블롭을 삭제했습니다";
        described(who, what): "**{who}** changed the description of `{what}`", "**{who}** 님이 `{what}` 저장소의 설명을 바꿨습니다";
        deleted_repository(who, what): "**{who}** deleted the repository `{what}`", "**{who}** 님이 `{what}` 저장소를 삭제했습니다";
        created_project(who, what): "**{who}** created the project `{what}`", "**{who}** 님이 `{what}` 프로젝트를 만들었습니다";
        changed_project(who, what): "**{who}** changed the project `{what}`", "**{who}** 님이 `{what}` 프로젝트를 변경했습니다";
        deleted_project(who, what): "**{who}** deleted the project `{what}`", "**{who}** 님이 `{what}` 프로젝트를 삭제했습니다";
        created_user(who, what): "**{who}** created the account `{what}`", "**{who}** 님이 `{what}` 계정을 만들었습니다";
        changed_password(who, what): "**{who}** changed the password of `{what}`", "**{who}** 님이 `{what}` 계정의 비밀번호를 바꿨습니다";
        not_changed_password(who, what): "**{who}** could not change the password of `{what}`", "**{who}** 님이 `{what}` 계정의 비밀번호를 바꾸지 못했습니다";
        created_token(who, what): "**{who}** created the access token `{what}`", "**{who}** 님이 액세스 토큰 `{what}` 항목을 만들었습니다";
        revoked_token(who, what): "**{who}** revoked the access token `{what}`", "**{who}** 님이 액세스 토큰 `{what}` 항목을 폐기했습니다";
        used_token(who): "**{who}** used an access token", "**{who}** 님이 액세스 토큰을 사용했습니다";
        created_robot(who, what): "**{who}** created the robot `{what}`", "**{who}** 님이 `{what}` 로봇을 만들었습니다";
        used_robot(who): "**{who}** signed in", "**{who}** 로봇이 로그인했습니다";
        changed_robot(who, what): "**{who}** changed the robot `{what}`", "**{who}** 님이 `{what}` 로봇을 변경했습니다";
        rotated_robot(who, what): "**{who}** gave the robot `{what}` a new secret", "**{who}** 님이 `{what}` 로봇의 시크릿을 교체했습니다";
        disabled_robot(who, what): "**{who}** disabled the robot `{what}`", "**{who}** 님이 `{what}` 로봇을 비활성화했습니다";
        enabled_robot(who, what): "**{who}** enabled the robot `{what}`", "**{who}** 님이 `{what}` 로봇을 활성화했습니다";
        deleted_robot(who, what): "**{who}** deleted the robot `{what}`", "**{who}** 님이 `{what}` 로봇을 삭제했습니다";
        added_member(who, what): "**{who}** added the member `{what}`", "**{who}** 님이 구성원 `{what}` 항목을 추가했습니다";
        changed_member(who, what): "**{who}** changed the role of `{what}`", "**{who}** 님이 `{what}` 구성원의 역할을 바꿨습니다";
        removed_member(who, what): "**{who}** removed the member `{what}`", "**{who}** 님이 구성원 `{what}` 항목을 제거했습니다";
        renamed_project(who, what): "**{who}** renamed the project `{what}`", "**{who}** 님이 `{what}` 프로젝트의 이름을 바꿨습니다";
        limited_project(who, what): "**{who}** changed the storage limit of the project `{what}`", "**{who}** 님이 `{what}` 프로젝트의 스토리지 한도를 바꿨습니다";
        registered(what): "`{what}` registered", "`{what}` 님이 가입했습니다";
        changed_user(who, what): "**{who}** changed the account `{what}`", "**{who}** 님이 `{what}` 계정을 변경했습니다";
        disabled_user(who, what): "**{who}** disabled the account `{what}`", "**{who}** 님이 `{what}` 계정을 비활성화했습니다";
        enabled_user(who, what): "**{who}** enabled the account `{what}`", "**{who}** 님이 `{what}` 계정을 활성화했습니다";
        promoted_user(who, what): "**{who}** made `{what}` an administrator", "**{who}** 님이 `{what}` 계정을 관리자로 지정했습니다";
        demoted_user(who, what): "**{who}** took administration away from `{what}`", "**{who}** 님이 `{what}` 계정의 관리자 권한을 해제했습니다";
        reset_user(who, what): "**{who}** made a link for a new password of `{what}`", "**{who}** 님이 `{what}` 계정의 새 비밀번호 링크를 만들었습니다";
        deleted_user(who, what): "**{who}** deleted the account `{what}`", "**{who}** 님이 `{what}` 계정을 삭제했습니다";
        confirmed_password(who): "**{who}** confirmed the password", "**{who}** 님이 비밀번호를 확인했습니다";
        not_confirmed_password(who): "**{who}** could not confirm the password", "**{who}** 님이 비밀번호를 확인하지 못했습니다";
        not_confirmed_many: "Further passwords were not confirmed, of more people than are told apart", "더 많은 사용자가 비밀번호를 확인하지 못했습니다";
        ended_session(who): "**{who}** signed a device out", "**{who}** 님이 기기 하나를 로그아웃했습니다";
        ended_sessions(who): "**{who}** signed all other devices out", "**{who}** 님이 다른 모든 기기를 로그아웃했습니다";
        ended_all_sessions(who, what): "**{who}** signed `{what}` out everywhere", "**{who}** 님이 `{what}` 계정을 모든 기기에서 로그아웃했습니다";
        changed_settings(who): "**{who}** changed the settings of the system", "**{who}** 님이 시스템 설정을 변경했습니다";
        restored(who, what): "**{who}** restored from the trash of `{what}`", "**{who}** 님이 `{what}` 휴지통에서 복원했습니다";
        emptied(who, what): "**{who}** deleted for good from the trash of `{what}`", "**{who}** 님이 `{what}` 휴지통에서 완전히 삭제했습니다";
        backed_up(who, what): "**{who}** made the backup `{what}`", "**{who}** 님이 `{what}` 백업을 만들었습니다";
        requested_job(who, what): "**{who}** asked for the job `{what}`", "**{who}** 님이 `{what}` 작업을 요청했습니다";
        canceled_job(who, what): "**{who}** canceled the job `{what}`", "**{who}** 님이 `{what}` 작업을 취소했습니다";
        accepted_place(who, what): "**{who}** went on with the blobs that are in `{what}` alone", "**{who}** 님이 `{what}`에 남아 있는 블롭만으로 계속하도록 했습니다";
        protected(who, what): "**{who}** protected tags in `{what}`", "**{who}** 님이 `{what}`의 태그를 보호했습니다";
        changed_protection(who, what): "**{who}** changed a rule that protects tags in `{what}`", "**{who}** 님이 `{what}`의 태그 보호 규칙을 바꿨습니다";
        unprotected(who, what): "**{who}** deleted a rule that protected tags in `{what}`", "**{who}** 님이 `{what}`의 태그 보호 규칙을 삭제했습니다";
        created_label(who, what): "**{who}** created the label **{what}**", "**{who}** 님이 **{what}** 레이블을 만들었습니다";
        changed_label(who, what): "**{who}** changed the label **{what}**", "**{who}** 님이 **{what}** 레이블을 변경했습니다";
        deleted_label(who, what): "**{who}** deleted the label **{what}**", "**{who}** 님이 **{what}** 레이블을 삭제했습니다";
        labeled(who, label, what): "**{who}** put the label **{label}** on `{what}`", "**{who}** 님이 `{what}` 항목에 **{label}** 레이블을 붙였습니다";
        unlabeled(who, label, what): "**{who}** took the label **{label}** from `{what}`", "**{who}** 님이 `{what}` 항목에서 **{label}** 레이블을 뗐습니다";
        added_retention(who, what): "**{who}** added a retention rule in `{what}`", "**{who}** 님이 `{what}`에 보존 규칙을 추가했습니다";
        changed_retention(who, what): "**{who}** changed the retention rules of `{what}`", "**{who}** 님이 `{what}`의 보존 규칙을 바꿨습니다";
        deleted_retention(who, what): "**{who}** deleted a retention rule in `{what}`", "**{who}** 님이 `{what}`의 보존 규칙을 삭제했습니다";
        ran_retention(who, what): "**{who}** ran the retention rules of `{what}`", "**{who}** 님이 `{what}`의 보존 규칙을 실행했습니다";
        did(who, action): "**{who}**: {action}", "**{who}**: {action}";
        did_on(who, action, what): "**{who}**: {action} `{what}`", "**{who}**: {action} `{what}`";

        sign_in: "Sign-in", "로그인";
        sign_out: "Sign-out", "로그아웃";
        push: "Push", "푸시";
        pull: "Pull", "풀";
        tag: "Tag", "태그 달기";
        tag_deletion: "Deletion of a tag", "태그 삭제";
        manifest_deletion: "Deletion of an artifact", "아티팩트 삭제";
        blob_deletion: "Deletion of a blob", "블롭 삭제";
        repository_change: "Change of a repository", "저장소 변경";
        repository_deletion: "Deletion of a repository", "저장소 삭제";
        project_creation: "New project", "새 프로젝트";
        project_change: "Change of a project", "프로젝트 변경";
        project_deletion: "Deletion of a project", "프로젝트 삭제";
        user_creation: "New account", "새 계정";
        password_change: "Change of a password", "비밀번호 변경";
        token_creation: "New access token", "새 액세스 토큰";
        token_revocation: "Revoked access token", "액세스 토큰 폐기";
        token_use: "Use of an access token", "액세스 토큰 사용";
        robot_creation: "New robot", "새 로봇";
        robot_use: "Use of a robot", "로봇 사용";
        robot_change: "Change of a robot", "로봇 변경";
        robot_rotation: "New secret of a robot", "로봇 시크릿 교체";
        robot_disabling: "Disabled robot", "로봇 비활성화";
        robot_enabling: "Enabled robot", "로봇 활성화";
        robot_deletion: "Deletion of a robot", "로봇 삭제";
        member_addition: "New member", "새 구성원";
        member_change: "Change of a role", "역할 변경";
        member_removal: "Removed member", "구성원 제거";
        project_renaming: "New name of a project", "프로젝트 이름 변경";
        project_limit: "Storage limit of a project", "프로젝트 스토리지 한도";
        user_registration: "Registration", "가입";
        user_change: "Change of an account", "계정 변경";
        user_disabling: "Disabled account", "계정 비활성화";
        user_enabling: "Enabled account", "계정 활성화";
        user_promotion: "New administrator", "관리자 지정";
        user_demotion: "No longer administrator", "관리자 해제";
        user_reset: "Link for a new password", "새 비밀번호 링크";
        user_deletion: "Deletion of an account", "계정 삭제";
        password_confirmation: "Confirmed password", "비밀번호 확인";
        session_end: "Device signed out", "기기 로그아웃";
        sessions_end: "All other devices signed out", "다른 모든 기기 로그아웃";
        all_sessions_end: "All devices of a person signed out", "계정의 모든 기기 로그아웃";
        settings_change: "Change of settings", "설정 변경";
        trash_restoring: "Restored from the trash", "휴지통에서 복원";
        trash_deletion: "Deleted from the trash", "휴지통에서 완전 삭제";
        protection: "New rule that protects tags", "새 태그 보호 규칙";
        protection_change: "Change of a rule that protects tags", "태그 보호 규칙 변경";
        protection_deletion: "Deletion of a rule that protects tags", "태그 보호 규칙 삭제";
        label_creation: "New label", "새 레이블";
        label_change: "Change of a label", "레이블 변경";
        label_deletion: "Deletion of a label", "레이블 삭제";
        labeling: "Label put on an artifact", "레이블 붙이기";
        unlabeling: "Label taken from an artifact", "레이블 떼기";
        retention_addition: "Retention rule added", "보존 규칙 추가";
        retention_change: "Retention rule changed", "보존 규칙 변경";
        retention_deletion: "Retention rule deleted", "보존 규칙 삭제";
        retention_run: "Retention run", "보존 규칙 실행";
        job_request: "Job asked for", "작업 요청";
        job_cancellation: "Job canceled", "작업 취소";
        place_acceptance: "Place of the blobs accepted", "블롭 위치 승인";
        backup: "Backup made", "백업 완료";
    }
}

/// Every action that can be filtered by, in the order in which they are offered.
pub const ACTIONS: &[&str] = &[
    "sign_in",
    "sign_out",
    "manifest.push",
    "manifest.pull",
    "tag.create",
    "tag.delete",
    "manifest.delete",
    "blob.delete",
    "repository.update",
    "repository.delete",
    "project.create",
    "project.update",
    "project.delete",
    "user.create",
    "password.change",
    "access_token.create",
    "access_token.revoke",
    "access_token.use",
    "robot.create",
    "robot.use",
    "robot.update",
    "robot.rotate",
    "robot.disable",
    "robot.enable",
    "robot.delete",
    "member.add",
    "member.change",
    "member.remove",
    "project.rename",
    "project.quota",
    "user.register",
    "user.update",
    "user.disable",
    "user.enable",
    "user.promote",
    "user.demote",
    "user.reset",
    "user.delete",
    "password.confirm",
    "session.end",
    "session.end_others",
    "session.end_all",
    "settings.update",
    "protection.create",
    "protection.update",
    "protection.delete",
    "label.create",
    "label.update",
    "label.delete",
    "label.add",
    "label.remove",
    "retention.create",
    "retention.update",
    "retention.delete",
    "retention.run",
    "trash.restore",
    "trash.delete",
    "job.request",
    "job.cancel",
    "storage.accept",
    "backup.create",
];

impl Activity {
    /// The name of an action; its own word where it has none.
    pub fn action_name(self, action: &str) -> &str {
        match action {
            "sign_in" => self.sign_in(),
            "sign_out" => self.sign_out(),
            "manifest.push" => self.push(),
            "manifest.pull" => self.pull(),
            "tag.create" => self.tag(),
            "tag.delete" => self.tag_deletion(),
            "manifest.delete" => self.manifest_deletion(),
            "blob.delete" => self.blob_deletion(),
            "repository.update" => self.repository_change(),
            "repository.delete" => self.repository_deletion(),
            "project.create" => self.project_creation(),
            "project.update" => self.project_change(),
            "project.delete" => self.project_deletion(),
            "user.create" => self.user_creation(),
            "password.change" => self.password_change(),
            "access_token.create" => self.token_creation(),
            "access_token.revoke" => self.token_revocation(),
            "access_token.use" => self.token_use(),
            "robot.create" => self.robot_creation(),
            "robot.use" => self.robot_use(),
            "robot.update" => self.robot_change(),
            "robot.rotate" => self.robot_rotation(),
            "robot.disable" => self.robot_disabling(),
            "robot.enable" => self.robot_enabling(),
            "robot.delete" => self.robot_deletion(),
            "member.add" => self.member_addition(),
            "member.change" => self.member_change(),
            "member.remove" => self.member_removal(),
            "project.rename" => self.project_renaming(),
            "project.quota" => self.project_limit(),
            "user.register" => self.user_registration(),
            "user.update" => self.user_change(),
            "user.disable" => self.user_disabling(),
            "user.enable" => self.user_enabling(),
            "user.promote" => self.user_promotion(),
            "user.demote" => self.user_demotion(),
            "user.reset" => self.user_reset(),
            "user.delete" => self.user_deletion(),
            "password.confirm" => self.password_confirmation(),
            "session.end" => self.session_end(),
            "session.end_others" => self.sessions_end(),
            "session.end_all" => self.all_sessions_end(),
            "settings.update" => self.settings_change(),
            "protection.create" => self.protection(),
            "protection.update" => self.protection_change(),
            "protection.delete" => self.protection_deletion(),
            "label.create" => self.label_creation(),
            "label.update" => self.label_change(),
            "label.delete" => self.label_deletion(),
            "label.add" => self.labeling(),
            "label.remove" => self.unlabeling(),
            "retention.create" => self.retention_addition(),
            "retention.update" => self.retention_change(),
            "retention.delete" => self.retention_deletion(),
            "retention.run" => self.retention_run(),
            "trash.restore" => self.trash_restoring(),
            "trash.delete" => self.trash_deletion(),
            "job.request" => self.job_request(),
            "job.cancel" => self.job_cancellation(),
            "storage.accept" => self.place_acceptance(),
            "backup.create" => self.backup(),
            other => other,
        }
    }

    /// What happened, with `**who**` and `` `what` ``.
    pub fn sentence(self, event: &AuditEvent, who: &str) -> String {
        // Names are other people's: they must not end the marks around them.
        let who = plain(who);
        let what = plain(&event.resource);
        let together = event.details["together"] == true;
        match event.action.as_str() {
            "sign_in" if event.result == AuditResult::Failure && together => self.not_signed_in_many().to_owned(),
            "sign_in" if event.result == AuditResult::Failure => self.not_signed_in(what),
            "sign_in" if together => self.used_many().to_owned(),
            "sign_in" if event.details["via"] == "client" => self.logged_in(who),
            "sign_in" => self.signed_in(who),
            "sign_out" => self.signed_out(who),
            "manifest.push" if beside(event) > 0 => self.pushed_more(who, what, beside(event)),
            "manifest.push" => match listed(event) {
                more @ 1.. => self.pushed_tags(who, what, more),
                0 => self.pushed(who, what),
            },
            "manifest.pull" if together => self.pulled_many(what),
            "manifest.pull" => self.pulled(who, what),
            "tag.create" => self.tagged(who, what),
            "tag.delete" => match listed(event) {
                more @ 1.. => self.untagged_many(who, what, more),
                0 => self.untagged(who, what),
            },
            "manifest.delete" => self.deleted_manifest(who, what),
            "blob.delete" => self.deleted_blob(who, what),
            "repository.update" => self.described(who, what),
            "repository.delete" => self.deleted_repository(who, what),
            "project.create" => self.created_project(who, what),
            "project.update" => self.changed_project(who, what),
            "project.delete" => self.deleted_project(who, what),
            "user.create" => self.created_user(who, what),
            "password.change" | "password.confirm" if together => self.not_confirmed_many().to_owned(),
            "password.change" if event.result == AuditResult::Failure => self.not_changed_password(who, what),
            "password.change" => self.changed_password(who, what),
            "access_token.create" => self.created_token(who, what),
            "access_token.revoke" => self.revoked_token(who, what),
            "access_token.use" => self.used_token(who),
            "robot.create" => self.created_robot(who, what),
            "robot.use" => self.used_robot(who),
            "robot.update" => self.changed_robot(who, what),
            "robot.rotate" => self.rotated_robot(who, what),
            "robot.disable" => self.disabled_robot(who, what),
            "robot.enable" => self.enabled_robot(who, what),
            "robot.delete" => self.deleted_robot(who, what),
            "member.add" => self.added_member(who, what),
            "member.change" => self.changed_member(who, what),
            "member.remove" => self.removed_member(who, what),
            "project.rename" => self.renamed_project(who, what),
            "project.quota" => self.limited_project(who, what),
            "user.register" => self.registered(what),
            "user.update" => self.changed_user(who, what),
            "user.disable" => self.disabled_user(who, what),
            "user.enable" => self.enabled_user(who, what),
            "user.promote" => self.promoted_user(who, what),
            "user.demote" => self.demoted_user(who, what),
            "user.reset" => self.reset_user(who, what),
            "user.delete" => self.deleted_user(who, what),
            "password.confirm" if event.result == AuditResult::Failure => self.not_confirmed_password(who),
            "password.confirm" => self.confirmed_password(who),
            "session.end" => self.ended_session(who),
            "session.end_others" => self.ended_sessions(who),
            "session.end_all" => self.ended_all_sessions(who, what),
            "settings.update" => self.changed_settings(who),
            "protection.create" => self.protected(who, what),
            "protection.update" => self.changed_protection(who, what),
            "protection.delete" => self.unprotected(who, what),
            "label.create" => self.created_label(who, what),
            "label.update" => self.changed_label(who, what),
            "label.delete" => self.deleted_label(who, what),
            "label.add" => self.labeled(who, label(event), what),
            "label.remove" => self.unlabeled(who, label(event), what),
            "retention.create" => self.added_retention(who, what),
            "retention.update" => self.changed_retention(who, what),
            "retention.delete" => self.deleted_retention(who, what),
            "retention.run" => self.ran_retention(who, what),
            "trash.restore" => self.restored(who, what),
            "trash.delete" => self.emptied(who, what),
            "job.request" => self.requested_job(who, what),
            "job.cancel" => self.canceled_job(who, what),
            "storage.accept" => self.accepted_place(who, what),
            "backup.create" => self.backed_up(who, what),
            action if what.is_empty() => self.did(who, action),
            action => self.did_on(who, action, what),
        }
    }
}

/// Tags beside the one that the resource names.
fn listed(event: &AuditEvent) -> u64 {
    let all = event.details["count"].as_u64();
    let all = all.or_else(|| event.details["tags"].as_array().map(|tags| tags.len() as u64));
    all.unwrap_or_default().saturating_sub(1)
}

/// References beside the one that the resource names, where pushes were put together.
fn beside(event: &AuditEvent) -> usize {
    event.details["references"].as_array().map_or(0, Vec::len).saturating_sub(1)
}

/// The label that was put or taken.
fn label(event: &AuditEvent) -> String {
    plain(event.details["label"].as_str().unwrap_or_default())
}

fn plain(name: &str) -> String {
    name.replace('`', "'").replace('*', "\u{2217}")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::i18n::Locale;
    use api_types::{ActorKind, ActorSummary};
    use serde_json::json;

    /// Something that somebody did, for tests.
    pub(crate) fn event(action: &str, resource: &str, details: serde_json::Value) -> AuditEvent {
        AuditEvent {
            id: 1,
            at: time::OffsetDateTime::UNIX_EPOCH,
            last_at: None,
            times: 1,
            actor: ActorSummary { kind: ActorKind::User, name: "ada".to_owned() },
            action: action.to_owned(),
            result: AuditResult::Success,
            project: None,
            resource: resource.to_owned(),
            address: None,
            request_id: None,
            details,
        }
    }

    fn told(action: &str, resource: &str, details: serde_json::Value) -> String {
        Activity::in_language(Locale::En).sentence(&event(action, resource, details), "ada")
    }

    #[test]
    fn events_are_sentences() {
        assert_eq!(told("manifest.push", "a/b:1", json!({ "tags": ["1"] })), "**ada** pushed `a/b:1`");
        let many = json!({ "tags": ["1", "1.2", "latest"] });
        assert_eq!(told("manifest.push", "a/b:1", many), "**ada** pushed `a/b:1` and 2 more tags");
        let together = json!({ "references": ["a/b:1", "a/b@sha256:00", "a/b@sha256:01"] });
        assert_eq!(told("manifest.push", "a/b:1", together), "**ada** pushed `a/b:1` and 2 more");
        let more = json!({ "tags": ["1"], "count": 300 });
        assert_eq!(told("tag.delete", "a/b:1", more), "**ada** deleted the tag `a/b:1` and 299 more");
        let label = json!({ "label": "`stable`" });
        assert_eq!(told("label.add", "a/b:1", label), "**ada** put the label **'stable'** on `a/b:1`");
        assert_eq!(told("something.new", "x", json!({})), "**ada**: something.new `x`");
    }

    #[test]
    fn what_failed_is_not_told_as_done() {
        let failed = |action: &str, resource: &str, details: serde_json::Value| {
            let event = AuditEvent { result: AuditResult::Failure, ..event(action, resource, details) };
            Activity::in_language(Locale::En).sentence(&event, "ada")
        };
        for action in ["sign_in", "password.change", "password.confirm"] {
            assert!(failed(action, "ada", json!({})).contains("could not"), "{action}");
            assert!(failed(action, "", json!({ "together": true })).starts_with("Further"), "{action}");
        }
    }

    #[test]
    fn a_name_cannot_speak_in_another_voice() {
        assert_eq!(
            told("user.create", "`**root**`", json!({})),
            "**ada** created the account `'\u{2217}\u{2217}root\u{2217}\u{2217}'`"
        );
    }

    #[test]
    fn every_action_has_a_name_and_a_sentence() {
        for action in ACTIONS {
            assert_ne!(Activity::in_language(Locale::En).action_name(action), *action);
            assert!(!told(action, "x", json!({})).contains(action), "{action}");
        }
    }
}
