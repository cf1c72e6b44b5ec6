//! What an event of the audit log holds beside its sentence: a name for each of its details.

messages! {
    /// Details of an event.
    Facts {
        digest: "Digest", "다이제스트";
        tags: "Tags", "태그";
        references: "Pushed", "푸시한 항목";
        addresses: "Addresses", "주소";
        role: "Role", "역할";
        role_before: "Role before", "이전 역할";
        public: "Public", "공개";
        description: "Description changed", "설명 변경";
        old_value: "Old value", "이전 값";
        new_value: "New value", "새 값";
        admin: "Administrator", "관리자";
        level: "Rights", "권한";
        projects: "Projects", "프로젝트";
        access: "Access", "권한";
        expires: "Expires", "만료";
        link_expires: "Link expires", "링크 만료";
        overlap: "Seconds that the old secret works on", "이전 시크릿 유효 시간(초)";
        way: "By way of", "경로";
        count: "How many", "개수";
        what: "What", "항목";
        color: "Color", "색상";
        label: "Label", "레이블";
        repositories: "Repositories", "저장소";
        enabled: "In force", "적용";
        rule: "Rule", "규칙";
        rules: "Rules", "규칙";
        schedule: "Schedule", "일정";
        retention: "Retention run", "보존 작업";
        dry_run: "Dry run", "모의 실행";
        deep: "With contents", "내용까지 검사";
        place: "Place", "위치";
        size: "Size", "크기";
        yes: "Yes", "예";
        no: "No", "아니요";
        none: "None", "없음";
    }
}

impl Facts {
    /// The name of a detail; `None` for those of settings, which go by the name of their key.
    pub fn of(self, key: &str) -> Option<&'static str> {
        Some(match key {
            "digest" => self.digest(),
            "tags" => self.tags(),
            "references" => self.references(),
            "addresses" => self.addresses(),
            "role" => self.role(),
            "was" => self.role_before(),
            "public" => self.public(),
            "description" => self.description(),
            "from" => self.old_value(),
            "to" => self.new_value(),
            "admin" => self.admin(),
            "level" => self.level(),
            "projects" => self.projects(),
            "access" => self.access(),
            "expires_at" => self.expires(),
            "link_expires_at" => self.link_expires(),
            "previous_secret_works_for_seconds" => self.overlap(),
            "via" | "by" => self.way(),
            "count" => self.count(),
            "what" => self.what(),
            "color" => self.color(),
            "label" => self.label(),
            "repositories" => self.repositories(),
            "enabled" => self.enabled(),
            "rule" => self.rule(),
            "rules" => self.rules(),
            "cron" => self.schedule(),
            "retention" => self.retention(),
            "dry_run" => self.dry_run(),
            "deep" => self.deep(),
            "place" => self.place(),
            "bytes" => self.size(),
            _ => return None,
        })
    }
}
