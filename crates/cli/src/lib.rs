//! `skx`: the controller, the sites, and the command line that talks to the controller, in one program.
//!
//! A library, so that it is compiled while the code of what it stands on is still generated; the program is nothing but
//! [`main`].

mod client;
mod commands;
mod confirm;
mod context;
mod events;
mod failure;
mod logging;
mod output;
mod values;
mod wait;

use std::process::ExitCode;

use crate::commands::Cli;

/// Does what the process's arguments say, and gives its exit status.
///
/// # Panics
///
/// When called a second time.
pub fn main() -> ExitCode {
    rustls::crypto::ring::default_provider()
        .install_default()
        .expect("nothing has installed a provider before the first line of main");
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(failure) => {
            eprintln!("{}", failure.report());
            return failure.code().into();
        }
    };
    if let Err(failure) = logging::init(cli.global.log_format, cli.global.log.as_deref(), cli.command.logs()) {
        eprintln!("{}", failure.report());
        return failure.code().into();
    }
    if cli.command.is_service() {
        allow_many_sockets();
    }
    let mut runtime = if cli.command.is_service() {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the system gives no threads: {error}");
            return failure::Code::Failed.into();
        }
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", failure.report());
            failure.code().into()
        }
    }
}

/// Raises the number of files this process may have open to what the system allows it.
///
/// The usual soft limit of 1,024 is for programs that use select(2). Where it cannot be raised, it holds.
fn allow_many_sockets() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}
