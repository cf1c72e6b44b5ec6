//! Long work: collection, retention, and what came of it.

use super::format::{bytes, number};
use api_types::{CollectionPhase, FsckPhase, JobReport, JobState};

messages! {
    /// The card of jobs on the system page.
    Jobs {
        title: "Jobs", "작업";
        lead: "Garbage collection deletes data that no image uses any more. It runs by itself, also during pushes and pulls, on one server at a time.", "가비지 수집은 어떤 이미지도 사용하지 않는 데이터를 지웁니다. 푸시와 풀이 진행되는 동안에도 한 번에 한 서버에서 자동으로 실행됩니다.";
        collection: "Collection", "수집";
        dry_run: "Dry run", "모의 실행";
        run_now: "Run now", "지금 실행";
        stop: "Stop", "중지";
        stopping: "Stopping…", "중지하는 중…";
        refresh: "Refresh", "새로 고침";
        asked: "The collection was asked for.", "수집을 요청했습니다.";
        asked_dry: "The dry run was asked for.", "모의 실행을 요청했습니다.";
        stop_asked: "The job stops after this step. What was done stays done.", "현재 단계까지 마친 뒤 중지합니다. 이미 처리한 내용은 유지됩니다.";
        last_runs: "Last runs", "최근 실행";
        none: "No job has run yet. The first collection starts by itself.", "아직 실행된 작업이 없습니다. 첫 수집은 자동으로 시작됩니다.";
        work: "Job", "작업";
        state: "State", "상태";
        took: "Took", "소요 시간";
        began: "Started", "시작";
        by(name): "by {name}", "요청자: {name}";
        schedule: "the schedule", "예약";
        on_schedule: "on schedule", "예약 실행";
        log: "Log", "로그";
        log_of(id): "Log of job {id}", "작업 {id}의 로그";
        would_free(size): "would free {size}", "{size} 확보 예상";
        freed_so_far(size): "{size} freed so far", "지금까지 {size} 확보";
        progress(done, total): "{done} of {total}", "{total} 중 {done}";
        on_server(name): "on {name}", "{name}에서 실행 중";
        links: "Looking for layers that no image names", "어떤 이미지도 참조하지 않는 레이어 찾는 중";
        blobs: "Removing what no repository holds", "어떤 저장소에도 없는 데이터 지우는 중";
        objects: "Looking through the store for leftovers", "스토어에 남은 찌꺼기 찾는 중";
        finished: "Done", "완료";
        queued: "Waiting", "대기 중";
        running: "Running", "실행 중";
        succeeded: "Done", "완료";
        failed: "Failed", "실패";
        cancelled: "Stopped", "중지됨";
        log_taken(holder): "Taken by {holder}", "{holder} 서버가 시작";
        log_taken_again(holder, attempt): "Taken by {holder}, attempt {attempt}", "{holder} 서버가 시작, {attempt}번째 시도";
        log_reached(phase, links, blobs, size): "{phase}: {links} links, {blobs} blobs, {size} so far", "{phase}: 지금까지 링크 {links}개, 블롭 {blobs}개, {size}";
        retention(project): "Retention in {project}", "{project} 보존 규칙 적용";
        retention_dry(project): "Dry run of retention in {project}", "{project} 보존 규칙 모의 실행";
        retaining: "Following the rules, one repository after the other", "저장소별로 규칙을 적용하는 중";
        gone_project: "a deleted project", "삭제된 프로젝트";
        tags_gone(n count): one "{n} tag deleted", other "{n} tags deleted", "태그 {n}개 삭제";
        tags_would_go(n count): one "{n} tag would be deleted", other "{n} tags would be deleted", "태그 {n}개 삭제 예상";
        log_retained(repositories, kept, tags, artifacts): "Repositories: {repositories}; tags kept: {kept}, deleted: {tags}; artifacts deleted: {artifacts}", "저장소 {repositories}개: 태그 {kept}개 보존, 태그 {tags}개와 아티팩트 {artifacts}개 삭제";
        log_checked(phase, blobs, manifests, damaged): "{phase}: {blobs} blobs and {manifests} manifests checked, {damaged} damaged so far", "{phase}: 지금까지 블롭 {blobs}개, 매니페스트 {manifests}개 검사, 손상 {damaged}개";
        fsck: "Storage check", "스토리지 검사";
        fsck_deep: "Deep storage check", "정밀 스토리지 검사";
        fsck_objects: "Looking for every blob in the store", "스토어에서 모든 블롭을 찾는 중";
        fsck_manifests: "Hashing manifests and following what they name", "매니페스트의 해시와 참조를 확인하는 중";
        fsck_rows: "Looking for records that lead nowhere", "가리키는 대상이 없는 기록을 찾는 중";
        fsck_content: "Reading and hashing every byte", "모든 바이트를 읽어 해시를 확인하는 중";
        fsck_reunion: "Matching leftovers with what is missing", "남은 오브젝트를 없어진 것과 맞춰 보는 중";
        backup: "Backup", "백업";
        backup_rows: "Copying the database", "데이터베이스를 복사하는 중";
        copying: "Pushes and pulls go on", "푸시와 풀은 계속됩니다";
        copied(rows, size): "{rows} rows copied, {size}.", "행 {rows}개 복사, {size}.";
        log_copied(phase, rows, size): "{phase}: {rows} rows, {size}", "{phase}: 행 {rows}개, {size}";
        kept(n count, size): one "{n} blob of {size} stays for as long as a backup names it.", other "{n} blobs of {size} stay for as long as a backup names them.", "백업에 적혀 있는 동안 블롭 {n}개({size})는 남습니다.";
        moving: "Move into another store", "다른 스토어로 이동";
        moving_pass: "Copying what is missing", "없는 것을 복사하는 중";
        moved(n count, size): one "{n} blob of {size} copied.", other "{n} blobs of {size} copied.", "블롭 {n}개({size})를 복사했습니다.";
        switched: "All blobs are in the new store; the one of before is not asked any more and can go.", "모든 블롭이 새 스토어에 있습니다. 이전 스토어는 더 이상 사용하지 않으므로 제거해도 됩니다.";
        unmoved(n count): one "{n} blob is not what it was, and was not copied.", other "{n} blobs are not what they were, and were not copied.", "블롭 {n}개는 원래 내용과 달라 복사하지 않았습니다.";
        log_moved(phase, pass, blobs, size): "{phase}, pass {pass}: {blobs} blobs of {size} so far", "{phase}, {pass}번째: 지금까지 블롭 {blobs}개, {size}";
        damaged(n count): one "{n} damaged", other "{n} damaged", "손상 {n}개";
        undamaged: "Nothing damaged", "손상 없음";
        result: "Freed", "확보";
        nothing: "Nothing to free", "확보할 것 없음";
        copied_size(size): "{size} copied", "{size} 복사";
        log_released(holder): "{holder} stopped and left the rest to another server", "{holder} 서버가 멈추어 나머지를 다른 서버에 넘김";
        log_broke(reason): "Broke: {reason}", "오류: {reason}";
        log_cancelled: "Stopped by a person", "사용자가 중지함";
        log_empty: "Nothing has happened yet.", "아직 기록이 없습니다.";
        removed(links, blobs, size): "{links} links and {blobs} blobs of {size} removed.", "링크 {links}개와 블롭 {blobs}개({size})를 지웠습니다.";
        would_remove(links, blobs, size): "{links} links and {blobs} blobs of {size} would be removed.", "링크 {links}개와 블롭 {blobs}개({size})가 지워질 예정입니다.";
        strays(n count, size): one "{n} object without a row, {size}.", other "{n} objects without a row, {size}.", "기록 없는 오브젝트 {n}개, {size}.";
    }
}

