//! Logs go to standard error; what a command answers goes to standard output.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt as _};

/// How logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    // Lines for people.
    #[default]
    Text,
    // One JSON object per line.
    Json,
}

/// Starts logging. `SKX_LOG` filters (`debug`, `controller=trace,info`, …); services say what they do unless told
/// otherwise, commands only what went wrong.
pub(crate) fn init(format: LogFormat, service: bool) {
    let default = if service { "info" } else { "warn" };
    let (filter, fault) = match std::env::var("SKX_LOG") {
        Ok(text) if !text.is_empty() => match text.parse::<EnvFilter>() {
            Ok(filter) => (filter, None),
            Err(error) => (EnvFilter::new(default), Some(error)),
        },
        _ => (EnvFilter::new(default), None),
    };
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines.finish().init(),
        LogFormat::Json => lines.json().flatten_event(true).finish().init(),
    }
    if let Some(error) = fault {
        tracing::warn!("SKX_LOG is not a log filter, and is ignored: {error}");
    }
}
