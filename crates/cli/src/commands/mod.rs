//! The commands. Each module holds the arguments of one and what it does.

mod access;
mod address;
mod apply;
mod audit;
mod backbone;
mod backbone_site;
mod backbone_status;
mod backup;
mod ca;
mod certificate;
mod completions;
mod compose;
mod controller;
mod deploy;
mod events;
mod eviction;
mod get;
mod grant;
mod group;
mod invitation;
mod join;
mod library;
mod link;
mod login;
mod meaningless;
mod member;
mod narrow;
mod network;
mod proxy;
mod quota;
mod release;
mod replica;
mod secret;
mod site;
mod socket;
mod status;
mod token;
mod user;

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use secrecy::SecretString;

use crate::{
    client::Client,
    context::Given,
    failure::Failure,
    logging::LogFormat,
    output::{Choice, Output},
};

const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  failed, or unhealthy; of skx diff: there are differences
  2  the command line or its input is wrong
  3  no such object or file
  4  not signed in, or not allowed
  5  a conflict, a precondition, or a final refusal
  6  the controller or site cannot be reached

Answers for programs: -o json or -o yaml. Field names are those of the API, a list is {\"items\": […]}.
Times are RFC 3339 (2027-01-31T09:00:00Z) or a distance from now (+30m, +8h, +7d).
Objects inside others are written PARENT/NAME.
--log (SKX_LOG) says what is logged to standard error, --log-format (SKX_LOG_FORMAT) how.

Example:
  skx login https://controller.example.com:8443 --ca ca.crt --token-file admin.token
  skx status";

/// Application networks across sites: the controller, the sites, and the command line.
#[derive(Parser, Debug)]
#[command(name = "skx", version, after_help = EXIT_CODES, arg_required_else_help = true, disable_help_subcommand = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// Reads the command line of this process; ends it with usage, help or version when that is what it asks for.
    ///
    /// # Errors
    ///
    /// When an option was given that means nothing to the command.
    pub(crate) fn read() -> Result<Self, Failure> {
        let matches = Self::command().get_matches();
        meaningless::refuse(&matches)?;
        Self::from_arg_matches(&matches).map_err(|error| error.exit())
    }
}

/// What every command accepts. Programs that read answers use `-o json`: field names are those of the API, and a list
/// is `{"items": […]}`.
#[derive(Args, Debug)]
pub(crate) struct Global {
    /// How answers are written.
    #[arg(
        id = "answer-format",
        short = 'o',
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        help_heading = "Global options"
    )]
    format: Choice,
    /// The controller, https://HOST:PORT; on its own machine also unix:DIR/admin.sock.
    #[arg(long, global = true, env = "SKX_SERVER", value_name = "URL", help_heading = "Global options")]
    server: Option<String>,
    /// The token to sign in with.
    #[arg(
        long,
        global = true,
        env = "SKX_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        help_heading = "Global options"
    )]
    token: Option<SecretString>,
    /// A file with the certificate that the controller's own leads to (DIR/ca.crt), PEM.
    #[arg(long, global = true, env = "SKX_CA", value_name = "FILE", help_heading = "Global options")]
    ca: Option<PathBuf>,
    /// What is logged to standard error: error, warn, info, debug, trace, or such as controller=debug,info for parts.
    /// Services log what they do (info), unless given; commands what went wrong (warn).
    #[arg(long, global = true, env = "SKX_LOG", value_name = "FILTER", help_heading = "Global options")]
    pub(crate) log: Option<String>,
    /// How logs are written: json is one object per line.
    #[arg(
        long,
        global = true,
        env = "SKX_LOG_FORMAT",
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        help_heading = "Global options"
    )]
    pub(crate) log_format: LogFormat,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Runs a management controller.
    Controller(controller::Controller),
    /// The installation's certificate authority: everything else stands on it.
    #[command(subcommand, after_help = "Example:\n  skx ca init --development")]
    Ca(ca::Ca),
    /// Signs in: stores how to reach a controller.
    Login(login::Login),
    /// Signs out: ends the session, and forgets what skx login has stored.
    #[command(after_help = "Example:\n  skx logout")]
    Logout,
    /// Shows who is signed in, and where.
    #[command(after_help = "Example:\n  skx whoami")]
    Whoami,
    /// Shows how the installation is; exits with 0 when all is well.
    Status(status::Status),
    /// Shows the versions of this program and of the controller.
    #[command(after_help = "Example:\n  skx version -o json")]
    Version,
    /// Network backbones: sites, access points, links.
    #[command(subcommand, after_help = "Example:\n  skx backbone create europe")]
    Backbone(backbone::Backbone),
    /// Application networks.
    #[command(subcommand, after_help = "Example:\n  skx network create exercise --end +7d")]
    Network(network::Network),
    /// Creates an invitation with good defaults and prints the text to paste.
    Invite(invitation::Invite),
    /// Invitations to application networks.
    #[command(subcommand, after_help = "Example:\n  skx invitation create exercise/stores --uses 50 --deadline +1d")]
    Invitation(invitation::Invitation),
    /// Member sites of application networks.
    #[command(subcommand, after_help = "Example:\n  skx member list exercise")]
    Member(member::Member),
    /// Applies manifests: makes and changes what they describe, all of it or nothing.
    Apply(apply::Apply),
    /// Shows what applying manifests would do. Exits with 0 when that is nothing, with 1 when there are differences.
    Diff(apply::Diff),
    /// Writes objects as manifests, which can be applied.
    Get(get::Get),
    /// Users: persons, who sign in, and services, which have tokens.
    #[command(subcommand, after_help = "Example:\n  skx user create ada")]
    User(user::UserCommand),
    /// Groups of users.
    #[command(subcommand, after_help = "Example:\n  skx group create operations")]
    Group(group::GroupCommand),
    /// Roles: who holds which, where.
    #[command(subcommand, after_help = "Example:\n  skx grant create --user alice --role user --backbone europe")]
    Grant(grant::GrantCommand),
    /// Quotas: how much there may be of what.
    #[command(subcommand, after_help = "Example:\n  skx quota create members 50 --network exercise")]
    Quota(quota::QuotaCommand),
    /// API tokens, for pipelines.
    #[command(subcommand, after_help = "Example:\n  skx token create nightly --expires +30d")]
    Token(token::TokenCommand),
    /// Shows what changes, as it does.
    Events(events::Events),
    /// What was done, and by whom.
    #[command(subcommand, after_help = "Example:\n  skx audit list --network exercise")]
    Audit(audit::Audit),
    /// Writes the whole installation to a file.
    Backup(backup::Backup),
    /// Restores an installation from a backup, into an empty directory.
    Restore(backup::Restore),
    /// The certificates the installation has issued.
    #[command(subcommand, after_help = "Example:\n  skx certificate list --tree")]
    Certificate(certificate::Certificate),
    /// The controllers that run: replicas with one database, equal to each other.
    #[command(subcommand, after_help = "Example:\n  skx replica list")]
    Replica(replica::Replica),
    /// Redeems an invitation, or enrols by a bundle; then runs the site.
    Join(join::Join),
    /// The site on this machine.
    #[command(subcommand, after_help = "Example:\n  skx site status")]
    Site(site::Site),
    /// The library of the service: interface types, blocks and applications, in versions that never change.
    #[command(subcommand, after_help = "Example:\n  skx library import --starter")]
    Library(library::Library),
    /// Applications of the library.
    #[command(subcommand, after_help = "Example:\n  skx application list")]
    Application(release::Application),
    /// Releases: applications of the library, built.
    #[command(subcommand, after_help = "Example:\n  skx release list")]
    Release(release::Release),
    /// Applications out of blocks: build, draw, compare, show what a site would get. On files alone, or with the service.
    #[command(subcommand, after_help = "Example:\n  skx compose build library/ shop.yaml")]
    Compose(compose::Compose),
    /// Deployments: releases placed on the sites of networks.
    #[command(subcommand, after_help = "Example:\n  skx deploy create tills.yaml")]
    Deploy(deploy::Deploy),
    /// Secrets of networks: values that sites need, and that nobody reads here.
    #[command(subcommand, after_help = "Example:\n  skx secret set retail/database password=@password.txt")]
    Secret(secret::SecretCommand),
    /// Prints completions for a shell.
    Completions(completions::Completions),
}

