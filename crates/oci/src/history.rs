//! Steps of an image's history: what `created_by` says, taken apart.

/// One step of how an image was built.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryStep {
    /// The Dockerfile's word in capitals (`RUN`, `COPY`); empty where the text names none.
    pub instruction: String,
    /// What follows it, without the shell and markers that builders put around it; the whole text where there is no
    /// instruction.
    pub arguments: String,
}

/// What a step of a Dockerfile can start with.
const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

impl HistoryStep {
    /// Takes a `created_by` apart. Known forms:
    ///
    /// - `BuildKit`: `COPY . /app # buildkit`, `RUN /bin/sh -c make # buildkit`, `RUN |1 A=b /bin/sh -c make`
    /// - Docker's classic builder and buildah: `/bin/sh -c #(nop)  CMD ["sh"]`, `/bin/sh -c make`
    ///
    /// Anything else (`bazel build …`, `jib`, a comment) is kept whole as arguments.
    pub fn parse(created_by: &str) -> Self {
        let text = created_by.trim();
        let text = text.strip_suffix("# buildkit").unwrap_or(text).trim_end();
        if let Some((instruction, arguments)) = instruction(text) {
            let arguments = match instruction {
                "RUN" => command(without_build_arguments(arguments)).unwrap_or(without_build_arguments(arguments)),
                _ => arguments,
            };
            return Self { instruction: instruction.to_owned(), arguments: tidy(instruction, arguments) };
        }
        let Some(command) = command(without_build_arguments(text)) else {
            return Self { instruction: String::new(), arguments: text.to_owned() };
        };
        // Steps that run nothing are shell comments in the classic builder.
        match command.strip_prefix("#(nop)") {
            Some(step) => match instruction(step.trim_start()) {
                Some((instruction, arguments)) => {
                    Self { instruction: instruction.to_owned(), arguments: tidy(instruction, arguments) }
                }
                None => Self { instruction: String::new(), arguments: step.trim().to_owned() },
            },
            None => Self { instruction: "RUN".to_owned(), arguments: command.to_owned() },
        }
    }
}

/// The instruction at the start and what follows it.
fn instruction(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    INSTRUCTIONS.contains(&word).then(|| (word, rest.trim_start()))
}

/// What follows `|<count> KEY=value …`, the build arguments that a step saw. Values are not quoted, so the shell is
/// what ends them.
fn without_build_arguments(text: &str) -> &str {
    let is_list = text.strip_prefix('|').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if !is_list {
        return text;
    }
    let shells = text.match_indices(" /").map(|(at, _)| &text[at + 1..]);
    shells.into_iter().find(|rest| command(rest).is_some()).unwrap_or(text)
}

/// The command line in `/bin/sh -c <command line>`, for any shell and options before `-c`, and the two shells of
/// Windows.
fn command(text: &str) -> Option<&str> {
    for shell in ["cmd /S /C ", "powershell -Command "] {
        if let Some(command) = text.strip_prefix(shell) {
            return Some(command.trim_start());
        }
    }
    let (shell, mut rest) = text.split_once(' ')?;
    if !shell.starts_with('/') || !shell.ends_with("sh") {
        return None;
    }
    loop {
        let (option, after) = rest.trim_start().split_once(char::is_whitespace)?;
        if option.starts_with('-') && option.ends_with('c') && !option.starts_with("--") {
            return Some(after.trim_start());
        }
        // `-o pipefail` and its like stand between.
        if !option.starts_with('-') && option != "pipefail" {
            return None;
        }
        rest = after;
    }
}

/// Ports as they were written, instead of the Go map that builders print: `map[80/tcp:{} 443/tcp:{}]` or `[80/tcp
/// 443/tcp]`.
fn tidy(instruction: &str, arguments: &str) -> String {
    let list = arguments.strip_prefix("map").unwrap_or(arguments);
    match list.strip_prefix('[').and_then(|list| list.strip_suffix(']')) {
        Some(ports) if instruction == "EXPOSE" => ports.replace(":{}", ""),
        _ => arguments.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn steps_read_as_in_the_dockerfile() {
        let table = [
            ("COPY . /app # buildkit", "COPY", ". /app"),
            ("RUN /bin/sh -c apk add curl # buildkit", "RUN", "apk add curl"),
            ("RUN |2 A=b C=d e /bin/sh -c make all # buildkit", "RUN", "make all"),
            ("RUN |1 P=/usr/bin /bin/bash -o pipefail -c a | b # buildkit", "RUN", "a | b"),
            ("RUN /bin/bash -eo pipefail -c a # buildkit", "RUN", "a"),
            ("RUN /bin/ash -euxc a # buildkit", "RUN", "a"),
            ("RUN /usr/local/bin/thing --flag # buildkit", "RUN", "/usr/local/bin/thing --flag"),
            ("RUN cmd /S /C dir", "RUN", "dir"),
            ("ENV PATH=/usr/bin", "ENV", "PATH=/usr/bin"),
            ("CMD [\"nginx\" \"-g\" \"daemon off;\"]", "CMD", "[\"nginx\" \"-g\" \"daemon off;\"]"),
            ("EXPOSE map[80/tcp:{} 443/tcp:{}]", "EXPOSE", "80/tcp 443/tcp"),
            ("EXPOSE [8080/tcp]", "EXPOSE", "8080/tcp"),
            ("WORKDIR /app", "WORKDIR", "/app"),
            ("/bin/sh -c #(nop)  CMD [\"sh\"]", "CMD", "[\"sh\"]"),
            ("/bin/sh -c #(nop) ADD file:37a76ec18f9887751 in / ", "ADD", "file:37a76ec18f9887751 in /"),
            ("/bin/sh -c #(nop)  EXPOSE 80", "EXPOSE", "80"),
            ("/bin/sh -c apt-get update", "RUN", "apt-get update"),
            ("/bin/sh -c set -x     && apt-get update", "RUN", "set -x     && apt-get update"),
            ("|1 VERSION=1.2 /bin/sh -c make", "RUN", "make"),
            ("/bin/sh -c #(nop)", "", ""),
            ("bazel build ...", "", "bazel build ..."),
            ("# debian.sh --arch 'amd64' out/", "", "# debian.sh --arch 'amd64' out/"),
            ("run something", "", "run something"),
            ("|x", "", "|x"),
            ("", "", ""),
        ];
        for (created_by, instruction, arguments) in table {
            let step = HistoryStep::parse(created_by);
            assert_eq!((step.instruction.as_str(), step.arguments.as_str()), (instruction, arguments), "{created_by}");
        }
    }

    #[test]
    fn a_script_keeps_its_lines() {
        let step = HistoryStep::parse("RUN /bin/sh -c <<EOF\necho a\necho b\nEOF # buildkit");
        assert_eq!(step.arguments, "<<EOF\necho a\necho b\nEOF");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(
            text in "(RUN |\\|1 )?(/bin/sh -c |/bin/bash -o )?(#\\(nop\\))?[A-Z a-z/|\\[\\]:{}é-]{0,30}|.*",
        ) {
            let step = HistoryStep::parse(&text);
            prop_assert!(step.instruction.len() + step.arguments.len() <= text.len() + "RUN".len());
        }
    }
}
