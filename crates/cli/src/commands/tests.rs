use clap::{CommandFactory as _, Parser as _};

use super::Cli;

fn walk(command: &clap::Command, path: &str, visit: &mut impl FnMut(&str, &clap::Command)) {
    visit(path, command);
    for sub in command.get_subcommands() {
        walk(sub, &format!("{path} {}", sub.get_name()), visit);
    }
}

/// The words of a command line, as a shell would make them: up to a pipe or redirection, quotes honoured.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (c, quote) {
            (_, Some(open)) if c == open => quote = None,
            ('\'' | '"', None) => quote = Some(c),
            ('|' | '<' | '>' | ';', None) => break,
            (' ', None) => words.push(String::new()),
            _ => words.last_mut().expect("there is a word from the start").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn the_definition_of_every_command_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_has_an_example_that_parses() {
    let mut without = vec![];
    let mut examples = vec![];
    walk(&Cli::command(), "skx", &mut |path, command| {
        let help = command.clone().render_long_help().to_string();
        let example =
            ["Example:\n", "Examples:\n"].iter().find_map(|heading| help.split_once(heading)?.1.to_owned().into());
        match example {
            Some(example) if example.lines().next().is_some_and(|line| line.contains("skx ")) => {
                examples.extend(example.lines().map(str::trim).filter(|l| l.starts_with("skx ")).map(str::to_owned));
            }
            _ => without.push(path.to_owned()),
        }
    });
    assert!(without.is_empty(), "no example: {without:#?}");
    for example in examples {
        if let Err(error) = Cli::try_parse_from(words(&example)) {
            panic!("{example}\n{error}");
        }
    }
}

