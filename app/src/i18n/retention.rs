//! Which tags of a project stay.

use super::schedule::Schedule;
use api_types::{Keep, ScheduleShape};

messages! {
    /// The part of the tab of rules that is about retention.
    Retention {
        title: "Retention", "보존";
        lead: "A tag that a rule covers is kept if any rule keeps it; otherwise it goes to the trash. Tags that no rule covers, and protected tags, always stay.", "규칙이 적용되는 태그는 어느 규칙이든 보존하면 남고, 그렇지 않으면 휴지통으로 갑니다. 규칙이 적용되지 않는 태그와 보호된 태그는 항상 남습니다.";
        add: "Add rule…", "규칙 추가…";
        none: "Every tag stays", "모든 태그를 보존합니다";
        none_text: "Old tags can be let go by themselves: keep the newest ten of each repository, or what was pulled within 90 days. A dry run shows for each tag what would become of it.", "오래된 태그를 자동으로 정리할 수 있습니다. 저장소마다 최신 10개만, 또는 90일 안에 풀한 태그만 보존하는 식입니다. 모의 실행으로 태그마다 결과를 미리 볼 수 있습니다.";
        keeps: "Keeps", "보존 대상";
        always: "All of them", "전부";
        newest_pushed(n count): one "The tag pushed last", other "The {n} tags pushed last", "마지막에 푸시한 태그 {n}개";
        newest_pulled(n count): one "The tag pulled last", other "The {n} tags pulled last", "마지막에 풀한 태그 {n}개";
        pushed_within(n count): one "Pushed within a day", other "Pushed within {n} days", "{n}일 안에 푸시한 태그";
        used_within(n count): one "Pulled or pushed within a day", other "Pulled or pushed within {n} days", "{n}일 안에 풀 또는 푸시한 태그";
        newest_versions(n count): one "The newest version of each series", other "The newest {n} versions of each series", "계열마다 최신 버전 {n}개";
        newest_patches(n count): one "The newest patch of each minor version", other "The newest {n} patches of each minor version", "마이너 버전마다 최신 패치 {n}개";
        untagged_within(n count): one "Untagged artifacts for a day", other "Untagged artifacts for {n} days", "태그 없는 아티팩트를 {n}일 동안";
        untagged_scope: "Untagged", "태그 없음";
        new_title: "Add a rule", "규칙 추가";
        edit_title: "Edit this rule", "규칙 편집";
        kind: "Keep", "보존할 것";
        kind_newest_pushed: "The N tags pushed last", "마지막에 푸시한 태그 N개";
        kind_newest_pulled: "The N tags pulled last", "마지막에 풀한 태그 N개";
        kind_pushed_within: "Tags pushed within N days", "N일 안에 푸시한 태그";
        kind_used_within: "Tags pulled or pushed within N days", "N일 안에 풀 또는 푸시한 태그";
        kind_newest_versions: "The N newest versions per series", "계열마다 최신 버전 N개";
        kind_newest_patches: "The N newest patches per minor version", "마이너 버전마다 최신 패치 N개";
        kind_untagged_within: "Untagged artifacts for N days", "태그 없는 아티팩트를 N일 동안";
        kind_always: "Every matching tag", "일치하는 태그 전부";
        kind_hint: "Counted in each repository separately.", "저장소마다 따로 셉니다.";
        number: "How many (N)", "개수 또는 일수(N)";
        version_hint: "Versions are ordered as `1.9` before `1.10`, with series such as `alpine` apart. Tags that are no versions are left alone.", "버전은 `1.9` 다음 `1.10` 순이며 `alpine` 같은 계열은 따로 셉니다. 버전이 아닌 태그는 대상이 아닙니다.";
        add_rule: "Add rule", "규칙 추가";
        counts: "Active", "활성";
        counts_hint: "While it is disabled, the rule neither keeps nor deletes anything.", "비활성 상태에서는 이 규칙이 아무것도 보존하거나 삭제하지 않습니다.";
        saved: "The rule was saved. Nothing goes before the next run.", "규칙을 저장했습니다. 다음 실행 전까지는 아무것도 삭제되지 않습니다.";
        remove_title: "Delete this rule?", "이 규칙을 삭제할까요?";
        remove_text(what): "Tags that only “{what}” kept may be deleted at the next run. Tags that only this rule covered stay.", "‘{what}’ 규칙만 보존하던 태그는 다음 실행 때 삭제될 수 있습니다. 이 규칙만 적용되던 태그는 남습니다.";
        removed: "The rule was deleted.", "규칙을 삭제했습니다.";
        by_hand: "Runs only when you start it.", "직접 실행할 때만 적용합니다.";
        hourly(minute): "Every hour at minute {minute}", "매시 {minute}분";
        daily(time): "Every day at {time} UTC", "매일 {time} UTC";
        weekly(day, time): "Every {day} at {time} UTC", "매주 {day} {time} UTC";
        monthly(day, time): "On day {day} of every month at {time} UTC", "매월 {day}일 {time} UTC";
        as_said(cron): "By the schedule `{cron}`, in UTC", "일정 `{cron}` (UTC)";
        next: "Next run", "다음 실행";
        next_runs: "Next runs", "다음 실행";
        change_schedule: "Schedule…", "일정…";
        schedule_title: "Retention schedule", "보존 일정";
        preset: "How often", "주기";
        never: "By hand only", "직접 실행만";
        every_day: "Every day at 03:00 UTC", "매일 03:00 UTC";
        every_week: "Every Sunday at 03:00 UTC", "매주 일요일 03:00 UTC";
        every_month: "On the first of every month at 03:00 UTC", "매월 1일 03:00 UTC";
        every_hour: "Every hour", "매시간";
        own: "Custom (cron expression)", "직접 입력 (Cron 표현식)";
        cron: "Cron expression", "Cron 표현식";
        cron_hint: "Minute, hour, day, month, day of the week, in UTC: `30 2 * * 1-5` is half past two on weekdays.", "분, 시, 일, 월, 요일 순서이며 UTC 기준입니다. `30 2 * * 1-5`는 평일 2시 30분입니다.";
        save_schedule: "Save schedule", "일정 저장";
        schedule_saved: "The schedule was saved.", "일정을 저장했습니다.";
        dry_run: "Dry run", "모의 실행";
        run_now: "Run now…", "지금 실행…";
        run_title: "Run retention now?", "지금 보존 규칙을 실행할까요?";
        run_text: "Deleted tags can no longer be pulled. A tag that is pushed again before the run reaches it stays.", "삭제된 태그는 더 이상 풀할 수 없습니다. 실행이 닿기 전에 다시 푸시된 태그는 남습니다.";
        run_nothing: "By the rules as they are, nothing goes now.", "지금 규칙으로는 삭제될 것이 없습니다.";
        delete_tags(n count): one "Delete {n} tag", other "Delete {n} tags", "태그 {n}개 삭제";
        delete_untagged(n count): one "Delete {n} artifact", other "Delete {n} artifacts", "아티팩트 {n}개 삭제";
        delete_all(n count): one "Delete {n} item", other "Delete {n} items", "{n}개 삭제";
        see_each: "See which", "하나씩 보기";
        is_off: "This rule is disabled. It is shown here as if it were active.", "비활성 규칙입니다. 여기서는 활성 상태인 것처럼 보여 줍니다.";
        asked: "The run has been queued.", "실행을 요청했습니다.";
        last_runs: "Last runs", "최근 실행";
        result(kept, tags, artifacts): "Tags kept: {kept}; deleted: {tags}; images deleted: {artifacts}", "태그 {kept}개 보존, 태그 {tags}개와 이미지 {artifacts}개 삭제";
        dry_result(kept, tags, artifacts): "Dry run. Tags kept: {kept}; to delete: {tags}; untagged artifacts to delete: {artifacts}", "모의 실행. 태그 {kept}개 보존, {tags}개 삭제, 태그 없는 아티팩트 {artifacts}개 삭제 예정";
        back: "Back to the rules", "규칙으로 돌아가기";
        preview_title: "Dry run", "모의 실행";
        preview_lead: "What a run would do now. Nothing is deleted. Repositories that no rule covers are left out.", "지금 실행하면 어떻게 되는지 보여 줍니다. 아무것도 삭제되지 않습니다. 규칙이 적용되지 않는 저장소는 표시하지 않습니다.";
        stay(n count): one "{n} tag kept", other "{n} tags kept", "태그 {n}개 보존";
        go(n count): one "{n} tag to delete", other "{n} tags to delete", "태그 {n}개 삭제";
        untagged_go(n count): one "{n} untagged artifact to delete", other "{n} untagged artifacts to delete", "태그 없는 아티팩트 {n}개 삭제";
        show: "Show", "표시";
        show_all: "All", "전체";
        show_going: "To delete", "삭제 예정";
        only_rule(what): "Only the rule “{what}”.", "‘{what}’ 규칙만 표시합니다.";
        all_rules: "Show all rules", "모든 규칙 보기";
        fate: "Result", "결과";
        why: "Why", "이유";
        tag: "Tag", "태그";
        repository: "Repository", "저장소";
        pushed: "Pushed", "푸시";
        pulled: "Last pulled", "마지막 풀";
        keep: "Keep", "보존";
        delete: "Delete", "삭제";
        because_untouched: "Not covered by any rule", "적용되는 규칙 없음";
        because_protected: "Protected tag", "보호된 태그";
        because_attached: "Attached to an image that is here", "여기 있는 이미지에 딸림";
        because_kept(what): "Kept by “{what}”", "‘{what}’ 규칙이 보존";
        because_goes(what): "Not kept by “{what}”", "‘{what}’ 규칙이 보존하지 않음";
        nothing: "No rule covers any tag", "규칙이 적용되는 태그가 없습니다";
        nothing_goes: "Nothing to delete", "삭제할 것이 없습니다";
        nothing_text: "None of the tags in this project matches a rule.", "이 프로젝트의 태그 중 규칙과 일치하는 것이 없습니다.";
        nothing_goes_text: "Every tag is kept by a rule, protected, or not covered by one.", "모든 태그가 규칙으로 보존되거나 보호되거나 규칙이 적용되지 않습니다.";
        show_fates: "What it would do…", "결과 미리 보기…";
    }
}

