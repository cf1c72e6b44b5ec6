//! Copies of the database.

use super::format::number;
use api_types::BackupPlace;

messages! {
    /// The card of backups.
    Backups {
        title: "Backups", "백업";
        lead: "A snapshot of the database and its settings, taken while pushes and pulls go on. It leaves out blobs, the secret key and the configuration. Blobs that a backup refers to stay in the store as long as the backup is kept.", "푸시와 풀이 진행되는 동안 만드는 데이터베이스와 설정의 스냅샷입니다. 블롭, 비밀 키, 구성은 들어 있지 않습니다. 백업이 참조하는 블롭은 백업이 남아 있는 동안 스토어에 그대로 있습니다.";
        make: "Back up now", "지금 백업";
        asked: "The backup was asked for.", "백업을 요청했습니다.";
        none: "No backup yet.", "아직 백업이 없습니다.";
        none_text: "Set `backup.interval` to make them automatically.", "자동으로 만들려면 `backup.interval`을 설정하세요.";
        copies: "Backups that there are", "백업 목록";
        name: "File", "파일";
        size: "Size", "크기";
        rows: "Rows", "행";
        rows_of(n count): one "{n} row", other "{n} rows", "행 {n}개";
        at: "Moment", "시점";
        failed: "The last one failed", "마지막 백업 실패";
        stopped: "The last one was stopped", "마지막 백업 중지됨";
        in_folder(path): "Kept in `{path}`.", "`{path}`에 보관합니다.";
        in_bucket(path): "Kept in the bucket `{path}`, below `backups/`.", "버킷 `{path}`의 `backups/` 아래에 보관합니다.";
        every(interval, keep): "Servers make one every {interval} and keep the newest {keep}.", "서버가 {interval}마다 만들고 최근 {keep}개를 보관합니다.";
        never(keep): "The newest {keep} are kept.", "최근 {keep}개를 보관합니다.";
        taken: "Taken away", "외부 파일";
        taken_until: "What it names stays until", "여기 적힌 블롭 유지 기한:";
        terminal: "The same in a terminal: `slipway backup`. Into a new database: `slipway restore --latest --verify`.", "터미널에서도 할 수 있습니다: `slipway backup`. 새 데이터베이스로 복원: `slipway restore --latest --verify`.";
        hours(n count): one "{n} hour", other "{n} hours", "{n}시간";
        minutes(n count): one "{n} minute", other "{n} minutes", "{n}분";
        seconds(n count): one "{n} second", other "{n} seconds", "{n}초";
    }
}

impl Backups {
    /// Where copies are kept.
    pub fn kept_in(self, place: BackupPlace, path: &str) -> String {
        match place {
            BackupPlace::Bucket => self.in_bucket(path),
            BackupPlace::Folder | BackupPlace::File => self.in_folder(path),
        }
    }

    /// When copies are made, in seconds, and how many stay.
    pub fn schedule(self, interval: Option<u64>, keep: u64) -> String {
        let keep = number(keep);
        match interval {
            None => self.never(keep),
            Some(seconds) if seconds.is_multiple_of(3_600) => self.every(self.hours(seconds / 3_600), keep),
            Some(seconds) if seconds.is_multiple_of(60) => self.every(self.minutes(seconds / 60), keep),
            Some(seconds) => self.every(self.seconds(seconds), keep),
        }
    }
}
