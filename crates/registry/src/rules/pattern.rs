//! Patterns of names, as Harbor's rules have them (doublestar).
//!
//! | in a pattern | stands for |
//! |---|---|
//! | `*` | any characters but `/` |
//! | `**` | as a whole part of a path: any number of parts; elsewhere what `*` does |
//! | `?` | one character but `/` |
//! | `[a-z]`, `[^a-z]` | one of these characters; one that is none of these |
//! | `{a,b}` | one of these patterns |
//! | `a, b` | the same, without braces |
//! | `\x` | the character itself |
//!
//! A pattern becomes a small machine that is in several states at once, so that matching costs the length of the name times that of
//! the pattern, whatever the pattern is.

/// The longest pattern, in bytes.
pub(crate) const LONGEST: usize = 255;

/// How deep braces may stand in braces.
const DEEPEST: usize = 5;

/// A pattern that is ready to be matched.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    states: Vec<State>,
    start: usize,
}

/// Why a text is no pattern; as it ends a sentence that begins with the pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PatternError {
    #[error("is empty")]
    Empty,
    #[error("has more than {LONGEST} characters")]
    TooLong,
    #[error("has a [ without its ]")]
    OpenClass,
    #[error("has a {{ without its }}, or a }} without its {{")]
    OpenBrace,
    #[error("has braces in braces in braces")]
    TooDeep,
    #[error("ends with a backslash")]
    OpenEscape,
}

/// A step of the machine. The last state, which matches, has no step.
#[derive(Clone, Debug)]
enum State {
    /// Takes a character.
    Take(Character, usize),
    /// Goes on at both at once.
    Either(usize, usize),
    /// The whole name was matched.
    Matched,
}

#[derive(Clone, Debug)]
enum Character {
    Is(char),
    /// Any but a slash.
    InPart,
    Any,
    Class {
        except: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Character {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Is(wanted) => *wanted == character,
            Self::InPart => character != '/',
            Self::Any => true,
            Self::Class { except, ranges } => {
                let inside = ranges.iter().any(|(first, last)| (*first..=*last).contains(&character));
                inside != *except && character != '/'
            }
        }
    }
}

