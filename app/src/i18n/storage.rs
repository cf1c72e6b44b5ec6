//! A project's storage, looked into.

messages! {
    /// Who holds how much.
    Storage {
        tab: "Storage", "스토리지";
        title: "What the project holds", "프로젝트 사용량";
        held: "Stored", "사용량";
        open_trash: "Open the trash", "휴지통 열기";
        of_quota(percent, quota): "{percent}% of {quota}", "{quota} 중 {percent}%";
        no_quota: "No limit", "한도 없음";
        pulled: "As pulled", "태그를 모두 풀할 때";
        pulled_text: "What pulling every tag would transfer.", "모든 태그를 풀하면 전송되는 양입니다.";
        saved(size): "What pulling every tag would transfer. Shared layers save {size}.", "모든 태그를 풀하면 전송되는 양입니다. 레이어 공유로 {size} 절약했습니다.";
        own_project: "Only in this project", "이 프로젝트에만 있는 용량";
        own_bytes(size): "{size} that no other project holds", "다른 프로젝트에는 없는 {size}";
        elsewhere_bytes(size): "{size} that other projects hold too", "다른 프로젝트와 공유하는 {size}";
        elsewhere(size): "Other projects hold the other {size} too. Only system administrators see this.", "나머지 {size}는 다른 프로젝트와 공유합니다. 시스템 관리자에게만 표시됩니다.";
        elsewhere_none: "No other project holds any of it. Only system administrators see this.", "다른 프로젝트와 공유하는 것이 없습니다. 시스템 관리자에게만 표시됩니다.";
        trashed: "In the trash", "휴지통";
        trashed_text: "Only what was deleted holds this. It does not count unless it is restored.", "삭제된 것에만 있는 양이며, 복원하지 않는 한 사용량에 포함되지 않습니다.";
        empty: "Nothing stored yet", "아직 저장된 것이 없습니다";
        empty_text: "With the first push this page shows which repositories and tags hold how much, and what deleting them would free.", "첫 푸시 이후 저장소와 태그별 사용량, 그리고 삭제하면 확보되는 용량을 보여 줍니다.";
        repositories: "By repository", "저장소별";
        all_repositories: "All repositories", "모든 저장소";
        open_repository: "Open repository", "저장소 열기";
        all: "Holds", "전체";
        own: "Only here", "단독";
        own_short: "only here", "단독";
        shared: "Shared", "공유";
        share: "Share", "비율";
        as_pulled: "As pulled", "풀 크기";
        bar(own, shared): "{own} only here, {shared} shared", "단독 {own}, 공유 {shared}";
        own_of(size): "{size} that nothing else in the project holds", "프로젝트의 다른 곳에는 없는 {size}";
        shared_of(size): "{size} that others in the project hold too", "프로젝트의 다른 곳과 공유하는 {size}";
        largest_title: "Largest images", "가장 큰 이미지";
        largest_none: "There is no tagged image.", "태그가 있는 이미지가 없습니다.";
        never_title: "Never pulled, largest first", "한 번도 풀하지 않음, 큰 순서";
        never_none: "Every tagged image was pulled at least once.", "태그가 있는 모든 이미지를 한 번 이상 풀했습니다.";
        never_pulled: "Never pulled", "풀한 적 없음";
        all_tags: "All tags", "모든 태그";
        which: "Which tags", "태그 선택";
        no_tags: "No tags", "태그가 없습니다";
        no_tags_text: "What the repository holds is untagged, or layers of pushes that have not ended.", "저장소에는 태그 없는 이미지나 아직 끝나지 않은 푸시의 레이어만 있습니다.";
        none_unpulled: "Every tag here was pulled", "모든 태그를 풀한 적이 있습니다";
        none_unpulled_text: "Nothing in this repository lies unused since its push.", "푸시한 뒤 한 번도 쓰이지 않은 이미지가 없습니다.";
        repository_sums(held, own, shared): "The repository holds {held}: {own} that no other repository of the project has, and {shared} that others have too.", "저장소 사용량은 {held}입니다. 프로젝트의 다른 저장소에 없는 것은 {own}, 공유하는 것은 {shared}입니다.";
        choose: "Tick tags to see what deleting them together frees. Nothing is deleted before you confirm.", "태그를 선택하면 함께 삭제할 때 확보되는 용량을 보여 줍니다. 확인하기 전에는 삭제되지 않습니다.";
        preview_deletion: "Preview deletion…", "삭제 미리 보기…";
    }
}
