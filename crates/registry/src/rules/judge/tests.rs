#![allow(clippy::unwrap_used, clippy::cast_possible_wrap)]

use super::*;
use api_types::{RuleScope, Selector};
use proptest::prelude::*;

const NOW: i64 = 1_000 * DAY;

fn scope(tags: &str) -> RuleScope {
    let selector = |pattern: &str| Selector { pattern: pattern.to_owned(), except: false };
    RuleScope { repositories: selector("**"), tags: selector(tags) }
}

fn rule(id: i64, tags: &str, keep: Keep) -> RetentionRule {
    RetentionRule { id, scope: scope(tags), keep, enabled: true }
}

/// A tag that was pushed and pulled so many days ago.
fn tag(name: &str, pushed: i64, pulled: Option<i64>) -> TagFacts {
    TagFacts {
        name: name.to_owned(),
        version: name.parse::<oci::Tag>().unwrap().version(),
        pushed_at: NOW - pushed * DAY,
        pulled_at: pulled.map(|days| NOW - days * DAY),
        attached: false,
    }
}

fn judge(rules: &[RetentionRule]) -> Judge {
    Judge::new(rules, None, Protection::default()).unwrap()
}

fn fates(rules: &[RetentionRule], tags: &[TagFacts]) -> Vec<Fate> {
    judge(rules).tags("app", tags, NOW)
}

/// The names of those that stay.
fn stay(rules: &[RetentionRule], tags: &[TagFacts]) -> String {
    let fates = fates(rules, tags);
    let stay = tags.iter().zip(fates).filter(|(_, fate)| !fate.goes()).map(|(tag, _)| tag.name.as_str());
    stay.collect::<Vec<_>>().join(" ")
}

/// Versions, the oldest first, one a day.
fn versions(names: &str) -> Vec<TagFacts> {
    let names: Vec<_> = names.split(' ').collect();
    names.iter().enumerate().map(|(at, name)| tag(name, (names.len() - at) as i64, None)).collect()
}

#[test]
fn each_kind_of_rule_keeps_what_it_says() {
    let tags =
        [tag("a", 1, None), tag("b", 5, Some(1)), tag("c", 9, Some(2)), tag("d", 20, Some(19)), tag("e", 30, None)];
    for (keep, left) in [
        (Keep::Always, "a b c d e"),
        (Keep::NewestPushed { count: 2 }, "a b"),
        (Keep::NewestPushed { count: 9 }, "a b c d e"),
        (Keep::NewestPulled { count: 2 }, "b c"),
        (Keep::NewestPulled { count: 4 }, "a b c d"),
        (Keep::PushedWithin { days: 9 }, "a b c"),
        (Keep::PushedWithin { days: 8 }, "a b"),
        // What was pushed a day ago nobody can have pulled for long.
        (Keep::UsedWithin { days: 2 }, "a b c"),
        (Keep::UsedWithin { days: 1 }, "a b"),
    ] {
        assert_eq!(stay(&[rule(1, "*", keep)], &tags), left, "{keep:?}");
    }
    // Rules about versions and about what has no tag are not about these.
    for keep in [Keep::NewestVersions { count: 1 }, Keep::NewestPatches { count: 1 }, Keep::UntaggedWithin { days: 1 }]
    {
        assert!(fates(&[rule(1, "*", keep)], &tags).iter().all(|fate| *fate == Fate::Untouched), "{keep:?}");
    }
}

#[test]
fn the_newest_versions_are_the_greatest_whenever_they_were_pushed() {
    let tags = versions("2.0.0 1.9.0 1.10.0 latest main 1.9.1");
    assert_eq!(stay(&[rule(1, "*", Keep::NewestVersions { count: 2 })], &tags), "2.0.0 1.10.0 latest main");
}

#[test]
fn a_series_is_counted_by_itself_and_spellings_of_one_version_are_one() {
    let tags = versions("1.0.0 1.0.0-alpine v1.1.0 1.1.0 1.1.0-alpine3.19 1.2.0-slim");
    let left = "v1.1.0 1.1.0 1.1.0-alpine3.19 1.2.0-slim";
    assert_eq!(stay(&[rule(1, "*", Keep::NewestVersions { count: 1 })], &tags), left);
}

