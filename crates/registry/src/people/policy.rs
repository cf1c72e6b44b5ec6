//! What a password must be: long enough, not common, without names, and hard to guess. No rules of composition.

use crate::{Error, Result};
use api_types::PasswordRules;
use std::{collections::HashSet, sync::LazyLock};

/// The shortest length that can be configured, in characters.
pub const SHORTEST_MIN_LENGTH: u32 = 8;

/// The longest password, in characters.
pub const MAX_LENGTH: u32 = 256;

/// How much of a password is scored, in characters: scoring takes time that grows faster than the length.
const SCORED_LENGTH: usize = 64;

/// The lowest score of zxcvbn that is accepted.
const LEAST_SCORE: u8 = 3;

/// Names of the product and of what people know as its like.
const PRODUCT_NAMES: [&str; 2] = ["slipway", "harbor"];

/// Names shorter than this are found in too much to be refused.
const SHORTEST_NAME: usize = 3;

/// The 10,000 most common passwords of at least [`SHORTEST_MIN_LENGTH`] characters in lower case: from the frequency list of
/// zxcvbn (Dropbox, MIT licence), which its Rust port (MIT licence) ships.
static COMMON: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| include_str!("policy/common_passwords.txt").lines().collect());

/// How a password stands against each rule.
pub(super) fn rules(password: &str, username: &str, min_length: u32) -> PasswordRules {
    let min_length = min_length.clamp(SHORTEST_MIN_LENGTH, MAX_LENGTH);
    let length = u32::try_from(password.chars().count()).unwrap_or(u32::MAX);
    // Whatever is longer is refused by its length alone and not worth the time.
    let looked_at = if length > MAX_LENGTH { "" } else { password };
    let lower = looked_at.to_lowercase();
    let names = PRODUCT_NAMES.into_iter().chain([username]);
    let mut names = names.filter(|name| name.chars().count() >= SHORTEST_NAME).map(str::to_lowercase);
    let score = score(looked_at, username);
    PasswordRules {
        min_length,
        length,
        long_enough: (min_length..=MAX_LENGTH).contains(&length),
        uncommon: length > 0 && !COMMON.contains(lower.as_str()),
        without_names: length > 0 && !names.any(|name| lower.contains(&name)),
        hard_to_guess: score >= LEAST_SCORE,
        score,
    }
}

fn score(password: &str, username: &str) -> u8 {
    let scored = password.char_indices().nth(SCORED_LENGTH).map_or(password, |(end, _)| &password[..end]);
    if scored.is_empty() {
        return 0;
    }
    zxcvbn::zxcvbn(scored, &[username, "slipway", "registry", "docker", "admin"]).score().into()
}

/// Refuses what the rules do not accept, naming the first rule that is broken.
///
/// # Errors
/// [`Error::Invalid`] on `field`.
pub(super) fn check(field: &'static str, password: &str, username: &str, min_length: u32) -> Result<()> {
    let rules = rules(password, username, min_length);
    let (code, message) = if rules.length < rules.min_length {
        ("password_too_short", format!("the password needs at least {} characters", rules.min_length))
    } else if rules.length > MAX_LENGTH {
        ("password_too_long", format!("the password may have at most {MAX_LENGTH} characters"))
    } else if !rules.uncommon {
        ("password_common", "this is one of the most common passwords; choose another".to_owned())
    } else if !rules.without_names {
        ("password_names", "the password contains your user name or the product's name; choose another".to_owned())
    } else if !rules.hard_to_guess {
        ("password_guessable", "the password is easy to guess; a few unrelated words make a better one".to_owned())
    } else {
        return Ok(());
    };
    Err(Error::Invalid { field, code, message })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn code(password: &str) -> Option<&'static str> {
        match check("new", password, "ada.lovelace", 12) {
            Ok(()) => None,
            Err(Error::Invalid { field: "new", code, .. }) => Some(code),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_first_broken_rule_is_named() {
        for (password, expected) in [
            ("", Some("password_too_short")),
            ("elf words u", Some("password_too_short")),
            ("correct horse battery staple", None),
            ("pflaumenmus-und-zwieback", None),
            ("훈민정음으로쓴긴비밀번호", None),
            ("Password1234", Some("password_common")),
            ("Dragonfly2024", Some("password_guessable")),
            ("aaaaaaaaaaaa", Some("password_guessable")),
            ("Ada.Lovelace-on-the-moon", Some("password_names")),
            ("SlipWay-glides-quietly", Some("password_names")),
            ("Harbor12345-Harbor12345", Some("password_names")),
        ] {
            assert_eq!(code(password), expected, "{password}");
        }
    }

    #[test]
    fn length_is_counted_in_characters_up_to_256() {
        let words = "grün wie Äpfel im Moos, ";
        let long: String = words.chars().cycle().take(256).collect();
        assert!(long.len() > 256);
        assert_eq!(code(&long), None);
        assert_eq!(code(&format!("{long}x")), Some("password_too_long"));
    }

    #[test]
    fn the_minimum_is_configurable_but_never_under_eight() {
        assert!(check("new", "vU8#kq2!xZ", "ada", 8).is_ok());
        assert!(check("new", "vU8#kq2!xZ", "ada", 11).is_err());
        assert!(check("new", "vU8#kq2", "ada", 1).is_err());
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        assert_eq!(COMMON.len(), 10_000);
        for password in ["password", "PASSWORD", "Baseball", "trustno1", "iloveyou"] {
            assert!(!rules(password, "", 8).uncommon, "{password}");
        }
        assert!(rules("zeppelin of cheese", "", 8).uncommon);
    }

    #[test]
    fn an_empty_password_ticks_no_rule() {
        let rules = rules("", "ada", 12);
        assert!(!rules.long_enough && !rules.uncommon && !rules.without_names && !rules.hard_to_guess);
    }

    #[test]
    fn a_name_of_two_letters_is_no_reason_to_refuse() {
        assert!(rules("correct horse battery", "or", 12).without_names);
    }

    #[test]
    fn the_longest_password_is_scored_in_bounded_time() {
        let nested: String = "aA1!aA1?".chars().cycle().take(256).collect();
        let time = |password: &str| {
            let started = std::time::Instant::now();
            let _ = rules(password, "ada", 12);
            started.elapsed()
        };
        // No more than what is scored of it, whatever the machine does meanwhile.
        let times = (0..4).map(|_| (time(&nested), time(&nested[..SCORED_LENGTH])));
        let (whole, scored) = times.reduce(|a, b| (a.0.min(b.0), a.1.min(b.1))).unwrap();
        assert!(whole < 2 * scored && scored < std::time::Duration::from_secs(10), "{whole:?} and {scored:?}");
    }
}
