//! Options that are there for every command, given to one for which they mean nothing. Such an option is refused: who gives
//! it believes that it does something.

use clap::{ArgMatches, parser::ValueSource};

use crate::failure::Failure;

/// How to reach a controller, by the ids of the arguments.
const CONTROLLER: [(&str, &str); 3] = [("server", "--server"), ("token", "--token"), ("ca", "--ca")];

/// Why commands have no use for an option.
const NO_ANSWER: &str = "it goes on until it is told to end, and has no answer to write";
const NO_CONTROLLER: &str = "it talks to no controller's API";

/// Refuses an option that was given on the command line and has no meaning for the command. The environment may hold
/// settings for other commands: those are passed over.
pub(crate) fn refuse(matches: &ArgMatches) -> Result<(), Failure> {
    let mut path = vec![];
    let mut innermost = matches;
    while let Some((name, inner)) = innermost.subcommand() {
        path.push(name);
        innermost = inner;
    }
    let given = |id: &str| {
        innermost.try_contains_id(id).is_ok() && innermost.value_source(id) == Some(ValueSource::CommandLine)
    };
    let unused: Vec<(&str, &str, &str)> = match path.as_slice() {
        ["controller"] | ["join"] | ["site", "run"] => {
            [vec![("answer-format", "-o", NO_ANSWER)], controller(NO_CONTROLLER)].concat()
        }
        ["completions"] => {
            [vec![("answer-format", "-o", "a completion script has one form")], controller(NO_CONTROLLER)].concat()
        }
        ["site", ..] | ["backup" | "restore"] => controller(NO_CONTROLLER),
        ["login"] => vec![("server", "--server", "the URL says which controller is meant")],
        _ => vec![],
    };
    match unused.into_iter().find(|(id, ..)| given(id)) {
        Some((_, option, why)) => {
            let command = path.join(" ");
            Err(Failure::usage(format_args!("{option} means nothing to skx {command}: {why}")).how("leave it out"))
        }
        None => Ok(()),
    }
}

fn controller(why: &'static str) -> Vec<(&'static str, &'static str, &'static str)> {
    CONTROLLER.map(|(id, option)| (id, option, why)).into()
}
