mod device;

use std::{
    io::{BufRead as _, IsTerminal as _},
    path::{Path, PathBuf},
};

use api::{IdTokenSignIn, Password, ProblemType, SetUp, SignIn, SignInMethods, SignedIn};
use clap::Args;
use secrecy::ExposeSecret as _;

use crate::{
    client::Client,
    commands::Session,
    confirm,
    context::{self, Context},
    failure::Failure,
    output::Show,
};

/// `skx login URL`.
#[derive(Args, Debug)]
#[command(
    after_help = "With --name, a password is taken from --password-file, or asked for. Where the controller has an identity \
    provider, --device signs in with it: the command prints an address and a code, and waits until somebody has agreed there, \
    in any browser; --id-token takes a token that the provider has made for the controller, as pipelines have them. Without \
    any of these, a token is taken from --token-file, from --token (SKX_TOKEN), or from standard input; at a terminal, a name \
    is asked for.\n\n\
    Example:\n  skx login https://controller.example.com:8443 --ca ca.crt --name ada\n  \
    skx login https://controller.example.com:8443 --device\n  \
    echo \"$ID_TOKEN\" | skx login https://controller.example.com:8443 --id-token -\n  \
    skx login https://controller.example.com:8443 --ca ca.crt --token-file admin.token"
)]
pub(crate) struct Login {
    /// The controller, https://HOST:PORT; or the setup link it has printed, which makes the first account.
    url: String,
    /// Who signs in, with a password.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A file with the password; - for standard input.
    #[arg(long, value_name = "FILE", requires = "name")]
    password_file: Option<PathBuf>,
    /// A file with the password to choose, where the one there is, is for one use.
    #[arg(long, value_name = "FILE", requires = "name")]
    new_password_file: Option<PathBuf>,
    /// A file with the token.
    #[arg(long, value_name = "FILE", conflicts_with = "name")]
    token_file: Option<PathBuf>,
    /// Sign in with the identity provider, in a browser on any machine.
    #[arg(long, conflicts_with_all = ["name", "token_file", "id_token"])]
    device: bool,
    /// A file with an ID token of the identity provider; - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "token_file"])]
    id_token: Option<PathBuf>,
}

pub(crate) async fn run(args: Login, session: &Session) -> Result<(), Failure> {
    let (url, code) = match args.url.split_once("/setup#") {
        Some((url, code)) => (url, Some(code.to_owned())),
        None => (args.url.as_str(), None),
    };
    if code.is_some() && (args.device || args.id_token.is_some()) {
        return Err(Failure::usage("a setup link makes an account with a password")
            .how("give --name, and no --device or --id-token"));
    }
    let server = context::server_url(url)?;
    let ca = session.given.ca.as_deref().map(context::read).transpose()?;
    let mut context = Context { server, token: String::new(), ca };
    context.token = match code {
        Some(code) => set_up(&args, code, &context).await?,
        None => token(&args, session, &context).await?,
    };
    context.token = context.token.trim().to_owned();
    if context.token.is_empty() || !context.token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(Failure::usage("that is not a token; the first one is in DIR/admin.token of the controller"));
    }
    let whoami: api::Whoami = Client::new(context.clone())?.get("/whoami").await?;
    let file = context::file().ok_or_else(|| {
        Failure::failed("there is no place to store it: neither XDG_CONFIG_HOME nor HOME is an absolute path")
    })?;
    let sentence = format!("signed in as {} at {}; stored in {}", whoami.subject, context.server, file.display());
    context::store(&file, context)?;
    session.output.done(&sentence, &whoami)
}

/// A token, got as the command line says.
async fn token(args: &Login, session: &Session, context: &Context) -> Result<String, Failure> {
    if args.device {
        return device::sign_in(context).await;
    }
    if let Some(file) = &args.id_token {
        return with_id_token(file, context).await;
    }
    if let Some(file) = &args.token_file {
        return context::read(file);
    }
    if let Some(name) = &args.name {
        return with_password(args, name.clone(), context).await;
    }
    match &session.given.token {
        Some(token) => Ok(token.expose_secret().to_owned()),
        None => ask(args, context).await,
    }
}