#[test]
fn a_release_is_newer_than_what_came_before_it() {
    let tags = versions("1.0.0-rc.1 1.0.0-rc.2 1.0.0 1.1.0-rc.1");
    assert_eq!(stay(&[rule(1, "*", Keep::NewestVersions { count: 2 })], &tags), "1.0.0 1.1.0-rc.1");
}

#[test]
fn a_tag_that_stands_for_the_newest_of_several_takes_no_place_and_goes_with_the_last_of_them() {
    let tags = versions("0 0.9 0.9.0 1 1.0 1.1 1.0.0 1.0.1 1.1.0 1.1-alpine");
    let newest = |count| stay(&[rule(1, "*", Keep::NewestVersions { count })], &tags);
    assert_eq!(newest(1), "1 1.1 1.1.0 1.1-alpine");
    assert_eq!(newest(2), "1 1.0 1.1 1.0.1 1.1.0 1.1-alpine");
    assert_eq!(newest(4), "0 0.9 0.9.0 1 1.0 1.1 1.0.0 1.0.1 1.1.0 1.1-alpine");
}

#[test]
fn the_newest_patches_of_each_minor_version_stay() {
    let tags = versions("1.0.0 1.0.9 1.0.10 1.1.0 1.1.1 2.0.0-alpine 2.0.1-alpine 2.0.0 13.2 edge");
    let left = "1.0.10 1.1.1 2.0.1-alpine 2.0.0 13.2 edge";
    assert_eq!(stay(&[rule(1, "*", Keep::NewestPatches { count: 1 })], &tags), left);
    assert_eq!(
        stay(&[rule(1, "*", Keep::NewestPatches { count: 2 })], &tags),
        left.replace("1.0.10", "1.0.9 1.0.10")
            .replace("1.1.1", "1.1.0 1.1.1")
            .replace("2.0.1-alpine", "2.0.0-alpine 2.0.1-alpine")
    );
}

#[test]
fn one_rule_that_keeps_is_enough_and_it_is_named() {
    let rules = [rule(3, "v*", Keep::NewestPushed { count: 1 }), rule(5, "*", Keep::PushedWithin { days: 2 })];
    let tags = [tag("v1", 9, None), tag("v2", 5, None), tag("edge", 1, None), tag("old", 7, None)];
    let expected = [
        Fate::Goes { rules: vec![3, 5] },
        Fate::Kept { rule: 3 },
        Fate::Kept { rule: 5 },
        Fate::Goes { rules: vec![5] },
    ];
    assert_eq!(fates(&rules, &tags), expected);
}

#[test]
fn what_no_rule_is_about_is_untouched_and_what_is_protected_never_goes() {
    let stored = r#"{"last":1,"rules":[{"id":1,"scope":{"repositories":{"pattern":"**"},"tags":{"pattern":"v1"}},"enabled":true}]}"#;
    let protection = Protection::read(stored, crate::access::ProjectId(1)).unwrap();
    let judge = Judge::new(&[rule(1, "v*", Keep::NewestPushed { count: 1 })], None, protection).unwrap();
    let fates =
        judge.tags("app", &[tag("v1", 9, None), tag("v2", 5, None), tag("v3", 1, None), tag("edge", 99, None)], NOW);
    assert_eq!(fates[0], Fate::Protected { scope: scope("v1") });
    assert_eq!(fates[1..], [Fate::Goes { rules: vec![1] }, Fate::Kept { rule: 1 }, Fate::Untouched]);
}

#[test]
fn what_is_attached_to_an_image_that_is_there_stays_and_takes_no_place() {
    let signature =
        |hex: &str, attached| TagFacts { attached, ..tag(&format!("sha256-{}.sig", hex.repeat(64)), 1, None) };
    let tags =
        [signature("a", true), tag("v2", 2, None), tag("v1", 3, None), signature("b", false), tag("v0", 4, None)];
    let goes = || Fate::Goes { rules: vec![1] };
    let newest = fates(&[rule(1, "**", Keep::NewestPushed { count: 2 })], &tags);
    assert_eq!(newest, [Fate::Attached, Fate::Kept { rule: 1 }, goes(), Fate::Kept { rule: 1 }, goes()]);
    assert_eq!(fates(&[rule(1, "v*", Keep::NewestPushed { count: 2 })], &tags)[0], Fate::Attached);
}

