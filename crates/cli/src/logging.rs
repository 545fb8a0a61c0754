//! Logs go to standard error; what a command answers goes to standard output.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt as _};

use crate::failure::Failure;

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    // Lines for people.
    #[default]
    Text,
    // One JSON object per line.
    Json,
}

/// Starts logging what `filter` lets pass (`debug`, `controller=trace,info`, …); without one, services say what they do,
/// and commands only what went wrong.
pub(crate) fn init(format: LogFormat, filter: Option<&str>, service: bool) -> Result<(), Failure> {
    let default = if service { "info" } else { "warn" };
    let text = filter.filter(|text| !text.is_empty()).unwrap_or(default);
    let filter = text.parse::<EnvFilter>().map_err(|error| {
        Failure::usage(format_args!("--log (SKX_LOG): {text:?} is not a log filter: {error}"))
            .how("give error, warn, info, debug or trace, or such as controller=debug,info")
    })?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines.finish().init(),
        // The request a line belongs to is in its span.
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).finish().init(),
    }
    Ok(())
}
