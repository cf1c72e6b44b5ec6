//! The trash.

use super::format::number;
use api_types::{Problem, TrashEntry, TrashKind};

messages! {
    /// What was deleted and can be restored.
    Trash {
        title: "Trash", "휴지통";
        lead: "What was deleted here comes back with one click, to the same digests. It does not count towards the project's storage limit until you restore it.", "삭제한 항목은 클릭 한 번으로 같은 다이제스트 그대로 복원할 수 있습니다. 복원하기 전까지는 프로젝트 스토리지 한도에 포함되지 않습니다.";
        empty: "The trash is empty", "휴지통이 비어 있습니다";
        empty_text: "Deleted tags, artifacts and repositories appear here, to be restored to the same digests.", "삭제한 태그, 아티팩트, 저장소가 여기에 나타나며 같은 다이제스트로 복원할 수 있습니다.";
        what: "Name", "이름";
        repository: "Repository", "저장소";
        by: "Deleted", "삭제";
        until: "Goes for good", "영구 삭제 예정";
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
        artifacts_tagged(n count, names): one "{n} artifact, tagged {names}", other "{n} artifacts, tagged {names}", "아티팩트 {n}개, 태그: {names}";
        artifacts_tagged_more(n count, names, more): one "{n} artifact, tagged {names} and {more} more", other "{n} artifacts, tagged {names} and {more} more", "아티팩트 {n}개, 태그: {names} 외 {more}개";
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
        select_hint: "Tick several entries to restore them together.", "여러 항목을 선택해 한 번에 복원할 수 있습니다.";
        selected(n count): one "{n} entry selected", other "{n} entries selected", "{n}개 선택됨";
        restore_selected: "Restore selected", "선택 항목 복원";
        delete_selected: "Delete selected now…", "선택 항목 지금 삭제…";
        delete_selected_title: "Delete these for good?", "선택한 항목을 영구 삭제할까요?";
        delete_selected_text: "None of these can be restored any more. Layers that nothing else uses are freed by the next collection.", "다음 항목을 더 이상 복원할 수 없습니다. 다른 곳에서 쓰지 않는 레이어는 다음 수집 때 지워집니다.";
        restored_n(n count): one "{n} entry was restored.", other "{n} entries were restored.", "{n}개를 복원했습니다.";
        deleted_n(n count): one "{n} entry is gone for good.", other "{n} entries are gone for good.", "{n}개를 영구 삭제했습니다.";
        failed_n(n): "{n} failed.", "{n}개는 실패했습니다.";
        nothing_selected: "Nothing was selected.", "선택한 항목이 없습니다.";
        kept_tags(tags): "Restored. These tags point at something newer and stayed: {tags}.", "복원했습니다. 다음 태그는 더 새로운 것을 가리켜 그대로 두었습니다: {tags}.";
        why_gone: "It is not in the trash any more.", "더 이상 휴지통에 없습니다.";
        why_first: "What it belongs to was deleted as well. Restore that first.", "이 항목이 속한 저장소나 이미지도 삭제되었습니다. 그것부터 복원하세요.";
        why_taken: "Another repository has its name by now. Delete that one first.", "같은 이름의 저장소가 새로 생겼습니다. 그 저장소를 먼저 삭제하세요.";
        why_parts: "Something that it needs is not there. Restore or push that first.", "필요한 레이어나 이미지가 없습니다. 그것부터 복원하거나 푸시하세요.";
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

    /// How many artifacts come back, and with which tags where a digest is all that the entry is called by.
    pub fn artifacts(self, entry: &TrashEntry) -> String {
        if entry.tag_names.is_empty() || !entry.name.contains(':') {
            return self.artifacts_n(entry.artifacts);
        }
        let names = entry.tag_names.join(", ");
        match entry.tags.saturating_sub(entry.tag_names.len() as u64) {
            0 => self.artifacts_tagged(entry.artifacts, names),
            more => self.artifacts_tagged_more(entry.artifacts, names, number(more)),
        }
    }

    /// Why an entry could not be restored, where there is more to say than of any other problem of its kind.
    pub fn why(self, problem: &Problem) -> Option<&'static str> {
        match problem.code.as_str() {
            "trash_entry_not_found" => Some(self.why_gone()),
            "repository_not_found" | "manifest_not_found" => Some(self.why_first()),
            "repository_name_taken" => Some(self.why_taken()),
            "manifest_reference_unknown" => Some(self.why_parts()),
            _ => None,
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
    use api_types::{ActorKind, ActorSummary};

    #[test]
    fn the_time_is_told_in_its_largest_unit() {
        let text = Trash::in_language(Locale::En);
        assert_eq!(text.restorable(7 * 86_400), "What is deleted can be restored for 7 days.");
        assert_eq!(text.restorable(36 * 3_600), "What is deleted can be restored for 36 hours.");
        assert_eq!(text.restorable(61), "What is deleted can be restored for 2 minutes.");
        assert_eq!(text.restorable(0), "It cannot be restored: this server keeps nothing that was deleted.");
    }

    #[test]
    fn an_artifact_that_is_called_by_its_digest_tells_its_tags() {
        let entry = |name: &str, artifacts, tags, tag_names: &[&str]| TrashEntry {
            id: 1,
            kind: TrashKind::Artifacts,
            repository: "team/app".to_owned(),
            name: name.to_owned(),
            repositories: 0,
            tags,
            tag_names: tag_names.iter().map(|name| (*name).to_owned()).collect(),
            artifacts,
            deleted_by: ActorSummary { kind: ActorKind::User, name: "ada".to_owned() },
            deleted_at: time::OffsetDateTime::UNIX_EPOCH,
            expires_at: time::OffsetDateTime::UNIX_EPOCH,
        };
        for (entry, english, korean) in [
            (entry("sha256:0", 1, 0, &[]), "1 artifact", "아티팩트 1개"),
            (entry("sha256:0", 1, 1, &["v1"]), "1 artifact, tagged v1", "아티팩트 1개, 태그: v1"),
            (entry("sha256:0", 3, 2, &["v1", "v2"]), "3 artifacts, tagged v1, v2", "아티팩트 3개, 태그: v1, v2"),
            (
                entry("sha256:0", 2, 1_202, &["v1", "v2"]),
                "2 artifacts, tagged v1, v2 and 1,200 more",
                "아티팩트 2개, 태그: v1, v2 외 1,200개",
            ),
            (entry("v1, v2", 2, 2, &["v1", "v2"]), "2 artifacts", "아티팩트 2개"),
        ] {
            assert_eq!(Trash::in_language(Locale::En).artifacts(&entry), english);
            assert_eq!(Trash::in_language(Locale::Ko).artifacts(&entry), korean);
        }
    }
}