impl Jobs {
    /// Where a job stands, in a word.
    pub fn state_of(self, state: JobState) -> &'static str {
        match state {
            JobState::Queued => self.queued(),
            JobState::Running => self.running(),
            JobState::Succeeded => self.succeeded(),
            JobState::Failed => self.failed(),
            JobState::Cancelled => self.cancelled(),
        }
    }

    /// What kind of work it is, and of which project where it is about one.
    pub fn work_of(self, report: &JobReport, project: Option<&str>) -> String {
        let project = project.unwrap_or(self.gone_project());
        match report {
            JobReport::Collection(report) if report.dry_run => self.dry_run().to_owned(),
            JobReport::Collection(_) => self.collection().to_owned(),
            JobReport::Fsck(report) if report.deep => self.fsck_deep().to_owned(),
            JobReport::Fsck(_) => self.fsck().to_owned(),
            JobReport::Backup(_) => self.backup().to_owned(),
            JobReport::Move(_) => self.moving().to_owned(),
            JobReport::Retention(report) if report.dry_run => self.retention_dry(project),
            JobReport::Retention(_) => self.retention(project),
        }
    }

    /// What a job is at.
    pub fn phase(self, report: &JobReport) -> &'static str {
        match report {
            JobReport::Collection(report) => match report.phase {
                CollectionPhase::Links => self.links(),
                CollectionPhase::Blobs => self.blobs(),
                CollectionPhase::Objects => self.objects(),
                CollectionPhase::Done => self.finished(),
            },
            JobReport::Fsck(report) => match report.phase {
                FsckPhase::Objects => self.fsck_objects(),
                FsckPhase::Manifests => self.fsck_manifests(),
                FsckPhase::Rows => self.fsck_rows(),
                FsckPhase::Content => self.fsck_content(),
                FsckPhase::Reunion => self.fsck_reunion(),
                FsckPhase::Done => self.finished(),
            },
            JobReport::Backup(report) if report.finished => self.finished(),
            JobReport::Backup(_) => self.backup_rows(),
            JobReport::Move(report) if report.finished => self.finished(),
            JobReport::Move(_) => self.moving_pass(),
            JobReport::Retention(_) => self.retaining(),
        }
    }

    /// How far a job is in its phase.
    pub fn progress_of(self, report: &JobReport) -> String {
        let (done, total) = report.progress();
        match report {
            JobReport::Fsck(report) if report.phase == FsckPhase::Content => self.progress(bytes(done), bytes(total)),
            _ => self.progress(number(done), number(total)),
        }
    }

    /// What a job that runs has done so far.
    pub fn so_far(self, report: &JobReport) -> String {
        match report {
            JobReport::Collection(report) if report.dry_run => self.would_free(bytes(report.freed())),
            JobReport::Collection(report) => self.freed_so_far(bytes(report.freed())),
            JobReport::Fsck(report) => self.found(report.found.damaged()),
            JobReport::Backup(_) => self.copying().to_owned(),
            JobReport::Move(report) => self.moved(report.copied, bytes(report.bytes)),
            JobReport::Retention(report) if report.dry_run => self.tags_would_go(report.tags),
            JobReport::Retention(report) => self.tags_gone(report.tags),
        }
    }

    /// What came of a job, in a word.
    pub fn result_of(self, report: &JobReport) -> String {
        match report {
            JobReport::Collection(report) if report.freed() == 0 => self.nothing().to_owned(),
            JobReport::Collection(report) if report.dry_run => self.would_free(bytes(report.freed())),
            JobReport::Collection(report) => bytes(report.freed()),
            JobReport::Fsck(report) => self.found(report.found.damaged()),
            JobReport::Backup(report) => self.copied_size(bytes(report.bytes)),
            JobReport::Move(report) => self.copied_size(bytes(report.bytes)),
            JobReport::Retention(report) if report.dry_run => self.tags_would_go(report.tags),
            JobReport::Retention(report) => self.tags_gone(report.tags),
        }
    }

    fn found(self, damaged: u64) -> String {
        if damaged == 0 { self.undamaged().to_owned() } else { self.damaged(damaged) }
    }
}