/// A part of a pattern as it is written.
#[derive(Clone, Debug)]
enum Node {
    One(Character),
    /// `*`
    Star,
    /// `**` at the end of a path: everything that follows.
    Rest,
    /// `**/`: any number of whole parts.
    Parts,
    /// `{a,b}`
    OneOf(Vec<Vec<Node>>),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`], which says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > LONGEST {
            return Err(PatternError::TooLong);
        }
        let mut reader = Reader { characters: text.chars().collect(), at: 0 };
        let whole = Node::OneOf(reader.alternatives(0)?);
        let mut machine = Self { states: vec![State::Matched], start: 0 };
        machine.start = machine.add(&whole, 0);
        Ok(machine)
    }

    /// Whether a whole name is meant.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let mut now = vec![false; self.states.len()];
        self.enter(self.start, &mut now);
        for character in name.chars() {
            let mut next = vec![false; self.states.len()];
            for (at, state) in self.states.iter().enumerate() {
                if let (true, State::Take(wanted, then)) = (now[at], state)
                    && wanted.takes(character)
                {
                    self.enter(*then, &mut next);
                }
            }
            now = next;
        }
        // The state that matches is the first that was made.
        now[0]
    }

    /// Marks a state and all that it goes on at without taking anything.
    fn enter(&self, state: usize, marks: &mut [bool]) {
        let mut pending = vec![state];
        while let Some(at) = pending.pop() {
            if std::mem::replace(&mut marks[at], true) {
                continue;
            }
            if let State::Either(one, other) = self.states[at] {
                pending.extend([one, other]);
            }
        }
    }

    fn push(&mut self, state: State) -> usize {
        self.states.push(state);
        self.states.len() - 1
    }

    /// Adds the states of a node that go on at `then`; the first of them.
    fn add(&mut self, node: &Node, then: usize) -> usize {
        match node {
            Node::One(character) => self.push(State::Take(character.clone(), then)),
            Node::Star => self.repeat(Character::InPart, then),
            Node::Rest => self.repeat(Character::Any, then),
            Node::Parts => {
                // Nothing, or anything that ends with a slash.
                let slash = self.push(State::Take(Character::Is('/'), then));
                let anything = self.repeat(Character::Any, slash);
                self.push(State::Either(then, anything))
            }
            Node::OneOf(alternatives) => {
                let starts: Vec<usize> = alternatives
                    .iter()
                    .map(|nodes| nodes.iter().rev().fold(then, |then, node| self.add(node, then)))
                    .collect();
                let last = starts.last().copied().unwrap_or(then);
                starts.iter().rev().skip(1).fold(last, |other, start| self.push(State::Either(*start, other)))
            }
        }
    }

    /// Any number of such characters.
    fn repeat(&mut self, character: Character, then: usize) -> usize {
        let again = self.push(State::Matched);
        let take = self.push(State::Take(character, again));
        self.states[again] = State::Either(take, then);
        again
    }
}

struct Reader {
    characters: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    /// What stands between commas, up to the brace that ends it or the end of the pattern.
    fn alternatives(&mut self, depth: usize) -> Result<Vec<Vec<Node>>, PatternError> {
        if depth > DEEPEST {
            return Err(PatternError::TooDeep);
        }
        let mut all = vec![Vec::new()];
        loop {
            let here = self.at;
            let Some(character) = self.next() else {
                return if depth == 0 { Ok(all) } else { Err(PatternError::OpenBrace) };
            };
            let node = match character {
                '}' if depth == 0 => return Err(PatternError::OpenBrace),
                '}' => return Ok(all),
                ',' => {
                    all.push(Vec::new());
                    continue;
                }
                // No name has a space; after commas they are for people.
                ' ' => continue,
                '{' => Node::OneOf(self.alternatives(depth + 1)?),
                '[' => Node::One(self.class()?),
                '?' => Node::One(Character::InPart),
                '\\' => Node::One(Character::Is(self.next().ok_or(PatternError::OpenEscape)?)),
                '*' => self.star(here),
                character => Node::One(Character::Is(character)),
            };
            if let Some(nodes) = all.last_mut() {
                nodes.push(node);
            }
        }
    }

    /// `*` or `**`, the first of which stands at `here`.
    fn star(&mut self, here: usize) -> Node {
        let before = here.checked_sub(1).map(|before| self.characters[before]);
        let mut stars = 1;
        while self.peek() == Some('*') {
            self.at += 1;
            stars += 1;
        }
        let begins = matches!(before, None | Some('/' | '{' | ',' | ' '));
        match self.peek() {
            Some('/') if stars == 2 && begins => {
                self.at += 1;
                Node::Parts
            }
            None | Some('}' | ',') if stars == 2 && begins => Node::Rest,
            _ => Node::Star,
        }
    }

    /// What follows a `[`.
    fn class(&mut self) -> Result<Character, PatternError> {
        let except = matches!(self.peek(), Some('^' | '!'));
        self.at += usize::from(except);
        let mut ranges = Vec::new();
        loop {
            let first = match self.next().ok_or(PatternError::OpenClass)? {
                ']' if !ranges.is_empty() => return Ok(Character::Class { except, ranges }),
                '\\' => self.next().ok_or(PatternError::OpenClass)?,
                character => character,
            };
            let is_range =
                self.peek() == Some('-') && self.characters.get(self.at + 1).is_some_and(|next| *next != ']');
            let last = if is_range {
                self.at += 1;
                match self.next().ok_or(PatternError::OpenClass)? {
                    '\\' => self.next().ok_or(PatternError::OpenClass)?,
                    character => character,
                }
            } else {
                first
            };
            ranges.push((first, last));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn matches(pattern: &str, name: &str) -> bool {
        Pattern::parse(pattern).unwrap().matches(name)
    }

    #[test]
    fn patterns_mean_what_harbors_mean() {
        for (pattern, yes, no) in [
            ("**", vec!["", "a", "a/b/c"], vec![]),
            ("*", vec!["", "a", "v1.2"], vec!["a/b"]),
            ("v*", vec!["v", "v1", "v1.2-rc"], vec!["1", "av1"]),
            ("v1.*.?", vec!["v1.2.3", "v1.2.3.4"], vec!["v1.2", "v1.2.10", "v1"]),
            ("v?.?", vec!["v1.2"], vec!["v1.10", "v1."]),
            ("team/**", vec!["team/a", "team/a/b"], vec!["team", "teams/a", "a/team/b"]),
            ("**/app", vec!["app", "a/app", "a/b/app"], vec!["a/apps", "myapp"]),
            ("a/**/z", vec!["a/z", "a/b/z", "a/b/c/z"], vec!["az", "a/bz", "b/z"]),
            ("a**z", vec!["az", "abz"], vec!["a/z"]),
            ("{latest,v*}", vec!["latest", "v1"], vec!["late", "latest1"]),
            ("{a,b}/{c,d*}", vec!["a/c", "b/d", "b/dd"], vec!["a/b", "c/c"]),
            ("latest, v*, prod", vec!["latest", "v1", "prod"], vec!["", "latest,", "test"]),
            ("release-{v{1,2},x}.*", vec!["release-v1.0", "release-x.9"], vec!["release-v3.0", "release-v1"]),
            ("[0-9]*", vec!["1", "1.2"], vec!["v1", ""]),
            ("[^v]*", vec!["1", "x"], vec!["v1", ""]),
            ("v[1-3].[!0]", vec!["v2.5"], vec!["v4.5", "v2.0"]),
            ("[]a]", vec!["]", "a"], vec!["b"]),
            (r"a\*b", vec!["a*b"], vec!["axb"]),
            ("{**/b,c}", vec!["b", "a/b", "c"], vec!["a/c"]),
            ("sha256-*.sig", vec!["sha256-00ff.sig"], vec!["sha256-00ff.att"]),
            ("a.b", vec!["a.b"], vec!["axb"]),
        ] {
            for name in yes {
                assert!(matches(pattern, name), "{pattern} has to mean {name}");
            }
            for name in no {
                assert!(!matches(pattern, name), "{pattern} may not mean {name}");
            }
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for (pattern, why) in [
            ("", PatternError::Empty),
            ("  ", PatternError::Empty),
            ("[a", PatternError::OpenClass),
            ("[", PatternError::OpenClass),
            ("{a,b", PatternError::OpenBrace),
            ("a}", PatternError::OpenBrace),
            (r"a\", PatternError::OpenEscape),
            ("{{{{{{a}}}}}}", PatternError::TooDeep),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap_err(), why, "{pattern}");
        }
        assert_eq!(Pattern::parse(&"a".repeat(LONGEST + 1)).unwrap_err(), PatternError::TooLong);
    }

    #[test]
    fn no_pattern_takes_long() {
        let slow = format!("{{{}}}b", ["*a*a*a*a"; 25].join(","));
        let pattern = Pattern::parse(&slow).unwrap();
        // The machine may stand still for a moment, but not each time.
        let took = (0..5).map(|_| {
            let begun = Instant::now();
            assert!(!pattern.matches(&"a".repeat(128)));
            begun.elapsed()
        });
        let took = took.min().unwrap();
        assert!(took < Duration::from_secs(1), "{took:?}");
    }

    proptest! {
        #[test]
        fn a_name_without_signs_means_itself_alone(name in "[a-z0-9_.-]{1,20}", other in "[a-z0-9_.-]{1,20}") {
            prop_assert!(matches(&name, &name));
            prop_assert_eq!(matches(&name, &other), name == other);
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}", name in "[a-z/]{0,10}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                pattern.matches(&name);
            }
        }

        #[test]
        fn a_list_means_what_each_of_it_means(one in "[a-c*?]{1,6}", other in "[a-c*?]{1,6}", name in "[a-c/]{0,6}") {
            let each = matches(&one, &name) || matches(&other, &name);
            // Between commas two stars are a whole part, as they are alone.
            prop_assert_eq!(matches(&format!("{one},{other}"), &name), each);
            prop_assert_eq!(matches(&format!("{{{one},{other}}}"), &name), each);
        }
    }
}