/// A name and a password, or, where no name is given, the identity provider or a token; where nobody can be asked, a token.
async fn ask(args: &Login, context: &Context) -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let methods: SignInMethods = Client::new(context.clone())?.get("/sign-in").await?;
        let otherwise = match &methods.provider {
            Some(provider) => format!("to sign in with {}", provider.issuer),
            None => "to give a token".to_owned(),
        };
        let name = confirm::line(&format!("Name (leave it empty {otherwise}): "))?;
        return match name.as_str() {
            "" if methods.provider.is_some() => device::sign_in(context).await,
            "" => Ok(confirm::secret("Token: ")?.as_str().to_owned()),
            _ => with_password(args, name, context).await,
        };
    }
    let mut token = String::new();
    stdin
        .lock()
        .read_line(&mut token)
        .map_err(|error| Failure::failed(format_args!("the token cannot be read: {error}")))?;
    Ok(token)
}

async fn with_id_token(file: &Path, context: &Context) -> Result<String, Failure> {
    let token = context::secret_line(file, "ID token")?;
    let input = IdTokenSignIn { id_token: Password(token.as_str().to_owned()) };
    let signed: SignedIn = Client::new(context.clone())?.post("/sign-in/id-token", &input).await?;
    Ok(signed.token.0)
}

async fn with_password(args: &Login, name: String, context: &Context) -> Result<String, Failure> {
    let client = Client::new(context.clone())?;
    let mut input =
        SignIn { name, password: password(args.password_file.as_deref(), "Password: ")?, new_password: None };
    let answer: Result<SignedIn, Failure> = client.post("/sign-in", &input).await;
    let signed = match answer {
        Err(failure) if failure.is(ProblemType::PasswordChangeRequired) => {
            if args.new_password_file.is_none() {
                if !std::io::stdin().is_terminal() {
                    return Err(failure.how("give the password to choose with --new-password-file"));
                }
                eprintln!("This password is for one use. Choose the one to use from now on.");
            }
            input.new_password = Some(new_password(args.new_password_file.as_deref())?);
            client.post("/sign-in", &input).await?
        }
        answer => answer?,
    };
    Ok(signed.token.0)
}

/// Makes the first account.
async fn set_up(args: &Login, code: String, context: &Context) -> Result<String, Failure> {
    let name = match &args.name {
        Some(name) => name.clone(),
        None if std::io::stdin().is_terminal() => confirm::line("Name of the first account: ")?,
        None => return Err(Failure::usage("the first account needs a name; give --name")),
    };
    let name = name.parse().map_err(Failure::usage)?;
    let password = new_password(args.password_file.as_deref())?;
    let input = SetUp { code: Password(code), name, password };
    let signed: SignedIn = Client::new(context.clone())?.post("/setup", &input).await?;
    Ok(signed.token.0)
}

/// A password there is: from a file, or asked for.
pub(crate) fn password(file: Option<&Path>, question: &str) -> Result<Password, Failure> {
    let text = match file {
        Some(file) => context::secret_line(file, "password")?,
        None if std::io::stdin().is_terminal() => confirm::secret(question)?,
        None => {
            return Err(Failure::usage("there is no terminal to ask for the password at")
                .how("give a file with it: --password-file FILE, or - for standard input"));
        }
    };
    Ok(Password(text.as_str().to_owned()))
}

/// A password there is to be: from a file, or asked for twice.
pub(crate) fn new_password(file: Option<&Path>) -> Result<Password, Failure> {
    let new = password(file, "New password (12 characters at least): ")?;
    if file.is_none() && confirm::secret("The same again: ")?.as_str() != new.0 {
        return Err(Failure::usage("the two are not the same; nothing was changed"));
    }
    Ok(new)
}

pub(crate) async fn whoami(session: &Session) -> Result<(), Failure> {
    let whoami: api::Whoami = session.client()?.get("/whoami").await?;
    session.output.object(&whoami)
}

/// `skx logout`: ends the session, and forgets it.
pub(crate) async fn logout(session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    // Tokens of other kinds are no sessions: they are forgotten here, and stay good.
    if client.token().starts_with("skxs_") {
        match client.delete("/sign-in").await {
            // It was over already.
            Err(failure) if failure.is(ProblemType::Unauthorized) => {}
            outcome => outcome?,
        }
    }
    context::forget(client.server(), client.token())?;
    session.output.gone(&format!("signed out of {}", client.server()))
}

impl Show for api::Whoami {
    const HEADINGS: &'static [&'static str] = &["subject", "method", "expires", "installation"];

    fn row(&self) -> Vec<String> {
        vec![
            self.subject.clone(),
            self.method.clone(),
            crate::output::time(self.expires),
            self.installation.to_string(),
        ]
    }
}