#[test]
fn a_rule_that_does_not_count_can_be_asked_what_it_would_do() {
    let off = RetentionRule { enabled: false, ..rule(7, "*", Keep::NewestPushed { count: 1 }) };
    let judge = Judge::new(&[off.clone(), RetentionRule { id: 8, ..off }], Some(7), Protection::default()).unwrap();
    let fates = judge.tags("app", &[tag("a", 1, None), tag("b", 2, None)], NOW);
    assert_eq!(fates, [Fate::Kept { rule: 7 }, Fate::Goes { rules: vec![7] }]);
}

#[test]
fn a_rule_that_does_not_count_and_one_of_another_repository_do_nothing() {
    let mut off = rule(1, "*", Keep::NewestPushed { count: 1 });
    off.enabled = false;
    let mut elsewhere = rule(2, "*", Keep::NewestPushed { count: 1 });
    elsewhere.scope.repositories.pattern = "other/**".to_owned();
    let tags = [tag("a", 1, None), tag("b", 2, None)];
    assert!(fates(&[off, elsewhere.clone()], &tags).iter().all(|fate| *fate == Fate::Untouched));
    assert!(judge(&[elsewhere.clone()]).is_about("other/x") && !judge(&[elsewhere]).is_about("app"));
}

#[test]
fn untagged_artifacts_go_after_their_time_by_the_most_lenient_rule() {
    let rules = [rule(1, "*", Keep::UntaggedWithin { days: 3 }), rule(2, "*", Keep::UntaggedWithin { days: 7 })];
    let judge = judge(&rules);
    for (days, fate) in
        [(2, Fate::Kept { rule: 1 }), (5, Fate::Kept { rule: 2 }), (8, Fate::Goes { rules: vec![1, 2] })]
    {
        assert_eq!(judge.untagged("app", NOW - days * DAY, NOW), fate);
    }
    assert_eq!(judge.untagged_before("app", NOW), Some(NOW - 7 * DAY));
    let none = super::tests::judge(&[rule(1, "*", Keep::Always)]);
    assert_eq!((none.untagged("app", 0, NOW), none.untagged_before("app", NOW)), (Fate::Untouched, None));
}

fn any_keep() -> impl Strategy<Value = Keep> {
    let number = 1_u32..6;
    prop_oneof![
        Just(Keep::Always),
        number.clone().prop_map(|count| Keep::NewestPushed { count }),
        number.clone().prop_map(|count| Keep::NewestPulled { count }),
        number.clone().prop_map(|days| Keep::PushedWithin { days }),
        number.clone().prop_map(|days| Keep::UsedWithin { days }),
        number.clone().prop_map(|count| Keep::NewestVersions { count }),
        number.clone().prop_map(|count| Keep::NewestPatches { count }),
        number.prop_map(|days| Keep::UntaggedWithin { days }),
    ]
}

fn any_tags() -> impl Strategy<Value = Vec<TagFacts>> {
    let name = prop_oneof![
        "[a-c]{1,2}",
        (0..3_u8, 0..3_u8, 0..3_u8).prop_map(|(major, minor, patch)| format!("{major}.{minor}.{patch}")),
        (0..3_u8, 0..3_u8).prop_map(|(major, minor)| format!("{major}.{minor}")),
        (0..3_u8).prop_map(|major| format!("{major}")),
        (0..3_u8, 0..3_u8).prop_map(|(major, minor)| format!("v{major}.{minor}-alpine")),
        (0..3_u8, 0..3_u8).prop_map(|(major, minor)| format!("{major}.{minor}.0-rc.1")),
    ];
    let tags = prop::collection::btree_map(name, (0_i64..10, prop::option::of(0_i64..10)), 0..25);
    tags.prop_map(|tags| tags.into_iter().map(|(name, (pushed, pulled))| tag(&name, pushed, pulled)).collect())
}

