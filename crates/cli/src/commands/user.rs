use api::{OneTimePassword, PasswordChange, SignedIn, User, UserCreate, UserKind, UserSet};
use clap::{Args, Subcommand};
use model::Name;
use std::path::PathBuf;

use crate::{
    commands::{Session, login, narrow::Narrow},
    confirm::Consent,
    context,
    failure::Failure,
    output::{self, Format, Show, joined, maybe, time, yes},
};

/// `skx user …`.
#[derive(Subcommand, Debug)]
pub(crate) enum UserCommand {
    /// Creates a user: a person, who signs in after a reset, or a service, which has tokens only.
    Create(Create),
    /// Lists users.
    #[command(after_help = "Example:\n  skx user list")]
    List(Narrow),
    /// Shows a user.
    #[command(after_help = "Example:\n  skx user show ada")]
    Show {
        /// The user.
        name: Name,
    },
    /// Changes what a user is called and where mail reaches them.
    Set(Set),
    /// Deletes a user, with its sessions and tokens; refused while they own networks.
    #[command(after_help = "Examples:\n  skx user delete ada --yes\n  skx user delete ada --networks-to bob --yes")]
    Delete {
        /// The user.
        name: Name,
        /// Who is to own the networks of the user.
        #[arg(long, value_name = "NAME")]
        networks_to: Option<Name>,
        #[command(flatten)]
        consent: Consent,
    },
    /// Changes your own password; your other sessions end.
    #[command(after_help = "Without files, both are asked for at the terminal.\n\nExample:\n  skx user password")]
    Password {
        /// A file with the password there is.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// A file with the password there is to be.
        #[arg(long, value_name = "FILE")]
        new_password_file: Option<PathBuf>,
    },
    /// Gives a person a password that opens nothing but the choice of another. It is shown once; their sessions end.
    #[command(after_help = "Example:\n  skx user reset ada --yes")]
    Reset {
        /// The user.
        name: Name,
        #[command(flatten)]
        consent: Consent,
    },
    /// Accepts nothing of a user any more, from the next request on.
    #[command(after_help = "Example:\n  skx user disable ada --yes")]
    Disable {
        /// The user.
        name: Name,
        #[command(flatten)]
        consent: Consent,
    },
    /// Accepts a user again, who has to sign in anew; tokens that were not revoked are good again.
    #[command(after_help = "Example:\n  skx user enable ada")]
    Enable {
        /// The user.
        name: Name,
    },
}

/// `skx user create`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  skx user create ada --display-name 'Ada Lovelace'\n  skx user create deploy --service"
)]
pub(crate) struct Create {
    /// Its name.
    name: Name,
    /// A service, such as a pipeline, and no person.
    #[arg(long)]
    service: bool,
    /// What a person is called.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Where mail reaches them.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "service")]
    email: Option<String>,
}

/// `skx user set`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx user set ada --email ada@example.com")]
pub(crate) struct Set {
    /// The user.
    name: Name,
    /// What a person is called; '' for nothing.
    #[arg(long, value_name = "TEXT")]
    display_name: Option<String>,
    /// Where mail reaches them; '' for nowhere.
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

pub(crate) async fn run(command: UserCommand, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    let switch = async |name: &Name, disabled: bool| {
        let input = UserSet { disabled: Some(disabled), ..UserSet::default() };
        let user: User = client.patch(&format!("/users/{name}"), &input).await?;
        session.output.done(&format!("{} user {name}", if disabled { "disabled" } else { "enabled" }), &user)
    };
    match command {
        UserCommand::Create(Create { name, service, display_name, email }) => {
            let kind = if service { UserKind::Service } else { UserKind::Person };
            let user: User = client.create("/users", &UserCreate { name, kind, display_name, email }).await?;
            let name = &user.name;
            let next = match kind {
                UserKind::Person => format!("skx user reset {name}, for a first password"),
                UserKind::Service => format!("skx token create NAME --user {name}"),
            };
            session.output.done(&format!("created {kind} {name}; next: {next}"), &user)
        }
        UserCommand::List(narrow) => session.output.list(&client.list::<User>("/users", &narrow.query()).await?),
        UserCommand::Show { name } => session.output.object(&client.get::<User>(&format!("/users/{name}")).await?),
        UserCommand::Set(Set { name, display_name, email }) => {
            if display_name.is_none() && email.is_none() {
                return Err(Failure::usage("nothing to change; give --display-name or --email"));
            }
            let or_nothing = |text: String| Some(text).filter(|text| !text.is_empty());
            let input =
                UserSet { display_name: display_name.map(or_nothing), email: email.map(or_nothing), disabled: None };
            let user: User = client.patch(&format!("/users/{name}"), &input).await?;
            session.output.done(&format!("changed user {name}"), &user)
        }
        UserCommand::Delete { name, networks_to, consent } => {
            consent.ask(&format!("deletes user {name}, with its sessions and tokens"))?;
            let (query, said) = match &networks_to {
                Some(heir) => (format!("?networks_to={heir}"), format!("; {heir} owns their networks now")),
                None => (String::new(), String::new()),
            };
            client.delete(&format!("/users/{name}{query}")).await?;
            session.output.gone(&format!("deleted user {name}{said}"))
        }
        UserCommand::Password { password_file, new_password_file } => {
            let password = login::password(password_file.as_deref(), "Password: ")?;
            let new_password = login::new_password(new_password_file.as_deref())?;
            let signed: SignedIn = client.post("/password", &PasswordChange { password, new_password }).await?;
            context::replace_token(client.server(), client.token(), &signed.token.0)?;
            session.output.gone("changed the password; other sessions have ended")
        }
        UserCommand::Reset { name, consent } => {
            consent.ask(&format!("makes the password of {name} invalid, and ends their sessions"))?;
            let made: OneTimePassword = client.act(&format!("/users/{name}/reset"), &[]).await?;
            if session.output.format != Format::Table {
                return session.output.value(&made);
            }
            eprintln!("for {name}, until {}; it has to be changed when it is first used:", time(made.expires));
            output::text(&format!("{}\n", made.password.0))
        }
        UserCommand::Disable { name, consent } => {
            consent.ask(&format!("ends the sessions of {name}, and accepts nothing of it any more"))?;
            switch(&name, true).await
        }
        UserCommand::Enable { name } => switch(&name, false).await,
    }
}

impl Show for User {
    const HEADINGS: &'static [&'static str] =
        &["name", "kind", "display name", "email", "groups", "password", "provider", "disabled", "last sign-in"];

    fn row(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.kind.to_string(),
            maybe(self.display_name.as_ref()),
            maybe(self.email.as_ref()),
            joined(&self.groups),
            self.password.to_string(),
            maybe(self.provider.as_ref()),
            yes(self.disabled),
            time(self.last_sign_in),
        ]
    }

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }
}
