//! Labels, of a project and of the system, and on artifacts.

messages! {
    /// Labels.
    Labels {
        title: "Labels", "레이블";
        system_title: "Labels", "레이블";
        system_lead: "Labels that every project can use, besides its own.", "프로젝트별 레이블 외에 모든 프로젝트에서 쓸 수 있는 레이블입니다.";
        project_text: "Mark this project's artifacts. Anyone who can push may set labels; system labels can be used too.", "이 프로젝트의 아티팩트에 붙일 수 있는 레이블입니다. 푸시할 수 있는 사람이 붙이며 시스템 레이블도 함께 쓸 수 있습니다.";
        create: "New label…", "새 레이블…";
        none: "There are no labels yet", "아직 레이블이 없습니다";
        none_text: "A label says what a tag does not: that an image is approved, that its life ends, which team answers for it.", "레이블은 태그가 말하지 않는 것을 알려 줍니다. 예: 승인됨, 지원 종료 예정, 담당 팀.";
        artifacts(n count): one "On {n} artifact", other "On {n} artifacts", "아티팩트 {n}개";
        unused: "On no artifact", "붙은 아티팩트 없음";
        actions_of(name): "Actions of the label {name}", "{name} 레이블의 작업";
        edit: "Edit…", "편집…";
        remove: "Delete…", "삭제…";
        new_title: "New label", "새 레이블";
        edit_title: "Edit this label", "레이블 편집";
        name: "Name", "이름";
        name_hint: "A word or two. It shows wherever the artifact is listed.", "짧은 단어가 좋습니다. 아티팩트 목록 어디에나 표시됩니다.";
        color: "Color", "색";
        description: "Description", "설명";
        description_hint: "When to use it; it shows when one points at the label.", "언제 쓰는지 적으세요. 레이블을 가리키면 표시됩니다.";
        save: "Save label", "레이블 저장";
        saved: "The label was saved.", "레이블을 저장했습니다.";
        remove_title(name): "Delete the label {name}?", "{name} 레이블을 삭제할까요?";
        goes(n count): one "It is removed from {n} artifact.", other "It is removed from {n} artifacts.", "아티팩트 {n}개에서 레이블이 사라집니다.";
        goes_unused: "No artifact is marked with it.", "이 레이블이 붙은 아티팩트가 없습니다.";
        stays: "The artifacts and their tags stay as they are. The label cannot be brought back.", "아티팩트와 태그는 그대로 남습니다. 삭제한 레이블은 되돌릴 수 없습니다.";
        confirm_remove: "Delete label", "레이블 삭제";
        removed: "The label was deleted.", "레이블을 삭제했습니다.";

        grey: "Grey", "회색";
        red: "Red", "빨강";
        orange: "Orange", "주황";
        yellow: "Yellow", "노랑";
        green: "Green", "초록";
        teal: "Teal", "청록";
        blue: "Blue", "파랑";
        violet: "Violet", "보라";
        pink: "Pink", "분홍";

        on_artifact: "Labels of this artifact", "이 아티팩트의 레이블";
        change: "Change labels", "레이블 변경";
        add: "Add labels", "레이블 추가";
        mark_title(name): "Labels of {name}", "{name}의 레이블";
        mark_text: "Labels stay with the artifact when tags move. They show in lists and in the API.", "레이블은 태그가 옮겨져도 아티팩트에 남으며 목록과 API에 표시됩니다.";
        of_system: "Label of the system", "시스템 레이블";
        none_usable: "Maintainers make labels in the settings of the project, administrators those for all projects.", "레이블은 관리 담당자(maintainer)가 프로젝트 설정에서 만들고, 모든 프로젝트에 쓰는 레이블은 시스템 관리자가 만듭니다.";
        to_settings: "Open the settings", "설정 열기";
        save_marks: "Save labels", "레이블 저장";
    }
}
