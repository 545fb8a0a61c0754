use clap::{Args, CommandFactory as _, builder::PossibleValuesParser, builder::TypedValueParser as _};
use clap_complete::Shell;

use crate::{commands::Cli, failure::Failure, output};

/// `skx completions SHELL`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx completions bash > /etc/bash_completion.d/skx")]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_parser = PossibleValuesParser::new(["bash", "zsh", "fish"]).try_map(|shell| shell.parse::<Shell>()))]
    shell: Shell,
}

pub(crate) fn run(args: Completions) -> Result<(), Failure> {
    output::text(&script(args.shell))
}

pub(crate) fn script(shell: Shell) -> String {
    let mut script = vec![];
    clap_complete::generate(shell, &mut Cli::command(), "skx", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
