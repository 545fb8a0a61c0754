//! What a site runs workloads on.

use clap::{Args, ValueEnum};
use site::state::{LockedDir, Runs};

use crate::{commands::join::unusable_state, failure::Failure};

/// What a site runs workloads on.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct RunsArgs {
    /// What deployments' workloads are run on here; the site remembers it. auto forgets it.
    ///
    /// Unless told, a site runs containers if Podman or Docker answers, and nothing otherwise: programs of a deployment become
    /// processes or services of this machine, with the rights of the site, only where that is said.
    #[arg(long = "run", env = "SKX_RUN", value_name = "WHAT")]
    runs: Option<Wish>,
}

/// What is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Wish {
    /// Containers, where there is an engine for them.
    Auto,
    /// Processes of the site.
    Process,
    /// Services of systemd: of the machine's for root, of the user's own otherwise.
    Systemd,
    /// Containers of Podman.
    Podman,
    /// Containers of Docker.
    Docker,
    /// Nothing.
    None,
}

impl RunsArgs {
    /// Whether it can be what a site runs that is a service of the user skx: systemd runs services for root, and for users who have
    /// a systemd of their own.
    pub(crate) fn fit_service(self, user: &str) -> Result<(), Failure> {
        if self.runs == Some(Wish::Systemd) {
            let what = format_args!("a site that runs as the user {user} cannot have systemd run its workloads");
            return Err(Failure::usage(what)
                .how("run the site as root, or as a user who has a systemd of their own: skx site run --run systemd"));
        }
        Ok(())
    }

    /// Remembers what was said.
    pub(crate) fn settle(self, dir: &LockedDir) -> Result<(), Failure> {
        let Some(wish) = self.runs else { return Ok(()) };
        let run = match wish {
            Wish::Auto => None,
            Wish::Process => Some(Runs::Process),
            Wish::Systemd => Some(Runs::Systemd),
            Wish::Podman => Some(Runs::Podman),
            Wish::Docker => Some(Runs::Docker),
            Wish::None => Some(Runs::None),
        };
        let mut local = dir.dir().local().map_err(unusable_state)?;
        if local.run != run {
            local.run = run;
            dir.save_local(&local).map_err(unusable_state)?;
        }
        Ok(())
    }
}