#[test]
fn every_argument_says_what_it_is() {
    let mut silent = vec![];
    walk(&Cli::command(), "skx", &mut |path, command| {
        for arg in command.get_arguments() {
            if arg.get_help().is_none() && !arg.is_hide_set() {
                silent.push(format!("{path} {}", arg.get_id()));
            }
        }
    });
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn the_commands_are_those_of_the_contract() {
    let mut leaves = vec![];
    walk(&Cli::command(), "skx", &mut |path, command| {
        if !command.has_subcommands() {
            leaves.push(path.strip_prefix("skx ").unwrap_or(path).to_owned());
        }
    });
    for command in [
        "controller",
        "ca init",
        "ca csr",
        "ca import",
        "ca show",
        "login",
        "logout",
        "user create",
        "user list",
        "user show",
        "user set",
        "user delete",
        "user password",
        "user reset",
        "user disable",
        "user enable",
        "group create",
        "group list",
        "group show",
        "group member add",
        "group member list",
        "group member remove",
        "group delete",
        "token create",
        "token list",
        "token show",
        "token revoke",
        "token rotate-first-start",
        "whoami",
        "status",
        "version",
        "backbone create",
        "backbone list",
        "backbone show",
        "backbone delete",
        "backbone status",
        "backbone site create",
        "backbone site list",
        "backbone site show",
        "backbone site drain",
        "backbone site resume",
        "backbone site evict",
        "backbone site delete",
        "backbone site bundle",
        "backbone access add",
        "backbone access set",
        "backbone access remove",
        "backbone link create",
        "backbone link set",
        "backbone link list",
        "backbone link delete",
        "network create",
        "network set",
        "network list",
        "network show",
        "network evict",
        "network delete",
        "network class add",
        "network class remove",
        "network addresses",
        "network listener add",
        "network listener list",
        "network listener remove",
        "network connector add",
        "network connector list",
        "network connector remove",
        "invite",
        "invitation create",
        "invitation get",
        "invitation set",
        "invitation list",
        "invitation show",
        "invitation copy",
        "invitation expire",
        "invitation delete",
        "member list",
        "member show",
        "member admit",
        "member refuse",
        "member evict",
        "member rename",
        "member class add",
        "member class remove",
        "member label set",
        "member label remove",
        "apply",
        "diff",
        "get",
        "events",
        "audit list",
        "audit verify",
        "audit export",
        "audit cut",
        "audit cuts",
        "backup",
        "restore",
        "network flows",
        "network class list",
        "network address set",
        "network address list",
        "network address remove",
        "certificate list",
        "certificate show",
        "join",
        "site run",
        "site status",
        "site addresses",
        "site console",
        "site install",
        "site uninstall",
        "site leave",
        "site listener add",
        "site listener list",
        "site listener remove",
        "site connector add",
        "site connector list",
        "site connector remove",
        "library import",
        "library list",
        "library search",
        "library show",
        "library usage",
        "library delete",
        "compose build",
        "compose graph",
        "compose diff",
        "compose render",
        "deploy plan",
        "application list",
        "application show",
        "application delete",
        "release list",
        "release show",
        "release delete",
        "completions",
    ] {
        assert!(leaves.iter().any(|leaf| leaf == command), "{command} is missing");
    }
}

fn refused(line: &str) -> String {
    let error = Cli::try_parse_from(line.split_whitespace()).expect_err(line);
    assert_eq!(error.exit_code(), 2, "{line}");
    error.to_string()
}

#[test]
fn a_choice_of_a_later_version_is_a_usage_error_in_plain_words() {
    let error = refused("skx backbone create europe --dataplane skupper");
    assert!(error.contains("not supported by this version"), "{error}");
}

#[test]
fn mistakes_name_the_value_and_what_is_allowed() {
    for (line, said) in [
        ("skx backbone create Europe", "upper-case"),
        ("skx backbone site bundle europe/paris --output f --format helm", "linux, kubernetes, podman, docker"),
        ("skx backbone site create paris", "PARENT/NAME"),
        ("skx backbone site create europe/paris --access main=pear@h:1", "kinds are"),
        ("skx network create exercise --end tomorrow", "RFC 3339"),
        ("skx invitation create exercise/stores --uses 0", "unlimited"),
        ("skx network listener add exercise skx/controller 127.0.0.1:1 --site a", "reserved"),
        ("skx network listener add exercise web 127.0.0.1 --site a", "port"),
        ("skx network listener add exercise web 127.0.0.1:1", "--site"),
        ("skx network listener add exercise web 127.0.0.1:1 --site a --class c", "cannot be used with"),
        ("skx network address set exercise web --policy fastest", "closest, balanced, weighted, failover"),
        ("skx network address set exercise web --policy weighted --weight store-1", "SITE=WEIGHT"),
        ("skx network address set exercise web --policy weighted --weight store-1=1001", "0 to 1000"),
        ("skx network address set exercise web --policy failover --order a,B", "upper-case"),
        ("skx member evict exercise/store-1 --close-invitation --keep-invitation", "cannot be used with"),
        ("skx backbone status europe --wait=soon", "90s"),
        ("skx bakcbone list", "unrecognized subcommand"),
        ("skx backbone list --surprise", "unexpected argument"),
    ] {
        let error = refused(line);
        assert!(error.contains(said), "{line}: {error}");
    }
}

#[test]
fn completions_cover_every_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let script = super::completions::script(shell.parse().expect(shell));
        assert!(script.contains("backbone"), "{shell}");
    }
}

#[test]
fn options_that_mean_nothing_to_a_command_are_refused() {
    let judge = |line: &str| {
        let matches = Cli::command().try_get_matches_from(words(line)).expect(line);
        super::meaningless::refuse(&matches)
    };
    for (line, option) in [
        ("skx join x.invitation -o json", "-o"),
        ("skx join x.invitation --server https://c", "--server"),
        ("skx completions bash -o yaml", "-o"),
        ("skx controller -o json", "-o"),
        ("skx controller --ca ca.crt", "--ca"),
        ("skx site run -o json", "-o"),
        ("skx site status --token x", "--token"),
        ("skx --server https://c site listener list", "--server"),
        ("skx login https://c --server https://other", "--server"),
    ] {
        let failure = judge(line).expect_err(line);
        assert_eq!(failure.code(), crate::failure::Code::Usage, "{line}");
        assert!(failure.to_string().starts_with(option), "{line}: {failure}");
    }
    for line in
        ["skx site status -o json", "skx login https://c --ca ca.crt --token x", "skx network list --server c -o json"]
    {
        assert!(judge(line).is_ok(), "{line}");
    }
    assert!(Cli::try_parse_from(words("skx backbone access remove europe/paris dmz=member@h:1")).is_err());
}
