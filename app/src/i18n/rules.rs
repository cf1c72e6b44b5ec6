//! Rules of a project about its tags.

messages! {
    /// The tab of rules.
    Rules {
        title: "Rules", "규칙";
        protected: "Protected tags", "보호된 태그";
        protected_text: "Nobody overwrites or deletes a tag that one of these rules matches: no push, no person, no robot, not even an administrator. Pushing the same image again is fine.", "이 규칙에 맞는 태그는 푸시, 사용자, 로봇은 물론 관리자도 덮어쓰거나 삭제할 수 없습니다. 같은 이미지를 다시 푸시하는 것은 괜찮습니다.";
        protect: "Protect tags…", "태그 보호…";
        none: "No tag is protected", "보호된 태그가 없습니다";
        none_text: "Protect releases, so that 1.4.2 is the same image tomorrow. Every push may still add new tags.", "릴리스 태그를 보호하면 1.4.2는 내일도 같은 이미지입니다. 새 태그는 계속 푸시할 수 있습니다.";
        none_yet_text: "A maintainer of the project can protect tags here.", "프로젝트 관리 담당자(maintainer)가 여기서 태그를 보호할 수 있습니다.";
        tags: "Tags", "태그";
        repositories: "Repositories", "저장소";
        state: "State", "상태";
        on: "Active", "활성";
        off: "Disabled", "비활성";
        all_tags: "All tags", "모든 태그";
        all_repositories: "All repositories", "모든 저장소";
        all_but: "All but", "다음 제외";
        actions_of(rule): "Actions of the rule for {rule}", "{rule} 규칙의 작업";
        edit: "Edit…", "편집…";
        remove: "Delete…", "삭제…";
        new_title: "Protect tags", "태그 보호";
        edit_title: "Edit this rule", "규칙 편집";
        tags_hint: "For example `v*` or `1.*, 2.*, latest`. `*` matches anything, `?` one character, `[0-9]` a digit.", "예: `v*` 또는 `1.*, 2.*, latest`. `*`는 모든 문자, `?`는 한 글자, `[0-9]`는 숫자 하나를 뜻합니다.";
        repositories_hint: "The name without the project's. `**` matches all, `team/**` everything below `team`.", "프로젝트 이름 뒤의 이름 기준입니다. `**`는 전부, `team/**`는 `team` 아래 전부를 뜻합니다.";
        tags_that: "Which tags", "대상 태그 방식";
        repositories_that: "Which repositories", "대상 저장소 방식";
        matching: "that match", "일치하는 것";
        not_matching: "all but those that match", "일치하지 않는 것";
        holds: "Active", "활성";
        holds_hint: "While it is disabled, its tags can be overwritten and deleted.", "비활성 상태에서는 해당 태그를 덮어쓰거나 삭제할 수 있습니다.";
        save: "Save rule", "규칙 저장";
        saved: "The rule was saved and is in force.", "규칙을 저장했으며 지금부터 적용됩니다.";
        remove_title: "Delete this rule?", "이 규칙을 삭제할까요?";
        goes(tags, repositories): "Tags `{tags}` in repositories `{repositories}` can be overwritten and deleted again, by everybody who may push or delete here.", "저장소 `{repositories}`의 태그 `{tags}`를 푸시나 삭제 권한이 있는 모든 사람이 다시 덮어쓰거나 삭제할 수 있습니다.";
        stays: "No tag and no image is deleted. What another rule protects stays protected.", "태그와 이미지는 그대로 남습니다. 다른 규칙이 보호하는 태그는 계속 보호됩니다.";
        confirm_remove: "Delete rule", "규칙 삭제";
        removed: "The rule was deleted.", "규칙을 삭제했습니다.";
        protected_by(tags, repositories): "Protected: nobody overwrites or deletes tags {tags} in repositories {repositories}", "보호됨: 저장소 {repositories}의 태그 {tags} 태그는 덮어쓰거나 삭제할 수 없습니다";
        other_than(pattern): "other than {pattern}", "{pattern} 제외";
        cannot_delete: "This cannot be deleted", "삭제할 수 없습니다";
        cannot_delete_text(tags): "A rule of the project protects `{tags}`. Nobody can overwrite or delete it while the rule stands; maintainers find it in the project's tab Rules.", "프로젝트 규칙이 `{tags}` 태그를 보호합니다. 규칙이 있는 동안에는 덮어쓰거나 삭제할 수 없습니다. 관리 담당자(maintainer)는 프로젝트의 규칙 탭에서 확인할 수 있습니다.";
        preview_title: "Dry run of protected tags", "보호된 태그 모의 실행";
        preview_lead: "Which tags nobody can overwrite or delete, and which rule says so. Nothing is changed.", "덮어쓰거나 삭제할 수 없는 태그와 그 이유가 되는 규칙을 보여 줍니다. 아무것도 바뀌지 않습니다.";
        protected_count(n count): one "{n} tag protected", other "{n} tags protected", "보호된 태그 {n}개";
        open_count(n count): one "{n} tag not protected", other "{n} tags not protected", "보호되지 않은 태그 {n}개";
        is_protected: "Protected", "보호됨";
        is_open: "Not protected", "보호 안 됨";
        show_protected: "Protected", "보호됨";
        show_open: "Not protected", "보호 안 됨";
        rule_words(tags, repositories): "Tags {tags} in repositories {repositories}", "저장소 {repositories}의 태그 {tags}";
        no_rule: "No rule matches", "일치하는 규칙 없음";
        nothing: "No tags to show", "표시할 태그가 없습니다";
        nothing_text: "No tag of this project is of the kind that is asked for.", "이 프로젝트에는 조건에 맞는 태그가 없습니다.";
        show_tags: "What it protects…", "보호 대상 보기…";
        to_rules: "Open the rules", "규칙 보기";
    }
}
