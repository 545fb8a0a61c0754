use api::{ApiToken, ApiTokenCreate, TokenAccess};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use model::Name;

use crate::{
    commands::{Session, narrow::Narrow},
    confirm::Consent,
    failure::Failure,
    output::{self, Format, Show, maybe, time},
    values,
};

/// `skx token …`.
#[derive(Subcommand, Debug)]
pub(crate) enum TokenCommand {
    /// Makes an API token, and prints it: it is never shown again.
    Create(Create),
    /// Lists your own API tokens, or those of a user.
    #[command(after_help = "Example:\n  skx token list --user deploy")]
    List {
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Shows an API token, but not what it is.
    #[command(after_help = "Example:\n  skx token show nightly")]
    Show {
        /// The token.
        name: Name,
        #[command(flatten)]
        of: Of,
    },
    /// Revokes an API token: it is refused from the next request on.
    #[command(after_help = "Example:\n  skx token revoke nightly --user deploy --yes")]
    Revoke {
        /// The token.
        name: Name,
        #[command(flatten)]
        of: Of,
        #[command(flatten)]
        consent: Consent,
    },
    /// Replaces the first-start token of a controller; the new one is in its DIR/admin.token.
    #[command(
        after_help = "Once an administrator can sign in, the first-start token is good at DIR/admin.sock only.\n\n\
        Example:\n  skx token rotate-first-start --server unix:/var/lib/skx/controller/admin.sock --yes"
    )]
    RotateFirstStart {
        #[command(flatten)]
        consent: Consent,
    },
}

/// Whose tokens are meant.
#[derive(Args, Debug)]
pub(crate) struct Of {
    /// Whose; your own, unless given. For administrators.
    #[arg(long, value_name = "NAME")]
    user: Option<Name>,
}

impl Of {
    fn path(&self) -> String {
        self.user.as_ref().map_or("/tokens".to_owned(), |user| format!("/users/{user}/tokens"))
    }
}

/// `skx token create`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  skx token create nightly --user deploy --network exercise --expires +30d > nightly.token"
)]
pub(crate) struct Create {
    /// Its name.
    name: Name,
    #[command(flatten)]
    of: Of,
    /// It changes nothing, and is handed no credentials.
    #[arg(long)]
    read_only: bool,
    /// The only backbone it is good for.
    #[arg(long, value_name = "NAME", conflicts_with = "network")]
    backbone: Option<Name>,
    /// The only application network it is good for.
    #[arg(long, value_name = "NAME")]
    network: Option<Name>,
    /// Until when it is good, 366 days at most; for 90 days, unless given.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_hyphen_values = true)]
    expires: Option<Timestamp>,
}

pub(crate) async fn run(command: TokenCommand, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        TokenCommand::Create(Create { name, of, read_only, backbone, network, expires }) => {
            let access = if read_only { TokenAccess::Read } else { TokenAccess::Write };
            let input = ApiTokenCreate { name, access, backbone, network, expires };
            let made: ApiToken = client.post(&of.path(), &input).await?;
            if session.output.format != Format::Table {
                return session.output.value(&made);
            }
            eprintln!("token {} of {}, until {}; it is never shown again:", made.name, made.user, time(made.expires));
            output::text(&format!("{}\n", made.token.map(|token| token.0).unwrap_or_default()))
        }
        TokenCommand::List { of, narrow } => {
            session.output.list(&client.list::<ApiToken>(&of.path(), &narrow.query()).await?)
        }
        TokenCommand::Show { name, of } => {
            session.output.object(&client.get::<ApiToken>(&format!("{}/{name}", of.path())).await?)
        }
        TokenCommand::Revoke { name, of, consent } => {
            consent.ask(&format!("revokes token {name}: whoever uses it is refused"))?;
            client.delete(&format!("{}/{name}", of.path())).await?;
            session.output.gone(&format!("revoked token {name}"))
        }
        TokenCommand::RotateFirstStart { consent } => {
            consent.ask("makes the first-start token of that controller invalid")?;
            client.tell("/first-start-token/rotate").await?;
            session.output.gone("replaced the first-start token; the new one is in the controller's DIR/admin.token")
        }
    }
}

impl Show for ApiToken {
    const HEADINGS: &'static [&'static str] =
        &["name", "user", "state", "access", "backbone", "network", "expires", "last used"];

    fn row(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.user.to_string(),
            self.standing.as_ref().map(|it| it.state.clone()).unwrap_or_default(),
            self.access.to_string(),
            maybe(self.backbone.as_ref()),
            maybe(self.network.as_ref()),
            time(self.expires),
            time(self.last_used),
        ]
    }

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }
}