impl Command {
    /// Whether the command runs until it is told to end.
    pub(crate) fn is_service(&self) -> bool {
        match self {
            Self::Controller(_) | Self::Join(_) => true,
            Self::Site(site) => site.is_service(),
            _ => false,
        }
    }

    /// Whether it says what it does in its log. `skx join` says it to the person at the terminal.
    pub(crate) fn logs(&self) -> bool {
        self.is_service() && !matches!(self, Self::Join(_))
    }
}

/// What a command that talks to the controller needs.
#[derive(Debug)]
pub(crate) struct Session {
    given: Given,
    pub(crate) output: Output,
}

impl Session {
    /// A client for the controller that was named, or that `skx login` has stored.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        Client::new(self.given.clone().resolve()?)
    }
}

/// Carries a command out.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    let Global { format, server, token, ca, log: _, log_format: _ } = cli.global;
    let output = Output::from(format);
    let session = Session { given: Given { server, token, ca }, output };
    match cli.command {
        Command::Controller(args) => controller::run(args).await,
        Command::Ca(command) => ca::run(command, &session).await,
        Command::Login(args) => login::run(args, &session).await,
        Command::Logout => login::logout(&session).await,
        Command::Whoami => login::whoami(&session).await,
        Command::Status(args) => status::run(args, &session).await,
        Command::Version => status::version(&session).await,
        Command::Backbone(command) => backbone::run(command, &session).await,
        Command::Network(command) => network::run(command, &session).await,
        Command::Invite(args) => invitation::invite(args, &session).await,
        Command::Invitation(command) => invitation::run(command, &session).await,
        Command::Member(command) => member::run(command, &session).await,
        Command::Grant(command) => grant::run(command, &session).await,
        Command::Quota(command) => quota::run(command, &session).await,
        Command::Apply(args) => apply::apply(args, &session).await,
        Command::Diff(args) => apply::diff(args, &session).await,
        Command::Get(args) => get::run(args, &session).await,
        Command::User(command) => user::run(command, &session).await,
        Command::Group(command) => group::run(command, &session).await,
        Command::Token(command) => token::run(command, &session).await,
        Command::Events(args) => events::run(args, &session).await,
        Command::Audit(command) => audit::run(command, &session).await,
        Command::Backup(args) => backup::backup(args, output).await,
        Command::Restore(args) => backup::restore(args, output).await,
        Command::Certificate(command) => certificate::run(command, &session).await,
        Command::Replica(command) => replica::run(command, &session).await,
        Command::Join(args) => join::run(args, output).await,
        Command::Site(command) => site::run(command, output).await,
        Command::Library(command) => library::run(command, &session).await,
        Command::Application(command) => release::applications(command, &session).await,
        Command::Release(command) => release::releases(command, &session).await,
        Command::Compose(command) => compose::run(command, &session).await,
        Command::Deploy(command) => deploy::run(command, &session).await,
        Command::Secret(command) => secret::run(command, &session).await,
        Command::Completions(args) => completions::run(args),
    }
}

#[cfg(test)]
mod tests;
