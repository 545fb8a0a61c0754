use std::{
    io::{BufRead as _, IsTerminal as _},
    path::PathBuf,
};

use clap::Args;
use secrecy::ExposeSecret as _;

use crate::{
    client::Client,
    commands::Session,
    context::{self, Context},
    failure::Failure,
    output::Show,
};

/// `skx login URL`.
#[derive(Args, Debug)]
#[command(after_help = "The token is taken from --token-file, from --token (SKX_TOKEN), or from standard input.\n\n\
    Example:\n  skx login https://controller.example.com:8443 --ca ca.crt --token-file admin.token")]
pub(crate) struct Login {
    /// The controller, https://HOST:PORT.
    url: String,
    /// A file with the token.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

pub(crate) async fn run(args: Login, session: &Session) -> Result<(), Failure> {
    let server = context::server_url(&args.url)?;
    let token = match (&args.token_file, &session.given.token) {
        (Some(file), _) => context::read(file)?,
        (None, Some(token)) => token.expose_secret().to_owned(),
        (None, None) => ask()?,
    };
    let token = token.trim().to_owned();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Failure::usage("that is not a token; the first one is in DIR/admin.token of the controller"));
    }
    let ca = session.given.ca.as_deref().map(context::read).transpose()?;
    let context = Context { server, token, ca };
    let whoami: api::Whoami = Client::new(context.clone())?.get("/whoami").await?;
    let file = context::file().ok_or_else(|| {
        Failure::failed("there is no place to store it: neither XDG_CONFIG_HOME nor HOME is an absolute path")
    })?;
    let sentence = format!("signed in as {} at {}; stored in {}", whoami.subject, context.server, file.display());
    context::store(&file, context)?;
    session.output.done(&sentence, &whoami)
}

fn ask() -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        eprint!("Token: ");
    }
    let mut token = String::new();
    stdin
        .lock()
        .read_line(&mut token)
        .map_err(|error| Failure::failed(format_args!("the token cannot be read: {error}")))?;
    Ok(token)
}

pub(crate) async fn whoami(session: &Session) -> Result<(), Failure> {
    let whoami: api::Whoami = session.client()?.get("/whoami").await?;
    session.output.object(&whoami)
}

impl Show for api::Whoami {
    const HEADINGS: &'static [&'static str] = &["subject", "method", "installation"];

    fn row(&self) -> Vec<String> {
        vec![self.subject.clone(), self.method.clone(), self.installation.to_string()]
    }
}
