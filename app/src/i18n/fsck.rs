//! The storage check and what it finds.

use super::format::{bytes, number};
use api_types::{DamageKind, FsckReport};

messages! {
    /// The card of the storage check, and its findings.
    Fsck {
        title: "Storage check", "스토리지 검사";
        lead: "Compares database and store: is everything there that was pushed, and is it what it was? Pulls and pushes go on, and nothing is deleted.", "데이터베이스와 스토어를 비교해 푸시된 것이 모두 있고 그대로인지 확인합니다. 풀과 푸시는 계속되며 아무것도 지우지 않습니다.";
        quick: "Quick check", "빠른 검사";
        deep: "Read everything", "모두 읽어 검사";
        quick_hint: "Quick: existence and length of every blob, and the hash of every manifest. Reading everything hashes every byte as well, at a limited rate.", "빠른 검사는 모든 블롭의 존재와 길이, 모든 매니페스트의 해시를 확인합니다. 모두 읽어 검사하면 제한된 속도로 모든 바이트의 해시도 확인합니다.";
        asked: "The check was asked for.", "검사를 요청했습니다.";
        never: "Last check: never.", "마지막 검사: 없음.";
        all_well: "Everything is there", "모두 정상";
        damaged(n count): one "{n} damaged", other "{n} damaged", "손상 {n}개";
        mended(n count): one "{n} mended", other "{n} mended", "바로잡음 {n}개";
        unnamed(n count): one "{n} object without a record", other "{n} objects without a record", "기록 없는 오브젝트 {n}개";
        unnamed_hint: "Left behind by crashes. Collection takes them away.", "비정상 종료로 남은 것입니다. 수집이 치웁니다.";
        checked: "checked", "검사:";
        checked_deep: "every byte read", "모든 바이트를 읽음";
        remedy: "What is damaged is in quarantine: pulls of it fail instead of giving wrong bytes. **Push the image again** and it is whole, under the same digest.", "손상된 것은 격리되어 잘못된 내용을 내주는 대신 풀이 실패합니다. **이미지를 다시 푸시**하면 같은 다이제스트로 복구됩니다.";
        what: "What", "문제";
        subject: "Content", "콘텐츠";
        whom: "Repository and tags", "저장소와 태그";
        nobody: "No repository", "해당 저장소 없음";
        no_tags: "no tags", "태그 없음";
        more(n count): one "and {n} more", other "and {n} more", "외 {n}개";
        healed: "Whole again", "복구됨";
        findings: "What is damaged", "손상된 항목";
        rest: "Only the first are shown. All of them in a terminal: `slipway fsck --json`.", "처음 일부만 표시합니다. 터미널에서 전체를 볼 수 있습니다: `slipway fsck --json`.";
        terminal: "The same in a terminal: `slipway fsck`, or `slipway fsck --deep`.", "터미널에서도 할 수 있습니다: `slipway fsck` 또는 `slipway fsck --deep`.";
        told_all(blobs, size, manifests): "{blobs} blobs looked for, {size} read, {manifests} manifests hashed.", "블롭 {blobs}개 확인, {size} 읽음, 매니페스트 {manifests}개 해시 확인.";
        missing: "Blob missing", "블롭 없음";
        wrong_length: "Blob of another length", "블롭 길이 다름";
        changed: "Blob changed", "블롭 내용 변경";
        unreadable: "Blob unreadable", "블롭 읽기 실패";
        manifest_changed: "Manifest changed", "매니페스트 변경";
        manifest_incomplete: "Manifest incomplete", "매니페스트 불완전";
        tag_lost: "Tag lost", "태그 유실";
        tag_moved: "Tag points elsewhere", "태그 대상 다름";
        row_lost: "Record lost", "기록 유실";
        object_unnamed: "Object without a record", "기록 없는 오브젝트";
        was_mended: "Mended", "바로잡음";
    }
}

impl Fsck {
    /// What is wrong, in a few words.
    pub fn kind(self, kind: DamageKind) -> &'static str {
        match kind {
            DamageKind::Missing => self.missing(),
            DamageKind::WrongLength => self.wrong_length(),
            DamageKind::Changed => self.changed(),
            DamageKind::Unreadable => self.unreadable(),
            DamageKind::ManifestChanged => self.manifest_changed(),
            DamageKind::ManifestIncomplete => self.manifest_incomplete(),
            DamageKind::TagLost => self.tag_lost(),
            DamageKind::TagMoved => self.tag_moved(),
            DamageKind::RowLost => self.row_lost(),
            DamageKind::Unnamed => self.object_unnamed(),
            DamageKind::Mended => self.was_mended(),
        }
    }

    /// What a check looked at, in a sentence.
    pub fn told(self, report: &FsckReport) -> String {
        self.told_all(number(report.blobs), bytes(report.bytes), number(report.manifests))
    }
}
