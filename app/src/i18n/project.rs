//! A project: its repositories and its settings.

messages! {
    /// A project's page.
    Project {
        tabs: "Parts of the project", "프로젝트 메뉴";
        repositories: "Repositories", "저장소";
        activity: "Activity", "활동";
        members_tab: "Members", "구성원";
        settings: "Settings", "설정";
        you_are(role): "You are {role}", "내 역할: {role}";
        as_admin: "You are system admin", "내 역할: 시스템 관리자";
        as_visitor: "You may pull", "풀할 수 있습니다";
        used(used): "{used} used", "{used} 사용";
        used_of(used, quota): "{used} of {quota}", "{quota} 중 {used}";
        push_commands: "Push commands", "푸시 명령";
        push_title(project): "Push to {project}", "{project}에 푸시";
        filter(n count): one "Filter {n} repository", other "Filter {n} repositories", "저장소 {n}개 필터";
        repository: "Repository", "저장소";
        tags: "Tags", "태그";
        artifacts: "Artifacts", "아티팩트";
        size: "Size", "크기";
        pulls: "Pulls", "풀";
        pushed: "Last push", "마지막 푸시";
        sort_pushed: "Newest push", "최근 푸시순";
        sort_name: "Name", "이름순";
        sort_size: "Size", "크기순";
        sort_pulls: "Pulls", "풀 횟수순";
        no_match(filter): "No repository matches “{filter}”", "‘{filter}’와 일치하는 저장소가 없습니다";
        clear_filter: "Clear the filter", "필터 지우기";
        tags_n(n count): one "{n} tag", other "{n} tags", "태그 {n}개";
        nothing_yet: "Nothing was pushed yet", "아직 푸시된 이미지가 없습니다";
        nothing_yet_text: "Somebody who may push has to send the first image.", "푸시 권한이 있는 사람이 첫 이미지를 올려야 합니다.";
    }

    /// The empty state that teaches how to push.
    FirstPush {
        title: "Push your first image", "첫 이미지 푸시하기";
        lead: "A repository appears here as soon as something is pushed to it. You do not create it first.", "푸시하면 저장소가 바로 여기에 나타납니다. 먼저 만들 필요가 없습니다.";
        sign_in: "Sign in from your terminal", "터미널에서 로그인";
        sign_in_text: "Use your Slipway name and password. The terminal asks for the password.", "Slipway 사용자 이름과 비밀번호를 사용하세요. 비밀번호는 터미널에서 입력합니다.";
        sign_in_unasked: "Use your Slipway name and password. This client does not ask for the password: put it, or an access token, into `PASSWORD` first.", "Slipway 사용자 이름과 비밀번호를 사용하세요. 이 클라이언트는 비밀번호를 묻지 않으므로 먼저 `PASSWORD` 변수에 비밀번호나 액세스 토큰을 넣으세요.";
        name: "Name the image for this project", "이 프로젝트에 맞게 이미지 이름 지정";
        name_text(example): "Replace `my-app` with an image you have locally. Slashes are fine: `{example}`.", "`my-app`을 로컬에 있는 이미지로 바꾸세요. 슬래시를 쓸 수 있습니다: `{example}`.";
        build: "Build and push in one go", "빌드와 푸시를 한 번에";
        build_text: "Every platform you name is built and sent; the tag then points at an index of them. If the builder cannot build for several platforms, run `docker buildx create --use` first.", "지정한 플랫폼을 모두 빌드해 보내며, 태그는 이들의 인덱스를 가리킵니다. 빌더가 여러 플랫폼을 빌드하지 못하면 먼저 `docker buildx create --use`를 실행하세요.";
        push: "Push it", "푸시";
        push_text: "The first push sends every layer; later ones send only the layers that changed.", "처음에는 모든 레이어를 보내고, 이후에는 바뀐 레이어만 보냅니다.";
        copy: "Copy an image here", "이미지 복사";
        copy_text: "Nothing passes through a local engine.", "로컬 엔진을 거치지 않습니다.";
        chart: "Push a chart", "차트 푸시";
        chart_text: "`helm package` wrote the file. The chart's own name becomes the repository.", "`helm package`로 만든 파일을 올립니다. 차트 이름이 저장소 이름이 됩니다.";
        files: "Push files", "파일 푸시";
        files_text: "Any files, with a type of your own.", "원하는 유형으로 어떤 파일이든 올릴 수 있습니다.";
        waiting: "Waiting for the first push. This page changes by itself when it arrives.", "첫 푸시를 기다리고 있습니다. 도착하면 이 화면이 저절로 바뀝니다.";
        waiting_still: "Reload this page after the first push.", "첫 푸시 후 이 페이지를 새로 고치세요.";
        none_at_hand: "No image at hand?", "올릴 이미지가 없나요?";
        none_at_hand_text: "Copy a small public one from Docker Hub to see how a repository looks.", "Docker Hub의 작은 공개 이미지를 복사해 저장소 화면을 살펴보세요.";
        http: "This server speaks plain HTTP", "이 서버는 일반 HTTP를 사용합니다";
        http_text(host): "Docker trusts `localhost` without TLS. For other hosts add `{host}` to `insecure-registries`, or set up TLS.", "Docker는 `localhost`를 TLS 없이 신뢰합니다. 다른 호스트라면 `{host}`를 `insecure-registries`에 추가하거나 TLS를 설정하세요.";
        shared_layers: "Layers are stored once", "레이어는 한 번만 저장됩니다";
        shared_layers_text: "Images that share layers share their space, in this project and in all others.", "레이어를 공유하는 이미지는 이 프로젝트와 다른 모든 프로젝트에서 저장 공간을 함께 씁니다.";
    }

    /// How much a project may hold.
    Quota {
        title: "Storage limit", "스토리지 한도";
        held(used): "The project holds {used}.", "프로젝트가 {used} 사용 중입니다.";
        held_of(used, quota): "The project holds {used} of {quota}.", "프로젝트가 {quota} 중 {used} 사용 중입니다.";
        used_of(used, quota): "{used} of {quota} used", "{quota} 중 {used} 사용";
        over: "It holds more than it may. Nothing was lost, but pushes of new layers are refused until something is deleted or the limit is raised.", "한도보다 많이 사용하고 있습니다. 잃은 것은 없지만, 무언가를 삭제하거나 한도를 늘리기 전까지 새 레이어 푸시가 거부됩니다.";
        counts: "Each layer counts once, whatever the number of images it is in. What is deleted stops counting at once; restoring it counts again.", "레이어는 여러 이미지에 들어 있어도 한 번만 계산합니다. 삭제한 것은 바로 사용량에서 빠지고, 복원하면 다시 포함됩니다.";
        none: "It has no limit of its own.", "정해진 한도가 없습니다.";
        by_admins: "System administrators set the limit.", "한도는 시스템 관리자가 정합니다.";
        limit: "Limit", "한도";
        limit_hint: "Such as `500 MB`, `20 GB` or `1.5 TB`. Empty: no limit. A limit below what the project holds deletes nothing and refuses new layers.", "예: `500 MB`, `20 GB`, `1.5 TB`. 비워 두면 한도가 없습니다. 현재 사용량보다 작게 정하면 아무것도 삭제되지 않고 새 레이어만 거부됩니다.";
        save: "Set limit", "한도 설정";
        saved: "The limit was set.", "한도를 설정했습니다.";
    }

    /// A project's settings.
    ProjectSettings {
        access: "Access", "접근";
        private_hint: "Only members can pull and push.", "구성원만 풀하고 푸시할 수 있습니다.";
        public_hint: "Anyone who can reach this server can pull without signing in. Only members can push.", "이 서버에 접속할 수 있는 누구나 로그인 없이 풀할 수 있습니다. 푸시는 구성원만 할 수 있습니다.";
        description: "Description", "설명";
        description_hint: "One sentence about its contents.", "무엇이 들어 있는지 한 문장으로 적어 주세요.";
        saved: "The settings were saved.", "설정을 저장했습니다.";
        name: "Name", "이름";
        rename_follows: "Pulls by the old name go on until another project takes it. Pushes by the old name are refused and told the new one, so change what pushes. Members, robots and tokens stay, and no image moves.", "예전 이름으로 하는 풀은 다른 프로젝트가 그 이름을 쓰기 전까지 계속됩니다. 예전 이름으로 하는 푸시는 새 이름을 알려 주며 거부되므로 푸시하는 쪽을 바꾸세요. 구성원, 로봇, 토큰은 그대로이고 이미지는 옮겨지지 않습니다.";
        former_names(names): "Still served for pulls: {names}.", "아직 풀할 수 있는 예전 이름: {names}.";
        rename: "Rename", "이름 바꾸기";
        renaming: "Renaming…", "바꾸는 중…";
        renamed(name): "The project is called {name} now.", "프로젝트 이름이 이제 {name}입니다.";
        danger: "Danger zone", "위험 구역";
        delete: "Delete this project", "이 프로젝트 삭제";
        delete_text(n count): one "Its {n} repository goes with all tags and images.", other "Its {n} repositories go with all tags and images.", "저장소 {n}개와 모든 태그, 이미지가 함께 삭제됩니다.";
        delete_text_empty: "This project is empty.", "비어 있는 프로젝트입니다.";
        delete_button: "Delete project…", "프로젝트 삭제…";
        delete_title(project): "Delete {project}?", "{project} 프로젝트를 삭제할까요?";
        goes_empty: "This project is empty: its name, members, robots and settings go.", "비어 있는 프로젝트이므로 이름, 구성원, 로봇, 설정이 삭제됩니다.";
        goes(n count, size): one "{n} repository with all its tags and images goes: {size}.", other "{n} repositories with all their tags and images go: {size}.", "저장소 {n}개와 모든 태그, 이미지가 삭제됩니다: {size}.";
        stays: "Layers that other projects use stay. Pulls of these images fail from now on, and its robots no longer sign in.", "다른 프로젝트가 쓰는 레이어는 남습니다. 이 이미지들은 더 이상 풀할 수 없고 이 프로젝트의 로봇은 로그인할 수 없습니다.";
        under_deleted: "Find it under Projects → Deleted projects, with members, robots and images.", "‘프로젝트 → 삭제된 프로젝트’에서 구성원, 로봇, 이미지와 함께 찾을 수 있습니다.";
        general: "General", "일반";
        rename_title: "Rename", "이름 변경";
        type_name(project): "Type **{project}** to go on", "계속하려면 **{project}** 그대로 입력하세요";
        type_name_label: "Name of the project", "프로젝트 이름";
        confirm: "Delete project", "프로젝트 삭제";
        deleted(project): "Project {project} was deleted.", "{project} 프로젝트를 삭제했습니다.";
        only_admins: "Only project admins change these settings.", "프로젝트 관리자만 설정을 바꿀 수 있습니다.";
    }
}
