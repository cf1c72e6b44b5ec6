//! A repository: tags, artifacts, about; and how to pull.

messages! {
    /// A repository's page.
    Repository {
        tabs: "Parts of the repository", "저장소 메뉴";
        tags: "Tags", "태그";
        artifacts: "Artifacts", "아티팩트";
        about: "About", "소개";
        size_shared(size, percent): "{size}, {percent}% shared", "{size}, {percent}% 공유";
        size_hint: "What its layers take, and how much of that other repositories of the project use too", "레이어가 차지하는 크기와 프로젝트의 다른 저장소와 공유하는 비율";
        pulls_this_week(n count): one "{n} pull this week", other "{n} pulls this week", "이번 주 풀 {n}회";
        last_push: "Last push", "마지막 푸시";
        filter_tags(n count): one "Filter {n} tag", other "Filter {n} tags", "태그 {n}개 필터";
        tag: "Tag", "태그";
        platforms: "Platforms", "플랫폼";
        platform: "Platform", "플랫폼";
        size: "Size", "크기";
        digest: "Digest", "다이제스트";
        pushed: "Pushed", "푸시";
        last_pulled: "Last pulled", "마지막 풀";
        attached: "Attached", "첨부";
        tagged: "Tags", "태그";
        kind: "Kind", "종류";
        columns: "Columns", "열";
        sort_pushed: "Newest push", "최근 푸시순";
        sort_name: "Name", "이름순";
        sort_version: "Version", "버전순";
        sort_size: "Size", "크기순";
        more_platforms(n): "+{n}", "+{n}";
        untagged: "Untagged", "태그 없음";
        child: "Part of an index", "인덱스의 일부";
        attachment: "Attached to an image", "이미지에 첨부됨";
        no_tags: "No tags", "태그가 없습니다";
        no_tags_text: "What was pushed here has no tag.", "여기에 푸시된 것에는 태그가 없습니다.";
        see_artifacts: "Show artifacts", "아티팩트 보기";
        nothing_left: "Everything that was pushed here has been deleted. The next push fills it again.", "여기에 푸시된 것은 모두 삭제되었습니다. 다시 푸시하면 여기에 나타납니다.";
        nothing_left_kept: "Everything that was pushed here has been deleted. Restore it from the trash, or push again.", "여기에 푸시된 것은 모두 삭제되었습니다. 휴지통에서 복원하거나 다시 푸시하세요.";
        no_match(filter): "No tag matches “{filter}”", "‘{filter}’와 일치하는 태그가 없습니다";
        no_platform_match(platform): "No tag has {platform}", "{platform} 플랫폼의 태그가 없습니다";
        no_match_text: "Names are searched for this text anywhere, in upper or lower case. A whole digest finds the tags that point at it.", "이름의 모든 위치에서 대소문자 구분 없이 찾습니다. 다이제스트 전체를 입력하면 그 다이제스트를 가리키는 태그를 찾습니다.";
        clear_filter: "Show all tags", "모든 태그 보기";
        no_artifacts: "No artifacts", "아티팩트가 없습니다";
        filter_artifacts(n count): one "Filter {n} artifact", other "Filter {n} artifacts", "아티팩트 {n}개 필터";
        no_artifact_match(filter): "No artifact matches “{filter}”", "‘{filter}’와 일치하는 아티팩트가 없습니다";
        no_artifact_match_text: "Digests and tags are searched for this text anywhere.", "다이제스트와 태그의 모든 위치에서 찾습니다.";
        no_artifact_of_kind(kind): "Nothing of the kind “{kind}” here", "‘{kind}’ 종류의 아티팩트가 없습니다";
        all_artifacts: "Show all artifacts", "모든 아티팩트 보기";
        open: "Open", "열기";
        delete_tag: "Delete…", "삭제…";
        history: "History…", "기록…";
        history_of(tag): "History of {tag}", "{tag}의 기록";
        history_only: "It has pointed here since it was first pushed. When the tag moves, earlier images appear here and you can move it back.", "처음 푸시한 뒤로 계속 이 아티팩트를 가리킵니다. 태그가 이동하면 이전 이미지가 여기에 나타나며 되돌릴 수 있습니다.";
        history_text: "Where the tag has pointed, the newest first. Moving it back changes nothing but the tag.", "태그가 가리켰던 아티팩트를 최신순으로 표시합니다. 되돌려도 태그만 바뀝니다.";
        was_deleted: "Deleted", "삭제됨";
        artifact_gone: "is deleted", "삭제된 아티팩트";
        now: "Now", "현재";
        move_back: "Move back", "되돌리기";
        moved_back(tag): "{tag} was moved back.", "{tag} 태그를 되돌렸습니다.";
        delete_repository: "Delete repository…", "저장소 삭제…";
        describe: "Edit description", "설명 편집";
        selected(n count): one "{n} tag selected", other "{n} tags selected", "태그 {n}개 선택됨";
        select_hint: "Tick tags to delete them together.", "삭제할 태그를 선택하세요.";
        delete_selected: "Delete selected…", "선택 항목 삭제…";
        delete_n(n count): one "Delete {n} tag…", other "Delete {n} tags…", "태그 {n}개 삭제…";
        would_free(size): "Deleting would free {size}.", "삭제하면 {size}가 확보됩니다.";
        held_elsewhere(size): "Of this, {size} stays in the store, as other projects hold it too.", "그중 {size}는 다른 프로젝트도 사용하므로 저장소에 남습니다.";
        others_share(n count): one "Their other layers are used by {n} tag that stays.", other "Their other layers are used by {n} tags that stay.", "나머지 레이어는 남는 태그 {n}개가 사용합니다.";
        delete_title(n count): one "Delete {n} tag?", other "Delete {n} tags?", "태그 {n}개를 삭제할까요?";
        delete_one_title(tag): "Delete {tag}?", "{tag} 태그를 삭제할까요?";
        goes(tags): "Tags to delete: `{tags}`.", "삭제할 태그: `{tags}`.";
        tag_protected(tag): "{tag} is protected", "{tag} 태그는 보호되어 있습니다";
        tag_protected_text: "A project rule protects this tag. Nobody can overwrite or delete it while the rule is on. Maintainers can change it under Rules.", "프로젝트 규칙이 이 태그를 보호합니다. 규칙이 활성 상태인 동안에는 덮어쓰거나 삭제할 수 없습니다. 관리 담당자(maintainer)는 규칙 탭에서 바꿀 수 있습니다.";
        images_go(n count, size): one "{n} image that no other tag holds goes too and frees {size}.", other "{n} images that no other tag holds go too and free {size}.", "다른 태그가 가리키지 않는 이미지 {n}개도 삭제되어 {size}가 확보됩니다.";
        no_image_goes: "The images stay, because other tags or indexes hold them.", "다른 태그나 인덱스가 사용하므로 이미지는 남습니다.";
        can_restore(n count): one "Pulls by this tag fail from now on. What it holds is freed when it goes for good.", other "Pulls by these {n} tags fail from now on. What they hold is freed when they go for good.", "이 태그로는 더 이상 풀할 수 없습니다. 용량은 완전히 삭제될 때 확보됩니다.";
        confirm_tags(n count): one "Delete {n} tag", other "Delete {n} tags", "태그 {n}개 삭제";
        deleted_tags(n count): one "{n} tag was deleted.", other "{n} tags were deleted.", "태그 {n}개를 삭제했습니다.";
        delete_repository_title(name): "Delete {name}?", "{name} 저장소를 삭제할까요?";
        repository_goes(tags, artifacts, size): "{tags} tags and {artifacts} artifacts go, which frees {size} in this project.", "태그 {tags}개와 아티팩트 {artifacts}개가 삭제되어 이 프로젝트에서 {size}가 확보됩니다.";
        repository_stays: "Layers that other repositories use stay. Pulls of these images fail from now on. What the repository holds is freed when it goes for good.", "다른 저장소가 쓰는 레이어는 남습니다. 이 이미지들은 더 이상 풀할 수 없습니다. 용량은 완전히 삭제될 때 확보됩니다.";
        confirm_repository: "Delete repository", "저장소 삭제";
        deleted_repository(name): "Repository {name} was deleted.", "{name} 저장소를 삭제했습니다.";
        no_description: "No description yet", "아직 설명이 없습니다";
        no_description_text: "Tell people what these images are for, how to run them and which tags to use.", "이미지의 용도와 실행 방법, 어떤 태그를 쓰면 되는지 알려 주세요.";
        write_description: "Write a description", "설명 작성";
        no_description_hint: "Whoever may push here can write one.", "이 프로젝트에 푸시할 수 있는 사람이 작성할 수 있습니다.";
        description: "Description", "설명";
        description_hint: "Plain text, at most 64 KiB.", "일반 텍스트, 최대 64KiB.";
        described: "The description was saved.", "설명을 저장했습니다.";
    }

    /// The box that shows how to pull.
    Pull {
        title: "Pull", "풀";
        by: "by", "기준";
        tag: "Tag", "태그";
        digest: "Digest", "다이제스트";
        reference_by: "Name the image by", "이미지 지정 방식";
    }
}
