//! Words that occur everywhere.

use api_types::{ArtifactKind, Role};

messages! {
    /// Words that occur everywhere.
    Common {
        copy: "Copy", "복사";
        copied: "Copied", "복사됨";
        copy_digest: "Copy digest", "다이제스트 복사";
        cancel: "Cancel", "취소";
        close: "Close", "닫기";
        clear: "Clear", "지우기";
        delete: "Delete", "삭제";
        save: "Save", "저장";
        saving: "Saving…", "저장 중…";
        try_again: "Try again", "다시 시도";
        more_actions: "More actions", "추가 작업";
        optional: "optional", "선택 사항";
        loading: "Loading", "불러오는 중";
        previous: "Previous", "이전";
        next: "Next", "다음";
        pages: "Pages", "페이지";
        never: "Never", "없음";
        none: "None", "없음";
        all: "All", "전체";
        any: "Any", "전체";
        filter: "Filter", "필터";
        sort: "Sort", "정렬";
        show: "Show", "표시";
        hide: "Hide", "숨기기";
        show_password: "Show password", "비밀번호 표시";
        hide_password: "Hide password", "비밀번호 숨기기";
        range(first, last, total): "{first}–{last} of {total}", "{first}–{last} / {total}";
        no_rows: "Nothing to show", "표시할 항목 없음";
        bytes(n count): one "{n} byte", other "{n} bytes", "{n}바이트";
        dismiss: "Dismiss", "닫기";
        select: "Select", "선택";
        select_row(name): "Select {name}", "{name} 선택";
        select_all: "Select all on this page", "이 페이지 모두 선택";
        client: "Client", "클라이언트";
    }

    /// Kinds of things.
    Terms {
        private: "Private", "비공개";
        public: "Public", "공개";
        limited_guest: "Limited guest", "제한된 게스트";
        guest: "Guest", "게스트";
        developer: "Developer", "개발자";
        maintainer: "Maintainer", "메인테이너";
        project_admin: "Project admin", "프로젝트 관리자";
        system_admin: "System admin", "시스템 관리자";
        image: "Image", "이미지";
        index: "Multi-platform", "멀티 플랫폼";
        helm_chart: "Helm chart", "Helm 차트";
        signature: "Signature", "서명";
        sbom: "SBOM", "SBOM";
        attestation: "Attestation", "증명";
        artifact: "Artifact", "아티팩트";
        signed: "Signed", "서명됨";
        signed_hint: "A signature is attached. Slipway does not verify it.", "서명이 첨부되어 있습니다. Slipway는 서명을 검증하지 않습니다.";
        sbom_hint: "A software bill of materials is attached.", "소프트웨어 자재 명세서가 첨부되어 있습니다.";
        provenance_hint: "A provenance attestation is attached.", "출처 증명이 첨부되어 있습니다.";
        robot: "Robot", "로봇";
        server: "Server", "서버";
        anonymous: "Anonymous", "익명";
    }
}

impl Terms {
    /// The name of a role.
    pub fn role(self, role: Role) -> &'static str {
        match role {
            Role::LimitedGuest => self.limited_guest(),
            Role::Guest => self.guest(),
            Role::Developer => self.developer(),
            Role::Maintainer => self.maintainer(),
            Role::ProjectAdmin => self.project_admin(),
        }
    }

    /// Whether everybody may pull, in a word.
    pub fn access(self, public: bool) -> &'static str {
        if public { self.public() } else { self.private() }
    }

    /// What a manifest describes.
    pub fn kind(self, kind: ArtifactKind) -> &'static str {
        match kind {
            ArtifactKind::Image => self.image(),
            ArtifactKind::Index => self.index(),
            ArtifactKind::HelmChart => self.helm_chart(),
            ArtifactKind::Signature => self.signature(),
            ArtifactKind::Sbom => self.sbom(),
            ArtifactKind::Attestation => self.attestation(),
            ArtifactKind::Other => self.artifact(),
        }
    }
}