fn any_rules() -> impl Strategy<Value = Vec<RetentionRule>> {
    let pattern = prop_oneof![Just("*"), Just("v*"), Just("[0-9]*"), Just("a*, b"), Just("?.?.?")];
    prop::collection::vec((pattern, any_keep(), prop::bool::weighted(0.9)), 0..4).prop_map(|rules| {
        let rules = rules.into_iter().zip(1..);
        rules.map(|((tags, keep, enabled), id)| RetentionRule { enabled, ..rule(id, tags, keep) }).collect()
    })
}

proptest! {
    #[test]
    fn what_goes_is_what_a_rule_is_about_and_none_keeps(rules in any_rules(), tags in any_tags()) {
        for (tag, fate) in tags.iter().zip(fates(&rules, &tags)) {
            let meant: Vec<i64> = rules
                .iter()
                .filter(|rule| rule.enabled && Scope::read(&rule.scope).unwrap().means("app", &tag.name))
                .map(|rule| rule.id)
                .collect();
            match fate {
                Fate::Goes { rules } => {
                    prop_assert!(!rules.is_empty() && rules.iter().all(|rule| meant.contains(rule)));
                }
                Fate::Kept { rule } => prop_assert!(meant.contains(&rule)),
                Fate::Untouched => {}
                Fate::Protected { .. } | Fate::Attached => prop_assert!(false, "nothing is protected or attached"),
            }
        }
    }

    #[test]
    fn the_order_of_tags_and_of_rules_decides_nothing(rules in any_rules(), tags in any_tags()) {
        let (mut other_rules, mut other_tags) = (rules.clone(), tags.clone());
        other_rules.reverse();
        other_tags.reverse();
        let goes = |rules: &[RetentionRule], tags: &[TagFacts]| -> BTreeSet<String> {
            let fates = fates(rules, tags);
            tags.iter().zip(fates).filter(|(_, fate)| fate.goes()).map(|(tag, _)| tag.name.clone()).collect()
        };
        prop_assert_eq!(goes(&rules, &tags), goes(&other_rules, &other_tags));
    }

    #[test]
    fn as_many_stay_as_a_rule_promises(count in 1_u32..8, tags in any_tags()) {
        for keep in [Keep::NewestPushed { count }, Keep::NewestPulled { count }] {
            let left = fates(&[rule(1, "*", keep)], &tags).iter().filter(|fate| !fate.goes()).count();
            prop_assert_eq!(left, tags.len().min(count as usize));
        }
    }

    #[test]
    fn a_greater_number_never_takes_more(tags in any_tags(), count in 1_u32..6) {
        let goes = |keep: Keep| -> BTreeSet<String> {
            let fates = fates(&[rule(1, "*", keep)], &tags);
            tags.iter().zip(fates).filter(|(_, fate)| fate.goes()).map(|(tag, _)| tag.name.clone()).collect()
        };
        let more = count + 1;
        for (less, more) in [
            (Keep::NewestPushed { count }, Keep::NewestPushed { count: more }),
            (Keep::NewestPulled { count }, Keep::NewestPulled { count: more }),
            (Keep::PushedWithin { days: count }, Keep::PushedWithin { days: more }),
            (Keep::UsedWithin { days: count }, Keep::UsedWithin { days: more }),
            (Keep::NewestVersions { count }, Keep::NewestVersions { count: more }),
            (Keep::NewestPatches { count }, Keep::NewestPatches { count: more }),
        ] {
            prop_assert!(goes(more).is_subset(&goes(less)), "{less:?}");
        }
    }

    #[test]
    fn a_second_run_takes_nothing_more(rules in any_rules(), tags in any_tags()) {
        let gone = fates(&rules, &tags);
        let left: Vec<TagFacts> = tags.into_iter().zip(gone).filter(|(_, fate)| !fate.goes()).map(|(tag, _)| tag).collect();
        prop_assert!(fates(&rules, &left).iter().all(|fate| !fate.goes()));
    }
}
