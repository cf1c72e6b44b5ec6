//! The inside of an artifact.

messages! {
    /// An artifact's page.
    Artifact {
        also_tagged: "Also tagged", "다른 태그";
        tagged: "Tagged", "태그";
        pushed_by(name): "by {name}", "{name}";
        pushed: "Pushed", "푸시";
        add_tag: "Add tag", "태그 추가";
        delete: "Delete", "삭제";
        platforms: "Platforms of this index", "이 인덱스의 플랫폼";
        layers: "Layers", "레이어";
        files: "Content", "내용";
        layers_n(n count, size): one "{n} layer, {size}", other "{n} layers, {size}", "레이어 {n}개, {size}";
        own: "Only here", "여기에만";
        shared: "Shared", "공유";
        bar(own, shared): "{own} only in this image, {shared} shared with other tags", "이 이미지에만 {own}, 다른 태그와 공유 {shared}";
        no_layer: "no layer", "레이어 없음";
        layer(n): "Layer {n}", "레이어 {n}";
        shared_with(n count): one "Shared with {n} other tag", other "Shared with {n} other tags", "다른 태그 {n}개와 공유";
        only_this_tag: "No other tag has it", "다른 태그에는 없음";
        no_command: "The history does not say how it was made.", "기록에 만들어진 방법이 없습니다.";
        configuration: "Configuration", "구성";
        raw_manifest: "Raw manifest", "매니페스트 원문";
        entrypoint: "Entrypoint", "진입점";
        command: "Command", "명령";
        user: "User", "사용자";
        root: "root", "root";
        not_root: "not root", "root 아님";
        not_root_hint: "The image says that it runs as another user than root.", "이미지가 root가 아닌 사용자로 실행됩니다.";
        directory: "Directory", "디렉터리";
        ports: "Ports", "포트";
        volumes: "Volumes", "볼륨";
        stop_signal: "Stop signal", "종료 시그널";
        created: "Created", "생성";
        author: "Author", "작성자";
        environment: "Environment", "환경 변수";
        labels: "Image labels", "이미지 레이블";
        annotations: "Annotations", "주석";
        more_annotations(n count): one "{n} more in the raw manifest", other "{n} more in the raw manifest", "매니페스트 원문에 {n}개 더 있음";
        long_manifest(size): "It has {size}, so it is not shown at once.", "크기가 {size}이므로 바로 표시하지 않습니다.";
        show_manifest: "Show all of it", "전체 표시";
        media_type: "Media type", "미디어 유형";
        artifact_type: "Artifact type", "아티팩트 유형";
        details: "Details", "세부 정보";
        referrers: "Referrers", "참조하는 아티팩트";
        referrers_n(n count): one "{n} artifact points at this one", other "{n} artifacts point at this one", "아티팩트 {n}개가 이 아티팩트를 가리킵니다";
        if_deleted: "If you delete it", "삭제하면";
        if_deleted_text(n count, size): one "Deleting it and its tag frees {size} in this project.", other "Deleting it and its {n} tags frees {size} in this project.", "태그 {n}개와 함께 삭제하면 이 프로젝트에서 {size}가 확보됩니다.";
        if_deleted_untagged(size): "Deleting it frees {size} in this project.", "삭제하면 이 프로젝트에서 {size}가 확보됩니다.";
        protected: "Protected", "보호됨";
        protected_text(tag): "A rule protects {tag}, so it cannot be deleted.", "규칙이 {tag} 태그를 보호하므로 삭제할 수 없습니다.";
        to_rules: "Open the rules", "규칙 보기";
        keeps(n count): one "{n} other tag keeps the shared layers.", other "{n} other tags keep the shared layers.", "공유 레이어는 다른 태그 {n}개가 계속 사용합니다.";
        keeps_none: "No other tag uses its layers.", "다른 태그는 이 레이어를 사용하지 않습니다.";
        delete_title(name): "Delete {name}?", "{name}을(를) 삭제할까요?";
        protected_title(tag): "{tag} is protected", "{tag} 태그는 보호되어 있습니다";
        delete_tags(tags): "Tags to delete: {tags}.", "함께 삭제되는 태그: {tags}.";
        delete_untagged: "No tag points at it.", "이 아티팩트를 가리키는 태그가 없습니다.";
        delete_frees(size): "It frees {size} in this project.", "이 프로젝트에서 {size}가 확보됩니다.";
        parts: "Its parts", "구성 요소";
        parts_go(n count): one "{n} part goes with it", other "{n} parts go with it", "구성 요소 {n}개도 함께 삭제";
        parts_go_hint(size): "Children and what is attached, as far as nothing else holds them. Frees {size} in this project.", "하위 이미지와 첨부 항목 중 다른 곳에서 쓰지 않는 것이 함께 삭제됩니다. 이 프로젝트에서 {size}가 확보됩니다.";
        parts_stay: "It goes alone", "이것만 삭제";
        parts_stay_hint(size): "Its parts stay in the list of artifacts, and can be pulled by digest. Frees {size} in this project.", "구성 요소는 아티팩트 목록에 남고 다이제스트로 풀할 수 있습니다. 이 프로젝트에서 {size}가 확보됩니다.";
        delete_fails: "Pulls by these names and by digest fail from now on.", "이 이름이나 다이제스트로는 더 이상 풀할 수 없습니다.";
        confirm_delete: "Delete artifact", "아티팩트 삭제";
        deleted: "The artifact was deleted.", "아티팩트를 삭제했습니다.";
        add_tag_title: "Add a tag", "태그 추가";
        add_tag_text(digest): "It points at {digest}. A tag of this name that exists already is moved.", "{digest}을(를) 가리킵니다. 같은 이름의 태그가 이미 있으면 이동합니다.";
        tag_name: "Tag", "태그";
        tag_hint: "Letters, digits, `_`, `.` and `-`; at most 128, not starting with `.` or `-`.", "영문자, 숫자, `_`, `.`, `-`를 쓸 수 있고 최대 128자이며 `.`이나 `-`로 시작할 수 없습니다.";
        confirm_tag: "Add tag", "태그 추가";
        nothing_inside: "This artifact has no layers.", "이 아티팩트에는 레이어가 없습니다.";
        manifest_of(digest): "Manifest {digest}", "매니페스트 {digest}";
        missing_children: "No platform of this index is stored here.", "이 인덱스의 플랫폼이 저장되어 있지 않습니다.";
    }
}
