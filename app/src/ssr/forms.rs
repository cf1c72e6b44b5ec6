//! What forms hold, read.

use crate::i18n::format::parse_bytes;
use crate::pages::robots::Preset;
use api_types::{Lifetime, Problem, ProblemKind, RobotAccess, Word};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// The choice of a lifetime: days, `never`, or nothing.
///
/// # Errors
/// Invalid on `lifetime`, for anything else.
pub fn lifetime(text: &str) -> Result<Option<Lifetime>, Problem> {
    match text {
        "" => Ok(None),
        "never" => Ok(Some(Lifetime::Never)),
        days => days.parse().map(|days| Some(Lifetime::Days(days))).map_err(|_| {
            let message = "It lives for a number of days, or for ever.";
            Problem::new(ProblemKind::Invalid, "lifetime_out_of_range", message).on_field("lifetime")
        }),
    }
}

/// A size with its unit, or nothing for none.
///
/// # Errors
/// Invalid on this field, for anything else.
pub fn size(field: &str, text: &str) -> Result<Option<u64>, Problem> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    parse_bytes(text).map(Some).ok_or_else(|| {
        let message = "A size is a number with its unit, such as 20 GB.";
        Problem::new(ProblemKind::Invalid, "size_malformed", message).on_field(field)
    })
}

/// Names with spaces or commas between.
pub fn names(text: &str) -> Vec<String> {
    text.split([' ', ',', '\n', '\t', '\r']).filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect()
}

/// What a form lets a robot do: a set of words, or those that are ticked. A tick may stand for several, with spaces between.
///
/// # Errors
/// Invalid on `may`, for what is no word.
pub fn robot_words(preset: &str, ticked: &[String]) -> Result<Vec<Word>, Problem> {
    if let Some(preset) = Preset::named(preset) {
        return Ok(preset.words().to_vec());
    }
    let words = ticked.iter().flat_map(|tick| tick.split_whitespace()).map(|word| Word::try_from(word.to_owned()));
    words
        .collect::<Result<_, _>>()
        .map_err(|message| Problem::new(ProblemKind::Invalid, "permission_unknown", message).on_field("may"))
}

/// What a form gives a robot: in its project, or for one of the system in all projects, or in those that are named where the
/// scope is `some`.
pub fn robot_access(of_system: bool, scope: &str, projects: &str, may: &[Word]) -> Vec<RobotAccess> {
    if !of_system || scope != "some" {
        return vec![RobotAccess::new(None, may.to_vec())];
    }
    let projects = names(projects).into_iter();
    projects.map(|project| RobotAccess::new(Some(project), may.to_vec())).collect()
}

/// A moment as a hidden field has it.
pub fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_of_projects_are_read_as_people_type_them() {
        assert_eq!(names(" team,other  third,\nlast "), ["team", "other", "third", "last"]);
        assert_eq!(names(" , "), Vec::<String>::new());
    }

    #[test]
    fn a_size_has_its_unit_or_is_left_out() {
        assert_eq!(size("quota", " 1.5 GB ").unwrap(), Some(1_500_000_000));
        assert_eq!(size("quota", "  ").unwrap(), None);
        for nonsense in ["20", "much", "-1 GB", "1,5 GB"] {
            assert_eq!(size("quota", nonsense).unwrap_err().field.as_deref(), Some("quota"), "{nonsense}");
        }
    }

    #[test]
    fn a_lifetime_is_days_or_never_or_not_chosen() {
        assert_eq!(lifetime("90").unwrap(), Some(Lifetime::Days(90)));
        assert_eq!(lifetime("never").unwrap(), Some(Lifetime::Never));
        assert_eq!(lifetime("").unwrap(), None);
        for nonsense in ["soon", "-1", "1.5", "99999999999"] {
            assert_eq!(lifetime(nonsense).unwrap_err().field.as_deref(), Some("lifetime"));
        }
    }

    #[test]
    fn a_robot_of_the_system_gets_the_same_in_each_project_that_is_named() {
        let may = [Word::RepositoryPull];
        let all = robot_access(true, "all", "ignored", &may);
        assert_eq!(all, [RobotAccess::new(None, may.to_vec())]);
        let some = robot_access(true, "some", "a b", &may);
        assert_eq!(some.iter().filter_map(|access| access.project.as_deref()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(robot_access(false, "some", "a b", &may), all);
    }

    #[test]
    fn a_robot_gets_a_set_of_words_or_those_that_are_ticked() {
        let ticked = ["tag:list".to_owned(), "label:read label:update".to_owned()];
        assert_eq!(robot_words("pull", &ticked).unwrap(), [Word::RepositoryPull]);
        for preset in ["own", ""] {
            let words = robot_words(preset, &ticked).unwrap();
            assert_eq!(words, [Word::TagList, Word::LabelRead, Word::LabelUpdate], "{preset}");
        }
        assert_eq!(robot_words("own", &["tag:fly".to_owned()]).unwrap_err().field.as_deref(), Some("may"));
    }

    #[test]
    fn a_moment_is_read_as_exactly_as_it_was_written() {
        let at = time::macros::datetime!(2026-11-23 19:02:03.123456 UTC);
        assert_eq!(moment(&crate::i18n::format::machine(at)), Some(at));
        assert_eq!(moment("yesterday"), None);
    }
}
