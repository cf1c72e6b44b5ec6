//! The trash.

use api_types::TrashKind;

messages! {
    /// What was deleted and can be restored.
    Trash {
        title: "Trash", "휴지통";
        lead: "What was deleted here comes back with one click, to the same digests. Until it goes for good it counts in the project's storage.", "삭제한 항목은 클릭 한 번으로 같은 다이제스트 그대로 복원할 수 있습니다. 완전히 삭제될 때까지는 프로젝트 스토리지에 포함됩니다.";
        empty: "The trash is empty", "휴지통이 비어 있습니다";
        empty_text: "Deleted tags, artifacts and repositories appear here, to be restored to the same digests.", "삭제한 태그, 아티팩트, 저장소가 여기에 나타나며 같은 다이제스트로 복원할 수 있습니다.";
        what: "Deleted", "삭제된 항목";
        repository: "Repository", "저장소";
        by: "By", "삭제한 사람";
        until: "Goes for good", "영구 삭제";
        restore: "Restore", "복원";
        restored(name): "{name} was restored.", "{name} 복원을 마쳤습니다.";
        restored_but(name, tags): "{name} was restored. These tags point at something newer and stayed: {tags}.", "{name} 복원을 마쳤습니다. 다음 태그는 더 새로운 것을 가리켜 그대로 두었습니다: {tags}.";
        delete_now: "Delete now…", "지금 삭제…";
        delete_title: "Delete for good?", "영구 삭제할까요?";
        delete_text(what, repository): "{what} of {repository} cannot be restored any more. Layers that nothing else uses are freed by the next collection.", "{repository}의 {what} 항목을 더 이상 복원할 수 없습니다. 다른 곳에서 쓰지 않는 레이어는 다음 수집 때 지워집니다.";
        confirm: "Delete for good", "영구 삭제";
        deleted: "It is gone for good.", "영구 삭제했습니다.";
        tags_n(n count): one "{n} tag", other "{n} tags", "태그 {n}개";
        artifacts_n(n count): one "{n} artifact", other "{n} artifacts", "아티팩트 {n}개";
        kind_tags: "Tag", "태그";
        kind_artifacts: "Image", "이미지";
        kind_repository: "Repository", "저장소";
        kind_project: "Project", "프로젝트";
        repositories_n(n count): one "{n} repository", other "{n} repositories", "저장소 {n}개";
        delete_project_text(name): "The project {name} cannot be restored any more, with its members, robots and images. Layers that nothing else uses are freed by the next collection.", "{name} 프로젝트를 구성원, 로봇, 이미지와 함께 더 이상 복원할 수 없습니다. 다른 곳에서 쓰지 않는 레이어는 다음 수집 때 지워집니다.";
        kept(time): "What is deleted can be restored for {time}.", "삭제한 항목은 {time} 동안 복원할 수 있습니다.";
        not_kept: "It cannot be restored: this server keeps nothing that was deleted.", "이 서버는 삭제한 것을 보관하지 않으므로 복원할 수 없습니다.";
        days(n count): one "{n} day", other "{n} days", "{n}일";
        hours(n count): one "{n} hour", other "{n} hours", "{n}시간";
        minutes(n count): one "{n} minute", other "{n} minutes", "{n}분";
        newest: "Newest", "최신";
        older: "Older", "이전";
    }
}

impl Trash {
    /// How long what is deleted can be restored, where that is for so many seconds.
    pub fn restorable(self, seconds: u64) -> String {
        match seconds {
            0 => self.not_kept().to_owned(),
            days if days.is_multiple_of(86_400) => self.kept(self.days(days / 86_400)),
            hours if hours.is_multiple_of(3_600) => self.kept(self.hours(hours / 3_600)),
            rest => self.kept(self.minutes(rest.div_ceil(60))),
        }
    }

    /// What kind of thing was deleted.
    pub fn kind(self, kind: TrashKind) -> &'static str {
        match kind {
            TrashKind::Tags => self.kind_tags(),
            TrashKind::Artifacts => self.kind_artifacts(),
            TrashKind::Repository => self.kind_repository(),
            TrashKind::Project => self.kind_project(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn the_time_is_told_in_its_largest_unit() {
        let text = Trash::in_language(Locale::En);
        assert_eq!(text.restorable(7 * 86_400), "What is deleted can be restored for 7 days.");
        assert_eq!(text.restorable(36 * 3_600), "What is deleted can be restored for 36 hours.");
        assert_eq!(text.restorable(61), "What is deleted can be restored for 2 minutes.");
        assert_eq!(text.restorable(0), "It cannot be restored: this server keeps nothing that was deleted.");
    }
}