impl Retention {
    /// What a rule keeps, in words.
    pub fn words(self, keep: Keep) -> String {
        match keep {
            Keep::Always => self.always().to_owned(),
            Keep::NewestPushed { count } => self.newest_pushed(count.into()),
            Keep::NewestPulled { count } => self.newest_pulled(count.into()),
            Keep::PushedWithin { days } => self.pushed_within(days.into()),
            Keep::UsedWithin { days } => self.used_within(days.into()),
            Keep::NewestVersions { count } => self.newest_versions(count.into()),
            Keep::NewestPatches { count } => self.newest_patches(count.into()),
            Keep::UntaggedWithin { days } => self.untagged_within(days.into()),
        }
    }

    /// When rules are followed, in words.
    pub fn times(self, shape: ScheduleShape, cron: &str) -> String {
        let time = |hour: u8, minute: u8| format!("{hour:02}:{minute:02}");
        match shape {
            ScheduleShape::Hourly { minute } => self.hourly(minute),
            ScheduleShape::Daily { hour, minute } => self.daily(time(hour, minute)),
            ScheduleShape::Weekly { weekday, hour, minute } => {
                self.weekly(Schedule::in_language(self.0).weekday(weekday), time(hour, minute))
            }
            ScheduleShape::Monthly { day, hour, minute } => self.monthly(day, time(hour, minute)),
            ScheduleShape::Sometimes(moments) => {
                Schedule::in_language(self.0).words(moments).unwrap_or_else(|| self.as_said(cron))
            }
            ScheduleShape::Other => self.as_said(cron),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn schedules_are_told_in_both_languages() {
        let weekly = ScheduleShape::Weekly { weekday: 1, hour: 3, minute: 5 };
        assert_eq!(Retention::in_language(Locale::En).times(weekly, "5 3 * * 1"), "Every Monday at 03:05 UTC");
        assert_eq!(Retention::in_language(Locale::Ko).times(weekly, "5 3 * * 1"), "매주 월요일 03:05 UTC");
        let other = Retention::in_language(Locale::En).times(ScheduleShape::Other, "0 3 1 * mon");
        assert_eq!(other, "By the schedule `0 3 1 * mon`, in UTC");
    }

    #[test]
    fn rules_are_told_in_words() {
        let text = Retention::in_language(Locale::En);
        assert_eq!(text.words(Keep::NewestPushed { count: 10 }), "The 10 tags pushed last");
        assert_eq!(text.words(Keep::NewestVersions { count: 1 }), "The newest version of each series");
    }
}
